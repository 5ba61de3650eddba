"""Whether the client is still there: work for someone who has hung up is stopped."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import cast

from starlette.requests import ClientDisconnect
from starlette.types import Receive

PATIENCE = 0.05


class Presence:
    """Cancels the work inside when the client goes away, and then raises ClientDisconnect.

    It looks only after `PATIENCE` seconds, so that quick answers pay for one timer and no task.
    The body has to be read before.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._gone = False

    async def __aenter__(self) -> None:
        self._work = cast("asyncio.Task[object]", asyncio.current_task())
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._look)

    def _look(self) -> None:
        self._watch = asyncio.create_task(self._until_gone())

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
        self._timer.cancel()
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
