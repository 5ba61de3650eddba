"""Takes the accepted lines of a ledger into the hub: new, changed, or just as they are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.instrument import ledger_key
from hub.actor import OVERSIGHT, Can
from hub.errors import Forbidden
from hub.policy import readable
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.vocabulary import CalibrationMode, InstrumentState, ManagementClass
from hub.writer import Writer

FROM_LEDGER = "ledger"
LAST_TEST = frozenset({"last_date", "due_date", "certificate_no"})


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
    """Store `lines` in the ledger of `owner_id`; the same lines again change nothing.

    Imports into one ledger run one after the other. Where an issued certificate has set the last
    test, an older one in the file does not take its place.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    if owner_id != db.actor.organization_id and not db.actor.has(OVERSIGHT):
        raise Forbidden("只能导入本机构的台账", "you keep the ledger of your own organisation only")
    await db.serialize(f"ledger {owner_id}")
    mine = readable(db.actor, Instrument).where(col(Instrument.owner_id) == owner_id)
    known = {row["ledger_key"]: row for row in await db.rows(mine)}
    certified = await _certified(db, owner_id)
    created: list[dict[str, Any]] = []
    updated: list[tuple[Any, dict[str, Any]]] = []
    places: Counter[tuple[str | None, str | None]] = Counter()
    for line in lines:
        places[line.manufacturer, line.serial_no] += 1
        place = places[line.manufacturer, line.serial_no]
        key = ledger_key(line.asset_no, line.serial_no, line.manufacturer, place)
        values = {name: getattr(line, name) for name in STATED}
        origin = {
            "source_system": FROM_LEDGER,
            "import_sha256": sha256,
            "import_line": line.line,
        }
        stored = known.get(key)
        if stored is None:
            created.append({"owner_id": owner_id, "ledger_key": key, **values, **origin})
            continue
        if stored["id"] in certified and _is_newer(stored["last_date"], line.last_date):
            values = {name: value for name, value in values.items() if name not in LAST_TEST}
        changed = {name: value for name, value in values.items() if stored[name] != value}
        if changed:
            updated.append((stored, changed | origin))
    await db.insert_many(Instrument, created, action="importLedger")
    await db.update_many(Instrument, updated, action="importLedger")
    return Stored(len(created), len(updated), len(lines) - len(created) - len(updated))


async def _certified(db: Writer, owner_id: UUID) -> set[UUID]:
    found = await db.rows(
        readable(db.actor, Certificate)
        .where(col(Certificate.client_id) == owner_id, col(Certificate.instrument_id).is_not(None))
        .with_only_columns(col(Certificate.instrument_id))
    )
    return {row["instrument_id"] for row in found}


def _is_newer(stored: date | None, given: date | None) -> bool:
    return stored is not None and (given is None or stored > given)
