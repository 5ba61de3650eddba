"""Units: spelling, D-SI, conversion."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.unit_table import BASES, NOT_UNITS, PREFIXES, SPELLINGS
from hub.rules.units import convert, normal_unit, unit_of, unit_of_dsi
from hub.values import plain
from tests.rules.vectors import measured

PREFIXED = [base.symbol for base in BASES.values() if base.takes_prefix]
SYMBOLS = st.one_of(
    st.sampled_from(sorted(set(BASES) - {"1"})),
    st.builds(str.__add__, st.sampled_from(sorted(PREFIXES)), st.sampled_from(PREFIXED)),
).filter(lambda symbol: unit_of(symbol) is not None)


@pytest.mark.parametrize(
    ("printed", "spelled", "dsi"),
    [
        *((each, "mm", r"\milli\metre") for each in ("mm", "㎜", "MM", " ｍｍ ")),
        *((each, "μm", r"\micro\metre") for each in ("μm", "um", "µm")),
        *((each, "kg", r"\kilogram") for each in ("kg", "KG", "㎏")),
        ("g", "g", r"\gram"),
        *((each, "t", r"\tonne") for each in ("t", "吨")),
        *((each, "MPa", r"\mega\pascal") for each in ("MPa", "Mpa", "MPA")),
        *((each, "kPa", r"\kilo\pascal") for each in ("kPa", "KPa")),
        ("V", "V", r"\volt"),
        *((each, "kV", r"\kilo\volt") for each in ("kV", "KV")),
        ("\N{OHM SIGN}", "Ω", r"\ohm"),
        ("kΩ", "kΩ", r"\kilo\ohm"),
        ("MΩ", "MΩ", r"\mega\ohm"),
        ("Hz", "Hz", r"\hertz"),
        ("MHz", "MHz", r"\mega\hertz"),
        *((each, "℃", r"\degreecelsius") for each in ("℃", "°C")),
        ("%RH", "%RH", r"\percent"),
        ("%", "%", r"\percent"),
        *((each, "N·m", r"\newton\metre") for each in ("N·m", "N.m", "Nm", "N m", "N*m")),
        ("s", "s", r"\second"),
        ("min", "min", r"\minute"),
        ("h", "h", r"\hour"),
        ("dB", "dB", r"\decibel"),
        ("Sv/h", "Sv/h", r"\sievert\hour\tothe{-1}"),
        ("uSv/h", "μSv/h", r"\micro\sievert\hour\tothe{-1}"),
        *((each, "m⁻¹", r"\metre\tothe{-1}") for each in ("1/m", "m^-1", "m⁻¹")),
        *((each, "m/s²", r"\metre\second\tothe{-2}") for each in ("m/s²", "m/s2", "m·s^-2")),
        ("W/(m2·K)", "W/(m²·K)", r"\watt\metre\tothe{-2}\kelvin\tothe{-1}"),
    ],
)
def test_a_unit_has_one_spelling_and_a_name_in_d_si(printed: str, spelled: str, dsi: str) -> None:
    unit = unit_of(printed)

    assert normal_unit(printed) == spelled
    assert unit is not None
    assert unit.dsi == dsi
    assert unit_of_dsi(dsi) == unit


def test_relative_humidity_is_printed_apart_and_computed_as_percent() -> None:
    humidity = unit_of("%rh")

    assert humidity is not None
    assert humidity.code == "%"
    assert convert(Decimal("0.20"), r"1", "%") == Decimal(20)
    assert unit_of_dsi(r"\one") == unit_of("1")


@pytest.mark.parametrize("printed", ["kgf/cm²", "psi", "ppm", "公分", "bar", "℉"])
def test_units_that_are_not_legal_are_kept_and_flagged(printed: str) -> None:
    unit = unit_of(printed)

    assert normal_unit(printed) == printed
    assert unit is not None
    assert not unit.legal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HRC",
        "PS",
        "at",
        "J/kg·K",
        "m//s",
        "m^0",
        "m^99",
        "·",
        "/",
        "m" * 41,
        "mmin",
        "W/(m2·K",
        "W/m2·K)",
    ],
)
def test_what_is_no_unit_or_could_be_two_is_only_trimmed(text: str) -> None:
    assert unit_of(f" {text} ") is None
    assert normal_unit(f" {text} ") == text


@pytest.mark.parametrize(
    "name",
    [
        *("", "metre", r"\furlong", r"\kilo", r"\tothe{2}", r"\metre\tothe{0}", r"\milli\mmhg"),
        *(
            r"\micro\kilogram",
            r"\milli\kilo\metre",
            r"\metre\kilo",
            r"\metre{2}",
            r"\metre\tothe{0.5}",
        ),
    ],
)
def test_a_name_that_d_si_does_not_know_is_no_unit(name: str) -> None:
    assert unit_of_dsi(name) is None


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        ("28.050", "mm", "m", "0.028050"),
        ("1.5", "kPa", "Pa", "1500"),
        ("20.0", "℃", "K", "293.15"),
        ("293.15", "K", "℃", "20.00"),
        ("68", "℉", "℃", "20"),
        ("36", "km/h", "m/s", "10"),
        ("1", "kgf/cm²", "MPa", "0.0980665"),
        ("1", "mmHg", "Pa", "133.322387415"),
        ("1", "kW·h", "MJ", "3.6"),
        ("2.50", "L", "mL", "2500"),
        ("1", "m3/h", "L/h", "1000"),
        ("1500", "r/min", "r/s", "25"),
    ],
)
def test_conversion_is_exact_and_adds_no_zeros(
    value: str, source: str, target: str, result: str
) -> None:
    assert plain(convert(Decimal(value), source, target)) == result


def test_a_difference_of_temperatures_knows_no_offset() -> None:
    assert plain(convert(Decimal("0.1"), "℃", "K", difference=True)) == "0.1"
    assert plain(convert(Decimal("0.1"), "℃", "K")) == "273.25"
    assert plain(convert(Decimal(1), "℃/min", "K/min")) == "1"


@pytest.mark.parametrize(
    ("source", "target"), [("N·m", "J"), ("Gy", "Sv"), ("Hz", "Bq"), ("mm", "kg"), ("mm", "HRC")]
)
def test_there_is_no_conversion_between_kinds(source: str, target: str) -> None:
    with pytest.raises(Refused):
        convert(Decimal(1), source, target)


def test_a_value_whose_digits_would_never_end_is_refused() -> None:
    with pytest.raises(Refused):
        convert(Decimal(50), "km/h", "m/s")


@given(SYMBOLS, st.sampled_from(["", "²", "^3"]), SYMBOLS, st.sampled_from(["·", "/", "*"]))
def test_a_canonical_code_means_the_same_unit(
    one: str, exponent: str, two: str, between: str
) -> None:
    unit = unit_of(f"{one}{exponent}{between}{two}")

    assert unit is not None
    assert unit_of(unit.code) == unit
    assert unit.dsi is None or unit_of_dsi(unit.dsi) == unit


@given(
    measured(9, 10**15),
    st.sampled_from(PREFIXED),
    st.sampled_from(sorted(PREFIXES)),
    st.sampled_from(sorted(PREFIXES)),
)
def test_there_and_back_is_the_same_value(value: Decimal, base: str, one: str, two: str) -> None:
    source, target = one + base, two + base
    homonyms = NOT_UNITS | BASES.keys() - {base}  # pH is no picohenry, Gs no gigasecond
    assume(homonyms.isdisjoint({source, target}))

    there = convert(value, source, target)

    assert convert(there, target, source) == value
    assert convert(there, target, source, difference=True) == value


@given(measured(6), st.sampled_from(["℃", "K", "℉"]), st.sampled_from(["℃", "K"]))
def test_temperatures_come_back_too(value: Decimal, one: str, two: str) -> None:
    assume(one != "℉" or value * 5 % 9 == 0)

    shift = Decimal("-459.67") if one == "℉" else Decimal(0)
    there = convert(value + shift, one, two)

    assert convert(there, two, one) == value + shift


@given(st.text(max_size=60))
def test_any_text_has_a_spelling_that_stays(text: str) -> None:
    once = normal_unit(text)

    assert normal_unit(once) == once
    assert unit_of_dsi(text) is None or unit_of_dsi(text.strip()) is not None


def test_every_listed_spelling_leads_to_a_unit() -> None:
    assert all(unit_of(each) for each in SPELLINGS)
    assert all(unit_of(each) for each in BASES)
