"""Ledger lines: the owner's, those that a laboratory certified, those of a district."""

from sqlalchemy import ColumnElement, false, or_, select
from sqlmodel import col

from hub.actor import LABORATORY, Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, govern
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument


def certified(actor: Actor) -> ColumnElement[bool]:
    """Instruments that the actor's laboratory has issued a certificate for."""
    if not actor.has(LABORATORY):
        return false()
    handled = select(col(Certificate.instrument_id)).where(
        col(Certificate.issuer_id) == actor.organization_id
    )
    return col(Instrument.id).in_(handled)


def rows(actor: Actor) -> ColumnElement[bool]:
    """Every ledger line that the actor may see; retired lines are gone for all."""
    if actor.is_anonymous:
        return false()
    owner = col(Instrument.owner_id)
    seen = or_(owner == actor.organization_id, certified(actor), overseen(actor, owner))
    return seen & col(Instrument.retired_at).is_(None)


POLICY = govern(Instrument, Policy(rows=rows, floor=Level.O))
