"""Builds the laboratory of the demo: what it may do, charges, and whom and what it does it with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import col

from hub.actions.personnel import (
    PersonDraft,
    add_person,
    add_personnel_certificate,
    certify_item,
)
from hub.actions.qualification import QualificationDraft, register_qualification
from hub.actions.reference import upsert_capabilities, upsert_fees
from hub.actions.reference_draft import CapabilityDraft, FeeItemDraft
from hub.actions.standard import MeasurementStandardDraft, register_standard
from hub.actions.upsert import Tally
from hub.demo import cast
from hub.importers.reference.records import CONSTRUCTED
from hub.policy import readable
from hub.tables.capability import Capability
from hub.tables.document import TechnicalDocument
from hub.tables.instrument import Instrument
from hub.vocabulary import (
    FeeNature,
    PersonnelCertificateKind,
    QualificationKind,
    StandardKind,
)
from hub.writer import Writer

FEES_FROM = date(2023, 1, 1)
QUALIFICATIONS = (
    (
        QualificationKind.LEGAL_INSTITUTE,
        "(示范)法计(2099)0001号",
        "示范市场监督管理局(虚构)",
        "JJG",
    ),
    (QualificationKind.CNAS, "CNAS L00000", "示范认可机构(虚构)", "JJF"),
)
"""Kind, number, issuer, and the series of the documents in its scope."""


@dataclass(frozen=True, slots=True)
class Span:
    """The validity of everything in the demo: from last January to the end of five years."""

    since: date
    until: date

    @classmethod
    def around(cls, today: date) -> "Span":
        """The span that `today` is in; it moves on once a year."""
        return cls(date(today.year - 1, 1, 1), date(today.year + 3, 12, 31))


async def services(
    db: Writer, laboratory: UUID, drafts: Sequence[CapabilityDraft], span: Span
) -> Tally:
    """What the laboratory may do, what it can do, and what it charges.

    It verifies under its legal authorisation and calibrates, by specifications, under CNAS.
    """
    tally = await upsert_fees(
        db, [], [_fee(draft) for draft in drafts if draft.code in cast.PRICED]
    )
    for kind, number, issuer, series in QUALIFICATIONS:
        qualification = await register_qualification(
            db,
            QualificationDraft(
                holder_id=laboratory,
                kind=kind,
                number=number,
                issuer=issuer,
                valid_from=span.since,
                valid_to=span.until,
                source_system=CONSTRUCTED,
                source_key=number,
            ),
        )
        scope = [
            replace(draft, fee_code=_fee_code(draft.code))
            for draft in drafts
            if (draft.basis or "").startswith(series)
        ]
        tally += await upsert_capabilities(db, qualification.id, scope)
    return tally


def _fee_code(capability: str) -> str:
    return cast.LISTED.get(capability) or cast.PRICED[capability][0]


def _fee(draft: CapabilityDraft) -> FeeItemDraft:
    code, unit, price = cast.PRICED[draft.code]
    calibrated = (draft.basis or "").startswith("JJF")
    return FeeItemDraft(
        document=cast.FEE_LIST,
        code=code,
        instrument_name=draft.measured_object,
        charge_unit=unit,
        price=Decimal(price),
        effective_from=FEES_FROM,
        nature=FeeNature.MARKET if calibrated else FeeNature.GOVERNMENT_PRICED,
        source_system=CONSTRUCTED,
        source_key=f"demo#{code}",
    )


async def personnel(db: Writer, laboratory: UUID, span: Span) -> dict[str, UUID]:
    """The people of the laboratory with their certificates and items, by staff number."""
    wanted = readable(db.actor, Capability).where(col(Capability.organization_id) == laboratory)
    capabilities = await db.all(wanted.order_by(col(Capability.code)))
    people = {}
    for player in cast.PEOPLE:
        person = await add_person(
            db,
            PersonDraft(
                employer_id=laboratory,
                staff_no=player.staff_no,
                name=player.name,
                title=player.title,
                resident_id=player.resident_id,
                registered_at=span.since,
                registration_valid_to=span.until,
                source_system=CONSTRUCTED,
                source_key=player.staff_no,
            ),
        )
        people[player.staff_no] = person.id
        certified = [each for each in capabilities if each.field in player.fields]
        await _certify(db, person.id, player.holds, certified, span)
    return people


async def _certify(
    db: Writer,
    person_id: UUID,
    holds: Mapping[PersonnelCertificateKind, str],
    certified: Iterable[Capability],
    span: Span,
) -> None:
    items = {each.measured_object: each.id for each in certified}
    for kind, number in holds.items():
        await add_personnel_certificate(
            db,
            person_id,
            kind=kind,
            number=number,
            items=list(items),
            issued_at=span.since,
            valid_to=span.until,
        )
    for item, capability_id in items.items():
        await certify_item(
            db,
            person_id,
            item,
            capability_id=capability_id,
            valid_from=span.since,
            valid_to=span.until,
        )


async def standards(db: Writer, laboratory: UUID, people: Mapping[str, UUID], span: Span) -> None:
    """The measurement standards of the laboratory, each kept by its checker."""
    mine = readable(db.actor, Instrument).where(col(Instrument.owner_id) == laboratory)
    ledger = {row.asset_no: row.id for row in await db.all(mine)}
    library = readable(db.actor, TechnicalDocument)
    numbers = {number for apparatus in cast.STANDARDS for number in apparatus.documents}
    documents = {
        row.number: row.id
        for row in await db.all(library.where(col(TechnicalDocument.number).in_(numbers)))
    }
    for place, apparatus in enumerate(cast.STANDARDS, 1):
        lower, upper, unit = apparatus.range_
        check = {"date": span.since.isoformat(), "value": "0.2", "limit": "0.5", "ok": True}
        await register_standard(
            db,
            MeasurementStandardDraft(
                owner_id=laboratory,
                code=apparatus.code,
                name=apparatus.name,
                kind=StandardKind.PUBLIC,
                field=apparatus.field,
                measuring_ranges=[{"lower": lower, "upper": upper, "unit": unit}],
                accuracy_class=apparatus.accuracy,
                assessment_certificate_no=f"[示范]量标证字第{place:03d}号",
                public_standard_certificate_no=f"[示范]社量标证字第{place:03d}号",
                valid_from=span.since,
                valid_to=span.until,
                stability=[check],
                repeatability=[check],
                keeper_id=people[cast.CHECKER],
                authorized_items=list(apparatus.items),
                source_system=CONSTRUCTED,
                source_key=apparatus.code,
            ),
            instruments={ledger[each.asset_no]: each.role for each in apparatus.members},
            operators=[
                people[player.staff_no]
                for player in cast.PEOPLE
                if apparatus.field in player.fields
            ],
            documents=[documents[number] for number in apparatus.documents],
        )
