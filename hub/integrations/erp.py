"""An enterprise's own system: what it states of its instruments, line by line, field by field."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, inspect
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from hub.actions import conflict, instrument, source
from hub.actions.conflict import Sides
from hub.errors import BadInput, NotFound, Refused, Words
from hub.exchange import ConflictResolution, ConflictRule, MessageOutcome
from hub.integrations.port import Applied, Event, Flow, Link
from hub.policy import readable
from hub.rules.sources import NEVER_SAID, Verdict, judge, weight
from hub.rules.stated import FIELDS, said, stated, stored
from hub.tables.connector import SourceRecord
from hub.tables.exchange import ExternalId
from hub.tables.instrument import Instrument
from hub.times import local_day, utc_now
from hub.writer import Writer

NOUN = Instrument.__name__
EXTRAS = frozenset({"externalId", "statusReason", "approved", "unsealedOn"})
"""What an event says besides the fields of the instrument."""
RULED = frozenset({"compulsory", "compulsoryPurpose", "calibrationMode", "intervalMonths"})
OF_STATUS = frozenset({"statusReason", "approved", "unsealedOn"})
KEYED = ("assetNo", "serialNo", "manufacturer")
"""What a line is known by in its ledger."""
SETTLED = {
    Verdict.SAME: ConflictResolution.AGREED,
    Verdict.TAKE: ConflictResolution.THEIRS,
}
"""How a conflict ends that a verdict leaves nothing of."""
FIELD_OF = {field.column: name for name, field in FIELDS.items()}


class Taken(NamedTuple):
    """The line as it is now, and what its rules have refused of what was to be taken."""

    row: Instrument
    refused: Mapping[str, Words]


async def state(db: Writer, link: Link, event: Event) -> Applied:
    """Have the ledger say what the enterprise's system states of one instrument.

    A line that nobody knew is new. BadInput for a value that cannot be read, Refused by the rules
    of instruments, and for a line that has left the ledger.
    """
    _check_known(event.data)
    key, told = _external_id(event), stated(event.data)
    record = await source.record_of(db, link.id, link.organization_id, event.subject)
    line = await _line(db, link, record, key, told)
    if line is None:
        line = await _create(db, link, event, key, told)
        outcome = MessageOutcome.APPLIED
    else:
        outcome = await _compare(db, link, event, key, line, record.stated, told)
    await _name(db, link, line.id, key)
    says = {"object_type": NOUN, "object_id": line.id, "stated": {**record.stated, **told}}
    await source.keep(db, record, **says)
    return Applied(outcome)


async def gone(db: Writer, link: Link, event: Event) -> Applied:
    """Take an instrument out of the ledger that the enterprise's system knows no more.

    Refused for one that is neither scrapped nor approved to go.
    """
    record = await source.record_of(db, link.id, link.organization_id, event.subject)
    known = await _known(db, link, record, event.data.get("externalId"))
    if known is None:
        return Applied(
            MessageOutcome.UNCHANGED, Words("本平台没有此器具", "the hub has no such instrument")
        )
    found = await db.all(_lines(db, link).where(col(Instrument.id) == known))
    for line in found:
        reason = event.data.get("reason")
        await instrument.retire(
            db,
            line.id,
            line.version,
            reason if isinstance(reason, str) and reason else f"{link.code} 已无此器具",
            approved=event.data.get("approved") is True,
        )
    await source.keep(db, record, object_type=NOUN, object_id=None, stated={})
    return Applied(MessageOutcome.APPLIED if found else MessageOutcome.UNCHANGED)


FLOWS = {"instrument.stated": Flow(state), "instrument.gone": Flow(gone)}


async def _line(
    db: Writer, link: Link, record: SourceRecord, key: str, told: Mapping[str, str | None]
) -> Instrument | None:
    """The line that an event is about; None where the ledger has none. Refused for one that left.

    By what the connector has said before, or the syncs of the same system; else by its key in the
    ledger, unless the system has another id for that line.
    """
    known = await _known(db, link, record, key)
    if known is not None:
        try:
            return await db.one(_lines(db, link).where(col(Instrument.id) == known))
        except NotFound:
            raise Refused("此器具已退出台账", "this instrument has left the ledger") from None
    ledger_key = instrument.ledger_key(
        told.get("assetNo"), told.get("serialNo"), told.get("manufacturer")
    )
    await db.serialize(f"ledger {link.organization_id}")
    found = await db.all(_lines(db, link).where(col(Instrument.ledger_key) == ledger_key))
    if not found:
        return None
    taken = readable(db.actor, ExternalId).where(
        col(ExternalId.object_id) == found[0].id,
        col(ExternalId.external_id) != key,
        *_of_source(link),
    )
    if await db.all(taken):
        raise Refused(
            "台账中此管理编号（或制造单位与出厂编号）的器具在来源系统中另有编号",
            "the source knows the line of this asset number (or maker and serial number) by"
            " another id",
            path=("data", "externalId"),
        )
    return await db.one(_lines(db, link).where(col(Instrument.id) == found[0].id))


async def _create(
    db: Writer, link: Link, event: Event, key: str, told: Mapping[str, str | None]
) -> Instrument:
    if not told.get("name"):
        raise Refused("器具名称不能为空", "an instrument needs a name", path=("data", "name"))
    values = {FIELDS[name].column: stored(name, text) for name, text in told.items()}
    today = local_day(utc_now())
    return await instrument.create(db, today=today, **values, **_origin(link, event, key))


async def _compare(
    db: Writer,
    link: Link,
    event: Event,
    key: str,
    line: Instrument,
    before: Mapping[str, str | None],
    told: Mapping[str, str | None],
) -> MessageOutcome:
    """Take of what is told what counts here, and have someone decide on the rest.

    What nobody has changed since a sync of the same system is what that system said before.
    """
    is_as_synced = line.source_system == link.code and line.updated_at == line.source_fetched_at
    sides, judged = {}, {}
    for name, theirs in told.items():
        ours = said(getattr(line, FIELDS[name].column))
        base = before.get(name, ours if is_as_synced else NEVER_SAID)
        judged[name] = judge(weight(NOUN, name, link.kind), base, ours, theirs)
        sides[name] = Sides(ours, theirs, before.get(name))
    wanted = {
        name: stored(name, told[name])
        for name, (verdict, _) in judged.items()
        if verdict in (Verdict.TAKE, Verdict.TAKE_ANYWAY)
    }
    taken = await _take(db, link, event, key, line, wanted)
    dispute = await conflict.dispute(db, line, link.id, event.at, utc_now())
    shown = False
    for name, (verdict, rule) in judged.items():
        reason = taken.refused.get(name)
        if reason is not None:
            shown = True
            await dispute.show(name, sides[name], ConflictRule.REFUSED, reason)
        elif verdict is Verdict.CONFLICT and rule is not None:
            shown = True
            await dispute.show(name, sides[name], rule, None)
        elif verdict is Verdict.TAKE_ANYWAY:
            await dispute.decided(name, sides[name])
        elif verdict in SETTLED:
            await dispute.settle(name, sides[name], SETTLED[verdict])
    if shown:
        return MessageOutcome.CONFLICT
    was_taken = wanted.keys() - taken.refused.keys()
    return MessageOutcome.APPLIED if was_taken else MessageOutcome.UNCHANGED


async def _take(
    db: Writer, link: Link, event: Event, key: str, line: Instrument, wanted: Mapping[str, Any]
) -> Taken:
    """Write what is wanted, field by field what the rules of instruments allow."""
    left, refused = dict(wanted), dict[str, Words]()
    while left:
        values = {FIELDS[name].column: value for name, value in left.items()}
        if "status" in left:
            values |= _move(link, event)
        try:
            await _check_key(db, link, line, left)
            row = await instrument.update(
                db,
                line.id,
                line.version,
                today=local_day(utc_now()),
                **values,
                **_origin(link, event, key),
            )
        except (Refused, BadInput) as refusal:
            faulty = _faulty(refusal, left)
            refused |= dict.fromkeys(faulty, refusal.words)
            left = {name: value for name, value in left.items() if name not in faulty}
        else:
            return Taken(row, refused)
    return Taken(line, refused)


async def _check_key(db: Writer, link: Link, line: Instrument, left: Mapping[str, Any]) -> None:
    """Refused, at a field of `left`, where it gives the line the key of another in the ledger."""
    told = [name for name in KEYED if name in left]
    if not told:
        return
    key = instrument.ledger_key(
        *(left.get(name, getattr(line, FIELDS[name].column)) for name in KEYED)
    )
    same = (col(Instrument.ledger_key) == key, col(Instrument.id) != line.id)
    if await db.all(_lines(db, link).where(*same)):
        words, _ = Instrument.KEYS["uq_instrument_owner_id_ledger_key"]
        raise Refused(*words, path=(told[0],))


def _faulty(refusal: Refused | BadInput, left: Mapping[str, Any]) -> frozenset[str]:
    """The fields that a refusal is about. It is raised on where it is about none of `left`."""
    place = str(refusal.path[0]) if refusal.path else ""
    name = "status" if place in OF_STATUS else FIELD_OF.get(place, place)
    found = frozenset({name} if name in left else RULED & left.keys() if name in RULED else ())
    if not found:
        raise refusal
    return found


def _move(link: Link, event: Event) -> dict[str, Any]:
    """What a move between states is asked: its reason, its approval, the day of unsealing."""
    reason, day = event.data.get("statusReason"), event.data.get("unsealedOn")
    told = {
        "status_reason": reason if isinstance(reason, str) and reason else f"{link.code} 的陈述",
        "approved": event.data.get("approved") is True,
    }
    return told if day is None else told | {"unsealed_on": _day(day)}


def _day(told: Any) -> date:
    try:
        return date.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise BadInput(
            "unsealedOn 须为 YYYY-MM-DD 的日期",
            "unsealedOn has to be a date YYYY-MM-DD",
            path=("data", "unsealedOn"),
        ) from error


def _origin(link: Link, event: Event, key: str) -> dict[str, Any]:
    return {
        "source_system": link.code,
        "source_key": key,
        "source_as_of": event.at,
        "source_fetched_at": utc_now(),
    }


def _lines(db: Writer, link: Link) -> Select[Instrument]:
    return readable(db.actor, Instrument).where(col(Instrument.owner_id) == link.organization_id)


def _of_source(link: Link) -> tuple[Any, ...]:
    return (
        col(ExternalId.organization_id) == link.organization_id,
        col(ExternalId.object_type) == NOUN,
        col(ExternalId.source) == link.code,
    )


async def _known(db: Writer, link: Link, record: SourceRecord, key: Any) -> UUID | None:
    """The line that a subject was, or that syncs know by its id where nothing was said of it."""
    if record.object_type is None and isinstance(key, str):
        return await _named(db, link, key)
    return record.object_id  # None where the line is gone, as the source said


async def _named(db: Writer, link: Link, key: str) -> UUID | None:
    """The line that syncs of the same system know by this id."""
    wanted = readable(db.actor, ExternalId).where(
        *_of_source(link), col(ExternalId.external_id) == key
    )
    found = await db.all(wanted)
    return found[0].object_id if found else None


async def _name(db: Writer, link: Link, instrument_id: UUID, key: str) -> None:
    """Have syncs of the same system know a line by its id, unless they know it by another.

    The id of a line that has left the ledger is free.
    """
    this = col(ExternalId.object_id) == instrument_id
    if await db.all(readable(db.actor, ExternalId).where(this, *_of_source(link))):
        return
    name = {
        "organization_id": link.organization_id,
        "object_type": NOUN,
        "source": link.code,
        "external_id": key,
        "object_id": instrument_id,
    }
    new = insert(ExternalId).values(name)
    lines = _lines(db, link).with_only_columns(col(Instrument.id))
    await db.execute(
        new.on_conflict_do_update(
            index_elements=list(inspect(ExternalId).primary_key),
            set_={"object_id": instrument_id},
            where=col(ExternalId.object_id).not_in(lines),
        )
    )


def _external_id(event: Event) -> str:
    found = event.data.get("externalId")
    if isinstance(found, str) and 0 < len(found.strip()) <= 255:
        return found
    raise BadInput(
        "externalId 须为 1 至 255 个字符",
        "externalId has 1 to 255 characters",
        path=("data", "externalId"),
    )


def _check_known(data: Mapping[str, Any]) -> None:
    for name in data:
        if name not in FIELDS and name not in EXTRAS:
            raise BadInput(f"没有 {name} 这一项", f"there is no {name}", path=("data", name))
