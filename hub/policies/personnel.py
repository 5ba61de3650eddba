"""Personnel: known to everyone signed in, named in full only to the employer and oversight."""

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, govern, signed_in
from hub.tables.personnel import CertifiedItem, Personnel, PersonnelCertificate


def own(actor: Actor) -> ColumnElement[bool]:
    """People of the actor's organisation, and of those that it oversees."""
    employer = col(Personnel.employer_id)
    return or_(employer == actor.organization_id, overseen(actor, employer))


def person(actor: Actor) -> ColumnElement[bool]:
    """The actor itself."""
    return col(Personnel.id) == actor.person_id


POLICY = govern(Personnel, Policy(rows=signed_in, own=own, person=person, floor=Level.A))


def _held(table: type[PersonnelCertificate] | type[CertifiedItem]) -> None:
    def held_own(actor: Actor) -> ColumnElement[bool]:
        return col(table.person_id).in_(select(col(Personnel.id)).where(own(actor)))

    govern(table, Policy(rows=signed_in, own=held_own, floor=Level.A))


_held(PersonnelCertificate)
_held(CertifiedItem)
