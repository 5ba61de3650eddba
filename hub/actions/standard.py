"""What can be done with measurement standards: enter one with all that makes it up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actions.upsert import put
from hub.actor import Can
from hub.policy import readable
from hub.rules.standard import check_standard
from hub.rules.text import tidy
from hub.tables.standard import (
    MeasurementStandard,
    StandardDocument,
    StandardInstrument,
    StandardOperator,
)
from hub.vocabulary import InstrumentRole, MetrologyField, StandardKind, StandardState
from hub.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementStandardDraft:
    """A measurement standard as its file 建标档案 states it."""

    owner_id: UUID
    code: str
    name: str
    kind: StandardKind
    field: MetrologyField | None = None
    measuring_ranges: Sequence[dict[str, Any]] = ()
    uncertainty: dict[str, Any] | None = None
    accuracy_class: str | None = None
    max_permissible_errors: Sequence[dict[str, Any]] = ()
    assessment_certificate_no: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    public_standard_certificate_no: str | None = None
    stability: Sequence[dict[str, Any]] = ()
    repeatability: Sequence[dict[str, Any]] = ()
    keeper_id: UUID | None = None
    authorized_items: Sequence[str] = ()
    state: StandardState = StandardState.IN_USE
    source_system: str | None = None
    source_key: str | None = None


async def register_standard(
    db: Writer,
    draft: MeasurementStandardDraft,
    *,
    instruments: Mapping[UUID, InstrumentRole],
    operators: Sequence[UUID],
    documents: Sequence[UUID],
) -> MeasurementStandard:
    """The standard of an owner and code, added or brought up to date, with what it is made of.

    Instruments, operators and documents are added to those it has. Refused and BadInput by the
    rules of standards.
    """
    db.actor.must(Can.ORGANIZATION_WRITE)
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(draft).items()
    }
    check_standard(values)
    values["code"] = tidy(draft.code)
    key = ("owner_id", "code")
    row = await put(db, MeasurementStandard, key, values, action="registerStandard")
    members = [
        StandardInstrument(standard_id=row.id, instrument_id=each, role=role)
        for each, role in instruments.items()
    ]
    people = [StandardOperator(standard_id=row.id, person_id=each) for each in operators]
    basis = [StandardDocument(standard_id=row.id, document_id=each) for each in documents]
    await _attach_missing(db, row.id, "instrument_id", members)
    await _attach_missing(db, row.id, "person_id", people)
    await _attach_missing(db, row.id, "document_id", basis)
    return row


async def _attach_missing(
    db: Writer, standard_id: UUID, member: str, wanted: Sequence[Any]
) -> None:
    if not wanted:
        return
    table = type(wanted[0])
    known = await db.all(readable(db.actor, table).where(col(table.standard_id) == standard_id))
    there = {getattr(link, member) for link in known}
    await db.attach(link for link in wanted if getattr(link, member) not in there)
