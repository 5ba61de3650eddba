"""How the tasks and threads of a process end."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

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


async def in_thread(work: Callable[..., T], *given: Any) -> T:
    """What `work` returns in a thread. Who is cancelled goes on only when the thread has ended."""
    task = asyncio.create_task(asyncio.to_thread(work, *given))
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled:
        await asyncio.gather(task, return_exceptions=True)
        raise asyncio.CancelledError
    return task.result()
