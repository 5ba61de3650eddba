"""One evaluation, many subscribers: who asks the same gets the same bytes of each event."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from functools import cached_property
from typing import Any

import structlog
from websockets.frames import Frame, Opcode

from hub.actor import Actor
from hub.errors import Busy, Unavailable
from hub.events import LOOK_EVERY, Changes
from hub.web.answers import encode

KEPT = 256
"""Answers that a channel keeps for subscribers who are not done with them yet."""
MOST_LENGTHS = 4
"""How long ids of operations are for which frames of answers are kept; the ids may differ."""
_HEAD = b'{"id":'

Bodies = Sequence[bytes]
Answering = Callable[[Sequence[Any]], Awaitable[Bodies]]


class Shared:
    """Answers to changes in a row, up to the position `pos`, the same for many subscribers."""

    def __init__(self, answers: Sequence[tuple[int, bytes]], pos: int) -> None:
        self.answers = answers
        self.pos = pos
        self._parts: dict[int, list[bytes]] = {}

    def after(self, pos: int) -> "Shared":
        """The answers to changes after `pos`."""
        if not self.answers or self.answers[0][0] > pos:
            return self
        return Shared([one for one in self.answers if one[0] > pos], self.pos)

    def frames(self, id_: str) -> bytes:
        """The WebSocket frames that bring them to the operation `id_` of graphql-transport-ws."""
        said = encode(id_)
        parts = self._parts.get(len(said))
        if parts is None:
            parts = _around(len(said), [body for _, body in self.answers])
            if len(self._parts) < MOST_LENGTHS:
                self._parts[len(said)] = parts
        return said.join(parts)

    def texts(self, id_: str) -> list[bytes]:
        """The messages in these frames."""
        return [_message(encode(id_), body) for _, body in self.answers]

    @cached_property
    def events(self) -> bytes:
        """The same as server-sent events."""
        return b"".join(event(body) for _, body in self.answers)


def event(body: bytes) -> bytes:
    """One `next` event of graphql-sse; JSON has no line breaks of its own."""
    return b"event: next\ndata: " + body + b"\n\n"


def _message(said: bytes, body: bytes) -> bytes:
    return b'%b%b,"type":"next","payload":%b}' % (_HEAD, said, body)


def _around(length: int, bodies: Bodies) -> list[bytes]:
    """What stands before, between and behind the ids in frames, for ids of `length` bytes."""
    gap = b" " * length
    parts = [b""]
    for body in bodies:
        frame = Frame(Opcode.TEXT, _message(gap, body)).serialize(mask=False)
        before, _, behind = frame.partition(_HEAD + gap)
        parts[-1] += before + _HEAD
        parts.append(behind)
    return parts


class Source:
    """What a channel makes its answers of: what its actor hears of, at most so much at a time."""

    def __init__(self, changes: Changes[Any], actor: Actor, answer: Answering, most: int) -> None:
        self._changes = changes
        self._actor = actor
        self._answer = answer
        self._most = most

    async def after(self, pos: int) -> Shared:
        """The answers to some changes after `pos`, if only to none, through every outage."""
        changes = await self._changes.feed.after(pos)
        heard = [one for one in changes if self._changes.concerns(self._actor, one)]
        last = changes[-1]
        if len(heard) > self._most:
            heard = heard[: self._most]
            last = heard[-1]
        bodies = await self._bodies([self._changes.event(one) for one in heard])
        positions = [one["pos"] for one in heard]
        return Shared(list(zip(positions, bodies, strict=True)), last["pos"])

    async def _bodies(self, events: Sequence[Any]) -> Bodies:
        while events:
            try:
                return await self._answer(events)
            except (Unavailable, Busy) as error:
                structlog.get_logger("hub.web").warning("subscribers wait", error=error.code)
                await asyncio.sleep(LOOK_EVERY)
        return ()


class Channel:
    """The answers to one operation from the position `pos` on; made for as long as it is open."""

    def __init__(self, source: Source, pos: int) -> None:
        self._source = source
        self._kept: deque[Shared] = deque()
        self._begins = pos
        self._news = asyncio.Event()
        self.subscribers = 0
        self._making = asyncio.create_task(self._make(pos))
        self._making.add_done_callback(self._end)

    @property
    def has_failed(self) -> bool:
        """Whether no more answers come."""
        return self._making.done()

    async def after(self, pos: int) -> Shared:
        """The next answers after `pos`, once there are any.

        Who is too far behind for what is kept has them made for itself alone. What broke the
        channel off is raised.
        """
        while True:
            if pos < self._begins:
                made = await self._source.after(pos)
                if made.answers:
                    return made
                pos = made.pos
                continue
            for shared in self._kept:
                if shared.pos > pos:
                    return shared.after(pos)
            if self._making.done():
                self._making.result()
            await self._news.wait()

    async def _make(self, pos: int) -> None:
        while True:
            shared = await self._source.after(pos)
            pos = shared.pos
            if shared.answers:
                self._keep(shared)

    def _keep(self, shared: Shared) -> None:
        self._kept.append(shared)
        while len(self._kept) > 1 and sum(len(one.answers) for one in self._kept) > KEPT:
            self._begins = self._kept.popleft().pos
        self._news.set()
        self._news = asyncio.Event()

    def _end(self, making: asyncio.Task[None]) -> None:
        """Wake everybody; what happened is told to each, and to no one where all have left."""
        if not making.cancelled():
            making.exception()
        self._news.set()

    def close(self) -> None:
        """Make no more answers."""
        self._making.cancel()


class Channels:
    """The open channels of a process, by what their subscribers have in common."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Channel] = {}

    async def follow(self, key: Hashable, source: Source, pos: int) -> AsyncGenerator[Shared, None]:
        """The answers of the channel `key` to changes after `pos`, in order, without a gap.

        The first to follow opens it, over its `source`; the last one closes it.
        """
        channel = self._open.get(key)
        if channel is None or channel.has_failed:
            channel = self._open[key] = Channel(source, pos)
        channel.subscribers += 1
        try:
            while True:
                shared = await channel.after(pos)
                pos = shared.pos
                yield shared
        finally:
            channel.subscribers -= 1
            if not channel.subscribers:
                channel.close()
                if self._open.get(key) is channel:
                    del self._open[key]
