"""Exports under writers, kills, rivals and poison: complete, nothing twice, given up at last."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from hub.actor import SIGN_IN
from hub.db import unavailable
from hub.jobs import exports
from hub.jobs.exports import MOST_ATTEMPTS, MOST_RUNNING, Exporter, Page
from hub.tables.instrument import Instrument
from hub.tasks import end
from hub.vocabulary import Role
from tests.doors import HubClient, id_of
from tests.exports.verbs import (
    Requester,
    a_requester,
    asked,
    cancel,
    changed,
    exported,
    file,
    now,
    read_csv,
    read_xlsx,
    rows,
    shown,
    stored,
)
from tests.feed.verbs import numbered, rest
from tests.given import an_instrument
from tests.patience import patiently

LINES = 4_000
WRITERS = 4


@pytest.fixture
async def system(hub: HubClient) -> Requester:
    """An enterprise whose system reads 1,000 rows a page; no other export waits."""
    await changed(hub, "DELETE FROM export")
    return await a_requester(hub, Role.SYSTEM)


async def filled(hub: HubClient, firm: Requester, lines: int) -> list[UUID]:
    """A ledger of so many lines."""
    made = [an_instrument(firm.owner) for _ in range(lines)]
    values = [one.model_dump(exclude={"created_at", "updated_at", "line_key"}) for one in made]
    async with hub.hub.database.writer(SIGN_IN) as db:
        await db.insert_many(Instrument, values, action="given")
    return [one.id for one in made]


async def leased(exporter: Exporter) -> Any:
    found = await exporter.lease()
    assert found is not None
    return found


class Interrupted:
    """A walk with something that happens before each page."""

    def __init__(self, walk: Any, before: Any) -> None:
        self._walk = walk
        self._before = before
        self.columns = walk.columns

    async def page(self, *given: Any) -> Page:
        await self._before()
        found: Page = await self._walk.page(*given)
        return found


def interrupted(hub: HubClient, before: Any) -> Exporter:
    made = hub.hub.exporter()
    return Exporter(made.database, Interrupted(made.walk, before), made.files)


async def torment(hub: HubClient, firm: Requester, ids: list[UUID], seed: int) -> None:
    """Changes, retirements and new lines, until it is cancelled."""
    chance = random.Random(seed)  # noqa: S311
    while True:
        async with hub.hub.database.writer(SIGN_IN) as db:
            for id_ in sorted(chance.sample(ids, 3)):
                row = await db.one(select(Instrument).where(col(Instrument.id) == id_))
                if row.retired_at is not None:
                    continue
                if chance.random() < 0.2:
                    await db.retire(row, action="given", retired_at=row.created_at)
                else:
                    await db.change(row, action="given", name=str(chance.random()))
            if chance.random() < 0.3:
                await db.add(an_instrument(firm.owner), action="given")
        await asyncio.sleep(0)


async def test_a_file_and_the_changes_after_its_cursor_are_the_ledger_under_writers(
    hub: HubClient, system: Requester
) -> None:
    ids = await filled(hub, system, LINES // 2)
    await numbered(hub)

    async def pause() -> None:
        await asyncio.sleep(0.1)
        await numbered(hub)

    writers = [asyncio.create_task(torment(hub, system, ids, seed)) for seed in range(WRITERS)]
    await asyncio.sleep(0.1)
    export = await asked(hub, system.user)
    await numbered(hub)
    exporter = interrupted(hub, pause)
    await exporter.work(await leased(exporter))
    await end(*writers)
    await numbered(hub)

    done = await now(hub, system.user, export)
    copy = {one["id"]: one["version"] for one in await rows(hub, done)}
    changes = await rest(hub, system.user, done["changeCursor"], types=["INSTRUMENT"], first=1000)
    for change in changes:
        if change["kind"] == "DELETE":
            copy.pop(change["id"], None)
        else:
            copy[change["id"]] = change["version"]
    source = {one["id"]: one["version"] for one in await shown(hub, system.user)}
    assert len(changes) > WRITERS
    assert copy == source


async def test_the_very_first_change_after_it_was_asked_for_is_told_behind_its_cursor(
    hub: HubClient, system: Requester
) -> None:
    await filled(hub, system, 1)
    await numbered(hub)

    export = await asked(hub, system.user)
    line = await hub.given(an_instrument(system.owner))
    await numbered(hub)

    told = await rest(hub, system.user, export["changeCursor"])
    assert [one["id"] for one in told] == [id_of(line)]


@asynccontextmanager
async def a_worker(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.exports.worker", url, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_beyond(hub: HubClient, export: Any, parts: int) -> int:
    while (row := await stored(hub, export)).parts <= parts and row.state != "DONE":  # noqa: ASYNC110 -- another process tells no one
        await asyncio.sleep(0.02)
    return int(row.parts)


async def until_done(hub: HubClient, firm: Requester, export: Any) -> Any:
    while (done := await now(hub, firm.user, export))["state"] != "DONE":  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return done


async def test_an_export_whose_worker_is_killed_three_times_is_whole_and_has_nothing_twice(
    hub: HubClient, system: Requester, own_url: str
) -> None:
    ids = await filled(hub, system, LINES)
    export = await asked(hub, system.user, format_="CSV")
    over = "UPDATE export SET leased_until = now() WHERE leased_until IS NOT NULL"

    parts = 0
    for _ in range(3):
        async with a_worker(own_url) as process:
            async with patiently("a worker to store a part"):
                parts = await until_beyond(hub, export, parts)
            process.kill()
            await process.wait()
        assert (await stored(hub, export)).state == "RUNNING"
        await changed(hub, over)
    async with a_worker(own_url), patiently("the export to be written"):
        done = await until_done(hub, system, export)

    heading, *lines = read_csv((await file(hub, done)).content)
    found = [line[heading.index("id")] for line in lines]
    expected = [one["id"] for one in await shown(hub, system.user)]
    assert len(found) == len(ids) == done["rows"]
    assert found == expected


async def test_who_has_lost_the_lease_stores_nothing_any_more(
    hub: HubClient, system: Requester
) -> None:
    ids = await filled(hub, system, 2_500)
    export = await asked(hub, system.user)
    other = hub.hub.exporter()
    taken: list[Any] = []

    async def overtake() -> None:
        if not taken:
            await changed(hub, "UPDATE export SET leased_until = now() - interval '1 s'")
            taken.append(await leased(other))

    late = interrupted(hub, overtake)
    await late.work(await leased(late))
    before = await stored(hub, export)
    await other.work(taken[0])

    done = await now(hub, system.user, export)
    assert (before.state, before.parts) == ("RUNNING", 0)
    assert done["state"] == "DONE"
    assert len({one["id"] for one in await rows(hub, done)}) == done["rows"] == len(ids)


async def test_two_workers_share_what_waits_and_none_is_written_twice(
    hub: HubClient, system: Requester
) -> None:
    firms = [system, *[await a_requester(hub) for _ in range(5)]]
    asked_for = []
    for firm in firms:
        await filled(hub, firm, 3)
        asked_for.append((firm, await asked(hub, firm.user)))
    workers = [asyncio.create_task(exports.run(hub.hub.exporter())) for _ in range(2)]

    async with patiently("all exports to be written"):
        for firm, export in asked_for:
            done = await until_done(hub, firm, export)
            assert await rows(hub, done) == await shown(hub, firm.user)

    await end(*workers)
    finished = await hub.stored("SELECT object_id FROM audit_event WHERE action = 'finishExport'")
    assert len(finished) == len(set(finished))


async def test_one_organisation_does_not_keep_the_others_waiting(
    hub: HubClient, system: Requester
) -> None:
    rival = await a_requester(hub)
    for _ in range(MOST_RUNNING + 2):
        await asked(hub, system.user)
    await asked(hub, rival.user)
    exporter = hub.hub.exporter()

    owners = []
    while found := await exporter.lease():
        owners.append(found["owner_id"])

    assert owners == [system.owner.id] * MOST_RUNNING + [rival.owner.id]


async def test_what_is_cancelled_while_it_is_written_ends_there(
    hub: HubClient, system: Requester
) -> None:
    await filled(hub, system, 2_500)
    export = await asked(hub, system.user)
    left = [5]  # four pages are a part

    async def stop() -> None:
        left[0] -= 1
        if left[0] == 0:
            await cancel(hub, system.user, export)

    exporter = interrupted(hub, stop)
    await exporter.work(await leased(exporter))

    row = await stored(hub, export)
    assert (row.state, row.parts, row.rows) == ("CANCELLED", 1, 1_000)
    assert await exporter.lease() is None


async def test_what_fails_again_and_again_is_given_up(hub: HubClient, system: Requester) -> None:
    export = await asked(hub, system.user)

    async def fail() -> None:
        raise RuntimeError("poison")

    exporter = interrupted(hub, fail)
    for _ in range(MOST_ATTEMPTS + 1):
        await exporter.work(await leased(exporter))
        await changed(hub, "UPDATE export SET leased_until = now() WHERE lease IS NOT NULL")

    done = await now(hub, system.user, export)
    assert (done["state"], done["failure"], done["url"]) == ("FAILED", "INTERNAL", None)


async def test_what_gets_further_each_time_comes_to_its_end_however_often_it_is_cut(
    hub: HubClient, system: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = MOST_ATTEMPTS + 2
    monkeypatch.setattr(exports, "A_PART", 1)
    firm = await a_requester(hub)
    await filled(hub, firm, pages * 100)
    export = await asked(hub, firm.user)
    looks = count()

    async def cut_every_other_time() -> None:
        if next(looks) % 2:
            raise RuntimeError("cut")

    exporter = interrupted(hub, cut_every_other_time)
    for _ in range(pages):
        await exporter.work(await leased(exporter))
        await changed(hub, "UPDATE export SET leased_until = now() WHERE lease IS NOT NULL")

    done = await now(hub, firm.user, export)
    assert (done["state"], done["rows"]) == ("DONE", pages * 100)
    assert await rows(hub, done) == await shown(hub, firm.user)


async def test_more_rows_than_a_sheet_holds_are_refused_and_csv_is_not(
    hub: HubClient, system: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(hub, system, 12)
    monkeypatch.setattr(exports, "MOST_ROWS", 11)
    workbook = await asked(hub, system.user, format_="XLSX")

    text = await exported(hub, system.user, format_="CSV")

    failed = await now(hub, system.user, workbook)
    assert (failed["state"], failed["failure"]) == ("FAILED", "TOO_MANY_ROWS")
    assert text["rows"] == 12


async def test_a_cell_that_no_sheet_holds_is_refused_and_not_cut(
    hub: HubClient, system: Requester
) -> None:
    await hub.given(an_instrument(system.owner, remark="长" * 32_768))
    workbook = await asked(hub, system.user, format_="XLSX")

    text = await exported(hub, system.user)

    failed = await now(hub, system.user, workbook)
    assert (failed["state"], failed["failure"]) == ("FAILED", "REFUSED")
    assert len((await rows(hub, text))[0]["remark"]) == 32_768


async def test_an_export_whose_columns_have_changed_meanwhile_is_not_gone_on_with(
    hub: HubClient, system: Requester
) -> None:
    await filled(hub, system, 1)
    export = await asked(hub, system.user)
    await changed(hub, "UPDATE export SET columns = '{id,assetNo}'")
    exporter = hub.hub.exporter()

    await exporter.work(await leased(exporter))

    failed = await now(hub, system.user, export)
    assert (failed["state"], failed["failure"]) == ("FAILED", "COLUMNS")


async def test_a_workbook_is_made_again_of_the_same_rows_after_a_kill_at_its_end(
    hub: HubClient, system: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(hub, system, 2_300)
    export = await asked(hub, system.user, format_="XLSX")
    exporter = hub.hub.exporter()
    store = exports._store_file

    async def die(*given: Any) -> int:
        await store(*given)
        raise asyncio.CancelledError

    monkeypatch.setattr(exports, "_store_file", die)
    with pytest.raises(asyncio.CancelledError):
        await exporter.work(await leased(exporter))
    monkeypatch.undo()
    cut = await stored(hub, export)
    await changed(hub, "UPDATE export SET leased_until = now()")
    await exporter.work(await leased(exporter))

    done = await now(hub, system.user, export)
    heading, *lines = read_xlsx((await file(hub, done)).content)
    assert (cut.state, cut.rows) == ("RUNNING", 2_300)
    assert [line[heading.index("id")] for line in lines] == [
        one["id"] for one in await shown(hub, system.user)
    ]


async def test_an_outage_at_the_end_leaves_the_export_to_the_next_worker(
    hub: HubClient, system: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(hub, system, 1)
    export = await asked(hub, system.user)
    exporter = hub.hub.exporter()

    async def lost(*_: Any, **__: Any) -> None:
        raise unavailable()

    monkeypatch.setattr(Exporter, "_ended", lost)
    await exporter.work(await leased(exporter))
    monkeypatch.undo()
    await changed(hub, "UPDATE export SET leased_until = now()")
    await exporter.work(await leased(exporter))

    done = await now(hub, system.user, export)
    assert (done["state"], done["rows"]) == ("DONE", 1)
    assert await rows(hub, done) == await shown(hub, system.user)
