"""What a service costs on a day, and how amounts and taxes are rounded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from hub.errors import Refused, Words
from hub.rules.exact import cut, exactly
from hub.rules.rounding import round_to_decimals
from hub.vocabulary import FeeNature, PriceKind


class FeeConflict(Refused):
    """Two fee lines of one key are in effect on the same day."""

    reason: ClassVar[str] = "FEE_CONFLICT"


CURRENCY = "CNY"
NEEDED = {
    "code": Words("项目代码", "code"),
    "instrument_name": Words("器具名称", "instrument name"),
}
"""The texts that no fee item is without, by column."""


def check_fee_item(values: Mapping[str, Any]) -> None:
    """Raise Refused unless a fee item of these `values`, by column, can be."""
    for name, words in NEEDED.items():
        if not values[name].strip():
            raise Refused(f"{words.zh}不能为空", f"the {words.en} is empty", path=(name,))
    price, price_to = values.get("price"), values.get("price_to")
    if price is None and values["price_kind"] is not PriceKind.NEGOTIATED:
        raise Refused(
            "除协商定价外须有价格", "only what is negotiated has no price", path=("price",)
        )
    if price is not None and price_to is not None and price_to < price:
        raise Refused(
            "区间价的上限低于下限",
            "the upper end of a range of prices is below the lower one",
            path=("priceTo",),
        )
    begins, ends = values.get("effective_from"), values.get("effective_to")
    if begins and ends and ends < begins:
        raise Refused("失效日期早于生效日期", "it ends before it begins", path=("effectiveTo",))


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One priced line: in effect from `effective_from` to `effective_to`, both included."""

    code: str
    price: Decimal
    effective_from: date
    effective_to: date | None = None
    nature: FeeNature = FeeNature.MARKET

    def holds_on(self, day: date) -> bool:
        """Whether the line is in effect on `day`."""
        ended = self.effective_to is not None and self.effective_to < day
        return self.effective_from <= day and not ended


class NetAndTax(NamedTuple):
    """A gross amount in its two parts, which add up to it exactly."""

    net: Decimal
    tax: Decimal


def price_on(
    lines: Iterable[FeeLine], code: str, day: date, *, compulsory: bool = False
) -> FeeLine | None:
    """The line of `code` in effect on `day`, None when there is none.

    `lines` are of one accuracy and range where the code has several. `compulsory` asks for the
    line of compulsory verification, free since 2017-04-01 (财税〔2017〕20号), otherwise for the
    ordinary one. FeeConflict when two lines hold.
    """
    found = [
        line
        for line in lines
        if line.code == code
        and (line.nature is FeeNature.COMPULSORY_FREE) is compulsory
        and line.holds_on(day)
    ]
    if len(found) > 1:
        raise FeeConflict(
            f"收费项目 {code} 在 {day} 有 {len(found)} 个有效价格",
            f"{code} has {len(found)} prices in effect on {day}",
            path=("code",),
        )
    return found[0] if found else None


def money(amount: Decimal) -> Decimal:
    """`amount` half-up to 0.01, the commercial way, not that of GB/T 8170."""
    return round_to_decimals(amount, 2, ROUND_HALF_UP)


def line_amount(unit_price: Decimal, quantity: Decimal, discount: Decimal = Decimal(1)) -> Decimal:
    """The amount of one line: price, quantity and discount factor, rounded once to 0.01.

    Refused for a negative price or quantity, or a discount outside 0 to 1.
    """
    if unit_price < 0:
        raise Refused("单价不能为负", "the unit price is negative", path=("unitPrice",))
    if quantity < 0:
        raise Refused("数量不能为负", "the quantity is negative", path=("quantity",))
    if not 0 <= discount <= 1:
        raise Refused("折扣应在 0 到 1 之间", "a discount is between 0 and 1", path=("discount",))
    with exactly():
        amount = unit_price * quantity * discount
    return money(amount)


def split_gross(gross: Decimal, rate: Decimal) -> NetAndTax:
    """Net and tax of a `gross` amount at a tax `rate` such as 0.06: net is rounded, tax the rest.

    Refused for a negative amount, one that is not in whole 0.01, or a negative rate.
    """
    if gross < 0 or money(gross) != gross:
        raise Refused("含税金额应为不小于 0 的分", "gross is no amount of money", path=("gross",))
    if rate < 0:
        raise Refused("税率不能为负", "the tax rate is negative", path=("rate",))
    net = money(cut(Fraction(gross) / (1 + Fraction(rate))))
    with exactly():
        return NetAndTax(net, money(gross) - net)
