"""Connectors under kill -9: nothing that was told or is to be told is lost, or done twice."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from examples.simulators.behaviour import Behaviour
from examples.simulators.ecqs import Ecqs
from examples.simulators.erp import Erp
from examples.simulators.system import System
from hub.exchange import ConnectorKind
from hub.tables.instrument import Instrument
from hub.vocabulary import FilingState
from tests.connectors.flows import a_filed, done, file
from tests.connectors.simulating import simulating
from tests.connectors.verbs import Connected, Keeper, connected
from tests.doors import HubClient
from tests.patience import patiently
from tests.webhooks.verbs import run

KILLS = 20
AT_ONCE = 2
"""Lines that are filed, and lines that the enterprise's system states, from kill to kill."""
SEED = 7
BEHAVIOURS = [
    Behaviour(slow=0.02),
    Behaviour(slow=0.02, duplicated=True),
    Behaviour(slow=0.02, reordered=True),
    Behaviour(slow=0.02, duplicated=True, reordered=True),
]
LEDGER = """
SELECT asset_no, name, department, location, custodian FROM instrument WHERE source_system = :code
"""
TOLD = """
SELECT key, state FROM connector_message WHERE connector_id = :id AND direction = 'IN'
"""
SAID = """
SELECT key, state FROM connector_message WHERE connector_id = :id AND direction = 'OUT'
"""
DECISIONS = """
SELECT object_id, count(*) AS many FROM audit_event
WHERE action = 'decideFiling' AND object_id = ANY(:keys) GROUP BY object_id
"""


class Nursery:
    """Where workers come from."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def worker(self) -> int:
        """The process id of a new worker, once the one before it is dead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        async with patiently("a worker"):
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def a_nursery(url: str, data: str) -> AsyncIterator[Nursery]:
    """A process that makes workers, which ends once the last of them is dead."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.connectors.worker", url, data),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with patiently("the nursery to end"):
            await process.wait()


async def at_once(hub: HubClient) -> None:
    """Whoever held a connector is dead; everything is due."""
    await run(
        hub, "UPDATE connector SET leased_until = NULL, blocked_until = NULL, next_at = now()"
    )


async def progress(hub: HubClient) -> int:
    """How much has been done."""
    ((many,),) = await hub.stored(
        "SELECT count(*) + count(done_at) + count(receipt) FROM connector_message"
    )
    return int(many)


async def settled(hub: HubClient, system: System, one: Connected) -> bool:
    """Whether all that is known has been told and applied."""
    ((waiting, told),) = await hub.stored(
        "SELECT count(*) FILTER (WHERE state = 'PENDING'),"
        " count(*) FILTER (WHERE connector_id = :id AND direction = 'IN') FROM connector_message",
        id=one.key,
    )
    return bool(waiting == 0 and told == len(system.events))


@pytest.mark.timeout(600)
async def test_killed_twenty_times_in_the_middle_the_hub_ends_as_the_other_systems_are(
    hub: HubClient, enterprise: Keeper, steward: Keeper, own_url: str
) -> None:
    chance = random.Random(SEED)  # noqa: S311
    erp, ecqs = Erp("erp-credential"), Ecqs("ecqs-credential")
    assert enterprise.owner is not None
    filed: list[Instrument] = []
    async with (
        simulating(erp) as erp_url,
        simulating(ecqs) as ecqs_url,
        a_nursery(own_url, str(hub.hub.settings.data)) as nursery,
    ):
        own = await connected(hub, enterprise, ConnectorKind.ERP, erp, erp_url)
        platform = await connected(hub, steward, ConnectorKind.ECQS, ecqs, ecqs_url)
        for kill in range(KILLS):
            lines = [a_filed(enterprise.owner, FilingState.NONE) for _ in range(AT_ONCE)]
            await hub.all_given(*lines)
            filed += lines
            done(await file(hub, enterprise.who, *lines))
            for key in chance.sample(sorted(erp.ledger), AT_ONCE):
                erp.state(key, department=f"车间{kill}", location=f"{chance.random():.6f}")
            erp.behaviour = ecqs.behaviour = chance.choice(BEHAVIOURS)
            await at_once(hub)
            before = await progress(hub)
            worker = await nursery.worker()
            async with patiently("the worker to do something"):
                while await progress(hub) == before:  # noqa: ASYNC110 -- it tells no one
                    await asyncio.sleep(0.002)
            await asyncio.sleep(chance.random() / 5)
            os.kill(worker, signal.SIGKILL)
        erp.behaviour = ecqs.behaviour = Behaviour()
        await at_once(hub)
        worker = await nursery.worker()
        async with patiently("everything to be told and applied"):
            while not await settled(hub, erp, own) or not await settled(hub, ecqs, platform):
                await at_once_if_idle(hub)
                await asyncio.sleep(0.1)
        os.kill(worker, signal.SIGKILL)

    rows = await hub.stored(LEDGER, code=own.code)
    wanted = ("name", "department", "location", "custodian")
    assert {row.asset_no: [getattr(row, name) for name in wanted] for row in rows} == {
        line["assetNo"]: [line[name] for name in wanted] for line in erp.ledger.values()
    }
    for system, one in ((erp, own), (ecqs, platform)):
        told = await hub.stored(TOLD, id=one.key)
        assert sorted(row.key for row in told) == sorted(event["id"] for event in system.events)
        assert {row.state for row in told} <= {"DONE", "STALE"}
    said = await hub.stored(SAID, id=platform.key)
    assert {row.key for row in said} == set(ecqs.messages)
    assert {row.state for row in said} == {"DONE"}
    assert len(ecqs.messages) == len(filed) == KILLS * AT_ONCE
    decisions = await hub.stored(DECISIONS, keys=[line.id for line in filed])
    assert {row.object_id: row.many for row in decisions} == dict.fromkeys(
        (line.id for line in filed), 1
    )


async def at_once_if_idle(hub: HubClient) -> None:
    """Systems are read again at once, not half a minute later."""
    await run(hub, "UPDATE connector SET next_at = now() WHERE leased_until IS NULL")
