"""The measurement results of a DCC: methods, standards used, conditions, and a section a result."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.actions.certificate_draft import ResultDraft, StandardDraft
from hub.errors import Path, Words
from hub.exporters.dcc.quantities import quantity
from hub.exporters.dcc.tables import STATUSES, table
from hub.exporters.dcc.units import dsi_name
from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.xml import Element, dcc, inexpressible, maybe, some, text, word
from hub.importers.dcc.printed import Printed
from hub.vocabulary import ResultStage

CONDITIONS = {
    "temperature": ("basic_temperature", Words("温度", "Temperature")),
    "humidity": ("basic_humidityRelative", Words("相对湿度", "Relative humidity")),
    "pressure": ("basic_pressure", Words("大气压", "Atmospheric pressure")),
}
OTHER = "hub_condition"
ENDS = {"lower": "Min", "upper": "Max", "value": ""}
"""The refType of each number of a condition ends so."""
NO_HASH = "none"


def measurement_results(whole: Whole) -> Element:
    """The `dcc:measurementResults`. Refused, with a path, for what a DCC cannot say.

    What holds for all results stands above them; without results the conclusion is the result.
    """
    found = [
        _measurement(whole, one, ("results", place)) for place, one in enumerate(whole.results)
    ]
    return dcc(
        "measurementResults",
        some("usedMethods", *map(_norm, whole.technical_basis)),
        some("measuringEquipments", *map(_standard, whole.standards_used)),
        some("influenceConditions", *_conditions(whole)),
        *(found or [_concluded(whole)]),
    )


def _norm(number: str) -> Element:
    return dcc("usedMethod", text("name", number), word("norm", number))


def _standard(used: StandardDraft) -> Element:
    said = (
        used.measuring_range,
        used.accuracy,
        f"有效期至 {used.valid_until.isoformat()}" if used.valid_until else None,
    )
    return dcc(
        "measuringEquipment",
        text("name", used.name or "-"),
        maybe("description", "；".join(filter(None, said))),
        _certificate(used.certificate_no),
        refType="basic_normalUsed",
    )


def _certificate(number: str | None) -> Element | None:
    """The reference to a certificate of which no hash is known."""
    told = word("referralID", number)
    if told is None:
        return None
    named = text("referral", Words("证书编号", "Certificate no."))
    return dcc("certificate", named, told, dcc("procedure", NO_HASH), dcc("value", NO_HASH))


def _conditions(whole: Whole) -> Iterator[Element]:
    for place, one in enumerate(whole.environment):
        yield _condition(one, ("environment", place))


def _condition(given: Mapping[str, Any], path: Path) -> Element:
    kind, words = CONDITIONS.get(given["quantity"], (OTHER, given["quantity"]))
    numbers = [
        _number(given, name, f"{kind}{end}", path) for name, end in ENDS.items() if given.get(name)
    ]
    status, _ = STATUSES.get(ResultStage(given.get("stage") or ResultStage.ONLY), (None, None))
    return dcc(
        "influenceCondition",
        text("name", given.get("name") or words),
        word("status", status),
        dcc("data", *(numbers or [text("text", "-")])),
        refType=kind,
    )


def _number(given: Mapping[str, Any], name: str, ref_type: str, path: Path) -> Element:
    unit = str(given.get("unit") or "1")
    known = unit if unit.startswith("\\") else dsi_name(unit)
    if known is None:
        raise inexpressible(
            f"计量单位“{unit}”没有 D-SI 名称",
            f"the unit {unit!r} has no name in D-SI",
            *path,
            "unit",
        )
    value = str(given[name])
    return quantity(
        [
            Printed(
                quantity=0, ref_types=(ref_type,), element="real", values=(value,), units=(known,)
            )
        ]
    )


def _measurement(whole: Whole, result: ResultDraft, path: Path) -> Element:
    """A section of its own for each result, so that its method and stage are of it alone."""
    found = table(result, path)
    told = dcc("data", text("text", "-") if found is None else found)
    method = some("usedMethod", maybe("name", result.method))
    return dcc(
        "measurementResult",
        text("name", whole.kind.label),
        some("usedMethods", method),
        dcc("results", dcc("result", text("name", result.parameter), told)),
    )


def _concluded(whole: Whole) -> Element:
    told = dcc("data", text("text", whole.conclusion.label))
    return dcc(
        "measurementResult",
        text("name", whole.kind.label),
        dcc("results", dcc("result", text("name", Words("结论", "Conclusion")), told)),
    )
