"""Applications for licences are seen by the applicant and by oversight."""

from sqlalchemy import ColumnElement
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies.verification import between
from hub.policy import Policy, govern
from hub.tables.licence import LicenceApplication, LicenceStep


def rows(actor: Actor) -> ColumnElement[bool]:
    """The applications that the actor may see."""
    return between(actor, col(LicenceApplication.applicant_id))


def steps(actor: Actor) -> ColumnElement[bool]:
    """Their stages."""
    return between(actor, col(LicenceStep.applicant_id))


POLICY = govern(LicenceApplication, Policy(rows=rows, floor=Level.O))
govern(LicenceStep, Policy(rows=steps, floor=Level.O))
