"""Values of the field: decimals that keep their zeros, quantities, ranges and money."""

from decimal import Decimal
from typing import NamedTuple


class Quantity(NamedTuple):
    """A measured or stated value with its unit as printed; `value` keeps significant zeros."""

    value: Decimal
    unit: str


class Money(NamedTuple):
    """An amount, 2 decimals, with its ISO 4217 currency code."""

    amount: Decimal
    currency: str = "CNY"


def plain(value: Decimal) -> str:
    """`value` as text without an exponent and with every significant zero: "28.050"."""
    return format(value, "f")
