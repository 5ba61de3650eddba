"""Comparisons: En, z and robust z."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.comparison import en_score, robust_z, z_score
from hub.values import plain
from hub.vocabulary import ComparisonVerdict
from tests.rules.vectors import VECTORS, measured, positive

EN = [vector for vector in VECTORS["en"] if vector["en"] is not None]


@pytest.mark.parametrize("vector", EN)
def test_en_is_judged_on_the_unrounded_score(vector: dict[str, Any]) -> None:
    score = en_score(*(Decimal(vector[each]) for each in ("x_lab", "x_ref", "U_lab", "U_ref")))

    assert round(score.value, 7) == Decimal(vector["en"])
    assert plain(score.printed) == vector["en_2dp"]
    assert (score.verdict is ComparisonVerdict.SATISFACTORY) == vector["satisfactory"]


def test_uncertainties_that_are_all_zero_are_refused() -> None:
    with pytest.raises(Refused):
        en_score(Decimal(1), Decimal(1), Decimal(0), Decimal(0))


def test_a_negative_uncertainty_is_refused() -> None:
    with pytest.raises(Refused):
        en_score(Decimal(1), Decimal(1), Decimal(-1), Decimal(1))


def test_the_transfer_standard_widens_the_comparison() -> None:
    without = en_score(Decimal("10.051"), Decimal(10), Decimal("0.03"), Decimal("0.04"))
    with_it = en_score(
        Decimal("10.051"), Decimal(10), Decimal("0.03"), Decimal("0.04"), Decimal("0.02")
    )

    assert without.verdict is ComparisonVerdict.UNSATISFACTORY
    assert with_it.verdict is ComparisonVerdict.SATISFACTORY


def test_a_hair_above_one_is_unsatisfactory_though_it_prints_as_one() -> None:
    lab = Decimal("10.05" + "0" * 70 + "1")

    score = en_score(lab, Decimal(10), Decimal("0.03"), Decimal("0.04"))

    assert plain(score.printed) == "1.00"
    assert score.verdict is ComparisonVerdict.UNSATISFACTORY


@given(measured(6), measured(6), positive(), positive())
def test_en_changes_only_its_sign_when_the_laboratories_change_places(
    lab: Decimal, reference: Decimal, one: Decimal, two: Decimal
) -> None:
    there, back = en_score(lab, reference, one, two), en_score(reference, lab, two, one)

    assert there.value == back.value.copy_negate()
    assert there.verdict is back.verdict


@pytest.mark.parametrize("vector", VECTORS["z_score"])
def test_z_has_three_verdicts(vector: dict[str, Any]) -> None:
    score = z_score(*(Decimal(vector[each]) for each in ("x", "assigned", "sigma")))

    assert plain(score.printed) == vector["z"]
    assert score.verdict == vector["verdict"]


def test_z_needs_a_standard_deviation_above_zero() -> None:
    with pytest.raises(Refused):
        z_score(Decimal(1), Decimal(1), Decimal(0))


def test_robust_z_stands_against_an_outlier() -> None:
    vector = VECTORS["robust_z"]

    found = robust_z([Decimal(each) for each in vector["data"]])

    assert found.median == Decimal(vector["median"])
    assert found.niqr == Decimal(vector["niqr"])
    assert [plain(score.printed) for score in found.scores] == vector["z"]


@given(st.data(), st.lists(measured(3, 10**6), min_size=4, max_size=30, unique=True))
def test_robust_z_does_not_depend_on_the_order_of_laboratories(
    data: st.DataObject, values: list[Decimal]
) -> None:
    shuffled = data.draw(st.permutations(values))

    found, again = robust_z(values), robust_z(shuffled)

    assert dict(zip(values, found.scores, strict=True)) == dict(
        zip(shuffled, again.scores, strict=True)
    )


@pytest.mark.parametrize("values", [[], ["1"], ["1", "1", "1", "1", "9"]])
def test_robust_z_needs_values_that_differ(values: list[str]) -> None:
    with pytest.raises(Refused):
        robust_z([Decimal(each) for each in values])
