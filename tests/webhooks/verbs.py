"""The mutations of webhooks as the tests send them, and a worker whose clock they move."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, text

from hub.actor import PLATFORM
from hub.integrations.outbound import Wall, outbound
from hub.jobs.deliveries import LEASE, Postman
from hub.jobs.webhooks import Fanout
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import Role
from schema.changes import event_of
from tests.doors import Answer, HubClient, key
from tests.feed.verbs import numbered
from tests.given import a_user, an_instrument, an_organization
from tests.walk import fitting
from tests.webhooks.receiver import Receiver

SHOWN = """
  webhook { id version name url types state pauseReason cursor failures previousSecretUntil }
  problems { code message path hint }
  replayed
"""
VERBS = {
    "createWebhook": "CreateWebhookInput",
    "updateWebhook": "UpdateWebhookInput",
    "rotateWebhookSecret": "WebhookVersionInput",
    "deleteWebhook": "WebhookVersionInput",
    "replayWebhook": "ReplayWebhookInput",
    "testWebhook": "TestWebhookInput",
}
TOLD = frozenset({"createWebhook", "rotateWebhookSecret"})
"""The verbs that tell a secret."""
WEBHOOK = """
query($id: ID!) { webhook(id: $id) {
  id version name url types state pauseReason cursor failures failingSince blockedUntil
  previousSecretUntil owner { id }
  deliveries(first: 100) { nodes {
    id messageId event body replayAfter state attempts nextAt lastStatus lastFailure deliveredAt
  } }
} }
"""


@dataclass(frozen=True)
class Keeper:
    """An enterprise and the administrator of its webhooks."""

    owner: Organization
    admin: User


async def a_keeper(hub: HubClient) -> Keeper:
    """An enterprise and its administrator, stored; nothing waits for its place in the feed."""
    owner = await hub.given(an_organization())
    admin = await hub.given(a_user(owner, Role.ORG_ADMIN))
    await numbered(hub)
    return Keeper(owner, admin)


async def do(hub: HubClient, who: User | None, verb: str, **given: Any) -> Answer:
    """The answer to a mutation; `given` are the members of its input besides the key."""
    secret = "secret" if verb in TOLD else ""
    document = (
        f"mutation($input: {VERBS[verb]}!) {{ done: {verb}(input: $input) {{ {secret} {SHOWN} }} }}"
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
    found = answer.data["done"]
    assert found["webhook"] is None
    (one,) = found["problems"]
    return one["code"], one["path"]


@dataclass
class Hook:
    """A webhook that goes to a receiver, and its secret."""

    id: str
    secret: str
    receiver: Receiver
    who: User


async def a_hook(hub: HubClient, who: User, receiver: Receiver, **given: Any) -> Hook:
    """A webhook to a receiver, which is allowed."""
    hub.hub.webhook_allowed |= {receiver.target}
    told = done(await do(hub, who, "createWebhook", **{"name": key(), "url": receiver.url} | given))
    return Hook(told["webhook"]["id"], told["secret"], receiver, who)


async def seen(hub: HubClient, hook: Hook) -> Any:
    """The webhook with its deliveries, as its organisation sees it."""
    answer = await hub.ask(WEBHOOK, as_=hook.who, id=hook.id)
    assert answer.errors == []
    return answer.data["webhook"]


async def states(hub: HubClient, hook: Hook) -> list[str]:
    """The states of its deliveries, oldest first."""
    nodes = (await seen(hub, hook))["deliveries"]["nodes"]
    return [one["state"] for one in reversed(nodes)]


async def changed(hub: HubClient, of: Organization, many: int = 1) -> None:
    """So many changes of an organisation, numbered."""
    await hub.all_given(*(an_instrument(of) for _ in range(many)))
    await numbered(hub)


async def run(hub: HubClient, sql: str, **values: Any) -> None:
    """A statement of the role that sees every organisation."""
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.execute(text(sql).bindparams(**values))


async def leases_over(hub: HubClient) -> None:
    """Whatever is leased has been for so long that the lease is over."""
    await run(hub, "UPDATE webhook_delivery SET leased_until = leased_until - :l", l=LEASE)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """The instant that it is, as far as it has been moved."""
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        """Move it on, by days, hours, minutes, seconds."""
        self.ahead += timedelta(**by)


@dataclass
class Worker:
    """What the worker does with webhooks, step by step, by a clock that is moved."""

    hub: HubClient
    clock: Clock
    fanout: Fanout
    postman: Postman

    async def round(self) -> int:
        """Make the deliveries that there are to be, send what is due; how many were sent."""
        await numbered(self.hub)
        await self.fanout.look()
        leased = await self.postman.lease()
        await asyncio.gather(*map(self._send, leased))
        return len(leased)

    async def _send(self, leased: RowMapping) -> None:
        await self.postman.record(leased, await self.postman.deliver(leased))

    async def all(self) -> int:
        """Rounds until nothing is due; how many were sent."""
        sent = 0
        while now := await self.round():
            sent += now
        return sent


@asynccontextmanager
async def a_worker(hub: HubClient, receivers: Sequence[Receiver] = ()) -> AsyncIterator[Worker]:
    """A worker that may reach the receivers; a try lasts a second, waits have no jitter."""
    clock = Clock()
    allowed = {one.target for one in receivers}
    async with outbound(Wall(allowed), seconds=1) as way:
        fanout = Fanout(hub.hub.database, hub.hub.log, event_of, clock)
        postman = Postman(hub.hub.database, way, hub.hub.vault, clock, lambda: 0.5)
        yield Worker(hub, clock, fanout, postman)
