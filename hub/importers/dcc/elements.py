"""How the small things of a DCC read: texts, dates, words, identifications, quantities."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import chain, takewhile
from typing import TypeVar

from lxml import etree

from hub.errors import BadInput
from hub.importers.dcc.dsi import Series
from hub.importers.dcc.dsi_read import QUANTITY_ELEMENTS, SPACE, line_of, read, read_as, words
from hub.importers.dcc.validate import DCC
from hub.importers.dcc.values import Identification, Quantity, ReportRef, Text

QUANTITIES = tuple(
    DCC + name
    for name in ("quantity", "itemQuantity", "measuringEquipmentQuantity", "usedMethodQuantity")
)
CONDITION = f"{DCC}influenceCondition"
SURROUNDINGS = frozenset((f"{DCC}metaData", CONDITION))
DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[-+]\d\d:\d\d)?", re.ASCII)
NO_TEXT = Text(())

T = TypeVar("T")


@lru_cache(maxsize=256)
def _path(path: str) -> str:
    return "/".join(DCC + step for step in path.split("/"))


def one(element: etree._Element, path: str) -> etree._Element | None:
    """The first descendant by a path of DCC names: "contact/location"."""
    return element.find(_path(path))


def all_of(element: etree._Element, path: str) -> list[etree._Element]:
    """Every descendant by a path of DCC names."""
    return element.findall(_path(path))


def word(element: etree._Element, path: str) -> str | None:
    """The trimmed text at `path`; None when it is absent or blank."""
    found = one(element, path)
    return None if found is None else (found.text or "").strip(SPACE) or None


def each_word(element: etree._Element, path: str) -> tuple[str, ...]:
    """The trimmed texts at `path` that are not blank."""
    texts = ((found.text or "").strip(SPACE) for found in all_of(element, path))
    return tuple(text for text in texts if text)


def flag(element: etree._Element, path: str) -> bool | None:
    """An xs:boolean at `path`."""
    text = word(element, path)
    return None if text is None else text in ("true", "1")


def day(element: etree._Element, path: str) -> date | None:
    """An xs:date at `path`, its time zone left out: it is a day of the local calendar.

    BadInput for a day before the year 1 or after 9999, which XML Schema allows.
    """
    text = word(element, path)
    if text is None:
        return None
    found = DATE.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError as error:
        line = line_of(element)
        raise BadInput(
            f"第 {line} 行起：不可用的日期 {text[:20]!r}",
            f"line {line}: unusable date {text[:20]!r}",
        ) from error


def sure(value: T | None, what: str) -> T:
    """A value that the XML schema promises. BadInput if it is missing all the same."""
    if value is None:
        raise BadInput(f"缺少 {what}", f"{what} is missing")
    return value


def text_of(element: etree._Element | None, path: str = "") -> Text:
    """The text of an element with `dcc:content` in one or more languages.

    A language attribute is taken as it stands: files exist whose English carries "de".
    """
    if element is not None and path:
        element = one(element, path)
    if element is None:
        return NO_TEXT
    parts = (
        (each.get("lang", ""), (each.text or "").strip(SPACE))
        for each in all_of(element, "content")
    )
    return Text(tuple(part for part in parts if part[1]))


def refs(element: etree._Element, attribute: str = "refType") -> tuple[str, ...]:
    """The items of a list attribute."""
    return words(element.get(attribute))


def identifications(element: etree._Element) -> tuple[Identification, ...]:
    """The identifications directly below `element`."""
    return tuple(
        Identification(word(each, "issuer") or "", word(each, "value") or "", text_of(each, "name"))
        for each in all_of(element, "identifications/identification")
    )


def issued_by(numbers: Iterable[Identification], *issuers: str) -> str | None:
    """The first identification given by one of `issuers`."""
    return next((each.value for each in numbers if each.issuer in issuers), None)


def report_ref(element: etree._Element | None) -> ReportRef | None:
    """A reference to another report (dcc:hashType)."""
    if element is None:
        return None
    return ReportRef(
        number=word(element, "referralID") or "",
        referral=text_of(element, "referral"),
        procedure=word(element, "procedure") or "",
        value=word(element, "value") or "",
    )


def quantities(element: etree._Element, *, but: str = "") -> tuple[Quantity, ...]:
    """Every quantity below `element` in the printed order, children named `but` left out."""
    return tuple(
        quantity(found, element)
        for child in element.iterchildren(f"{DCC}*")
        if child.tag != DCC + but
        for found in child.iter(*QUANTITIES)
    )


def quantity(element: etree._Element, owner: etree._Element) -> Quantity:
    """One quantity; `within` says between what it stands below `owner`."""
    above = list(takewhile(lambda each: each is not owner, element.iterancestors()))
    around = [each for each in above if each.tag in SURROUNDINGS]
    names = (refs(each) or [etree.QName(each).localname] for each in reversed(around))
    values = next(element.iterchildren(*QUANTITY_ELEMENTS), None)
    return Quantity(
        name=text_of(element, "name"),
        ref_types=refs(element),
        within=tuple(chain.from_iterable(names)),
        form="" if values is None else etree.QName(values).localname,
        series=() if values is None else read(values),
        relative_uncertainty=_relative(element),
        text=text_of(element, "noQuantity"),
        chars=words(word(element, "charsXMLList")),
        inner=any(each.tag in QUANTITIES for each in above),
        conditional=bool(around) and around[0].tag == CONDITION,
    )


def _relative(element: etree._Element) -> Series | None:
    found = one(element, "relativeUncertainty/relativeUncertaintyXmlList")
    if found is not None:
        return read_as(found, "realListXMLList")
    found = one(element, "relativeUncertainty/relativeUncertaintySingle")
    return None if found is None else read_as(found, "real")
