"""Random syncs of ledgers: rows that are new, known and wrong, and anything asked of them."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, parse, validate

from tests.engine.operations import Drawn, _Author
from tests.engine.world import Stored
from tests.sync_verbs import a_row, the_input


def calls(random: Random, schema: GraphQLSchema, stored: Stored) -> Iterator[Drawn]:
    """Random syncs of a few rows with random selections."""
    payload = schema.type_map["SyncInstrumentsPayload"]
    assert isinstance(payload, GraphQLObjectType)
    seen: Counter[str] = Counter()
    while True:
        author = _Author(random, schema, stored, seen)
        body = author._selections(payload, {}, 0, 4)
        told = "".join(f", {one}" for one in author.arguments.definitions.values())
        alias = random.choice(["", "done: ", "syncInstruments: "])
        head = f"mutation($input: SyncInstrumentsInput!{told})"
        parts = [f"{head} {{ {alias}syncInstruments(input: $input) {body} }}"]
        parts += [fragment for _, fragment in author.fragments.values()]
        drawn = Drawn("\n".join(parts), {**author.arguments.given, "input": some_rows(random)})
        if not validate(schema, parse(drawn.document)):
            yield drawn


def some_rows(random: Random) -> dict[str, Any]:
    """The input of a call: rows that are new, known, wrong, and of members as they come."""
    rows = []
    for _ in range(random.randint(0, 5)):
        row = a_row(random.randint(0, 20))
        for name, given in {
            "remark": random.choice(["r", "s", None]),
            "resolution": random.choice([{"value": "0.10", "unit": "MPa"}, None, {"value": "1e2"}]),
            "intervalMonths": random.choice([6, 12, 0, None]),
            "lastDate": random.choice(["2024-02-29", "2999-01-01", None]),
            "status": random.choice(["IN_USE", "STOPPED", None]),
            "assetNo": random.choice(["A-1", "A-2", f"J-{random.randint(0, 9)}", "a b"]),
            "name": random.choice(["", "表", 'O\'Neil "q"\\u0000\u2028']),
            "ifVersion": random.choice([1, 2, 3]),
            "measuringRanges": random.choice([[], [{"lower": "2", "upper": "1"}], {"raw": "x"}]),
        }.items():
            if random.random() < 0.25:
                row[name] = given
        rows.append(row)
    on_error = random.choice(["REJECT_ALL", "REJECT_ROWS", "REJECT_ROWS"])
    return the_input(*rows, onError=on_error, source=random.choice(["erp", "mes"]))
