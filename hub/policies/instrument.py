"""Ledger lines: the owner's, those that a laboratory certified, those of a district."""

from sqlalchemy import ColumnElement, false, or_, select
from sqlmodel import col

from hub.actor import LABORATORY, OVERSIGHT, Actor, Level
from hub.policies.organization import in_district
from hub.policy import Policy, govern
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization


def certified(actor: Actor) -> ColumnElement[bool]:
    """Instruments that the actor's laboratory has issued a certificate for."""
    if not actor.has(LABORATORY):
        return false()
    handled = select(col(Certificate.instrument_id)).where(
        col(Certificate.issuer_id) == actor.organization_id
    )
    return col(Instrument.id).in_(handled)


def overseen(actor: Actor) -> ColumnElement[bool]:
    """Instruments whose owner stands under the actor's oversight."""
    if not actor.has(OVERSIGHT):
        return false()
    owners = select(col(Organization.id)).where(in_district(actor))
    return col(Instrument.owner_id).in_(owners)


def rows(actor: Actor) -> ColumnElement[bool]:
    """Every ledger line that the actor may see; retired lines are gone for all."""
    if actor.is_anonymous:
        return false()
    mine = col(Instrument.owner_id) == actor.organization_id
    return or_(mine, certified(actor), overseen(actor)) & col(Instrument.retired_at).is_(None)


POLICY = govern(Instrument, Policy(rows=rows, floor=Level.O))
