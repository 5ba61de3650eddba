"""Whether a value keeps its limits: GB/T 8170-2008 comparison and JJF 1094-2002 conformity."""

from dataclasses import dataclass
from decimal import Decimal

from hub.errors import Refused
from hub.rules.exact import exactly, last_place
from hub.rules.rounding import round_to_decimals
from hub.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class Limits:
    """A lower and an upper limit, one of which may be open (None), each included by default."""

    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True

    def __post_init__(self) -> None:
        """Refused unless there is a limit, and the lower is not above the upper."""
        if self.lower is None and self.upper is None:
            raise Refused("至少要有一个极限值", "there is no limit to compare with")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise Refused("下限大于上限", "the lower limit is above the upper", path=("lower",))


def full_value(value: Decimal, limits: Limits) -> Verdict:
    """PASS or FAIL of the unrounded `value`: 全数值比较法 (GB/T 8170-2008, 4.3.2), the default."""
    return _verdict(
        _above(value, limits.lower, limits.lower_inclusive)
        and _above(limits.upper, value, limits.upper_inclusive)
    )


def rounded_value(value: Decimal, limits: Limits) -> Verdict:
    """PASS or FAIL of `value` rounded to the place of each limit: 修约值比较法 (4.3.3).

    Only for limits that ask for it.
    """
    low, high = _to_place_of(limits.lower, value), _to_place_of(limits.upper, value)
    return _verdict(
        _above(low, limits.lower, limits.lower_inclusive)
        and _above(limits.upper, high, limits.upper_inclusive)
    )


def conformity(error: Decimal, mpe: Decimal, uncertainty: Decimal) -> Verdict:
    """The verdict on a measured `error` with expanded `uncertainty` (k=2) by JJF 1094-2002.

    `mpe` is the absolute value of the maximum permissible error. While U is at most a third of it
    the error alone decides; otherwise `guarded` does. Refused for a negative mpe or uncertainty.
    """
    with exactly():
        if 3 * uncertainty > mpe:
            return guarded(error, mpe, uncertainty)
    _check_not_negative(mpe, uncertainty)
    return _verdict(error.copy_abs() <= mpe)


def guarded(error: Decimal, mpe: Decimal, uncertainty: Decimal) -> Verdict:
    """The verdict with U as guard band on both sides, whatever its share of the MPE.

    PASS up to mpe - U, FAIL from mpe + U on, INDETERMINATE 待定 between. Refused as `conformity`.
    """
    _check_not_negative(mpe, uncertainty)
    with exactly():
        size = abs(error)
        if size <= mpe - uncertainty:
            return Verdict.PASS
        return Verdict.FAIL if size >= mpe + uncertainty else Verdict.INDETERMINATE


def _above(value: Decimal | None, bound: Decimal | None, inclusive: bool) -> bool:
    if value is None or bound is None:
        return True
    return value >= bound if inclusive else value > bound


def _to_place_of(limit: Decimal | None, value: Decimal) -> Decimal:
    return value if limit is None else round_to_decimals(value, -last_place(limit))


def _verdict(passes: bool) -> Verdict:
    return Verdict.PASS if passes else Verdict.FAIL


def _check_not_negative(mpe: Decimal, uncertainty: Decimal) -> None:
    if mpe < 0:
        raise Refused("最大允许误差不能为负", "the MPE is negative", path=("mpe",))
    if uncertainty < 0:
        raise Refused("扩展不确定度不能为负", "the uncertainty is negative", path=("U",))
