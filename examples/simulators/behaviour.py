"""How a simulated system behaves: well, or badly in one of the ways that real ones do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True)
class Behaviour:
    """What is wrong with a system; nothing, unless said.

    It answers after `slow` seconds; is `down`; takes a message and then is `cut` off before it has
    answered; tells each event twice; tells the newest first; counts wrongly what a page holds;
    answers what is no JSON; refuses every message.
    """

    slow: float = 0.0
    down: bool = False
    cut: bool = False
    duplicated: bool = False
    reordered: bool = False
    wrong_totals: bool = False
    garbage: bool = False
    refusing: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The behaviour that `given` describes; whatever it leaves out is right. TypeError else."""
        kinds: dict[str, Callable[[Any], Any]] = {
            one.name: type(one.default) for one in fields(cls)
        }
        return cls(**{name: kinds[name](value) for name, value in _known(kinds, given)})

    @property
    def times(self) -> int:
        """How often it tells each event."""
        return 2 if self.duplicated else 1

    async def before(self) -> None:
        """Wait, and be down where it is."""
        await asyncio.sleep(self.slow)
        if self.down:
            raise HTTPException(503)

    def told(self, items: Sequence[Any]) -> list[Any]:
        """Events in the order, and as often, as they are told."""
        told = [one for one in items for _ in range(self.times)]
        return told[::-1] if self.reordered else told

    def answer(self, content: Mapping[str, Any]) -> Response:
        """What it answers where all went well."""
        if self.cut:
            return Cut(content)
        if self.garbage:
            return Response("<html>系统维护中</html>", media_type="text/html")
        return JSONResponse(content)


class Cut(JSONResponse):
    """An answer that ends before it is whole: the connection is closed in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body, and no more."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        half = bytes(self.body)[: len(self.body) // 2]
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": True})


def _known(kinds: Mapping[str, object], given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    if unknown := given.keys() - kinds.keys():
        raise TypeError(f"no behaviour is called {', '.join(sorted(unknown))}")
    return list(given.items())
