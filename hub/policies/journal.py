"""Feed and foreign ids are read by their owners, the audit by the platform alone."""

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import col

from hub.actor import PLATFORM, Actor
from hub.events import Change
from hub.policy import Policy, everyone, govern, signed_in
from hub.tables.exchange import ExternalId
from hub.tables.fee import FeeItem
from hub.tables.handed import FeeItemSync, InstrumentSync, PersonnelSync, StandardSync
from hub.tables.journal import AuditHead, AuditRecord, FeedChange, FeedHead

PUBLIC = FeeItem.__name__
"""The noun of the platform whose changes are told to all who signed in."""


def rows(actor: Actor) -> ColumnElement[bool]:
    """Changes of objects of the actor's organisation and of everyone's; the platform hands on all.

    Everyone's are `PUBLIC`.
    """
    if actor == PLATFORM:
        return true()
    if actor.organization_id is None:
        return false()
    own = col(FeedChange.organization_ids).contains([actor.organization_id])
    return or_(own, col(FeedChange.object_type) == PUBLIC)


def platform(actor: Actor) -> ColumnElement[bool]:
    """What only the platform itself reads."""
    return true() if actor == PLATFORM else false()


def own_ids(actor: Actor) -> ColumnElement[bool]:
    """The ids that the systems of the actor's organisation have for its rows."""
    return col(ExternalId.organization_id) == actor.organization_id


def concerns(actor: Actor, change: Change) -> bool:
    """Whether the actor may read a change that is at hand; the twin of `rows`."""
    return actor.organization_id is not None and (
        actor.organization_id in change["organization_ids"] or change["object_type"] == PUBLIC
    )


POLICY = govern(FeedChange, Policy(rows=rows))
govern(FeedHead, Policy(rows=signed_in))
govern(AuditRecord, Policy(rows=platform))
govern(AuditHead, Policy(rows=platform))
govern(ExternalId, Policy(rows=own_ids))
for table in (InstrumentSync, StandardSync, PersonnelSync, FeeItemSync):
    govern(table, Policy(rows=everyone))  # what a caller's own call has come to
