"""What handles the events of each kind of connector, and on whose behalf."""

from collections.abc import Mapping

from hub.actor import Actor
from hub.exchange import ConnectorKind
from hub.integrations import ecqs, erp, licensing, submission
from hub.integrations.port import Flow, Link
from hub.vocabulary import Role

HANDLERS: Mapping[ConnectorKind, Mapping[str, Flow]] = {
    ConnectorKind.ECQS: ecqs.FLOWS,
    ConnectorKind.LICENSING: licensing.FLOWS,
    ConnectorKind.SUBMISSION: submission.FLOWS,
    ConnectorKind.ERP: erp.FLOWS,
}


def flow_of(kind: ConnectorKind, type: str) -> Flow | None:
    """What handles the events of a type; None where a connector of that kind has no such ones."""
    return HANDLERS.get(kind, {}).get(type)


def actor_of(link: Link) -> Actor:
    """On whose behalf the events of a connector are applied.

    The system of an enterprise keeps its own ledger. The others tell of what belongs to many, and
    their handlers check whose.
    """
    is_own = link.kind is ConnectorKind.ERP
    return Actor(
        login=f"connector {link.code}",
        user_id=link.id,
        organization_id=link.organization_id if is_own else None,
        roles=frozenset({Role.SYSTEM if is_own else Role.DATA_STEWARD}),
    )
