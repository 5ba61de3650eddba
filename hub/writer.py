"""One write: a transaction that records a version, an audit row and an outbox row per change."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy import Executable, RowMapping, Select, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col
from uuid_utils.compat import uuid7

from hub.actor import Actor
from hub.errors import (
    BadInput,
    Conflict,
    HubError,
    IdempotencyMismatch,
    NotFound,
    Stale,
    Unauthenticated,
    Words,
)
from hub.exchange import ChangeKind, ChangeReason
from hub.tables.base import Row, Table
from hub.tables.journal import AuditEvent, IdempotencyKey, InboxChange
from hub.values import differ

R = TypeVar("R", bound=Row)
T = TypeVar("T", bound=Table)

CHUNK = 2_000
"""Rows a statement in bulk: well within the time that one statement may take."""
STAFF_ROLE = "hub_staff"
"""The role of the database that sees every organisation."""
CHECK_VIOLATION = "23514"
"""The SQLSTATE of a broken CHECK (PostgreSQL, appendix A)."""


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
        connection = await self._session.connection()
        return list((await connection.execute(statement, values)).mappings())

    async def one(self, statement: Select[T], *, lock: bool = True) -> T:
        """The one row of `statement`, locked until the commit. NotFound when there is none."""
        if lock:
            entity = statement.column_descriptions[0]["entity"]
            statement = statement.with_for_update(of=entity)
        found = (await self._session.execute(statement)).scalar_one_or_none()
        if found is None:
            raise NotFound("未找到，或无权查看", "not found, or not yours to see")
        return found

    @asynccontextmanager
    async def widely(self) -> AsyncIterator[None]:
        """See and change rows of every organisation while inside, as the role of staff does.

        For what another has handed to the actor: which rows those are, the statement must say.
        """
        scope = func.current_setting("role"), func.current_setting("app.org")
        before = (await self._session.execute(select(*scope))).one()
        await self._session.execute(_as(STAFF_ROLE, "*"))
        yield
        await self._session.execute(_as(*before))

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
            raise broken(error, type(row)) from error
        self._record(type(row), dict(row), action, [])
        return row

    async def attach(self, rows: Iterable[Table]) -> None:
        """Insert parts of a noun that was added or changed in this transaction."""
        self._session.add_all(rows)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise broken(error, Table) from error

    async def change(self, row: R, *, action: str, **values: Any) -> R:
        """Set `values` on `row` and raise its version; nothing happens where none differs.

        An organisation whose own it is no more hears that it is gone.
        """
        changed = [name for name, value in values.items() if differ(getattr(row, name), value)]
        if not changed:
            return row
        before = _owners(type(row), dict(row))
        for name in changed:
            setattr(row, name, values[name])
            flag_modified(row, name)  # SQLAlchemy would take 0.10 for 0.1
        row.version += 1
        row.updated_at = datetime.now(UTC)
        try:
            await self._session.flush()
        except IntegrityError as error:
            raise broken(error, type(row)) from error
        self._record(type(row), dict(row), action, changed, before)
        return row

    async def retire(self, row: R, *, action: str, **values: Any) -> R:
        """Change `row` for the last time; the feed hears of a deletion.

        Where the values have a `merged_into_id`, it hears into which row it was merged.
        """
        await self.change(row, action=action, **values)
        kept = values.get("merged_into_id")
        reason = ChangeReason.MERGED if kept else ChangeReason.RETIRED
        self._changes[-1] |= {
            "kind": ChangeKind.DELETE,
            "reason": reason,
            "merged_into_id": kept,
        }
        return row

    async def insert_many(
        self, table: type[Row], rows: Sequence[Mapping[str, Any]], *, action: str
    ) -> None:
        """Insert many rows of one table, a chunk a statement; each is recorded like `add`.

        `rows` hold the columns that differ from their defaults. Plain values all the way: building
        20,000 objects first would leave the transaction idle for longer than the server waits.
        """
        common = _defaults(table)
        for start in range(0, len(rows), CHUNK):
            chunk = [{**common, "id": uuid7(), **row} for row in rows[start : start + CHUNK]]
            try:
                await self._session.execute(insert(_stored(table)), chunk)
            except IntegrityError as error:
                raise broken(error, table) from error
            for row in chunk:
                self._record(table, row, action, [])

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
            changed = {**row, **values, "version": version + 1}
            self._record(table, changed, action, list(values), _owners(table, row))

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
        IdempotencyMismatch when the key came before with another input, Unauthenticated for an
        anonymous caller, whose keys nobody could tell from another's.
        """
        if self.actor.is_anonymous:
            raise Unauthenticated(
                "请先登录",
                "sign in first",
                hint=Words("请求头 Authorization: Bearer <令牌>", "send Authorization: Bearer"),
            )
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
            check_input(stored.input_sha256, digest)
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

    def _record(
        self,
        table: type[Row],
        row: Mapping[str, Any],
        action: str,
        fields: list[str],
        before: Sequence[UUID] = (),
    ) -> None:
        """Note a version of a row, which the organisations `before` owned until now."""
        name = table.__name__
        self._events.append(
            self._event(action) | {"object_type": name, "object_id": row["id"], "fields": fields}
        )
        owners = _owners(table, row)
        change = {
            "object_type": name,
            "object_id": row["id"],
            "kind": ChangeKind.UPSERT,
            "reason": None,
            "merged_into_id": None,
            "object_version": row["version"],
            "organization_ids": owners,
        }
        if lost := [one for one in before if one not in owners]:
            gone = {"kind": ChangeKind.DELETE, "reason": ChangeReason.PERMISSION_LOST}
            self._changes.append(change | gone | {"organization_ids": lost})
        self._changes.append(change)

    async def journal(self) -> None:
        """Write the audit and outbox rows, after every row lock of the transaction is taken."""
        for table, rows in ((AuditEvent, self._events), (InboxChange, self._changes)):
            for start in range(0, len(rows), CHUNK):
                await self._session.execute(insert(_stored(table)), rows[start : start + CHUNK])
        if self._changes:
            await self._session.execute(text("NOTIFY inbox"))


def _as(role: str, organization: str) -> Executable:
    """Set for this transaction what row level security goes by."""
    return select(
        func.set_config("role", role, True), func.set_config("app.org", organization, True)
    )


def _owners(table: type[Row], row: Mapping[str, Any]) -> list[UUID]:
    return [row[owner] for owner in table.OWNERS if row[owner] is not None]


def _stored(table: type[Table]) -> sa.Table:
    """The table itself: a Core insert costs half of one through the mapper."""
    found: sa.Table = table.__table__  # type: ignore[attr-defined]  # SQLModel's own
    return found


def _defaults(table: type[Row]) -> dict[str, Any]:
    """What a row has where nothing is said; the database fills in instants and generated values."""
    filled = {"id", "created_at", "updated_at", "line_key"}
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in table.model_fields.items()
        if name not in filled and not field.is_required()
    }


def check_input(earlier: bytes, digest: bytes) -> None:
    """Raise IdempotencyMismatch unless a key comes again with the input that it had `earlier`.

    Both are SHA-256 digests of inputs.
    """
    if earlier != digest:
        raise IdempotencyMismatch(
            "同一幂等键配了不同的输入",
            "this idempotency key came before with another input",
            hint=Words("新的操作请用新的键", "use a new key for a new operation"),
            path=("idempotencyKey",),
        )


def check_version(
    row: Row, expected: int, member: str = "expectedVersion", given: Mapping[str, Any] | None = None
) -> None:
    """Raise Stale, an error at the `member` of the input, unless the caller saw the newest version.

    It names what of the values `given` for the row differs from it.
    """
    if row.version != expected:
        values = (given or {}).items()
        changed = [name for name, value in values if differ(getattr(row, name), value)]
        raise Stale(row.version, member, changed)


def broken(error: IntegrityError, table: type[Table]) -> HubError:
    """What a broken constraint means for the caller; its name is for the log only.

    BadInput for a CHECK, which a value breaks on its own; Conflict for all that stored rows decide.
    """
    name = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
    known = table.KEYS.get(str(name)) if issubclass(table, Row) else None
    if known is None:
        structlog.get_logger("hub.writer").info("constraint", name=name)
        if getattr(error.orig, "sqlstate", None) == CHECK_VIOLATION:
            return BadInput("有数值不在允许的范围内", "a value is outside its range")
        return Conflict(
            "与已有数据冲突",
            "in conflict with stored data",
            hint=Words("检查编号是否已存在", "check whether the key exists already"),
        )
    words, member = known
    return Conflict(*words, path=(member,))
