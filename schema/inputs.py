"""Small inputs that several mutations share, and how an input becomes columns."""

from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from hub.values import plain
from hub.vocabulary import MpeKind
from schema.declare import camel

GIVEN = strawberry.argument(description="输入")


def may(words: str) -> Any:
    """An input field that may be left out; null clears the value."""
    return strawberry.field(default=UNSET, description=words)


@strawberry.input(description="测量范围；一端可以不限")
class RangeInput:
    """A measuring range."""

    quantity: str | None = strawberry.field(default=None, description="量的名称")
    lower: Decimal | None = strawberry.field(default=None, description="下限")
    upper: Decimal | None = strawberry.field(default=None, description="上限")
    unit: str | None = strawberry.field(default=None, description="计量单位")
    raw: str | None = strawberry.field(default=None, description="原文")


@strawberry.input(description="最大允许误差")
class MpeInput:
    """A maximum permissible error."""

    kind: MpeKind = strawberry.field(description="表示方式")
    value: Decimal | None = strawberry.field(default=None, description="数值")
    unit: str | None = strawberry.field(default=None, description="计量单位")
    expression: str | None = strawberry.field(default=None, description="表达式")
    range: str | None = strawberry.field(default=None, description="适用范围")


@strawberry.input(description="测量不确定度")
class UncertaintyInput:
    """An expanded uncertainty."""

    u: Decimal = strawberry.field(description="扩展不确定度 U")
    k: Decimal = strawberry.field(description="包含因子 k")
    p: Decimal | None = strawberry.field(default=None, description="包含概率 p")
    unit: str | None = strawberry.field(default=None, description="计量单位")


@strawberry.input(description="量值：数值与计量单位")
class QuantityInput:
    """A value with its unit."""

    value: Decimal = strawberry.field(description="数值，末尾的零有意义")
    unit: str | None = strawberry.field(default=None, description="计量单位")


@strawberry.input(description="环境条件")
class ConditionInput:
    """One condition of the environment."""

    quantity: str = strawberry.field(description="量：temperature、humidity、pressure 等")
    lower: Decimal | None = strawberry.field(default=None, description="最小值")
    upper: Decimal | None = strawberry.field(default=None, description="最大值")
    value: Decimal | None = strawberry.field(default=None, description="单一值")
    unit: str = strawberry.field(description="计量单位")


def stored(given: Any) -> dict[str, Any]:
    """An input as it is stored in JSON: GraphQL names, decimals as text, nothing that is absent."""
    return {
        camel(name): plain(value) if isinstance(value, Decimal) else value
        for name, value in vars(given).items()
        if value is not None and value is not UNSET
    }
