"""Runs the measurements and prints their figures with the load of the machine beside them.

`python -m bench` runs all; `ledger`, `reads` or `streams` one of them; `profile Q1` shows where the
hub's time goes.
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from bench import hotspots, ledger, reads, streams
from bench.operations import DOCUMENTS
from hub.embedded.supervisor import Embedded
from hub.migration import migrate


def measure_ledger() -> None:
    """Measure on embedded servers of our own, with fsync on as in production."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o755)
        with Embedded.open(Path(folder) / "data") as embedded:
            migrate(embedded.database_url)
            asyncio.run(ledger.measure(embedded.database_url, Path(folder)))


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    made = argparse.ArgumentParser(prog="python -m bench")
    commands = made.add_subparsers(dest="command")
    commands.add_parser("ledger", help="the import of a ledger")
    some = commands.add_parser("reads", help="Q1-Q4 against LIMIT and stock Strawberry")
    some.add_argument("--quick", action="store_true", help="little data, one short round")
    some.add_argument("--out", type=Path, help="write every sample as JSON")
    some.add_argument("--only", nargs="+", choices=DOCUMENTS, help="of the operations only these")
    fan = commands.add_parser("streams", help="S1 against LIMIT and stock Strawberry")
    fan.add_argument("--quick", action="store_true", help="few subscribers, one short round")
    fan.add_argument("--out", type=Path, help="write every sample as JSON")
    profile = commands.add_parser("profile", help="where the hub's time goes")
    profile.add_argument("operation", choices=DOCUMENTS)
    for one in (some, fan, profile):
        one.add_argument("--data", type=Path, help="folder to keep the stored data in")
    return made


def main() -> None:
    """Do what the command line says."""
    given = parser().parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if given.command in (None, "ledger"):
        measure_ledger()
    if given.command is None:
        reads.measure(quick=False, data=None, out=None)
        streams.measure(quick=False, data=None, out=None)
    if given.command == "reads":
        names = given.only or list(DOCUMENTS)
        reads.measure(quick=given.quick, data=given.data, out=given.out, names=names)
    if given.command == "streams":
        streams.measure(quick=given.quick, data=given.data, out=given.out)
    if given.command == "profile":
        hotspots.show(given.operation, given.data)


if __name__ == "__main__":
    main()
