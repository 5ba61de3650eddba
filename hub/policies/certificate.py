"""Certificates: the issuer's in every state, the client's once issued, those of a district."""

from sqlalchemy import ColumnElement, false, or_, select
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, govern
from hub.tables.certificate import (
    Certificate,
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    Part,
    StandardUsed,
)
from hub.vocabulary import CertificateState

PUBLISHED = (CertificateState.ISSUED, CertificateState.REPLACED, CertificateState.REVOKED)


def rows(actor: Actor) -> ColumnElement[bool]:
    """Every certificate that the actor may see."""
    if actor.is_anonymous:
        return false()
    issued = col(Certificate.state).in_(PUBLISHED)
    client = col(Certificate.client_id)
    theirs = or_(client == actor.organization_id, overseen(actor, client))
    return or_(col(Certificate.issuer_id) == actor.organization_id, theirs & issued)


POLICY = govern(Certificate, Policy(rows=rows, floor=Level.O))


def _part(table: type[Part]) -> None:
    def part_rows(actor: Actor) -> ColumnElement[bool]:
        return col(table.certificate_id).in_(select(col(Certificate.id)).where(rows(actor)))

    govern(table, Policy(rows=part_rows, floor=Level.O))


for table in (CertificateBasis, StandardUsed, MeasurementResult, MeasurementPoint):
    _part(table)
