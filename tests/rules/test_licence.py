"""The stages of licensing: what may follow what, and that the order of telling does not matter."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.licence import FIRST, NEXT, Step, course
from hub.vocabulary import LicenceStage as Stage

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEPS = st.lists(
    st.builds(
        Step,
        st.integers(1, 12),
        st.integers(0, 3).map(lambda days: BEGAN + timedelta(days)),
        st.sampled_from(Stage),
    ),
    max_size=14,
)


def steps(*stages: Stage) -> list[Step]:
    """These stages one after the other."""
    return [Step(seq, BEGAN + timedelta(seq), one) for seq, one in enumerate(stages, start=1)]


@pytest.mark.parametrize(
    "stages",
    [
        (Stage.APPLIED, Stage.PREREVIEW, Stage.ACCEPTED, Stage.REVIEW, Stage.DECIDED,
         Stage.DELIVERED, Stage.ARCHIVED),
        (Stage.APPLIED, Stage.PREREVIEW, Stage.SUPPLEMENT, Stage.PREREVIEW, Stage.ACCEPTED,
         Stage.REVIEW, Stage.SPECIAL, Stage.REVIEW, Stage.DECIDED, Stage.ARCHIVED),
        (Stage.APPLIED, Stage.PREREVIEW, Stage.REFUSED_ENTRY, Stage.ARCHIVED),
        (Stage.APPLIED, Stage.ACCEPTED, Stage.DECIDED, Stage.DELIVERED),
        (Stage.APPLIED, Stage.SUPPLEMENT, Stage.ARCHIVED),
        (Stage.APPLIED, Stage.REFUSED_ENTRY),
    ],
    ids=[
        "granted at once",
        "supplemented and reviewed by experts",
        "not taken up",
        "decided on the spot",
        "never supplemented",
        "refused at the counter",
    ],
)  # fmt: skip
def test_a_usual_course_fits_from_its_beginning_to_its_end(stages: tuple[Stage, ...]) -> None:
    told = steps(*stages)

    assert course(told) == (stages[-1], frozenset(told))


def test_what_cannot_follow_changes_nothing_until_what_was_missing_is_told() -> None:
    applied, accepted, review = steps(Stage.APPLIED, Stage.ACCEPTED, Stage.REVIEW)

    gap, whole = course([applied, review]), course([applied, review, accepted])
    assert gap == (Stage.APPLIED, frozenset({applied}))
    assert whole == (Stage.REVIEW, frozenset({applied, accepted, review}))


def test_without_its_first_stage_an_application_stands_nowhere() -> None:
    assert course(steps(Stage.REVIEW, Stage.DECIDED)) == (None, frozenset())


@given(STEPS, st.randoms())
def test_steps_told_in_any_order_and_any_number_of_times_lead_to_the_same(
    told: list[Step], chance: Random
) -> None:
    again = told + told
    chance.shuffle(again)

    assert course(again) == course(told)


@given(STEPS)
def test_the_steps_that_fit_follow_each_other_as_they_may(told: list[Step]) -> None:
    state, fit = course(told)
    stages = [one.stage for one in sorted(fit)]

    assert all(later in NEXT[earlier] for earlier, later in pairwise(stages))
    assert set(stages[:1]) <= FIRST
    assert state == (stages[-1] if stages else None)
