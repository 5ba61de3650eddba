"""The worker that runs: woken by changes, through bad targets, and after it was killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import pytest
from structlog.testing import capture_logs

from hub.embedded.supervisor import Embedded
from hub.events import Change
from hub.integrations.outbound import Wall, outbound
from hub.jobs import deliveries, sequencer, webhooks
from hub.jobs.deliveries import SLOTS, Postman
from hub.jobs.webhooks import Event
from hub.tasks import end
from schema.changes import event_of
from tests.doors import HubClient
from tests.given import an_instrument
from tests.patience import PATIENCE, patiently
from tests.webhooks.receiver import (
    Answer,
    Message,
    Receiver,
    endless_headers,
    receiving,
    silence,
    status,
)
from tests.webhooks.verbs import (
    Keeper,
    Worker,
    a_hook,
    changed,
    do,
    done,
    leases_over,
    seen,
    states,
)


async def hang_up(message: Message, out: asyncio.StreamWriter) -> None:
    """No answer, and no connection any more."""
    out.transport.abort()


BAD: list[Answer] = [silence, silence, silence, status(500), status(500), hang_up]
BAD += [endless_headers, status(302), status(429)]


@asynccontextmanager
async def working(
    hub: HubClient, receivers: Sequence[Receiver], seconds: float = 15
) -> AsyncIterator[None]:
    """A worker that may reach the receivers runs while inside; a try lasts so many seconds."""
    own = hub.hub
    async with outbound(Wall({one.target for one in receivers}), seconds) as way:
        postman = Postman(own.database, way, own.vault)
        jobs = [
            asyncio.create_task(sequencer.run(own.database, own.feed)),
            asyncio.create_task(webhooks.run(own.database, own.feed, own.log, event_of)),
            asyncio.create_task(deliveries.run(postman)),
        ]
        try:
            yield
        finally:
            await end(*jobs)


async def test_a_good_target_is_told_everything_while_nine_bad_ones_hold_two_slots_at_most(
    hub: HubClient, keeper: Keeper
) -> None:
    async with receiving(10) as (good, *bad), working(hub, [good, *bad], seconds=2 * PATIENCE):
        for one, answer in zip(bad, BAD, strict=True):
            one.answer = answer
        for one in (*bad, good):
            await a_hook(hub, keeper.admin, one)
        async with patiently("the good target to be told"):
            for told in range(1, 16):
                await changed(hub, keeper.owner)
                await good.until(told)

        assert len(set(good.ids)) == 15
        assert [one.most_at_once for one in bad if one.most_at_once > SLOTS] == []
        assert [len(one.heard) for one in bad[:3]] == [SLOTS] * 3  # they hang still
        assert all(one.heard for one in bad)


async def test_a_worker_that_runs_hears_of_tests_resumptions_and_replays(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    async with working(hub, [receiver]), patiently("the receiver to be told"):
        hook = await a_hook(hub, keeper.admin, receiver)
        start = (await seen(hub, hook))["cursor"]
        done(await do(hub, keeper.admin, "testWebhook", id=hook.id))
        await receiver.until(1)
        asked = {"id": hook.id}
        done(
            await do(hub, keeper.admin, "updateWebhook", **asked, expectedVersion=1, state="PAUSED")
        )
        await hub.all_given(an_instrument(keeper.owner), an_instrument(keeper.owner))
        done(
            await do(hub, keeper.admin, "updateWebhook", **asked, expectedVersion=2, state="ACTIVE")
        )
        await receiver.until(3)
        while "PENDING" in await states(hub, hook):  # noqa: ASYNC110 -- the database knows
            await asyncio.sleep(0.02)
        done(await do(hub, keeper.admin, "replayWebhook", **asked, expectedVersion=3, after=start))
        await receiver.until(5)

    assert len(set(receiver.ids)) == 3
    assert set(receiver.ids[1:3]) == set(receiver.ids[3:5])


async def test_what_keeps_a_worker_from_looking_is_named_without_its_values(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    def tell(change: Change) -> Event:
        raise KeyError(change["object_id"])

    await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner)
    own = hub.hub
    with capture_logs() as said:
        job = asyncio.create_task(webhooks.run(own.database, own.feed, own.log, tell))
        async with patiently("a warning"):
            while not said:  # noqa: ASYNC110 -- the log tells nobody
                await asyncio.sleep(0.02)
        await end(job)

    assert said[0]["error"] == ["KeyError"]


@contextmanager
def hub_worker(hub: HubClient, servers: Embedded, url: str, target: str) -> Iterator[int]:
    """The process id of `hub worker`, which is killed at the end if it lives."""
    environment = {
        "HUB_DATABASE_URL": url,
        "HUB_REDIS_URL": servers.redis_url,
        "HUB_DATA": str(hub.hub.settings.data),
        "HUB_WEBHOOK_ALLOW": target,
    }
    command = [sys.executable, "-c", "from hub.cli import main; main()", "worker"]
    with subprocess.Popen(command, env=os.environ | environment) as process:  # noqa: S603 -- ours
        try:
            yield process.pid
        finally:
            process.kill()


async def test_a_worker_killed_with_deliveries_in_hand_loses_none(
    hub: HubClient,
    keeper: Keeper,
    receiver: Receiver,
    worker: Worker,
    servers: Embedded,
    own_url: str,
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = silence
    await changed(hub, keeper.owner, 6)
    with hub_worker(hub, servers, own_url, receiver.target) as pid:
        async with patiently("the worker to send"):
            await receiver.until(SLOTS)
        os.kill(pid, signal.SIGKILL)
    in_hand = set(receiver.ids)
    receiver.answer = status(204)

    early = await worker.round()
    await leases_over(hub)
    await worker.all()

    assert len(in_hand) == SLOTS
    assert early == 0
    assert in_hand < set(receiver.ids)
    assert len(set(receiver.ids)) == 6
    assert await states(hub, hook) == ["DELIVERED"] * 6


@pytest.mark.parametrize("lost", ["database", "valkey"])
async def test_a_worker_goes_on_after_what_it_stands_on_was_away(
    hub: HubClient, keeper: Keeper, receiver: Receiver, lost: str
) -> None:
    async with working(hub, [receiver]), patiently("the receiver to be told"):
        await a_hook(hub, keeper.admin, receiver)
        await hub.given(an_instrument(keeper.owner))
        await receiver.until(1)
        if lost == "database":
            await hub.stored(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                " AND usename = current_user"
            )
        else:
            await hub.hub.redis.client_kill_filter(_type="pubsub", skipme=True)
        while len(receiver.heard) < 2:
            try:
                await hub.given(an_instrument(keeper.owner))
            except Exception:  # noqa: BLE001 -- until the pool has noticed
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.2)
