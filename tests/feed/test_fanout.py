"""One evaluation for many subscribers: who shares it, what it costs, and that no event is lost."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from hub.actions.session import revoke
from hub.actor import PLATFORM, SIGN_IN, Actor
from hub.policies.journal import concerns
from hub.policy import readable
from hub.settings import Settings
from hub.tables.journal import FeedChange
from hub.vocabulary import Role
from hub.web.app import Hub
from hub.web.channels import KEPT
from hub.web.operations import Outcome
from tests.doors import HubClient, counted, opened
from tests.feed.audience import CHANGES, Firm, Listener, a_firm, audience
from tests.given import a_person, a_user
from tests.patience import patiently

CUSTODIANS = "subscription { instrumentChanged { instrument { custodianPerson { name } } } }"
KILL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


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
    async with patiently("a connection that works"):
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
