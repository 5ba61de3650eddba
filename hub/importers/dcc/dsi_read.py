"""What a `si:` element says: singles, lists, complex values and hybrids read into series.

Reads D-SI 2.1.0 and 2.2.1 (PTB) as they stand in a certificate that has passed its XML schema.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from lxml import etree

from hub.errors import BadInput
from hub.importers.dcc.dsi import Component, Numbers, Series, Uncertainty, UncertaintyKind, Unit

SI = "{https://ptb.de/si}"
LIST = "XMLList"
QUANTITY_ELEMENTS = frozenset(
    SI + name
    for name in (
        "real", "constant", "complex", "realListXMLList", "complexListXMLList",
        "hybrid", "list", "realList", "complexList",
    )
)  # fmt: skip

SPACE = " \t\r\n"
WORD = re.compile(f"[^{SPACE}]+")
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
NOT_A_NUMBER = "NaN"
MOST_DIGITS = 100
LARGEST_EXPONENT = 400

T = TypeVar("T")


def words(text: str | None) -> tuple[str, ...]:
    """The items of an XML list, which only the four white-space characters of XML separate."""
    return tuple(WORD.findall(text or ""))


def line_of(element: etree._Element) -> int:
    """The line of the file where the element begins; 0 when it is not known."""
    return element.sourceline or 0  # type: ignore[return-value]  # the stubs say "..."


def read(element: etree._Element) -> tuple[Series, ...]:
    """The series of a `si:` element, in the printed order. BadInput for an impossible number."""
    return tuple(_read(element, etree.QName(element).localname))


def read_as(element: etree._Element, name: str) -> Series:
    """The series of an element of another name that has the type of `si:` element `name`."""
    return next(_read(element, name))


def _read(element: etree._Element, name: str) -> Iterator[Series]:
    match name:
        case "real" | "constant" | "realListXMLList":
            yield _series(element, name, "value", "unit", Component.VALUE)
        case "complex" | "complexListXMLList":
            yield from _complex(element, name)
        case "realList" | "complexList":
            yield from _merged(element, name)
        case "hybrid" | "list":
            for child in element.iterchildren(*QUANTITY_ELEMENTS):
                yield from read(child)


def _series(
    element: etree._Element, name: str, value: str, unit: str, component: Component
) -> Series:
    told = _told(element)
    printed = told.get(value, ())
    return Series(
        element=name,
        printed=printed,
        values=_numbers(printed, element),
        units=tuple(map(Unit.of, told.get(unit, ()))),
        component=component,
        uncertainties=tuple(_uncertainties(element)),
        labels=told.get("label", ()),
        times=told.get("dateTime", ()),
        kinds=told.get("quantityTypeQUDT", ()),
        significant_digits=told.get("significantDigit", ()),
        line=line_of(element),
    )


def _complex(element: etree._Element, name: str) -> Iterator[Series]:
    if "valueReal" in _told(element):
        yield _series(element, name, "valueReal", "unit", Component.REAL)
        yield _series(element, name, "valueImag", "unit", Component.IMAGINARY)
    else:
        yield _series(element, name, "valueMagnitude", "unit", Component.MAGNITUDE)
        yield _series(element, name, "valuePhase", "unitPhase", Component.PHASE)


def _merged(element: etree._Element, name: str) -> Iterator[Series]:
    """One series per component of a list of elements; more when their uncertainties differ."""
    cells = [read(cell) for cell in element.iterchildren(f"{SI}real", f"{SI}complex")]
    stated, told = tuple(_uncertainties(element)), _told(element)
    for cell in cells:
        if [each.component for each in cell] != [each.component for each in cells[0]]:
            raise _bad(element, "复数列表混用两种坐标", "a complex list mixes two coordinate forms")
    for parts in zip(*cells, strict=True):
        joined = stated or _joined(parts)
        if joined is None:
            yield from (_of_cells((part,), name, told, part.uncertainties) for part in parts)
        else:
            yield _of_cells(parts, name, told, joined)


def _of_cells(
    parts: Sequence[Series],
    name: str,
    told: dict[str, tuple[str, ...]],
    uncertainties: tuple[Uncertainty, ...],
) -> Series:
    """Single values as one series; what the list says stands for cells that say nothing."""
    phase = parts[0].component is Component.PHASE
    units = tuple(map(Unit.of, told.get("listUnitPhase" if phase else "listUnit", ())))
    digits = _flat(part.significant_digits for part in parts)
    return Series(
        element=name,
        printed=_flat(part.printed for part in parts),
        values=_flat(part.values for part in parts),
        units=_flat(part.units or units for part in parts),
        component=parts[0].component,
        uncertainties=uncertainties,
        labels=_flat(part.labels for part in parts) or told.get("label", ()),
        times=_flat(part.times for part in parts) or told.get("dateTime", ()),
        kinds=_flat(part.kinds for part in parts) or told.get("listQuantityTypeQUDT", ()),
        significant_digits=digits or told.get("listsignificantDigit", ()),
        line=parts[0].line,
    )


def _joined(parts: Sequence[Series]) -> tuple[Uncertainty, ...] | None:
    """The uncertainties of single values as one statement, or None when they cannot be one."""
    if not any(part.uncertainties for part in parts):
        return ()
    each = [part.uncertainty for part in parts]
    given = [one for one in each if one is not None]
    if len({one.kind for one in given}) != 1 or len(given) != len(each):
        return None
    return (
        Uncertainty(
            kind=given[0].kind,
            values=_flat(one.values for one in given),
            k=_flat(one.k for one in given),
            p=_flat(one.p for one in given),
            distribution=_flat(one.distribution for one in given),
            minimum=_flat(one.minimum for one in given),
            maximum=_flat(one.maximum for one in given),
        ),
    )


# The element of D-SI 2.1 and of 2.2 for one statement, with the element of its value.
STATEMENTS = {
    "expandedUnc": (UncertaintyKind.EXPANDED, "uncertainty"),
    "expandedMU": (UncertaintyKind.EXPANDED, "valueExpandedMU"),
    "standardMU": (UncertaintyKind.STANDARD, "valueStandardMU"),
    "coverageInterval": (UncertaintyKind.INTERVAL, "standardUnc"),
    "coverageIntervalMU": (UncertaintyKind.INTERVAL, "valueStandardMU"),
    "ellipsoidalRegion": (UncertaintyKind.ELLIPSOID, ""),
    "ellipsoidalRegionMU": (UncertaintyKind.ELLIPSOID, ""),
    "rectangularRegion": (UncertaintyKind.RECTANGLE, ""),
    "rectangularRegionMU": (UncertaintyKind.RECTANGLE, ""),
}
# "Univaraite" is how D-SI 2.2.1 spells the element inside of a realList.
WRAPPERS = frozenset({
    "measurementUncertaintyUnivariate", "measurementUncertaintyUnivaraite",
    "measurementUncertaintyBivariate", "measurementUncertaintyMultivariate",
    "listUnivariateUnc", "listBivariateUnc", "listMeasurementUncertaintyUnivariate",
})  # fmt: skip


def _uncertainties(element: etree._Element) -> Iterator[Uncertainty]:
    for child in element.iterchildren(f"{SI}*"):
        name = etree.QName(child).localname.removesuffix(LIST)
        if name in WRAPPERS:
            yield from _uncertainties(child)
        elif name in STATEMENTS:
            kind, value = STATEMENTS[name]
            yield _statement(child, kind, value)
        elif name in ("uncertainty", "valueStandardMU") and element.tag == f"{SI}constant":
            yield _statement(element, UncertaintyKind.STANDARD, name)


def _statement(element: etree._Element, kind: UncertaintyKind, value: str) -> Uncertainty:
    told = _told(element)

    def numbers(name: str) -> Numbers:
        return _numbers(told.get(name, ()), element)

    return Uncertainty(
        kind=kind,
        values=numbers(value) or numbers("standardUnc"),
        k=numbers("coverageFactor"),
        p=numbers("coverageProbability"),
        distribution=told.get("distribution", ()),
        minimum=numbers("intervalMin"),
        maximum=numbers("intervalMax"),
        covariance=tuple(_columns(element)),
    )


def _columns(element: etree._Element) -> Iterator[tuple[Series, ...]]:
    for column in element.iter(f"{SI}column", f"{SI}column{LIST}"):
        yield tuple(
            _series(cell, "covariance", "value", "unit", Component.VALUE)
            for cell in column.iterchildren(f"{SI}*")
        )


def _told(element: etree._Element) -> dict[str, tuple[str, ...]]:
    """The texts of the children by name: one of a single child, the items of a list form."""
    told: dict[str, tuple[str, ...]] = {}
    for child in element.iterchildren(f"{SI}*"):
        name = etree.QName(child).localname
        if name.endswith(LIST):
            told[name.removesuffix(LIST)] = words(child.text)
        else:
            told[name] = ((child.text or "").strip(SPACE),)
    return told


def _numbers(printed: Iterable[str], element: etree._Element) -> Numbers:
    return tuple(None if word == NOT_A_NUMBER else _number(word, element) for word in printed)


def _number(token: str, element: etree._Element) -> Decimal:
    digits = len(token) <= MOST_DIGITS and NUMBER.fullmatch(token)
    value = Decimal(token) if digits else None
    if value is None or abs(value.adjusted()) > LARGEST_EXPONENT:
        shown = token[:20] + "…" if len(token) > 20 else token
        raise _bad(element, f"不可用的数值 {shown!r}", f"unusable number {shown!r}")
    return value


def _bad(element: etree._Element, zh: str, en: str) -> BadInput:
    return BadInput(f"第 {line_of(element)} 行：{zh}", f"line {line_of(element)}: {en}")


def _flat(groups: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(item for group in groups for item in group)
