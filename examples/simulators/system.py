"""A simulated system: it takes messages, tells events, and shows what it has seen."""

import hmac
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.simulators.behaviour import Behaviour
from examples.simulators.push import Push

MOST = 200
"""Events of one page."""


@dataclass
class System:
    """One system, whose callers show its `credential`; what is told is also pushed, if it can be.

    `events` are told in this order; `messages` are what came, by their ids, each once, and
    `tries` how often each came. `run` tells its numbers and cursors from those of earlier runs.
    """

    credential: str
    push: Push | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    run: str = field(default_factory=lambda: uuid4().hex[:6].upper())
    _told: Counter[str] = field(default_factory=Counter)

    def tell(self, kind: str, subject: str, **data: Any) -> dict[str, Any]:
        """Tell that something has come about; its `seq` rises with each event of its subject."""
        self._told[subject] += 1
        event = {
            "id": f"evt_{uuid4().hex}",
            "type": kind,
            "at": datetime.now(UTC).isoformat(),
            "subject": subject,
            "seq": self._told[subject],
            "data": data,
        }
        self.events.append(event)
        if self.push is not None:
            self.push.add(event)
        return event

    def react(self, message: Mapping[str, Any]) -> None:
        """What comes of a message; of most nothing does."""

    def take(self, message: dict[str, Any]) -> dict[str, Any]:
        """The receipt of a message; the same message again has the same one and no effect."""
        key = message["id"]
        self.tries[key] += 1
        if key not in self.messages:
            self.messages[key] = message
            self.react(message)
        return {"id": key, "receipt": f"R-{list(self.messages).index(key) + 1:06d}"}

    def number(self, prefix: str) -> str:
        """A number for what comes of the message that was taken last."""
        return f"{prefix}-{self.run}-{len(self.messages):04d}"

    def page(self, after: str | None, limit: int) -> dict[str, Any]:
        """The events after a cursor; from the beginning for one of an earlier run."""
        run, _, place = (after or "").partition(".")
        start = int(place) if run == self.run and place.isdecimal() else 0
        most = max(1, min(limit, MOST) // self.behaviour.times)
        items = self.events[start : start + most]
        end = start + len(items)
        told = self.behaviour.told(items)
        total = len(told) + (1 if self.behaviour.wrong_totals else 0)
        return {
            "items": told,
            "next": f"{self.run}.{end}",
            "more": end < len(self.events),
            "total": total,
        }

    def app(self) -> Starlette:
        """The server of this system."""
        return Starlette(routes=[*self.wire(), *self.controls()], lifespan=self._lifespan)

    def wire(self) -> list[Route]:
        """What the hub speaks to."""
        return [
            Route("/events", self._events),
            Route("/messages", self._messages, methods=["POST"]),
        ]

    def controls(self) -> list[Route]:
        """What people and tests speak to, without a credential."""
        return [
            Route("/behave", self._behave, methods=["POST"]),
            Route("/tell", self._tell, methods=["POST"]),
            Route("/seen", self._seen),
        ]

    async def _events(self, request: Request) -> Response:
        self._check(request)
        await self.behaviour.before()
        asked = request.query_params
        return self.behaviour.answer(self.page(asked.get("after"), int(asked.get("limit", MOST))))

    async def _messages(self, request: Request) -> Response:
        self._check(request)
        await self.behaviour.before()
        if self.behaviour.refusing:
            return JSONResponse({"code": "NOT_ACCEPTED", "reason": "系统不受理此类业务"}, 422)
        return self.behaviour.answer(self.take(await request.json()))

    async def _behave(self, request: Request) -> Response:
        try:
            self.behaviour = Behaviour.of(await request.json())
        except (TypeError, ValueError) as error:
            raise HTTPException(400, str(error)) from error
        if self.push is not None:
            self.push.behaviour = self.behaviour
        return JSONResponse(vars(self.behaviour))

    async def _tell(self, request: Request) -> Response:
        given = await request.json()
        return JSONResponse(self.tell(given["type"], given["subject"], **given["data"]))

    async def _seen(self, request: Request) -> Response:
        messages = [
            one | {"tries": self.tries[one["id"]], "receipt": f"R-{place:06d}"}
            for place, one in enumerate(self.messages.values(), start=1)
        ]
        pushed = [] if self.push is None else self.push.answers
        return JSONResponse({"messages": messages, "events": self.events, "pushed": pushed})

    def _check(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.credential}".encode()):
            raise HTTPException(401)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self.push is not None:
                await stack.enter_async_context(self.push.running())
            yield
