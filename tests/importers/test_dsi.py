"""D-SI: every published example quantity is read, every unit of the grammar has its code."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.errors import BadInput
from hub.importers.dcc.dsi import Component, Series, UncertaintyKind, Unit, pick
from hub.importers.dcc.dsi_read import QUANTITY_ELEMENTS, SI, read
from hub.importers.dcc.dsi_units import ALONE, PREFIXED, PREFIXES, code_of
from hub.rules.units import unit_of, unit_of_dsi
from tests.importers.dcc_files import EXAMPLES

FILES = sorted((EXAMPLES / "dsi").glob("*.xml"))
DATA = "{https://ptb.de/si/examples}testData"
PARSER = etree.XMLParser(remove_comments=True, resolve_entities=False)
NUMBERS = frozenset(
    SI + name
    for name in (
        "value", "valueXMLList", "valueReal", "valueImag", "valueMagnitude", "valuePhase",
        "valueRealXMLList", "valueImagXMLList", "valueMagnitudeXMLList", "valuePhaseXMLList",
    )
)  # fmt: skip


def examples(name: str) -> dict[str, etree._Element]:
    """The quantities of the example file that has `name` in its name, by their ids."""
    (file,) = (each for each in FILES if name in each.name)
    root = etree.parse(str(file), PARSER).getroot()
    return {
        data.get("id", ""): quantity
        for data in root.iter(DATA)
        for quantity in data
        if quantity.tag in QUANTITY_ELEMENTS
    }


def the(name: str, key: str) -> Series:
    (series,) = read(examples(name)[key])
    return series


def numbers_of(series: Series) -> list[str]:
    """Every number that a series holds, those of its covariances too."""
    cells = [cell for each in series.uncertainties for row in each.covariance for cell in row]
    return [*series.printed, *(token for cell in cells for token in cell.printed)]


@pytest.mark.parametrize("name", ["PLATINUM", "GOLD", "BRONZE"])
def test_every_value_of_the_published_quantities_is_kept_as_printed(name: str) -> None:
    for key, quantity in examples(name).items():
        raw = [
            token for element in quantity.iter(*NUMBERS) for token in (element.text or "").split()
        ]

        series = read(quantity)

        kept = Counter(token for each in series for token in numbers_of(each))
        twice = any(each.component is not Component.VALUE for each in series)
        assert set(kept) == set(raw), key
        assert twice or kept == Counter(raw), key


@pytest.mark.parametrize("name", ["PLATINUM", "GOLD", "BRONZE"])
def test_every_unit_of_the_published_quantities_has_a_code(name: str) -> None:
    for key, quantity in examples(name).items():
        units = [unit for series in read(quantity) for unit in series.units]

        assert units, key
        assert all(unit.code for unit in units), key


def test_the_improvable_quantities_are_read_or_refused_for_their_number() -> None:
    units, refused = list[Unit](), list[str]()
    for quantity in examples("IMPROVABLE").values():
        try:
            units += [unit for series in read(quantity) for unit in series.units]
        except BadInput as error:
            refused.append(error.words.en)

    assert sum(unit.code is None for unit in units) > 40
    assert all(each.startswith("line ") for each in refused)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        (r"\kelvin", "K"),
        (r"\degreecelsius", "℃"),
        (r"\milli\metre", "mm"),
        (r"\micro\metre", "μm"),
        (r"\newton\metre", "N·m"),
        (r"\metre\tothe{-1}", "m⁻¹"),
        (r"\metre\second\tothe{-1}", "m/s"),
        (r"\sievert\hour\tothe{-1}", "Sv/h"),
        (r"\kilo\ohm", "kΩ"),
        (r"\kilogram\metre\tothe{2}\second\tothe{-3}\ampere\tothe{-2}", "Ω"),
        (r"\metre\metre", "m²"),
        (r"\volt\hertz\tothe{-0.5}", "V/Hz^0.5"),
        (r"\milli\metre\tothe{0}\nano\second\tothe{-1}", "ns⁻¹"),
        (r"\kilogram   \metre\tothe{2}   \micro    \ampere\tothe{   -1}", "kg·m²/μA"),
        (r"\joule\kilogram\tothe{-1}\kelvin\tothe{-1}", "J/(kg·K)"),
        (r"\one", "1"),
        (r"\percent", "%"),
        (r"\deci\bel", "dB"),
    ],
)
def test_a_unit_of_the_grammar_has_its_code(printed: str, code: str) -> None:
    assert code_of(printed) == code


@pytest.mark.parametrize(
    "printed",
    [
        "", "metre", "inch", r"\meter", r"\milli", r"\milli\kilogram", r"\micro\mega\ampere",
        r"\tothe{2}", r"\metre\tothe{2}\tothe{2}", r"\metre\tothe{0,5}", r"\metre\tothe{}",
        r"\degreeCelsius", r"\metre" * 100,
    ],
)  # fmt: skip
def test_what_is_outside_of_the_grammar_has_no_code(printed: str) -> None:
    assert code_of(printed) is None


def test_a_code_that_the_hub_knows_means_the_same_unit_there() -> None:
    names = [*ALONE, *PREFIXED, *(f"{p}\\{u}" for p in PREFIXES for u in PREFIXED)]
    codes = {f"\\{name}": code_of(f"\\{name}") for name in names}
    known = {name: unit for name, code in codes.items() if code and (unit := unit_of(code))}

    assert len(known) > 300
    assert [name for name, unit in known.items() if unit.code != codes[name]] == []
    assert [name for name, unit in known.items() if unit_of_dsi(name) not in (unit, None)] == []
    assert {name for name in known if not unit_of_dsi(name)} <= {r"\hectare", r"\milli\bar"}


def test_a_symbol_that_means_something_else_to_the_hub_is_no_code() -> None:
    assert [code_of(each) for each in (r"\pico\henry", r"\giga\second", r"\femto\tonne")] == [
        None,
        None,
        None,
    ]


@given(st.text() | st.text(alphabet="\\{}-123 ametrkilogsconde"))
def test_no_text_is_too_odd_to_be_looked_up_as_a_unit(printed: str) -> None:
    code = code_of(printed)

    assert code is None or code.strip()


def test_one_uncertainty_stands_for_all_values_or_one_for_each() -> None:
    series = the("PLATINUM", "PTB809")

    stated = series.uncertainty

    assert stated is not None
    assert stated.kind is UncertaintyKind.EXPANDED
    assert [pick(stated.k, index, len(series)) for index in range(4)] == [
        Decimal("1.96"),
        Decimal("2.00"),
        Decimal("3.0"),
        Decimal("1.0"),
    ]
    assert [pick(series.units, index, len(series)) for index in (0, 3)] == list(series.units) * 2


@pytest.mark.parametrize(
    ("key", "kind", "values"),
    [
        ("PTB804", UncertaintyKind.STANDARD, ["0.05"]),
        ("PTB805", UncertaintyKind.EXPANDED, ["0.10"]),
        ("PTB806", UncertaintyKind.INTERVAL, ["0.05"]),
        ("PTB807", UncertaintyKind.STANDARD, ["0.05"]),
        ("PTB808", UncertaintyKind.STANDARD, ["0.1", "0.1", "0.1", "0.1"]),
        ("PTB810", UncertaintyKind.INTERVAL, ["0.1"]),
    ],
)
def test_each_statement_of_uncertainty_is_read(
    key: str, kind: UncertaintyKind, values: list[str]
) -> None:
    stated = the("PLATINUM", key).uncertainty

    assert stated is not None
    assert stated.kind is kind
    assert list(map(str, stated.values)) == values


def test_a_value_that_is_not_a_number_is_empty() -> None:
    series = the("PLATINUM", "PTB801")

    assert series.printed == ("NaN", "3.45", "0.78", "NaN", "9.87")
    assert series.values == (None, Decimal("3.45"), Decimal("0.78"), None, Decimal("9.87"))


def test_a_complex_quantity_has_two_components_and_its_region() -> None:
    magnitude, phase = read(examples("PLATINUM")["PTB812"])

    assert (magnitude.component, phase.component) == (Component.MAGNITUDE, Component.PHASE)
    assert (str(magnitude.unit), str(phase.unit)) == ("m", "1")
    assert magnitude.uncertainty is None
    assert [each.kind for each in magnitude.uncertainties] == [UncertaintyKind.ELLIPSOID]
    assert len(magnitude.uncertainties[0].covariance) == 4


def test_a_list_may_name_its_unit_once_or_each_value_its_own() -> None:
    once, own = the("GOLD", "PTB236"), the("GOLD", "PTB241")

    assert str(once.unit) == "N"
    assert own.unit is None
    assert [str(unit) for unit in own.units] == ["N", "A"]


def test_uncertainties_of_single_values_become_those_of_their_list() -> None:
    cell = (
        "<real><value>{}</value><unit>\\metre</unit><expandedUnc><uncertainty>{}</uncertainty>"
        "<coverageFactor>2</coverageFactor><coverageProbability>0.95</coverageProbability>"
        "</expandedUnc></real>"
    )
    bare = "<real><value>3.0</value><unit>\\metre</unit></real>"
    same = cell.format("1.0", "0.1") + cell.format("2.0", "0.2")

    (joined,) = read(etree.fromstring(f'<realList xmlns="https://ptb.de/si">{same}</realList>'))
    apart = read(etree.fromstring(f'<realList xmlns="https://ptb.de/si">{same}{bare}</realList>'))

    assert joined.uncertainty is not None
    assert list(map(str, joined.uncertainty.values)) == ["0.1", "0.2"]
    assert not joined.uneven
    assert [each.printed for each in apart] == [("1.0",), ("2.0",), ("3.0",)]
    assert [bool(each.uncertainty) for each in apart] == [True, True, False]
