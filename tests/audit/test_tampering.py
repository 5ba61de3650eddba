"""Whoever may do everything in the database still cannot change the audit unseen."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.audit import BEGINNING, COVERED, AuditFault, Fault, Head, Walk, chained
from tests.doors import HubClient

TAMPERINGS = 1_000
OTHER = {
    "at": "at + interval '1 microsecond'",
    "subject_id": "gen_random_uuid()",
    "login": "login || ' '",
    "organization_id": "gen_random_uuid()",
    "roles": "array_append(roles, 'OPERATOR')",
    "action": "action || 's'",
    "object_type": "coalesce(object_type, '') || 'x'",
    "object_id": "gen_random_uuid()",
    "fields": "array_append(fields, 'price')",
    "purpose": "'inspection'",
    "result": "'DENIED'",
    "request_id": "'r'",
    "chained_at": "chained_at + interval '1 microsecond'",
    "hash": "sha256(hash)",
}
"""Something else for each column of a record."""

Records = list[dict[str, Any]]
Tampering = Callable[[AsyncConnection, random.Random, int], Awaitable[int]]


async def read(connection: AsyncConnection) -> Records:
    rows = await connection.execute(text("SELECT * FROM audit_log ORDER BY seq"))
    return [dict(row) for row in rows.mappings()]


async def head_of(connection: AsyncConnection) -> Head:
    return Head(*(await connection.execute(text("SELECT seq, hash FROM audit_head"))).one())


async def found(connection: AsyncConnection, anchors: Sequence[Head]) -> Fault | None:
    walk = Walk(Head(0, BEGINNING), dict(anchors))
    return walk.follow(await read(connection)) or walk.end(await head_of(connection))


async def edit(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Change one column of one record."""
    return await change(connection, chance.choice(sorted(OTHER)), chance.randint(1, last))


async def change(connection: AsyncConnection, column: str, seq: int) -> int:
    sql = f"UPDATE audit_log SET {column} = {OTHER[column]} WHERE seq = :seq"  # noqa: S608 -- ours
    await connection.execute(text(sql), {"seq": seq})
    return seq


async def delete(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Take one record out."""
    seq = chance.randint(1, last)
    await connection.execute(text("DELETE FROM audit_log WHERE seq = :seq"), {"seq": seq})
    return seq


async def close_up(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Take one record out, and move the others up, and the head."""
    seq = await delete(connection, chance, last)
    for sql in (
        "UPDATE audit_log SET seq = -seq WHERE seq > :seq",
        "UPDATE audit_log SET seq = -seq - 1 WHERE seq < 0",
        "UPDATE audit_head SET seq = seq - 1 WHERE :seq > 0",
    ):
        await connection.execute(text(sql), {"seq": seq})
    return seq


async def swap(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Let two records change places."""
    one, other = sorted(chance.sample(range(1, last + 1), 2))
    for sql in (
        "UPDATE audit_log SET seq = -seq WHERE seq IN (:one, :other)",
        "UPDATE audit_log SET seq = CAST(:sum AS bigint) + seq WHERE seq < 0",
    ):
        await connection.execute(text(sql), {"one": one, "other": other, "sum": one + other})
    return one


async def cut(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Cut the tail off, and set the head to what is left."""
    seq = chance.randint(1, last)
    await connection.execute(text("DELETE FROM audit_log WHERE seq >= :seq"), {"seq": seq})
    left = await read(connection)
    await set_head(connection, seq - 1, left[-1]["hash"] if left else BEGINNING)
    return seq


async def rewrite(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Change a record, and make the chain anew behind it, up to the head."""
    seq = await change(connection, chance.choice(COVERED), chance.randint(1, last))
    records = await read(connection)
    made = records[seq - 2]["hash"] if seq > 1 else BEGINNING
    for record in records[seq - 1 :]:
        made = chained(made, record["seq"], record["chained_at"], record)
        sql = "UPDATE audit_log SET hash = :hash WHERE seq = :seq"
        await connection.execute(text(sql), {"hash": made, "seq": record["seq"]})
    await set_head(connection, records[-1]["seq"], made)
    return seq


async def put_in(connection: AsyncConnection, chance: random.Random, last: int) -> int:
    """Append a record that never was, with a hash that fits; the head stays."""
    (newest,) = (await read(connection))[-1:]
    forged = newest | {"seq": last + 1, "login": "forged"}
    forged["hash"] = chained(newest["hash"], last + 1, newest["chained_at"], forged)
    names = ", ".join(forged)
    values = ", ".join(f":{name}" for name in forged)
    await connection.execute(text(f"INSERT INTO audit_log ({names}) VALUES ({values})"), forged)  # noqa: S608
    return last + 1


async def set_head(connection: AsyncConnection, seq: int, made: bytes) -> None:
    sql = "UPDATE audit_head SET seq = :seq, hash = :hash"
    await connection.execute(text(sql), {"seq": seq, "hash": made})


KINDS: tuple[Tampering, ...] = (edit, delete, close_up, swap, cut, rewrite, put_in)


async def test_a_thousand_tamperings_are_all_seen(
    chained: HubClient, intruder: AsyncConnection
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)  # noqa: S311 -- a test
    newest = await head_of(intruder)
    before = await found(intruder, [newest])
    unseen = []

    for number in range(TAMPERINGS):
        tampering = chance.choice(KINDS)
        async with intruder.begin_nested() as taken_back:
            seq = await tampering(intruder, chance, newest.seq)
            fault = await found(intruder, [newest])
            if fault is None or (fault.seq > seq and tampering is not rewrite):
                unseen.append((seed, number, tampering.__name__, seq, fault))
            await taken_back.rollback()

    assert before is None
    assert unseen == []
    assert await found(intruder, [newest]) is None


async def test_without_an_anchor_a_cut_tail_is_not_to_be_seen(
    chained: HubClient, intruder: AsyncConnection
) -> None:
    newest = await head_of(intruder)

    await cut(intruder, random.Random(1), newest.seq)  # noqa: S311 -- a test

    assert await found(intruder, []) is None
    assert (await found(intruder, [newest])) is not None


@pytest.mark.parametrize("name", COVERED)
def test_a_hash_covers_every_member_of_an_event(name: str) -> None:
    instant = datetime(2026, 11, 23, tzinfo=UTC)
    event: dict[str, Any] = dict.fromkeys(COVERED) | {"at": instant}
    other = event | {name: instant + timedelta(microseconds=1) if name == "at" else "x"}

    assert chained(BEGINNING, 1, instant, event) != chained(BEGINNING, 1, instant, other)


def test_the_first_fault_is_told_and_where() -> None:
    walk = Walk(Head(0, BEGINNING), {})

    assert walk.follow([{"seq": 2}]) == Fault(1, AuditFault.MISSING)
