"""One evaluation, many subscribers: who asks the same gets the same bytes of each event."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from typing import Any

import structlog
from websockets.frames import Frame, Opcode

from hub.actor import Actor
from hub.errors import Busy, CostExceeded, Unavailable
from hub.events import LOOK_EVERY, Changes
from hub.web.answers import encode
from hub.web.faults import TimedOut

KEPT = 256
BYTES_KEPT = 4 << 20
"""Answers that a channel keeps for subscribers who are not done with them yet."""
BYTES_OF_ALL = 64 << 20
"""What all channels of a process keep together."""
BYTES_AT_ONCE = 1 << 20
"""What goes out in one piece; a single answer may be longer."""
MOST_LENGTHS = 4
"""How long ids of operations are for which frames of answers are kept; the ids may differ."""
SMALL = 64 << 10
"""Bytes of answers whose frames are kept at once, and for more than one length."""
_HEAD = b'{"id":'

Bodies = Sequence[bytes]
Answering = Callable[[Sequence[Any]], Awaitable[Bodies]]
"""Answers the first of some events, as many as go out in one piece; never none."""


class Shared:
    """Answers to changes in a row, up to the position `pos`, the same for many subscribers."""

    def __init__(self, answers: Sequence[tuple[int, bytes]], pos: int) -> None:
        self.answers = answers
        self.pos = pos
        self.size = sum(len(body) for _, body in answers)
        """The bytes that are held."""
        self._is_small = self.size <= SMALL
        self._made: dict[int, list[bytes]] = {}
        self._asked: set[int] = set()

    def after(self, pos: int) -> "Shared":
        """The answers to changes after `pos`."""
        if not self.answers or self.answers[0][0] > pos:
            return self
        return Shared([one for one in self.answers if one[0] > pos], self.pos)

    def frames(self, id_: str) -> bytes:
        """The WebSocket frames that bring them to the operation `id_` of graphql-transport-ws."""
        said = encode(id_)
        return said.join(self._form(len(said), _around))

    def texts(self, id_: str) -> list[bytes]:
        """The messages in these frames."""
        return [_message(encode(id_), body) for _, body in self.answers]

    @property
    def events(self) -> bytes:
        """The same as server-sent events."""
        (events,) = self._form(0, _events)
        return events

    def _form(self, length: int, make: Callable[[int, Bodies], list[bytes]]) -> list[bytes]:
        """What `make` makes of the answers, for ids of so many bytes; 0 where there are none.

        It is kept for others, for those of many bytes from the second time on, and once.
        """
        made = self._made.get(length)
        if made is None:
            made = make(length, [body for _, body in self.answers])
            if self._keeps(length):
                self._made[length] = made
                self.size += sum(map(len, made))
            self._asked.add(length)
        return made

    def _keeps(self, length: int) -> bool:
        if self._is_small:
            return len(self._made) < MOST_LENGTHS
        return not self._made and length in self._asked


def event(body: bytes) -> bytes:
    """One `next` event of graphql-sse; JSON has no line breaks of its own."""
    return b"event: next\ndata: " + body + b"\n\n"


def _events(_: int, bodies: Bodies) -> list[bytes]:
    return [b"".join(map(event, bodies))]


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
        self._most = self._size = most

    async def after(self, pos: int) -> Shared:
        """The answers to some changes after `pos`, if only to none, through every outage.

        ChangeTokenExpired where some of the changes are kept no longer.
        """
        heard = await self._changes.after(self._actor, pos, self._size)
        bodies = await self._bodies([self._changes.event(one) for one in heard.changes])
        positions = [one["pos"] for one in heard.changes][: len(bodies)]
        end = heard.end if len(bodies) == len(heard.changes) else positions[-1]
        return Shared(list(zip(positions, bodies, strict=True)), end)

    async def _bodies(self, events: Sequence[Any]) -> Bodies:
        """The answers to the first of `events`; what is too much together is told in parts."""
        while events:
            try:
                bodies = await self._answer(events)
            except (TimeoutError, TimedOut, CostExceeded):
                events = events[: -(-len(events) // 2)]
                self._size = len(events)
            except (Unavailable, Busy) as error:
                structlog.get_logger("hub.web").warning("subscribers wait", error=error.code)
                await asyncio.sleep(LOOK_EVERY)
            else:
                self._size = self._fitting(bodies)
                return bodies
        return ()

    def _fitting(self, bodies: Bodies) -> int:
        """How many events to answer next, if they are as long as these."""
        fit = BYTES_AT_ONCE * len(bodies) // max(1, sum(map(len, bodies)))
        return max(1, min(self._most, 2 * self._size, fit))


class Channel:
    """The answers to one operation from the position `pos` on; made for as long as it is open.

    Whenever more of them are kept, `make_room` is called.
    """

    def __init__(self, source: Source, pos: int, make_room: Callable[[], None]) -> None:
        self._source = source
        self._make_room = make_room
        self._kept: deque[Shared] = deque()
        self._begins = pos
        self._news = asyncio.Event()
        self._waiting = 0
        self.subscribers = 0
        self._making = asyncio.create_task(self._make(pos))
        self._making.add_done_callback(self._end)

    @property
    def has_failed(self) -> bool:
        """Whether no more answers come."""
        return self._making.done()

    @property
    def size(self) -> int:
        """The bytes that are kept."""
        return sum(one.size for one in self._kept)

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
            await self._wait()

    async def _wait(self) -> None:
        news = self._news
        self._waiting += 1
        self.tidy()
        try:
            await news.wait()
        finally:
            if news is self._news:
                self._waiting -= 1

    def tidy(self) -> None:
        """Let go of what is kept once nobody is behind."""
        while self._kept and self._waiting == self.subscribers:
            self.let_go()

    def let_go(self) -> None:
        """Keep the oldest answers no longer."""
        self._begins = self._kept.popleft().pos

    async def _make(self, pos: int) -> None:
        while True:
            shared = await self._source.after(pos)
            pos = shared.pos
            if shared.answers:
                self._keep(shared)

    def _keep(self, shared: Shared) -> None:
        self._kept.append(shared)
        while len(self._kept) > 1 and (
            self.size > BYTES_KEPT or sum(len(one.answers) for one in self._kept) > KEPT
        ):
            self.let_go()
        self._make_room()
        self._news.set()
        self._news = asyncio.Event()
        self._waiting = 0

    def _end(self, making: asyncio.Task[None]) -> None:
        """Wake everybody; what happened is told to each, and to no one where all have left."""
        if not making.cancelled():
            making.exception()
        while self._kept:
            self.let_go()
        self._news.set()

    def close(self) -> None:
        """Make no more answers."""
        self._making.cancel()


class Channels:
    """The open channels of a process, by what their subscribers have in common."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Channel] = {}

    async def follow(
        self, key: Hashable, source: Source, pos: int, head: int
    ) -> AsyncGenerator[Shared, None]:
        """The answers of the channel `key` to changes after `pos`, in order, without a gap.

        The first to follow opens it, over its `source`, at the `head` of the feed: who comes from
        further back keeps nobody waiting. The last one closes it.
        """
        channel = self._open.get(key)
        if channel is None or channel.has_failed:
            channel = self._open[key] = Channel(source, head, self._make_room)
        channel.subscribers += 1
        try:
            while True:
                shared = await channel.after(pos)
                pos = shared.pos
                yield shared
        finally:
            channel.subscribers -= 1
            channel.tidy()
            if not channel.subscribers:
                channel.close()
                if self._open.get(key) is channel:
                    del self._open[key]

    def _make_room(self) -> None:
        """Let the channels that keep most keep less, until it is not too much in all."""
        while sum(one.size for one in self._open.values()) > BYTES_OF_ALL:
            max(self._open.values(), key=lambda one: one.size).let_go()
