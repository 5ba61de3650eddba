"""How fast a worker writes an export of a large ledger, and how much memory it takes.

The worker is a process of its own (`hub worker`); the export is that of the system account of the
organisation. Peak resident is the kernel's high-water mark (VmHWM) of the worker, which has written
the formats before as well.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.dataset import ACCOUNTS, HELPERS, INSTRUMENTS, ORGANIZATIONS, WALLED, dsn
from bench.machine import PROC, seconds
from hub.actions.export import ask
from hub.actions.session import actor_called
from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.exchange import ExportFormat, ExportNoun
from hub.migration import migrate
from hub.times import utc_now
from resolvers.root import build
from schema.selection import selection
from schema.view import Views

ROWS = 1_000_000
OTHERS = 1_000
"""Instruments of other organisations."""
MOST_RESIDENT = 200
"""MB that a worker may take at most."""
KB_A_MB = 1_024
LOGIN = "erp-1"
WAITING = ("QUEUED", "RUNNING")
KEPT = "SELECT sum(octet_length(data)) FROM export_part WHERE export_id = $1"
FOUND = "SELECT state, failure, rows, size, parts FROM export WHERE id = $1"


async def stored(url: str, rows: int) -> None:
    """A ledger of so many rows, and a few of others."""
    connection = await asyncpg.connect(dsn(url))
    for table in (*WALLED, "export", "export_part"):
        await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    values = {"organizations": 40, "instruments": rows + OTHERS, "largest": rows, "laboratories": 2}
    await connection.execute(HELPERS)
    for statement in (ORGANIZATIONS, INSTRUMENTS, ACCOUNTS):
        for name, value in values.items():
            statement = statement.replace(f":{name}", str(value))
        await connection.execute(statement)
    await connection.execute("VACUUM (ANALYZE) organization, instrument")
    await connection.close()


@contextmanager
def a_worker(settings: Mapping[str, str]) -> Iterator[int]:
    """The id of the process of a worker."""
    command = [sys.executable, "-c", "from hub.cli import main; main()", "worker"]
    with subprocess.Popen(command, env={**os.environ, **settings}) as process:  # noqa: S603 -- ours
        try:
            yield process.pid
        finally:
            process.terminate()


def peak(process: int) -> float:
    """The most memory that a process has had resident, in MB."""
    lines = (PROC / str(process) / "status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1]) / KB_A_MB


async def asked(database: Database, form: ExportFormat) -> UUID:
    """An export of the ledger."""
    actor = await actor_called(database, LOGIN)
    core = build()._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    columns = selection(Views(core).of(actor), ExportNoun.INSTRUMENT).columns
    async with database.writer(actor) as db:
        row = await ask(
            db, noun=ExportNoun.INSTRUMENT, format_=form, columns=columns, now=utc_now()
        )
    return row.id


async def written(url: str, process: int, rows: int, form: ExportFormat) -> str:
    """A line on one export. AssertionError unless it is whole."""
    database = Database(url, 2)
    connection = await asyncpg.connect(dsn(url))
    start, spent = time.perf_counter(), seconds(process)
    id_ = await asked(database, form)
    while (found := (await connection.fetch(FOUND, id_))[0])["state"] in WAITING:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    lasted, spent = time.perf_counter() - start, seconds(process) - spent
    assert (found["state"], found["rows"]) == ("DONE", rows), found
    kept = await connection.fetchval(KEPT, id_)
    await connection.close()
    await database.close()
    return (
        f"  {form:6} {rows / lasted:8,.0f} rows/s  worker {1e6 * spent / rows:5.0f} us a row"
        f"  file {found['size'] / 1e6:7,.1f} MB, stored {kept / 1e6:6,.1f} MB"
        f" in {found['parts']:,} parts  peak resident {peak(process):.0f} MB"
    )


def measure(
    folder: Path, rows: int = ROWS, forms: Sequence[ExportFormat] = tuple(ExportFormat)
) -> None:
    """Print rows a second and the peak resident of the worker."""
    with Embedded.open(folder / "data") as embedded:
        url = embedded.database_url
        migrate(url)
        asyncio.run(stored(url, rows))
        settings = {
            "HUB_DATABASE_URL": url,
            "HUB_REDIS_URL": embedded.redis_url,
            "HUB_DATA": str(folder / "data"),
        }
        with a_worker(settings) as process:
            print(f"export of {rows:,} instruments; the worker at most {MOST_RESIDENT} MB")
            for form in forms:
                print(asyncio.run(written(url, process, rows, form)), flush=True)
