"""Rounding of numerical values by GB/T 8170-2008: once, half to even, on the absolute value."""

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from hub.errors import BadInput
from hub.rules.exact import WIDE, exactly, unfolded

Mark = Literal["", "+", "-"]
BACK = {1: Decimal(1), 2: Decimal("0.5"), 5: Decimal("0.2")}
WITH_MARK = {"": ROUND_HALF_EVEN, "+": ROUND_HALF_UP, "-": ROUND_HALF_DOWN}


class Reported(NamedTuple):
    """A value passed on before its final rounding; a mark refers to the absolute value.

    "+": it ends in 5 and had been rounded down; "-": it ends in 5 and had been rounded up.
    """

    value: Decimal
    mark: Mark = ""


def round_to_decimals(value: Decimal, decimals: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """`value` with `decimals` places behind the point, negative for tens, hundreds and so on.

    `rounding` is a mode of the decimal module, by default that of GB/T 8170-2008, 3.2.
    """
    return _rounded(value, -decimals, rounding)


def round_to_place(value: Decimal, place: Decimal) -> Decimal:
    """`value` to a multiple of `place`, a power of ten: 0.01, 1, 100. BadInput for any other."""
    return _rounded(value, _exponent(place))


def round_to_significant(value: Decimal, digits: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """`value` with `digits` (1 or more) significant digits; a carry keeps them: 9.96 to 2 is 10."""
    if digits < 1:
        raise BadInput("有效位数至少为 1", "at least one significant digit", path=("digits",))
    exponent = value.adjusted() - digits + 1 if value else 0
    result = _rounded(value, exponent, rounding)
    carried = result and result.adjusted() > value.adjusted()
    return _rounded(result, exponent + 1) if carried else result


def round_to_half(value: Decimal, place: Decimal) -> Decimal:
    """`value` to a multiple of 0.5 `place`: doubled, rounded, halved (GB/T 8170-2008, 3.4.1)."""
    return _rounded(value, _exponent(place), times=2)


def round_to_fifth(value: Decimal, place: Decimal) -> Decimal:
    """`value` to a multiple of 0.2 `place`: times 5, rounded, by 5 (GB/T 8170-2008, 3.4.2)."""
    return _rounded(value, _exponent(place), times=5)


def report(value: Decimal, decimals: int) -> Reported:
    """`value` rounded to be passed on, marked where its last non-zero digit is a rounded 5.

    `round_reported` then gives what one rounding of `value` would (GB/T 8170-2008, 3.3.2).
    """
    rounded = round_to_decimals(value, decimals)
    with exactly():
        lost = abs(value) - abs(rounded)
        ends_in_five = rounded.normalize().as_tuple().digits[-1] == 5
    if not lost or not ends_in_five:
        return Reported(rounded)
    return Reported(rounded, "+" if lost > 0 else "-")


def round_reported(reported: Reported, decimals: int) -> Decimal:
    """The second rounding of a value that came with its mark: 15.5(-) to 0 decimals is 15."""
    return _rounded(reported.value, -decimals, WITH_MARK[reported.mark])


def _rounded(
    value: Decimal, exponent: int, rounding: str = ROUND_HALF_EVEN, times: int = 1
) -> Decimal:
    if not value.is_finite():
        raise BadInput(f"{value} 不是有限数", f"{value} is not a finite number")
    with exactly():
        unit = Decimal((0, (1,), exponent))
        whole = (value * times).quantize(unit, rounding, WIDE)
        result = unfolded(whole * BACK[times])
    return result or result.copy_abs()


def _exponent(place: Decimal) -> int:
    exponent = place.adjusted()
    if place != Decimal((0, (1,), exponent)):
        raise BadInput(
            f"修约间隔 {place} 不是 10 的整数次幂",
            f"the place {place} is not a power of ten",
            path=("place",),
        )
    return exponent
