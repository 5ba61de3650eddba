"""Fields merge where graphql-core says that they do; what it takes to say so grows as they do."""

import pytest
from graphql import OverlappingFieldsCanBeMergedRule, build_schema, parse, specified_rules, validate
from hypothesis import event, given, settings
from hypothesis import strategies as st

from hub.engine.merging import clash

SCHEMA = build_schema("""
interface Thing { id: ID! name: String of(first: Int): Thing all: [Thing] }
type Gauge implements Thing {
  id: ID! name: String! of(first: Int): Gauge all: [Thing] range: Int spans: [Int]
}
type Person implements Thing {
  id: ID! name: String of(first: Int): Thing all: [Thing!] range: String spans: [Int!]
}
union Any = Gauge | Person
type Query { thing(id: ID, filter: Filter): Thing gauge: Gauge any: Any things: [Thing] }
input Filter { name: String all: [Filter] }
""")
OTHER_RULES = [one for one in specified_rules if one is not OverlappingFieldsCanBeMergedRule]
FIELDS = {
    "Thing": ["id", "name", "of", "of(first: 1)", "of(first: $one)", "all"],
    "Gauge": ["id", "name", "of", "of(first: 1)", "all", "range", "spans"],
    "Person": ["id", "name", "of", "of(first: $one)", "all", "range", "spans"],
    "Any": ["__typename"],
    "Query": [
        "thing",
        'thing(id: "1")',
        'thing(id: "1", filter: {name: "x", all: []})',
        'thing(filter: {all: [], name: "x"}, id: "1")',
        "gauge",
        "any",
        "things",
    ],
}
LED = {
    "thing": "Thing", "gauge": "Gauge", "any": "Any", "things": "Thing", "of": "Thing",
    "all": "Thing", "of Gauge": "Gauge",
}  # fmt: skip
CONDITIONS = {
    "Thing": ["Thing", "Gauge", "Person"],
    "Gauge": ["Thing", "Gauge"],
    "Person": ["Thing", "Person"],
    "Any": ["Gauge", "Person", "Thing"],
    "Query": ["Query"],
}
FRAGMENTS = {"A": "Thing", "B": "Gauge", "C": "Thing", "D": "Person"}
SPREAD_ON = {"Thing": "ABCD", "Gauge": "ABC", "Person": "ACD", "Any": "ABCD", "Query": ""}


@st.composite
def selections(draw: st.DrawFn, on: str, depth: int, spread: str = "ABCD") -> str:
    """A selection set on a type; of the fragments it spreads only those in `spread`."""
    return "{ " + " ".join(draw(st.lists(part(on, depth, spread), min_size=1, max_size=3))) + " }"


@st.composite
def part(draw: st.DrawFn, on: str, depth: int, spread: str) -> str:
    """A field, an inline fragment or a spread."""
    fragments = sorted(set(spread) & set(SPREAD_ON[on]))
    kinds = ["field", "field", "field", "inline"] + ["spread"] * bool(fragments)
    match draw(st.sampled_from(kinds if depth else ["field"])):
        case "inline":
            condition = draw(st.sampled_from(CONDITIONS[on]))
            return f"... on {condition} {draw(selections(condition, depth - 1, spread))}"
        case "spread":
            return f"...{draw(st.sampled_from(fragments))}"
    said = draw(st.sampled_from(FIELDS[on]))
    name = said.partition("(")[0]
    led = LED.get(f"{name} {on}", LED.get(name))
    if led is not None and not depth:
        return "__typename"
    key = draw(st.sampled_from(["", "", "x: ", "y: "]))
    return key + said + (" " + draw(selections(led, depth - 1, spread)) if led else "")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document whose fields may merge or not."""
    fragments = [
        f"fragment {name} on {on} {draw(selections(on, 2, 'ABCD'.partition(name)[2]))}"
        for name, on in FRAGMENTS.items()
    ]
    body = draw(selections("Query", 4))
    used = " ".join(f"use{name}: thing {{ ...{name} }}" for name in FRAGMENTS)
    return " ".join([f"query($one: Int) {{ ... on Query {body} {used} }}", *fragments])


@settings(max_examples=100, deadline=None)
@given(documents())
def test_fields_merge_where_graphql_core_says_so(text: str) -> None:
    document = parse(text)
    others = [one.message for one in validate(SCHEMA, document, OTHER_RULES)]
    assert others in ([], ["Variable '$one' is never used."])

    expected = validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])
    found = clash(SCHEMA, document)

    event("they do not" if expected else "they merge")
    assert bool(found) == bool(expected), found or expected


@pytest.mark.parametrize(
    ("selected", "reason"),
    [
        ("{ a: thing { id } a: gauge { id } }", "'thing' and 'gauge' are different fields"),
        (
            '{ thing(id: "1") { id } ... { thing { id } } }',
            "they have differing arguments",
        ),
        (
            "{ any { ... on Gauge { a: range } ... on Person { a: range } } }",
            "they return conflicting types 'Int' and 'String'",
        ),
    ],
    ids=["names", "arguments", "types"],
)
def test_the_refusal_says_of_which_fields_and_why(selected: str, reason: str) -> None:
    error = clash(SCHEMA, parse(selected))

    assert error is not None
    assert f"conflict because {reason}. Use different aliases" in error.message
    assert len(error.locations or ()) == 2


def test_a_field_under_very_many_types_and_fragments_is_not_looked_at_for_ever() -> None:
    kinds = " ".join(f"type T{at} implements I {{ i: I }}" for at in range(20))
    schema = build_schema(f"interface I {{ i: I }} type Query {{ i: I }} {kinds}")
    each = " ".join(f"... on T{at} {{ i {{ NEXT }} }}" for at in range(20)) + " i { NEXT }"
    text = "{ i { NEXT } }"
    for _ in range(2):
        text = text.replace("NEXT", each)

    error = clash(schema, parse(text.replace("NEXT", "__typename")))

    assert error is None or "too many" in error.message
