"""Compiled reads: statements straight on the driver, their one value passed on as bytes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import make_url

from hub.actor import Actor
from hub.db import APP_ROLE, LIMITS, LOST, ROLES, scope_of, unavailable
from hub.errors import Busy
from hub.writer import STAFF_ROLE

LONGEST_KEPT = 32_768
"""Characters of a statement that a connection prepares once; it keeps a hundred of them."""
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
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def value(self, actor: Actor, text: str, arguments: Sequence[Any]) -> bytes | None:
        """The one value of a statement, JSON in UTF-8.

        Unavailable for a lost server, Busy where no connection is free; DataError and
        PostgresError come through. Who is cancelled cancels the statement.
        """
        async with self._loan(actor) as connection:
            found: bytes | None = await connection.fetchval(text, *arguments)
            return found

    @asynccontextmanager
    async def transaction(self, actor: Actor, lock: str) -> AsyncIterator["Transaction"]:
        """A transaction in the scope of `actor`, the only one under `lock`; an error undoes it.

        Its first statement already sees what others under the lock have written. Errors are those
        of `value`.
        """
        async with self._turn_of(lock), self._transaction(actor, lock) as transaction:
            yield transaction

    def _turn_of(self, lock: str) -> asyncio.Lock:
        """Only one of a process waits for `lock` with a connection; the others wait for it."""
        return self._turns.setdefault(lock, asyncio.Lock())

    @asynccontextmanager
    async def _transaction(self, actor: Actor, lock: str) -> AsyncIterator["Transaction"]:
        organization, account = scope_of(actor)
        begin = (
            f"BEGIN; SELECT set_config('app.org', {_quoted(organization)}, true),"
            f" set_config('app.user', {_quoted(account)}, true);"
            f" SELECT pg_advisory_xact_lock(hashtextextended({_quoted(lock)}, 0))"
        )
        async with self._loan(actor) as connection:
            transaction = Transaction(connection)
            await connection.execute(begin)
            try:
                yield transaction
            except Exception:
                await connection.execute("ROLLBACK")
                raise
            await connection.execute("ROLLBACK" if transaction.is_undone else "COMMIT")

    def _loan(self, actor: Actor) -> "_Loan":
        return _Loan(self._pools[STAFF_ROLE if actor.is_staff else APP_ROLE])

    async def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.close()


class Transaction:
    """One that is under way; what it has done is undone at its end if `is_undone` is set."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self.is_undone = False

    async def row(self, text: str, arguments: Sequence[Any]) -> Mapping[str, Any]:
        """The one row of a statement."""
        found = await self._connection.fetchrow(text, *arguments)
        if found is None:
            raise LookupError("the statement has no row")
        row: Mapping[str, Any] = found
        return row

    async def value(self, _: Actor, text: str, arguments: Sequence[Any]) -> bytes | None:
        """The one value of a compiled read, as `Statements.value`."""
        found: bytes | None = await self._connection.fetchval(text, *arguments)
        return found


def _versioned(json: bytes) -> bytes:
    """JSON as jsonb goes over the wire: behind the number of its format."""
    return b"\x01" + json


def _bare(jsonb: bytes) -> bytes:
    return jsonb[1:]


def _quoted(text: str) -> str:
    """`text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


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
        self._turns = asyncio.Semaphore(size)
        self._ending: set[asyncio.Task[None]] = set()

    async def take(self) -> "asyncpg.Connection[Any]":
        """A connection that is nobody else's, first come, first served. Busy when none is free."""
        if self._turns.locked():
            await self._wait()
        else:
            await self._turns.acquire()
        while self._idle:
            if not (connection := self._idle.pop()).is_closed():
                return connection
        return await self._open()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Busy(
                "数据库连接已用满", "all database connections are in use", retry_after=1
            ) from error

    async def _open(self) -> "asyncpg.Connection[Any]":
        try:
            connection: asyncpg.Connection[Any] = await asyncpg.connect(
                **self._given,
                server_settings=self._settings,
                command_timeout=10,
                max_cacheable_statement_size=LONGEST_KEPT,
            )
        except BaseException:
            self._turns.release()
            raise
        try:
            await connection.set_type_codec(
                "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
            )
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", format="binary", encoder=_versioned, decoder=_bare
            )
        except BaseException:
            self.end(connection)
            raise
        return connection

    def give_back(self, connection: "asyncpg.Connection[Any]") -> None:
        """Let the next one have it."""
        self._idle.append(connection)
        self._turns.release()

    def end(self, connection: "asyncpg.Connection[Any]") -> None:
        """Close it, once the statement that runs on it is cancelled."""
        self._close(connection).add_done_callback(lambda _: self._turns.release())

    def _close(self, connection: "asyncpg.Connection[Any]") -> asyncio.Task[None]:
        task = asyncio.create_task(_closed(connection))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def close(self) -> None:
        """Close those that are idle, and wait for those that are ending."""
        while self._idle:
            self._close(self._idle.pop())
        if self._ending:
            await asyncio.wait(self._ending)


class _Loan:
    """A connection of a pool for one block, which ends what it began; Unavailable where it is lost.

    After a cancellation, and inside of a transaction, it is of no use to anybody else.
    """

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._connection: asyncpg.Connection[Any]

    async def __aenter__(self) -> "asyncpg.Connection[Any]":
        try:
            self._connection = await self._pool.take()
        except LOST as error:
            raise unavailable() from error
        return self._connection

    async def __aexit__(self, _: object, error: BaseException | None, *__: object) -> None:
        lost = isinstance(error, Exception) and _is_lost(error)
        if error is None or not (lost or self._is_useless_after(error)):
            self._pool.give_back(self._connection)
            return
        self._pool.end(self._connection)
        if lost:
            raise unavailable() from error

    def _is_useless_after(self, error: BaseException) -> bool:
        if not isinstance(error, Exception):
            return True
        return self._connection.is_closed() or self._connection.is_in_transaction()


async def _closed(connection: "asyncpg.Connection[Any]") -> None:
    """Close it; by force where the server does not answer."""
    try:
        await connection.close(timeout=CLOSING)
    except (TimeoutError, asyncpg.PostgresError, *LOST):
        connection.terminate()
