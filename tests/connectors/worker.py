"""Workers to be killed: for each line that comes in another one, whose process id is printed.

`python -m tests.connectors.worker URL DATA`: the database, and the folder with the keys.
"""

import asyncio
import os
import sys
from pathlib import Path

from hub.db import Database
from hub.integrations.outbound import Wall, outbound
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import Agent
from hub.jobs.connectors import run
from hub.sealing import Vault
from hub.settings import Settings
from tests.connectors.verbs import Loopback


async def work(url: str, data: str) -> None:
    """Keep connectors going until it is killed."""
    database = Database(url, 4)
    async with outbound(Wall(Loopback())) as way:
        vault = Vault.of_settings(Settings(data=Path(data)))
        await run(Agent(database, way, vault), Clerk(database))


def main() -> None:
    """One worker after the other, each forked from what has been imported once."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(*sys.argv[1:]))
        print(child, flush=True)  # noqa: T201 -- whoever started us reads it
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
