"""Connectors as the tests keep them: their mutations, and a worker whose clock they move."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import RowMapping

from examples.simulators.system import System
from hub.exchange import ConnectorKind
from hub.integrations.outbound import Wall, outbound
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import LEASE, Agent
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import Role
from schema.ids import key_of
from tests.doors import Answer, HubClient, key
from tests.given import a_user, an_organization
from tests.walk import fitting
from tests.webhooks.verbs import Clock, run

CONNECTOR = """
  connector {
    id version code kind name direction baseUrl pushPath state health failures failingSince
    blockedUntil lastSuccessAt lastFailure lastStatus caughtUpAt organization { id }
    standing {
      lagSeconds errorRate tries waitingIn waitingOut rejected dead conflicts
    }
  }
"""
REST = "problems { code message path hint } replayed"
VERBS = {
    "createConnector": f"secret {CONNECTOR}",
    "updateConnector": CONNECTOR,
    "rotateConnectorSecret": f"secret {CONNECTOR}",
    "retryConnectorMessage": "message { id state tries problem { code zh en path } }",
    "resolveConflict": "conflict { id version state resolution resolvedBy resolvedAt }",
}
SEEN = f"query($id: ID!) {{ {CONNECTOR.replace('connector {', 'connector(id: $id) {')} }}"
MESSAGES = """
query($id: ID!) { connector(id: $id) { messages(first: 100) { nodes {
  id direction key type subject saidAt body state tries problem { code zh en path } receipt doneAt
} } } }
"""
CONFLICTS = """
query { conflicts(first: 100) { nodes {
  id version instrument { id } field ours theirs base asOf rule reason { zh en } state resolution
  resolvedAt resolvedBy connector { code }
} } }
"""


async def do(hub: HubClient, who: User | None, verb: str, **given: Any) -> Answer:
    """The answer to a mutation; `given` are the members of its input besides the key."""
    kind = f"{verb[0].upper()}{verb[1:]}Input"
    document = (
        f"mutation($input: {kind}!) {{ done: {verb}(input: $input) {{ {VERBS[verb]} {REST} }} }}"
    )
    given = {"idempotencyKey": key(), **given}
    return await hub.ask(fitting(document, hub.view(who)), as_=who, input=given)


def done(answer: Answer) -> Any:
    """What a mutation answers that was not refused."""
    assert answer.errors == []
    found = answer.data["done"]
    assert found["problems"] == []
    return found


def refused(answer: Answer) -> tuple[str, list[str]]:
    """Code and path of the one problem of a mutation that did nothing."""
    assert answer.errors == []
    (one,) = answer.data["done"]["problems"]
    return one["code"], one["path"]


@dataclass(frozen=True)
class Keeper:
    """Someone who keeps connectors, and the organisation whose they are; the platform's of none."""

    who: User
    owner: Organization | None = None


async def an_enterprise(hub: HubClient) -> Keeper:
    """An enterprise and its administrator."""
    owner = await hub.given(an_organization())
    return Keeper(await hub.given(a_user(owner, Role.ORG_ADMIN)), owner)


async def a_steward(hub: HubClient) -> Keeper:
    """Who keeps the connectors of the platform."""
    return Keeper(await hub.given(a_user(await hub.given(an_organization()), Role.DATA_STEWARD)))


@dataclass(frozen=True)
class Connected:
    """A connector to a system, and the secret for what that pushes."""

    id: str
    secret: str
    code: str
    keeper: Keeper

    @property
    def key(self) -> UUID:
        """Its key in the database."""
        return key_of(self.id, "Connector")

    @property
    def door(self) -> str:
        """Where it pushes."""
        return f"/exchange/{self.key}/messages"


async def a_connector(
    hub: HubClient,
    keeper: Keeper,
    kind: ConnectorKind,
    base: str | None = None,
    credential: str = "credential",
    **given: Any,
) -> Connected:
    """A connector to the system at `base`, which is allowed; one that only pushes without."""
    reach = {} if base is None else {"baseUrl": base, "credential": credential}
    if base is not None:
        hub.hub.webhook_allowed |= {urlsplit(base).netloc}
    code = f"c-{key()[:8]}"
    told = done(
        await do(
            hub,
            keeper.who,
            "createConnector",
            **{"code": code, "kind": kind.value, "name": "系统", **reach} | given,
        )
    )
    return Connected(told["connector"]["id"], told["secret"], code, keeper)


async def seen(hub: HubClient, one: Connected) -> Any:
    """A connector as its keeper sees it."""
    answer = await hub.ask(SEEN, as_=one.keeper.who, id=one.id)
    assert answer.errors == []
    return answer.data["connector"]


async def messages(hub: HubClient, one: Connected, direction: str = "IN") -> list[Any]:
    """What a connector said or was told, oldest first."""
    answer = await hub.ask(MESSAGES, as_=one.keeper.who, id=one.id)
    assert answer.errors == []
    nodes = answer.data["connector"]["messages"]["nodes"]
    return [node for node in reversed(nodes) if node["direction"] == direction]


async def states(hub: HubClient, one: Connected, direction: str = "IN") -> list[str]:
    """The states of what a connector said or was told, oldest first."""
    return [node["state"] for node in await messages(hub, one, direction)]


async def conflicts(hub: HubClient, keeper: Keeper) -> list[Any]:
    """The conflicts of an organisation, oldest first."""
    answer = await hub.ask(CONFLICTS, as_=keeper.who)
    assert answer.errors == []
    return list(reversed(answer.data["conflicts"]["nodes"]))


async def leases_over(hub: HubClient) -> None:
    """Whatever is leased has been for so long that the lease is over."""
    await run(hub, "UPDATE connector SET leased_until = leased_until - :l", l=LEASE)


async def none_else(hub: HubClient) -> None:
    """Nothing is to be done with any connector that there is."""
    await run(hub, "UPDATE connector SET state = 'PAUSED', leased_until = NULL")


@dataclass
class Worker:
    """What the worker does with connectors, step by step, by a clock that is moved."""

    clock: Clock
    agent: Agent
    clerk: Clerk

    async def talk(self) -> int:
        """A turn with each connector that something is due with; how many those were."""
        leased = await self.agent.lease(64)
        await asyncio.gather(*map(self._turn, leased))
        return len(leased)

    async def _turn(self, leased: RowMapping) -> None:
        await self.agent.turn(leased)

    async def apply(self) -> int:
        """Apply what is due; how many events those were."""
        applied = 0
        while now := await self.clerk.look():
            applied += now
        return applied

    async def all(self) -> None:
        """Talk and apply until nothing is due."""
        while await self.talk() + await self.apply():
            pass

    async def later(self, **by: float) -> None:
        """Move the clock on, then do all that is due."""
        self.clock.move(**by)
        await self.all()


class Loopback(frozenset[str]):
    """Every target of this machine, as they come."""

    def __contains__(self, target: object) -> bool:
        return str(target).startswith("127.0.0.1:")


@asynccontextmanager
async def a_worker(
    hub: HubClient, seconds: float = 1, allowed: frozenset[str] | None = None
) -> AsyncIterator[Worker]:
    """A worker that may reach this machine; a try lasts so many seconds, waits have no jitter."""
    clock = Clock()
    own = hub.hub
    async with outbound(Wall(Loopback() if allowed is None else allowed), seconds) as way:
        agent = Agent(own.database, way, own.vault, clock, lambda: 0.5)
        yield Worker(clock, agent, Clerk(own.database, clock, lambda: 0.5))


async def connected(
    hub: HubClient, keeper: Keeper, kind: ConnectorKind, system: System, base: str
) -> Connected:
    """A connector to a simulated system that serves at `base`."""
    return await a_connector(hub, keeper, kind, base, system.credential)
