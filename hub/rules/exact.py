"""Decimal arithmetic that is exact or says that it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_05UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction

from hub.errors import BadInput

MAX_DIGITS = 10_000  # far beyond any measurement, far below what would keep a processor busy
WIDE = Context(
    prec=MAX_DIGITS,
    Emax=MAX_EMAX,
    Emin=MIN_EMIN,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
EXACT = WIDE.copy()
EXACT.traps[Inexact] = True
CUT = Context(prec=60, rounding=ROUND_05UP)


@contextmanager
def exactly() -> Iterator[None]:
    """Inside the block `+ - *` and comparisons of Decimals are exact, whatever their magnitude.

    BadInput where a result is no number or needs more than 10,000 digits.
    """
    with localcontext(EXACT):
        try:
            yield
        except DecimalException as error:
            raise BadInput(
                f"数值不是有限数，或超过 {MAX_DIGITS} 位数字",
                f"a value is not a finite number or has more than {MAX_DIGITS} digits",
            ) from error


def unfolded(value: Decimal) -> Decimal:
    """`value` without a positive exponent: 13E+2 becomes 1300. Use it inside `exactly()`."""
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def last_place(value: Decimal) -> int:
    """The power of ten at which the finite `value` ends: -3 for 28.050, 0 for 130."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise BadInput(f"{value} 不是有限数", f"{value} is not a finite number")
    return min(exponent, 0)


def as_decimal(value: Fraction) -> Decimal | None:
    """The decimal equal to `value`, None where its digits never end (1/3)."""
    rest, twos = _divided_out(value.denominator, 2)
    rest, fives = _divided_out(rest, 5)
    if rest != 1:
        return None
    places = max(twos, fives)
    with exactly():
        return Decimal(value.numerator * 10**places // value.denominator).scaleb(-places)


def cut(value: Fraction) -> Decimal:
    """The first 60 digits of `value`, so cut that rounding them is rounding `value` itself.

    ROUND_05UP keeps the last digit off 0 and 5 where more digits followed: no half arises.
    """
    return CUT.divide(value.numerator, value.denominator)


def _divided_out(number: int, prime: int) -> tuple[int, int]:
    times = 0
    while number % prime == 0:
        number, times = number // prime, times + 1
    return number, times
