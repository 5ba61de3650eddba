"""Compiled reads: statements straight on the driver, their one value passed on as bytes."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import make_url

from hub.actor import Actor
from hub.db import APP_ROLE, LIMITS, LOST, ROLES, STAFF_ROLE, unavailable
from hub.errors import Busy

PATIENCE = 2.0
"""Seconds that a statement waits for a free connection."""
NOBODY = {f"app.{name}": str(UUID(int=0)) for name in ("org", "user")}
"""The scope until a statement sets its own: of no one, so that no row is seen.

Statements are planned before they run. Without a scope the planner takes every comparison with it
for false, thinks that an index on the owner finds nothing, and reads all rows of an owner by it.
"""
DIALECT: Any = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
CLOSING = 10.0
"""Seconds that a connection gets to end what it is doing."""
OWN_TO_SQLALCHEMY = (
    "async_fallback",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
)


class Statements:
    """The connections of a process for compiled reads: of callers of one organisation, and staff.

    A statement sets what row level security goes by for itself alone, so that nothing has to be
    reset between two of them.
    """

    def __init__(self, url: str, size: int) -> None:
        self._pools = {role: _Pool(url, role, size) for role in (APP_ROLE, STAFF_ROLE)}

    async def value(self, actor: Actor, text: str, arguments: Sequence[Any]) -> bytes | None:
        """The one value of a statement, JSON in UTF-8.

        Unavailable for a lost server, Busy where no connection is free; DataError and
        PostgresError come through. Who is cancelled cancels the statement.
        """
        pool = self._pools[STAFF_ROLE if actor.is_staff else APP_ROLE]
        try:
            connection = await pool.take()
        except LOST as error:
            raise unavailable() from error
        try:
            found: bytes | None = await connection.fetchval(text, *arguments)
        except Exception as error:
            if _is_lost(error):
                pool.end(connection)
                raise unavailable() from error
            pool.give_back(connection)
            raise
        except BaseException:
            pool.end(connection)
            raise
        pool.give_back(connection)
        return found

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.close()


def _is_lost(error: Exception) -> bool:
    """Whether an exception of the driver means that the server has gone, or is going (57P)."""
    if isinstance(error, ValueError):  # a parameter that does not fit
        return False
    going = (getattr(error, "sqlstate", None) or "").startswith("57P")
    return going or isinstance(error, LOST)


class _Pool:
    """At most `size` connections of one role; the one used last is used next."""

    def __init__(self, url: str, role: str, size: int) -> None:
        _, given = DIALECT.create_connect_args(make_url(url))
        self._given: dict[str, Any] = {
            name: one for name, one in given.items() if name not in OWN_TO_SQLALCHEMY
        }
        self._settings = {**ROLES[role], **LIMITS, **NOBODY, "jit": "off"}
        self._idle: list[asyncpg.Connection[Any]] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._free = size
        self._ending: set[asyncio.Task[None]] = set()

    async def take(self) -> "asyncpg.Connection[Any]":
        """A connection that is nobody else's. Busy when none is given back in time."""
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
                self._free += 1
            if self._free:
                return await self._open()
            await self._turn()

    async def _open(self) -> "asyncpg.Connection[Any]":
        self._free -= 1
        try:
            connection: asyncpg.Connection[Any] = await asyncpg.connect(
                **self._given, server_settings=self._settings, command_timeout=10
            )
        except BaseException:
            self._free += 1
            self._wake()
            raise
        try:
            await connection.set_type_codec(
                "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
            )
        except BaseException:
            self.end(connection)
            raise
        return connection

    async def _turn(self) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(PATIENCE):
                await waiting
        except BaseException as error:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:  # its turn has come, and is now the next one's
                self._wake()
            if isinstance(error, TimeoutError):
                raise Busy(
                    "数据库连接已用满", "all database connections are in use", retry_after=1
                ) from error
            raise

    def give_back(self, connection: "asyncpg.Connection[Any]") -> None:
        """Let the next one have it."""
        self._idle.append(connection)
        self._wake()

    def end(self, connection: "asyncpg.Connection[Any]") -> None:
        """Close it, once the statement that runs on it is cancelled."""
        task = asyncio.create_task(self._close(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _close(self, connection: "asyncpg.Connection[Any]") -> None:
        try:
            await connection.close(timeout=CLOSING)
        except (TimeoutError, asyncpg.PostgresError, *LOST):
            connection.terminate()
        finally:
            self._free += 1
            self._wake()

    def _wake(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    async def close(self) -> None:
        """Close those that are idle, and wait for those that are ending."""
        while self._idle:
            self.end(self._idle.pop())
        if self._ending:
            await asyncio.wait(self._ending)
