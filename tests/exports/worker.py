"""A worker in a process of its own, which takes its time over each page: `python -m` with a URL."""

import asyncio
import sys
from typing import Any

from hub.actor import Actor
from hub.db import Database
from hub.engine.walk import EngineWalk
from hub.exchange import ExportNoun
from hub.jobs.exports import Exporter, Page, run
from hub.statements import Statements
from resolvers.root import build
from schema.bundle import Dccs
from schema.view import Views

PAUSE = 0.1
"""Seconds before each page, so that there is time to kill the worker between two of them."""


class SlowWalk(EngineWalk):
    """Reads as every worker does, in its own time."""

    async def page(self, actor: Actor, noun: ExportNoun, after: str | None) -> Page:
        await asyncio.sleep(PAUSE)
        return await super().page(actor, noun, after)


async def main(url: str) -> None:
    """Write exports until it is killed."""
    core: Any = build()._schema
    walk, database = SlowWalk(Views(core), Statements(url, 4)), Database(url, 4)
    await run(Exporter(database, walk, Dccs(database, None)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
