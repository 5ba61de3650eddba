"""Argon2id, the dearest work of the hub (20 MB and 30 ms each), for only a few at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from hub.errors import Busy

T = TypeVar("T")

AT_ONCE = 2
WAITING = 20
HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
"""The least that OWASP's Password Storage Cheat Sheet asks of Argon2id: 19 MiB, two passes."""
NO_ONES = (
    f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)
"""The hash of no known password, as dear to check as a real one."""
# Threads of their own: where callers are cancelled, no more than these go on working.
_THREADS = ThreadPoolExecutor(AT_ONCE, "argon2")


class Argon:
    """What may be done in one's `turn`."""

    async def hash(self, password: str) -> str:
        """The hash to store for `password`, with its parameters and a salt."""
        return await self._in_thread(lambda: HASHER.hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` has the hash `stored`; no less work where none is stored."""
        return await self._in_thread(lambda: _matches(stored or NO_ONES, password))

    def is_outdated(self, stored: str | None) -> bool:
        """Whether `stored` was made with other parameters than today's."""
        return stored is not None and HASHER.check_needs_rehash(stored)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


class _Queue:
    """Those whose turn it is, and those who wait for theirs."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.present = 0


@lru_cache(maxsize=1)
def _queue(_loop: asyncio.AbstractEventLoop) -> _Queue:
    """The queue of the process, which runs one loop; a semaphore cannot outlive its loop."""
    return _Queue()


@asynccontextmanager
async def turn() -> AsyncIterator[Argon]:
    """Wait for one of two turns. Busy where twenty wait already."""
    queue = _queue(asyncio.get_running_loop())
    if queue.present == AT_ONCE + WAITING:
        raise Busy("登录人数过多，请稍后再试", "too many are signing in, try again", retry_after=1)
    queue.present += 1
    try:
        async with queue.turns:
            yield Argon()
    finally:
        queue.present -= 1
