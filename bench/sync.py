"""How fast an ERP's ledger of 100,000 rows is taken in by `syncInstruments`, over HTTP.

One client, one call of 1,000 rows after the other, fsync on as in production. Three passes: all
rows new, the same rows again (nothing may be written), and one row in a hundred changed.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from bench.contenders import HUB, started
from bench.dataset import QUICK, dsn, filled
from bench.load import answer, request
from bench.requests import TOKEN_LIFE
from hub.actions.session import issue_token
from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.migration import migrate

ROWS = 100_000
A_CALL = 1_000
CHANGED = 100
LEAST = 1_700
"""Rows a second that are to be reached."""
SYNC = """
mutation Sync($input: SyncInstrumentsInput!) {
  syncInstruments(input: $input) { results { index externalId status } }
}"""
STORED = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM audit_event)"


def rows(*, changed: bool = False) -> list[dict[str, Any]]:
    """The ledger; `changed` in every hundredth row."""
    return [
        {
            "externalId": str(at),
            "assetNo": f"ERP-{at:06}",
            "name": "指针式压力表",
            "modelSpec": "Y-100 (0~1.6) MPa",
            "serialNo": f"SN{at:08}",
            "manufacturer": "上海自动化仪表四厂",
            "managementClass": "ABC"[at % 3],
            "department": "设备动力部",
            "location": "二车间" if changed and at % CHANGED == 0 else "一车间",
            "intervalMonths": 12,
            "lastDate": "2026-03-05",
        }
        for at in range(ROWS)
    ]


async def taken_in(port: int, token: str, ledger: Sequence[dict[str, Any]]) -> Counter[str]:
    """What became of the rows. AssertionError unless each is answered once, in order."""
    counts: Counter[str] = Counter()
    for start in range(0, len(ledger), A_CALL):
        part = ledger[start : start + A_CALL]
        given = {"rows": part, "source": "erp", "idempotencyKey": str(uuid4())}
        body = orjson.dumps({"query": SYNC, "variables": {"input": given}})
        told = orjson.loads(await answer(port, request(body, token)))
        results = told["data"]["syncInstruments"]["results"]
        assert [one["index"] for one in results] == list(range(len(part)))
        assert [one["externalId"] for one in results] == [one["externalId"] for one in part]
        counts.update(one["status"] for one in results)
    return counts


async def measured(url: str, port: int) -> list[str]:
    """A line for each pass."""
    database = Database(url, 2)
    connection = await asyncpg.connect(dsn(url))
    issued = await issue_token(database, "erp-2", ttl=TOKEN_LIFE, now=datetime.now(UTC))
    lines = []
    passes = {"new": rows(), "again": rows(), "1 % changed": rows(changed=True)}
    for name, ledger in passes.items():
        (before,) = await connection.fetch(STORED)
        start = time.perf_counter()
        counts = await taken_in(port, issued.token, ledger)
        seconds = time.perf_counter() - start
        (after,) = await connection.fetch(STORED)
        written = [late - early for late, early in zip(after, before, strict=True)]
        lines.append(
            f"  {name:12} {ROWS / seconds:8,.0f} rows/s  {dict(counts)}"
            f"  feed rows {written[0]:,}, audit rows {written[1]:,}"
        )
    await connection.close()
    await database.close()
    return lines


def measure(folder: Path) -> None:
    """Print rows per second, and what was written."""
    with Embedded.open(folder / "data") as embedded:
        migrate(embedded.database_url)
        asyncio.run(filled(embedded.database_url, QUICK))
        settings = {
            "HUB_DATABASE_URL": embedded.database_url,
            "HUB_REDIS_URL": embedded.redis_url,
            "HUB_DATA": str(folder / "data"),
        }
        with started([HUB], settings) as servers:
            told = asyncio.run(measured(embedded.database_url, servers[HUB].port))
    print(f"ledger sync: {ROWS:,} rows, {A_CALL:,} a call; at least {LEAST:,} rows/s")
    print("\n".join(told))
