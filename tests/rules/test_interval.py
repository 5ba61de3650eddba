"""Interval advice by NCSLI RP-1, method A3."""

from decimal import Decimal
from fractions import Fraction
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.interval import advise_interval, binomial_cdf
from tests.rules.vectors import VECTORS


@pytest.mark.parametrize("vector", VECTORS["interval_a3_lower_side"])
def test_too_many_failures_shorten_the_interval(vector: dict[str, Any]) -> None:
    advice = advise_interval(
        vector["in_tolerance"],
        vector["n"],
        vector["I0"],
        vector["target"],
        vector["confidence_threshold"],
    )

    assert round(advice.rejection_confidence, 4) == vector["rejection_confidence"]
    assert round(advice.calculated_days, 1) == vector["calculated"]
    assert advice.recommended_days == vector["recommended"]
    assert advice.shortened == (vector["recommended"] < vector["I0"])


@pytest.mark.parametrize("vector", VECTORS["interval_a3_published"])
def test_the_published_results_of_suncal_are_met(vector: dict[str, Any]) -> None:
    target = Decimal(vector["target"])

    advice = advise_interval(vector["in_tolerance"], vector["n"], vector["I0"], target)

    assert advice.recommended_days == vector["interval"]


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(1, 3650),
    st.decimals("0.5", "0.99", places=2),
)
def test_an_interval_is_never_lengthened_and_at_most_halved(
    counts: tuple[int, int], days: int, target: Decimal
) -> None:
    advice = advise_interval(*counts, days, target)

    assert days / 2 - 1 <= advice.recommended_days <= days
    assert advice.shortened == (advice.recommended_days < days)
    assert advice.reason.zh


def test_a_change_of_less_than_five_days_is_not_worth_it() -> None:
    advice = advise_interval(3, 20, 9, Decimal("0.95"))

    assert advice.calculated_days == Decimal("4.5")
    assert not advice.shortened


def test_a_change_of_five_days_is() -> None:
    advice = advise_interval(3, 20, 10, Decimal("0.95"))

    assert advice.recommended_days == 5


def test_the_confidence_must_be_exceeded() -> None:
    certain = advise_interval(0, 1, 365, Decimal("0.75"))

    at_it = advise_interval(0, 1, 365, Decimal("0.75"), certain.rejection_confidence)
    below = advise_interval(0, 1, 365, Decimal("0.75"), Decimal(0))

    assert certain.rejection_confidence == Decimal("0.5")
    assert not at_it.shortened
    assert below.shortened


@given(st.integers(1, 40), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_the_binomial_distribution_is_exact(trials: int, probability: Fraction) -> None:
    half = trials // 2
    terms = [
        comb(trials, k) * probability**k * (1 - probability) ** (trials - k)
        for k in range(half + 1)
    ]

    assert binomial_cdf(half, trials, probability) == sum(terms)
    assert binomial_cdf(trials, trials, probability) == 1


@pytest.mark.parametrize(
    ("good", "total", "days", "target", "confidence"),
    [
        (1, 0, 365, "0.95", "0.5"),
        (3, 2, 365, "0.95", "0.5"),
        (-1, 2, 365, "0.95", "0.5"),
        (1, 1_001, 365, "0.95", "0.5"),
        (1, 2, 0, "0.95", "0.5"),
        (1, 2, 365, "1", "0.5"),
        (1, 2, 365, "0.95", "1"),
    ],
)
def test_counts_and_shares_out_of_range_are_refused(
    good: int, total: int, days: int, target: str, confidence: str
) -> None:
    with pytest.raises(Refused):
        advise_interval(good, total, days, Decimal(target), Decimal(confidence))
