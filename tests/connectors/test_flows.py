"""Whole flows over the wire, with simulated systems that behave well and badly."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from examples.simulators.behaviour import Behaviour
from examples.simulators.ecqs import Ecqs
from examples.simulators.licensing import COURSE, DIVERSION, Licensing
from examples.simulators.push import Push
from examples.simulators.submission import Submission
from examples.simulators.system import System
from hub.exchange import ConnectorKind
from hub.vocabulary import FilingState, Role
from tests.connectors.flows import a_filed, ask_for, done, file, issue_now
from tests.connectors.simulating import on_loopback, simulating
from tests.connectors.verbs import Connected, Keeper, Worker, a_connector, connected, states
from tests.doors import HubClient
from tests.given import a_user, an_instrument
from tests.issuing import Bench, a_bench, issued
from tests.patience import patiently
from tests.webhooks.verbs import run

BAD = {
    "slow": Behaviour(slow=30),
    "down": Behaviour(down=True),
    "cut": Behaviour(cut=True),
    "duplicated": Behaviour(duplicated=True),
    "reordered": Behaviour(reordered=True),
    "wrong totals": Behaviour(wrong_totals=True),
    "garbage": Behaviour(garbage=True),
    "all at once": Behaviour(cut=True, duplicated=True, reordered=True, wrong_totals=True),
}
FILED = """
SELECT filing_state, compulsory_code FROM instrument WHERE owner_id = :id ORDER BY id
"""
TASKS = """
SELECT task_no, instrument_id, state FROM verification_task WHERE owner_id = :id ORDER BY task_no
"""
LINES = 3


@pytest.fixture
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def ecqs(hub: HubClient, steward: Keeper) -> AsyncIterator[tuple[Ecqs, Connected]]:
    """The platform of compulsory verification, connected."""
    await run(hub, "UPDATE connector SET base_url = NULL WHERE organization_id IS NULL")
    system = Ecqs("ecqs-credential")
    async with simulating(system) as url:
        yield system, await connected(hub, steward, ConnectorKind.ECQS, system, url)


async def settle(worker: Worker) -> None:
    """Let time pass until whatever failed has been tried again, and again."""
    for _ in range(8):
        await worker.later(minutes=45)


def expected(system: System) -> list[str]:
    """The numbers of the tasks that a system has dispatched."""
    tasks = [one["data"]["taskNo"] for one in system.events if one["type"] == "task.dispatched"]
    return sorted(tasks)


@pytest.mark.parametrize("bad", [Behaviour(), *BAD.values()], ids=["well", *BAD])
async def test_filing_appointment_and_tasks_end_as_the_platform_has_them(
    hub: HubClient,
    bench: Bench,
    ecqs: tuple[Ecqs, Connected],
    worker: Worker,
    bad: Behaviour,
) -> None:
    system, connector = ecqs
    lines = [a_filed(bench.client, FilingState.NONE) for _ in range(LINES)]
    await hub.all_given(*lines)
    done(await file(hub, bench.client_user, *lines))

    system.behaviour = bad
    await worker.all()
    await worker.later(minutes=10)
    system.behaviour = Behaviour()
    await settle(worker)
    filed = await hub.stored(FILED, id=bench.client.id)
    done(await ask_for(hub, bench.client_user, bench.lab.organization, *lines))
    system.behaviour = bad
    await worker.all()
    await worker.later(minutes=10)
    system.behaviour = Behaviour()
    await settle(worker)

    told = {one["data"]["filingNo"] for one in system.events if one["type"] == "filing.accepted"}
    assert {row.filing_state for row in filed} == {"ACCEPTED"}
    assert {row.compulsory_code for row in filed} == told
    assert len(told) == LINES
    tasks = await hub.stored(TASKS, id=bench.client.id)
    assert [row.task_no for row in tasks] == expected(system)
    assert {row.instrument_id for row in tasks} == {line.id for line in lines}
    assert len(system.messages) == LINES + 1
    assert set(await states(hub, connector, "OUT")) == {"DONE"}
    assert set(await states(hub, connector)) <= {"DONE", "STALE"}
    ((state, number),) = await hub.stored(
        "SELECT state, external_no FROM verification_request WHERE applicant_id = :id",
        id=bench.client.id,
    )
    assert (state, number is not None) == ("DISPATCHED", True)


@pytest.mark.parametrize("behind", [timedelta(minutes=2), timedelta(minutes=-2)], ids=str)
async def test_what_the_hub_notes_of_a_refusal_keeps_nothing_back_that_another_clock_tells_of(
    hub: HubClient, bench: Bench, ecqs: tuple[Ecqs, Connected], worker: Worker, behind: timedelta
) -> None:
    system, connector = ecqs
    line = await hub.given(a_filed(bench.client, FilingState.NONE))
    system.behaviour = Behaviour(refusing=True)
    done(await file(hub, bench.client_user, line))
    await worker.all()
    system.behaviour = Behaviour()
    done(await file(hub, bench.client_user, line))
    await worker.later(seconds=1)

    system.events[-1]["at"] = (datetime.now(UTC) - behind).isoformat()
    await settle(worker)

    ((state, _),) = await hub.stored(FILED, id=bench.client.id)
    assert state == "ACCEPTED"
    assert set(await states(hub, connector)) == {"DONE"}


async def test_results_reach_the_institutes_own_system_once_each_though_it_drops_every_answer(
    hub: HubClient, bench: Bench, worker: Worker
) -> None:
    system = Submission("submission-credential")
    admin = await hub.given(a_user(bench.lab.organization, Role.ORG_ADMIN))
    lines = [an_instrument(bench.client, serial_no=f"{n}", manufacturer="甲厂") for n in range(2)]
    await hub.all_given(*lines)
    async with simulating(system) as url:
        keeper = Keeper(admin, bench.lab.organization)
        connector = await connected(hub, keeper, ConnectorKind.SUBMISSION, system, url)
        done(await ask_for(hub, bench.client_user, bench.lab.organization, *lines))
        await worker.all()
        await worker.later(minutes=1)
        certificates = [issued(await issue_now(hub, bench.lab, line))["number"] for line in lines]
        system.behaviour = Behaviour(cut=True)
        await worker.later(minutes=1)
        system.behaviour = Behaviour()
        await settle(worker)

    reports = [one for one in system.messages.values() if one["type"] == "result.report"]
    assert sorted(one["data"]["certificateNo"] for one in reports) == sorted(certificates)
    assert max(system.tries[one["id"]] for one in reports) > 1
    assert set(await states(hub, connector, "OUT")) == {"DONE"}
    rows = await hub.stored(TASKS, id=bench.client.id)
    assert [row.state for row in rows] == ["REPORTED", "REPORTED"]


async def test_what_a_system_will_never_take_comes_back_as_a_return(
    hub: HubClient, bench: Bench, ecqs: tuple[Ecqs, Connected], worker: Worker
) -> None:
    system, connector = ecqs
    gauge = await hub.given(a_filed(bench.client, FilingState.NONE))
    done(await file(hub, bench.client_user, gauge))
    system.behaviour = Behaviour(refusing=True)

    await worker.all()

    ((state, reason),) = await hub.stored(
        "SELECT filing_state, filing_reason FROM instrument WHERE id = :id", id=gauge.id
    )
    assert (state, reason) == ("RETURNED", "系统不受理此类业务")
    assert await states(hub, connector, "OUT") == ["REJECTED"]


@pytest.mark.parametrize(
    "bad",
    [
        Behaviour(),
        Behaviour(duplicated=True),
        Behaviour(reordered=True),
        Behaviour(duplicated=True, reordered=True, garbage=True),
        Behaviour(slow=0.01),
    ],
    ids=["well", "duplicated", "reordered", "all at once", "slow"],
)
async def test_pushed_stages_end_where_the_last_of_them_leads(
    hub: HubClient, bench: Bench, steward: Keeper, worker: Worker, bad: Behaviour
) -> None:
    connector = await a_connector(hub, steward, ConnectorKind.LICENSING)
    uscc = bench.client.uscc or ""
    app: Any = hub.http._transport
    async with on_loopback(app.app, lifespan="off") as url:
        push = Push(f"{url}{connector.door}", connector.secret, behaviour=bad)
        system = Licensing("unused", push, behaviour=bad)
        async with simulating(system):
            numbers = {
                system.apply(uscc, bench.client.name): "ARCHIVED",
                system.apply(uscc, bench.client.name, diverted=True): "SPECIAL",
            }
            async with patiently("all stages to be pushed"):
                while len({one["id"] for one in push.answers}) < len(COURSE) + len(DIVERSION):  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0.02)
    await worker.all()

    rows = await hub.stored(
        "SELECT id, acceptance_no, state FROM licence_application WHERE applicant_id = :id",
        id=bench.client.id,
    )
    assert {row.acceptance_no: row.state for row in rows} == numbers
    assert {one["status"] for one in push.answers} == {202}
    assert await unfitting(hub, [row.id for row in rows]) == []
    assert set(await states(hub, connector)) == {"DONE"}


async def unfitting(hub: HubClient, keys: list[UUID]) -> Any:
    """The stages of applications that do not fit."""
    wanted = "SELECT stage FROM licence_step WHERE NOT fits AND application_id = ANY(:keys)"
    return await hub.stored(wanted, keys=keys)
