"""Values of the field as text: decimals that keep their zeros."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """`value` as text without an exponent and with every significant zero: "28.050"."""
    return format(value, "f")
