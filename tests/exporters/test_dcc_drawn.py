"""Certificates as laboratories issue them: written as a DCC and read again, they say the same."""

from hypothesis import HealthCheck, given, settings

from hub.actions.certificate_draft import PointDraft, ResultDraft
from hub.exporters.dcc.units import dsi_name
from hub.exporters.dcc.whole import Whole
from hub.importers.dcc.dsi_units import code_of
from tests.exporters.drawn import certificates
from tests.exporters.wholes import again, whole_of

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def said(point: PointDraft) -> tuple[object, ...]:
    """What a point states, each number with the unit that it is in."""
    numbers = (
        (point.measured, point.unit),
        (point.error, point.error_unit or point.unit),
        (point.reference, point.reference_unit or point.unit),
        (point.nominal, point.reference_unit or point.unit),
        (point.u, point.u_unit or point.unit),
    )
    readings = [None if value is None else (str(value), code(unit)) for value, unit in numbers]
    limits = (point.mpe_lower, point.mpe_upper)
    return (point.quantity, *readings, *map(str, (point.k, point.p, *limits)), point.verdict)


def code(unit: str) -> str | None:
    """The code of a unit as it is read from a DCC."""
    return code_of(dsi_name(unit) or "")


def results_of(results: list[ResultDraft]) -> list[tuple[object, ...]]:
    """What results with points state."""
    return [
        (one.parameter, one.stage, one.method, [said(point) for point in one.points])
        for one in results
        if one.points
    ]


@settings(deadline=None, suppress_health_check=SLOW, max_examples=80)
@given(certificates())
def test_a_certificate_is_read_as_it_was_written(whole: Whole) -> None:
    found = again(whole)

    assert results_of(list(found.results)) == results_of(list(whole.results))
    assert (found.number, found.conclusion, found.location) == (
        whole.number,
        whole.conclusion,
        whole.location,
    )
    assert (found.received_at, found.test_from, found.test_to, found.issue_date) == (
        whole.received_at,
        whole.test_from,
        whole.test_to,
        whole.issue_date,
    )
    assert found.recalibration_date == whole.valid_until
    assert {name: one for name, one in found.item.items() if one} == whole.item_snapshot
    assert found.persons == whole.printed_persons
    assert list(found.basis) == whole.technical_basis
    assert (found.replaces_number, found.replacement_kind) == (
        whole.replaces,
        whole.replacement_kind,
    )
    parties = ((found.issuer, whole.issuer), (found.client, whole.client))
    for party, given_ in parties:
        assert (party.name, party.country, party.address) == (
            given_.name,
            given_.country,
            given_.address,
        )
    standards = [(one.name, one.certificate_no) for one in whole.standards_used]
    assert [(one.name, one.certificate_no) for one in found.standards_used] == standards
    assert found.warnings == []


@settings(deadline=None, suppress_health_check=SLOW, max_examples=25)
@given(certificates())
def test_the_conditions_are_read_as_they_were_written(whole: Whole) -> None:
    found = again(whole)

    numbers = ("quantity", "lower", "upper", "value", "stage")
    assert [[one.get(name) for name in numbers] for one in found.environment] == [
        [one.get(name) for name in numbers] for one in whole.environment
    ]
    units = {one["quantity"]: one["unit"] for one in found.environment if one["unit"]}
    assert units.items() <= {"temperature": "℃", "humidity": "%", "pressure": "kPa"}.items()


@settings(deadline=None, suppress_health_check=SLOW, max_examples=15)
@given(certificates())
def test_what_was_read_is_written_the_same_again(whole: Whole) -> None:
    first = again(whole)

    assert again(whole_of(first)).results == first.results
