"""What can be done to a line of a ledger: create, update, move, retire."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actor import Actor, Can
from hub.errors import Conflict, Forbidden, Refused
from hub.policy import readable
from hub.rules.due import valid_until
from hub.rules.instrument import MoveFacts, check_compulsory, check_move, normal_key
from hub.tables.instrument import Instrument
from hub.vocabulary import InstrumentState
from hub.writer import Writer

SERIAL_KEY = "SN:"


def ledger_key(
    asset_no: str | None, serial_no: str | None, manufacturer: str | None, place: int = 1
) -> str:
    """The key of a line within its owner's ledger.

    The normalised asset number; without one, maker and serial number, and the `place` among lines
    that share both. Refused where neither number is given.
    """
    if asset_no and (key := normal_key(asset_no)):
        return key
    if not serial_no or not serial_no.strip():
        raise Refused(
            "管理编号与出厂编号至少填一个",
            "give an asset number or a serial number",
            path=("assetNo",),
        )
    return f"{SERIAL_KEY}{manufacturer or ''}|{serial_no}|{place}"


async def create(db: Writer, *, today: date, **values: Any) -> Instrument:
    """Add a line to the ledger of the actor's organisation. Refused by the rules of instruments."""
    db.actor.must(Can.INSTRUMENT_WRITE)
    owner = owner_of(db.actor)
    values["ledger_key"] = ledger_key(
        values.get("asset_no"), values.get("serial_no"), values.get("manufacturer")
    )
    if values.get("asset_no"):
        values["asset_no"] = normal_key(values["asset_no"]) or None
    row = Instrument(owner_id=owner, **values)
    _check(row, today)
    _schedule(row)
    return await db.add(row, action="createInstrument")


async def update(
    db: Writer, instrument_id: UUID, expected_version: int, *, today: date, **values: Any
) -> Instrument:
    """Change a line of the actor's ledger.

    NotFound, Conflict when the version has moved on, Refused by the rules of instruments.
    """
    row = await _own(db, instrument_id, expected_version)
    status = values.pop("status", row.status)
    approved = values.pop("approved", False)
    if status != row.status:
        facts = MoveFacts(
            today=today,
            reason=values.get("status_reason"),
            approved=approved,
            mode=values.get("calibration_mode", row.calibration_mode),
            certified_on=row.last_date,
            valid_until=row.due_date,
            unsealed_on=values.get("unsealed_on", row.unsealed_on),
        )
        check_move(row.status, status, facts)
        values["status"] = status
    changed = Instrument(**{**row.model_dump(), **values})
    changed.ledger_key = ledger_key(changed.asset_no, changed.serial_no, changed.manufacturer)
    if changed.asset_no:
        changed.asset_no = normal_key(changed.asset_no) or None
    _check(changed, today)
    if "last_date" in values or "interval_months" in values:
        _schedule(changed)
    renewed = {name: getattr(changed, name) for name in (*values, *DERIVED)}
    if row.ledger_key.startswith(SERIAL_KEY) and changed.ledger_key.startswith(SERIAL_KEY):
        del renewed["ledger_key"]
    return await db.change(row, action="updateInstrument", **renewed)


DERIVED = ("asset_no", "ledger_key", "due_date")


async def retire(db: Writer, instrument_id: UUID, expected_version: int, reason: str) -> Instrument:
    """Take a line out of the ledger: it is scrapped, its key is free again, its history stays."""
    row = await _own(db, instrument_id, expected_version)
    if not reason.strip():
        raise Refused("请说明原因", "give a reason", path=("reason",))
    return await db.retire(
        row,
        action="retireInstrument",
        status=InstrumentState.SCRAPPED,
        status_reason=reason,
        retired_at=datetime.now(UTC),
    )


def owner_of(actor: Actor) -> UUID:
    """The organisation whose ledger the actor keeps. Forbidden for who keeps none."""
    if actor.organization_id is None:
        raise Forbidden("当前账号不属于任何机构", "this account belongs to no organisation")
    return actor.organization_id


async def _own(db: Writer, instrument_id: UUID, expected_version: int) -> Instrument:
    db.actor.must(Can.INSTRUMENT_WRITE)
    mine = col(Instrument.owner_id) == owner_of(db.actor)
    row = await db.one(
        readable(db.actor, Instrument).where(col(Instrument.id) == instrument_id, mine)
    )
    check_version(row.version, expected_version)
    return row


def check_version(current: int, expected: int) -> None:
    """Raise Conflict, naming the current version, unless the caller saw the newest."""
    if current != expected:
        raise Conflict(
            f"数据已是第 {current} 版，请刷新后重试",
            f"the row is at version {current} by now, read it again",
            path=("expectedVersion",),
        )


def _check(row: Instrument, today: date) -> None:
    check_compulsory(
        compulsory=row.compulsory,
        purpose=row.compulsory_purpose,
        mode=row.calibration_mode,
        interval_months=row.interval_months,
        max_months=None,
    )
    if not row.name.strip():
        raise Refused("器具名称不能为空", "an instrument needs a name", path=("name",))
    if row.last_date is not None and row.last_date > today:
        raise Refused(
            "最近检定日期不能晚于今天", "the last date is in the future", path=("lastDate",)
        )


def _schedule(row: Instrument) -> None:
    if row.last_date is not None and row.interval_months is not None:
        row.due_date = valid_until(row.last_date, row.interval_months)
