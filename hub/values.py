"""Values of the field: decimals that keep their zeros, as text and when they are compared."""

from decimal import Decimal
from typing import Any

from hub.errors import BadInput

FEN = Decimal("0.01")
MOST_MONEY = 10**12


def plain(value: Decimal) -> str:
    """`value` as text without an exponent and with every significant zero: "28.050"."""
    return format(value, "f")


def differ(stored: Any, given: Any) -> bool:
    """Whether two values differ; 0.20 is not 0.2, for every zero of a measured value counts."""
    if isinstance(stored, Decimal) and isinstance(given, Decimal):
        return stored != given or stored.as_tuple().exponent != given.as_tuple().exponent
    return bool(stored != given)


def fen(amount: Decimal, *path: str | int) -> Decimal:
    """An amount of money in yuan as it is stored, two decimals.

    BadInput below nothing, from a trillion on, or for parts of a fen.
    """
    if 0 <= amount < MOST_MONEY and (rounded := amount.quantize(FEN)) == amount:
        return rounded
    raise BadInput(
        "金额须不小于 0，且至多两位小数",
        "an amount of money is not negative and has at most two decimals",
        path=path,
    )
