"""The unit symbols, prefixes and spellings that `hub.rules.units` puts together.

Sources: 计量法 Art. 3, GB 3100-1993 (legal units), D-SI (names behind a backslash); the sizes of
units that are not legal are their definitions.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Base:
    """A unit symbol: its D-SI name, what it measures, its size in the coherent unit of that.

    Only temperatures have an `offset`, their reading at the zero of the kelvin, sign changed.
    """

    symbol: str
    dsi: str | None
    measures: dict[str, int]
    size: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    takes_prefix: bool = False
    legal: bool = True


def _prefixed(symbol: str, dsi: str, measures: dict[str, int], size: str = "1") -> Base:
    return Base(symbol, dsi, measures, Fraction(size), takes_prefix=True)


def _foreign(symbol: str, dsi: str | None, measures: dict[str, int], size: Fraction) -> Base:
    return Base(symbol, dsi, measures, size, legal=False)


LENGTH, TIME, MASS, FORCE = {"length": 1}, {"time": 1}, {"mass": 1}, {"force": 1}
VOLUME, PRESSURE = {"length": 3}, {"force": 1, "length": -2}
ENERGY, POWER = {"energy": 1}, {"energy": 1, "time": -1}
TEMPERATURE, RATIO, ARC = {"temperature": 1}, {"ratio": 1}, {"degree of arc": 1}
GRAVITY, INCH, POUND = Fraction("9.80665"), Fraction("0.0254"), Fraction("0.45359237")
KILOGRAM_FORCE, POUND_FORCE = GRAVITY, POUND * GRAVITY

_ALL = (
    _prefixed("m", "metre", LENGTH),
    _prefixed("g", "gram", MASS, "0.001"),
    _prefixed("s", "second", TIME),
    _prefixed("A", "ampere", {"electric current": 1}),
    _prefixed("K", "kelvin", TEMPERATURE),
    _prefixed("mol", "mole", {"amount of substance": 1}),
    _prefixed("cd", "candela", {"luminous intensity": 1}),
    _prefixed("rad", "radian", {"plane angle": 1}),
    _prefixed("sr", "steradian", {"solid angle": 1}),
    _prefixed("Hz", "hertz", {"frequency": 1}),
    _prefixed("N", "newton", FORCE),
    _prefixed("Pa", "pascal", PRESSURE),
    _prefixed("J", "joule", ENERGY),
    _prefixed("W", "watt", POWER),
    _prefixed("C", "coulomb", {"electric current": 1, "time": 1}),
    _prefixed("V", "volt", {"voltage": 1}),
    _prefixed("F", "farad", {"capacitance": 1}),
    _prefixed("Ω", "ohm", {"resistance": 1}),
    _prefixed("S", "siemens", {"conductance": 1}),
    _prefixed("Wb", "weber", {"magnetic flux": 1}),
    _prefixed("T", "tesla", {"magnetic flux density": 1}),
    _prefixed("H", "henry", {"inductance": 1}),
    _prefixed("lm", "lumen", {"luminous flux": 1}),
    _prefixed("lx", "lux", {"illuminance": 1}),
    _prefixed("Bq", "becquerel", {"activity": 1}),
    _prefixed("Gy", "gray", {"absorbed dose": 1}),
    _prefixed("Sv", "sievert", {"dose equivalent": 1}),
    _prefixed("L", "litre", VOLUME, "0.001"),
    _prefixed("eV", "electronvolt", ENERGY, "1.602176634e-19"),
    Base("t", "tonne", MASS, Fraction(1000)),
    Base("℃", "degreecelsius", TEMPERATURE, offset=Fraction("273.15")),
    Base("min", "minute", TIME, Fraction(60)),
    Base("h", "hour", TIME, Fraction(3600)),
    Base("d", "day", TIME, Fraction(86400)),
    Base("r", None, {"rotation": 1}),
    Base("°", "degree", ARC),
    Base("′", "arcminute", ARC, Fraction(1, 60)),
    Base("″", "arcsecond", ARC, Fraction(1, 3600)),
    Base("dB", "decibel", {"level": 1}),
    Base("pH", None, {"pH": 1}),
    Base("1", "one", RATIO),
    Base("%", "percent", RATIO, Fraction(1, 100)),
    Base("‰", None, RATIO, Fraction(1, 1000)),
    # accepted in medicine, together with kPa
    Base("mmHg", "mmhg", PRESSURE, Fraction("13.5951") * GRAVITY),
    _foreign("ppm", "ppm", RATIO, Fraction(1, 1_000_000)),
    _foreign("bar", "bar", PRESSURE, Fraction(100_000)),
    _foreign("mbar", None, PRESSURE, Fraction(100)),
    _foreign("atm", None, PRESSURE, Fraction(101_325)),
    _foreign("Torr", None, PRESSURE, Fraction(101_325, 760)),
    _foreign("psi", None, PRESSURE, POUND_FORCE / INCH**2),
    _foreign("kgf", None, FORCE, KILOGRAM_FORCE),
    _foreign("lbf", None, FORCE, POUND_FORCE),
    _foreign("lb", None, MASS, POUND),
    _foreign("in", "inch", LENGTH, INCH),
    _foreign("ft", None, LENGTH, INCH * 12),
    _foreign("公分", None, LENGTH, Fraction(1, 100)),
    _foreign("Gs", None, {"magnetic flux density": 1}, Fraction(1, 10_000)),
    Base("℉", None, TEMPERATURE, Fraction(5, 9), Fraction("459.67"), legal=False),
)
BASES = {base.symbol: base for base in _ALL}

# symbol: power of ten and D-SI name
PREFIXES = {
    "": (0, ""),
    "Y": (24, "yotta"),
    "Z": (21, "zetta"),
    "E": (18, "exa"),
    "P": (15, "peta"),
    "T": (12, "tera"),
    "G": (9, "giga"),
    "M": (6, "mega"),
    "k": (3, "kilo"),
    "h": (2, "hecto"),
    "da": (1, "deca"),
    "d": (-1, "deci"),
    "c": (-2, "centi"),
    "m": (-3, "milli"),
    "μ": (-6, "micro"),
    "n": (-9, "nano"),
    "p": (-12, "pico"),
    "f": (-15, "femto"),
    "a": (-18, "atto"),
    "z": (-21, "zepto"),
    "y": (-24, "yocto"),
}
DSI_NAMES = {base.dsi: base.symbol for base in _ALL if base.dsi}
DSI_PREFIXES = {name: symbol for symbol, (_, name) in PREFIXES.items() if name}
NOT_UNITS = frozenset({"PS"})  # metric horsepower, no petasiemens

CHARACTERS = str.maketrans(
    {"µ": "μ", "\N{OHM SIGN}": "Ω", "㎜": "mm", "㎏": "kg", "㎝": "cm"}
    | dict.fromkeys("∙•⋅*×", "·")
    | {"÷": "/", "−": "-"}
)
SPELLINGS = {  # as typed: as meant
    "MM": "mm", "um": "μm", "KM": "km", "KG": "kg", "Kg": "kg", "ml": "mL", "ul": "μL",
    "Mpa": "MPa", "MPA": "MPa", "KPa": "kPa", "Kpa": "kPa", "KPA": "kPa", "KV": "kV", "KW": "kW",
    "KN": "kN", "KΩ": "kΩ", "KHz": "kHz", "MHZ": "MHz", "HZ": "Hz", "DB": "dB", "us": "μs",
    "ug": "μg", "uA": "μA", "uV": "μV", "uF": "μF", "uSv": "μSv", "l": "L", "°C": "℃", "°F": "℉",
    "%rh": "%RH", "Nm": "N·m", "kNm": "kN·m", "rpm": "r/min", "kWh": "kW·h", "吨": "t",
    "千克": "kg", "公斤": "kg", "克": "g", "米": "m", "厘米": "cm", "毫米": "mm", "微米": "μm",
    "秒": "s", "升": "L", "毫升": "mL", "兆帕": "MPa",
}  # fmt: skip
EQUALS = {"%RH": "%"}  # printed apart, computed alike
