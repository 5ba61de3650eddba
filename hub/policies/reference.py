"""The public libraries: capabilities, qualifications, fees, documents, catalogue, comparisons."""

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from hub.actor import OVERSIGHT, Actor, Level
from hub.policies.organization import in_district
from hub.policy import Policy, everyone, govern, nobody
from hub.tables.capability import Capability
from hub.tables.catalogue import CatalogueItem
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.document import DocumentAdoption, DocumentReplacement, TechnicalDocument
from hub.tables.fee import FeeDocument, FeeItem
from hub.tables.organization import Organization
from hub.tables.qualification import Qualification

for table in (
    Capability,
    CatalogueItem,
    DegreeOfEquivalence,
    DocumentReplacement,
    FeeDocument,
    FeeItem,
    Qualification,
    TechnicalDocument,
):
    govern(table, Policy(rows=everyone))


def adopted(actor: Actor) -> ColumnElement[bool]:
    """How the actor's own laboratory, or any that it oversees, adopts documents."""
    if actor.is_anonymous:
        return nobody(actor)
    mine = col(DocumentAdoption.organization_id) == actor.organization_id
    if not actor.has(OVERSIGHT):
        return mine
    overseen = select(col(Organization.id)).where(in_district(actor))
    return or_(mine, col(DocumentAdoption.organization_id).in_(overseen))


govern(DocumentAdoption, Policy(rows=adopted, floor=Level.O))
