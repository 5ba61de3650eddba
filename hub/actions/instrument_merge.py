"""Two lines of one ledger that are the same instrument become one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from hub.actions.instrument import KEYED, ledger_key, own_line
from hub.actions.instrument_ties import follow, hold
from hub.actions.last_test import LastTest, former_test, last_of, last_test, told_by
from hub.actor import PLATFORM, Can
from hub.errors import Refused
from hub.policy import readable
from hub.rules.instrument import Plate, check_merge, state_after_failure
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.vocabulary import FilingState
from hub.writer import Writer

ACTION = "mergeInstruments"
FILLED = ("asset_no", "serial_no", "manufacturer", "model_spec", "compulsory_code")
"""What the line that stays takes over from the other where it says nothing itself."""
FILED = ("filing_state", "filing_at", "filing_reason")
"""What it takes over where the other has been filed and it has not."""

EXTERNAL_IDS = text(
    """
    UPDATE external_id AS e SET object_id = :kept
    WHERE object_id = :dropped AND organization_id = :owner AND NOT EXISTS (
        SELECT FROM external_id k WHERE k.object_id = :kept
        AND k.organization_id = e.organization_id AND k.source = e.source
    )
    """
)
STANDARDS = text(
    """
    UPDATE standard_instrument AS s SET instrument_id = :kept
    WHERE instrument_id = :dropped AND EXISTS (
        SELECT FROM measurement_standard m WHERE m.id = s.standard_id AND m.owner_id = :owner
    ) AND NOT EXISTS (
        SELECT FROM standard_instrument k
        WHERE k.instrument_id = :kept AND k.standard_id = s.standard_id
    )
    """
)


async def merge(db: Writer, keep: tuple[UUID, int], drop: tuple[UUID, int]) -> Instrument:
    """Merge the line `drop` into `keep`, each an id and the version seen; the line that stays.

    Certificates, ids of other systems, places in standards and what waits for it go over to it, and
    its dates are what these certificates say. NotFound, Conflict when a version has moved on,
    Refused where the two cannot be the same instrument.
    """
    if keep[0] == drop[0]:
        raise Refused("两件器具不能是同一行", "give two different lines", path=("drop",))
    db.actor.must(Can.INSTRUMENT_WRITE)
    mine = col(Instrument.owner_id) == db.actor.acts_for()
    async with db.widely():
        both = col(Instrument.id).in_((keep[0], drop[0]))
        await hold(db, readable(PLATFORM, Instrument).where(mine, both))
    members = {keep: "keepVersion", drop: "dropVersion"}
    locked = {one: await own_line(db, *one, members[one]) for one in sorted(members)}
    kept, dropped = locked[keep], locked[drop]
    check_merge(_plate(kept), _plate(dropped))
    await _hand_over(db, dropped, kept)
    await db.retire(
        dropped,
        action=ACTION,
        offered_to_id=None,
        merged_into_id=kept.id,
        retired_at=datetime.now(UTC),
    )
    filed = kept.filing_state is FilingState.NONE and dropped.filing_state is FilingState.ACCEPTED
    values = await _completed(db, kept, dropped)
    if filed:
        values |= {name: getattr(dropped, name) for name in FILED}
    await db.change(kept, action=ACTION, **values)
    async with db.widely():
        await follow(db, dropped, kept, filed=filed)
    return kept


def _plate(row: Instrument) -> Plate:
    return Plate(
        serial_no=row.serial_no,
        manufacturer=row.manufacturer,
        compulsory_code=row.compulsory_code,
        compulsory=row.compulsory,
        interval_months=row.interval_months,
    )


async def _hand_over(db: Writer, dropped: Instrument, kept: Instrument) -> None:
    """Let everything of the owner that refers to one line refer to the other.

    A system that has an id for both keeps that of the line that stays; so does a standard. What a
    former owner has stays with the line that it knew.
    """
    certificates = readable(PLATFORM, Certificate).where(
        col(Certificate.instrument_id) == dropped.id, col(Certificate.client_id) == kept.owner_id
    )
    moved = [(dict(row), {"instrument_id": kept.id}) for row in await db.rows(certificates)]
    await db.update_many(Certificate, moved, action=ACTION)
    lines = {"kept": kept.id, "dropped": dropped.id, "owner": kept.owner_id}
    for statement in (EXTERNAL_IDS, STANDARDS):
        await db.execute(statement.bindparams(**lines))


async def _completed(db: Writer, kept: Instrument, dropped: Instrument) -> dict[str, Any]:
    """What becomes of the line that stays; always a new version, since its certificates differ."""
    values = {
        name: getattr(dropped, name)
        for name in FILLED
        if not getattr(kept, name) and getattr(dropped, name)
    }
    values["updated_at"] = datetime.now(UTC)
    if KEYED & values.keys():
        values["ledger_key"] = _key(values, kept, dropped)
    former = last_of(former_test(kept), former_test(dropped))
    tested = last_of(await last_test(db, kept), former)
    values["former_test"] = former and former.left_behind()
    if tested is None:
        return values
    values |= told_by(tested, kept)
    if tested.failed and (state := state_after_failure(kept.status)) is not kept.status:
        values |= {
            "status": state,
            "status_reason": _why(tested),
            "status_moved_at": datetime.now(UTC),
        }
    return values


def _why(tested: LastTest) -> str:
    if tested.number is None:
        return "移交之前的检定或校准结论为不合格"
    return f"证书 {tested.number} 的结论为不合格"


def _key(values: Mapping[str, Any], kept: Instrument, dropped: Instrument) -> str:
    """The key of the line that stays, once it has the `values` of the other.

    Where both now have the same plate and no asset number, the other's key, with its place.
    """
    asset_no, *plate = (
        values.get(name, getattr(kept, name)) for name in ("asset_no", "serial_no", "manufacturer")
    )
    if not asset_no and plate == [dropped.serial_no, dropped.manufacturer]:
        return dropped.ledger_key
    return ledger_key(asset_no, *plate)
