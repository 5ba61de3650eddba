"""Engines and reads: two pools a process, a Reader for one operation, the way to a Writer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import asyncpg
import orjson
from sqlalchemy import Executable, RowMapping, Select, func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

import hub.policies  # noqa: F401 -- whoever opens a session has every policy at hand
from hub.actor import Actor
from hub.errors import Busy, CostExceeded, Unavailable, Words
from hub.tables.base import Row, Table
from hub.writer import STAFF_ROLE, Writer

R = TypeVar("R", bound=Row)
T = TypeVar("T", bound=Table)

APP_ROLE = "hub_app"
ROLES: Mapping[str, Mapping[str, str]] = {
    APP_ROLE: {"role": APP_ROLE, "search_path": "shown, public"},
    STAFF_ROLE: {"role": STAFF_ROLE},
}
"""How a session begins. Where a table has columns that callers of one organisation may not read
of others, `shown` has a view of the same name without them, and only that is granted to them."""
LIMITS = {
    "statement_timeout": "8000",
    "lock_timeout": "4000",
    "idle_in_transaction_session_timeout": "15000",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
}
LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


def _engine(url: str, role: str, size: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=2,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": {**ROLES[role], **LIMITS}, "command_timeout": 10},
    )


def unavailable() -> Unavailable:
    """The refusal for a database that does not answer."""
    return Unavailable(
        "数据库暂时不可用",
        "the database does not answer for the moment",
        hint=Words("请稍后重试", "retry a little later"),
        retry_after=2,
    )


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn the driver's exceptions for a lost server or a full pool into refusals."""
    try:
        yield
    except PoolTimeout as error:
        raise Busy(
            "数据库连接已用满", "all database connections are in use", retry_after=1
        ) from error
    except LOST as error:
        raise unavailable() from error
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error.orig, LOST):
            raise unavailable() from error
        raise


MOST_ROWS = 20_000
"""Rows that one operation may read or show, so that nested pages cannot fill the memory."""


def too_much() -> CostExceeded:
    """The refusal of an operation that reads or shows more than `MOST_ROWS`."""
    return CostExceeded(
        f"一次操作至多 {MOST_ROWS} 行",
        f"one operation has at most {MOST_ROWS} rows",
        hint=Words("减小各层的 first，或分几次查询", "ask for smaller pages, or in parts"),
    )


class Reader:
    """Reads of one operation on one connection, taking turns; opened by the first of them.

    To be entered: it ends with the block.
    """

    def __init__(self, engine: Callable[[Actor], AsyncEngine], actor: Actor) -> None:
        self.actor = actor
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._ended = False
        self._left = MOST_ROWS

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def many(self, statement: Select[Any]) -> Sequence[RowMapping]:
        """The rows of a statement that sets no limit of its own. CostExceeded for too many."""
        if self._left < 0:
            raise too_much()
        return await self.all(statement.limit(self._left + 1))

    async def all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        """The rows of `statement`, as mappings by column name. CostExceeded for too many."""
        rows = await self._fetch(statement)
        self._left -= len(rows)
        if self._left < 0:
            raise too_much()
        return rows

    async def _fetch(self, statement: Select[Any]) -> Sequence[RowMapping]:
        async with self._turn, translated():
            if self._ended:
                # A batch that was called for before the operation was cancelled: nobody waits.
                raise asyncio.CancelledError
            try:
                if self._connection is None:
                    self._connection = await self._engine(self.actor).connect()
                    await self._connection.execute(_scope(self.actor))
                result = await self._connection.execute(statement)
            except BaseException:
                # The transaction is of no use any more; the next read gets another.
                await self._give_back()
                raise
            return list(result.mappings())

    async def first(self, statement: Select[Any]) -> RowMapping | None:
        """The first row of `statement`, or None."""
        found = await self.all(statement.limit(1))
        return found[0] if found else None

    async def refresh(self) -> None:
        """End the snapshot and give the connection back; the next read opens another."""
        async with self._turn:
            self._left = MOST_ROWS
            await self._give_back()

    async def end(self) -> None:
        """Give the connection back for good, once the read that runs is done."""
        self._ended = True
        if self._connection is not None or self._turn.locked():
            await asyncio.shield(self.refresh())

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Where the server has ended it, the rollback fails, and its place in the pool is free.
            with suppress(SQLAlchemyError, *LOST):
                await connection.close()


def scope_of(actor: Actor) -> tuple[str, str]:
    """What row level security goes by: the organisation and the account.

    Staff have the wide scope: what they see is decided by policies alone.
    """
    organization = "*" if actor.is_staff else str(actor.organization_id or "")
    return organization, "" if actor.is_anonymous else str(actor.user_id)


def _scope(actor: Actor) -> Executable:
    """Set the scope for this transaction."""
    organization, account = scope_of(actor)
    return select(
        func.set_config("app.org", organization, True), func.set_config("app.user", account, True)
    )


class Database:
    """The two pools of a process: callers of one organisation, and staff (row level security)."""

    def __init__(self, url: str, size: int) -> None:
        self._own = _engine(url, APP_ROLE, size)
        self._wide = _engine(url, STAFF_ROLE, size)
        self._ear = create_async_engine(url, poolclass=NullPool)

    def engine(self, actor: Actor) -> AsyncEngine:
        """The pool whose database role fits what `actor` may see."""
        return self._wide if actor.is_staff else self._own

    def reader(self, actor: Actor) -> Reader:
        """Reads on behalf of `actor`."""
        return Reader(self.engine, actor)

    @asynccontextmanager
    async def writer(self, actor: Actor, request_id: str | None = None) -> AsyncIterator[Writer]:
        """One transaction on behalf of `actor`: committed at the end, or nothing of it."""
        async with (
            translated(),
            AsyncSession(self.engine(actor), expire_on_commit=False) as session,
            session.begin(),
        ):
            await session.execute(_scope(actor))
            writer = Writer(session, actor, request_id)
            yield writer
            await writer.journal()

    @asynccontextmanager
    async def notified(self, channel: str) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
        """A function that waits for a NOTIFY on `channel`, at most so many seconds."""
        heard = asyncio.Event()
        connection: AsyncConnection | None = None
        lost: list[AsyncConnection] = []

        async def listen() -> AsyncConnection:
            opened = await self._ear.connect()
            try:
                driver: Any = (await opened.get_raw_connection()).driver_connection
                await driver.add_listener(channel, lambda *_: heard.set())
                driver.add_termination_listener(lambda _: forget())
            except BaseException:
                await drop(opened)
                raise
            return opened

        async def wait(seconds: float) -> None:
            nonlocal connection
            while lost:
                await drop(lost.pop())
            with suppress(TimeoutError, DBAPIError, *LOST):
                async with asyncio.timeout(seconds):
                    if connection is None:
                        connection = await listen()
                        return
                    await heard.wait()
            heard.clear()

        def forget() -> None:
            nonlocal connection
            if connection is not None:
                lost.append(connection)
            connection = None
            heard.set()

        async def drop(one: AsyncConnection) -> None:
            with suppress(Exception):
                await one.invalidate()
                await one.close()

        try:
            yield wait
        finally:
            for one in (*lost, *([connection] if connection else ())):
                await drop(one)
            await self._ear.dispose()

    async def check(self) -> None:
        """Raise RuntimeError unless both roles are bound by row level security."""
        for engine, role in ((self._own, APP_ROLE), (self._wide, STAFF_ROLE)):
            async with translated(), engine.connect() as connection:
                found = (
                    await connection.execute(
                        text(
                            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles"
                            " WHERE rolname = current_user"
                        )
                    )
                ).one()
            if found != (role, False):
                raise RuntimeError(f"the database must be used as {role}, it is {found}")

    async def close(self) -> None:
        """Close both pools."""
        await self._own.dispose()
        await self._wide.dispose()
