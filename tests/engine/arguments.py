"""Arguments for generated operations: what is stored, what nearly is, and what never could be."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple, cast
from uuid import UUID

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from hub.tables.base import Table
from hub.times import instant_text
from hub.values import plain
from loaders.keyset import By
from schema.declare import NOUNS, Column, One, Spec, camel, column_name, target_of
from schema.ids import encode
from schema.page import pack
from tests.engine.drawn import NUMBERS, TEXTS
from tests.engine.world import Stored

SIZES = [0, 1, 1, 2, 3, 3, 4, 5, 7, 9]
ODD_SIZES = [-1, 20, 100, 101, 1_000, 2_147_483_647]
ODD_TEXTS = [*TEXTS, *["\0", "a\0b"] * 8, "zzz", "%", "_"]
ODD_NUMBERS = ["1e2", "-0", "99999999999999999999", "1e60", "1e61", "NaN", "1_0", "0.000"]
ODD_DAYS = ["2024-03-05", "0001-01-01", "9999-12-31", "2024-02-30", "2024-3-5", ""]
ODD_INSTANTS = ["2024-03-05T01:02:03Z", "2024-03-05T09:02:03.000001+08:00", "2024-03-05", "now"]
ODD_IDS = ["", "x", "!!!", "AAAA", "é", "\0", "a b", "=" * 4, "QUJD\n"]
FILTER, ORDER = "Filter", "Order"


class Word(str):
    """A value of an enumeration, written without quotes."""

    __slots__ = ()


class Ref(NamedTuple):
    """A variable."""

    name: str


def written(value: Any) -> str:
    """A value as a literal of GraphQL."""
    match value:
        case Word():
            return str(value)
        case Ref():
            return f"${value.name}"
        case dict():
            return "{" + ", ".join(f"{name}: {written(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=isinstance(value, str) and not value.isprintable())


@dataclass(frozen=True)
class About:
    """What a value is for: the column that it is compared with, or the list that it pages."""

    spec: Spec | None = None
    key: str = ""
    order: tuple[By, ...] = ()


@dataclass
class Arguments:
    """Draws arguments, and keeps the variables that they bring along."""

    random: Random
    stored: Stored
    definitions: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    unusual: float = 0.03
    """How likely it is, for each value, that it is odd."""

    def chance(self, likely: float) -> bool:
        """Whether something happens."""
        return self.random.random() < likely

    def argument(self, kind: GraphQLInputType, about: About) -> tuple[str, Any]:
        """What to write for an argument, and the value that it comes to."""
        value = self.value(kind, about)
        if self.chance(0.6):
            return written(value), plainly(value)
        return self.variable(kind, about, value)

    def variable(self, kind: GraphQLInputType, about: About, value: Any) -> tuple[str, Any]:
        """A new variable that brings `value`, or its default, null or nothing where that may be."""
        value = plainly(value)
        name = f"v{len(self.definitions)}"
        self.definitions[name] = ""  # its name is taken
        default = plainly(self.value(kind, about)) if self.chance(0.3) else None
        strict = value is not None and (
            self.chance(0.3) or (default is None and is_non_null_type(kind))
        )
        told = f" = {written(default)}" if default is not None else ""
        if not (told or strict) and self.chance(0.1):
            told = " = null"
        self.definitions[name] = f"${name}: {get_nullable_type(kind)}{'!' * strict}{told}"
        if default is not None and self.chance(0.5):
            return f"${name}", default
        if not strict and default is None and self.chance(0.15):
            return f"${name}", None
        if not strict and self.chance(0.05):
            value = None
        self.given[name] = json_of(value)
        return f"${name}", value

    def value(self, kind: GraphQLInputType, about: About, depth: int = 0) -> Any:
        """A value of `kind`; within lists and objects there may be variables."""
        if not is_non_null_type(kind) and self.chance(0.03):
            return None
        bare = get_nullable_type(kind)
        if is_list_type(bare):
            return self._list(bare.of_type, about, depth)
        if is_enum_type(bare):
            return Word(self.random.choice(list(bare.values)))
        if is_input_object_type(bare):
            return self._object(bare, about, depth)
        return self._scalar(str(bare), about)

    def cursor(self, about: About) -> Any:
        """A cursor of the list, of another list, or of none."""
        order = about.order
        spec = about.spec
        if self.chance(self.unusual * 2):
            return self._forged(order)
        if self.chance(0.05):
            order = tuple(reversed(order))
        if self.chance(0.03):
            spec = self.random.choice(list(NOUNS.values()))
        rows = self.stored[spec.table] if spec else []
        known = [row for row in rows if all(by.name in row for by in order)]
        return pack(order, cast("Any", self.random.choice(known))) if known else "x"

    def _forged(self, order: Sequence[By]) -> str:
        names = [f"{'-' if by.descending else ''}{by.name}" for by in order]
        keys: list[Any] = [
            self.random.choice([None, "", "x", 0, -1, 1.5, True, "2024-03-05", "NaN", "\0", 2**40])
            for _ in range(len(order) - self.chance(0.3))
        ]
        if keys and self.chance(0.7):
            keys[-1] = self.random.choice(
                [str(UUID(int=1)), "00000000", None, f"{{{UUID(int=2)}}}"]
            )
        text = json.dumps(self.random.choice([[names, keys], [names], names, None, [names, 1]]))
        packed = base64.urlsafe_b64encode(text.encode()).decode()
        return self.random.choice([packed, packed.rstrip("="), packed[:-3], "", "!", "é"])

    def id(self, table: type[Table] | None) -> str:
        """An id of a row of `table`, of another one, of none, or no id at all."""
        if self.chance(self.unusual):
            return self.random.choice(ODD_IDS)
        if self.chance(self.unusual):
            return encode(self.random.choice(["Unknown", "User", ""]), UUID(int=7))
        if table is None or table not in self.stored or self.chance(self.unusual):
            table = self.random.choice(list(self.stored))
        key = UUID(int=3) if self.chance(0.04) else self.random.choice(self.stored[table])["id"]
        found = encode(NOUNS[table].name, key)
        return found + "=" * (-len(found) % 4) if self.chance(0.1) else found

    def _list(self, item: GraphQLInputType, about: About, depth: int) -> Any:
        if self.chance(0.06):
            return self.value(item, about, depth)  # one value stands for a list of it
        named = get_named_type(item)
        if is_enum_type(named) and named.name.endswith(ORDER):
            most = 6 if self.chance(0.05) else 2
            return [self.value(item, about) for _ in range(self.random.randint(0, most))]
        return [self._item(item, about, depth) for _ in range(self.random.randint(0, 3))]

    def _item(self, kind: GraphQLInputType, about: About, depth: int) -> Any:
        """A value that stands inside another, or a variable in its place."""
        value = self.value(kind, about, depth)
        if not self.chance(0.15):
            return value
        return Ref(self.variable(kind, about, value)[0][1:])

    def _object(self, kind: GraphQLInputObjectType, about: About, depth: int) -> dict[str, Any]:
        names = list(kind.fields)
        if not kind.name.endswith(FILTER):
            some = self.random.sample(names, self.random.choice([1, 1, 1, 2]) if names else 0)
            return {
                name: self._item(kind.fields[name].type, _on(about, name), depth)
                for name in (() if self.chance(0.02) else some)
            }
        spec = next(one for one in NOUNS.values() if one.name == kind.name.removesuffix(FILTER))
        deep = 6 if self.chance(0.01) else 2
        found: dict[str, Any] = {}
        for name in self.random.sample(names, min(self.random.choice([1, 1, 1, 2]), len(names))):
            if name in ("or", "not") and depth >= deep:
                continue
            key = next((key for key in spec.fields if camel(key) == name), name)
            found[name] = self._item(kind.fields[name].type, About(spec, key), depth + 1)
        return found

    def _scalar(self, name: str, about: About) -> Any:
        if name == "ID":
            return self.id(_target(about))
        if about.order:
            return self.cursor(about) if name == "String" else self._size()
        odd = self.chance(self.unusual)
        known = [] if about.spec is None else self._known(about.spec, about.key.split(".")[0])
        match name:
            case "Boolean":
                return self.chance(0.5)
            case "Int":
                return self.random.choice([1, -1, 2**31 - 1] if odd or not known else known)
            case "Decimal":
                texts = [plain(one) for one in known if isinstance(one, Decimal)]
                return self.random.choice(ODD_NUMBERS if odd else texts or NUMBERS)
            case "Date":
                days = [near(one, self.random).isoformat() for one in known if type(one) is date]
                return self.random.choice(ODD_DAYS if odd or not days else days)
            case "DateTime":
                told = [instant_text(one) for one in known if isinstance(one, datetime)]
                return self.random.choice(ODD_INSTANTS if odd or not told else told)
        return self._text([one for one in known if isinstance(one, str)], about, odd=odd)

    def _text(self, known: list[str], about: About, *, odd: bool) -> str:
        text = self.random.choice(ODD_TEXTS if odd or not known else known)
        part = self.random.randint(0, len(text))
        match about.key.partition(".")[2]:
            case "startsWith":
                return text[: min(part, 3)]
            case "contains":
                return text[part : part + self.random.randint(1, 3)]
        return text

    def _size(self) -> int:
        return self.random.choice(ODD_SIZES if self.chance(self.unusual) else SIZES)

    def _known(self, spec: Spec, key: str) -> list[Any]:
        """What is stored in the column of a field."""
        declared = spec.fields.get(key)
        name = column_name(getattr(declared, "of", None) or key)
        if not isinstance(declared, Column) and declared is not None:
            return []
        rows = self.stored.get(spec.table, ())
        return [row[name] for row in rows if row.get(name) is not None]


def _on(about: About, name: str) -> About:
    """What an operator is for: the entry of a filter that it stands in."""
    return About(about.spec, f"{about.key}.{name}")


def _target(about: About) -> type[Table] | None:
    """The table whose ids are wanted."""
    if about.spec is None or not about.key:
        return about.spec.table if about.spec else None
    declared = about.spec.fields.get(about.key.split(".")[0])
    return target_of(declared.by) if isinstance(declared, One) else None


def near(day: date, random: Random) -> date:
    """A day, or the one before or after it."""
    try:
        return day + timedelta(days=random.choice([0, 0, 1, -1]))
    except OverflowError:
        return day


def plainly(value: Any) -> Any:
    """A value in which no variable stands: what a variable may bring."""
    if isinstance(value, dict):
        return {name: plainly(one) for name, one in value.items() if not isinstance(one, Ref)}
    if isinstance(value, list):
        return [plainly(one) for one in value if not isinstance(one, Ref)]
    return value


def json_of(value: Any) -> Any:
    """A value as the JSON of a request holds it."""
    if isinstance(value, Mapping):
        return {name: json_of(one) for name, one in value.items()}
    if isinstance(value, list):
        return [json_of(one) for one in value]
    return str(value) if isinstance(value, Word) else value
