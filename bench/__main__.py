"""Runs the measurements and prints their figures with the load of the machine beside them.

`python -m bench` runs all; `ledger`, `export`, `requests`, `streams`, `crowd` or `differential` one
of them, and `profile Q1` shows where the hub's time goes.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import crowd, differential, exports, hotspots, ledger, requests, streams, sync
from bench.operations import DOCUMENTS
from hub.embedded.supervisor import Embedded
from hub.migration import migrate


def measure_ledger() -> None:
    """Measure on embedded servers of our own, with fsync on as in production."""
    with _folder(None) as folder, Embedded.open(folder / "data") as embedded:
        migrate(embedded.database_url)
        asyncio.run(ledger.measure(embedded.database_url, folder))
    with _folder(None) as folder:
        sync.measure(folder)


def measure_export(rows: int) -> None:
    """Measure on embedded servers of our own, with fsync on as in production."""
    with _folder(None) as folder:
        exports.measure(folder, rows)


def measure_all(data: Path | None) -> int:
    """Every measurement, on data that are stored once; how many answers differ."""
    measure_ledger()
    measure_export(exports.ROWS)
    with _folder(data) as folder:
        requests.measure(quick=False, data=folder, out=None)
        streams.measure(quick=False, data=folder, out=None)
        crowd.measure(quick=False, data=folder)
    return differential.compare(differential.CASES, None, 18)


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The folder that was given, else one for now that servers under any account may enter."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    made = argparse.ArgumentParser(prog="python -m bench")
    commands = made.add_subparsers(dest="command")
    commands.add_parser("ledger", help="the import of a ledger, and its sync")
    large = commands.add_parser("export", help="an export of a large ledger in each format")
    large.add_argument("--rows", type=int, default=exports.ROWS, help="rows of the ledger")
    some = commands.add_parser("requests", help="Q1-Q4 and M1 against LIMIT and stock Strawberry")
    some.add_argument("--only", nargs="+", choices=DOCUMENTS, help="of the operations only these")
    fan = commands.add_parser("streams", help="S1 against LIMIT and stock Strawberry")
    many = commands.add_parser("crowd", help="1,000 open subscriptions: how long a change takes")
    many.add_argument("--quick", action="store_true", help="little data, few subscriptions")
    for one in (some, fan):
        one.add_argument("--quick", action="store_true", help="little data, one short round")
        one.add_argument("--out", type=Path, help="write every sample as JSON")
    differential.arguments(
        commands.add_parser("differential", help="random operations, the engine and graphql-core")
    )
    profile = commands.add_parser("profile", help="where the hub's time goes")
    profile.add_argument("operation", choices=DOCUMENTS)
    for one in (made, some, fan, many, profile):
        one.add_argument("--data", type=Path, help="folder to keep the stored data in")
    return made


def main() -> None:
    """Do what the command line says; it ends with 1 where an answer differs."""
    given = parser().parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    differing = 0
    match given.command:
        case None:
            differing = measure_all(given.data)
        case "ledger":
            measure_ledger()
        case "export":
            measure_export(given.rows)
        case "requests":
            names = given.only or list(DOCUMENTS)
            requests.measure(quick=given.quick, data=given.data, out=given.out, names=names)
        case "streams":
            streams.measure(quick=given.quick, data=given.data, out=given.out)
        case "crowd":
            crowd.measure(quick=given.quick, data=given.data)
        case "differential":
            differing = differential.compare(given.cases, given.seed, given.postgres)
        case "profile":
            hotspots.show(given.operation, given.data)
    raise SystemExit(1 if differing else 0)


if __name__ == "__main__":
    main()
