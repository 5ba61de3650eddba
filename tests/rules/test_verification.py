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
    Step,
    answers,
    check_institute,
    decided,
    matched,
    progressed,
)
from hub.vocabulary import CertificateKind, OrgKind, RequestState, TaskState

D, R, C = TaskState.DISPATCHED, TaskState.REPORTED, TaskState.CANCELLED
ONE, TWO = uuid4(), uuid4()
STEPS = st.lists(
    st.builds(Step, st.sampled_from([ONE, TWO, None]), st.sampled_from(TaskState)), max_size=6
)


def a_candidate(
    filing: str | None = None, serial: str | None = None, maker: str | None = None
) -> Candidate:
    return Candidate(uuid4(), Likeness(filing, serial, maker))


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        ([], RequestState.SUBMITTED),
        ([Step(ONE, D)], RequestState.DISPATCHED),
        ([Step(ONE, R)], RequestState.DISPATCHED),
        ([Step(ONE, R), Step(TWO, D)], RequestState.DISPATCHED),
        ([Step(ONE, R), Step(TWO, R)], RequestState.DONE),
        ([Step(ONE, R), Step(TWO, C)], RequestState.DONE),
        ([Step(ONE, C), Step(TWO, C)], RequestState.SUBMITTED),
        ([Step(ONE, C), Step(ONE, R)], RequestState.DISPATCHED),
        ([Step(ONE, R), Step(None, R)], RequestState.DISPATCHED),
    ],
)
def test_a_request_follows_its_tasks(tasks: list[Step], state: object) -> None:
    assert progressed(RequestState.SUBMITTED, {ONE, TWO}, tasks, was_accepted=False) is state


def test_a_request_without_tasks_that_are_left_waits_where_it_was() -> None:
    cancelled = [Step(ONE, C)]

    for tasks in (cancelled, []):
        for was_accepted, state in [(True, "ACCEPTED"), (False, "SUBMITTED")]:
            found = progressed(RequestState.DISPATCHED, {ONE}, tasks, was_accepted=was_accepted)
            assert found == state


@given(STEPS)
def test_no_task_opens_a_request_that_was_returned(tasks: list[Step]) -> None:
    state = progressed(RequestState.RETURNED, {ONE}, tasks, was_accepted=True)

    assert state is RequestState.RETURNED


@given(STEPS)
def test_a_request_with_an_open_task_is_never_done(tasks: list[Step]) -> None:
    state = progressed(RequestState.ACCEPTED, {ONE}, [*tasks, Step(ONE, D)], was_accepted=True)

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
