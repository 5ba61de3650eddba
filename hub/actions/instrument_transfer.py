"""How a line goes over to the ledger of another organisation: its owner offers, the other accepts.

Nobody can push a line into a foreign ledger: only who is offered it takes it, and as long as it is
not taken the offer can be withdrawn.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from hub.actions.instrument import ledger_key, own_line
from hub.actions.instrument_ties import end, hold
from hub.actions.last_test import last_test
from hub.actor import PLATFORM, Actor, Can
from hub.errors import Refused
from hub.policy import readable
from hub.rules.instrument import normal_key
from hub.rules.organization import normal_uscc
from hub.rules.text import check_lengths
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import FilingState
from hub.writer import Writer, check_version

LEFT_BEHIND: dict[str, Any] = {
    **dict.fromkeys(("source_system", "source_key", "source_as_of", "source_fetched_at")),
    **dict.fromkeys(("import_sha256", "import_line")),
    **dict.fromkeys(("department", "location", "custodian", "custodian_id", "install_district")),
    **dict.fromkeys(("purchase_date", "purchase_price", "purchase_supplier")),
    **dict.fromkeys(("fixed_asset_no", "management_class", "qr_code", "remark")),
    **dict.fromkeys(("filing_at", "filing_reason", "status_reason")),
    "filing_state": FilingState.NONE,
    "photo_urls": [],
}
"""What a line says of the house of its owner, and of the filing that this owner made."""


async def offer(
    db: Writer, instrument_id: UUID, expected_version: int, to: UUID | str | None
) -> Instrument:
    """Offer a line of the actor's ledger to the organisation `to`, by id or USCC.

    With None an offer is withdrawn. NotFound, Conflict when the version has moved on, Refused where
    there is no such organisation, or it is the actor's own.
    """
    db.actor.must(Can.INSTRUMENT_TRANSFER)
    row = await own_line(db, instrument_id, expected_version)
    recipient = None if to is None else await _organization(db, to)
    if recipient == row.owner_id:
        raise Refused("器具已在本机构的台账中", "it is in your ledger already", path=("to",))
    return await db.change(row, action="transferInstrument", offered_to_id=recipient)


def offered(actor: Actor) -> Select[Instrument]:
    """The lines that the actor's organisation may take into its ledger. Forbidden for who may not.

    They are their owner's still: what is shown of them says what they are, nothing of its house.
    """
    actor.must(Can.INSTRUMENT_TRANSFER)
    mine = col(Instrument.offered_to_id) == actor.acts_for()
    return readable(PLATFORM, Instrument).where(mine)


async def accept(
    db: Writer, instrument_id: UUID, expected_version: int, asset_no: str | None
) -> Instrument:
    """Take an offered line into the actor's ledger, under its own asset number where one is given.

    Certificates stay with those for whom they were issued; what the last of them said of the dates
    goes along, and what it found still counts. What waits for the line at its former owner ends,
    who hears that it is gone.
    NotFound for what is not offered, Conflict for a key that is taken or a version that has moved
    on, BadInput for a long number.
    """
    check_lengths({"asset_no": asset_no})
    mine = offered(db.actor).where(col(Instrument.id) == instrument_id)
    async with db.widely():
        await hold(db, mine)
        row = await db.one(mine)
        check_version(row, expected_version)
        await end(db, row)
        tested = await last_test(db, row)
        taken = _taken(db, row, asset_no) | {"former_test": tested and tested.left_behind()}
        return await db.change(row, action="acceptInstrument", **taken)


def _taken(db: Writer, row: Instrument, asset_no: str | None) -> dict[str, Any]:
    """The columns of an offered line once it is the actor's."""
    number = normal_key(asset_no or "") or row.asset_no
    key = ledger_key(number, row.serial_no, row.manufacturer)
    taken = {"owner_id": db.actor.acts_for(), "asset_no": number, "ledger_key": key}
    return LEFT_BEHIND | taken | {"offered_to_id": None}


async def _organization(db: Writer, to: UUID | str) -> UUID:
    by_id = isinstance(to, UUID)
    same = col(Organization.id) == to if by_id else col(Organization.uscc) == normal_uscc(str(to))
    found = await db.all(readable(PLATFORM, Organization).where(same))
    if not found:
        raise Refused(
            "to 所指的机构不存在", "to refers to no organisation of the platform", path=("to",)
        )
    return found[0].id
