"""What is kept for a time only: changes for 30 days, answers to idempotency keys for 72 hours."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.actor import PLATFORM, Actor
from hub.changes import MOST_PASSED, cursor, position
from hub.jobs.retention import CHUNK, forget, trim
from hub.tables.organization import Organization
from hub.tasks import end
from tests.doors import HubClient, id_of
from tests.feed.verbs import ask, emptied, now, numbered, page, rest
from tests.given import an_instrument
from tests.ledger_verbs import Firm, a_firm, create, done
from tests.patience import patiently

KEPT = timedelta(days=30)
OLD = text(
    "INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids, at)"
    " SELECT 'Instrument', gen_random_uuid(), 'UPSERT', 1, ARRAY[CAST(:owner AS uuid)],"
    " now() - make_interval(days => d.days) FROM unnest(CAST(:ages AS int[])) AS d (days)"
)
AGED = text(
    "UPDATE idempotency_key SET created_at = now() - make_interval(hours => :hours)"
    " WHERE key = :key"
)


@pytest.fixture
async def firm(firm: Firm, own_url: str) -> Firm:
    """A firm; the feed is empty."""
    await emptied(own_url)
    return firm


async def write(hub: HubClient, statement: str, **values: object) -> None:
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.execute(text(statement).bindparams(**values))


async def aged(hub: HubClient, of: Organization, ages: Sequence[int]) -> None:
    """Changes of `of` that were made so many days ago, in the feed in this order."""
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.execute(OLD.bindparams(owner=of.id, ages=list(ages)))
    await numbered(hub)


async def days_left(hub: HubClient, of: Organization) -> list[int]:
    """How old the changes are that are left of `of`."""
    sql = (
        "SELECT extract(day FROM now() - at)::int FROM feed"
        " WHERE organization_ids @> ARRAY[CAST(:owner AS uuid)]"
        " AND object_type = 'Instrument' ORDER BY pos"
    )
    return [days for (days,) in await hub.stored(sql, owner=of.id)]


async def test_changes_of_thirty_days_are_left(hub: HubClient, firm: Firm) -> None:
    await aged(hub, firm.owner, [40, 35, 31, 29, 2, 0])

    await trim(hub.hub.database, KEPT)

    assert await days_left(hub, firm.owner) == [29, 2, 0]


async def test_no_hole_is_left_where_an_older_change_was_committed_late(
    hub: HubClient, firm: Firm
) -> None:
    await aged(hub, firm.owner, [40, 3, 31, 31, 1])

    await trim(hub.hub.database, KEPT)

    assert await days_left(hub, firm.owner) == [3, 31, 31, 1]


async def test_more_than_a_chunk_goes_and_may_leave_the_feed_empty(
    hub: HubClient, firm: Firm
) -> None:
    await aged(hub, firm.owner, [40] * (2 * CHUNK + 10))

    await trim(hub.hub.database, KEPT)

    assert await days_left(hub, firm.owner) == []
    assert await hub.stored("SELECT pos - floor FROM feed_head") == [(0,)]
    assert await rest(hub, firm.user) == []


async def test_two_workers_at_once_let_go_of_the_same(hub: HubClient, firm: Firm) -> None:
    await aged(hub, firm.owner, [40] * (CHUNK + 10) + [1])

    await asyncio.gather(*(trim(hub.hub.database, KEPT) for _ in range(3)))

    assert await days_left(hub, firm.owner) == [1]
    assert await hub.stored("SELECT pos - floor FROM feed_head") == [(1,)]


async def test_a_cursor_stays_good_up_to_the_last_change_that_has_gone(
    hub: HubClient, firm: Firm
) -> None:
    start = await now(hub, firm.user)
    await aged(hub, firm.owner, [40, 40, 20])
    whole = await rest(hub, firm.user, start)
    await trim(hub.hub.database, KEPT)

    last_gone, kept = whole[1], whole[2]
    answers = [await ask(hub, firm.user, one) for one in (start, whole[0]["cursor"])]

    assert [answer.codes for answer in answers] == [["CHANGE_TOKEN_EXPIRED"]] * 2
    assert await rest(hub, firm.user, last_gone["cursor"]) == [kept]


async def test_who_comes_too_late_is_told_where_to_begin_anew(hub: HubClient, firm: Firm) -> None:
    start = await now(hub, firm.user)
    await aged(hub, firm.owner, [40, 1])
    await trim(hub.hub.database, KEPT)

    answer = await ask(hub, firm.user, start)
    told = answer.errors[0]["extensions"]
    gauge = await hub.given(an_instrument(firm.owner))
    await numbered(hub)

    assert told["code"] == "CHANGE_TOKEN_EXPIRED"
    assert "restartToken" in told["hint"]
    assert told["inputPath"] == ["after"]
    assert [one["id"] for one in await rest(hub, firm.user, told["restartToken"])] == [id_of(gauge)]


async def test_without_a_cursor_reading_begins_with_the_oldest_that_is_kept(
    hub: HubClient, firm: Firm
) -> None:
    await aged(hub, firm.owner, [40, 40, 5, 4])
    await trim(hub.hub.database, KEPT)

    found = await rest(hub, firm.user, types=["INSTRUMENT"])

    assert len(found) == 2


async def test_a_page_is_promised_for_as_long_as_its_last_change_is_kept(
    hub: HubClient, firm: Firm
) -> None:
    start = await now(hub, firm.user)
    await aged(hub, firm.owner, [20, 10, 5])

    pages = [await page(hub, firm.user, start, first=size) for size in (0, 1, 2, 3)]

    told = [datetime.fromisoformat(one["retainedUntil"]) - datetime.now(UTC) for one in pages]
    days = [round(one / timedelta(days=1)) for one in told]
    assert days == [0, 10, 20, 30]


async def test_a_reader_of_little_is_led_through_a_long_feed_in_stretches(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_firm(hub)
    await numbered(hub)
    start = await now(hub, firm.user)
    await aged(hub, other.owner, [0] * (MOST_PASSED + 10))
    gauge = await hub.given(an_instrument(firm.owner))
    await numbered(hub)

    first = await page(hub, firm.user, start)
    second = await page(hub, firm.user, first["endCursor"])

    assert (first["nodes"], first["hasMore"]) == ([], True)
    assert position(first["endCursor"]) == position(start) + MOST_PASSED
    assert [one["id"] for one in second["nodes"]] == [id_of(gauge)]
    assert (second["hasMore"], second["endCursor"]) == (False, cursor(position(start) + 50_011))


async def test_keys_are_kept_for_72_hours_and_then_may_come_again(
    hub: HubClient, firm: Firm
) -> None:
    young, old = "young-key", "old-key"
    for key in (young, old):
        done(await create(hub, firm.user, key, name="n", assetNo=key))
    await write(hub, AGED.text, hours=71, key=young)
    await write(hub, AGED.text, hours=73, key=old)

    await forget(hub.hub.database)

    left = await hub.stored("SELECT key FROM idempotency_key ORDER BY key")
    assert [key for (key,) in left if key in (young, old)] == [young]
    assert done(await create(hub, firm.user, young, name="n", assetNo=young))["replayed"] is True


async def test_the_worker_lets_go_of_what_is_old(hub: HubClient, firm: Firm) -> None:
    await aged(hub, firm.owner, [40, 1])

    working = asyncio.create_task(hub.hub.work())
    async with patiently("the worker to let go"):
        while await days_left(hub, firm.owner) != [1]:  # noqa: ASYNC110 -- the database knows
            await asyncio.sleep(0.02)
    await end(working)

    assert working.cancelled()


@pytest.mark.parametrize(
    ("table", "instant", "hours"), [("feed", "at", 23), ("idempotency_key", "created_at", 71)]
)
async def test_the_database_lets_no_one_delete_what_is_young(
    hub: HubClient, firm: Firm, table: str, instant: str, hours: int
) -> None:
    await hub.given(an_instrument(firm.owner))
    await numbered(hub)
    done(await create(hub, firm.user, name="n", assetNo="A"))
    young = f"SELECT count(*) FROM {table} WHERE {instant} > now() - interval '{hours} h'"  # noqa: S608 -- ours
    before = await hub.stored(young)

    await write(hub, f"DELETE FROM {table}")  # noqa: S608 -- ours

    assert await hub.stored(young) == before
    assert before[0][0] > 0


@pytest.mark.parametrize("table", ["feed", "idempotency_key"])
async def test_callers_of_an_organisation_delete_nothing(
    hub: HubClient, firm: Firm, table: str
) -> None:
    mine = Actor(user_id=firm.user.id, organization_id=firm.owner.id)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with hub.hub.database.writer(mine) as db:
            await db.execute(text(f"DELETE FROM {table}"))  # noqa: S608 -- ours
