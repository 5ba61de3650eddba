"""Units of measurement: one spelling, the D-SI name both ways, exact conversion within a kind."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import NamedTuple

from hub.errors import Refused
from hub.rules.exact import as_decimal, exactly, unfolded
from hub.rules.text import tidy
from hub.rules.unit_table import (
    BASES,
    CHARACTERS,
    DSI_NAMES,
    DSI_PREFIXES,
    EQUALS,
    NOT_UNITS,
    PREFIXES,
    SPELLINGS,
    Base,
)

MAX_LENGTH = 40
RATIO = frozenset({("ratio", 1)})
SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
RAISED = str.maketrans("-0123456789", SUPERSCRIPTS)
LOWERED = str.maketrans(SUPERSCRIPTS, "-0123456789")
FACTOR = re.compile(rf"(?P<symbol>1|[^\d{SUPERSCRIPTS}^-]+)\^?(?P<exponent>[\d{SUPERSCRIPTS}-]*)")
EXPONENT = re.compile(r"-?[1-9]")
DSI = re.compile(r"(?:\\[A-Za-z]+(?:\{-?[1-9]\})?)+")
DSI_WORD = re.compile(r"\\([A-Za-z]+)(?:\{(-?[1-9])\})?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit understood: its canonical spelling and, where D-SI has one, its name there.

    Units of the same `kind` convert into one another. `legal` is False for units that old ledgers
    use and that are kept and flagged, such as psi (计量法 Art. 3).
    """

    code: str
    dsi: str | None
    kind: frozenset[tuple[str, int]]
    size: Fraction
    offset: Fraction
    legal: bool

    @property
    def is_relative(self) -> bool:
        """Whether it counts parts of a whole, like %."""
        return self.kind == RATIO


class Factor(NamedTuple):
    """One factor of a unit: prefix, symbol, exponent."""

    prefix: str
    base: Base
    exponent: int


@lru_cache(maxsize=1024)
def unit_of(text: str) -> Unit | None:
    """The unit that `text` means, as typed in ledgers; None where it means none that we know."""
    spelled = _spelled(text)
    factors = _factors(EQUALS.get(spelled, spelled))
    return None if factors is None else _unit(factors)


def normal_unit(text: str) -> str:
    """The normal spelling of a unit: Mpa is MPa, N.m is N·m; an unknown one is only trimmed."""
    spelled = _spelled(text)
    if spelled in EQUALS:
        return spelled
    unit = unit_of(text)
    return tidy(text) if unit is None else unit.code


@lru_cache(maxsize=1024)
def unit_of_dsi(name: str) -> Unit | None:
    r"""The unit of a D-SI name such as \metre\second\tothe{-1}, None for one we do not know."""
    name = name.strip().replace(r"\deci\bel", r"\decibel").replace(r"\kilogram", r"\kilo\gram")
    if len(name) > MAX_LENGTH * 4 or not DSI.fullmatch(name):
        return None
    factors: list[Factor] = []
    prefix = ""
    for word, exponent in DSI_WORD.findall(name):
        base = None if exponent else BASES.get(DSI_NAMES.get(word, ""))
        if word == "tothe" and exponent and factors and not prefix:
            factors[-1] = factors[-1]._replace(exponent=int(exponent))
        elif word in DSI_PREFIXES and not prefix and not exponent:
            prefix = DSI_PREFIXES[word]
        elif base is not None and (base.takes_prefix or not prefix):
            factors.append(Factor(prefix, base, 1))
            prefix = ""
        else:
            return None
    if not factors or prefix:
        return None
    unit = _unit(tuple(factors))
    return unit if unit_of(unit.code) == unit else None  # a picohenry is spelled like acidity


def convert(value: Decimal, source: str, target: str, *, difference: bool = False) -> Decimal:
    """`value` in unit `source` as the equal value in unit `target`, exactly.

    A `difference` of temperatures, or an uncertainty of one, knows no offset: 0.1 ℃ is 0.1 K.
    Refused for unknown units, units of two kinds, and where the digits would never end.
    """
    given, wanted = _known(source), _known(target)
    if given.kind != wanted.kind:
        raise Refused(
            f"{given.code} 与 {wanted.code} 不是同类量的单位，不能换算",
            f"{given.code} and {wanted.code} are units of different kinds",
            path=("unit",),
        )
    ratio = given.size / wanted.size
    shift = Fraction(0) if difference else given.offset * ratio - wanted.offset
    return _scaled(value, ratio, shift, wanted.code)


def _scaled(value: Decimal, ratio: Fraction, shift: Fraction, code: str) -> Decimal:
    factor, constant = as_decimal(ratio), as_decimal(shift)
    with exactly():
        if factor is not None and constant is not None:
            # normalised, 1000 is 1E+3: a factor adds no zeros that would look significant
            return unfolded(value * factor.normalize() + constant)
        result = as_decimal(Fraction(value) * ratio + shift)
    if result is None:
        raise Refused(
            f"{value} 换算为 {code} 不是有限小数",
            f"{value} has no finite decimal value in {code}",
            path=("unit",),
        )
    return result


def _known(text: str) -> Unit:
    unit = unit_of(text)
    if unit is None:
        raise Refused(f"不认识的计量单位 {text}", f"unknown unit {text}", path=("unit",))
    return unit


def _spelled(text: str) -> str:
    text = tidy(text).translate(CHARACTERS)
    text = re.sub(r" ?([·/()^]) ?", r"\1", text).replace(" ", "·")
    text = re.sub(r"(?<=[^\d.])\.(?=[^\d.])", "·", text)
    return SPELLINGS.get(text, text)


def _factors(text: str) -> tuple[Factor, ...] | None:
    if not text or len(text) > MAX_LENGTH:
        return None
    upper, *lower = text.split("/")
    if any("·" in part and not _bracketed(part) for part in lower):
        return None  # nobody knows whether K is above or below in J/kg·K
    found = [] if upper == "1" and lower else [_factor(each, 1) for each in upper.split("·")]
    for part in lower:
        inside = part[1:-1] if _bracketed(part) else part
        found += [_factor(each, -1) for each in inside.split("·")]
    known = [each for each in found if each is not None]
    return tuple(known) if known and len(known) == len(found) else None


def _bracketed(part: str) -> bool:
    return part.startswith("(") and part.endswith(")")


def _factor(text: str, sign: int) -> Factor | None:
    match = FACTOR.fullmatch(text)
    if match is None:
        return None
    exponent = match["exponent"].translate(LOWERED) or "1"
    symbol = SPELLINGS.get(match["symbol"], match["symbol"])
    prefix, base = _split(symbol)
    if base is None or not EXPONENT.fullmatch(exponent):
        return None
    return Factor(prefix, base, sign * int(exponent))


def _split(symbol: str) -> tuple[str, Base | None]:
    if symbol in BASES or symbol in NOT_UNITS:
        return "", BASES.get(symbol)
    for length in (1, 2):
        prefix, base = symbol[:length], BASES.get(symbol[length:])
        if prefix in PREFIXES and base is not None and base.takes_prefix:
            return prefix, base
    return "", None


def _unit(factors: tuple[Factor, ...]) -> Unit:
    alone = factors[0].base if len(factors) == 1 and factors[0].exponent == 1 else None
    return Unit(
        code=_code(factors),
        dsi=_dsi(factors),
        kind=_kind(factors),
        size=prod((_size(each) for each in factors), start=Fraction(1)),
        offset=alone.offset if alone else Fraction(0),
        legal=all(each.base.legal for each in factors),
    )


def _size(factor: Factor) -> Fraction:
    power, _ = PREFIXES[factor.prefix]
    return (Fraction(10) ** power * factor.base.size) ** factor.exponent


def _kind(factors: Iterable[Factor]) -> frozenset[tuple[str, int]]:
    total = Counter[str]()
    for _, base, exponent in factors:
        for quantity, power in base.measures.items():
            total[quantity] += power * exponent
    return frozenset((quantity, power) for quantity, power in total.items() if power)


def _code(factors: tuple[Factor, ...]) -> str:
    upper = [_printed(each) for each in factors if each.exponent > 0]
    if not upper:
        return "·".join(_printed(each) for each in factors)
    lower = [
        _printed(each._replace(exponent=-each.exponent)) for each in factors if each.exponent < 0
    ]
    below = "·".join(lower)
    return "·".join(upper) + (f"/({below})" if len(lower) > 1 else f"/{below}" if lower else "")


def _printed(factor: Factor) -> str:
    exponent = "" if factor.exponent == 1 else str(factor.exponent).translate(RAISED)
    return factor.prefix + factor.base.symbol + exponent


def _dsi(factors: Iterable[Factor]) -> str | None:
    names = [_dsi_name(each) for each in factors]
    known = [each for each in names if each is not None]
    return "".join(known) if len(known) == len(names) else None


def _dsi_name(factor: Factor) -> str | None:
    if factor.base.dsi is None:
        return None
    _, prefix = PREFIXES[factor.prefix]
    joint = "" if (factor.prefix, factor.base.symbol) == ("k", "g") else "\\"
    name = (f"\\{prefix}{joint}" if prefix else "\\") + factor.base.dsi
    return name if factor.exponent == 1 else f"{name}\\tothe{{{factor.exponent}}}"
