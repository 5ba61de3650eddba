"""Random operations that are valid against a schema: every shape that a client may send."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    validate,
)

from hub.actor import Level
from loaders.keyset import By
from schema.declare import NOUNS, PARTS, Listing, Many, Spec, is_node
from schema.page import DEFAULT_PAGE, MAX_SYNC_PAGE
from schema.resolve import ID_ORDER
from tests.engine.arguments import About, Arguments, Word
from tests.engine.world import Stored

LONG = "an_alias_that_is_longer_than_the_names_of_postgresql_are_and_ends_in_"
ALIASES = ["a", "b", "c", "d", "w", "j", "n", "t1", "id", "name", "edges", "node", "__typename"]
ALIASES += [f"{LONG}one", f"{LONG}two"]
DEEPEST = 5
FEW_PARTS = 2
"""The rows that a list of parts is taken to have, which has few and costs no points."""
LIKELY = {"filter": 0.2, "order": 0.25, "first": 0.75, "last": 0.5, "before": 0.1, "after": 0.2}
"""How likely it is that an argument is given which may be left out."""
Composite = GraphQLObjectType | GraphQLInterfaceType

LARGE = ("certificate", "instrument", "measurementS", "person", "users")
ODD_ROOTS = ["price", "verifyCertificate", "dueInstruments", "nodes", "me", "enumLabels", "explain"]
"""The root fields that are resolved in Python."""
OF_THE_CLOCK = "changes"
"""The root field that promises until when; never the same twice."""
OF_COLUMNS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "price": {"code": ("FeeItem", "code"), "on": ("FeeItem", "effective_from")},
    "verifyCertificate": {
        "number": ("Certificate", "number"),
        "code": ("Certificate", "verify_code"),
    },
    "dueInstruments": {"withinDays": ("Instrument", "interval_months")},
}
"""The columns that their arguments are compared with."""


class Drawn(NamedTuple):
    """An operation as it is sent."""

    document: str
    variables: dict[str, Any]
    name: str | None = None


class Entry(NamedTuple):
    """What a response key stands for: on which type, name and arguments, type, what is below."""

    on: str
    said: str
    kind: str
    below: "Scope"
    name: str


Scope = dict[str, Entry]
"""The response keys of one object of the answer: all fields under a key must merge."""


def operations(random: Random, schema: GraphQLSchema, stored: Stored) -> Iterator[Drawn]:
    """Random operations that are valid against `schema`, without end."""
    seen: Counter[str] = Counter()
    while True:
        drawn = _Author(random, schema, stored, seen).operation()
        if not validate(schema, parse(drawn.document)):
            yield drawn


@dataclass
class _Author:
    """Writes one operation."""

    random: Random
    schema: GraphQLSchema
    stored: Stored
    seen: Counter[str]
    """How often each field was asked for, so that none is forgotten."""
    fragments: dict[str, tuple[GraphQLNamedType, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arguments = Arguments(self.random, self.stored)
        self.chance = self.arguments.chance
        self.left = self.random.choice([5, 15, 30, 60, 100])
        self.affordable = 10**9 if self.chance(0.02) else self.random.choice([60, 300, 800])

    def operation(self) -> Drawn:
        """The whole document with its variables."""
        assert self.schema.query_type is not None
        scope: Scope = {}
        roots = self.random.choice([1, 1, 1, 2, 3])
        body = " ".join(self._selection(self.schema.query_type, scope, 0, 1) for _ in range(roots))
        told = ", ".join(self.arguments.definitions.values())
        name = "Asked" if self.chance(0.3) else ""
        head = f"query {name}({told})" if told else f"query {name}" if self.chance(0.5) else ""
        parts = [f"{head} {{ {body} }}", *(text for _, text in self.fragments.values())]
        if name and name in head and self.chance(0.2):
            parts.insert(0, "query Other { __typename }")
        self.random.shuffle(parts)
        asked = name if len(parts) > 1 + len(self.fragments) else None
        return Drawn("\n".join(parts), self.arguments.given, asked)

    def _selections(self, kind: Composite, scope: Scope, depth: int, rows: int) -> str:
        """What is selected of `kind`, in braces; of so many `rows`, where lists are full."""
        most = max(1, min(self.left, self.random.choice(_widths(kind))))
        parts = [self._selection(kind, scope, depth, rows) for _ in range(most)]
        if self.left > 0 and self.chance(0.1) and kind.name in {one.name for one in _specs()}:
            self.left -= 10
            parts += self._everything(kind, scope)
        return "{ " + " ".join(parts) + " }"

    def _everything(self, kind: Composite, scope: Scope) -> Iterator[str]:
        """All fields of `kind` that have nothing below them, where their names are free."""
        for name in _leaves(kind):
            if name not in scope:
                scope[name] = Entry(kind.name, name, str(kind.fields[name].type), {}, name)
                yield name

    def _selection(self, kind: Composite, scope: Scope, depth: int, rows: int) -> str:
        self.left -= 1
        roll = self.random.random()
        if roll < (0.06 if depth else 0.01):
            return f"__typename{self._directive()}"
        if roll < 0.16 and self.left > 0:
            on = self._condition(kind)
            told = f" on {on}" if on is not kind or self.chance(0.6) else ""
            return f"...{told}{self._directive()} {self._selections(on, scope, depth, rows)}"
        if roll < 0.26 and self.left > 0:
            return f"...{self._fragment(kind, scope, depth, rows)}{self._directive()}"
        if roll < 0.34 and (again := self._again(kind, scope, depth, rows)):
            return again
        return self._field(kind, scope, depth, rows)

    def _condition(self, kind: Composite) -> Composite:
        """A type whose fragments may be spread on `kind`."""
        possible: list[Composite] = [kind]
        if isinstance(kind, GraphQLInterfaceType):
            possible += self.schema.get_possible_types(kind)
        else:
            possible += kind.interfaces
        return self.random.choice(possible)

    def _fragment(self, kind: Composite, scope: Scope, depth: int, rows: int) -> str:
        """The name of a fragment: a new one, or one that was written for this type before."""
        known = [name for name, (on, text) in self.fragments.items() if on is kind and text]
        if known and self.chance(0.5):
            return self.random.choice(known)
        name, on = f"F{len(self.fragments)}", self._condition(kind)
        self.fragments[name] = (on, "")  # its name is taken
        body = self._selections(on, scope, depth, rows)
        self.fragments[name] = (on, f"fragment {name} on {on.name} {body}")
        return name

    def _again(self, kind: Composite, scope: Scope, depth: int, rows: int) -> str | None:
        """A field that was selected before, with more below it."""
        there = [(key, one) for key, one in scope.items() if one.on == kind.name]
        if not there:
            return None
        key, one = self.random.choice(there)
        below = get_named_type(kind.fields[one.name].type)
        label = "" if key == one.name else f"{key}: "
        inner = self._below(below, one.below, depth, rows * 20) if one.below else ""
        if not inner and not is_leaf_type(below):
            return None
        return f"{label}{one.said}{self._directive()}{inner}"

    def _field(self, kind: Composite, scope: Scope, depth: int, rows: int) -> str:
        name = self._name(kind, depth)
        definition = kind.fields[name]
        said, given = self._said(name, definition)
        size = _size(kind, definition, given)
        below = get_named_type(definition.type)
        if rows * size > self.affordable:
            return self.random.choice(_leaves(kind) or ["__typename"])
        self.affordable -= rows * size
        self.seen[f"{kind.name}.{name}"] += 1
        key = self._key(scope, Entry(kind.name, said, str(definition.type), {}, name))
        inner = self._below(below, scope[key].below, depth, rows * max(size, 1))
        label = "" if key == name else f"{key}: "
        return f"{label}{said}{self._directive()}{inner}"

    def _below(self, kind: GraphQLNamedType, scope: Scope, depth: int, rows: int) -> str:
        if not isinstance(kind, Composite):
            return ""
        deeper = depth + (not kind.name.endswith(("Connection", "Edge")))
        return " " + self._selections(kind, scope, deeper, rows)

    def _key(self, scope: Scope, entry: Entry) -> str:
        """A response key under which a field merges with all that stands there."""
        wished = self.random.choice(ALIASES) if self.chance(0.2) else entry.name
        for key in (wished, *(f"k{at}" for at in range(len(scope) + 1))):
            there = scope.setdefault(key, entry)
            if (there.said, there.kind) == (entry.said, entry.kind):
                return key
        raise AssertionError("one of the keys is free")

    def _name(self, kind: Composite, depth: int) -> str:
        """A field of `kind`, no edge where the operation is deep or large enough."""
        if kind is self.schema.query_type:
            return self.random.choice(ODD_ROOTS if self.chance(0.05) else self._roots(kind))
        guarded = [name for name, one in kind.fields.items() if _level(one) in (Level.S, Level.R)]
        if guarded and self.left > 0 and depth < DEEPEST and self.chance(0.15):
            return self._rare(kind, guarded)
        leaves = [name for name, one in kind.fields.items() if _is_small(one)]
        edges = [name for name in kind.fields if name not in leaves]
        edges += 3 * [name for name in edges if _is_of_parts(kind.fields[name])]
        small = 0.25 if kind.name.endswith(("Connection", "Edge")) else 0.6
        if not edges or (leaves and (depth >= DEEPEST or self.left <= 0 or self.chance(small))):
            return self._rare(kind, leaves)
        return self._rare(kind, edges)

    def _rare(self, kind: Composite, names: Sequence[str]) -> str:
        """One of a few fields, the one that was asked for less often than another."""
        some = [self.random.choice(names) for _ in range(5)]
        return min(some, key=lambda one: self.seen[f"{kind.name}.{one}"])

    def _roots(self, kind: Composite) -> list[str]:
        """The root fields over nouns, the lists and the large nouns more than once."""
        return [
            name
            for name, one in kind.fields.items()
            if name not in (*ODD_ROOTS, OF_THE_CLOCK)
            for _ in range((1 + 2 * ("first" in one.args)) * (1 + 3 * name.startswith(LARGE)))
        ]

    def _said(self, name: str, definition: GraphQLField) -> tuple[str, dict[str, Any]]:
        """A field with its arguments, and the values that they come to."""
        told: dict[str, str] = {}
        given: dict[str, Any] = {}
        for argument, about in self._wanted(name, definition, told):
            if argument in ("after", "before") and about.order:
                about = About(about.spec, "", self._order(about, given.get("order")))
            told[argument], given[argument] = self.arguments.argument(
                definition.args[argument].type, about
            )
        written = ", ".join(f"{one}: {text}" for one, text in told.items())
        return f"{name}({written})" if written else name, given

    def _wanted(
        self, name: str, definition: GraphQLField, told: Mapping[str, str]
    ) -> Iterator[tuple[str, About]]:
        """The arguments that are given, each with what it is for, the order first."""
        spec = _led_to(definition)
        lists = "order" in definition.args
        for argument, one in sorted(definition.args.items(), key=lambda each: each[0] != "order"):
            required = str(one.type).endswith("!") and one.default is None
            if not required and not self.chance(LIKELY.get(argument, 0.25)):
                continue
            if argument == "last" and "first" in told and not self.chance(0.04):
                continue
            if argument in ("first", "last", "after", "before"):
                yield argument, About(spec, "", _default(definition))
            elif argument in OF_COLUMNS.get(name, ()):
                noun, key = OF_COLUMNS[name][argument]
                yield argument, About(next(s for s in NOUNS.values() if s.name == noun), key)
            else:
                yield argument, About() if lists else About(spec)

    def _order(self, about: About, given: Any) -> tuple[By, ...]:
        """The order that a list with the argument `order` has."""
        words = [given] if isinstance(given, Word) else given or []
        if about.spec is None or not words:
            return about.order
        keys = [about.spec.orders[str(word)] for word in words if word is not None]
        return (*keys, ID_ORDER) if ID_ORDER.name not in {by.name for by in keys} else tuple(keys)

    def _directive(self) -> str:
        if not self.chance(0.08):
            return ""
        name = self.random.choice(["skip", "include"])
        boolean = next(one for one in self.schema.directives if one.name == name).args["if"].type
        text, _ = self.arguments.argument(boolean, About())
        both = " @include(if: true)" if name == "skip" and self.chance(0.1) else ""
        return f" @{name}(if: {text}){both}"


def _widths(kind: Composite) -> list[int]:
    """How many fields are selected of `kind`, each as likely as the next."""
    if kind.name.endswith(("Connection", "Edge")):
        return [1, 1, 2, 3]
    return [1, 3, 6, 10, 15] if kind.name in {one.name for one in _specs()} else [1, 2, 4]


def _leaves(kind: Composite) -> list[str]:
    """The fields that are selected without anything below them."""
    return [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type))]


def _is_small(definition: GraphQLField) -> bool:
    """Whether a field leads to no rows."""
    kind = get_named_type(definition.type)
    return _led_to(definition) is None and kind.name != "Node" and not kind.name.endswith("Edge")


def _led_to(definition: GraphQLField) -> Spec | None:
    """The noun or part that a field leads to, by itself or in pages."""
    name = get_named_type(definition.type).name.removesuffix("Connection")
    return next((spec for spec in _specs() if spec.name == name), None)


def _specs() -> Iterator[Spec]:
    yield from NOUNS.values()
    yield from PARTS.values()


def _metadata(definition: GraphQLField) -> Mapping[str, Any]:
    made = (definition.extensions or {}).get("strawberry-definition")
    return made.metadata if made is not None else {}


def _is_of_parts(definition: GraphQLField) -> bool:
    """Whether a field leads to parts, to which few fields lead."""
    spec = _led_to(definition)
    return spec is not None and not is_node(spec)


def _level(definition: GraphQLField) -> Level | None:
    """The level of a declared field."""
    declared = _metadata(definition).get("declared")
    return declared.level if declared is not None else None


def _default(definition: GraphQLField) -> tuple[By, ...]:
    """The order of a list where none is given, down to the id."""
    found = _metadata(definition)
    declared = found.get("declared") or found.get("compiles")
    order = declared.order if isinstance(declared, Many | Listing) else (By("due_date"), ID_ORDER)
    return order if any(by.name == "id" for by in order) else (*order, ID_ORDER)


def _size(on: Composite, definition: GraphQLField, given: Mapping[str, Any]) -> int:
    """To how many objects a field leads at most, about as it is priced."""
    if on.name.endswith(("Connection", "Edge")):
        return 1  # its page has counted them
    declared = _metadata(definition).get("declared")
    if "first" in definition.args:
        asked = [given[name] for name in ("first", "last") if given.get(name) is not None]
        return min(max(0, *asked), MAX_SYNC_PAGE) if asked else DEFAULT_PAGE
    spec = _led_to(definition)
    if isinstance(declared, Many) and spec is not None:
        return declared.most if is_node(spec) else FEW_PARTS
    return 1 if spec is None or not is_list_type(get_nullable_type(definition.type)) else 10
