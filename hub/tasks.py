"""How the tasks of a process end."""

import asyncio
from typing import Any

CANCEL_EVERY = 1.0
"""Seconds that a task has for leaving before it is told once more."""


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel `tasks`, and wait until all are done; what they failed of is told to nobody.

    Told once, a task may go on for ever: `asyncio.wait_for` of Python 3.11, which redis-py calls
    for every command it sends, loses a cancellation that comes together with its result.
    """
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_EVERY)
    await asyncio.gather(*tasks, return_exceptions=True)
