r"""The D-SI name of a unit: mm is `\milli\metre`, m/s is `\metre\second\tothe{-1}`.

It is `hub.importers.dcc.dsi_units` read backwards: what is written here is read there as the same.
"""

from collections.abc import Iterator
from functools import lru_cache

from hub.importers.dcc.dsi_units import ALONE, PREFIXED, PREFIXES, SUPERSCRIPT, code_of
from hub.rules.unit_table import NOT_UNITS
from hub.rules.units import unit_of

NAMES = {
    **{
        sign + symbol: rf"\{prefix}\{name}"
        for prefix, sign in PREFIXES.items()
        for name, symbol in PREFIXED.items()
    },
    **{symbol: rf"\{name}" for names in (PREFIXED, ALONE) for name, symbol in names.items()},
}
"""Those without a prefix come last: kg is \\kilogram and dB \\decibel."""
LOWERED = {raised: plain for plain, raised in SUPERSCRIPT.items()}


@lru_cache(maxsize=1024)
def dsi_name(unit: str) -> str | None:
    """The D-SI name of a unit as people write it, None where D-SI has none for it.

    A D-SI name is its own; %RH, which people print apart, is a percentage.
    """
    if code_of(unit) is not None:
        return unit
    if unit in NOT_UNITS:
        return None
    known = unit_of(unit)
    return _name(unit) or (_name(known.code) if known else None)


def _name(code: str) -> str | None:
    if code in NAMES:
        name = NAMES[code]
    else:
        above, _, below = code.partition("/")
        factors = [*_factors(above, ""), *_factors(below.strip("()"), "-")]
        name = "".join(factors)
    return name if code_of(name) == code else None


def _factors(product: str, sign: str) -> Iterator[str]:
    r"""The factors of a product, in a divisor with the `sign` "-": s² is `\second\tothe{-2}`."""
    for each in product.split("·"):
        ends = (end for end in range(len(each), 0, -1) if each[:end] in NAMES)
        if end := next(ends, None):  # hm² is a symbol, m² is not
            power = each[end:].removeprefix("^").translate(LOWERED) or "1"
            told = (sign + power).removeprefix("--")
            yield NAMES[each[:end]] + ("" if told == "1" else rf"\tothe{{{told}}}")
