"""Under which conditions a DCC was measured: temperature in ℃, humidity in %, pressure in kPa."""

import re
from collections.abc import Callable

from lxml import etree

from hub.errors import Refused
from hub.importers.dcc.draft import Condition, ConditionKind
from hub.importers.dcc.dsi import Unit
from hub.importers.dcc.elements import all_of, quantities, refs, text_of, word
from hub.importers.dcc.results import CONDITIONS, holds_results, stage_of
from hub.importers.dcc.values import Quantity, Reading
from hub.rules.units import convert

# refTypes of the PTB good practice examples; for pressure the same pattern is assumed.
KINDS = (
    (re.compile(r"basic_temperature"), ConditionKind.TEMPERATURE, Unit.of(r"\degreecelsius")),
    (re.compile(r"basic_humidityRelative"), ConditionKind.HUMIDITY, Unit.of(r"\percent")),
    (re.compile(r"basic_\w*[pP]ressure"), ConditionKind.PRESSURE, Unit.of(r"\kilo\pascal")),
)


def environment(section: etree._Element) -> tuple[Condition, ...]:
    """The influence conditions directly below `section` that are not tables of results."""
    conditions = all_of(section, CONDITIONS)
    return tuple(_condition(each) for each in conditions if not holds_results(each))


def _condition(element: etree._Element) -> Condition:
    names = refs(element)
    kind, unit = _kind(names)
    stated = quantities(element)
    status = word(element, "status") or ""
    return Condition(
        kind=kind,
        name=text_of(element, "name"),
        ref_types=names,
        dcc_status=status,
        stage=stage_of(status),
        minimum=_value(stated, unit, lambda name: name.endswith("Min")),
        maximum=_value(stated, unit, lambda name: name.endswith("Max")),
        value=_value(stated, unit, lambda name: not name.endswith(("Min", "Max"))),
        quantities=stated,
    )


def _kind(names: tuple[str, ...]) -> tuple[ConditionKind, Unit | None]:
    for pattern, kind, unit in KINDS:
        if any(pattern.match(name) for name in names):
            return kind, unit
    return ConditionKind.OTHER, None


def _value(
    stated: tuple[Quantity, ...], unit: Unit | None, wanted: Callable[[str], bool]
) -> Reading | None:
    """The single value of the first quantity whose refTypes are all `wanted`, in `unit`."""
    for quantity in stated:
        if all(map(wanted, quantity.ref_types or ("",))):
            readings = [
                Reading(value, each.unit)
                for each in quantity.series
                for value in each.values
                if value is not None and each.unit is not None and len(each) == 1
            ]
            return _converted(readings, unit)
    return None


def _converted(readings: list[Reading], unit: Unit | None) -> Reading | None:
    """The reading that is printed in `unit`, else the first one, converted exactly.

    None when it is not of that kind. Without `unit` it is the first as printed.
    """
    printed = (each for each in readings if unit is None or each.unit.code == unit.code)
    found = next(printed, None) or next(iter(readings), None)
    if found is None or unit is None or found.unit == unit:
        return found
    try:
        return Reading(convert(found.value, str(found.unit), str(unit)), unit)
    except Refused:
        return None
