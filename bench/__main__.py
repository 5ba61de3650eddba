"""Runs every measurement and prints its figures with the load of the machine beside them."""

import asyncio
import os
import tempfile
from pathlib import Path

from bench import ledger
from hub.embedded.supervisor import Embedded
from hub.migration import migrate


def main() -> None:
    """Measure on embedded servers of our own, with fsync on as in production."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o755)
        with Embedded.open(Path(folder) / "data") as embedded:
            migrate(embedded.database_url)
            print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            asyncio.run(ledger.measure(embedded.database_url, Path(folder)))


if __name__ == "__main__":
    main()
