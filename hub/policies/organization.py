"""Organisations are public; level O is clear to the organisation itself and to oversight."""

from typing import Any

from sqlalchemy import ColumnElement, False_, True_, false, func, or_, select, true
from sqlalchemy.orm import Mapped
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
    return func.starts_with(col(Organization.district), actor.district)


def overseen(actor: Actor, owner: Mapped[Any]) -> ColumnElement[bool]:
    """The rows whose column `owner` holds an organisation that `actor` oversees."""
    district = in_district(actor)
    if isinstance(district, False_):
        return false()
    if isinstance(district, True_):
        return owner.is_not(None)
    return owner.in_(select(col(Organization.id)).where(district))


def own(actor: Actor) -> ColumnElement[bool]:
    """The actor's own organisation, and those that it oversees."""
    return or_(col(Organization.id) == actor.organization_id, in_district(actor))


POLICY = govern(Organization, Policy(rows=everyone, own=own))
