"""Licensing 行政许可 (GB/T 39047-2020): which stage may follow which, in whatever order told."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from hub.vocabulary import LicenceStage

FIRST = frozenset({LicenceStage.APPLIED})
NEXT: dict[LicenceStage, frozenset[LicenceStage]] = {
    LicenceStage.APPLIED: frozenset(
        {
            LicenceStage.PREREVIEW,
            LicenceStage.ACCEPTED,
            LicenceStage.SUPPLEMENT,
            LicenceStage.REFUSED_ENTRY,
        }
    ),
    LicenceStage.PREREVIEW: frozenset(
        {LicenceStage.ACCEPTED, LicenceStage.SUPPLEMENT, LicenceStage.REFUSED_ENTRY}
    ),
    LicenceStage.SUPPLEMENT: frozenset(
        {
            LicenceStage.PREREVIEW,
            LicenceStage.ACCEPTED,
            LicenceStage.REFUSED_ENTRY,
            LicenceStage.ARCHIVED,
        }
    ),
    LicenceStage.ACCEPTED: frozenset({LicenceStage.REVIEW, LicenceStage.DECIDED}),
    LicenceStage.REVIEW: frozenset({LicenceStage.SPECIAL, LicenceStage.DECIDED}),
    LicenceStage.SPECIAL: frozenset({LicenceStage.REVIEW, LicenceStage.DECIDED}),
    LicenceStage.DECIDED: frozenset({LicenceStage.DELIVERED, LicenceStage.ARCHIVED}),
    LicenceStage.DELIVERED: frozenset({LicenceStage.ARCHIVED}),
    LicenceStage.REFUSED_ENTRY: frozenset({LicenceStage.ARCHIVED}),
    LicenceStage.ARCHIVED: frozenset(),
}
"""What may follow a stage: expert review (特别程序) leads back, a refusal delivers nothing.

Not every matter has a prereview or a review, and what is not supplemented in time is archived."""


class Step(NamedTuple):
    """A stage as it was told, in the order of its application: `seq`, then `at`."""

    seq: int
    at: datetime
    stage: LicenceStage


class Course(NamedTuple):
    """Where an application stands: at the last of the steps that `fit` one after the other."""

    state: LicenceStage | None
    fit: frozenset[Step]


def course(steps: Iterable[Step]) -> Course:
    """The course of an application, the same in whatever order its steps have become known.

    A step that cannot follow the one before it fits not, and changes nothing; once what was
    missing between them is known, it does.
    """
    state: LicenceStage | None = None
    fit = set()
    for step in sorted(set(steps)):
        if step.stage in (FIRST if state is None else NEXT[state]):
            state = step.stage
            fit.add(step)
    return Course(state, frozenset(fit))
