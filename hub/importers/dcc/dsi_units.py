r"""The code of a D-SI unit name: `\milli\metre` is mm, `\metre\second\tothe{-1}` is m/s.

D-SI 2.2.1 (PTB, doi 10.5281/zenodo.3366901) writes a unit as a row of backslash names: an optional
prefix, the unit, an optional `\tothe{exponent}`. Codes are
those of `hub.rules.units` as far as it knows the unit: ℃, Ω, μm, N·m.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

PREFIXES = {
    "deca": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P",
    "exa": "E", "zetta": "Z", "yotta": "Y", "ronna": "R", "quetta": "Q",
    "deci": "d", "centi": "c", "milli": "m", "micro": "μ", "nano": "n", "pico": "p", "femto": "f",
    "atto": "a", "zepto": "z", "yocto": "y", "ronto": "r", "quecto": "q",
    "kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti", "pebi": "Pi", "exbi": "Ei",
}  # fmt: skip

PREFIXED = {
    "metre": "m", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "radian": "rad", "steradian": "sr", "hertz": "Hz", "newton": "N",
    "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F",
    "ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "lumen": "lm",
    "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "katal": "kat", "litre": "L",
    "tonne": "t", "electronvolt": "eV", "dalton": "Da", "bar": "bar", "neper": "Np", "bel": "B",
    "bit": "bit", "byte": "byte",
}  # fmt: skip

ALONE = {
    "one": "1", "percent": "%", "ppm": "ppm", "kilogram": "kg", "degreecelsius": "℃",
    "minute": "min", "hour": "h", "day": "d", "degree": "°", "arcminute": "′", "arcsecond": "″",
    "hectare": "hm²", "astronomicalunit": "au", "decibel": "dB", "mmhg": "mmHg", "angstrom": "Å",
    "nauticalmile": "n mile", "knot": "kn", "barn": "b", "clight": "c", "planckbar": "ħ",
    "electronmass": "mₑ", "naturalunittime": "ħ/(mₑ·c²)", "elementarycharge": "e", "bohr": "a₀",
    "hartree": "Eₕ", "atomicunittime": "ħ/Eₕ", "atomicmassunit": "u",
}  # fmt: skip

# Products of base units that have one name only; J and Bq, which share theirs, stay products.
NAMED = {
    frozenset((symbol, Decimal(power)) for symbol, power in powers.items()): name
    for name, powers in {
        "N": {"kg": 1, "m": 1, "s": -2},
        "Pa": {"kg": 1, "m": -1, "s": -2},
        "W": {"kg": 1, "m": 2, "s": -3},
        "V": {"kg": 1, "m": 2, "s": -3, "A": -1},
        "Ω": {"kg": 1, "m": 2, "s": -3, "A": -2},
        "S": {"kg": -1, "m": -2, "s": 3, "A": 2},
        "F": {"kg": -1, "m": -2, "s": 4, "A": 2},
        "Wb": {"kg": 1, "m": 2, "s": -2, "A": -1},
        "T": {"kg": 1, "s": -2, "A": -1},
        "H": {"kg": 1, "m": 2, "s": -2, "A": -2},
    }.items()
}

# Picohenry, gigasecond and femtotonne would read as acidity, gauss and foot (hub.rules.units).
AMBIGUOUS = frozenset(("pH", "Gs", "ft"))
LONGEST = 400
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
TOKEN = re.compile(
    r"\s*\\(?:tothe\s*\{\s*(?P<power>[-+]?\d{1,3}(?:\.\d{1,3})?)\s*\}|(?P<name>[a-z]+))\s*",
    re.ASCII,
)


@lru_cache(maxsize=1024)
def code_of(printed: str) -> str | None:
    r"""The code of a D-SI unit, or None when `printed` has none or is not in the D-SI grammar.

    `\one` is "1"; a coherent product of base units with a name of its own takes that name
    (`\kilogram\metre\tothe{2}\second\tothe{-3}\ampere\tothe{-2}` is Ω).
    """
    powers = _powers(printed) if 0 < len(printed) <= LONGEST else None
    if powers is None:
        return None
    powers = {symbol: power for symbol, power in powers.items() if power and symbol != "1"}
    return NAMED.get(frozenset(powers.items())) or _rendered(powers)


def _powers(printed: str) -> dict[str, Decimal] | None:
    """Symbol to exponent in the printed order, or None for a row that says nothing."""
    powers: dict[str, Decimal] = {}
    prefix, last = "", ""
    for name, power in _tokens(printed):
        if power:
            if prefix or not last:
                return None
            powers[last] += Decimal(power) - 1
            last = ""
        elif name in PREFIXES and not prefix:
            prefix, last = PREFIXES[name], ""
        elif name in PREFIXED or (name in ALONE and not prefix):
            last = prefix + (PREFIXED.get(name) or ALONE[name])
            if last in AMBIGUOUS:
                return None
            powers[last] = powers.get(last, Decimal(0)) + 1
            prefix = ""
        else:
            return None
    return None if prefix else powers


def _tokens(printed: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(printed):
        token = TOKEN.match(printed, position)
        if token is None:
            yield "", ""
            return
        yield token["name"] or "", token["power"] or ""
        position = token.end()


def _rendered(powers: dict[str, Decimal]) -> str:
    above = [_raised(symbol, power) for symbol, power in powers.items() if power > 0]
    below = [(symbol, power) for symbol, power in powers.items() if power < 0]
    if not above:
        return "·".join(_raised(symbol, power) for symbol, power in below) or "1"
    if not below:
        return "·".join(above)
    divisor = "·".join(_raised(symbol, -power) for symbol, power in below)
    return "·".join(above) + "/" + (f"({divisor})" if len(below) > 1 else divisor)


def _raised(symbol: str, power: Decimal) -> str:
    if power == 1:
        return symbol
    whole = power == power.to_integral_value()
    return symbol + (f"{power:.0f}".translate(SUPERSCRIPT) if whole else f"^{power.normalize():f}")
