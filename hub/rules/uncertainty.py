"""How a result and its uncertainty are reported (JJF 1059.1-2012), and what a CMC line allows."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from hub.errors import Refused
from hub.rules.exact import cut
from hub.rules.rounding import round_to_decimals, round_to_significant
from hub.vocabulary import CmcForm, Term


class UncertaintyRounding(Term):
    """不确定度修约方式 (JJF 1059.1-2012, 5.3.8)."""

    HALF_EVEN = "HALF_EVEN", "按 GB/T 8170 修约"
    UP = "UP", "只进不舍"


MODES = {UncertaintyRounding.HALF_EVEN: ROUND_HALF_EVEN, UncertaintyRounding.UP: ROUND_UP}


class ReportedResult(NamedTuple):
    """A value and its uncertainty in the same unit, both ending at the same place."""

    value: Decimal
    uncertainty: Decimal


def report_result(
    value: Decimal,
    uncertainty: Decimal,
    digits: int | None = None,
    rounding: UncertaintyRounding = UncertaintyRounding.HALF_EVEN,
) -> ReportedResult:
    """`value` and U as a certificate prints them: U with 1 or 2 `digits`, the value to its place.

    Without `digits` U keeps two when it begins with 1 or 2 and one otherwise, the usual advice.
    Refused for U <= 0 and any other number of digits.
    """
    if uncertainty <= 0:
        raise Refused("不确定度必须大于 0", "the uncertainty must be above 0", path=("U",))
    digits = advised_digits(uncertainty) if digits is None else digits
    if digits not in (1, 2):
        raise Refused("不确定度取 1 位或 2 位有效数字", "U has 1 or 2 digits", path=("digits",))
    rounded = round_to_significant(uncertainty, digits, MODES[rounding])
    place = rounded.adjusted() - digits + 1
    return ReportedResult(round_to_decimals(value, -place), rounded)


def advised_digits(uncertainty: Decimal) -> int:
    """Two for an uncertainty that begins with 1 or 2, where one digit would lose much, else one."""
    return 2 if uncertainty.as_tuple().digits[0] in (1, 2) else 1


@dataclass(frozen=True, slots=True)
class Cmc:
    """A calibration and measurement capability: the smallest U a laboratory may state (k=2).

    CONSTANT: `a`; LINEAR: `a` + `b` x; TABLE: `points` (x, U) by ascending x, straight between.
    """

    form: CmcForm
    a: Decimal | None = None
    b: Decimal | None = None
    points: tuple[tuple[Decimal, Decimal], ...] = ()


def cmc_at(cmc: Cmc, x: Decimal) -> Fraction | None:
    """The capability at `x` (in the unit the line was written for), exact as a fraction.

    None for a MATRIX, a graph or text, which cannot be computed. Refused where the line lacks a
    number, or `x` lies outside its table.
    """
    if cmc.form is CmcForm.CONSTANT:
        return _number(cmc.a, "a")
    if cmc.form is CmcForm.LINEAR:
        return _number(cmc.a, "a") + _number(cmc.b, "b") * Fraction(x)
    return _interpolated(cmc.points, x) if cmc.form is CmcForm.TABLE else None


def meets_cmc(uncertainty: Decimal, cmc: Decimal | Fraction) -> bool:
    """Whether a stated U is not below the capability, as an accredited result asks (CNAS-CL07)."""
    return Fraction(uncertainty) >= Fraction(cmc)


def printed_cmc(cmc: Fraction, digits: int = 2) -> Decimal:
    """The capability with `digits` significant digits, rounded once by GB/T 8170."""
    return round_to_significant(cut(cmc), digits)


def _number(value: Decimal | None, name: str) -> Fraction:
    if value is None:
        raise Refused(f"CMC 缺少系数 {name}", f"the CMC lacks its number {name}", path=(name,))
    return Fraction(value)


def _interpolated(points: tuple[tuple[Decimal, Decimal], ...], x: Decimal) -> Fraction:
    if any(right[0] <= left[0] for left, right in pairwise(points)):
        raise Refused("CMC 数值表未按升序排列", "the CMC table does not ascend", path=("points",))
    if not points or not points[0][0] <= x <= points[-1][0]:
        raise Refused(f"{x} 超出 CMC 数值表范围", f"{x} is outside the CMC table", path=("points",))
    above = bisect_left(points, x, key=lambda point: point[0])
    right_x, right_u = map(Fraction, points[above])
    if right_x == x:
        return right_u
    left_x, left_u = map(Fraction, points[above - 1])
    return left_u + (right_u - left_u) * (Fraction(x) - left_x) / (right_x - left_x)
