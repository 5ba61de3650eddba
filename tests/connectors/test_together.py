"""Systems of all kinds at once: one that is down and one that hangs hold nothing else back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from examples.simulators.behaviour import Behaviour
from examples.simulators.ecqs import Ecqs
from examples.simulators.erp import LINES, Erp
from hub.exchange import ConnectorKind
from hub.integrations.outbound import Wall, outbound
from hub.jobs import connectors
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import SECONDS, Agent
from hub.tasks import end
from hub.vocabulary import FilingState
from tests.connectors.flows import a_filed, done, file
from tests.connectors.simulating import simulating
from tests.connectors.verbs import Keeper, Loopback, an_enterprise, connected, seen
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


async def accepted(hub: HubClient, keeper: Keeper) -> bool:
    """Whether the one line that was filed has been accepted."""
    return "ACCEPTED" in {line["filing"]["state"] for line in await ledger(hub, keeper)}
