"""Pushes events to the hub, signed by Standard Webhooks, until it has taken or refused them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

import httpx
import orjson
from standardwebhooks import Webhook

from examples.simulators.behaviour import Behaviour

WAITS = (0.2, 1.0, 5.0, 30.0)
"""Seconds until the first, second, … try again; the last one repeats."""
SETTLED = frozenset({*range(200, 300), *range(400, 500)} - {408, 429})
"""Statuses after which an event is not pushed again."""
GARBAGE = b"{not json"


@dataclass
class Push:
    """The hub's door `url` and the secret `whsec_…` of the connector that it leads to.

    `answers` are what the hub has said to each event: its id and the status.
    """

    url: str
    secret: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    answers: list[dict[str, Any]] = field(default_factory=list)
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, event: dict[str, Any]) -> None:
        """Push `event` next; several that wait are pushed as the system's behaviour says."""
        self._waiting.append(event)
        self._news.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Push in the background while inside; what waits at the end is not pushed."""
        pushing = asyncio.create_task(self._run())
        try:
            yield
        finally:
            pushing.cancel()
            with suppress(asyncio.CancelledError):
                await pushing

    async def _run(self) -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            while True:
                await self._news.wait()
                self._news.clear()
                taken, self._waiting = self._waiting, []
                await self._push(http, self.behaviour.told(taken))

    async def _push(self, http: httpx.AsyncClient, events: Sequence[dict[str, Any]]) -> None:
        for event in events:
            if self.behaviour.garbage:
                await self._post(http, event["id"], GARBAGE)
            for wait in chain(WAITS, repeat(WAITS[-1])):
                status = await self._post(http, event["id"], orjson.dumps(event))
                if status in SETTLED:
                    self.answers.append({"id": event["id"], "status": status})
                    break
                await asyncio.sleep(wait)

    async def _post(self, http: httpx.AsyncClient, key: str, body: bytes) -> int | None:
        """The status that the hub answered, None where it did not."""
        await asyncio.sleep(self.behaviour.slow)
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(key, now, body.decode()),
        }
        try:
            return (await http.post(self.url, content=body, headers=headers)).status_code
        except httpx.TransportError:
            return None
