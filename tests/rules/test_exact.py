"""Arithmetic that is exact, and the program that made the vectors."""

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.rules.exact import as_decimal, cut, exactly, last_place
from hub.rules.rounding import round_to_decimals
from tests.rules.vectors import DATA, measured


@given(measured(), measured())
def test_sums_and_products_lose_nothing(one: Decimal, two: Decimal) -> None:
    with exactly():
        total, product = one + two, one * two

    assert Fraction(total) == Fraction(one) + Fraction(two)
    assert Fraction(product) == Fraction(one) * Fraction(two)


def test_what_cannot_be_exact_is_refused() -> None:
    with pytest.raises(BadInput), exactly():
        Decimal(1) / Decimal(3)
    with pytest.raises(BadInput), exactly():
        Decimal("1E+20000") + Decimal("1E-20000")


@given(st.integers(), st.integers(0, 30), st.integers(0, 30))
def test_a_fraction_of_twos_and_fives_is_a_decimal(number: int, twos: int, fives: int) -> None:
    fraction = Fraction(number, 2**twos * 5**fives)

    found = as_decimal(fraction)

    assert found is not None
    assert Fraction(found) == fraction


@pytest.mark.parametrize("fraction", [Fraction(1, 3), Fraction(1, 70), Fraction(-5, 9)])
def test_a_fraction_without_end_is_no_decimal(fraction: Fraction) -> None:
    assert as_decimal(fraction) is None


@given(st.fractions(-(10**12), 10**12, max_denominator=10**9), st.integers(0, 20))
def test_rounding_what_was_cut_is_rounding_the_whole(fraction: Fraction, places: int) -> None:
    rounded = round_to_decimals(cut(fraction), places)

    assert Fraction(rounded) == Fraction(round(fraction * 10**places), 10**places)


@pytest.mark.parametrize(("value", "place"), [("28.050", -3), ("130", 0), ("1.3E+2", 0), ("0", 0)])
def test_a_value_ends_where_its_last_digit_is_printed(value: str, place: int) -> None:
    assert last_place(Decimal(value)) == place


def test_the_vectors_are_those_their_program_makes(tmp_path: Path) -> None:
    made = tmp_path / "vectors.json"
    program = [sys.executable, str(DATA / "vectors_generate.py"), str(made)]

    subprocess.run(program, check=True, capture_output=True)  # noqa: S603 -- our own program

    assert made.read_text("utf-8") == (DATA / "vectors.json").read_text("utf-8")
