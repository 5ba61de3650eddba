"""Takes the accepted lines of a ledger into the hub: new, changed, or just as they are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actions.instrument import ledger_key
from hub.actions.last_test import COUNTS
from hub.actor import Can
from hub.errors import Forbidden
from hub.policy import readable
from hub.rules.instrument import normal_key
from hub.rules.text import check_lengths
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.values import differ
from hub.vocabulary import CalibrationMode, InstrumentState, ManagementClass
from hub.writer import Writer

FROM_LEDGER = "ledger"
LAST_TEST = frozenset({"last_date", "due_date", "certificate_no"})
STATE = frozenset({"status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """What a ledger states of one instrument, by the columns of the instrument table."""

    line: int
    asset_no: str | None
    name: str
    model_spec: str | None
    serial_no: str | None
    manufacturer: str | None
    measuring_ranges: list[dict[str, Any]]
    accuracy_class: str | None
    management_class: ManagementClass | None
    department: str | None
    location: str | None
    custodian: str | None
    calibration_mode: CalibrationMode | None
    interval_months: int | None
    last_date: date | None
    due_date: date | None
    certificate_no: str | None
    status: InstrumentState
    compulsory: bool
    remark: str | None


STATED = tuple(field.name for field in fields(LedgerLine) if field.name != "line")


@dataclass(frozen=True, slots=True)
class Stored:
    """How many lines were new, changed, or stored just so already."""

    created: int
    updated: int
    unchanged: int


async def take_in(
    db: Writer, owner_id: UUID, lines: Sequence[LedgerLine], *, sha256: str
) -> Stored:
    """Store `lines` in the actor's ledger `owner_id`; the same lines again change nothing.

    Imports into one ledger run one after the other. What the hub knows better stays as it is: the
    state once it was moved here, the last test once a certificate tells of it. BadInput for a text
    that is too long, Forbidden for the ledger of another organisation.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    if owner_id != db.actor.organization_id:
        raise Forbidden("只能导入本机构的台账", "you keep the ledger of your own organisation only")
    await db.serialize(f"ledger {owner_id}")
    mine = readable(db.actor, Instrument).where(col(Instrument.owner_id) == owner_id)
    known = {row["ledger_key"]: row for row in await db.rows(mine)}
    certified = await _certified(db, owner_id)
    created: list[dict[str, Any]] = []
    updated: list[tuple[Any, dict[str, Any]]] = []
    for line, key in zip(lines, _keys(lines), strict=True):
        values = {name: getattr(line, name) for name in STATED}
        check_lengths(values, "line", line.line)
        origin = {
            "source_system": FROM_LEDGER,
            "import_sha256": sha256,
            "import_line": line.line,
        }
        stored = known.get(key)
        if stored is None:
            created.append({"owner_id": owner_id, "ledger_key": key, **values, **origin})
            continue
        is_certified = stored["id"] in certified or stored["former_test"] is not None
        kept = _kept(stored, line, is_certified=is_certified)
        changed = {
            name: value
            for name, value in values.items()
            if name not in kept and differ(stored[name], value)
        }
        if changed:
            updated.append((stored, changed | origin))
    await db.insert_many(Instrument, created, action="importLedger")
    await db.update_many(Instrument, updated, action="importLedger")
    return Stored(len(created), len(updated), len(lines) - len(created) - len(updated))


def _keys(lines: Sequence[LedgerLine]) -> Iterator[str]:
    """The key of each line; those without an asset number count among their like."""
    places: Counter[tuple[str | None, str | None]] = Counter()
    for line in lines:
        if not normal_key(line.asset_no or ""):
            places[line.manufacturer, line.serial_no] += 1
        place = places[line.manufacturer, line.serial_no]
        yield ledger_key(line.asset_no, line.serial_no, line.manufacturer, place)


def _kept(stored: RowMapping, line: LedgerLine, *, is_certified: bool) -> frozenset[str]:
    """The columns of a stored line that a file does not change."""
    moved = stored["status_moved_at"] is not None
    is_final = stored["status"] is InstrumentState.SCRAPPED
    state = STATE if moved or is_final else frozenset[str]()
    turned_back = moved and not _is_newer(line.last_date, stored["last_date"])
    return state | LAST_TEST if is_certified or turned_back else state


async def _certified(db: Writer, owner_id: UUID) -> set[UUID]:
    """The instruments of an owner whose last test is told by certificates."""
    found = await db.rows(
        readable(db.actor, Certificate)
        .where(
            col(Certificate.client_id) == owner_id,
            col(Certificate.instrument_id).is_not(None),
            COUNTS,
        )
        .with_only_columns(col(Certificate.instrument_id))
    )
    return {row["instrument_id"] for row in found}


def _is_newer(given: date | None, stored: date | None) -> bool:
    return given is not None and (stored is None or given > stored)
