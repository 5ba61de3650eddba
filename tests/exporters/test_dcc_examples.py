"""Every example, taken in and written out, says the same: each digit, unit, verdict and name."""

from dataclasses import replace

import pytest

from hub.actions.certificate_intake import ForeignCertificate
from hub.exporters.dcc.write import write_dcc
from hub.importers.dcc.dsi import Series, Uncertainty
from hub.importers.dcc.intake import foreign
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.table import Point, Result
from hub.importers.dcc.values import Quantity
from tests.exporters.wholes import again, whole_of
from tests.importers.dcc_files import NEWEST, VALID, edited, example


def stated(data: bytes) -> ForeignCertificate:
    """What a file states, but for the file itself."""
    found = foreign(read_dcc(data), "a.xml", len(data))
    return replace(found, files=(), warnings=())


def points_of(results: tuple[Result, ...]) -> list[list[tuple[object, ...]]]:
    """What is printed of each point, distribution and kind of uncertainty too."""
    return [[_point(point) for point in result.points] for result in results]


def _point(point: Point) -> tuple[object, ...]:
    numbers = (point.nominal, point.reference, point.measured, point.error)
    return (point.quantity, *map(str, numbers), str(point.uncertainty), point.limits, point.verdict)


def lists_of(results: tuple[Result, ...]) -> list[list[tuple[object, ...]]]:
    """What is printed of each list of values."""
    return [
        [_list(quantity, series) for quantity in result.quantities for series in quantity.series]
        for result in results
    ]


def _list(quantity: Quantity, series: Series) -> tuple[object, ...]:
    uncertainties = [_uncertainty(one) for one in series.uncertainties]
    about = (quantity.name.best, quantity.ref_types, quantity.within, quantity.inner)
    return (*about, series.printed, series.units, uncertainties, series.labels, series.times)


def _uncertainty(stated: Uncertainty) -> tuple[object, ...]:
    return (stated.kind, *map(str, (stated.values, stated.k, stated.p)), stated.distribution)


@pytest.mark.parametrize("name", VALID)
def test_an_example_states_the_same_when_it_is_written_and_read_again(name: str) -> None:
    first = stated(example(name))

    second = replace(again(whole_of(first)), files=(), warnings=())

    assert second == first


@pytest.mark.parametrize("name", VALID)
def test_every_printed_list_of_an_example_stands_in_the_file_that_is_written(name: str) -> None:
    before = read_dcc(example(name))

    after = read_dcc(write_dcc(whole_of(foreign(before, "a.xml", 1))))

    assert after.schema_version == "3.3.0"
    assert lists_of(after.results) == lists_of(before.results) != []
    assert points_of(after.results) == points_of(before.results)
    assert [one.stage for one in after.results] == [one.stage for one in before.results]
    assert after.problems == ()


VALUES = "<si:valueXMLList>1.0 NaN 3.00</si:valueXMLList>"
ONE = "<si:unitXMLList>\\one</si:unitXMLList>"
FORMS = {
    "complex values by their parts": (
        "<si:complexListXMLList><si:valueRealXMLList>1.0 2</si:valueRealXMLList>"
        f"<si:valueImagXMLList>-1 0.50</si:valueImagXMLList>{ONE}</si:complexListXMLList>"
    ),
    "complex values by magnitude and phase": (
        "<si:complexListXMLList><si:valueMagnitudeXMLList>1 2</si:valueMagnitudeXMLList>"
        f"<si:valuePhaseXMLList>0.10 0.2</si:valuePhaseXMLList>{ONE}"
        "<si:unitPhaseXMLList>\\radian</si:unitPhaseXMLList></si:complexListXMLList>"
    ),
    "a list of lists": (
        f"<si:list><si:realListXMLList>{VALUES}{ONE}</si:realListXMLList><si:realListXMLList>"
        f"{VALUES}<si:unitXMLList>\\percent</si:unitXMLList></si:realListXMLList></si:list>"
    ),
    "a value with blanks in its words": (
        "<si:real><si:label>point one</si:label><si:value>+1.50e-3</si:value><si:unit>\\metre"
        "</si:unit><si:expandedUnc><si:uncertainty>0.10</si:uncertainty><si:coverageFactor>2.0"
        "</si:coverageFactor><si:coverageProbability>0.95</si:coverageProbability><si:distribution>"
        "Student t</si:distribution></si:expandedUnc></si:real>"
    ),
    "a constant": (
        "<si:constant><si:value>9.80665</si:value><si:unit>\\metre\\second\\tothe{-2}</si:unit>"
        "<si:uncertainty>0.00001</si:uncertainty></si:constant>"
    ),
    "an interval": (
        f"<si:realListXMLList>{VALUES}<si:unitXMLList>\\metre \\second \\one</si:unitXMLList>"
        "<si:coverageIntervalXMLList><si:standardUncXMLList>0.1</si:standardUncXMLList>"
        "<si:intervalMinXMLList>0.8</si:intervalMinXMLList><si:intervalMaxXMLList>1.2"
        "</si:intervalMaxXMLList><si:coverageProbabilityXMLList>0.95</si:coverageProbabilityXMLList>"
        "</si:coverageIntervalXMLList></si:realListXMLList>"
    ),
}
PLACE = '<dcc:quantity refType="basic_measuredValue">'


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_dsi_is_written_as_it_was_read(form: str) -> None:
    extra = f'<dcc:quantity refType="gp_extra">{FORMS[form]}</dcc:quantity>'
    before = read_dcc(edited(NEWEST, (PLACE, extra + PLACE)))

    after = read_dcc(write_dcc(whole_of(foreign(before, "a.xml", 1))))

    assert lists_of(after.results) == lists_of(before.results)
    assert points_of(after.results) == points_of(before.results)


def test_verdicts_that_differ_stay_with_their_points() -> None:
    verdicts = "pass fail conditionalPass noPass noFail"
    old = "<dcc:conformityXMLList>pass<"
    before = read_dcc(edited(NEWEST, (old, old.replace("pass", verdicts))))

    after = read_dcc(write_dcc(whole_of(foreign(before, "a.xml", 1))))

    assert len({point.verdict for point in after.results[0].points}) == 5
    assert points_of(after.results) == points_of(before.results)


def test_a_relative_uncertainty_comes_back_as_one() -> None:
    _, start, rest = example(NEWEST).decode().partition("<si:expandedUncXMLList>")
    absolute = start + "".join(rest.partition("</si:realListXMLList>")[:2])
    relative = (
        "</si:realListXMLList><dcc:relativeUncertainty><dcc:relativeUncertaintyXmlList>"
        "<si:valueXMLList>0.20</si:valueXMLList><si:unitXMLList>\\percent</si:unitXMLList>"
        "</dcc:relativeUncertaintyXmlList></dcc:relativeUncertainty>"
    )
    first = stated(edited(NEWEST, (absolute, relative)))

    second = again(whole_of(first))

    point = second.results[0].points[0]
    assert (str(point.u), point.u_unit, point.k) == ("0.20", "%", None)
    assert second.results == first.results


def test_points_that_an_older_import_stored_without_the_place_of_their_lists_are_written_too() -> (
    None
):
    first = stated(example(NEWEST))
    (result,) = first.results
    older = [
        {name: one[name] for name in ("name", "refTypes", "unit", "values")}
        for one in result.quantities
    ]
    before = replace(first, results=[replace(result, quantities=older)])

    (after,) = again(whole_of(before)).results

    assert after.points == result.points
