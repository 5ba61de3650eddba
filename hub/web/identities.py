"""Who is behind a token, kept for two seconds: a busy caller costs no query for each request."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from hub.actions import session
from hub.actor import Actor
from hub.db import Database

SECONDS = 2.0
MOST = 10_000


@dataclass(slots=True)
class _Answer:
    """What the database says of one token, or will say in a moment; None for no one."""

    asked_at: float
    task: asyncio.Task[Actor | None]
    is_used: bool = False


class _Joining(NamedTuple):
    """A question that has not been put yet: the tokens it is about, and what will be found."""

    keys: list[bytes]
    found: asyncio.Task[Mapping[bytes, Actor]]


class Identities:
    """The tokens that one process has seen, with what the database last said of each."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._answers: dict[bytes, _Answer] = {}
        self._joining: _Joining | None = None

    async def actor_of(self, token: str, patience: float = SECONDS) -> Actor:
        """The actor whose token this is. Unauthenticated when it is no one's, or not any more.

        The database was asked less than `patience` seconds ago, or is asked now. Those who ask at
        once share one query, and go on if one of them leaves; it also asks for the others who are
        busy, so that many of them cost no more queries than one.
        """
        key = session.digest(token)
        answer = self._answers.get(key)
        if answer is None or self._clock() >= answer.asked_at + patience:
            if self._joining is None:
                self._ask_for_the_busy(key)
            answer = self._ask(key)
        answer.is_used = True
        task = answer.task
        actor = task.result() if task.done() else await asyncio.shield(task)
        if actor is None:
            raise session.unknown_token()
        return actor

    def forget(self, token: str) -> None:
        """Ask the database the next time that `token` comes."""
        self._answers.pop(session.digest(token), None)

    def _ask_for_the_busy(self, but: bytes) -> None:
        """Ask for the tokens that were used since, and whose turn it would be soon."""
        since = self._clock() - SECONDS / 2
        answers = self._answers.items()
        due = [key for key, one in answers if one.is_used and one.asked_at <= since and key != but]
        for key in due:
            self._ask(key)

    def _ask(self, key: bytes) -> _Answer:
        self._answers.pop(key, None)
        if len(self._answers) >= MOST:
            del self._answers[next(iter(self._answers))]
        if self._joining is None:
            self._joining = _Joining([], asyncio.create_task(self._look()))
        self._joining.keys.append(key)
        task = asyncio.create_task(_own(key, self._joining.found))
        answer = self._answers[key] = _Answer(self._clock(), task)
        task.add_done_callback(lambda _: self._drop_failure(key, answer))
        return answer

    async def _look(self) -> Mapping[bytes, Actor]:
        """What the database says of all the tokens that came before this began."""
        joined, self._joining = self._joining, None
        keys = joined.keys if joined else []
        return await session.actors_of(self._database, keys, now=datetime.now(UTC))

    def _drop_failure(self, key: bytes, answer: _Answer) -> None:
        """Keep no answer that the database could not give."""
        failed = answer.task.cancelled() or answer.task.exception() is not None
        if failed and self._answers.get(key) is answer:
            del self._answers[key]


async def _own(key: bytes, found: asyncio.Task[Mapping[bytes, Actor]]) -> Actor | None:
    return (await asyncio.shield(found)).get(key)
