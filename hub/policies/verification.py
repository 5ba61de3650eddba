"""Requests and tasks are seen by who asks, by the institute that is asked, and by oversight."""

from sqlalchemy import ColumnElement, false, or_, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, govern
from hub.tables.verification import RequestItem, VerificationRequest, VerificationTask
from hub.vocabulary import Role

STEWARD = frozenset({Role.DATA_STEWARD})


def between(actor: Actor, *parties: Mapped[object]) -> ColumnElement[bool]:
    """Rows one of whose `parties`, columns of organisations, is the actor's or overseen by it.

    A data steward without a district sees also those that are of no one yet.
    """
    if actor.is_anonymous:
        return false()
    if actor.has(STEWARD) and actor.district is None:
        return true()
    own = (party == actor.organization_id for party in parties)
    return or_(*own, *(overseen(actor, party) for party in parties))


def requests(actor: Actor) -> ColumnElement[bool]:
    """The requests that the actor may see."""
    table = VerificationRequest
    return between(actor, col(table.applicant_id), col(table.institute_id))


def items(actor: Actor) -> ColumnElement[bool]:
    """What these requests are about."""
    return between(actor, col(RequestItem.applicant_id), col(RequestItem.institute_id))


def tasks(actor: Actor) -> ColumnElement[bool]:
    """The tasks that the actor may see."""
    return between(actor, col(VerificationTask.institute_id), col(VerificationTask.owner_id))


POLICY = govern(VerificationRequest, Policy(rows=requests, floor=Level.O))
govern(RequestItem, Policy(rows=items, floor=Level.O))
govern(VerificationTask, Policy(rows=tasks, floor=Level.O))
