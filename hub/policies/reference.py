"""The public libraries: capabilities, qualifications, fees, documents, catalogue, comparisons."""

from sqlalchemy import ColumnElement, or_
from sqlmodel import col

from hub.actor import Actor, Level
from hub.policies.organization import overseen
from hub.policy import Policy, everyone, govern, nobody
from hub.tables.capability import Capability
from hub.tables.catalogue import CatalogueItem
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.document import DocumentAdoption, DocumentReplacement, TechnicalDocument
from hub.tables.fee import FeeDocument, FeeItem
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
    laboratory = col(DocumentAdoption.organization_id)
    return or_(laboratory == actor.organization_id, overseen(actor, laboratory))


govern(DocumentAdoption, Policy(rows=adopted, floor=Level.O))
