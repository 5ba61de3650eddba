"""Rounding by GB/T 8170-2008."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.rules.rounding import (
    Reported,
    report,
    round_reported,
    round_to_decimals,
    round_to_fifth,
    round_to_half,
    round_to_place,
    round_to_significant,
)
from hub.values import plain
from tests.rules.vectors import VECTORS, measured

DECIMALS = st.integers(-6, 12)


@pytest.mark.parametrize("vector", VECTORS["gbt8170_decimals"])
def test_a_value_is_rounded_half_to_even_at_its_place(vector: dict[str, Any]) -> None:
    result = round_to_decimals(Decimal(vector["x"]), vector["decimals"])

    assert plain(result) == vector["result"]


@pytest.mark.parametrize("vector", VECTORS["gbt8170_half_unit"])
def test_half_units(vector: dict[str, Any]) -> None:
    result = round_to_half(Decimal(vector["x"]), Decimal(vector["unit"]))

    assert result == Decimal(vector["result"])


@pytest.mark.parametrize("vector", VECTORS["gbt8170_fifth_unit"])
def test_fifth_units(vector: dict[str, Any]) -> None:
    result = round_to_fifth(Decimal(vector["x"]), Decimal(vector["unit"]))

    assert result == Decimal(vector["result"])


@pytest.mark.parametrize("vector", VECTORS["gbt8170_significant"])
def test_a_carry_keeps_the_significant_digits(vector: dict[str, Any]) -> None:
    result = round_to_significant(Decimal(vector["x"]), vector["digits"])

    assert plain(result) == vector["result"]


@pytest.mark.parametrize("vector", VECTORS["no_double_rounding"])
def test_a_value_is_rounded_once_and_never_in_steps(vector: dict[str, Any]) -> None:
    once = round_to_place(Decimal(vector["x"]), Decimal(vector["step"]))
    in_steps = round_to_place(Decimal(vector["wrong_chain"][-2]), Decimal(vector["step"]))

    assert plain(once) == vector["correct"]
    assert plain(in_steps) == vector["wrong_chain"][-1] != vector["correct"]


@pytest.mark.parametrize("vector", VECTORS["reported_with_marks"])
def test_a_mark_tells_the_second_rounding_which_way_to_go(vector: dict[str, Any]) -> None:
    reported = Reported(Decimal(vector["reported"]), vector["mark"])

    assert report(Decimal(vector["measured"]), 1) == reported
    assert plain(round_reported(reported, vector["decimals"])) == vector["result"]


@pytest.mark.parametrize(
    ("value", "place", "result"),
    [
        ("60.25", "1", "60.0"),
        ("-60.75", "1", "-61.0"),
        ("63.37", "10", "65"),
        ("0.1", "0.01", "0.100"),
    ],
)
def test_half_units_end_one_place_further(value: str, place: str, result: str) -> None:
    assert plain(round_to_half(Decimal(value), Decimal(place))) == result


def test_forty_digits_are_rounded_exactly() -> None:
    value = Decimal("1" + "0" * 30 + ".5000000001")

    assert plain(round_to_decimals(value, 0)) == "1" + "0" * 29 + "1"
    assert (
        plain(round_to_half(Decimal("1" + "0" * 39 + ".25"), Decimal(1))) == "1" + "0" * 39 + ".0"
    )


def test_zero_has_one_significant_digit() -> None:
    assert plain(round_to_significant(Decimal("0.000"), 2)) == "0"


@given(measured(), DECIMALS)
def test_the_result_is_the_nearest_multiple_and_a_tie_is_even(
    value: Decimal, decimals: int
) -> None:
    result = round_to_decimals(value, decimals)

    step = Fraction(10) ** -decimals
    count, gap = Fraction(result) / step, abs(Fraction(result) - Fraction(value))
    assert count.denominator == 1
    assert gap <= step / 2
    assert gap != step / 2 or count.numerator % 2 == 0


@given(measured(), DECIMALS)
def test_sign_is_put_back_and_zero_has_none(value: Decimal, decimals: int) -> None:
    result = round_to_decimals(value, decimals)

    assert result == -round_to_decimals(-value, decimals)
    assert result or not result.is_signed()


@given(measured(), DECIMALS)
def test_rounding_twice_to_one_place_changes_nothing(value: Decimal, decimals: int) -> None:
    once = round_to_decimals(value, decimals)

    assert plain(round_to_decimals(once, decimals)) == plain(once)


@given(measured(), measured(), DECIMALS)
def test_rounding_keeps_order(one: Decimal, two: Decimal, decimals: int) -> None:
    low, high = sorted((one, two))

    assert round_to_decimals(low, decimals) <= round_to_decimals(high, decimals)


@given(measured(), st.integers(0, 8), st.integers(1, 8))
def test_marks_make_the_second_rounding_as_good_as_one(
    value: Decimal, last: int, fewer: int
) -> None:
    reported = report(value, last)

    assert round_reported(reported, last - fewer) == round_to_decimals(value, last - fewer)


@given(measured(), st.sampled_from([-2, -1, 0, 1, 2]))
def test_half_and_fifth_units_are_nearest_too(value: Decimal, exponent: int) -> None:
    place = Decimal(1).scaleb(exponent)

    for result, parts in ((round_to_half(value, place), 2), (round_to_fifth(value, place), 5)):
        count = Fraction(result) / (Fraction(place) / parts)
        assert count.denominator == 1
        assert abs(Fraction(result) - Fraction(value)) <= Fraction(place) / parts / 2


@given(measured().filter(bool), st.integers(1, 12))
def test_significant_digits_are_as_many_as_asked(value: Decimal, digits: int) -> None:
    result = round_to_significant(value, digits)

    assert len(result.normalize().as_tuple().digits) <= digits
    if result.as_tuple().exponent != 0:
        assert len(result.as_tuple().digits) == digits


@pytest.mark.parametrize("place", ["0", "2", "0.5", "-1", "NaN", "Infinity"])
def test_a_place_that_is_no_power_of_ten_is_refused(place: str) -> None:
    with pytest.raises(BadInput):
        round_to_place(Decimal(1), Decimal(place))


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "1E+1000000", "1E+99999999"])
def test_what_is_no_number_of_reasonable_length_is_refused(value: str) -> None:
    with pytest.raises(BadInput):
        round_to_decimals(Decimal(value), 2)


def test_no_significant_digit_is_refused() -> None:
    with pytest.raises(BadInput):
        round_to_significant(Decimal(1), 0)
