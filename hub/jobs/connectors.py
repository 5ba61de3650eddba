"""Keeps connectors going: talks with each when something is due, applies what they have told."""

import asyncio

import structlog
from sqlalchemy import RowMapping

from hub.events import LOOK_EVERY
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import Agent

IN_FLIGHT = 64
"""Connectors that one worker talks with at a time; a slow one takes none of the others' time."""
LOG = structlog.get_logger("hub.connectors")


async def run(agent: Agent, clerk: Clerk) -> None:
    """Talk and apply for as long as the task lives, through every outage of the database."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_talk(agent))
        tasks.create_task(_apply(clerk))


async def _talk(agent: Agent) -> None:
    flying: set[asyncio.Task[None]] = set()

    async def turn(leased: RowMapping) -> None:
        try:
            await agent.turn(leased)
        except Exception as error:  # noqa: BLE001 -- its lease ends, and another turn comes
            LOG.warning("turn not ended", connector=leased["code"], error=type(error).__name__)

    async with agent.database.notified("connector") as woken, asyncio.TaskGroup() as tasks:
        while True:
            try:
                free = IN_FLIGHT - len(flying)
                for leased in await agent.lease(free) if free else ():
                    task = tasks.create_task(turn(leased))
                    flying.add(task)
                    task.add_done_callback(flying.discard)
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
                LOG.warning("connectors wait", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
            await woken(LOOK_EVERY)


async def _apply(clerk: Clerk) -> None:
    async with clerk.database.notified("connector") as woken:
        while True:
            found = 0
            try:
                found = await clerk.look()
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
                LOG.warning("inboxes wait", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
            if not found:
                await woken(LOOK_EVERY)
