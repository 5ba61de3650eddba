"""The same request costs the same, however it is written."""

import os
from random import Random

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)

from hub.engine.plan import Prepared
from hub.engine.price import Cost, priced, total
from hub.vocabulary import Role
from schema.declare import NOUNS
from tests.engine.judging import MOST_ERRORS, one, schema_of
from tests.engine.operations import Drawn, operations
from tests.engine.rewriting import rewritten
from tests.engine.world import Stored, rows_of

SEED = 20_241_122
PAIRS = int(os.environ.get("PRICE_PAIRS", "500"))
AGAIN = 5
"""How often an operation is written anew."""


def cost_of(drawn: Drawn, schema: GraphQLSchema) -> Cost | None:
    """What a request costs; None where its variables do not fit."""
    parts = parse(drawn.document).definitions
    fragments = {d.name.value: d for d in parts if isinstance(d, FragmentDefinitionNode)}
    (prepared,) = (
        Prepared(schema, d, fragments)
        for d in parts
        if isinstance(d, OperationDefinitionNode) and drawn.name in (None, d.name and d.name.value)
    )
    coerced = prepared.variables.coerce(drawn.variables, MOST_ERRORS)
    if coerced is None:
        return None
    try:
        fields = prepared.operation.fields(prepared.variables.slots(coerced, {}))
    except GraphQLError:  # null for a directive
        return None
    return total(priced(root, prepared.operation) for root in fields)


@pytest.fixture(scope="module")
def stored() -> Stored:
    """Rows whose values and ids the operations ask for."""
    return {
        table: [{name: getattr(row, name) for name in table.model_fields} for row in rows]
        for table, rows in rows_of(SEED).items()
        if table in NOUNS
    }


@pytest.mark.parametrize("role", [Role.USER, Role.LAB_STAFF, Role.ANONYMOUS])
def test_the_same_request_costs_the_same_however_it_is_written(role: Role, stored: Stored) -> None:
    random = Random(f"{SEED} {role}")  # noqa: S311 -- a seed that can be told again
    schema = schema_of(one(role))
    costs: list[Cost] = []
    for drawn in operations(random, schema, stored):
        if len(costs) >= PAIRS / 3:
            break
        cost = cost_of(drawn, schema)
        for again in (rewritten(drawn, schema, random) for _ in range(AGAIN)):
            if cost is None or validate(schema, parse(again.document)):
                continue  # a value that does not fit, a null where none may stand
            costs.append(cost)
            assert cost_of(again, schema) == cost, f"{drawn}\n{again}"

    assert sum(cost.points > 20 for cost in costs) > len(costs) / 4
