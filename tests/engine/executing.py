"""What the cases of graphql-core's executor are asked of: a laboratory, a firm, its instruments."""

from dataclasses import dataclass
from typing import Any

from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.tables.user import User
from tests.doors import Asker, HubClient
from tests.given import (
    Laboratory,
    a_certificate,
    a_laboratory,
    a_user,
    an_instrument,
    an_organization,
)


@dataclass(frozen=True)
class Place:
    """A laboratory; a firm's user, three instruments, a certificate and the one it replaces."""

    lab: Laboratory
    user: User
    gauges: tuple[Instrument, ...]
    certificate: Certificate
    replaced: Certificate


async def a_place(hub: HubClient) -> Place:
    """All of it, stored."""
    lab, firm = a_laboratory(), an_organization()
    user = a_user(firm)
    gauges = tuple(an_instrument(firm, asset_no=f"P-{at}", name=f"表{at}") for at in range(3))
    replaced = a_certificate(lab.organization, gauges[0])
    certificate = a_certificate(lab.organization, gauges[0], replaces_id=replaced.id)
    await hub.all_given(lab, firm, user, *gauges, replaced, certificate)
    return Place(lab, user, gauges, certificate, replaced)


async def compiled(hub: HubClient, document: str, as_: Asker = None, **variables: Any) -> Any:
    """The data of an answer that is without errors, and that compiled statements gave alone."""
    answer = await hub.ask(document, as_=as_, **variables)
    assert answer.errors == []
    assert answer.statements
    assert all(
        statement.startswith("SELECT CASE WHEN (set_config") for statement in answer.statements
    )
    return answer.data
