"""What can be done to a line of a ledger: create, update, move, retire, restore."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.last_test import LastTest, last_test
from hub.actor import Can
from hub.errors import Refused
from hub.policies.instrument import retired
from hub.policy import readable
from hub.rules.due import valid_until
from hub.rules.filing import check_stays_compulsory
from hub.rules.instrument import (
    MoveFacts,
    check_compulsory,
    check_interval,
    check_move,
    check_restore,
    check_retire,
    normal_key,
)
from hub.rules.measures import check_measures
from hub.rules.text import check_items, check_lengths
from hub.tables.instrument import Instrument
from hub.values import differ, fen
from hub.vocabulary import InstrumentState
from hub.writer import Writer, check_version

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
    maker, serial = (
        part.replace("\\", "\\\\").replace("|", "\\|") for part in (manufacturer or "", serial_no)
    )
    return f"{SERIAL_KEY}{maker}|{serial}|{place}"


async def create(db: Writer, *, today: date, **values: Any) -> Instrument:
    """Add a line to the ledger of the actor's organisation.

    BadInput for a text or price that does not fit; Refused by the rules of instruments.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    owner = db.actor.acts_for()
    values = _fitting(values)
    values["ledger_key"] = ledger_key(
        values.get("asset_no"), values.get("serial_no"), values.get("manufacturer")
    )
    row = Instrument(owner_id=owner, **values)
    _check(row, today)
    _check_compulsory(row)
    row.due_date = _due(row, None)
    return await db.add(row, action="createInstrument")


async def update(
    db: Writer, instrument_id: UUID, expected_version: int, *, today: date, **values: Any
) -> Instrument:
    """Change a line of the actor's ledger.

    Once a laboratory has issued a certificate, only certificates say when the last test was.
    NotFound, Conflict when the version has moved on, BadInput for a text or price that does not
    fit, Refused by the rules of instruments.
    """
    row = await own_line(db, instrument_id, expected_version, given=_stated(values))
    tested = await last_test(db, row)
    status = values.pop("status", row.status)
    approved = values.pop("approved", False)
    values = _fitting(values)
    touched = {name for name, value in values.items() if differ(getattr(row, name), value)}
    if status != row.status:
        check_move(row.status, status, _move_facts(row, tested, values, today, approved=approved))
        values |= {"status": status, "status_moved_at": datetime.now(UTC)}
    if tested is not None and "last_date" in touched:
        raise Refused(
            "该器具已有本平台签发的证书，最近检定日期以证书为准",
            "the last date of this instrument comes from its certificates",
            path=("lastDate",),
        )
    changed = Instrument(**{**row.model_dump(), **values})
    _check(changed, today)
    if row.compulsory and not changed.compulsory:
        check_stays_compulsory(row.filing_state)
    if touched & RULED:
        _check_compulsory(changed)
        if row.compulsory or changed.compulsory:
            check_interval(row.interval_months, changed.interval_months)
    if touched & SCHEDULED:
        values["due_date"] = _due(changed, tested)
    if touched & KEYED:
        values["ledger_key"] = ledger_key(changed.asset_no, changed.serial_no, changed.manufacturer)
    return await db.change(row, action="updateInstrument", **values)


KEYED = frozenset({"asset_no", "serial_no", "manufacturer"})
SCHEDULED = frozenset({"last_date", "interval_months"})
RULED = frozenset({"compulsory", "compulsory_purpose", "calibration_mode", "interval_months"})
"""What the rules of compulsory verification look at; a line from a file may break them."""


async def retire(
    db: Writer, instrument_id: UUID, expected_version: int, reason: str, *, approved: bool
) -> Instrument:
    """Take a line out of the ledger: it is scrapped, its key is free again, its history stays.

    Refused without a reason, or without an approval for what is not scrapped yet.
    """
    row = await own_line(db, instrument_id, expected_version)
    _check_reason(reason)
    check_retire(row.status, approved=approved)
    return await db.retire(
        row,
        action="retireInstrument",
        status=InstrumentState.SCRAPPED,
        status_reason=reason,
        offered_to_id=None,
        retired_at=datetime.now(UTC),
    )


async def restore(
    db: Writer, instrument_id: UUID, expected_version: int, reason: str, *, approved: bool
) -> Instrument:
    """Bring a retired line back into the ledger: stopped, until a certificate lets it be used.

    NotFound for a line that is no such, Conflict when its key was taken meanwhile or the version
    has moved on, Refused without a reason or an approval, and for one that was merged.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    db.actor.acts_for()
    row = await db.one(retired(db.actor).where(col(Instrument.id) == instrument_id))
    check_version(row, expected_version)
    _check_reason(reason)
    check_restore(merged=row.merged_into_id is not None, approved=approved)
    return await db.change(
        row,
        action="restoreInstrument",
        status=InstrumentState.STOPPED,
        status_reason=reason,
        status_moved_at=datetime.now(UTC),
        retired_at=None,
    )


async def own_line(
    db: Writer,
    instrument_id: UUID,
    expected_version: int,
    member: str = "expectedVersion",
    given: Mapping[str, Any] | None = None,
) -> Instrument:
    """A line of the actor's ledger, locked.

    NotFound, or Conflict at the `member` of the input when the version has moved on, which names
    what of the values `given` differs.
    """
    db.actor.must(Can.INSTRUMENT_WRITE)
    mine = col(Instrument.owner_id) == db.actor.acts_for()
    row = await db.one(
        readable(db.actor, Instrument).where(col(Instrument.id) == instrument_id, mine)
    )
    check_version(row, expected_version, member, given)
    return row


def _check_reason(reason: str) -> None:
    check_lengths({"reason": reason})
    if not reason.strip():
        raise Refused("请说明原因", "give a reason", path=("reason",))


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an update states, the asset number by its one spelling."""
    stated = {name: value for name, value in values.items() if name != "approved"}
    if stated.get("asset_no"):
        stated["asset_no"] = normal_key(stated["asset_no"])
    return stated


def _fitting(values: dict[str, Any]) -> dict[str, Any]:
    """`values` as they are stored: the asset number by its one spelling, the price in fen."""
    check_lengths(values)
    check_items(values, "measuring_ranges", "max_permissible_errors", "photo_urls")
    check_measures(values)
    fitting = dict(values)
    if values.get("asset_no") is not None:
        fitting["asset_no"] = normal_key(values["asset_no"]) or None
    if values.get("purchase_price") is not None:
        fitting["purchase_price"] = fen(values["purchase_price"], "purchasePrice")
    return fitting


def _move_facts(
    row: Instrument,
    tested: LastTest | None,
    values: dict[str, Any],
    today: date,
    *,
    approved: bool,
) -> MoveFacts:
    """What is known for a move. Certificates speak before the ledger, an exemption after both."""
    failed = tested is not None and tested.failed
    certified_on, valid_until_ = row.last_date, row.due_date
    if tested is not None:
        certified_on = None if failed else tested.tested_on
        valid_until_ = tested.due_date(row.interval_months)
    return MoveFacts(
        today=today,
        reason=values.get("status_reason"),
        approved=approved,
        mode=None if failed else values.get("calibration_mode", row.calibration_mode),
        certified_on=certified_on,
        valid_until=valid_until_,
        unsealed_on=values.get("unsealed_on", row.unsealed_on),
    )


def _check(row: Instrument, today: date) -> None:
    if not row.name.strip():
        raise Refused("器具名称不能为空", "an instrument needs a name", path=("name",))
    if row.last_date is not None and row.last_date > today:
        raise Refused(
            "最近检定日期不能晚于今天", "the last date is in the future", path=("lastDate",)
        )


def _check_compulsory(row: Instrument) -> None:
    check_compulsory(
        compulsory=row.compulsory,
        purpose=row.compulsory_purpose,
        mode=row.calibration_mode,
        interval_months=row.interval_months,
        max_months=None,
    )


def _due(row: Instrument, tested: LastTest | None) -> date | None:
    """The last valid day by the certificates, else by what the ledger says of the last test."""
    if tested is not None:
        return tested.due_date(row.interval_months)
    if row.last_date is None or row.interval_months is None:
        return None
    return valid_until(row.last_date, row.interval_months)
