"""Writes exports: leased, read page by page as their requester, stored part by part.

A part is stored in the transaction that notes how far its rows have come. Whoever goes on after a
worker was killed begins behind the last part, so that no row is lost and none comes twice.
"""

import asyncio
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid4

import orjson
import structlog
from sqlalchemy import RowMapping, delete, insert, text, update
from sqlmodel import col

from hub.actions.export import KEPT, requester
from hub.actor import PLATFORM, Actor
from hub.db import Database
from hub.errors import NotFound, Refused
from hub.exchange import ExportFailure, ExportFormat, ExportNoun, ExportState
from hub.exporters.bundle import piece
from hub.exporters.deflate import deflated, inflated
from hub.exporters.lines import csv_lines, json_lines
from hub.exporters.sheet import MOST_ROWS, workbook
from hub.jobs.bundles import closed
from hub.policy import readable
from hub.tables.export import Export, ExportPart
from hub.tasks import end
from hub.times import Clock, utc_now
from hub.writer import Writer

LEASE = timedelta(seconds=60)
RENEWED_EVERY = 20.0
"""Seconds between two renewals of a lease."""
MOST_RUNNING = 2
"""Exports of one organisation that are written at a time."""
MOST_ATTEMPTS = 5
"""Leases in a row without a new part, after which an export is given up."""
SLOTS = 2
"""Exports that one worker writes at a time."""
A_PART = 1_000
"""Rows after which a part is stored."""
A_PIECE = 2**20
"""Bytes of a workbook that are stored as one part."""
LOOK_EVERY = 10.0
"""Seconds after which a worker looks for leases that have ended; new exports wake it."""
TAKE = text(
    """
    UPDATE export SET state = 'RUNNING', lease = :lease, leased_until = :until,
        attempts = attempts + 1
    WHERE state IN ('QUEUED', 'RUNNING') AND id = (
        SELECT id FROM export AS one
        WHERE state IN ('QUEUED', 'RUNNING') AND coalesce(leased_until <= :now, true)
          AND coalesce(id = CAST(:only AS uuid), true)
          AND :most > (
              SELECT count(*) FROM export AS other
              WHERE other.owner_id = one.owner_id
                AND other.state = 'RUNNING' AND other.leased_until > :now
          )
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
    """
)


class Page(NamedTuple):
    """Some rows as GraphQL shows them, the cursor behind them, and whether more follow."""

    rows: Sequence[Mapping[str, Any]]
    end: str | None
    has_more: bool


class Walk(Protocol):
    """How the rows of a noun are read, in the order in which they were made."""

    def columns(self, actor: Actor, noun: ExportNoun, format_: ExportFormat) -> list[str]:
        """What of a row `actor` is shown, or of a bundle its manifest."""

    async def page(self, actor: Actor, noun: ExportNoun, after: str | None) -> Page:
        """The rows that follow a cursor. Refused where one of them is too large."""


class Files(Protocol):
    """How certificates become files of a bundle."""

    async def of(self, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Of each row its line of the manifest, and its `member` if any."""


class _LostError(Exception):
    """The export is not ours any more: cancelled, or taken over."""


class _FailedError(Exception):
    def __init__(self, failure: ExportFailure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far an export has come."""

    reached: str | None
    rows: int
    parts: int
    size: int
    crc: int

    @classmethod
    def of(cls, row: RowMapping) -> "_Reached":
        return cls(*(row[name] for name in cls.__slots__))

    def behind(self, end: str | None, rows: int, written: bytes) -> "_Reached":
        """How far it is behind a further part."""
        return _Reached(
            end or self.reached,
            self.rows + rows,
            self.parts + 1,
            self.size + len(written),
            zlib.crc32(written, self.crc),
        )


@dataclass(frozen=True, slots=True)
class Exporter:
    """Takes exports and writes them."""

    database: Database
    walk: Walk
    files: Files
    clock: Clock = utc_now

    async def lease(self, only: UUID | None = None) -> RowMapping | None:
        """The oldest export that nobody works on, or `only` that one; ours until `LEASE` is over.

        Of an organisation no more than `MOST_RUNNING` are worked on at a time.
        """
        now = self.clock()
        asked = {"now": now, "until": now + LEASE, "most": MOST_RUNNING, "only": only}
        async with self.database.writer(PLATFORM) as db:
            await db.serialize("export leases")
            found = await db.rows(TAKE, lease=uuid4(), **asked)
        return found[0] if found else None

    async def work(self, leased: RowMapping) -> None:
        """Write an export to its end. What cannot be done now is left to the next lease."""
        log = structlog.get_logger("hub.exports").bind(export=str(leased["id"]))
        try:
            await self._tried(leased)
        except _LostError:
            log.info("export left")
        except Exception as error:  # noqa: BLE001 -- its lease ends, and it is taken up again
            log.warning("export interrupted", error=repr(error))

    async def _tried(self, leased: RowMapping) -> None:
        try:
            async with self._held(leased):
                await self._written(leased)
            return
        except _FailedError as failed:
            failure = failed.failure
        except Refused:
            failure = ExportFailure.REFUSED
        await self._end(leased, state=ExportState.FAILED, failure=failure)

    @asynccontextmanager
    async def _held(self, leased: RowMapping) -> AsyncIterator[None]:
        """Renew the lease while inside."""
        task = asyncio.create_task(self._renewed(leased))
        try:
            yield
        finally:
            await end(task)

    async def _renewed(self, leased: RowMapping) -> None:
        log = structlog.get_logger("hub.exports")
        while True:
            await asyncio.sleep(RENEWED_EVERY)
            try:
                async with self.database.writer(PLATFORM) as db:
                    await self._note(db, leased)
            except _LostError:
                return
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next time comes
                log.warning("lease not renewed", error=type(error).__name__)

    async def _written(self, leased: RowMapping) -> None:
        if leased["attempts"] > MOST_ATTEMPTS:
            raise _FailedError(ExportFailure.INTERNAL)
        at, has_more = _Reached.of(leased), True
        while has_more:
            page = await self._read(leased, at.reached)
            has_more = page.has_more
            if leased["format"] == ExportFormat.XLSX and at.rows + len(page.rows) > MOST_ROWS:
                raise _FailedError(ExportFailure.TOO_MANY_ROWS)
            at = await self._kept(leased, at, page)
        if leased["format"] == ExportFormat.XLSX:
            await self._bound(leased, at)
        elif leased["format"] == ExportFormat.DCC:
            await self._closed(leased, at)
        else:
            await self._end(leased, state=ExportState.DONE, expires_at=self.clock() + KEPT)

    async def _read(self, leased: RowMapping, after: str | None) -> Page:
        """The rows of a part, as their requester sees them now."""
        actor = await requester(self.database, leased)
        if actor is None:
            raise _FailedError(ExportFailure.ACCOUNT)
        noun, format_ = ExportNoun(leased["noun"]), ExportFormat(leased["format"])
        if self.walk.columns(actor, noun, format_) != leased["columns"]:
            raise _FailedError(ExportFailure.COLUMNS)
        if format_ is ExportFormat.DCC:
            page = await self.walk.page(actor, noun, after)
            return page._replace(rows=await self.files.of(actor, page.rows))
        rows: list[Mapping[str, Any]] = []
        while True:
            page = await self.walk.page(actor, noun, after)
            rows += page.rows
            after = page.end or after
            if len(rows) >= A_PART or not page.has_more:
                return Page(rows, after, page.has_more)

    async def _kept(self, leased: RowMapping, at: _Reached, page: Page) -> _Reached:
        """Store a part; how far the export is behind it."""
        written, part = await asyncio.to_thread(_encoded, leased, at, page.rows)
        if not any(part.values()):
            return at
        now_at = at.behind(page.end, len(page.rows), written)
        progress = {name: getattr(now_at, name) for name in _Reached.__slots__}
        async with self.database.writer(PLATFORM) as db:
            await self._note(db, leased, **progress, attempts=0)
            await _store(db, leased, at.parts, **part)
        return now_at

    async def _bound(self, leased: RowMapping, at: _Reached) -> None:
        """Make a workbook of the parts, and store it in their place."""
        with tempfile.TemporaryDirectory(prefix="hub-export-") as folder:
            file = Path(folder) / "export.xlsx"
            async with workbook(file, leased["columns"]) as add:
                for number in range(at.parts):
                    await add(_rows_in(await self._part(leased, number)))
            size = file.stat().st_size
            async with self.database.writer(PLATFORM) as db:
                await self._note(db, leased)
                await db.execute(delete(ExportPart).where(_of(leased)))
                parts = await _store_file(db, leased, file)
                done = {"size": size, "parts": parts, "expires_at": self.clock() + KEPT}
                await self._ended(db, leased, state=ExportState.DONE, **done)

    async def _closed(self, leased: RowMapping, at: _Reached) -> None:
        """Store the end of a bundle behind its parts."""
        async with self.database.writer(PLATFORM) as db:
            await self._note(db, leased)
            done = await closed(db, leased, at.parts, at.size)
            expires_at = self.clock() + KEPT
            await self._ended(db, leased, state=ExportState.DONE, expires_at=expires_at, **done)

    async def _part(self, leased: RowMapping, number: int) -> bytes:
        wanted = readable(PLATFORM, ExportPart).where(_of(leased), col(ExportPart.number) == number)
        async with self.database.reader(PLATFORM) as db:
            row = await db.first(wanted)
        if row is None:
            raise _LostError
        found: bytes = row["data"]
        return found

    async def _note(self, db: Writer, leased: RowMapping, **values: Any) -> None:
        """Keep the lease, and note `values`; _LostError where it is not ours any more."""
        kept = update(Export).where(*_ours(leased))
        kept = kept.values(leased_until=self.clock() + LEASE, **values)
        if not await db.rows(kept.returning(col(Export.id))):
            raise _LostError

    async def _end(self, leased: RowMapping, **values: Any) -> None:
        async with self.database.writer(PLATFORM) as db:
            await self._ended(db, leased, **values)

    async def _ended(self, db: Writer, leased: RowMapping, **values: Any) -> None:
        try:
            row = await db.one(readable(PLATFORM, Export).where(*_ours(leased)))
        except NotFound:
            raise _LostError from None
        ended = {"finished_at": self.clock(), "lease": None, "leased_until": None}
        await db.change(row, action="finishExport", **ended, **values)


def _ours(leased: RowMapping) -> tuple[Any, ...]:
    return (
        col(Export.id) == leased["id"],
        col(Export.lease) == leased["lease"],
        col(Export.state) == ExportState.RUNNING,
    )


def _of(leased: RowMapping) -> Any:
    return col(ExportPart.export_id) == leased["id"]


def _encoded(
    leased: RowMapping, at: _Reached, rows: Sequence[Mapping[str, Any]]
) -> tuple[bytes, Mapping[str, bytes]]:
    """The rows as bytes of the file, and the part in which they are stored."""
    is_first = at.parts == 0
    if leased["format"] == ExportFormat.DCC:
        found = piece(rows, leased["created_at"], at.size, is_first=is_first)
        return found.data, found._asdict()
    if leased["format"] == ExportFormat.CSV:
        written = csv_lines(rows, leased["columns"], heading=is_first)
    else:
        written = json_lines(rows)
    return written, {"data": deflated(written)} if written else {}


def _rows_in(part: bytes) -> Iterator[Mapping[str, Any]]:
    for line in inflated(part).splitlines():
        yield orjson.loads(line)


async def _store(db: Writer, leased: RowMapping, number: int, **part: bytes) -> None:
    values = {"export_id": leased["id"], "number": number, "owner_id": leased["owner_id"]}
    await db.execute(insert(ExportPart).values(**values, **part))


async def _store_file(db: Writer, leased: RowMapping, file: Path) -> int:
    """Store a file in pieces; how many they are."""
    number = 0
    with file.open("rb") as opened:
        while read := await asyncio.to_thread(opened.read, A_PIECE):
            await _store(db, leased, number, data=read)
            number += 1
    return number


async def run(exporter: Exporter) -> None:
    """Write what is asked for as long as the task lives, through every outage of the database."""
    log = structlog.get_logger("hub.exports")
    free = asyncio.Semaphore(SLOTS)
    async with exporter.database.notified("export") as woken, asyncio.TaskGroup() as tasks:
        while True:
            await free.acquire()
            leased = None
            try:
                leased = await exporter.lease()
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
                log.warning("exports wait", error=type(error).__name__)
            if leased is None:
                free.release()
                await woken(LOOK_EVERY)
            else:
                task = tasks.create_task(exporter.work(leased))
                task.add_done_callback(lambda _: free.release())
