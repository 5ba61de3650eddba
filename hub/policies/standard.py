"""Measurement standards are public; instruments, operators and checks belong to the owner."""

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies import instrument
from hub.policies.organization import overseen
from hub.policy import Policy, everyone, govern, signed_in
from hub.tables.instrument import Instrument
from hub.tables.standard import (
    MeasurementStandard,
    StandardDocument,
    StandardInstrument,
    StandardOperator,
)


def own(actor: Actor) -> ColumnElement[bool]:
    """Standards of the actor's organisation, and of those that it oversees."""
    owner = col(MeasurementStandard.owner_id)
    return or_(owner == actor.organization_id, overseen(actor, owner))


def instruments_rows(actor: Actor) -> ColumnElement[bool]:
    """Links to instruments that the actor may see."""
    return col(StandardInstrument.instrument_id).in_(
        select(col(Instrument.id)).where(instrument.rows(actor))
    )


POLICY = govern(MeasurementStandard, Policy(rows=everyone, own=own))
govern(StandardInstrument, Policy(rows=instruments_rows, floor=Level.O))
govern(StandardOperator, Policy(rows=signed_in, floor=Level.A))
govern(StandardDocument, Policy(rows=everyone))
