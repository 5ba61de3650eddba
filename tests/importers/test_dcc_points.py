"""Points out of tables: pairing of columns, units, uncertainties, verdicts, and what is flagged."""

import pytest

from hub.importers.dcc.draft import ProblemCode
from hub.importers.dcc.dsi import UncertaintyKind
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.table import Point
from hub.vocabulary import ResultStage, Verdict
from tests.importers.dcc_files import NEWEST, edited, example, printed


def between(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end) + len(end)]


NEWEST_UNCERTAINTY = between(
    example(NEWEST).decode(), "<si:expandedUncXMLList>", "</si:expandedUncXMLList>"
)


EXPANDED_MU = (
    "<si:expandedMUXMLList><si:valueExpandedMUXMLList>0.061</si:valueExpandedMUXMLList>"
    "<si:coverageFactorXMLList>2.00</si:coverageFactorXMLList>"
    "<si:coverageProbabilityXMLList>0.95</si:coverageProbabilityXMLList></si:expandedMUXMLList>"
)
STANDARD_MU = (
    "<si:standardMUXMLList><si:valueStandardMUXMLList>0.030 0.030 0.030 0.040 0.040"
    "</si:valueStandardMUXMLList></si:standardMUXMLList>"
)


@pytest.mark.parametrize(
    ("statement", "kind", "u", "k", "p"),
    [
        (EXPANDED_MU, UncertaintyKind.EXPANDED, "0.061 K", "2.00", "0.95"),
        (STANDARD_MU, UncertaintyKind.STANDARD, "0.030 K", "1", "None"),
    ],
)
def test_the_uncertainty_elements_of_dsi_2_2_are_read(
    statement: str, kind: UncertaintyKind, u: str, k: str, p: str
) -> None:
    old = NEWEST_UNCERTAINTY
    wrapped = "measurementUncertaintyUnivariateXMLList"

    draft = read_dcc(edited(NEWEST, (old, f"<si:{wrapped}>{statement}</si:{wrapped}>")))

    stated = draft.results[0].points[0].uncertainty
    assert stated is not None
    assert (stated.kind, printed(stated.u), str(stated.k), str(stated.p)) == (kind, u, k, p)


def test_a_relative_uncertainty_is_kept_with_its_quantity() -> None:
    told = (
        "</si:realListXMLList><dcc:relativeUncertainty><dcc:relativeUncertaintyXmlList>"
        "<si:valueXMLList>0.002</si:valueXMLList><si:unitXMLList>\\one</si:unitXMLList>"
        "</dcc:relativeUncertaintyXmlList></dcc:relativeUncertainty>"
        "<dcc:measurementMetaData>\n                  "
        '<dcc:metaData refType="basic_conformity">'
    )
    old = (
        "</si:realListXMLList>\n                <dcc:measurementMetaData>\n                  "
        '<dcc:metaData refType="basic_conformity">'
    )

    table = read_dcc(edited(NEWEST, (old, told))).results[0]

    error = next(each for each in table.quantities if each.ref_types == ("basic_measurementError",))
    assert error.relative_uncertainty is not None
    assert error.relative_uncertainty.printed == ("0.002",)


def points_of(*edits: tuple[str, str]) -> tuple[tuple[Point, ...], set[ProblemCode]]:
    draft = read_dcc(edited(NEWEST, *edits))
    return draft.results[0].points, {problem.code for problem in draft.problems}


def test_verdicts_may_be_one_for_all_points_or_one_for_each() -> None:
    points, problems = points_of(
        (
            "<dcc:conformityXMLList>pass<",
            "<dcc:conformityXMLList>pass fail conditionalPass noPass pass<",
        )
    )

    assert [point.verdict for point in points] == [
        Verdict.PASS,
        Verdict.FAIL,
        Verdict.CONDITIONAL_PASS,
        Verdict.NO_PASS,
        Verdict.PASS,
    ]
    assert problems == set()


def test_a_list_of_another_length_is_flagged_and_never_guessed_from() -> None:
    points, problems = points_of(("<si:uncertaintyXMLList>0.061<", "<si:uncertaintyXMLList>1 2 3<"))

    assert [point.uncertainty for point in points] == [None] * 5
    assert problems == {ProblemCode.LIST_LENGTH}


def test_a_column_of_another_length_is_left_out_of_the_points_and_flagged() -> None:
    points, problems = points_of((">306.32 373.21 448.36 523.31 593.07<", ">306.32 373.21<"))

    assert {point.measured for point in points} == {None}
    assert all(point.error and point.reference for point in points)
    assert problems == {ProblemCode.UNPAIRED}


def test_several_columns_of_a_role_make_as_many_runs_of_points() -> None:
    second = (
        '<dcc:quantity refType="basic_measuredValue"><dcc:name><dcc:content>B</dcc:content>'
        "</dcc:name><si:realListXMLList><si:valueXMLList>1 2 3 4 5</si:valueXMLList>"
        "<si:unitXMLList>\\kelvin</si:unitXMLList></si:realListXMLList></dcc:quantity>"
    )
    old = '<dcc:quantity refType="basic_measuredValue">'

    points, problems = points_of((old, second + old))

    assert len(points) == 10
    assert [printed(point.measured) for point in points[:2]] == ["1 K", "2 K"]
    assert printed(points[5].measured) == "306.32 K"
    assert printed(points[0].reference) == printed(points[5].reference) == "306.248 K"
    assert problems == set()


def test_complex_values_are_points_for_each_component() -> None:
    old = between(example(NEWEST).decode(), '<dcc:list refType="gp_table1">', "</dcc:list>")
    new = (
        "<dcc:list><dcc:quantity><dcc:name><dcc:content>S11</dcc:content></dcc:name>"
        "<si:complexListXMLList><si:valueRealXMLList>0.10 0.20</si:valueRealXMLList>"
        "<si:valueImagXMLList>-0.30 0.40</si:valueImagXMLList><si:unitXMLList>\\one"
        "</si:unitXMLList></si:complexListXMLList></dcc:quantity></dcc:list>"
    )

    points, _ = points_of((old, new))

    assert [(point.quantity, printed(point.measured)) for point in points] == [
        ("S11 (REAL)", "0.10 1"),
        ("S11 (REAL)", "0.20 1"),
        ("S11 (IMAGINARY)", "-0.30 1"),
        ("S11 (IMAGINARY)", "0.40 1"),
    ]


def test_a_value_with_a_comment_inside_is_read_whole() -> None:
    points, _ = points_of((">306.248 373", ">306.2<!-- no -->48 373"))

    assert printed(points[0].reference) == "306.248 K"


def test_a_value_that_is_not_there_is_empty_and_its_neighbours_stay() -> None:
    points, problems = points_of((">0.072 0.089", ">NaN 0.089"))

    assert [point.error and str(point.error.value) for point in points][:2] == [None, "0.089"]
    assert problems == set()


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ((r"<si:unit>\metre<", "<si:unit>Zoll<"), ProblemCode.UNIT_UNKNOWN),
        (
            ("<si:uncertaintyXMLList>0.061<", "<si:uncertaintyXMLList>0<"),
            ProblemCode.UNCERTAINTY_RANGE,
        ),
        (
            ("<dcc:endPerformanceDate>1957-08-13<", "<dcc:endPerformanceDate>1957-08-12<"),
            ProblemCode.DATE_ORDER,
        ),
    ],
)
def test_what_the_schema_allows_and_metrology_does_not_is_flagged(
    edit: tuple[str, str], code: ProblemCode
) -> None:
    draft = read_dcc(edited(NEWEST, edit))

    assert [problem.code for problem in draft.problems] == [code]
    assert draft.blocking == ()
    assert all(problem.words.zh and problem.words.en for problem in draft.problems)


def test_a_status_on_the_conditions_of_a_measurement_holds_for_its_results() -> None:
    old = '</dcc:description>\n          <dcc:data>\n            <dcc:quantity refType="basic_temp'
    new = old.replace("<dcc:data>", "<dcc:status>afterRepair</dcc:status><dcc:data>")

    draft = read_dcc(edited(NEWEST, (old, new)))

    assert draft.results[0].stage is ResultStage.AS_LEFT
    assert draft.environment[1].stage is ResultStage.AS_LEFT


def test_quantities_outside_of_all_parts_are_kept_too() -> None:
    told = (
        "<dcc:measurementMetaData><dcc:metaData><dcc:data><dcc:quantity><si:real>"
        "<si:value>42.0</si:value><si:unit>\\one</si:unit></si:real></dcc:quantity></dcc:data>"
        "</dcc:metaData></dcc:measurementMetaData></dcc:measurementResult>"
    )

    draft = read_dcc(edited(NEWEST, ("</dcc:measurementResult>", told)))

    assert [each.series[0].printed for each in draft.other_quantities] == [("42.0",)]
