"""Random operations over random data: statements answer what graphql-core answers.

`DIFFERENTIAL_SEED` makes the same cases again; `python -m bench differential` makes more.
"""

import os
import secrets
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from graphql import FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.tables.handed import Handed
from tests.engine.differential import WHOLE, Twins, answer_of, differences, too_dear, twins
from tests.engine.operations import operations
from tests.engine.world import CALLERS
from tests.fresh import empty_copy
from tests.walk import SPECS, declared

CASES = 500
SEED = int(os.environ.get("DIFFERENTIAL_SEED") or secrets.randbits(32))


@pytest.fixture(scope="module")
def empty_url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "twins")


@pytest.fixture(scope="module")
async def both(
    servers: Embedded, empty_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Twins]:
    settings = Settings(data=tmp_path_factory.mktemp("twins"))
    async with twins(empty_url, servers.redis_url, settings, SEED) as made:
        yield made


@pytest.mark.parametrize("name", CALLERS)
async def test_statements_answer_what_graphql_core_answers(both: Twins, name: str) -> None:
    print(f"DIFFERENTIAL_SEED={SEED}")  # noqa: T201 -- to make the same cases again
    before = both.counts.copy()

    found = [one async for one in differences(both, name, SEED, -(-CASES // len(CALLERS)))]

    assert not found, "\n\n".join(map(str, found))
    counts = both.counts - before
    assert counts[WHOLE] > counts["all"] / 3


def test_the_order_of_members_and_the_digits_of_numbers_count() -> None:
    bodies = [
        b'{"data": {"a": 1, "b": 10}}',
        b'{"data": {"b": 10, "a": 1}}',
        b'{"data": {"a": 1.0, "b": 10}}',
        b'{"data": {"a": "1", "b": 10}}',
        b'{"data": [["a", 1], ["b", 10]]}',
        b'{"data": null}',
        b"{}",
    ]

    answers = [answer_of(body) for body in bodies]

    assert not any(one == other for at, one in enumerate(answers) for other in answers[:at])
    assert answer_of(b'{"data":{"\\u0061" : 1, "b" : 10}}') == answers[0]


def test_errors_are_told_in_any_order_but_each_counts() -> None:
    one, other = '{"message": "x", "path": ["a"]}', '{"message": "x", "path": ["b"]}'
    body = '{{"data": {{"a": null, "b": null}}, "errors": [{}, {}]}}'

    answers = [
        answer_of(body.format(*both).encode()) for both in ((one, other), (other, one), (one, one))
    ]

    assert answers[0] == answers[1] != answers[2]


def test_which_item_of_a_lost_list_failed_does_not_count() -> None:
    body = '{{"data": {{"a": {}}}, "errors": [{{"path": ["a", {}, "b"]}}]}}'

    lost = [answer_of(body.format("null", at).encode()) for at in (0, 1)]
    kept = [answer_of(body.format('[{"b": null}, {"b": null}]', at).encode()) for at in (0, 1)]

    assert lost[0] == lost[1]
    assert kept[0] != kept[1]


def test_a_cost_beyond_the_price_is_told() -> None:
    body = b'{"extensions": {"cost": {"requested": 2, "actual": %d}}}'

    assert too_dear(body % 2) is None
    assert too_dear(body % 3)


async def test_almost_every_field_of_a_noun_is_asked_for_in_few_operations(both: Twins) -> None:
    schema = await both.schema("steward")
    drawing = operations(Random(7), schema, both.world.stored)  # noqa: S311
    asked: set[str] = set()

    for drawn in islice(drawing, 400):
        asked |= fields_of(drawn.document, schema)

    stored = {name: spec for name, spec in SPECS.items() if not issubclass(spec.table, Handed)}
    known = {f"{name}.{field}" for name, spec in stored.items() for field in declared(spec)}
    assert len(known - asked) < len(known) / 20


def fields_of(document: str, schema: GraphQLSchema) -> set[str]:
    """The fields that a document asks for, each with its type."""
    types, found = TypeInfo(schema), set()

    class Note(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            found.add(f"{types.get_parent_type()}.{node.name.value}")

    visit(parse(document), TypeInfoVisitor(types, Note()))
    return found


async def test_the_same_seed_draws_the_same_operations(both: Twins) -> None:
    schema, stored = await both.schema("steward"), both.world.stored
    one, other = (operations(Random(7), schema, stored) for _ in range(2))  # noqa: S311

    assert [next(one) for _ in range(20)] == [next(other) for _ in range(20)]
