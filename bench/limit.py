"""LIMIT: the least that any server of these answers can cost; no GraphQL, accounts or guards.

A raw ASGI application on uvicorn with uvloop and httptools. Each operation is one prepared,
hand-written statement (`statements/`) with which PostgreSQL builds the JSON, and its bytes are
passed on. It signs in as the owner of the tables, whom row level security does not bind here. What
was tried in the statements and was no faster: `json_build_object` for rows, joins instead of
sub-selects for to-one edges, `translate` for node ids, and for the page of Q3 a window function, a
materialised CTE, two scans, slices of arrays and `string_agg`.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.dataset import dsn
from hub.settings import Settings

ROOTS = {
    "Q1": "instrument",
    "Q2": "instruments",
    "Q3": "instruments",
    "Q4": "organizations",
    "M1": "syncInstruments",
}
STATEMENTS = {
    name: (Path(__file__).parent / "statements" / f"{name}.sql").read_text() for name in ROOTS
}
HEADS = {name: b'{"data":{"%s":' % root.encode() for name, root in ROOTS.items()}


def values(name: str, keys: list[Any]) -> list[Any]:
    """The plain keys of a request as the driver takes them."""
    if name == "Q3":
        owner, instant, id_, first = keys
        return [owner, datetime.fromisoformat(instant), id_, first]
    if name == "M1":
        owner, rows = keys
        return [owner, orjson.dumps(rows)]
    return keys


async def pool_of(database_url: str, size: int) -> Any:
    """A pool whose connections hand over JSON as the bytes that came, and are not reset."""

    async def prepare(connection: Any) -> None:
        await connection.set_type_codec(
            "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
        )

    async def leave(_: Any) -> None:
        """Save the round trip: no statement leaves anything on its connection."""

    return await asyncpg.create_pool(
        dsn(database_url),
        min_size=size,
        max_size=size,
        max_queries=10**9,
        max_inactive_connection_lifetime=0,
        init=prepare,
        reset=leave,
        server_settings={"timezone": "UTC", "max_parallel_workers_per_gather": "0", "jit": "off"},
    )


class Limit:
    """The ASGI application."""

    def __init__(self, database_url: str, pool_size: int) -> None:
        self._database_url = database_url
        self._pool_size = pool_size
        self._pool: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live from the start of the server to its stop."""
        if scope["type"] == "lifespan":
            await receive()
            self._pool = await pool_of(self._database_url, self._pool_size)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        asked = orjson.loads(body)
        name = asked["operationName"]
        async with self._pool.acquire() as connection:
            found = await connection.fetchval(STATEMENTS[name], *values(name, asked["keys"]))
        answer = HEADS[name] + found + b"}}"
        length = b"%d" % len(answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def serve(settings: Settings, database_url: str) -> None:
    """Serve LIMIT until a signal, on a pool as large as the hub's."""
    run(Limit(database_url, settings.pool_size), settings)


def run(app: ASGIApp, settings: Settings) -> None:
    """Run an application until a signal, with as little around it as uvicorn can do with."""
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
    )
