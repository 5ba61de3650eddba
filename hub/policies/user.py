"""User accounts: one's own; an administrator's organisation; all of them for operators."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policy import Policy, govern, nobody
from hub.tables.user import AccessToken, User
from hub.vocabulary import Role


def rows(actor: Actor) -> ColumnElement[bool]:
    """Every account that the actor may see."""
    if actor.is_anonymous:
        return false()
    if actor.has(frozenset({Role.OPERATOR})):
        return true()
    if actor.has(frozenset({Role.ORG_ADMIN})):
        return col(User.organization_id) == actor.organization_id
    return person(actor)


def person(actor: Actor) -> ColumnElement[bool]:
    """The actor's own account."""
    return col(User.id) == actor.user_id


POLICY = govern(User, Policy(rows=rows, person=person, floor=Level.O))
govern(AccessToken, Policy(rows=nobody))
