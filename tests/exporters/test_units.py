"""The D-SI name of a unit is read as the unit that it was written for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.exporters.dcc.units import NAMES, dsi_name
from hub.importers.dcc.dsi_units import AMBIGUOUS, code_of
from hub.rules.unit_table import BASES, NOT_UNITS, PREFIXES
from hub.rules.units import unit_of

POWERS = st.sampled_from(["", r"\tothe{2}", r"\tothe{-1}", r"\tothe{-3}", r"\tothe{0.5}"])
SINGLE = sorted(name for symbol, name in NAMES.items() if "/" not in symbol)
PRODUCTS = st.lists(
    st.builds(lambda name, power: name + power, st.sampled_from(SINGLE), POWERS),
    min_size=1,
    max_size=4,
).map("".join)


def test_every_symbol_has_a_name_that_is_read_as_it() -> None:
    odd = {symbol for symbol in NAMES if code_of(dsi_name(symbol) or "") != symbol}

    assert odd == AMBIGUOUS | NOT_UNITS


@settings(deadline=None, max_examples=300)
@given(PRODUCTS)
def test_every_unit_that_can_be_read_can_be_written(name: str) -> None:
    code = code_of(name)

    if code is not None and code not in NOT_UNITS:
        assert code_of(dsi_name(code) or "") == code


def test_every_unit_of_the_hub_is_written_as_itself_or_refused() -> None:
    symbols = [
        prefix + base.symbol
        for base in BASES.values()
        for prefix in (PREFIXES if base.takes_prefix else [""])
        if unit_of(prefix + base.symbol)
    ]

    named = {symbol: dsi_name(symbol) for symbol in symbols}

    unnamed = {symbol for symbol, name in named.items() if name is None}
    foreign = {one.symbol for one in BASES.values() if one.dsi is None}
    assert unnamed == foreign - {"mbar"} | {"in"}
    for symbol, name in named.items():
        if name is not None:
            assert unit_of(code_of(name) or "") == unit_of(symbol)


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Mpa", r"\mega\pascal"),
        ("%RH", r"\percent"),
        ("°C", r"\degreecelsius"),
        ("N.m", r"\newton\metre"),
        ("kg/m³", r"\kilogram\metre\tothe{-3}"),
        ("J/(kg·K)", r"\joule\kilogram\tothe{-1}\kelvin\tothe{-1}"),
        (r"\kelvin", r"\kelvin"),
        ("psi", None),
        ("r/min", None),
        ("级", None),
        ("", None),
        ("m/", None),
    ],
)
def test_a_unit_as_people_type_it_gets_its_name(printed: str, name: str | None) -> None:
    assert dsi_name(printed) == name
