"""The schema: every verb in one list, built once, refused when a field escapes the guards."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from hub.engine.execute import Planned
from resolvers.certificate import CertificateMutation, CertificateQuery
from resolvers.changes import ChangesQuery, ChangesSubscription
from resolvers.connector import ConnectorMutation, ConnectorQuery
from resolvers.exchange import ExchangeMutation
from resolvers.explain import ExplainQuery
from resolvers.export import ExportMutation, ExportQuery
from resolvers.instrument import InstrumentMutation, InstrumentQuery
from resolvers.licence import LicenceQuery
from resolvers.node import NodeQuery
from resolvers.organization import OrganizationQuery
from resolvers.personnel import PersonnelMutation, PersonnelQuery
from resolvers.reference import ReferenceMutation, ReferenceQuery
from resolvers.saved_query import SavedQueryMutation, SavedQueryQuery
from resolvers.standard import StandardMutation
from resolvers.transfer import TransferMutation, TransferQuery
from resolvers.verification import VerificationMutation, VerificationQuery
from resolvers.webhook import WebhookMutation, WebhookQuery
from schema.guard import check
from schema.scalars import SCALARS
from schema.sdl import price


@strawberry.type(description="查询")
class Query(
    NodeQuery,
    OrganizationQuery,
    InstrumentQuery,
    TransferQuery,
    CertificateQuery,
    ReferenceQuery,
    PersonnelQuery,
    ChangesQuery,
    WebhookQuery,
    ExportQuery,
    SavedQueryQuery,
    ConnectorQuery,
    VerificationQuery,
    LicenceQuery,
    ExplainQuery,
):
    """Every query."""


@strawberry.type(description="修改；每项都以幂等键重复而只生效一次")
class Mutation(
    InstrumentMutation,
    TransferMutation,
    StandardMutation,
    PersonnelMutation,
    ReferenceMutation,
    CertificateMutation,
    ExchangeMutation,
    WebhookMutation,
    ExportMutation,
    SavedQueryMutation,
    ConnectorMutation,
    VerificationMutation,
):
    """Every mutation."""


@strawberry.type(description="订阅")
class Subscription(ChangesSubscription):
    """Every subscription."""


def build() -> strawberry.Schema:
    """The schema of the hub. TypeError when a field has no level, no words or a wrong type."""
    built = strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        execution_context_class=Planned,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    check(built)
    price(built)
    return built
