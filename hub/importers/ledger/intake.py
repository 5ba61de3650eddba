"""A ledger file all the way in: read, judged, stored or refused, and told line by line."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.ledger import LedgerLine, Stored, take_in
from hub.actor import PLATFORM, Actor
from hub.db import Database
from hub.errors import BadInput, NotFound
from hub.exchange import OnError
from hub.importers.ledger.judge import Judged, Line, judge
from hub.importers.ledger.report import report
from hub.importers.ledger.sheets import read_table
from hub.importers.ledger.table import Table
from hub.policy import readable
from hub.rules.organization import normal_uscc
from hub.tables.organization import Organization
from hub.values import plain
from hub.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Intake:
    """What an import did, or would do: `stored` is None where nothing is taken in."""

    judged: Judged
    table: Table
    stored: Stored | None
    replayed: bool = False

    def report(self) -> dict[str, Any]:
        """The JSON report, line by line, with what was stored."""
        return report(self.judged, self.table) | {
            "stored": asdict(self.stored) if self.stored else None
        }


class _Rehearsed(Exception):
    """Ends a dry run: the transaction is rolled back, its outcome kept."""


async def import_ledger(
    database: Database,
    actor: Actor,
    table: Table,
    *,
    owner_id: UUID,
    today: date,
    as_of: date | None = None,
    on_error: OnError = OnError.REJECT_ALL,
    dry_run: bool = False,
    key: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Intake:
    """Judge `table` as of a day, today unless said, and store its accepted lines together.

    A dry run does the same and takes it back, so that its report is the one of the real run. Under
    an idempotency `key` the lines are stored at most once. BadInput for a day still to come.
    """
    if as_of is not None and as_of > today:
        raise BadInput(f"判定日期 {as_of} 晚于今天", f"{as_of} is still to come", path=("asOf",))
    judged = await asyncio.to_thread(judge, table, as_of=as_of or today, on_progress=on_progress)
    lines = [ledger_line(line) for line in judged.lines if line.draft is not None]
    if on_error is OnError.REJECT_ALL and judged.counts["reject"]:
        return Intake(judged, table, None)
    outcome = Intake(judged, table, None)
    given = [table.sha256, owner_id, as_of, on_error]
    try:
        async with database.writer(actor) as db:

            async def store() -> dict[str, int]:
                return asdict(await take_in(db, owner_id, lines, sha256=table.sha256))

            if key is None or dry_run:
                answer, replayed = await store(), False
            else:
                answer, replayed = await db.once(key, "importLedger", given, store)
            outcome = Intake(judged, table, Stored(**answer), replayed)
            if dry_run:
                raise _Rehearsed
    except _Rehearsed:
        pass
    return outcome


async def import_file(
    database: Database,
    file: Path,
    *,
    uscc: str,
    today: date,
    as_of: date | None,
    on_error: OnError,
    dry_run: bool,
    on_progress: Callable[[int, int], None] | None = None,
) -> Intake:
    """Import a file of this machine into the ledger of the organisation `uscc`.

    NotFound for an unknown organisation; BadInput for an unreadable file or a day still to come.
    """
    owner_id = await organization_id(database, uscc)
    keeper = Actor(login="hub import", organization_id=owner_id, roles=frozenset({Role.SYSTEM}))
    return await import_ledger(
        database,
        keeper,
        await asyncio.to_thread(read_path, file),
        owner_id=owner_id,
        today=today,
        as_of=as_of,
        on_error=on_error,
        dry_run=dry_run,
        on_progress=on_progress,
    )


async def organization_id(database: Database, uscc: str) -> UUID:
    """The organisation with this USCC. NotFound where the hub does not know it."""
    same = col(Organization.uscc) == normal_uscc(uscc)
    async with database.reader(PLATFORM) as reader:
        row = await reader.first(readable(PLATFORM, Organization).where(same))
    if row is None:
        raise NotFound(
            f"没有统一社会信用代码为 {uscc} 的机构", f"no organisation has the USCC {uscc}"
        )
    found: UUID = row["id"]
    return found


def read_path(file: Path) -> Table:
    """The records of a file of this machine."""
    return read_table(file.read_bytes(), file.name)


def ledger_line(line: Line) -> LedgerLine:
    """An accepted line by the columns that it is stored in."""
    draft = line.draft
    if draft is None or draft.name is None:
        raise ValueError(f"line {line.number} was not accepted")
    return LedgerLine(
        line=line.number,
        asset_no=draft.asset_no,
        name=draft.name,
        model_spec=draft.model_spec,
        serial_no=draft.serial_no,
        manufacturer=draft.manufacturer,
        measuring_ranges=_ranges(line),
        accuracy_class=draft.accuracy,
        management_class=draft.management_class,
        department=draft.department,
        location=draft.location,
        custodian=draft.custodian,
        calibration_mode=draft.mode,
        interval_months=draft.interval_months,
        last_date=draft.last_date,
        due_date=draft.due_date,
        certificate_no=draft.certificate_no,
        status=draft.status,
        compulsory=bool(draft.compulsory),
        remark=draft.remark,
    )


def _ranges(line: Line) -> list[dict[str, Any]]:
    draft = line.draft
    if draft is None or draft.range_text is None:
        return []
    if draft.range_lower is None and draft.range_upper is None:
        return [{"raw": draft.range_text}]
    limits = {"lower": draft.range_lower, "upper": draft.range_upper}
    shown = {name: plain(value) for name, value in limits.items() if value is not None}
    return [{**shown, "unit": draft.range_unit, "raw": draft.range_text}]
