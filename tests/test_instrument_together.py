"""Mergers at the same time as others who write to the same lines: nobody waits in a circle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlmodel import col

from hub.actor import PLATFORM
from hub.exchange import ConnectorKind
from hub.importers.dcc.read import read_dcc
from hub.policy import readable
from hub.tables.certificate import Certificate
from hub.tables.connector import SourceRecord
from hub.tables.instrument import Instrument
from hub.vocabulary import Role
from hub.writer import Writer
from tests.career_verbs import a_keeper, merge
from tests.doors import HubClient, id_of
from tests.given import (
    a_certificate,
    a_connector,
    a_laboratory,
    a_record,
    a_user,
    an_instrument,
)
from tests.importers.dcc_files import NEWEST
from tests.issuing import a_bench, issue, issued
from tests.ledger_verbs import done, problem
from tests.patience import patiently
from tests.test_dcc_intake import own_number, take_in

WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database()
)
"""


@asynccontextmanager
async def held(hub: HubClient, one: Certificate | SourceRecord) -> AsyncIterator[Writer]:
    """Somebody else has a row in hand while inside."""
    table = type(one)
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.one(readable(PLATFORM, table).where(col(table.id) == one.id))
        yield db


async def waiting(hub: HubClient, count: int) -> None:
    """Wait until so many transactions wait for others."""
    async with patiently(f"{count} who wait"):
        while (await hub.stored(WAITING))[0][0] < count:  # noqa: ASYNC110 -- it is in the database
            await asyncio.sleep(0.01)


async def test_a_merger_and_the_replacement_of_a_certificate_do_not_wait_for_each_other(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    admin = await hub.given(a_user(bench.client, Role.ORG_ADMIN))
    keep, drop = an_instrument(bench.client), an_instrument(bench.client)
    await hub.all_given(keep, drop)
    paper = await hub.given(a_certificate(bench.lab.organization, drop))
    correction = {"replaces": id_of(paper), "replacementKind": "AMENDED"}

    async with asyncio.TaskGroup() as group, held(hub, paper):
        issuing = group.create_task(issue(hub, bench.lab, drop, **correction))
        await waiting(hub, 1)
        merging = group.create_task(merge(hub, admin, keep, drop))
        await waiting(hub, 2)

    assert issued(issuing.result())["replaces"]["state"] == "REPLACED"
    assert problem(merging.result()) == ("CONFLICT", ["dropVersion"])


async def test_a_certificate_that_comes_in_during_a_merger_is_of_the_line_that_stays(
    hub: HubClient,
) -> None:
    firm, lab = await a_keeper(hub), await hub.given(a_laboratory())
    file = own_number(NEWEST, "during a merger")
    serial = read_dcc(file).items[0].serial_no
    keep, drop = an_instrument(firm.owner), an_instrument(firm.owner, serial_no=serial)
    await hub.all_given(keep, drop)
    paper = await hub.given(a_certificate(lab.organization, drop))

    async with asyncio.TaskGroup() as group, held(hub, paper):
        merging = group.create_task(merge(hub, firm.user, keep, drop))
        await waiting(hub, 1)
        group.create_task(take_in(hub, file, firm.owner))
        await waiting(hub, 2)

    done(merging.result())
    (taken,) = await hub.stored(
        "SELECT instrument_id FROM certificate WHERE number = 'during a merger'"
    )
    assert taken.instrument_id == keep.id


async def test_a_merger_does_not_wait_for_who_applies_what_a_system_says_of_its_lines(
    hub: HubClient,
) -> None:
    firm = await a_keeper(hub)
    keep, drop = an_instrument(firm.owner), an_instrument(firm.owner)
    system = a_connector(ConnectorKind.ERP, firm.owner)
    record = a_record(system, drop)
    await hub.all_given(system, keep, drop, record)

    async with asyncio.TaskGroup() as group, held(hub, record) as applying:
        merging = group.create_task(merge(hub, firm.user, keep, drop))
        await waiting(hub, 1)
        await applying.one(readable(PLATFORM, Instrument).where(col(Instrument.id) == drop.id))

    done(merging.result())
