"""The subscription `changes`: what was missed comes first, then what happens, each exactly once."""

import asyncio
import os
import random
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.actor import SIGN_IN
from hub.changes import cursor, position
from hub.embedded.supervisor import Embedded
from hub.tables.instrument import Instrument
from hub.tasks import end
from tests.doors import Asker, HubClient, id_of
from tests.feed.clients import WIRES, Follower
from tests.feed.verbs import now, numbered
from tests.given import a_certificate, a_laboratory, an_instrument
from tests.ledger_verbs import Firm, a_firm, done, retire
from tests.patience import patiently

HUB = Path(sys.executable).with_name("hub")
MANY, CUTS = 2_000, 20
OF_FIRM = (
    "SELECT pos FROM feed WHERE organization_ids @> ARRAY[CAST(:owner AS uuid)]"
    " AND pos > :after AND object_type <> 'User' ORDER BY pos"
)


@pytest.fixture(scope="module")
def hub(live: HubClient) -> HubClient:
    """What serves on the loopback."""
    return live


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def a_follower(hub: HubClient, who: Asker, wire: str, after: str | None) -> Follower:
    return Follower(WIRES[wire], str(hub.http.base_url), await hub.token(who), after)


@asynccontextmanager
async def following(follower: Follower, **variables: Any) -> AsyncIterator[None]:
    """Let it follow while inside."""
    task = asyncio.create_task(follower.follow(**variables))
    try:
        async with patiently("changes"):
            yield
    finally:
        await end(task)


async def refusal(hub: HubClient, who: Asker, wire: str, after: str) -> Any:
    """The one message of a subscription that is refused."""
    url, token = str(hub.http.base_url), await hub.token(who)
    wire_ = WIRES[wire](url, token, {"after": after})
    async with aclosing(wire_) as messages, patiently("a refusal"):
        message = await anext(messages)
    payload = message["payload"]
    (error,) = payload if isinstance(payload, list) else payload["errors"]
    return error["extensions"]


async def test_what_was_missed_comes_first_and_then_what_happens(
    hub: HubClient, firm: Firm, wire: str
) -> None:
    start = await now(hub, firm.user)
    missed = [await hub.given(an_instrument(firm.owner)) for _ in range(3)]
    follower = await a_follower(hub, firm.user, wire, start)

    async with following(follower):
        await follower.until(3)
        later = [await hub.given(an_instrument(firm.owner)) for _ in range(3)]
        await follower.until(6)

    assert [one["id"] for one in follower.heard] == [id_of(one) for one in missed + later]
    assert {one["node"]["id"] == one["id"] for one in follower.heard} == {True}


async def test_without_a_cursor_it_begins_now(hub: HubClient, firm: Firm, wire: str) -> None:
    before = id_of(await hub.given(an_instrument(firm.owner)))
    await numbered(hub)
    follower = await a_follower(hub, firm.user, wire, None)

    async with following(follower):
        while not follower.heard:
            await hub.given(an_instrument(firm.owner))
            await asyncio.sleep(0.1)

    assert before not in {one["id"] for one in follower.heard}


async def test_only_the_wanted_types_come_from_the_past_and_now(
    hub: HubClient, firm: Firm, wire: str
) -> None:
    lab, start = await hub.given(a_laboratory()), await now(hub, firm.user)
    gauge = await hub.given(an_instrument(firm.owner))
    missed = await hub.given(a_certificate(lab.organization, gauge))
    follower = await a_follower(hub, firm.user, wire, start)

    async with following(follower, types=["CERTIFICATE"]):
        await follower.until(1)
        await hub.given(an_instrument(firm.owner))
        later = await hub.given(a_certificate(lab.organization, gauge))
        await follower.until(2)

    assert [one["id"] for one in follower.heard] == [id_of(missed), id_of(later)]
    assert {one["type"] for one in follower.heard} == {"CERTIFICATE"}


async def test_a_deletion_says_why(hub: HubClient, firm: Firm, wire: str) -> None:
    gauge = await hub.given(an_instrument(firm.owner))
    await numbered(hub)
    follower = await a_follower(hub, firm.user, wire, await now(hub, firm.user))

    async with following(follower):
        done(await retire(hub, firm.user, gauge))
        await follower.until(1)

    (gone,) = follower.heard
    assert (gone["kind"], gone["reason"], gone["node"]) == ("DELETE", "RETIRED", None)


async def test_a_long_past_without_own_changes_is_passed_over(
    hub: HubClient, firm: Firm, wire: str
) -> None:
    other, start = await a_firm(hub), await now(hub, firm.user)
    await store(hub, other, 1_000)
    await numbered(hub)
    follower = await a_follower(hub, firm.user, wire, start)

    async with following(follower):
        mine = await hub.given(an_instrument(firm.owner))
        await follower.until(1)

    assert [one["id"] for one in follower.heard] == [id_of(mine)]


async def test_a_cursor_that_is_none_is_refused_at_its_argument(
    hub: HubClient, firm: Firm, wire: str
) -> None:
    told = await refusal(hub, firm.user, wire, "nonsense")

    assert (told["code"], told["inputPath"]) == ("BAD_INPUT", ["after"])


async def test_a_cursor_that_leads_nowhere_is_told_where_to_begin_anew(
    hub: HubClient, firm: Firm, wire: str
) -> None:
    await numbered(hub)
    told = await refusal(hub, firm.user, wire, cursor(2**40))

    assert told["code"] == "CHANGE_TOKEN_EXPIRED"
    assert position(told["restartToken"]) >= position(await now(hub, firm.user)) - 1


async def store(hub: HubClient, of: Firm, many: int) -> None:
    """So many instruments of `of` in one transaction."""
    filled_in = {"created_at", "updated_at"}
    rows = [an_instrument(of.owner).model_dump(exclude=filled_in) for _ in range(many)]
    async with hub.hub.database.writer(SIGN_IN) as db:
        await db.insert_many(Instrument, rows, action="given")


@asynccontextmanager
async def process(data: Path, port: int, database_url: str, redis_url: str) -> AsyncIterator[None]:
    """A hub of its own on `port`, its worker inside, once it answers; killed at the end."""
    environment = {
        **os.environ,
        "HUB_DATABASE_URL": database_url,
        "HUB_REDIS_URL": redis_url,
        "HUB_DATA": str(data),
        "HUB_PORT": str(port),
    }
    one = await asyncio.create_subprocess_exec(str(HUB), "up", env=environment, stdout=PIPE)
    try:
        assert one.stdout is not None
        async with patiently("a hub to be ready"):
            assert (await one.stdout.readline()).startswith(b"ready ")
        yield
    finally:
        one.kill()
        await one.communicate()


async def test_who_is_cut_off_twenty_times_and_loses_the_server_once_hears_all_exactly_once(
    hub: HubClient, firm: Firm, wire: str, own_url: str, servers: Embedded, tmp_path: Path
) -> None:
    start = await now(hub, firm.user)
    chance = random.Random(20)  # noqa: S311 -- a test
    cuts = iter(sorted(chance.sample(range(MANY - 200), CUTS)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    follower = Follower(WIRES[wire], f"http://127.0.0.1:{port}", await hub.token(firm.user), start)
    made = 0

    async def cut() -> None:
        await follower.until(next(cuts, 2 * MANY))
        await asyncio.sleep(chance.random() / 50)

    async def write() -> None:
        nonlocal made
        while made < MANY:
            size = min(chance.randint(1, 20), MANY - made)
            await store(hub, firm, size)
            made += size
            await asyncio.sleep(0.02)

    given = (tmp_path, port, own_url, servers.redis_url)
    async with patiently("all changes"), asyncio.TaskGroup() as tasks:
        async with process(*given):
            listening = tasks.create_task(follower.follow_through(cut))
            writing = tasks.create_task(write())
            await follower.until(MANY // 2)
        async with process(*given):
            await writing
            await follower.until(MANY)
            listening.cancel()

    stored = await hub.stored(OF_FIRM, owner=firm.owner.id, after=position(start))
    assert [int(one["pos"]) for one in follower.heard] == [pos for (pos,) in stored]
    assert len(stored) == MANY
    assert next(cuts, None) is None
