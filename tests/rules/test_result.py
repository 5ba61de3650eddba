"""Measured points before they are stated."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from hub.rules.result import Point, Result, result_problems
from hub.rules.uncertainty import report_result
from hub.vocabulary import ResultKind, ResultStage
from tests.rules.vectors import measured, positive

GOOD = Point(
    unit="MPa",
    measured=Decimal("1.006"),
    reference=Decimal("1.000"),
    error=Decimal("0.006"),
    uncertainty=Decimal("0.003"),
    uncertainty_unit="MPa",
    k=Decimal(2),
    cmc=Decimal("0.003"),
)


def problems(point: Point, kind: ResultKind = ResultKind.INDICATION_ERROR) -> list[str]:
    """The codes found at one point; every path must lead to it."""
    found = list(result_problems((Result(kind, ResultStage.ONLY, (GOOD, point)),)))
    assert all(problem.path[:4] == ("results", 0, "points", 1) for problem in found)
    assert all(problem.words.zh and problem.words.en for problem in found)
    return [problem.code for problem in found]


def test_a_good_point_has_no_problem() -> None:
    assert problems(GOOD) == []
    assert problems(replace(GOOD, uncertainty_unit="Mpa")) == []
    assert problems(replace(GOOD, k=Decimal(1))) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uncertainty": Decimal(0)}, "U_NOT_POSITIVE"),
        ({"uncertainty": Decimal("-0.003")}, "U_NOT_POSITIVE"),
        ({"k": None}, "K_BELOW_ONE"),
        ({"k": Decimal("0.99")}, "K_BELOW_ONE"),
        ({"uncertainty_unit": "kPa"}, "U_UNIT"),
        ({"uncertainty_unit": "HRC"}, "U_UNIT"),
        ({"uncertainty": Decimal("0.0030")}, "U_PLACE"),
        ({"error": Decimal("0.007")}, "ERROR_MISMATCH"),
        ({"cmc": Decimal("0.0031")}, "U_BELOW_CMC"),
        ({"cmc": Fraction(31, 10_000)}, "U_BELOW_CMC"),
    ],
)
def test_each_fault_has_its_code(changes: dict[str, Any], code: str) -> None:
    assert problems(replace(GOOD, **changes)) == [code]


def test_a_relative_uncertainty_need_not_end_where_the_value_does() -> None:
    relative = replace(GOOD, uncertainty=Decimal("0.30"), uncertainty_unit="%")

    assert problems(relative) == []


def test_an_error_may_be_rounded_by_half_a_unit_of_its_last_place() -> None:
    rounded = replace(GOOD, measured=Decimal("1.0065"), error=Decimal("0.006"))

    assert problems(rounded) == []
    assert problems(replace(rounded, measured=Decimal("1.00651"))) == ["ERROR_MISMATCH"]


def test_where_values_are_reported_the_value_ends_with_its_uncertainty() -> None:
    coarse = replace(GOOD, measured=Decimal("1.01"), error=None)

    assert problems(coarse, ResultKind.VALUE) == ["U_PLACE"]
    assert problems(replace(coarse, measured=Decimal("1.010")), ResultKind.VALUE) == []


def test_a_point_without_uncertainty_is_only_held_to_its_error() -> None:
    assert problems(Point(unit="MPa", measured=Decimal(1))) == []


@given(measured(), positive())
def test_what_the_rule_of_reporting_prints_is_accepted(value: Decimal, u: Decimal) -> None:
    reported = report_result(value, u)
    point = Point(
        unit="mm", measured=reported.value, uncertainty=reported.uncertainty, k=Decimal(2)
    )

    assert problems(point, ResultKind.VALUE) == []
