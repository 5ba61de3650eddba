"""Documents as hostile people write them, of any size: each asks for more work than it looks."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Hostile(NamedTuple):
    """A document for each size, the variables that come with it, and a size to begin with."""

    document: Callable[[int], str]
    size: int
    variables: Callable[[int], dict[str, Any]] = lambda _: {}


def linked(length: int, body: str, last: str, on: str) -> str:
    """A chain of fragments: in each body NEXT stands for the spread of the next one."""
    links = [
        f"fragment F{at:04} on {on} {{ {body.replace('NEXT', f'...F{at + 1:04}')} }}"
        for at in range(length)
    ]
    return " ".join([*links, f"fragment F{length:04} on {on} {{ {last} }}"])


def many(size: int, part: str) -> str:
    """`part` so many times, each with its number, of four digits, for AT."""
    return " ".join(part.replace("AT", f"{at:04}") for at in range(size))


def _parents(size: int, body: str) -> str:
    chain = linked(size, body, "id", "Organization")
    return f"{{ organizations {{ nodes {{ ...F0000 }} }} }} {chain}"


def _listed(selection: str) -> str:
    return f"{{ organizations {{ nodes {{ {selection} }} }} }}"


def _filtered(condition: str) -> str:
    return f"{{ instruments(filter: {condition}) {{ nodes {{ id }} }} }}"


FILTERED = "query($f: InstrumentFilter) { instruments(filter: $f) { nodes { id } } }"
NAMED = {"name": {"eq": "x"}}


def _nested(size: int) -> dict[str, Any]:
    found: dict[str, Any] = NAMED
    for _ in range(size):
        found = {"not": found}
    return {"f": found}


def _roots(at: int, size: int) -> str:
    """Root fields over an interface, whose fields are there for each type that implements it."""
    return f'n{at}: node(id: "x") {{ {many(size, f"a{at}_AT: id")} }}'


HOSTILE: dict[str, Hostile] = {
    "spreads that double": Hostile(
        lambda n: "{ ...F0000 } " + linked(n, "NEXT NEXT", "me { login }", "Query"), 32
    ),
    "fields that double": Hostile(lambda n: _parents(n, "parent { NEXT } parent { NEXT }"), 32),
    "aliases that double": Hostile(
        lambda n: _parents(n, "a: parent { NEXT } b: parent { NEXT }"), 32
    ),
    "names that double, within the depth": Hostile(
        lambda n: _parents(6, "parent { NEXT } " + "...F0006 " * n), 5
    ),
    "empty fragments that double": Hostile(lambda n: _parents(n, "... { NEXT } ... { NEXT }"), 32),
    "a circle of fragments": Hostile(
        lambda n: (
            "{ ...F0000 } "
            + " ".join(f"fragment F{at:04} on Query {{ ...F{(at + 1) % n:04} }}" for at in range(n))
        ),
        80,
    ),
    "aliases of a value": Hostile(lambda n: _listed(many(n, "aAT: name")), 90),
    "aliases of a value, many": Hostile(lambda n: _listed(many(n, "aAT: name")), 300),
    "aliases of a page": Hostile(
        lambda n: _listed(many(n, "aAT: capabilities(first: 1) { nodes { id } }")), 20
    ),
    "aliases at the root": Hostile(lambda n: "{ " + many(n, "aAT: __typename") + " }", 300),
    "aliases on an interface": Hostile(
        lambda n: "{ " + " ".join(_roots(at, n) for at in range(10)) + " }", 9
    ),
    "one value again and again": Hostile(lambda n: _listed("name " * n), 700),
    "one object again and again": Hostile(lambda n: _listed("parent { id } " * n), 200),
    "one page again and again": Hostile(
        lambda n: _listed("capabilities(first: 1) { nodes { id } } " * n), 80
    ),
    "many fragments on one object": Hostile(
        lambda n: (
            _listed(many(n, "...GAT"))
            + many(n, "fragment GAT on Organization { id name parent { id } }")
        ),
        40,
    ),
    "fields that do not merge": Hostile(lambda n: _listed("a: name a: id " * n), 100),
    "arguments that do not merge": Hostile(
        lambda n: _listed(many(n, "capabilities(first: 1AT) { nodes { id } }")), 80
    ),
    "many operations over the same fragments": Hostile(
        lambda n: many(n, "query QAT { ...F0000 }") + linked(n, "NEXT", "me { login }", "Query"), 50
    ),
    "many operations over the same variables": Hostile(
        lambda n: (
            many(n, "query QAT($a: ID!) { ...F0000 }")
            + linked(n, "NEXT ... { NEXT }", "node(id: $a) { id }", "Query")
        ),
        30,
    ),
    "directives of one field": Hostile(
        lambda n: "{ me { login " + "@include(if: true) " * n + "} }", 150
    ),
    "directives of many fields": Hostile(
        lambda n: "{ me { " + "login @skip(if: false) " * n + "} }", 90
    ),
    "variables that nothing uses": Hostile(
        lambda n: "query(" + many(n, "$vAT: Int") + ") { me { login } }", 200
    ),
    "variables by the hundred": Hostile(
        lambda n: f"query({many(n, '$vAT: ID!')}) {{ nodes(ids: [{many(n, '$vAT')}]) {{ id }} }}",
        90,
        lambda n: {f"v{at}": "x" for at in range(n)},
    ),
    "variables by the thousand": Hostile(
        lambda _: "{ me { login } }", 10_000, lambda n: {f"v{at}": at for at in range(n)}
    ),
    "lists in lists": Hostile(
        lambda n: f"{{ instruments(order: {'[' * n}{']' * n}) {{ nodes {{ id }} }} }}", 80
    ),
    "filters in filters": Hostile(
        lambda n: _filtered("{not: " * n + '{name: {eq: "x"}}' + "}" * n), 40
    ),
    "many conditions": Hostile(
        lambda n: _filtered("{or: [" + '{name: {eq: "x"}} ' * n + "]}"), 100
    ),
    "filters in a variable": Hostile(lambda _: FILTERED, 14, _nested),
    "many conditions in a variable": Hostile(
        lambda _: FILTERED, 40, lambda n: {"f": {"or": [NAMED] * n}}
    ),
    "conditions without end in a variable": Hostile(
        lambda _: FILTERED, 4_000, lambda n: {"f": {"or": [NAMED] * n}}
    ),
    "the same conditions at many fields": Hostile(
        lambda n: (
            "query($f: InstrumentFilter) { "
            + many(n, "iAT: instruments(filter: $f) { nodes { id } }")
            + " }"
        ),
        10,
        lambda _: {"f": {"or": [NAMED] * 45}},
    ),
    "values without end in a variable": Hostile(
        lambda _: FILTERED, 20_000, lambda n: {"f": {"name": {"in": ["x"] * n}}}
    ),
    "keys of an order without end": Hostile(
        lambda _: "query($o: [InstrumentOrder!]) { instruments(order: $o) { nodes { id } } }",
        500,
        lambda n: {"o": ["ID_ASC"] * n},
    ),
    "a long text": Hostile(lambda n: _filtered('{name: {eq: "' + "x" * n + '"}}'), 30_000),
    "a long block of text": Hostile(
        lambda n: _filtered('{name: {eq: """' + "\n  x" * n + '"""}}'), 8_000
    ),
    "a long number": Hostile(
        lambda n: f"{{ organizations(first: {'9' * n}) {{ nodes {{ id }} }} }}", 30_000
    ),
    "a long name": Hostile(lambda n: "{ " + "x" * n + " }", 30_000),
    "a long comment": Hostile(lambda n: "#" + "x" * n + "\n{ me { login } }", 30_000),
    "many comments": Hostile(lambda n: "#\n" * n + "{ me { login } }", 1_000),
    "many commas": Hostile(lambda n: "," * n + "{ me { login } }", 30_000),
    "many tokens": Hostile(lambda n: "{ " + "a " * n + "}", 50_000),
    "many braces": Hostile(lambda n: "{" * n, 15_000),
    "the schema of the schema": Hostile(
        lambda n: "{ __schema { types { " + "fields { type { " * n + "name" + " } } " * n + "} } }",
        4,
    ),
    "the schema under aliases": Hostile(
        lambda n: (
            "{ __schema { types { "
            + many(n, "aAT: fields { name args { name type { name ofType { name } } } }")
            + " } } }"
        ),
        50,
    ),
    "types of types": Hostile(
        lambda n: (
            '{ __type(name: "Query") { '
            + "fields { type { ofType { " * 2
            + many(n, "aAT: name")
            + " } } }" * 2
            + " } }"
        ),
        90,
    ),
}
