"""Who is behind a token, kept for two seconds: a busy caller costs no query for each request."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from hub.actions import session
from hub.actor import Actor
from hub.db import Database
from hub.errors import Unauthenticated

SECONDS = 2.0
MOST = 10_000


class _Answer(NamedTuple):
    """What the database says of one token, or will say in a moment; None for no one."""

    until: float
    task: asyncio.Task[Actor | None]


class Identities:
    """The tokens that one process has seen; what it says of one is two seconds old at most."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._answers: dict[bytes, _Answer] = {}

    async def actor_of(self, token: str) -> Actor:
        """The actor whose token this is. Unauthenticated when it is no one's, or not any more.

        Those who ask at once for the same token share one query, and go on if one of them leaves.
        """
        key = session.digest(token)
        answer = self._answers.get(key)
        if answer is None or self._clock() >= answer.until:
            answer = self._ask(key, token)
        task = answer.task
        actor = task.result() if task.done() else await asyncio.shield(task)
        if actor is None:
            raise session.unknown_token()
        return actor

    def forget(self, token: str) -> None:
        """Ask the database the next time that `token` comes."""
        self._answers.pop(session.digest(token), None)

    def _ask(self, key: bytes, token: str) -> _Answer:
        self._answers.pop(key, None)
        if len(self._answers) >= MOST:
            del self._answers[next(iter(self._answers))]
        task = asyncio.create_task(self._look(token))
        answer = self._answers[key] = _Answer(self._clock() + SECONDS, task)
        task.add_done_callback(lambda _: self._drop_failure(key, answer))
        return answer

    async def _look(self, token: str) -> Actor | None:
        try:
            return await session.actor_of(self._database, token, now=datetime.now(UTC))
        except Unauthenticated:
            return None

    def _drop_failure(self, key: bytes, answer: _Answer) -> None:
        """Keep no answer that the database could not give."""
        failed = answer.task.cancelled() or answer.task.exception() is not None
        if failed and self._answers.get(key) is answer:
            del self._answers[key]
