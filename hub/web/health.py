"""Whether this process lives (/livez) and whether it should be sent work (/readyz)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.web.answers import API_HEADERS, encode

SECONDS = 1.0


class Check(NamedTuple):
    """One thing the hub stands on. `look` raises or takes too long when it is not there."""

    name: str
    look: Callable[[], Awaitable[object]]
    vital: bool = True
    """Whether the hub is of no use without it; otherwise it is only degraded."""


def health_routes(
    checks: Sequence[Check], draining: Callable[[], bool], seconds: float = SECONDS
) -> list[Route]:
    """/livez, 200 while the loop turns; /readyz, 200 unless draining or a vital check fails.

    The answer names each check as "ok" or "failed" and tells no more to outsiders.
    """

    async def livez(_request: Request) -> Response:
        return _answer(200, {"status": "ok"})

    async def readyz(_request: Request) -> Response:
        found = await asyncio.gather(*(_passes(check, seconds) for check in checks))
        failed = [check for check, passed in zip(checks, found, strict=True) if not passed]
        if draining():
            status = "draining"
        elif any(check.vital for check in failed):
            status = "unready"
        else:
            status = "degraded" if failed else "ready"
        told = {check.name: "failed" if check in failed else "ok" for check in checks}
        return _answer(
            200 if status in {"ready", "degraded"} else 503, {"status": status, "checks": told}
        )

    return [Route("/livez", livez), Route("/readyz", readyz)]


async def _passes(check: Check, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await check.look()
    except Exception:  # noqa: BLE001  whatever is wrong with it, it is not there
        return False
    return True


def _answer(status: int, content: dict[str, object]) -> Response:
    response = Response(encode(content), status, media_type="application/json")
    response.raw_headers.extend(API_HEADERS)
    return response
