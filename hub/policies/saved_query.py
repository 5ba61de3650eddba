"""Saved queries and that there are keys to them is seen by all of their organisation."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from hub.actor import SIGN_IN, Actor, Level
from hub.policy import Policy, govern
from hub.tables.saved_query import ExportKey, SavedQuery


def rows(actor: Actor) -> ColumnElement[bool]:
    """The queries of the actor's organisation; those that were deleted are gone for all."""
    if actor.is_anonymous:
        return false()
    return (col(SavedQuery.owner_id) == actor.organization_id) & col(SavedQuery.retired_at).is_(
        None
    )


def keys(actor: Actor) -> ColumnElement[bool]:
    """The keys to them that were not revoked; who lets callers in looks among all."""
    if actor.is_anonymous:
        return false()
    own = true() if actor == SIGN_IN else col(ExportKey.owner_id) == actor.organization_id
    return own & col(ExportKey.revoked_at).is_(None)


POLICY = govern(SavedQuery, Policy(rows=rows, floor=Level.O))
govern(ExportKey, Policy(rows=keys, floor=Level.O))
