"""Limits: full and rounded values, conformity with uncertainty."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from hub.errors import Refused
from hub.rules.limits import Limits, conformity, full_value, guarded, rounded_value
from hub.vocabulary import Verdict
from tests.rules.vectors import VECTORS, measured, positive


@pytest.mark.parametrize("vector", VECTORS["limits"])
def test_full_and_rounded_values_are_held_against_the_limits(vector: dict[str, Any]) -> None:
    lower, upper = (vector[each] and Decimal(vector[each]) for each in ("lower", "upper"))
    limits = Limits(lower, upper, vector["lower_inclusive"], vector["upper_inclusive"])
    value = Decimal(vector["x"])

    assert (full_value(value, limits) is Verdict.PASS) == vector["full_value"]
    assert (rounded_value(value, limits) is Verdict.PASS) == vector["rounded_value"]


@pytest.mark.parametrize("vector", VECTORS["conformity"])
def test_conformity_looks_at_the_uncertainty(vector: dict[str, Any]) -> None:
    numbers = [Decimal(vector[each]) for each in ("error", "mpe", "U")]

    assert conformity(*numbers) == vector["jjf1094"]
    assert guarded(*numbers) == vector["always_guarded"]


@given(measured(6), positive(), positive())
def test_the_sign_of_an_error_does_not_matter(error: Decimal, mpe: Decimal, u: Decimal) -> None:
    assert conformity(error, mpe, u) is conformity(-error, mpe, u)
    assert guarded(error, mpe, u) is guarded(-error, mpe, u)


@given(measured(6), positive(), positive())
def test_the_guarded_verdict_never_contradicts_the_plain_one(
    error: Decimal, mpe: Decimal, u: Decimal
) -> None:
    plain = full_value(error, Limits(-mpe, mpe))

    assert guarded(error, mpe, u) in (plain, Verdict.INDETERMINATE)
    assert conformity(error, mpe, u) in (plain, Verdict.INDETERMINATE)


def test_a_third_is_compared_exactly() -> None:
    mpe, just_over = Decimal(1), Decimal("0." + "3" * 40 + "4")

    assert conformity(Decimal("0.9"), mpe, Decimal("0." + "3" * 41)) is Verdict.PASS
    assert conformity(Decimal("0.9"), mpe, just_over) is Verdict.INDETERMINATE


def test_at_exactly_a_third_the_error_alone_decides() -> None:
    numbers = Decimal("0.8"), Decimal("0.9"), Decimal("0.3")

    assert conformity(*numbers) is Verdict.PASS
    assert guarded(*numbers) is Verdict.INDETERMINATE


def test_zero_is_a_limit_and_an_uncertainty_too() -> None:
    zero = Decimal(0)

    assert conformity(zero, zero, zero) is guarded(zero, zero, zero) is Verdict.PASS
    assert full_value(Decimal(1), Limits(Decimal(1), Decimal(1))) is Verdict.PASS


def test_limits_the_wrong_way_round_or_none_at_all_are_refused() -> None:
    with pytest.raises(Refused):
        Limits(Decimal(2), Decimal(1))
    with pytest.raises(Refused):
        Limits()


@pytest.mark.parametrize(("mpe", "u"), [("-1", "0.1"), ("1", "-0.1")])
def test_a_negative_error_limit_or_uncertainty_is_refused(mpe: str, u: str) -> None:
    with pytest.raises(Refused):
        conformity(Decimal(0), Decimal(mpe), Decimal(u))
