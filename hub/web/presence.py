"""Whether the client is still there: work for someone who has hung up is stopped."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import cast

from starlette.requests import ClientDisconnect
from starlette.types import Receive

PATIENCE = 0.05


class Attendance:
    """Who waits for an answer: one timer looks after them all, and none while there is nobody."""

    def __init__(self) -> None:
        self.waiting: set[Presence] = set()
        self._looking = False

    def look_soon(self) -> None:
        """See to it that each of those who wait is looked after every `PATIENCE` seconds."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(PATIENCE, self._look)

    def _look(self) -> None:
        self._looking = False
        for presence in self.waiting:
            presence.look()
        if self.waiting:
            self.look_soon()


class Presence:
    """Cancels the work inside when the client goes away, and then raises ClientDisconnect.

    Only work that takes longer than `PATIENCE` seconds is watched, from the second look at it, so
    that quick answers pay for no timer and no task. The body has to be read before.
    """

    __slots__ = ("_attendance", "_gone", "_receive", "_seen", "_watch", "_work")

    def __init__(self, attendance: Attendance, receive: Receive) -> None:
        self._attendance = attendance
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._seen = self._gone = False

    async def __aenter__(self) -> None:
        self._work = cast("asyncio.Task[object]", asyncio.current_task())
        self._attendance.waiting.add(self)
        self._attendance.look_soon()

    def look(self) -> None:
        """Watch the client if this is the second look."""
        if self._seen and self._watch is None:
            self._watch = asyncio.create_task(self._until_gone())
        self._seen = True

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._work.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._attendance.waiting.discard(self)
        if self._watch is not None:
            self._watch.cancel()
        if not self._gone:
            return
        if kind is None:
            # The work was done when the cancellation came: meet it here, not at the next await.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        self._work.uncancel()
        if kind is None or kind is asyncio.CancelledError:
            raise ClientDisconnect
