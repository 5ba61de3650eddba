"""Reporting of uncertainty, and capabilities."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.exact import last_place
from hub.rules.uncertainty import (
    Cmc,
    UncertaintyRounding,
    advised_digits,
    cmc_at,
    meets_cmc,
    printed_cmc,
    report_result,
)
from hub.values import plain
from hub.vocabulary import CmcForm
from tests.rules.vectors import VECTORS, measured, positive

MODES = {"half-even": UncertaintyRounding.HALF_EVEN, "up": UncertaintyRounding.UP}
BLOCKS = Cmc(CmcForm.LINEAR, a=Decimal("0.10"), b=Decimal("1.0"))
MASSES = Cmc(
    CmcForm.TABLE,
    points=tuple((Decimal(x), Decimal(u)) for x, u in [("1", "0.02"), ("2", "0.03"), ("5", "0.1")]),
)


@pytest.mark.parametrize("vector", VECTORS["uncertainty_report"])
def test_value_and_uncertainty_are_printed_to_one_place(vector: dict[str, Any]) -> None:
    value, uncertainty = Decimal(vector["value"]), Decimal(vector["U"])

    reported = report_result(value, uncertainty, vector["digits"], MODES[vector["mode"]])

    assert plain(reported.value) == vector["reported_value"]
    assert plain(reported.uncertainty) == vector["reported_U"]


@pytest.mark.parametrize("vector", VECTORS["cmc_check"])
def test_a_stated_uncertainty_is_not_below_the_capability(vector: dict[str, Any]) -> None:
    assert meets_cmc(Decimal(vector["U"]), Decimal(vector["cmc"])) == vector["accept"]


@pytest.mark.parametrize("vector", VECTORS["cmc_formula"])
def test_a_linear_capability_grows_with_length(vector: dict[str, Any]) -> None:
    found = cmc_at(BLOCKS, Decimal(vector["L_m"]))

    assert found is not None
    assert plain(printed_cmc(found)) == vector["U_um"]


def test_a_safe_laboratory_may_round_up() -> None:
    reported = report_result(Decimal(3), Decimal("10.47"), 2, UncertaintyRounding.UP)

    assert plain(reported.uncertainty) == "11"


@pytest.mark.parametrize(
    ("uncertainty", "printed"),
    [("0.0142", "0.014"), ("0.285", "0.28"), ("0.0314", "0.03"), ("9.4", "9")],
)
def test_an_uncertainty_that_begins_with_1_or_2_keeps_two_digits(
    uncertainty: str, printed: str
) -> None:
    assert plain(report_result(Decimal(1), Decimal(uncertainty)).uncertainty) == printed


@given(measured(), positive(), st.sampled_from([1, 2, None]), st.sampled_from(UncertaintyRounding))
def test_both_numbers_end_at_the_same_place(
    value: Decimal, uncertainty: Decimal, digits: int | None, rounding: UncertaintyRounding
) -> None:
    reported = report_result(value, uncertainty, digits, rounding)

    kept = advised_digits(uncertainty) if digits is None else digits
    place = reported.uncertainty.adjusted() - kept + 1
    assert last_place(reported.value) == last_place(reported.uncertainty) == min(place, 0)
    assert rounding is UncertaintyRounding.HALF_EVEN or reported.uncertainty >= uncertainty


def test_one_or_two_digits_and_an_uncertainty_above_zero() -> None:
    for uncertainty, digits in (("0", 2), ("-1", 2), ("1", 3), ("1", 0)):
        with pytest.raises(Refused):
            report_result(Decimal(1), Decimal(uncertainty), digits)


def test_a_table_is_straight_between_its_points_and_exact() -> None:
    assert cmc_at(MASSES, Decimal(2)) == Fraction("0.03")
    assert cmc_at(MASSES, Decimal(3)) == Fraction("0.03") + Fraction("0.07") / 3


@pytest.mark.parametrize("x", ["0.999", "5.001"])
def test_a_table_is_not_read_outside_its_points(x: str) -> None:
    with pytest.raises(Refused):
        cmc_at(MASSES, Decimal(x))


def test_a_table_that_does_not_ascend_is_refused() -> None:
    backwards, twice = MASSES.points[::-1], MASSES.points[:2] + MASSES.points[1:]

    for points in (backwards, twice):
        with pytest.raises(Refused):
            cmc_at(Cmc(CmcForm.TABLE, points=points), Decimal(2))


@given(st.decimals(1, 5, places=6))
def test_a_table_of_growing_values_grows(x: Decimal) -> None:
    found = cmc_at(MASSES, x)

    assert found is not None
    assert Fraction("0.02") <= found <= Fraction("0.1")


@pytest.mark.parametrize("form", [CmcForm.MATRIX, CmcForm.GRAPH_TEXT])
def test_what_cannot_be_computed_has_no_value(form: CmcForm) -> None:
    assert cmc_at(Cmc(form), Decimal(1)) is None


def test_a_capability_without_its_numbers_is_refused() -> None:
    with pytest.raises(Refused):
        cmc_at(Cmc(CmcForm.LINEAR, a=Decimal(1)), Decimal(1))


@given(st.fractions(Fraction(1, 10**6), 10**6))
def test_a_printed_capability_is_rounded_once(cmc: Fraction) -> None:
    printed = printed_cmc(cmc)

    step = Fraction(10) ** (printed.adjusted() - 1)
    assert abs(Fraction(printed) - cmc) <= step / 2


def test_a_capability_a_hair_above_a_half_is_rounded_up() -> None:
    hair = Fraction(1, 10**80)

    assert printed_cmc(Fraction("0.125") + hair) == Decimal("0.13")
    assert printed_cmc(Fraction("0.125")) == Decimal("0.125").quantize(
        Decimal("0.01"), ROUND_HALF_EVEN
    )
