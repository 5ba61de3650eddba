"""The feed is read by its owners; audit and idempotency rows only by the code that keeps them."""

from sqlalchemy import ColumnElement, false
from sqlmodel import col

from hub.actor import Actor
from hub.policy import Policy, govern, signed_in
from hub.tables.journal import FeedChange, FeedHead


def rows(actor: Actor) -> ColumnElement[bool]:
    """Changes of objects that belong to the actor's organisation."""
    if actor.organization_id is None:
        return false()
    return col(FeedChange.organization_ids).contains([actor.organization_id])


POLICY = govern(FeedChange, Policy(rows=rows))
govern(FeedHead, Policy(rows=signed_in))
