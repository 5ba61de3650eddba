"""The feed as subscribers read it: read once for all of them, woken up by Valkey, never lost."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, TypeVarTuple

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.actor import Actor
from hub.errors import ChangeTokenExpired
from hub.tasks import end

CHANNEL = "hub:feed"
LOOK_EVERY = 1.0
"""Seconds after which the feed is looked at when nobody says that it has grown."""
MOST_CHANGES = 200
"""Changes that are read at a time."""
KEPT = 2_000
"""Changes that are kept for those who are not done with them yet."""

Change = Mapping[Any, Any]
"""A row of the feed by the names of its columns."""
E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Stretch(NamedTuple):
    """What someone hears of the feed, in order, up to the position `end`."""

    changes: Sequence[Change]
    end: int


class Log(Protocol):
    """Where the feed is stored."""

    async def head(self) -> int:
        """The last position given out."""

    async def after(self, pos: int, most: int) -> Sequence[Change]:
        """The first changes after `pos`, in order, at most so many."""

    async def heard(self, actor: Actor, types: Collection[str], pos: int, most: int) -> Stretch:
        """What `actor` hears of changes of `types` after `pos`, at most so many of them.

        ChangeTokenExpired where some of these are kept no longer.
        """


class Feed:
    """The changes of one process: read from the database once, however many follow them.

    Valkey carries nothing but the wake-up; with Valkey away the feed is looked at once a second.
    While the database is away, everybody waits. Nothing is read while nobody follows.
    """

    def __init__(self, redis: Redis, log: Log) -> None:
        self._redis = redis
        self._log = log
        self._grown = asyncio.Event()
        self._news = asyncio.Event()
        self._kept: list[Change] = []
        self._begins = self._ends = 0
        """What is kept are all changes after the first of these positions, up to the second."""
        self._followers = 0
        self._reading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[int]:
        """The last position of the feed, which is read for as long as anyone is inside."""
        head = await self._log.head()
        self._followers += 1
        if self._reading is None:
            self._begins = self._ends = head
            self._reading = asyncio.create_task(self._read_on())
        try:
            yield head
        finally:
            self._followers -= 1
            if not self._followers:
                self._reading.cancel()
                self._reading = None
                self._kept = []

    async def after(self, pos: int) -> Sequence[Change] | None:
        """The next changes after `pos`, in order, once there are any.

        None where `pos` is too far behind for what is kept: `behind` reads on from there.
        """
        while pos >= self._begins:
            if pos < self._ends:
                first = bisect_right(self._kept, pos, key=_position)
                return self._kept[first : first + MOST_CHANGES]
            await self._news.wait()
        return None

    async def behind(self, actor: Actor, types: Collection[str], pos: int, most: int) -> Stretch:
        """What `actor` hears of changes of `types` after `pos`, as it is stored, at most so many.

        ChangeTokenExpired where some of these are kept no longer.
        """
        return await self._patiently(self._log.heard, actor, types, pos, most)

    async def _read_on(self) -> None:
        while True:
            self._grown.clear()
            found = await self._patiently(self._log.after, self._ends, MOST_CHANGES)
            if found:
                self._kept = [*self._kept, *found][-KEPT:]
                self._begins = max(self._begins, self._kept[0]["pos"] - 1)
                self._ends = found[-1]["pos"]
                self._news.set()
                self._news = asyncio.Event()
            if len(found) < MOST_CHANGES:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._grown.wait()

    async def _patiently(self, read: Callable[[*Ts], Awaitable[T]], *asked: *Ts) -> T:
        """What the database says, through every outage."""
        while True:
            try:
                return await read(*asked)
            except ChangeTokenExpired:
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it was, the feed must go on
                log = structlog.get_logger("hub.events")
                log.warning("feed waits", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)

    async def announce(self, pos: int) -> None:
        """Tell every process that the feed now reaches `pos`."""
        with suppress(RedisError, OSError):
            await self._redis.publish(CHANNEL, pos)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for announcements while the block runs."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            await end(task)

    async def _listen(self) -> None:
        log = structlog.get_logger("hub.events")
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    async for _ in pubsub.listen():
                        self._grown.set()
            except (RedisError, OSError) as error:
                log.warning("feed wake-ups lost", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)


def _position(change: Change) -> int:
    pos: int = change["pos"]
    return pos


@dataclass(frozen=True)
class Changes(Generic[E]):
    """The events that `actor` is to hear of, made of changes of `types` from the feed.

    They begin after the position `begin`, or with what comes from now on. Whoever runs the
    subscription may take it apart, to make the events once for all who hear the same. Who
    iterates hears them alone; `renew` then forgets what was read for the events before.
    """

    feed: Feed
    actor: Actor
    types: Collection[str]
    concerns: Callable[[Actor, Change], bool]
    event: Callable[[Change], E]
    renew: Callable[[], Awaitable[None]]
    begin: int | None = None

    async def after(self, actor: Actor, pos: int, most: int = MOST_CHANGES) -> Stretch:
        """What `actor` hears next after `pos`, if only that it is nothing; at most so many.

        ChangeTokenExpired where some of that is kept no longer.
        """
        changes = await self.feed.after(pos)
        if changes is None:
            return await self.feed.behind(actor, self.types, pos, most)
        heard = [
            one for one in changes if one["object_type"] in self.types and self.concerns(actor, one)
        ]
        if len(heard) > most:
            return Stretch(heard[:most], heard[most - 1]["pos"])
        return Stretch(heard, changes[-1]["pos"])

    async def __aiter__(self) -> AsyncIterator[E]:
        async with self.feed.following() as head:
            pos = head if self.begin is None else self.begin
            while True:
                await self.renew()
                heard = await self.after(self.actor, pos)
                for change in heard.changes:
                    yield self.event(change)
                pos = heard.end
