"""/livez and /readyz, as a balancer sees them."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.web.health import Check, health_routes


async def well() -> None:
    """All is well."""


async def broken() -> None:
    raise ConnectionRefusedError("10.0.0.7")


async def silent() -> None:
    await asyncio.sleep(60)


async def get(path: str, *checks: Check, draining: bool = False) -> tuple[int, Any]:
    app = Starlette(routes=health_routes(checks, lambda: draining, seconds=0.1))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as web:
        answer = await web.get(path)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("database", "valkey", "draining", "status", "said"),
    [
        (well, well, False, 200, "ready"),
        (well, broken, False, 200, "degraded"),
        (well, silent, False, 200, "degraded"),
        (broken, well, False, 503, "unready"),
        (silent, broken, False, 503, "unready"),
        (well, well, True, 503, "draining"),
    ],
)
async def test_a_hub_is_ready_while_what_is_vital_answers(
    database: Any, valkey: Any, draining: bool, status: int, said: str
) -> None:
    checks = Check("database", database), Check("valkey", valkey, vital=False)

    found, answer = await get("/readyz", *checks, draining=draining)

    assert (found, answer["status"]) == (status, said)
    assert answer["checks"] == {
        "database": "ok" if database is well else "failed",
        "valkey": "ok" if valkey is well else "failed",
    }


async def test_a_hub_lives_whatever_it_stands_on() -> None:
    assert await get("/livez", Check("database", broken), draining=True) == (200, {"status": "ok"})
