"""What one evaluation for many may hold and how long: heavy answers, hard times, and one by one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col

from hub import db
from hub.actor import PLATFORM, Actor
from hub.embedded.supervisor import Embedded
from hub.policy import readable
from hub.settings import Settings
from hub.tables.instrument import Instrument
from hub.web import pace
from hub.web.app import Hub
from hub.web.channels import BYTES_AT_ONCE, BYTES_KEPT, Shared
from tests.doors import HubClient, id_of, opened
from tests.feed.audience import Firm, Listener, a_firm, audience
from tests.given import a_certificate, a_laboratory, an_instrument
from tests.patience import patiently

REMARKS = " ".join(f"a{at}: remark" for at in range(195))
REMARKS = f"subscription {{ instrumentChanged {{ id instrument {{ {REMARKS} }} }} }}"
PAPERS = """subscription { instrumentChanged { id instrument {
    certificates(first: 5) { nodes { number } } } } }"""
NAMES = "subscription { instrumentChanged { id instrument { name } } }"
LOCK_TIMEOUT = 100
"""Milliseconds."""


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[None]:
    """Nobody reads instruments while inside."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text("LOCK TABLE instrument IN ACCESS EXCLUSIVE MODE"))
        try:
            yield
        finally:
            await connection.rollback()
    await engine.dispose()


async def answers(listener: Listener) -> list[Any]:
    """The next answers, whatever they say."""
    told = await listener.told()
    assert isinstance(told, Shared), told
    return [json.loads(body) for _, body in told.answers]


async def pieces(listener: Listener, last: str) -> list[Shared]:
    """What comes in one piece each, up to the change of the object `last`."""
    found: list[Shared] = []
    while not found or last.encode() not in found[-1].answers[-1][1]:
        told = await listener.told()
        assert isinstance(told, Shared), told
        found.append(told)
    return found


async def with_papers(hub: HubClient, firm: Firm, many: int) -> list[Instrument]:
    """So many instruments with five certificates each."""
    lab = await hub.given(a_laboratory())
    lines = [an_instrument(firm.owner) for _ in range(many)]
    papers = [a_certificate(lab.organization, line) for line in lines for _ in range(5)]
    await hub.all_given(*lines, *papers)
    await firm.number()
    return lines


async def touch(hub: HubClient, *lines: Instrument) -> list[str]:
    """Change `lines`, in order, without numbering that; the objects."""
    async with hub.hub.database.writer(PLATFORM) as db:
        for line in lines:
            row = await db.one(readable(PLATFORM, Instrument).where(col(Instrument.id) == line.id))
            await db.change(row, action="touched", remark="touched")
    return [id_of(line) for line in lines]


async def test_long_answers_go_out_in_pieces_and_none_is_kept_that_all_have_heard(
    hub: HubClient,
) -> None:
    firm = await a_firm(hub)
    lines = [an_instrument(firm.owner, remark="计" * 1_000) for _ in range(8)]

    async with audience(hub) as room:
        listener = await room.joined(firm.users[0], REMARKS)
        await hub.all_given(*lines)
        await firm.number()
        found = await pieces(listener, id_of(lines[-1]))
        (channel,) = room._operations._channels._open.values()
        async with patiently("the listener to have heard all"):
            while channel._waiting < channel.subscribers:  # noqa: ASYNC110 -- told in no other way
                await asyncio.sleep(0)
        kept = channel.size

    sizes = [sum(len(body) for _, body in one.answers) for one in found]
    assert sum(sizes) > BYTES_KEPT
    assert max(sizes) < BYTES_AT_ONCE
    assert sum(len(one.answers) for one in found) == len(lines)
    assert kept == 0


async def test_others_have_the_loop_between_two_events(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "SLICE", 0.0)
    firm = await a_firm(hub)
    lines = [an_instrument(firm.owner) for _ in range(40)]
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def note(*_: Any) -> None:
        nonlocal turns
        turns = 0

    engine = hub.hub.database.engine(Actor()).sync_engine
    async with audience(hub) as room:
        listener = await room.joined(firm.users[0], NAMES)
        await hub.all_given(*lines)
        event.listen(engine, "after_cursor_execute", note)
        beating = asyncio.create_task(beat())
        await firm.number()
        found = await answers(listener)
        since_the_last_read = turns
        beating.cancel()
        event.remove(engine, "after_cursor_execute", note)

    assert len(found) == len(lines)
    assert since_the_last_read >= len(lines)


async def test_events_that_are_too_much_together_are_told_in_parts(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = await a_firm(hub)
    lines = await with_papers(hub, firm, 10)

    async with audience(hub) as room:
        listener = await room.joined(firm.users[0], PAPERS)
        made = await touch(hub, *lines)
        monkeypatch.setattr(db, "MOST_ROWS", 20)
        await firm.number()
        found = await listener.hears(made[-1])

    assert [one["id"] for one in found] == made
    assert all(len(one["instrument"]["certificates"]["nodes"]) == 5 for one in found)


async def test_an_event_that_is_too_much_alone_is_told_so_and_the_stream_goes_on(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = await a_firm(hub)
    lines = await with_papers(hub, firm, 1)

    async with audience(hub) as room:
        listener = await room.joined(firm.users[0], PAPERS)
        made = await touch(hub, *lines)
        monkeypatch.setattr(db, "MOST_ROWS", 4)
        await firm.number()
        (refused,) = await answers(listener)
        others = await firm.changes(each=3)
        found = await listener.hears(others[-1])

    assert refused["data"]["instrumentChanged"]["id"] == made[0]
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["COST_EXCEEDED"]
    assert [one["id"] for one in found] == others


async def test_what_one_event_alone_has_no_time_for_is_told_and_the_stream_goes_on(
    hub: HubClient, own_url: str
) -> None:
    firm = await a_firm(hub)

    async with audience(hub) as room:
        listener = await room.joined(firm.users[0], NAMES)
        room._operations._seconds = 0.2
        await hub.all_given(*(an_instrument(firm.owner) for _ in range(2)))
        async with locked(own_url):
            await firm.number()
            late = await answers(listener)
        room._operations._seconds = 20
        last = await firm.changes()
        found: list[Any] = []
        while not found or found[-1].get("data", {})["instrumentChanged"]["id"] != last[0]:
            found += await answers(listener)

    assert [[error["extensions"]["code"] for error in one["errors"]] for one in late] == [
        ["TIMEOUT"]
    ]
    assert "errors" not in found[-1]


async def test_events_wait_while_a_lock_keeps_their_rows(
    servers: Embedded, own_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(db.LIMITS, "lock_timeout", str(LOCK_TIMEOUT))
    waiting = Hub(Settings(data=tmp_path), own_url, servers.redis_url)

    async with opened(waiting) as hub, audience(hub) as room:
        firm = await a_firm(hub)
        listener = await room.joined(firm.users[0], NAMES)
        await hub.all_given(an_instrument(firm.owner))
        async with locked(own_url):
            await firm.number()
            await asyncio.sleep(4 * LOCK_TIMEOUT / 1_000)
        made = await firm.changes()
        found = await listener.hears(made[-1])

    assert len(found) == 2
    assert all(one["instrument"] for one in found)
