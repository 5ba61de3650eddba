"""The price of an operation: never below what it yields, and counted again while it runs."""

from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
import strawberry
from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    parse,
    print_ast,
)
from hypothesis import assume, given

from hub.errors import CostExceeded
from hub.web.body import Asked
from hub.web.costs import LIST_LENGTH, check, price
from hub.web.documents import Reading
from hub.web.execution import Run
from tests.web.test_documents import counted, texts
from tests.web.toy import ToyDoor


@strawberry.type
class PageInfo:
    """Where a page ends."""

    end: int = 0


@strawberry.type
class Gauge:
    """A row."""

    number: int = 1

    @strawberry.field
    def twin(self) -> "Gauge":
        return Gauge()

    @strawberry.field
    def gauges(self, first: int | None = None, last: int | None = None) -> "Gauges":
        return Gauges()


@strawberry.type
class Edge:
    """A row and its place."""

    node: Gauge
    cursor: str = ""


@strawberry.type
class Gauges:
    """A page."""

    @strawberry.field
    def nodes(self) -> list[Gauge]:
        return [Gauge()]

    @strawberry.field
    def edges(self) -> list[Edge]:
        return [Edge(node=Gauge())]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return PageInfo()


@strawberry.type
class Query:
    """Rows, in pages and in lists."""

    @strawberry.field
    def gauges(self, first: int | None = None, last: int | None = None) -> Gauges | None:
        return Gauges()

    @strawberry.field
    def several(self, numbers: list[int] | None = None, of: int = 1) -> list[Gauge] | None:
        return [Gauge(number=number) for number in numbers or range(of)]

    @strawberry.field
    def refused(self) -> int | None:
        raise CostExceeded("太多", "too much")


@strawberry.type
class Mutation:
    """What was done is told."""

    @strawberry.mutation
    def make(self, many: int) -> list[Gauge] | None:
        return [Gauge(number=number) for number in range(many)]


@strawberry.type
class Subscription:
    """Rows as they come."""

    @strawberry.subscription
    async def heard(self, of: list[int]) -> AsyncGenerator[list[Gauge], None]:
        for many in of:
            yield [Gauge() for _ in range(many)]


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)
CORE = SCHEMA._schema
TOY = ToyDoor().schema._schema


def built(text: str, schema: Any = CORE, **variables: Any) -> Executor[Any]:
    executor = Executor.build(schema, parse(text), raw_variable_values=variables)
    assert isinstance(executor, Executor)
    return executor


def values(text: str, **variables: Any) -> int:
    return price(built(text, **variables)).flat


def run(text: str, **variables: Any) -> Run:
    document = parse(text)
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return Run(
        CORE,
        SCHEMA.execution_context_class,
        Reading(document, operations),
        Asked(text, variables),
        None,
        insider=True,
    )


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        ("", 20),
        ("(first: null)", 20),
        ("(first: 7)", 7),
        ("(last: 7)", 7),
        ("(first: 0)", 0),
        ("(first: -5)", 0),
        ("(first: 2000000000)", 100),
        ("(first: $seven)", 7),
        ("(first: $three)", 3),
        ("(first: $absent)", 20),
    ],
)
def test_a_page_counts_as_full(arguments: str, rows: int) -> None:
    text = f"query($seven: Int, $three: Int = 3, $absent: Int) {{ gauges{arguments} {{ %s }} }}"

    assert values(text % "nodes { number }", seven=7) == 2 + rows
    assert values(text % "edges { cursor node { number } }", seven=7) == 2 + 3 * rows
    assert values(text % "pageInfo { end }", seven=7) == 3


def test_pages_in_pages_multiply_also_where_fragments_hide_them() -> None:
    plain = "{ gauges(first: 5) { nodes { twin { gauges(first: 6) { nodes { number } } } } } }"
    hidden = """
    { ... on Query { gauges(first: 5) { ...Rows } } }
    fragment Rows on Gauges { ... { nodes { twin { ...Deeper } } } }
    fragment Deeper on Gauge { gauges(first: 6) { ... on Gauges { ...Numbers } } }
    fragment Numbers on Gauges { nodes { number } }
    """

    assert values(plain) == values(hidden) == 1 + 1 + 5 * (1 + 1 + 1 + 6)
    assert price(built(hidden)).path == ("gauges", "nodes", "twin", "gauges", "nodes")


def test_the_same_fragment_costs_what_the_page_around_it_has_rows() -> None:
    text = """
    { a: gauges(first: 2) { ...Rows } b: gauges(first: 50) { ...Rows } }
    fragment Rows on Gauges { nodes { number } }
    """

    assert values(text) == (2 + 2) + (2 + 50)


def test_a_list_that_is_no_page_is_as_long_as_what_is_asked_for() -> None:
    text = "query($numbers: [Int!]) { several(numbers: $numbers) { number } }"

    assert values("{ several { number } }") == 1 + LIST_LENGTH
    assert values(text, numbers=[1] * 300) == 301
    assert values("{ several(numbers: [" + "1 " * 40 + "]) { number } }") == 41


def test_what_is_left_out_costs_nothing() -> None:
    text = """
    query($deep: Boolean!) { gauges { nodes {
      number @skip(if: $deep) ...Deep @include(if: $deep)
    } } }
    fragment Deep on Gauge { gauges { nodes { number } } }
    """

    assert values(text, deep=False) == 2 + 20
    assert values(text, deep=True) == 2 + 20 * (2 + 20)


def fields(node: Any, fragments: dict[str, Any]) -> int:
    """How many fields stand under `node` when every fragment is written out."""
    found = 0
    for one in node.selection_set.selections:
        if isinstance(one, FragmentSpreadNode):
            found += fields(fragments[one.name.value], fragments)
        else:
            found += isinstance(one, FieldNode)
            found += fields(one, fragments) if one.selection_set else 0
    return found


@given(texts)
def test_the_price_is_the_count_with_all_fragments_written_out(text: str) -> None:
    document = parse("{ node " + text.replace("} fragment", "} } fragment", 1))
    assume(counted(document) is not None)
    operation, *others = cast("list[Any]", document.definitions)
    fragments = {other.name.value: other for other in others}

    assert price(built(print_ast(document), TOY)).flat == fields(operation, fragments)


def test_forty_fragments_that_double_are_priced_at_once() -> None:
    doubling = " ".join(
        f"fragment F{at} on Gauge {{ a: twin {{ ...F{at + 1} }} b: twin {{ ...F{at + 1} }} }}"
        for at in range(40)
    )

    dear = price(built(f"{{ several {{ ...F0 }} }} {doubling} fragment F40 on Gauge {{ number }}"))

    with pytest.raises(CostExceeded, match=r"most at several\.twin\.twin"):
        check(dear)


def test_a_chain_of_two_hundred_fragments_is_priced() -> None:
    chain = " ".join(f"fragment F{at} on Gauge {{ ...F{at + 1} }}" for at in range(200))

    assert values(f"{{ several {{ ...F0 }} }} {chain} fragment F200 on Gauge {{ number }}") == 11


async def test_what_is_too_dear_does_not_begin() -> None:
    many = " ".join(f"a{at}: number" for at in range(4_000))

    with pytest.raises(CostExceeded, match="may yield 400002 values"):
        run(f"{{ gauges(first: 100) {{ nodes {{ {many} }} }} }}")


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    """A limit that is soon reached."""
    monkeypatch.setattr("hub.web.costs.MOST_VALUES", 1_000)
    return 1_000


async def test_a_list_longer_than_it_was_priced_ends_the_operation(most: int) -> None:
    text = "query($of: Int!) { several(of: $of) { a: number b: number c: number d: number } }"

    fits = await run(text, of=most // 4 - 1).result()
    with pytest.raises(CostExceeded, match=f"more than {most} values"):
        await run(text, of=most // 4).result()

    assert fits.errors is None


async def test_what_one_field_was_refused_for_its_cost_no_other_goes_on_with() -> None:
    with pytest.raises(CostExceeded, match="too much"):
        await run("{ refused other: refused several { number } }").result()


async def test_what_a_mutation_did_is_told_however_long_it_is(most: int) -> None:
    result = await run(f"mutation {{ make(many: {most + 1}) {{ number }} }}").result()

    assert result.data is not None
    assert len(result.data["make"]) == most + 1


async def test_each_event_of_a_subscription_is_counted_for_itself(most: int) -> None:
    lengths = [most - 1, most - 1, most]
    events = await run(f"subscription {{ heard(of: {lengths}) {{ number }} }}").events(30)
    assert not isinstance(events, ExecutionResult)

    heard = [await anext(events) for _ in range(2)]
    with pytest.raises(CostExceeded):
        await anext(events)

    assert [event.errors for event in heard] == [None, None]
