"""Connectors are seen by who keeps them; conflicts by those whose objects they are about."""

from sqlalchemy import ColumnElement, false, select, true
from sqlmodel import col

from hub.actor import Actor, Can, Level
from hub.policy import Policy, govern
from hub.tables.connector import (
    Conflict,
    Connector,
    ConnectorHour,
    ConnectorMessage,
    SourceRecord,
)
from hub.vocabulary import Role

KEEPERS = frozenset({Role.DATA_STEWARD, Role.OPERATOR})
"""Who keeps the connectors of the platform."""


def rows(actor: Actor) -> ColumnElement[bool]:
    """The connectors of the actor's organisation; all of them for who keeps the platform's."""
    return _kept(actor, col(Connector.organization_id) == actor.organization_id)


def messages(actor: Actor) -> ColumnElement[bool]:
    """What connectors that the actor keeps have said and were told."""
    return _kept(actor, col(ConnectorMessage.organization_id) == actor.organization_id)


def contents(actor: Actor) -> ColumnElement[bool]:
    """Messages whose content the actor may read: operators keep them going, unread."""
    return false() if actor.roles <= {Role.OPERATOR} else true()


def records(actor: Actor) -> ColumnElement[bool]:
    """What connectors that the actor keeps have last said of things."""
    return _kept(actor, col(SourceRecord.organization_id) == actor.organization_id)


def hours(actor: Actor) -> ColumnElement[bool]:
    """How the connectors that the actor keeps have fared."""
    kept = select(col(Connector.id)).where(rows(actor))
    return col(ConnectorHour.connector_id).in_(kept)


def conflicts(actor: Actor) -> ColumnElement[bool]:
    """Conflicts about objects of the actor's organisation; all for the platform's stewards."""
    if Role.DATA_STEWARD in actor.roles:
        return true()
    own = col(Conflict.owner_id) == actor.organization_id
    return own if Can.INSTRUMENT_WRITE in actor.permissions else false()


def _kept(actor: Actor, own: ColumnElement[bool]) -> ColumnElement[bool]:
    if actor.has(KEEPERS):
        return true()
    return own if Can.CONNECTOR_WRITE in actor.permissions else false()


POLICY = govern(Connector, Policy(rows=rows, floor=Level.O))
govern(ConnectorMessage, Policy(rows=messages, own=contents, floor=Level.A))
govern(ConnectorHour, Policy(rows=hours, floor=Level.O))
govern(SourceRecord, Policy(rows=records, floor=Level.O))
govern(Conflict, Policy(rows=conflicts, floor=Level.O))
