"""Valid DCC files come in whole: every table, point, value, unit, U and k as printed."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from lxml import etree

from hub.importers.dcc.draft import ConditionKind
from hub.importers.dcc.dsi import Series, UncertaintyKind
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.table import LimitKind, Role
from hub.vocabulary import Location, ReplacementKind, ResultKind, ResultStage, Verdict
from tests.importers.dcc_files import (
    ADJUSTMENT,
    EXTENSIVE,
    HUMIDITY,
    NAMES,
    NEWEST,
    RESISTANCE,
    SIGNED,
    TYPICAL,
    VALID,
    edited,
    example,
    printed,
)

TABLES = (
    "//dcc:results/dcc:result/dcc:data[dcc:quantity]"
    "|//dcc:results/dcc:result/dcc:data/dcc:list[dcc:quantity]"
    "|//dcc:influenceCondition/dcc:data/dcc:list[dcc:quantity/@refType='basic_measuredValue']"
)
VALUES = "|".join(f"//si:{name}[not(ancestor::dcc:location)]" for name in ("value", "valueXMLList"))
ERROR, MEASURED = "basic_measurementError", "basic_measuredValue"


def found(root: etree._Element, path: str) -> list[etree._Element]:
    nodes = root.xpath(path, namespaces=NAMES)
    assert isinstance(nodes, list)
    return [node for node in nodes if isinstance(node, etree._Element)]


def tokens(root: etree._Element, path: str) -> list[tuple[str, ...]]:
    return [tuple((node.text or "").split()) for node in found(root, path)]


def rows(table: etree._Element) -> int:
    """How many points the table must give, counted without the importer."""
    for role in (ERROR, MEASURED):
        lists = tokens(table, f"dcc:quantity[@refType='{role}']//si:valueXMLList")
        if lists:
            return len(lists[0])
    return len(found(table, "dcc:quantity/si:real/si:value"))


def every_series(name: str) -> Iterator[Series]:
    for quantity in read_dcc(example(name)).every_quantity():
        yield from quantity.series


@pytest.mark.parametrize("name", VALID)
def test_every_table_and_every_point_of_a_valid_file_comes_in(name: str) -> None:
    tables = found(etree.fromstring(example(name)), TABLES)

    draft = read_dcc(example(name))

    assert [len(result.points) for result in draft.results] == [rows(table) for table in tables]
    assert all(
        [point.index for point in result.points] == list(range(1, len(result.points) + 1))
        for result in draft.results
    )


@pytest.mark.parametrize("name", VALID)
def test_every_list_of_values_is_kept_token_by_token(name: str) -> None:
    raw = tokens(etree.fromstring(example(name)), VALUES)

    kept = [series.printed for series in every_series(name)]

    assert Counter(kept) == Counter(raw)
    assert all(
        [str(value) for value in series.values] == list(series.printed)
        for series in every_series(name)
        if not any("E" in token for token in series.printed)
    )


@pytest.mark.parametrize("name", VALID)
def test_every_unit_is_kept_as_printed_and_has_a_code(name: str) -> None:
    root = etree.fromstring(example(name))
    raw = tokens(root, "//si:unit") + tokens(root, "//si:unitXMLList")

    kept = [tuple(unit.printed for unit in series.units) for series in every_series(name)]

    assert Counter(kept) == Counter(raw)
    assert all(unit.code for series in every_series(name) for unit in series.units)


@pytest.mark.parametrize("name", VALID)
def test_uncertainty_and_coverage_factor_stand_wherever_the_file_has_them(name: str) -> None:
    root = etree.fromstring(example(name))
    raw = zip(
        tokens(root, "//si:uncertaintyXMLList"),
        tokens(root, "//si:coverageFactorXMLList"),
        tokens(root, "//si:coverageProbabilityXMLList"),
        strict=True,
    )

    kept = [
        tuple(tuple(map(str, numbers)) for numbers in (stated.values, stated.k, stated.p))
        for series in every_series(name)
        for stated in series.uncertainties
    ]

    assert Counter(kept) == Counter(raw)
    for table, result in zip(found(root, TABLES), read_dcc(example(name)).results, strict=True):
        stated = found(table, "dcc:quantity//si:expandedUncXMLList")
        assert all(bool(point.uncertainty) == bool(stated) for point in result.points)


def test_the_typical_certificate_says_what_its_pages_say() -> None:
    draft = read_dcc(example(TYPICAL))

    assert draft.number == "GP_DCC_temperature_typical_1.2"
    assert draft.schema_version == "3.1.1"
    assert (draft.test_from, draft.test_to) == (date(1957, 8, 13), date(1957, 8, 13))
    assert (draft.received_at, draft.issue_date) == (None, None)
    assert draft.location is Location.LAB
    assert draft.languages == ("de", "en")
    assert draft.laboratory.name.best == "Kalibrierfirma GmbH"
    assert draft.laboratory.address["city"] == "Musterstadt"
    assert draft.client.name.best == "Kunde GmbH"
    assert [(each.name.best, each.main_signer) for each in draft.persons] == [
        ("Michaela Musterfrau", True),
        ("Michael Mustermann", False),
    ]
    item = draft.items[0]
    assert (item.name.best, item.model) == ("Temperature sensor", "String")
    assert item.serial_no == "string-manufacturer-item"
    assert item.asset_no == "string-customer-item"
    assert item.lab_no == "string-calibrationLaboratory-item"
    assert draft.conformity is Verdict.PASS
    assert draft.recalibration_date == date(1959, 10, 22)
    assert draft.technical_basis == ("GUM", "DKD-R 5-1:2018")
    assert draft.file_sha256 == sha256(example(TYPICAL)).hexdigest()
    assert draft.problems == ()


def test_a_point_has_its_nominal_reference_measured_value_error_limits_and_verdict() -> None:
    result = read_dcc(example(TYPICAL)).results[0]

    last = result.points[-1]

    assert result.kind is ResultKind.INDICATION_ERROR
    assert result.method == "Calibration of temperature sensors DKD-R 5-1:2018"
    assert [
        printed(each) for each in (last.nominal, last.reference, last.measured, last.error)
    ] == [
        "593 K",
        "593.154 K",
        "593.07 K",
        "-0.084 K",
    ]
    assert last.uncertainty is not None
    assert last.uncertainty.of is Role.ERROR
    assert last.uncertainty.kind is UncertaintyKind.EXPANDED
    assert printed(last.uncertainty.u) == "0.061 K"
    assert last.uncertainty.u.unit.printed == r"\kelvin"
    assert (last.uncertainty.k, last.uncertainty.p) == (Decimal(2), Decimal("0.95"))
    assert last.uncertainty.distribution == "normal"
    assert last.mpe is not None
    assert last.mpe.kind is LimitKind.ACCEPTANCE
    assert (printed(last.mpe.lower), printed(last.mpe.upper)) == ("-0.30 K", "0.30 K")
    assert last.verdict is Verdict.PASS


def test_values_before_an_adjustment_are_as_found_and_those_after_as_left() -> None:
    draft = read_dcc(example(ADJUSTMENT))

    found_, left = draft.results

    assert (found_.stage, found_.dcc_status) == (ResultStage.AS_FOUND, "beforeAdjustment")
    assert (left.stage, left.dcc_status) == (ResultStage.AS_LEFT, "")
    assert [str(point.error.value) for point in found_.points if point.error] == (
        ["0.105", "0.323", "-0.199", "-0.271", "0.199"]
    )
    assert [str(point.error.value) for point in left.points if point.error] == (
        ["0.072", "0.089", "0.107", "-0.009", "-0.084"]
    )
    assert {printed(point.uncertainty.u) for point in found_.points if point.uncertainty} == {
        "0.89 K"
    }


def test_tolerance_and_acceptance_limits_stand_side_by_side() -> None:
    first = read_dcc(example(EXTENSIVE)).results[1].points[0]

    tolerance, acceptance = first.limits

    assert first.mpe == tolerance
    assert (printed(tolerance.lower), printed(tolerance.upper)) == ("-0.58 K", "0.58 K")
    assert (printed(acceptance.lower), printed(acceptance.upper)) == ("-0.23 K", "0.23 K")
    assert acceptance.kind is LimitKind.ACCEPTANCE


def test_standards_used_are_told_by_their_own_type_or_by_meta_data_that_refer_to_them() -> None:
    extensive = read_dcc(example(EXTENSIVE)).standards_used
    typical = read_dcc(example(TYPICAL)).standards_used
    untold = read_dcc(example(RESISTANCE)).standards_used

    assert [each.is_standard for each in extensive] == [True, True, True]
    assert [each.certificate.number for each in extensive if each.certificate] == [
        "GP-mE-Certificate2",
        "GP-mE-Certificate3",
    ]
    assert extensive[2].certificate is not None
    assert (extensive[2].certificate.procedure, extensive[2].certificate.value) == (
        "SHA256",
        "-GP-Value-",
    )
    assert [each.serial_no for each in typical] == ["string-manufacturer-measuringEquipment-1"]
    assert [each.is_standard for each in untold] == [False]


def test_the_humidity_certificate_keeps_its_values_in_one_and_in_percent() -> None:
    draft = read_dcc(example(HUMIDITY))
    table = draft.results[0]

    error = next(each for each in table.quantities if each.ref_types == (ERROR,))

    assert draft.items_name.best == "Hygrometer"
    assert [each.serial_no for each in draft.items] == ["123456789 Ma", "Fs 135792468 Hu"]
    assert [str(series.unit) for series in error.series] == ["1", "%"]
    assert error.series[1].printed == ("-0.4", "-0.1", "0.3", "1.1", "1.2", "0.6", "-0.3")
    assert [str(p.uncertainty.u.value) for p in table.points if p.uncertainty] == (
        ["0.006", "0.008", "0.010", "0.011", "0.010", "0.008", "0.006"]
    )
    assert {printed(p.mpe.lower) for p in table.points if p.mpe} == {"-0.022 1"}
    assert {p.verdict for p in table.points} == {Verdict.PASS}
    assert table.quantities[-1].within == ("gp_gasTemperature",)
    assert table.quantities[-1].series[0].times[0] == "2021-07-27T06:00:01"


def test_resistance_in_base_units_is_ohm_and_coefficients_are_points_by_their_labels() -> None:
    measured, coefficients = read_dcc(example(RESISTANCE)).results

    first = measured.points[0]

    assert measured.kind is ResultKind.VALUE
    assert (printed(first.reference), printed(first.measured)) == ("273.149 K", "100.0220 Ω")
    assert first.uncertainty is not None
    assert first.uncertainty.of is Role.MEASURED
    assert printed(first.uncertainty.u) == "0.0039 Ω"
    assert [(p.quantity, printed(p.measured)) for p in coefficients.points] == [
        ("R0", "100.0225 Ω"),
        ("A", "0.0039155 K⁻¹"),
        ("B", "-6.469E-7 K⁻²"),
    ]
    assert {p.verdict for p in coefficients.points} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("name", "temperature", "humidity"),
    [
        (TYPICAL, ("19.85 ℃", "25.85 ℃"), ("20 %", "70 %")),
        (HUMIDITY, ("22 ℃", "24 ℃"), ("35 %", "55 %")),
    ],
)
def test_the_environment_is_told_in_celsius_and_percent(
    name: str, temperature: tuple[str, str], humidity: tuple[str, str]
) -> None:
    conditions = {each.kind: each for each in read_dcc(example(name)).environment}

    warmth, damp = conditions[ConditionKind.TEMPERATURE], conditions[ConditionKind.HUMIDITY]

    assert (printed(warmth.minimum), printed(warmth.maximum)) == temperature
    assert (printed(damp.minimum), printed(damp.maximum)) == humidity
    assert all(each.quantities for each in (warmth, damp))


def test_air_pressure_is_told_in_kilopascal() -> None:
    data = edited(
        TYPICAL,
        ('refType="gp_immersionDepth"', 'refType="basic_pressure"'),
        (r"<si:value>0.1</si:value>", r"<si:value>1013.25</si:value>"),
        (r"<si:unit>\metre</si:unit>", r"<si:unit>\hecto\pascal</si:unit>"),
    )

    pressure = read_dcc(data).environment[0]

    assert pressure.kind is ConditionKind.PRESSURE
    assert printed(pressure.value) == "101.325 kPa"
    assert str(pressure.quantities[0].series[0].unit) == "hPa"


def test_a_text_is_chinese_if_it_can_be_then_english_then_what_stands_first() -> None:
    chinese = '<dcc:content lang="zh">温度传感器</dcc:content>'
    german = '<dcc:content lang="de">Temperatur-Fühler</dcc:content>'
    english = '<dcc:content lang="en">Temperature sensor</dcc:content>'

    with_chinese = read_dcc(edited(TYPICAL, (english, english + chinese)))
    german_only = read_dcc(edited(TYPICAL, (english, "")))

    assert with_chinese.items[0].name.best == "温度传感器"
    assert [language for language, _ in with_chinese.items[0].name.parts] == ["de", "en", "zh"]
    assert german in example(TYPICAL).decode()
    assert german_only.items[0].name.best == "Temperatur-Fühler"


def test_an_english_text_that_says_it_is_german_is_kept_as_it_stands() -> None:
    validity = read_dcc(example(SIGNED)).statements[1]

    assert [language for language, _ in validity.declaration.parts] == ["de", "de"]
    assert validity.declaration.best.endswith(
        "Specification of the temperature range in which calibration was performed:"
    )


def test_a_replacement_names_the_certificate_that_it_replaces() -> None:
    told = (
        "<dcc:issueDate>1957-08-20</dcc:issueDate><dcc:reportAmendedSubstituted>"
        "<dcc:typeOfChange>substituted</dcc:typeOfChange>"
        "<dcc:replacedUniqueIdentifier>1233</dcc:replacedUniqueIdentifier>"
        "</dcc:reportAmendedSubstituted><dcc:previousReport><dcc:referral><dcc:content>x"
        "</dcc:content></dcc:referral><dcc:referralID>1233</dcc:referralID>"
        "<dcc:procedure>SHA256</dcc:procedure><dcc:value>ab12</dcc:value></dcc:previousReport>"
    )

    draft = read_dcc(edited(NEWEST, ("</dcc:coreData>", told + "</dcc:coreData>")))

    assert draft.issue_date == date(1957, 8, 20)
    assert draft.replaces == (ReplacementKind.SUBSTITUTED, "1233")
    assert draft.previous_report is not None
    assert (draft.previous_report.number, draft.previous_report.value) == ("1233", "ab12")
