"""The feed as subscribers read it: numbered changes, woken up by Valkey, never lost by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "hub:feed"
LOOK_EVERY = 1.0
"""Seconds after which a reader looks for itself when nobody wakes it."""


class Feed:
    """Wakes the readers of one process when the feed has grown.

    Nothing is carried but the wake-up: each reader reads the feed itself from its own position.
    With Valkey away the readers look once a second.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._grown = asyncio.Condition()

    async def wait(self) -> None:
        """Return when the feed may have grown, after a second at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY), self._grown:
                await self._grown.wait()

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
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        log = structlog.get_logger("hub.events")
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    async for _ in pubsub.listen():
                        async with self._grown:
                            self._grown.notify_all()
            except (RedisError, OSError) as error:
                log.warning("feed wake-ups lost", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
