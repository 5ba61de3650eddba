"""The only code that touches a session: Reader for one operation, Writer for one write."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncpg
import orjson
from sqlalchemy import Executable, RowMapping, Select, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import col

import hub.policies  # noqa: F401 -- whoever opens a session has every policy at hand
from hub.actor import Actor
from hub.errors import Busy, Conflict, IdempotencyMismatch, NotFound, Unavailable, Words
from hub.tables.base import Row, Table
from hub.tables.journal import AuditEvent, IdempotencyKey, InboxChange
from hub.vocabulary import ChangeKind

R = TypeVar("R", bound=Row)
T = TypeVar("T", bound=Table)

APP_ROLE = "hub_app"
STAFF_ROLE = "hub_staff"
LIMITS = {
    "statement_timeout": "8000",
    "lock_timeout": "4000",
    "idle_in_transaction_session_timeout": "15000",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
}
CHUNK = 2_000
"""Rows a statement in bulk: well within the time that one statement may take."""
LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def _engine(url: str, role: str, size: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=2,
        pool_use_lifo=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": {"role": role, **LIMITS}, "command_timeout": 10},
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


class Reader:
    """Reads of one operation on one connection, taking turns; opened by the first of them."""

    def __init__(self, engine: AsyncEngine, actor: Actor) -> None:
        self.actor = actor
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()

    async def all(self, statement: Select[Any]) -> Sequence[RowMapping]:
        """The rows of `statement`, as mappings by column name."""
        async with self._turn, translated():
            if self._connection is None:
                self._connection = await self._engine.connect()
                await self._connection.execute(_scope(self.actor))
            result = await self._connection.execute(statement)
            return list(result.mappings())

    async def first(self, statement: Select[Any]) -> RowMapping | None:
        """The first row of `statement`, or None."""
        found = await self.all(statement.limit(1))
        return found[0] if found else None

    async def refresh(self) -> None:
        """End the snapshot and give the connection back; the next read opens another."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()


def _scope(actor: Actor) -> Executable:
    """Set the organisation that row level security lets through, for this transaction."""
    return select(
        func.set_config(
            "app.org", str(actor.organization_id or ("*" if actor.is_staff else "")), True
        )
    )


class Writer:
    """One transaction that writes each change with its version, audit row and outbox row."""

    def __init__(self, session: AsyncSession, actor: Actor, request_id: str | None) -> None:
        self.actor = actor
        self._session = session
        self._request_id = request_id
        self._changes: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []

    async def all(self, statement: Select[T]) -> Sequence[T]:
        """The rows of `statement`, not locked."""
        return (await self._session.execute(statement)).scalars().all()

    async def rows(self, statement: Executable, **values: Any) -> Sequence[RowMapping]:
        """Mappings instead of objects, for reads of many rows and statements that return some."""
        return list((await self._session.execute(statement, values)).mappings())

    async def one(self, statement: Select[T], *, lock: bool = True) -> T:
        """The one row of `statement`, locked until the commit. NotFound when there is none."""
        if lock:
            entity = statement.column_descriptions[0]["entity"]
            statement = statement.with_for_update(of=entity)
        found = (await self._session.execute(statement)).scalar_one_or_none()
        if found is None:
            raise NotFound("未找到，或无权查看", "not found, or not yours to see")
        return found

    async def serialize(self, name: str) -> None:
        """Wait until no other transaction works under the same `name`, and hold it."""
        await self._session.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))
        )

    async def add(self, row: R, *, action: str) -> R:
        """Insert `row`. Conflict when one of its keys is taken."""
        self._session.add(row)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise conflict(error) from error
        self._record(row, action, ChangeKind.UPSERT, [])
        return row

    async def attach(self, rows: Iterable[Table]) -> None:
        """Insert parts of a noun that was added or changed in this transaction."""
        self._session.add_all(rows)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise conflict(error) from error

    async def change(self, row: R, *, action: str, **values: Any) -> R:
        """Set `values` on `row` and raise its version; nothing happens where none differs."""
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if not changed:
            return row
        for name in changed:
            setattr(row, name, values[name])
        row.version += 1
        row.updated_at = datetime.now(UTC)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise conflict(error) from error
        self._record(row, action, ChangeKind.UPSERT, changed)
        return row

    async def retire(self, row: R, *, action: str, **values: Any) -> R:
        """Change `row` for the last time; the feed hears of a deletion."""
        await self.change(row, action=action, **values)
        self._changes[-1]["kind"] = ChangeKind.DELETE
        return row

    async def insert_many(
        self, table: type[Row], rows: Sequence[Mapping[str, Any]], *, action: str
    ) -> None:
        """Insert many rows of one table, a chunk a statement; each is recorded like `add`."""
        made = [table(**row) for row in rows]
        for start in range(0, len(made), CHUNK):
            chunk = made[start : start + CHUNK]
            try:
                await self._session.execute(insert(table), [_columns(row) for row in chunk])
            except IntegrityError as error:
                raise conflict(error) from error
        for row in made:
            self._record(row, action, ChangeKind.UPSERT, [])

    async def update_many(
        self,
        table: type[Row],
        changes: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
        *,
        action: str,
    ) -> None:
        """Change many rows that this transaction has read; each is recorded like `change`.

        `changes` are pairs of a row as read and its new values. Conflict where a row has changed
        since it was read.
        """
        for row, values in changes:
            version = row["version"]
            statement = (
                update(table)
                .where(col(table.id) == row["id"], col(table.version) == version)
                .values(**values, version=version + 1, updated_at=func.now())
                .returning(col(table.id))
            )
            if (await self._session.execute(statement)).scalar_one_or_none() is None:
                raise Conflict("数据刚被他人修改", "the row has just been changed by another")
            changed = table(**{**row, **values, "version": version + 1})
            self._record(changed, action, ChangeKind.UPSERT, list(values))

    async def execute(self, statement: Executable) -> None:
        """Run a statement on rows that no noun owns: tokens, links."""
        await self._session.execute(statement)

    def audit(self, action: str, **about: Any) -> None:
        """Leave an audit row for something that changes no noun."""
        self._events.append(self._event(action) | about)

    async def once(
        self, key: str, name: str, given: Any, do: Callable[[], Awaitable[dict[str, Any]]]
    ) -> tuple[dict[str, Any], bool]:
        """The answer of `do`, run at most once per principal and `key`, and whether it is a replay.

        A twin that runs at the same time waits for the first and reads its answer. Raise
        IdempotencyMismatch when the key came before with another input.
        """
        principal = str(self.actor.user_id)
        digest = hashlib.sha256(
            orjson.dumps([name, given], default=str, option=orjson.OPT_SORT_KEYS)
        ).digest()
        taken = await self._session.execute(
            upsert(IdempotencyKey)
            .values(principal=principal, key=key, input_sha256=digest)
            .on_conflict_do_nothing()
            .returning(col(IdempotencyKey.key))
        )
        mine = (col(IdempotencyKey.principal) == principal) & (col(IdempotencyKey.key) == key)
        if taken.scalar_one_or_none() is None:
            stored = (await self._session.execute(select(IdempotencyKey).where(mine))).scalar_one()
            if stored.input_sha256 != digest:
                raise IdempotencyMismatch(
                    "同一幂等键配了不同的输入",
                    "this idempotency key came before with another input",
                    hint=Words("新的操作请用新的键", "use a new key for a new operation"),
                    path=("idempotencyKey",),
                )
            return stored.answer or {}, True
        answer = await do()
        await self._session.execute(update(IdempotencyKey).where(mine).values(answer=answer))
        return answer, False

    def _event(self, action: str) -> dict[str, Any]:
        return {
            "subject_id": self.actor.user_id,
            "login": self.actor.login,
            "organization_id": self.actor.organization_id,
            "roles": sorted(self.actor.roles),
            "action": action,
            "object_type": None,
            "object_id": None,
            "fields": [],
            "request_id": self._request_id,
        }

    def _record(self, row: Row, action: str, kind: ChangeKind, fields: list[str]) -> None:
        table = type(row).__name__
        self._events.append(
            self._event(action) | {"object_type": table, "object_id": row.id, "fields": fields}
        )
        self._changes.append(
            {
                "object_type": table,
                "object_id": row.id,
                "kind": kind,
                "object_version": row.version,
                "organization_ids": [getattr(row, name) for name in row.OWNERS],
            }
        )

    async def journal(self) -> None:
        """Write the audit and outbox rows, after every row lock of the transaction is taken."""
        for table, rows in ((AuditEvent, self._events), (InboxChange, self._changes)):
            for start in range(0, len(rows), CHUNK):
                await self._session.execute(insert(table), rows[start : start + CHUNK])
        if self._changes:
            await self._session.execute(text("NOTIFY inbox"))


def _columns(row: Row) -> dict[str, Any]:
    """The values of a row to insert, without those that the database fills in itself."""
    return row.model_dump(exclude={"created_at", "updated_at", "line_key"})


def conflict(error: IntegrityError) -> Conflict:
    """What a broken constraint means for the caller, named without any stored value."""
    name = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
    return Conflict(
        f"与已有数据或约束冲突：{name}",
        f"in conflict with stored data or a constraint: {name}",
        hint=Words("检查编号是否已存在", "check whether the key exists already"),
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

    @asynccontextmanager
    async def reader(self, actor: Actor) -> AsyncIterator[Reader]:
        """Reads on behalf of `actor`."""
        reader = Reader(self.engine(actor), actor)
        try:
            yield reader
        finally:
            await reader.refresh()

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

        async def wait(seconds: float) -> None:
            nonlocal connection
            with suppress(TimeoutError, DBAPIError, *LOST):
                async with asyncio.timeout(seconds):
                    if connection is None:
                        opened = await self._ear.connect()
                        driver: Any = (await opened.get_raw_connection()).driver_connection
                        await driver.add_listener(channel, lambda *_: heard.set())
                        driver.add_termination_listener(lambda _: forget())
                        connection = opened
                        return
                    await heard.wait()
            heard.clear()

        def forget() -> None:
            nonlocal connection
            connection = None
            heard.set()

        try:
            yield wait
        finally:
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
