"""Requests for verification and the tasks that come of them: their moves, and what is matched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from hub.errors import Refused
from hub.exchange import ConnectorKind
from hub.rules.instrument import normal_key
from hub.vocabulary import CertificateKind, OrgKind, RequestState, TaskState

OPEN = frozenset({RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.DISPATCHED})
"""States of a request that is still to be worked on."""
BEGUN = frozenset({RequestState.DISPATCHED, RequestState.DONE})
AUTHORITIES = frozenset({OrgKind.LEGAL_VERIFICATION_INSTITUTE, OrgKind.AUTHORIZED_INSTITUTE})
"""Who may verify what is under compulsory verification (计量法 Art. 20)."""
LABORATORIES = AUTHORITIES | {OrgKind.CALIBRATION_LAB}
SPAN = timedelta(days=90)
"""So long before its task was told may an instrument have been tested for that task."""
VERIFICATIONS = frozenset({CertificateKind.VERIFICATION_CERTIFICATE, CertificateKind.RESULT_NOTICE})


class Likeness(NamedTuple):
    """What an instrument is told by: the number of its filing, its serial number and its maker."""

    filing_no: str | None
    serial_no: str | None
    manufacturer: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instrument that a task may be about."""

    id: UUID
    likeness: Likeness


def keys_of(told: Likeness) -> dict[str, str]:
    """The forms by which what was accepted is found again, however it is spelt, by their names.

    `filingKey`, and `itemKey` where both serial number and maker are told.
    """
    filing_no, serial_no, manufacturer = _normal(told)
    found = {"filingKey": filing_no} if filing_no else {}
    if serial_no and manufacturer:
        found["itemKey"] = f"{serial_no} {manufacturer}"
    return found


def channel(*, compulsory: bool) -> ConnectorKind:
    """The kind of system that a request for an instrument goes through."""
    return ConnectorKind.ECQS if compulsory else ConnectorKind.SUBMISSION


def check_institute(kind: ConnectorKind, kinds: Iterable[OrgKind]) -> None:
    """Raise Refused unless an organisation of these `kinds` may be asked through `kind`."""
    may = AUTHORITIES if kind is ConnectorKind.ECQS else LABORATORIES
    if may.isdisjoint(kinds):
        raise Refused(
            "该机构不能承担强制检定" if may is AUTHORITIES else "该机构不承担检定或校准",
            "this organisation may not be asked for it",
            path=("institute",),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """How far a task of a request is, for the instrument that it is about, if that is known."""

    instrument_id: UUID | None
    state: TaskState


def decided(state: RequestState, *, accepted: bool) -> RequestState:
    """The state of a request once it has been accepted, or returned.

    A task may be heard of before the request is: then it has been accepted. Refused for a return
    of what has been begun.
    """
    if accepted:
        return state if state in BEGUN else RequestState.ACCEPTED
    if state in BEGUN:
        raise Refused(
            f"申请已是“{state.label}”，不能退回", f"the request is {state}: it cannot be returned"
        )
    return RequestState.RETURNED


def check_withdrawal(state: RequestState) -> None:
    """Raise Refused unless a request may be withdrawn: it is open, and nothing has been begun."""
    if state not in OPEN - BEGUN:
        raise Refused(
            f"申请已是“{state.label}”，不能撤回",
            f"the request is {state}: it cannot be withdrawn",
            path=("id",),
        )


def progressed(
    state: RequestState, items: Collection[UUID], tasks: Sequence[Step], *, was_accepted: bool
) -> RequestState:
    """The state of a request for the instruments `items`, given the tasks that have come of it.

    It is done when each of them has had a task and none is left, and one was reported at least.
    Where no task is left and none was reported it waits for others. One that is over without tasks
    stays as it is.
    """
    if state not in OPEN | BEGUN:
        return state
    if all(one.state is TaskState.CANCELLED for one in tasks):
        return RequestState.ACCEPTED if was_accepted else RequestState.SUBMITTED
    is_left = any(one.state is TaskState.DISPATCHED for one in tasks)
    is_whole = {one.instrument_id for one in tasks}.issuperset(items)
    return RequestState.DONE if is_whole and not is_left else RequestState.DISPATCHED


def matched(told: Likeness, candidates: Sequence[Candidate]) -> UUID | None:
    """The one instrument that a task is about; None where there is none, or more than one.

    By the number of its filing; where that is not told or not known, by serial number and maker.
    Candidates of one id, as of lines that were merged since, are one instrument.
    """
    wanted = _normal(told)
    normal = [(one.id, _normal(one.likeness)) for one in candidates]
    if wanted.filing_no:
        found = {key for key, one in normal if one.filing_no == wanted.filing_no}
        if found:
            return found.pop() if len(found) == 1 else None
    if not (wanted.serial_no and wanted.manufacturer):
        return None
    found = {key for key, one in normal if one[1:] == wanted[1:]}
    return found.pop() if len(found) == 1 else None


def answers(kind: ConnectorKind, certificate: CertificateKind) -> bool:
    """Whether a certificate is the result that a task of a kind of system waits for."""
    return kind is not ConnectorKind.ECQS or certificate in VERIFICATIONS


def is_timely(told_on: date, tested_on: date | None, valid_until: date | None, today: date) -> bool:
    """Whether a test may be what a task has asked for that was told so, and is valid today."""
    is_valid = valid_until is None or valid_until >= today
    return is_valid and tested_on is not None and tested_on >= told_on - SPAN


def _normal(told: Likeness) -> Likeness:
    return Likeness(*(normal_key(text) if text else None for text in told))
