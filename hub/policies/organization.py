"""Organisations are public; level O is clear to the organisation itself and to oversight."""

from sqlalchemy import ColumnElement, false, or_, true
from sqlmodel import col

from hub.actor import OVERSIGHT, Actor
from hub.policy import Policy, everyone, govern
from hub.tables.organization import Organization
from hub.vocabulary import Role


def in_district(actor: Actor) -> ColumnElement[bool]:
    """The organisations that `actor` oversees: those of its district.

    A data steward without a district oversees all, a regulator without one oversees none.
    """
    if not actor.has(OVERSIGHT):
        return false()
    if actor.district is None:
        return true() if actor.has(frozenset({Role.DATA_STEWARD})) else false()
    return col(Organization.district).startswith(actor.district, autoescape=True)


def own(actor: Actor) -> ColumnElement[bool]:
    """The actor's own organisation, and those that it oversees."""
    return or_(col(Organization.id) == actor.organization_id, in_district(actor))


POLICY = govern(Organization, Policy(rows=everyone, own=own))
