"""One evaluation for many subscribers: who shares it, what it costs, and that no event is lost."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from hub.actions.session import revoke
from hub.actor import PLATFORM, SIGN_IN, Actor
from hub.embedded.supervisor import Embedded
from hub.jobs.sequencer import sequence
from hub.policies.journal import concerns
from hub.policy import readable
from hub.settings import Settings
from hub.tables.journal import FeedChange
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import Role
from hub.web.app import Hub
from hub.web.body import Asked
from hub.web.channels import KEPT, Shared
from hub.web.door import Caller
from hub.web.operations import Operations, Outcome
from tests.doors import HubClient, counted, id_of, opened
from tests.fresh import empty_copy
from tests.given import a_person, a_user, an_instrument, an_organization

CHANGES = "subscription { instrumentChanged { pos id instrument { assetNo name status } } }"
CUSTODIANS = "subscription { instrumentChanged { instrument { custodianPerson { name } } } }"
PATIENCE = 30
KILL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

Told = Outcome | Shared
Stream = AsyncGenerator[Told, None]


class Firm:
    """An enterprise whose people listen to its changes."""

    def __init__(self, hub: HubClient, owner: Organization, users: Sequence[User]) -> None:
        self.owner = owner
        self.users = users
        self._hub = hub

    async def changes(self, many: int = 1, each: int = 1) -> list[str]:
        """Make so many transactions of so many changes, and number them; the objects in order."""
        made = []
        for _ in range(many):
            rows = [an_instrument(self.owner) for _ in range(each)]
            await self._hub.all_given(*rows)
            made += [id_of(row) for row in rows]
            await self.number()
        return made

    async def number(self) -> None:
        """Give what waits its places in the feed, and say so."""
        pos = await sequence(self._hub.hub.database)
        assert pos is not None
        await self._hub.hub.feed.announce(pos)


async def a_firm(hub: HubClient, users: int = 1) -> Firm:
    """An enterprise with so many accounts."""
    owner = await hub.given(an_organization())
    accounts = [await hub.given(a_user(owner)) for _ in range(users)]
    firm = Firm(hub, owner, accounts)
    await firm.number()
    return firm


@pytest.fixture(scope="module")
def own_url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "fanout")


@pytest.fixture(scope="module")
async def hub(
    servers: Embedded, own_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HubClient]:
    """A hub whose feed nobody else numbers."""
    settings = Settings(data=tmp_path_factory.mktemp("fanout"))
    async with opened(Hub(settings, own_url, servers.redis_url)) as client:
        yield client


class Audience:
    """Streams of one process."""

    def __init__(self, hub: HubClient) -> None:
        self._hub = hub
        self._operations = Operations(hub.hub, hub.hub.settings)
        self._open = AsyncExitStack()

    async def joined(self, user: User, query: str = CHANGES, language: str = "zh") -> "Listener":
        """A new stream of `user`, which has begun."""
        caller = Caller({}, await self._hub.token(user), language, "fanout-test")
        begun = asyncio.Event()
        stream = self._operations.events(Asked(query), caller, subscribed=begun)
        listener = Listener(await self._open.enter_async_context(aclosing(stream)))
        self._open.push_async_callback(listener.leave)
        await begun.wait()
        return listener

    async def close(self) -> None:
        """Let everybody leave."""
        await self._open.aclose()


class Listener:
    """One stream, asked for its next answer from the start."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._next = asyncio.ensure_future(anext(stream))

    async def told(self) -> Told:
        """The next answer or answers."""
        async with asyncio.timeout(PATIENCE):
            found = await self._next
        self._next = asyncio.ensure_future(anext(self._stream))
        return found

    async def hears(self, last: str) -> list[Any]:
        """The changes up to the one of the object `last`."""
        found: list[Any] = []
        while not found or found[-1]["id"] != last:
            told = await self.told()
            assert isinstance(told, Shared), told
            found += [read(body) for _, body in told.answers]
        return found

    async def leave(self) -> None:
        """Ask for nothing any more."""
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


def read(body: bytes) -> Any:
    """The change in an answer without errors."""
    answer = json.loads(body)
    assert "errors" not in answer
    return answer["data"]["instrumentChanged"]


@asynccontextmanager
async def audience(hub: HubClient) -> AsyncIterator[Audience]:
    found = Audience(hub)
    try:
        yield found
    finally:
        await found.close()


async def test_an_event_is_read_and_resolved_once_for_all_colleagues(hub: HubClient) -> None:
    firm = await a_firm(hub, users=3)

    async with audience(hub) as room:
        listeners = [await room.joined(user) for user in firm.users for _ in range(4)]
        with counted(hub.hub) as statements:
            await firm.changes(each=5)
            told = [await one.told() for one in listeners]

    assert len({id(one) for one in told}) == 1
    assert len([one for one in statements if "FROM instrument" in one]) == 1
    assert len([one for one in statements if "FROM feed " in one]) < len(listeners)


async def test_who_asks_otherwise_or_in_another_language_shares_no_answers(hub: HubClient) -> None:
    firm = await a_firm(hub, users=2)
    other = CHANGES.replace("status", "dueDate")

    async with audience(hub) as room:
        listeners = [
            await room.joined(firm.users[0]),
            await room.joined(firm.users[1], other),
            await room.joined(firm.users[1], language="en"),
        ]
        await firm.changes()
        told = [await one.told() for one in listeners]

    assert len({id(one) for one in told}) == 3


async def test_what_depends_on_the_person_is_resolved_for_each_account(hub: HubClient) -> None:
    firm = await a_firm(hub)
    people = [await hub.given(a_person(firm.owner)) for _ in range(2)]
    users = [await hub.given(a_user(firm.owner, person_id=one.id)) for one in people]

    async with audience(hub) as room:
        listeners = [await room.joined(user, CUSTODIANS) for user in users]
        await firm.changes()
        told = [await listener.told() for listener in listeners]

    assert told[0] is not told[1]


async def test_another_organisation_hears_nothing(hub: HubClient) -> None:
    mine, other = await a_firm(hub), await a_firm(hub)

    async with audience(hub) as room:
        listener = await room.joined(mine.users[0])
        await other.changes(3)
        made = await mine.changes()
        await other.changes()
        found = await listener.hears(made[-1])

    assert [one["id"] for one in found] == made


async def test_a_slow_reader_gets_all_in_order_however_far_it_falls_behind(hub: HubClient) -> None:
    firm = await a_firm(hub, users=2)

    async with audience(hub) as room:
        slow = await room.joined(firm.users[0])
        quick = await room.joined(firm.users[1])
        made = await firm.changes(4, each=KEPT // 2)
        at_once = await quick.hears(made[-1])
        late = await slow.hears(made[-1])

    assert [one["pos"] for one in late] == [one["pos"] for one in at_once]
    assert [one["id"] for one in late] == made


async def test_who_joins_while_events_run_hears_every_one_from_then_on_once(hub: HubClient) -> None:
    firm = await a_firm(hub, users=2)

    async with audience(hub) as room:
        changing = asyncio.create_task(firm.changes(60, each=3))
        listeners: list[Listener] = []
        while not changing.done():
            if len(listeners) < 30:
                listeners.append(await room.joined(firm.users[len(listeners) % 2]))
            await asyncio.sleep(0.005)
        made = await changing
        made += await firm.changes()
        heard = [[one["id"] for one in await each.hears(made[-1])] for each in listeners]

    assert len(listeners) > 5
    for found in heard:
        assert found == made[-len(found) :]
    assert len(heard[0]) > len(heard[-1])


async def test_a_second_after_its_token_was_revoked_a_stream_tells_nothing(hub: HubClient) -> None:
    firm = await a_firm(hub, users=2)
    token = await hub.token(firm.users[0])
    assert token is not None

    async with audience(hub) as room:
        gone, stays = [await room.joined(user) for user in firm.users]
        before = await firm.changes()
        await gone.hears(before[-1])
        await revoke(hub.hub.database, token)
        await asyncio.sleep(1)
        after = await firm.changes()
        refusal = await gone.told()
        heard = await stays.hears(after[-1])

    assert isinstance(refusal, Outcome)
    assert refusal.locks_out
    assert [one["id"] for one in heard] == before + after


async def test_connections_that_the_database_ends_lose_nothing(
    hub: HubClient, own_url: str
) -> None:
    firm = await a_firm(hub)
    killer = create_async_engine(own_url)

    async with audience(hub) as room:
        listener = await room.joined(firm.users[0])
        made = await firm.changes()
        await listener.hears(made[-1])
        async with killer.connect() as connection:
            await connection.execute(KILL)
        await killer.dispose()
        last = await again(firm)
        found = await listener.hears(last)

    assert found[-1]["id"] == last


async def again(firm: Firm) -> str:
    """A change, as soon as the pools have found out what happened to them."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return (await firm.changes())[-1]
            except Exception:  # noqa: BLE001 -- each connection of a pool says so once
                await asyncio.sleep(0.05)


async def test_without_valkey_events_come_all_the_same(own_url: str, tmp_path: Path) -> None:
    alone = Hub(Settings(data=tmp_path), own_url, "redis://127.0.0.1:1")
    async with opened(alone) as client:
        firm = await a_firm(client)
        async with audience(client) as room:
            listener = await room.joined(firm.users[0])
            made = await firm.changes(2)
            found = await listener.hears(made[-1])

    assert [one["id"] for one in found] == made


@pytest.mark.parametrize("role", [Role.USER, Role.DATA_STEWARD, Role.LAB_STAFF])
async def test_a_change_at_hand_is_for_those_who_may_read_it(hub: HubClient, role: Role) -> None:
    firm, other = await a_firm(hub), await a_firm(hub)
    await firm.changes()
    organizations = (firm.owner.id, other.owner.id, None)
    actors = [
        Actor(user_id=SIGN_IN.user_id, organization_id=one, roles=frozenset({role}))
        for one in organizations
    ]

    async with hub.hub.database.reader(PLATFORM) as db:
        rows = await db.all(
            readable(PLATFORM, FeedChange).order_by(col(FeedChange.pos).desc()).limit(9)
        )
    for actor in actors:
        async with hub.hub.database.reader(actor) as db:
            seen = {row["pos"] for row in await db.all(readable(actor, FeedChange))}
        assert {row["pos"] for row in rows if concerns(actor, row)} == seen & {
            row["pos"] for row in rows
        }
