"""syncInstruments beside other writers of the same rows, and when it is cut off in the middle."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from random import Random
from typing import Any

import asyncpg
import pytest
from sqlmodel import col

from hub.actions.last_test import date_instrument
from hub.actor import PLATFORM
from hub.policy import readable
from hub.tables.instrument import Instrument
from tests.doors import Answer, HubClient, key
from tests.given import a_certificate, an_instrument
from tests.importing import a_ledger as a_file
from tests.importing import import_ledger
from tests.issuing import a_bench
from tests.ledger_verbs import Firm, a_firm, create, update
from tests.sync_verbs import (
    a_ledger,
    a_row,
    codes,
    lines,
    results,
    statuses,
    sync,
    sync_briefly,
    traces,
)

KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
AND (query LIKE '%mine AS MATERIALIZED%' OR query LIKE 'BEGIN; SELECT set_config%'
     OR query = 'COMMIT' OR query LIKE '%app.handed%')
"""
WRITERS = 50
ROWS = 1_000


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Who may end the connections of others."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


async def is_whole(hub: HubClient, firm: Firm) -> bool:
    """Whether each version of an instrument was audited once and announced once."""
    found = await traces(hub, firm.owner)
    return found.versions == found.audited == found.announced


async def test_of_fifty_writers_who_saw_one_version_of_a_row_one_wins(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1))

    for version in (1, 2, 3):
        answers = await asyncio.gather(
            *(
                sync(hub, firm.user, a_row(1, ifVersion=version, remark=f"{version}-{at}"))
                for at in range(WRITERS)
            )
        )

        found = Counter(status for one in answers for status in statuses(one))
        assert found == {"UPDATED": 1, "CONFLICT": WRITERS - 1}
        (winner,) = (one for one in answers if statuses(one) == ["UPDATED"])
        (line,) = await lines(hub, firm.owner)
        assert line.remark == results(winner)[0]["instrument"]["remark"]
        losers = [one for one in answers if one is not winner]
        assert all(codes(one) == [["STALE_VERSION"]] for one in losers)
        assert {results(one)[0]["version"] for one in losers} == {version + 1}
    assert await is_whole(hub, firm)


async def test_syncs_of_the_same_rows_in_different_orders_all_go_through(
    hub: HubClient, firm: Firm
) -> None:
    random = Random(7)  # noqa: S311 -- orders, no secrets

    def some(at: int) -> list[dict[str, Any]]:
        rows = a_ledger(80, remark=f"by {at}")
        return random.sample(rows, 60)

    answers = await asyncio.gather(*(sync_briefly(hub, firm.user, *some(at)) for at in range(16)))

    found = Counter(status for one in answers for status in statuses(one))
    assert found["CREATED"] == len(await lines(hub, firm.owner))
    assert found["CREATED"] + found["UPDATED"] == 16 * 60
    assert (await traces(hub, firm.owner)).versions == 16 * 60
    assert await is_whole(hub, firm)


async def test_syncs_by_different_external_ids_agree_on_one_instrument(
    hub: HubClient, firm: Firm
) -> None:
    answers = await asyncio.gather(
        *(
            sync(hub, firm.user, a_row(1, externalId=f"X{at}"), source=f"system {at % 4}")
            for at in range(12)
        )
    )

    found = Counter(status for one in answers for status in statuses(one))
    assert found == {"CREATED": 1, "UNCHANGED": 3, "CONFLICT": 8}
    assert (await traces(hub, firm.owner)).named == 4
    assert len(await lines(hub, firm.owner)) == 1


async def test_a_sync_goes_on_beside_hands_and_files_that_write_the_same_rows(
    hub: HubClient, firm: Firm
) -> None:
    shown = await sync(hub, firm.user, *a_ledger(10))
    ids = [one["instrument"]["id"] for one in results(shown)]
    file = a_file(*(f"JL-{at:04},表 {at},S{at},厂,12,2024-03-05,在用" for at in range(20)))

    async def create_one(at: int) -> Answer:
        return await create(hub, firm.user, name="手工", assetNo=f"jl-{at:04}")

    for turn in range(4):
        synced, made, changed, imported = await asyncio.gather(
            asyncio.gather(
                *(sync_briefly(hub, firm.user, *a_ledger(20, remark=f"{turn} {at}")) for at in "ab")
            ),
            asyncio.gather(*(create_one(at) for at in range(8, 20))),
            asyncio.gather(
                *(
                    update(hub, firm.user, id_, 2 * turn + 1, content={"location": f"L{turn}"})
                    for id_ in ids
                )
            ),
            import_ledger(hub, firm.user, file),
        )

        assert all(set(statuses(one)) <= {"CREATED", "UPDATED", "UNCHANGED"} for one in synced)
        for answer in (*made, *changed, imported):
            assert answer.errors == []
            (payload,) = answer.data.values()
            assert {one["code"] for one in payload["problems"]} <= {"CONFLICT"}
    assert len(await lines(hub, firm.owner)) == 20
    assert await is_whole(hub, firm)


async def finished(hub: HubClient, firm: Firm, once: str, rows: list[dict[str, Any]]) -> Answer:
    """The answer to a call that is sent again until the hub has one."""
    for _ in range(20):
        answer = await sync_briefly(hub, firm.user, *rows, key_=once)
        if not answer.errors:
            return answer
        assert set(answer.codes) <= {"UNAVAILABLE", "BUSY"}
    raise AssertionError("the hub does not come back")


async def written(hub: HubClient, firm: Firm, remark: str) -> int:
    """The rows that a call with this remark has written."""
    return sum(one.remark == remark for one in await lines(hub, firm.owner))


async def check(hub: HubClient, firm: Firm, once: str, rows: list[dict[str, Any]]) -> None:
    """That all of a call is stored or nothing, and that sending it again finishes it once."""
    remark = rows[0]["remark"]
    already = await written(hub, firm, remark)
    assert already in (0, ROWS)
    assert await is_whole(hub, firm)
    versions = (await traces(hub, firm.owner)).versions

    answer = await finished(hub, firm, once, rows)

    assert answer.data["done"]["replayed"] is (already == ROWS)
    assert await written(hub, firm, remark) == ROWS
    assert (await traces(hub, firm.owner)).versions == versions + ROWS - already


async def test_a_call_whose_client_goes_away_is_stored_whole_or_not_at_all(
    hub: HubClient, firm: Firm
) -> None:
    random, cut = Random(11), 0  # noqa: S311 -- moments, no secrets

    for turn in range(12):
        once, rows = key(), a_ledger(ROWS, remark=f"call {turn}")
        asking = asyncio.create_task(sync_briefly(hub, firm.user, *rows, key_=once))
        await asyncio.sleep(random.uniform(0, 0.12))
        cut += asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

        await check(hub, firm, once, rows)
    assert cut > 0


async def test_a_call_whose_connection_is_killed_is_stored_whole_or_not_at_all(
    hub: HubClient, firm: Firm, administrator: "asyncpg.Connection[Any]"
) -> None:
    random, killed = Random(13), 0  # noqa: S311 -- moments, no secrets

    for turn in range(12):
        once, rows = key(), a_ledger(ROWS, remark=f"call {turn}")
        asking = asyncio.create_task(sync_briefly(hub, firm.user, *rows, key_=once))
        await asyncio.sleep(random.uniform(0.01, 0.12))
        killed += await administrator.fetchval(KILL)
        answer = await asking

        assert set(answer.codes) <= {"UNAVAILABLE"}
        await check(hub, firm, once, rows)
    assert killed > 0


async def test_a_certificate_that_is_issued_while_a_sync_waits_keeps_the_last_word(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    gauge = await hub.given(
        an_instrument(bench.client, last_date=date(2023, 1, 1), interval_months=12)
    )
    stale = {"assetNo": gauge.asset_no, "lastDate": "2023-01-02", "intervalMonths": 12}

    async with hub.hub.database.writer(PLATFORM) as db:
        row = await db.one(readable(PLATFORM, Instrument).where(col(Instrument.id) == gauge.id))
        issued = await db.add(a_certificate(bench.lab.organization, gauge), action="issued")
        await date_instrument(db, row, issued)
        waiting = asyncio.create_task(sync(hub, bench.client_user, stale))
        await asyncio.sleep(0.3)
    answer = await waiting

    assert codes(answer) == [["LAST_TEST_KEPT"]]
    assert results(answer)[0]["instrument"]["lastDate"] == str(issued.test_to)


async def test_many_syncs_of_one_ledger_leave_connections_for_others(
    hub: HubClient, firm: Firm, administrator: "asyncpg.Connection[Any]"
) -> None:
    other = await a_firm(hub)
    async with administrator.transaction():
        await administrator.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"ledger {firm.owner.id}"
        )
        waiting = [
            asyncio.create_task(sync(hub, firm.user, a_row(at))) for at in range(3 * WRITERS // 5)
        ]
        await asyncio.sleep(0.3)
        answer = await hub.ask("{ instruments(first: 1) { nodes { id } } }", as_=other.user)
        assert answer.errors == []
    answers = await asyncio.gather(*waiting)

    assert {statuses(one)[0] for one in answers} == {"CREATED"}
