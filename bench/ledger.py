"""How long a ledger of 20,000 rows takes to come in, and what it takes in memory.

Three rounds, each into a new organisation: the first import, the same file again (nothing to
write), and a dry run. Figures are rows per second and, as ratios, what the parts cost: reading and
judging alone (no database) against the whole.
"""

import asyncio
import resource
import runpy
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

from hub.actor import Actor
from hub.db import Database
from hub.exchange import OnError
from hub.importers.ledger.intake import import_ledger, read_path
from hub.importers.ledger.judge import judge
from hub.rules.organization import uscc_check_digit
from hub.tables.organization import Organization
from hub.vocabulary import Role

GENERATOR = Path(__file__).parents[1] / "examples/data/ledgers/sample_ledger_generate.py"
AS_OF = date(2024, 6, 30)
ROUNDS = 3
STEWARD = Actor(login="bench", roles=frozenset({Role.DATA_STEWARD}))


def generated(folder: Path) -> Path:
    """The 20,000-row ledger, made by its generator."""
    given, sys.argv = sys.argv, [str(GENERATOR), str(folder), "--only", "3"]
    try:
        runpy.run_path(str(GENERATOR), run_name="__main__")
    except SystemExit:
        pass
    finally:
        sys.argv = given
    return next(folder.glob("sample-ledger-3*.csv"))


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Seconds that `work` takes, and what it answers."""
    start = time.perf_counter()
    answer = await work()
    return time.perf_counter() - start, answer


async def measure(database_url: str, folder: Path) -> None:
    """Print the figures of the ledger import."""
    database = Database(database_url, 4)
    file = generated(folder)
    table = read_path(file)
    figures: dict[str, list[float]] = {}
    rows = 0
    for round_ in range(ROUNDS):
        owner = await _organization(database, round_)
        keeper = Actor(login="bench", organization_id=owner.id, roles=frozenset({Role.SYSTEM}))

        async def run(
            *, dry: bool = False, keeper: Actor = keeper, owner: Organization = owner
        ) -> Any:
            return await import_ledger(
                database,
                keeper,
                table,
                owner_id=owner.id,
                today=AS_OF,
                as_of=AS_OF,
                on_error=OnError.REJECT_ROWS,
                dry_run=dry,
            )

        parts: dict[str, Callable[[], Awaitable[Any]]] = {
            "read": lambda: asyncio.to_thread(read_path, file),
            "judge": lambda: asyncio.to_thread(judge, table, as_of=AS_OF),
            "dry run": lambda: run(dry=True),
            "import": run,
            "again": run,
        }
        for name, work in parts.items():
            seconds, answer = await timed(work)
            figures.setdefault(name, []).append(seconds)
            if name == "import":
                rows = answer.stored.created
            if name == "again" and (answer.stored.created or answer.stored.updated):
                raise AssertionError("the same file again must change nothing")
    await database.close()
    whole = statistics.median(figures["import"])
    print(f"ledger import: {rows:,} rows stored, {ROUNDS} rounds, medians")
    for name, taken in figures.items():
        middle = statistics.median(taken)
        rate = len(table.records) / middle
        print(f"  {name:8} {rate:9,.0f} rows/s   {middle / whole:5.2f} x import")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of the importing process {peak:,.0f} MB")


async def _organization(database: Database, number: int) -> Organization:
    stem = f"91320500MAB{number:06d}"
    uscc = stem + uscc_check_digit(stem + "0")
    async with database.writer(STEWARD) as db:
        row = Organization(uscc=uscc, uscc_check_passed=True, name=f"bench {number}")
        return await db.add(row, action="bench")
