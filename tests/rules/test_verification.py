"""Requests and tasks: their states, and which instrument a task is about."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.exchange import ConnectorKind
from hub.rules.verification import (
    Candidate,
    Likeness,
    answers,
    check_institute,
    decided,
    matched,
    progressed,
)
from hub.vocabulary import CertificateKind, OrgKind, RequestState, TaskState

D, R, C = TaskState.DISPATCHED, TaskState.REPORTED, TaskState.CANCELLED
TASKS = st.lists(st.sampled_from(TaskState), max_size=6)


def a_candidate(
    filing: str | None = None, serial: str | None = None, maker: str | None = None
) -> Candidate:
    return Candidate(uuid4(), Likeness(filing, serial, maker))


@pytest.mark.parametrize(
    ("items", "tasks", "state"),
    [
        (2, [], RequestState.SUBMITTED),
        (2, [D], RequestState.DISPATCHED),
        (2, [R], RequestState.DISPATCHED),
        (2, [R, D], RequestState.DISPATCHED),
        (2, [R, R], RequestState.DONE),
        (2, [R, C], RequestState.DONE),
        (2, [C, C], RequestState.ACCEPTED),
        (1, [C, R], RequestState.DONE),
    ],
)
def test_a_request_follows_its_tasks(items: int, tasks: list[TaskState], state: object) -> None:
    assert progressed(RequestState.SUBMITTED, items, tasks) is state


@given(TASKS, st.integers(1, 6))
def test_a_request_with_an_open_task_is_never_done(tasks: list[TaskState], items: int) -> None:
    state = progressed(RequestState.ACCEPTED, items, [*tasks, D])

    assert state is RequestState.DISPATCHED


def test_a_request_whose_task_was_heard_of_first_stays_where_it_is_when_it_is_accepted() -> None:
    assert decided(RequestState.DISPATCHED, accepted=True) is RequestState.DISPATCHED
    assert decided(RequestState.SUBMITTED, accepted=True) is RequestState.ACCEPTED


@pytest.mark.parametrize("state", [RequestState.DISPATCHED, RequestState.DONE])
def test_what_has_been_begun_cannot_be_returned(state: RequestState) -> None:
    with pytest.raises(Refused, match="cannot be returned"):
        decided(state, accepted=False)


def test_an_instrument_is_told_by_its_filing_before_its_serial_number() -> None:
    filed, other = a_candidate("QG-1", "7", "甲厂"), a_candidate("QG-2", "8", "乙厂")

    assert matched(Likeness("ＱＧ-1", "8", "乙厂"), [filed, other]) == filed.id
    assert matched(Likeness("QG-9", "8", "乙厂"), [filed, other]) == other.id


def test_of_two_that_are_alike_neither_is_matched() -> None:
    twins = [a_candidate(None, "7", "甲厂"), a_candidate(None, "7", "甲厂")]

    assert matched(Likeness(None, "7", "甲厂"), twins) is None


LIKENESS = st.builds(Likeness, *[st.none() | st.sampled_from(["1", "2", " 1 ", ""])] * 3)


@given(LIKENESS, st.lists(st.builds(Candidate, st.uuids(), LIKENESS), max_size=4))
def test_a_match_is_a_candidate_that_is_alike_and_the_only_one(
    told: Likeness, candidates: list[Candidate]
) -> None:
    found = matched(told, candidates)

    alike: list[UUID] = [
        one.id
        for one in candidates
        if (told.filing_no and (one.likeness.filing_no or "").strip() == told.filing_no.strip())
        or (told.serial_no and (one.likeness.serial_no or "").strip() == told.serial_no.strip())
    ]
    assert found is None or found in alike


def test_compulsory_verification_is_for_authorities_alone() -> None:
    check_institute(ConnectorKind.SUBMISSION, [OrgKind.CALIBRATION_LAB])
    check_institute(ConnectorKind.ECQS, [OrgKind.AUTHORIZED_INSTITUTE])

    with pytest.raises(Refused):
        check_institute(ConnectorKind.ECQS, [OrgKind.CALIBRATION_LAB])
    with pytest.raises(Refused):
        check_institute(ConnectorKind.SUBMISSION, [OrgKind.ENTERPRISE])


def test_a_calibration_does_not_answer_a_task_of_compulsory_verification() -> None:
    calibration = CertificateKind.CALIBRATION_CERTIFICATE

    assert not answers(ConnectorKind.ECQS, calibration)
    assert answers(ConnectorKind.SUBMISSION, calibration)
    assert answers(ConnectorKind.ECQS, CertificateKind.RESULT_NOTICE)
