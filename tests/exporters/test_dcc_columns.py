"""Of which number a limit or an uncertainty is, a machine reads from a DCC as from the hub."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.actions.certificate_draft import PointDraft, ResultDraft
from hub.errors import Refused
from hub.exporters.dcc.write import write_dcc
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.table import Point, Role
from hub.vocabulary import ResultKind, Verdict
from tests.exporters.wholes import a_whole, again

MEASURED = PointDraft(unit="V", measured=Decimal("10.003"), reference=Decimal("10.000"))
LIMITS: dict[str, Any] = {"mpe_lower": Decimal("-0.020"), "mpe_upper": Decimal("0.020")}
PERCENT = Decimal("2.0")


def results(*points: PointDraft, kind: ResultKind = ResultKind.VALUE) -> dict[str, Any]:
    """One result with `points`."""
    return {"results": [ResultDraft(parameter="示值", kind=kind, points=list(points))]}


def read(*points: PointDraft, kind: ResultKind = ResultKind.VALUE) -> list[Point]:
    """The points as a machine reads them."""
    (result,) = read_dcc(write_dcc(a_whole(**results(*points, kind=kind)))).results
    return list(result.points)


@pytest.mark.parametrize("kind", [ResultKind.VALUE, ResultKind.INDICATION_ERROR])
def test_limits_of_error_never_bound_the_measured_value(kind: ResultKind) -> None:
    judged = replace(MEASURED, **LIMITS, verdict=Verdict.PASS)

    found = read(judged, MEASURED, kind=kind)

    assert [point.mpe and point.mpe.of for point in found] == [Role.ERROR, None]
    assert [point.error for point in found] == [None, None]
    assert [point.verdict for point in found] == [Verdict.PASS, None]


def test_a_point_with_limits_and_without_an_error_comes_back_as_it_was() -> None:
    points = [
        replace(MEASURED, **LIMITS, verdict=Verdict.PASS, quantity="通道 1"),
        replace(MEASURED, mpe_upper=Decimal("0.020"), u=Decimal("0.001"), k=Decimal(2)),
        replace(MEASURED, **LIMITS, error=Decimal("0.003"), u=PERCENT, u_unit="%", k=Decimal(2)),
    ]

    for given in ([points[0]], points[:2], points):
        (result,) = again(a_whole(**results(*given))).results

        assert result.points == given


@pytest.mark.parametrize(("unit", "u_unit"), [("%RH", "%"), ("%", "%RH"), ("％RH", "%")])
def test_a_relative_uncertainty_that_would_be_read_as_an_absolute_one_is_refused(
    unit: str, u_unit: str
) -> None:
    humid = PointDraft(unit=unit, measured=Decimal("50.0"), u=PERCENT, u_unit=u_unit, k=Decimal(2))

    with pytest.raises(Refused) as refusal:
        write_dcc(a_whole(**results(humid)))

    assert refusal.value.path == ("results", 0, "points", 0, "uUnit")


@pytest.mark.parametrize("u_unit", [None, "%RH"])
def test_an_uncertainty_in_the_unit_of_a_percentage_is_absolute(u_unit: str | None) -> None:
    humid = PointDraft(unit="%RH", measured=Decimal("50.0"), u=PERCENT, u_unit=u_unit, k=Decimal(2))

    text = write_dcc(a_whole(**results(humid))).decode()

    assert "relativeUncertainty" not in text
    assert read(humid)[0].uncertainty is not None


@pytest.mark.parametrize(
    ("kind", "of", "is_relative"),
    [(ResultKind.VALUE, Role.MEASURED, True), (ResultKind.INDICATION_ERROR, Role.ERROR, False)],
)
def test_a_percentage_belongs_to_the_number_that_the_rules_say(
    kind: ResultKind, of: Role, is_relative: bool
) -> None:
    point = replace(
        MEASURED, error=Decimal("0.03"), error_unit="%", u=PERCENT, u_unit="%", k=Decimal(2)
    )

    (found,) = read(point, kind=kind)

    assert found.uncertainty is not None
    assert (found.uncertainty.of, found.uncertainty.u.value) == (of, PERCENT)
    text = write_dcc(a_whole(**results(point, kind=kind))).decode()
    assert ("relativeUncertainty" in text) is is_relative
