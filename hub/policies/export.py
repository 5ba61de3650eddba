"""Exports are seen by who asked for them, for they hold what that account may read."""

from sqlalchemy import ColumnElement, false, select, true
from sqlmodel import col

from hub.actor import PLATFORM, Actor, Level
from hub.policy import Policy, govern
from hub.tables.export import Export, ExportPart


def rows(actor: Actor) -> ColumnElement[bool]:
    """The exports that the actor has asked for; the platform works on all."""
    if actor == PLATFORM:
        return true()
    if actor.is_anonymous:
        return false()
    requester = col(Export.requester_id) == actor.user_id
    return requester & (col(Export.owner_id) == actor.organization_id)


def parts(actor: Actor) -> ColumnElement[bool]:
    """What is stored of those exports."""
    return col(ExportPart.export_id).in_(select(col(Export.id)).where(rows(actor)))


POLICY = govern(Export, Policy(rows=rows, floor=Level.O))
govern(ExportPart, Policy(rows=parts, floor=Level.O))
