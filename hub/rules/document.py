"""The one spelling of a document's number, its kind, and whether it was in force on a day."""

import re
from dataclasses import dataclass
from datetime import date

from hub.rules.text import tidy
from hub.vocabulary import DocumentKind, DocumentState

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
NUMBER = re.compile(
    r"""
    (?P<prefix> JJ[GF] | GB | DB\ ?\d{2,6} | ISO | IEC | OIML )
    \ ? (?P<branch> / \ ? (?: IEC | TS | TR | T | Z ) | T(?=[\ \d]) )?
    \ ? (?: \( \ ? (?P<region> [^()]+? ) \ ? \) )?
    \ ? (?: (?P<series> GUIDE | [A-Z] ) \ ? )?
    (?P<serial> \d+ (?: [.\-] \d+ )*? )
    \ ? [-:] \ ? (?P<year> (?: 19 | 20 )\d{2} | \d{2} )
    """,
    re.VERBOSE | re.ASCII,
)
INTERNATIONAL = frozenset({"ISO", "IEC", "OIML"})
SYSTEM_SERIALS = range(2001, 2100)  # 国家计量检定系统表 are the JJG of these numbers
FIRST_SHORT_YEAR = 50  # a year of two digits is of the twentieth century from here on


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """The parts of a number: `JJG(苏) 42-2010` is prefix, region, serial and year.

    `str()` gives the key: one space, ASCII hyphen (a colon before the year of ISO, IEC and OIML),
    four digits of year.
    """

    prefix: str
    serial: str
    year: int
    region: str | None = None

    @property
    def kind(self) -> DocumentKind:
        """The kind that the prefix stands for."""
        if self.prefix == "JJG":
            is_system = self.serial.isdecimal() and int(self.serial) in SYSTEM_SERIALS
            return DocumentKind.JJG_SYSTEM if is_system else DocumentKind.JJG
        if self.prefix.startswith("DB"):
            return DocumentKind.DB
        if self.prefix.startswith("GB"):
            return DocumentKind.GB if self.prefix == "GB" else DocumentKind.GBT
        family = self.prefix.partition("/")[0]
        return DocumentKind.ISO if family == "IEC" else DocumentKind(family)

    def __str__(self) -> str:
        region = f"({self.region})" if self.region else ""
        hyphen = ":" if self.prefix.partition("/")[0] in INTERNATIONAL else "-"
        return f"{self.prefix}{region} {self.serial}{hyphen}{self.year}"


def parse_number(text: str) -> DocumentNumber | None:
    """The parts of a number as people write it: "JJG351-96", "ＪＪＧ（苏） 42—2010".

    None for a number of no public series, such as that of an internal method.
    """
    match = NUMBER.fullmatch(tidy(text).translate(DASHES).upper())
    if match is None:
        return None
    return DocumentNumber(
        prefix=(match["prefix"] + _branch(match["branch"])).replace(" ", ""),
        serial=" ".join(filter(None, (match["series"], match["serial"]))),
        year=_four_digits(match["year"]),
        region=match["region"],
    )


def normal_number(text: str) -> str:
    """The key of a number; one of no public series keeps its spelling, half-width and trimmed."""
    number = parse_number(text)
    return tidy(text).translate(DASHES) if number is None else str(number)


def kind_of(text: str) -> DocumentKind:
    """The kind of document that a number belongs to, INTERNAL where it is of no public series."""
    number = parse_number(text)
    return DocumentKind.INTERNAL if number is None else number.kind


def state_on(
    day: date,
    effective_on: date | None,
    abolished_on: date | None = None,
    replaced_on: date | None = None,
) -> DocumentState:
    """The state of a document on `day`; on the day of its end it is no longer in force.

    `replaced_on` is the day its successor took effect. An unknown date (None) never bars.
    """
    if effective_on is not None and day < effective_on:
        return DocumentState.ADOPTED_UPCOMING
    if replaced_on is not None and day >= replaced_on:
        return DocumentState.REPLACED
    if abolished_on is not None and day >= abolished_on:
        return DocumentState.ABOLISHED
    return DocumentState.IN_FORCE


def _branch(text: str | None) -> str:
    return "" if text is None else "/" + text.removeprefix("/").strip()


def _four_digits(year: str) -> int:
    short = int(year)
    if len(year) > 2:
        return short
    return short + (1900 if short >= FIRST_SHORT_YEAR else 2000)
