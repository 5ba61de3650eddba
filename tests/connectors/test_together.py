"""Systems of all kinds at once: one that is down and one that hangs hold nothing else back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from examples.simulators.behaviour import Behaviour
from examples.simulators.ecqs import Ecqs
from examples.simulators.erp import LINES, Erp
from hub.actor import PLATFORM
from hub.exchange import ConnectorKind
from hub.integrations.inbox import store
from hub.integrations.outbound import Wall, outbound
from hub.integrations.port import Link
from hub.jobs import connectors
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import SECONDS, Agent
from hub.tasks import end
from hub.vocabulary import FilingState
from tests.connectors.flows import a_filed, done, file
from tests.connectors.simulating import simulating
from tests.connectors.test_reading import EVENT
from tests.connectors.verbs import (
    Connected,
    Keeper,
    Loopback,
    Worker,
    a_connector,
    an_enterprise,
    connected,
    messages,
    seen,
    states,
)
from tests.doors import HubClient
from tests.patience import PATIENCE, patiently

LEDGER = "{ instruments(first: 100) { nodes { assetNo filing { state } source { system asOf } } } }"


@asynccontextmanager
async def working(hub: HubClient) -> AsyncIterator[None]:
    """A worker runs while inside; a try may last as long as it does everywhere."""
    own = hub.hub
    async with outbound(Wall(Loopback()), SECONDS + PATIENCE) as way:
        agent, clerk = Agent(own.database, way, own.vault), Clerk(own.database)
        job = asyncio.create_task(connectors.run(agent, clerk))
        try:
            yield
        finally:
            await end(job)


async def ledger(hub: HubClient, keeper: Keeper) -> list[Any]:
    """The ledger of an enterprise."""
    answer = await hub.ask(LEDGER, as_=keeper.who)
    assert answer.errors == []
    found: list[Any] = answer.data["instruments"]["nodes"]
    return found


async def test_one_system_down_and_one_that_hangs_hold_back_no_query_and_no_other_system(
    hub: HubClient, steward: Keeper
) -> None:
    good, hanging, down = [await an_enterprise(hub) for _ in range(3)]
    systems = {
        "good": Erp("good"),
        "hanging": Erp("hanging", behaviour=Behaviour(slow=3600)),
        "down": Erp("down", behaviour=Behaviour(down=True)),
    }
    platform = Ecqs("platform")
    assert good.owner is not None
    gauge = await hub.given(a_filed(good.owner, FilingState.NONE))

    async with AsyncExitStack() as stack:
        urls = {
            name: await stack.enter_async_context(simulating(one)) for name, one in systems.items()
        }
        ecqs_url = await stack.enter_async_context(simulating(platform))
        made = {
            name: await connected(hub, keeper, ConnectorKind.ERP, systems[name], urls[name])
            for name, keeper in (("hanging", hanging), ("down", down), ("good", good))
        }
        await connected(hub, steward, ConnectorKind.ECQS, platform, ecqs_url)
        done(await file(hub, good.who, gauge))
        async with working(hub), patiently("the good systems to be heard"):
            while len(await ledger(hub, good)) < LINES + 1 or not await accepted(hub, good):  # noqa: ASYNC110 -- the database knows
                await asyncio.sleep(0.05)
            while (await seen(hub, made["down"]))["failures"] == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            lagging = await seen(hub, made["hanging"])
            failing = await seen(hub, made["down"])
            lines = await ledger(hub, good)
            others = [await ledger(hub, keeper) for keeper in (hanging, down)]

    stated = [line["source"] for line in lines if line["source"] is not None]
    assert {one["system"] for one in stated} == {made["good"].code}
    assert all(one["asOf"] is not None for one in stated)
    assert (lagging["lastSuccessAt"], lagging["failures"]) == (None, 0)
    assert (failing["lastFailure"], failing["lastStatus"]) == ("STATUS", 503)
    assert failing["lastSuccessAt"] is None
    assert others == [[], []]


async def test_a_ledger_that_is_locked_holds_back_no_other_and_counts_as_no_try(
    hub: HubClient, worker: Worker
) -> None:
    locked, free = [await an_enterprise(hub) for _ in range(2)]
    assert locked.owner is not None
    waiting = await told(hub, worker, locked, events=3)
    other = await told(hub, worker, free, events=1)

    async with hub.hub.database.writer(PLATFORM) as db:
        await db.serialize(f"ledger {locked.owner.id}")
        looks = [await worker.clerk.look() for _ in range(2)]

    assert looks == [1, 0]
    assert await states(hub, other) == ["DONE"]
    assert {(one["state"], one["tries"]) for one in await messages(hub, waiting)} == {
        ("PENDING", 0)
    }
    await worker.later(seconds=6)
    assert await states(hub, waiting) == ["DONE"] * 3


async def told(hub: HubClient, worker: Worker, keeper: Keeper, *, events: int) -> Connected:
    """A connector of an enterprise that has told of so many new instruments."""
    assert keeper.owner is not None
    one = await a_connector(hub, keeper, ConnectorKind.ERP)
    link = Link(one.key, one.code, ConnectorKind.ERP, keeper.owner.id)
    stated = [
        EVENT
        | {"id": f"{number}", "subject": f"s{number}"}
        | {"data": {"externalId": f"{number}", "assetNo": f"A-{number}", "name": "表"}}
        for number in range(events)
    ]
    async with hub.hub.database.writer(PLATFORM) as db:
        await store(db, link, stated, worker.clock())
    return one


async def accepted(hub: HubClient, keeper: Keeper) -> bool:
    """Whether the one line that was filed has been accepted."""
    return "ACCEPTED" in {line["filing"]["state"] for line in await ledger(hub, keeper)}
