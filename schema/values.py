"""Small values inside a noun: ranges, errors, uncertainties, quantities. They carry its level."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Self, TypeVar, cast, dataclass_transform, get_type_hints

import strawberry

from hub.vocabulary import MpeKind
from schema.declare import Parts, Sql, bare, camel

C = TypeVar("C", bound=type)
VALUES: set[str] = set()


def say(words: str) -> Any:
    """A field of a value: what it is."""
    return strawberry.field(description=words, default=None)


class Value:
    """Base of values that are stored as JSON with the names of their GraphQL fields."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """The value that is stored as `stored`; numbers are kept as the text that `plain` makes."""
        kind: Any = cls
        return cls(
            **{
                name: None if stored.get(key) is None else read(stored[key])
                for name, key, read in _reading(kind)
            }
        )


Read = Callable[[Any], Any]


@cache
def members(kind: Any) -> dict[str, tuple[str, Any]]:
    """For each field of a value by its Python name: its name in JSON and its type without None."""
    renamed = {
        field.python_name: field.graphql_name for field in kind.__strawberry_definition__.fields
    }
    return {
        name: (renamed.get(name) or camel(name), bare(hint))
        for name, hint in get_type_hints(kind).items()
    }


def is_term(kind: Any) -> bool:
    """Whether a type is an enumeration."""
    return isinstance(kind, type) and issubclass(kind, Enum)


@cache
def _reading(kind: Any) -> list[tuple[str, str, Read]]:
    """For each field of a value its Python name, its name in JSON, and how it is read."""
    return [(name, key, _reader(inner)) for name, (key, inner) in members(kind).items()]


def _reader(kind: Any) -> Read:
    if kind is Decimal:
        return lambda given: Decimal(str(given))
    if kind is date:
        return date.fromisoformat
    return cast("Read", kind) if is_term(kind) else lambda given: given


@dataclass_transform(kw_only_default=True, field_specifiers=(say,))
def value(words: str) -> Callable[[C], C]:
    """Make a Strawberry type of a value and note that it carries the level of its field."""

    def build(kind: C) -> C:
        VALUES.add(kind.__name__)
        made: C = strawberry.type(kind, description=words)
        return made

    return build


@value("测量范围；一端可以不限")
class Range(Value):
    """A measuring range."""

    quantity: str | None = say("量的名称")
    lower: Decimal | None = say("下限")
    upper: Decimal | None = say("上限")
    unit: str | None = say("计量单位")
    condition: str | None = say("条件")
    raw: str | None = say("原文")


@value("最大允许误差")
class Mpe(Value):
    """A maximum permissible error."""

    kind: MpeKind | None = say("表示方式")
    value: Decimal | None = say("数值")
    unit: str | None = say("计量单位")
    expression: str | None = say("表达式")
    range: str | None = say("适用范围")


@value("测量不确定度")
class Uncertainty(Value):
    """An expanded uncertainty."""

    u: Decimal | None = say("扩展不确定度 U")
    k: Decimal | None = say("包含因子 k")
    p: Decimal | None = say("包含概率 p")
    unit: str | None = say("计量单位")


@value("量值：数值与计量单位")
class Quantity:
    """A value with its unit."""

    value: Decimal = strawberry.field(description="数值，末尾的零有意义")
    unit: str | None = say("计量单位")

    @classmethod
    def of(cls, value: Decimal | None, unit: str | None) -> "Quantity | None":
        """The quantity, or None without a value."""
        return None if value is None else cls(value=value, unit=unit)

    @staticmethod
    def parts(value: Sql, unit: Sql) -> Parts:
        """The twin of `of`."""
        return Parts({"value": value, "unit": unit}, present=value.is_not(None))
