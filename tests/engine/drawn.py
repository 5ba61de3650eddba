"""Values for columns, drawn from a seeded `Random`: plausible ones, and odd ones everywhere."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator

from hub.tables.base import Table
from hub.values import plain
from schema.certificate import Condition
from schema.declare import NOUNS, PARTS, Column, column_name, is_optional
from schema.values import is_term, members

TEXTS = [
    "一般压力表", "一般压力表", "数字压力表", "Fluke 8846A", "fluke 8846a", "JJG 52-2013", "MPa",
    "苏州市工业园区星湖街 328 号", "张三", "2.5级", "0", "", " ", "  两端有空格  ", "null",
    "O'Neil \"quoted\"", "back\\slash\\", "\\u0041", "%_like%", "tab\tnew\nline\r", "\x01\x1f\x7f",
    "\u2028\u2029", "é", "e\u0301", "𝟛🧭", "{}", "[1, 2]", "</script>", "计量" * 150, "Z" * 70,
]  # fmt: skip
NUMBERS = [
    "0", "0.00", "28.050", "28.05", "1.010", "-1.5", "0.0000001", "1E+3", "1.20E-9", "-0.0", "0E-7",
    "123456789012345678901234567890.1234567890", "100", "60",
]  # fmt: skip
MONEY = ["0.00", "30.00", "30.00", "0.10", "1200.50", "999999999999.99"]
DAY = date(2024, 3, 5)
DAYS = [DAY, DAY, date(1949, 12, 31), date(1, 1, 1), date(9999, 12, 31)]
INSTANT = datetime(2024, 3, 5, 1, 2, 3, tzinfo=UTC)
PARTS_OF_A_SECOND = (0, 1, 10, 120_000, 999_990, 999_999)
ORDERED = [
    ("valid_from", "valid_to"),
    ("effective_from", "effective_to"),
    ("issued", "effective", "abolished"),
    ("received_at", "test_from", "test_to", "issue_date"),
    ("mpe_lower", "mpe_upper"),
]
"""Columns that a CHECK keeps in this order."""
BOUND: Mapping[str, Sequence[Any]] = {
    "u": [Decimal("0.020"), Decimal("1E-12"), Decimal(3), None],
    "k": [Decimal(1), Decimal("2.00"), Decimal("1.96"), None],
    "p": [Decimal("0.95"), Decimal("0.9500"), Decimal(1), None],
    "interval_months": [1, 6, 12, 12, 120],
    "version": [1, 2, 2_147_483_647],
    "country": ["CN"],
    "currency": ["CNY", "EUR"],
    "district": ["320505", "320506", "320600", None],
    "install_district": ["320505", "320600", None],
    "import_sha256": [None],
    "retired_at": [None],
}
"""Columns that take no value of their type but these."""


class Draw:
    """Draws values; the same seed draws the same ones."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def key(self) -> UUID:
        """A new id."""
        return UUID(int=self._random.getrandbits(128), version=4)

    def row(self, table: type[Table], **given: Any) -> dict[str, Any]:
        """Values for some columns of a row that is to hold what is `given`."""
        columns = table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
        found = {
            one.name: self._column(one, table)
            for one in columns
            if one.name not in given
            and one.name in table.model_fields
            and not (one.primary_key or one.foreign_keys or one.unique or one.computed)
            and (one.nullable or self._random.random() < 0.6)
        }
        for names in ORDERED:
            self._sort(found, given, names)
        return found | given

    def one(self, some: Sequence[Any]) -> Any:
        """One of `some`."""
        return self._random.choice(some)

    def maybe(self, value: Any, likely: float = 0.6) -> Any:
        """`value` or None."""
        return value if self._random.random() < likely else None

    def some(self, few: Sequence[Any], most: int = 4) -> list[Any]:
        """Up to `most` of a few, none twice."""
        return self._random.sample(few, self._random.randint(0, min(most, len(few))))

    def _column(self, column: Any, table: type[Table]) -> Any:
        if column.name in BOUND:
            return self.one(BOUND[column.name])
        if column.nullable and self._random.random() < 0.3:
            return None
        kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
        if isinstance(kind, JSONB):
            return self._json(table, column.name)
        if isinstance(kind, ARRAY):
            return self.some([*dict.fromkeys(TEXTS)], 3)
        return self._plain(kind)

    def _plain(self, kind: Any) -> Any:
        match kind:
            case EnumType():
                return self.one(list(kind.enum_class or ()))
            case Numeric() if kind.scale:
                return Decimal(self.one(MONEY))
            case Numeric():
                return Decimal(self.one(NUMBERS))
            case Boolean():
                return self.one([True, False])
            case Integer():
                return self.one([0, 1, 7, 2020, -1, 2_147_483_647])
            case DateTime():
                return self.instant()
            case Date():
                return self.day()
        return self.one(TEXTS)

    def day(self) -> date:
        """A day, often an end of the calendar or the same one."""
        near = DAY + timedelta(days=self._random.randint(-900, 1_500))
        return self.one([*DAYS, near, near, near])  # type: ignore[no-any-return]  # one of any kind

    def instant(self) -> datetime:
        """An instant, with and without parts of a second."""
        later = timedelta(hours=self._random.randint(0, 9_000))
        return INSTANT + later + timedelta(microseconds=self.one(PARTS_OF_A_SECOND))

    def _json(self, table: type[Table], name: str) -> Any:
        """What a column with a shape, or the conditions of a certificate, may hold."""
        if name == "environment":
            listed = [self.value(Condition) for _ in range(self._random.randint(0, 3))]
            return self.one([{"conditions": listed}, {}])
        if name == "former_test":
            return self.one([None, {"testedOn": "2024-03-05", "validUntil": None, "failed": True}])
        if name == "variables":
            return self.one([{}, {"within": 30, "name": {"eq": "卡尺"}}])
        spec = NOUNS.get(table) or PARTS[table]
        for key, declared in spec.fields.items():
            if isinstance(declared, Column) and column_name(declared.of or key) == name:
                is_list = "list[" in str(spec.types[key])
                many = [self.value(declared.shape) for _ in range(self._random.randint(0, 3))]
                return many if is_list else self.value(declared.shape)
        raise LookupError(f"{table.__name__}.{name}")

    def value(self, shape: Any) -> dict[str, Any]:
        """A value type as it is stored: of what it need not have some absent, some null."""
        hints, drawn = get_type_hints(shape), dict[str, Any]()
        for name, (key, kind) in members(shape).items():
            if not is_optional(hints[name]) and get_origin(kind) is not list:
                drawn[key] = self._member(kind)
            elif self._random.random() < 0.8:
                drawn[key] = self.maybe(self._member(kind), 0.8)
        return drawn

    def _member(self, kind: Any) -> Any:
        if is_term(kind):
            words: list[Enum] = list(kind)
            return self.one(words).value
        if get_origin(kind) is list:
            none = [None] if is_optional(get_args(kind)[0]) else []
            return self.some([*dict.fromkeys(TEXTS), *none], 3)
        made: dict[Any, Callable[[], Any]] = {
            Decimal: lambda: self.one([*map(plain, map(Decimal, NUMBERS)), 7, 0.25, 1e-07]),
            date: lambda: self.day().isoformat(),
            int: lambda: self._random.randint(-3, 300),
            bool: lambda: self._random.random() < 0.5,
        }
        return made.get(kind, lambda: self.one(TEXTS))()

    def _sort(self, found: dict[str, Any], given: Mapping[str, Any], names: Sequence[str]) -> None:
        """Put what was drawn for columns that have an order into it."""
        there = [name for name in names if found.get(name) is not None and name not in given]
        if any(given.get(name) is not None for name in names):
            found.update(dict.fromkeys(there))
            return
        found.update(zip(there, sorted(found[name] for name in there), strict=True))
