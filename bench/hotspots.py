"""Where the hub spends its time on one operation: the functions that take the most of it."""

import asyncio
import pstats
import signal
import tempfile
from pathlib import Path

import uvloop

from bench.contenders import HUB, started
from bench.dataset import FULL
from bench.load import send
from bench.requests import CONNECTIONS, asked, requests_of, stored

WARMING = 200
SECONDS = 5.0
LINES = 40


def show(name: str, data: Path | None) -> None:
    """Print the profile of the hub process under the operation `name`, dearest functions first."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile"
        with stored(data, FULL) as (settings, _):
            known = asyncio.run(asked(settings["HUB_DATABASE_URL"], [name]))
            with started([HUB], settings, "--profile", str(file)) as servers:
                process, port = servers[HUB]
                requests = requests_of(known, HUB)[name]
                warm = uvloop.run(send(port, requests, CONNECTIONS, WARMING))
                process.send_signal(signal.SIGUSR1)
                count = max(WARMING, int(warm.rate * SECONDS))
                uvloop.run(send(port, requests, CONNECTIONS, count))
        print(f"{name}: {count} requests, profiled")
        pstats.Stats(str(file)).strip_dirs().sort_stats("tottime").print_stats(LINES)
