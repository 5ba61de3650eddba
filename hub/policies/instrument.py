"""Ledger lines: the owner's, those that a laboratory certified, those of a district."""

from sqlalchemy import ColumnElement, Select, false, or_, select, tuple_
from sqlmodel import col

from hub.actor import LABORATORY, Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, govern
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument


def certified(actor: Actor) -> ColumnElement[bool]:
    """Instruments that the actor's laboratory has issued a certificate for, to their owner."""
    if not actor.has(LABORATORY):
        return false()
    handled = select(col(Certificate.instrument_id), col(Certificate.client_id)).where(
        col(Certificate.issuer_id) == actor.organization_id
    )
    return tuple_(col(Instrument.id), col(Instrument.owner_id)).in_(handled)


def rows(actor: Actor) -> ColumnElement[bool]:
    """Every ledger line that the actor may see; retired lines are gone for all."""
    if actor.is_anonymous:
        return false()
    owner = col(Instrument.owner_id)
    seen = or_(owner == actor.organization_id, certified(actor), overseen(actor, owner))
    return seen & col(Instrument.retired_at).is_(None)


def retired(actor: Actor) -> Select[Instrument]:
    """Lines that have left the ledger of the actor's organisation: to be brought back, not read."""
    own = col(Instrument.owner_id) == actor.organization_id
    return select(Instrument).where(own, col(Instrument.retired_at).is_not(None))


POLICY = govern(Instrument, Policy(rows=rows, floor=Level.O))
