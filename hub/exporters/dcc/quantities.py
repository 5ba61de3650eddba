"""One quantity of a DCC: its lists of values with units and uncertainty, in D-SI 2.2.1."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from hub.exporters.dcc.xml import Element, dcc, element, maybe, si
from hub.importers.dcc.dsi import Component, UncertaintyKind
from hub.importers.dcc.dsi_read import LIST, SI
from hub.importers.dcc.dsi_read import NOT_A_NUMBER as NAN
from hub.importers.dcc.printed import Printed, Stated, Told
from hub.importers.dcc.validate import DCC

Tell = Callable[[str, Iterable[str]], Element]

SINGLE = frozenset(("real", "constant"))
"""The elements of one value, where a word may hold blanks."""
SEVERAL = frozenset(("hybrid", "list"))
RELATIVE = f"{DCC}relativeUncertaintyXmlList"
NO_BREAK = "\N{NO-BREAK SPACE}"
PAIRS = {Component.REAL: Component.IMAGINARY, Component.MAGNITUDE: Component.PHASE}
VALUES = {
    Component.VALUE: "value",
    Component.REAL: "valueReal",
    Component.IMAGINARY: "valueImag",
    Component.MAGNITUDE: "valueMagnitude",
    Component.PHASE: "valuePhase",
}
KINDS = {
    UncertaintyKind.EXPANDED: ("expandedMU", "valueExpandedMU"),
    UncertaintyKind.STANDARD: ("standardMU", "valueStandardMU"),
    UncertaintyKind.INTERVAL: ("coverageIntervalMU", "valueStandardMU"),
}


def quantity(lists: Sequence[Printed], *around: Element | None) -> Element:
    """The quantity whose lists of values these are, with what is said around it."""
    first = lists[0]
    relative = first.relative
    return dcc(
        "quantity",
        maybe("name", first.name),
        _values(lists),
        dcc("relativeUncertainty", list_of(relative, RELATIVE)) if relative else None,
        *around,
        refType=" ".join(first.ref_types),
    )


def _values(lists: Sequence[Printed]) -> Element:
    first, elements = lists[0], list(_elements(lists))
    return si(first.form, *elements) if first.form in SEVERAL else elements[0]


def _elements(lists: Sequence[Printed]) -> Iterator[Element]:
    """The element of each list; two lists are the two parts of complex values."""
    parts = [one for one in lists if one.component in PAIRS]
    others = [one for one in lists if one.component in PAIRS.values()]
    for one, other in zip(parts, others, strict=True):
        yield _complex(one, other)
    for one in lists:
        if one.component is Component.VALUE:
            yield _single(one) if one.element in SINGLE else list_of(one)


def list_of(one: Printed, name: str = f"{SI}realListXMLList") -> Element:
    """Values as an element `name` of the type of `si:realListXMLList`."""
    return element(
        name,
        _words("label", one.labels) if one.labels else None,
        _words("value", one.values),
        _words("unit", map(_joined, one.units)),
        _words("dateTime", one.times) if one.times else None,
        _uncertainty(one.uncertainty, _words, LIST),
    )


def _single(one: Printed) -> Element:
    return si(
        "real",
        _word("label", one.labels) if one.labels else None,
        _word("value", one.values),
        _word("unit", one.units),
        _word("dateTime", one.times) if one.times else None,
        _uncertainty(one.uncertainty, _word, ""),
    )


def _complex(one: Printed, other: Printed) -> Element:
    """Complex values; D-SI states their uncertainty as a region, which the hub does not keep."""
    return si(
        "complexListXMLList",
        _words("label", one.labels) if one.labels else None,
        _words(VALUES[one.component], one.values),
        _words(VALUES[other.component], other.values),
        _words("unit", map(_joined, one.units)),
        _words("unitPhase", other.units) if other.component is Component.PHASE else None,
        _words("dateTime", one.times) if one.times else None,
    )


def _uncertainty(stated: Stated | None, tell: Tell, suffix: str) -> Element | None:
    """A statement of uncertainty; `tell` writes its members, whose names have the `suffix`."""
    if stated is None:
        return None
    name, value = KINDS[stated.kind]
    is_expanded = stated.kind is UncertaintyKind.EXPANDED
    is_interval = stated.kind is UncertaintyKind.INTERVAL
    statement = si(
        name + suffix,
        tell(value, _numbers(stated.u)),
        tell("coverageFactor", _numbers(stated.k)) if is_expanded else None,
        tell("intervalMin", _numbers(stated.minimum)) if is_interval else None,
        tell("intervalMax", _numbers(stated.maximum)) if is_interval else None,
        tell("coverageProbability", _numbers(stated.p)) if is_expanded or is_interval else None,
        tell("distribution", stated.distribution) if stated.distribution else None,
    )
    return si(f"measurementUncertaintyUnivariate{suffix}", statement)


def _numbers(told: Told) -> tuple[str, ...]:
    """NaN for each number that is not told, and for none at all: D-SI leaves no place empty."""
    return tuple(one or NAN for one in told) or (NAN,)


def _words(name: str, words: Iterable[str]) -> Element:
    """A list of words; blanks inside of a word do not break."""
    return si(name + LIST, " ".join(NO_BREAK.join(each.split()) for each in words))


def _word(name: str, words: Iterable[str]) -> Element:
    (only,) = words
    return si(name, only)


def _joined(unit: str) -> str:
    """A unit without the blanks that D-SI allows between its factors."""
    return "".join(unit.split())
