"""Takes in a certificate that another system has issued, as its file states it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col

from hub.actions.certificate_draft import Party, ResultDraft, StandardDraft
from hub.actions.certificate_parts import attach_parts
from hub.actor import PLATFORM, Can
from hub.errors import BadInput, Conflict, Words
from hub.keys import Keyring
from hub.policy import readable
from hub.rules import document
from hub.rules.certificate import normal_number, verify_code
from hub.rules.text import LONGEST, tidy
from hub.tables.certificate import Certificate, MeasurementPoint
from hub.tables.document import TechnicalDocument
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    Conclusion,
    Location,
    ReplacementKind,
    Term,
    VerifyState,
)
from hub.writer import Writer

CHINA = "CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCertificate:
    """A certificate of another system. `files` holds the file itself with its SHA-256."""

    number: str
    kind: CertificateKind
    issuer: Party
    client: Party
    item: dict[str, Any]
    basis: Sequence[str]
    standards_used: Sequence[StandardDraft]
    received_at: date | None
    test_from: date
    test_to: date
    issue_date: date | None
    recalibration_date: date | None
    location: Location
    environment: Sequence[dict[str, Any]]
    results: Sequence[ResultDraft]
    conclusion: Conclusion
    persons: dict[str, str]
    replaces_number: str | None
    replacement_kind: ReplacementKind | None
    files: Sequence[dict[str, Any]]
    warnings: Sequence[dict[str, str]]
    source_system: str


class Outcome(Term):
    """导入结果: what became of the file of a certificate."""

    CREATED = "CREATED", "已导入"
    FILE_ADDED = "FILE_ADDED", "已有同一证书，补充了文件"
    UNCHANGED = "UNCHANGED", "已有，未变"


@dataclass(frozen=True, slots=True)
class Taken:
    """The stored certificate, and what became of the file."""

    certificate: Certificate
    outcome: Outcome


async def take_in(
    db: Writer,
    given: ForeignCertificate,
    keys: Keyring,
    *,
    client_id: UUID | None = None,
    issuer_id: UUID | None = None,
) -> Taken:
    """Store a certificate with everything its file states; the same file again changes nothing.

    Another file with the same number and the same measured points (signed, or of another version)
    is added to the certificate. Organisations that the hub does not know are noted as unverified,
    without a code of ours. `client_id` and `issuer_id` name the parties where they are known better
    than by name; a laboratory of China, or of the name of one with a USCC, is never taken by name.
    BadInput for such a one without `issuer_id`, and for a number that does not fit. Conflict for
    other results under a number that its issuer has used before, or used here.
    """
    db.actor.must(Can.CERTIFICATE_IMPORT)
    number = normal_number(given.number, LONGEST)
    issuer_id = issuer_id or await _issuer(db, given.issuer)
    client_id = client_id or await _party(db, given.client)
    mine = (col(Certificate.issuer_id) == issuer_id) & (col(Certificate.number) == number)
    known = await db.all(readable(PLATFORM, Certificate).where(mine))
    if known:
        return await _again(db, known[0], given)
    replaced = await _replaced(db, issuer_id, given)
    row = Certificate(
        number=number,
        kind=given.kind,
        issuer_id=issuer_id,
        client_id=client_id,
        issuer_stated=asdict(given.issuer),
        client_stated=asdict(given.client),
        instrument_id=await _instrument(db, client_id, given.item),
        item=given.item,
        basis_text="; ".join(given.basis) or None,
        received_at=given.received_at,
        test_from=given.test_from,
        test_to=given.test_to,
        issue_date=given.issue_date,
        valid_until=given.recalibration_date,
        recalibration_agreed=given.recalibration_date is not None,
        location=given.location,
        environment={"conditions": list(given.environment)} if given.environment else None,
        conclusion=given.conclusion,
        persons=given.persons or None,
        replaces_id=replaced.id if replaced else None,
        replacement_kind=given.replacement_kind,
        files=list(given.files),
        warnings=list(given.warnings),
        verify_code=verify_code(keys.keys[keys.current], number, given.issue_date or given.test_to),
        verify_key_id=keys.current,
        source_system=given.source_system,
        source_key=given.number,
    )
    await db.add(row, action="importCertificate")
    await attach_parts(
        db, row, await _documents(db, given.basis), given.standards_used, given.results
    )
    if replaced is not None and replaced.state is CertificateState.ISSUED:
        await db.change(replaced, action="importCertificate", state=CertificateState.REPLACED)
    return Taken(row, Outcome.CREATED)


async def _again(db: Writer, row: Certificate, given: ForeignCertificate) -> Taken:
    """A file of a certificate that is stored: known, another form of it, or another certificate."""
    if row.source_system != given.source_system:
        raise Conflict(
            f"编号 {row.number} 的证书由其出具机构在本平台签发，不能由文件补充",
            f"the certificate {row.number} was issued here by its laboratory, no file adds to it",
            path=("number",),
        )
    known = {one["sha256"] for one in row.files}
    added = [one for one in given.files if one["sha256"] not in known]
    if not added:
        return Taken(row, Outcome.UNCHANGED)
    if await _points(db, row) != [
        tuple(getattr(point, name) for name in MEASURED)
        for result in given.results
        for point in result.points
    ]:
        raise Conflict(
            f"编号 {given.number} 已有测量结果不同的另一份证书",
            f"a certificate with other results is stored under the number {given.number}",
            path=("number",),
        )
    row = await db.change(row, action="importCertificate", files=[*row.files, *added])
    return Taken(row, Outcome.FILE_ADDED)


MEASURED = ("nominal", "reference", "measured", "error", "unit", "u", "k")


async def _points(db: Writer, row: Certificate) -> list[tuple[Any, ...]]:
    stored = await db.all(
        readable(PLATFORM, MeasurementPoint)
        .where(col(MeasurementPoint.certificate_id) == row.id)
        .order_by(col(MeasurementPoint.position))
    )
    return [tuple(getattr(point, name) for name in MEASURED) for point in stored]


async def _issuer(db: Writer, party: Party) -> UUID:
    """The laboratory of this name; who has a USCC is not to be had by writing its name."""
    named = readable(PLATFORM, Organization).where(
        col(Organization.name) == party.name, col(Organization.uscc).is_not(None)
    )
    if party.country == CHINA or await db.all(named.limit(1)):
        raise BadInput(
            f"不能仅凭名称认定出具机构“{party.name}”",
            f"the laboratory {party.name} is not to be told by its name alone",
            hint=Words("请用 --issuer 给出其统一社会信用代码", "give its USCC with --issuer"),
            path=("issuer",),
        )
    return await _party(db, party, col(Organization.uscc).is_(None))


async def _party(db: Writer, party: Party, *which: ColumnElement[bool]) -> UUID:
    named = readable(PLATFORM, Organization).where(
        col(Organization.name) == party.name, col(Organization.country) == party.country, *which
    )
    await db.serialize(f"organization {party.country} {party.name}")
    known = await db.all(named.order_by(col(Organization.id)))
    if known:
        return known[0].id
    row = Organization(
        name=party.name,
        country=party.country,
        address=party.address,
        website=party.website,
        verify_state=VerifyState.UNVERIFIED,
        source_system="dcc",
    )
    return (await db.add(row, action="importCertificate")).id


async def _instrument(db: Writer, client_id: UUID, item: dict[str, Any]) -> UUID | None:
    """The client's ledger line with the serial number of the item, when there is exactly one.

    It stays in the ledger until the commit.
    """
    if not item.get("serialNo"):
        return None
    alike = readable(PLATFORM, Instrument).where(
        col(Instrument.owner_id) == client_id, col(Instrument.serial_no) == item["serialNo"]
    )
    held = alike.with_for_update(read=True, key_share=True, of=Instrument)
    await db.all(held)  # waits for mergers: what came of them only another look sees
    lines = await db.all(held)
    return lines[0].id if len(lines) == 1 else None


async def _documents(db: Writer, basis: Sequence[str]) -> Sequence[TechnicalDocument]:
    numbers = {document.normal_number(one) for one in basis}
    return await db.all(
        readable(PLATFORM, TechnicalDocument)
        .where(col(TechnicalDocument.number).in_(numbers))
        .order_by(col(TechnicalDocument.number))
    )


async def _replaced(db: Writer, issuer_id: UUID, given: ForeignCertificate) -> Certificate | None:
    """The certificate that a file replaces; one that was issued here is not for a file to end."""
    if given.replaces_number is None:
        return None
    found = await db.all(
        readable(PLATFORM, Certificate).where(
            col(Certificate.issuer_id) == issuer_id,
            col(Certificate.number) == tidy(given.replaces_number),
            col(Certificate.source_system) == given.source_system,
        )
    )
    return found[0] if found else None
