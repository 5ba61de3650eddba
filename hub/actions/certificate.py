"""What can be done with certificates: issue one, and check that one is genuine."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actions.certificate_draft import (
    CertificateDraft,
    Party,
    QuantityValue,
    StandardDraft,
    number_problems,
    rule_result,
)
from hub.actions.certificate_parts import attach_parts
from hub.actions.last_test import date_instrument
from hub.actions.task import report
from hub.actor import PLATFORM, Can
from hub.db import Database
from hub.errors import Conflict, NotFound, Path, Refused
from hub.keys import Keyring
from hub.policy import readable
from hub.rules import certificate as rules
from hub.rules.certificate import Basis, IssueFacts, check_issue, codes_match, normal_code
from hub.rules.document import normal_number
from hub.rules.due import valid_until
from hub.rules.instrument import normal_key
from hub.rules.organization import normal_uscc
from hub.rules.personnel import Credential, Person, Registration
from hub.rules.problem import Objections, Problem, Severity, error
from hub.rules.text import check_lengths, tidy
from hub.tables.base import Row
from hub.tables.capability import Capability
from hub.tables.certificate import (
    Certificate,
)
from hub.tables.document import TechnicalDocument
from hub.tables.fee import FeeItem
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.personnel import CertifiedItem, Personnel, PersonnelCertificate
from hub.tables.qualification import Qualification
from hub.tables.standard import MeasurementStandard
from hub.values import fen
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    CmcForm,
    OrgKind,
    PersonnelCertificateKind,
    QualificationState,
)
from hub.writer import Writer

R = TypeVar("R", bound=Row)


async def issue(db: Writer, draft: CertificateDraft, keys: Keyring, *, today: date) -> Certificate:
    """Issue a certificate of the actor's laboratory, date the next test, and report the result.

    Objections with everything that stands against it; Conflict for a number used before; BadInput
    for a text or fee that does not fit; Refused for something it refers to that does not exist.
    The instrument is looked up last, so that what may not be issued tells nothing of it.
    """
    db.actor.must(Can.CERTIFICATE_ISSUE)
    draft = _fitting(draft)
    issuer = await _one(db, Organization, db.actor.acts_for(), "issuer")
    await _check_number(db, issuer.id, draft.number)
    documents = await _documents(db, draft.technical_basis)
    standards = [await _standard(db, one, place) for place, one in enumerate(draft.standards_used)]
    capability = await _maybe(db, Capability, draft.capability_id, "capability")
    qualification = await _maybe(db, Qualification, draft.authorization_id, "authorization")
    if capability is not None and capability.organization_id != issuer.id:
        raise Refused("该技术能力不属于本机构", "a capability of others", path=("capability",))
    await _maybe(db, FeeItem, draft.fee_item_id, "feeItem")
    people = {
        "testedBy": await _colleague(db, draft.tested_by_id, issuer.id, "testedBy"),
        "checkedBy": await _colleague(db, draft.checked_by_id, issuer.id, "checkedBy"),
        "approvedBy": await _colleague(db, draft.approved_by_id, issuer.id, "approvedBy"),
    }
    facts = IssueFacts(
        kind=draft.kind,
        today=today,
        issuer=issuer.id,
        issuer_kinds=frozenset(OrgKind(kind) for kind in issuer.kinds),
        received_on=draft.received_at,
        test_dates=(draft.test_from, draft.tested_on),
        issued_on=draft.issue_date,
        interval_months=draft.interval_months,
        valid_until=last_valid_day(draft),
        recalibration_agreed=draft.recalibration_agreed,
        conclusion=draft.conclusion,
        reason=draft.conclusion_reason,
        decision_rule=draft.decision_rule,
        item=capability.measured_object if capability else None,
        tested_by=await _qualified(db, people["testedBy"]),
        checked_by=await _qualified(db, people["checkedBy"]),
        approved_by=await _qualified(db, people["approvedBy"]),
        standards=tuple(rules.StandardUsed(one.name or "", one.valid_until) for one in standards),
        basis=tuple(
            Basis(one.number, one.kind, one.effective, one.abolished, one.replaced_on)
            for one in documents
        ),
        results=tuple(rule_result(one, _constant_cmc(capability)) for one in draft.results),
    )
    problems = [
        *check_issue(facts),
        *number_problems(draft.results),
        *_authorization_problems(qualification, issuer, draft),
    ]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise Objections(errors)
    replaced = await _replaced(db, draft)
    instrument = await _instrument(db, draft, facts, replaced)
    row = Certificate(
        **_columns(draft),
        issuer_id=issuer.id,
        client_id=instrument.owner_id,
        instrument_id=instrument.id,
        item=_snapshot(instrument),
        issuer_stated=_stated(issuer),
        client_stated=_stated(await _one(db, Organization, instrument.owner_id, "instrument")),
        persons={part: person.name for part, person in people.items()},
        verify_code=rules.verify_code(keys.keys[keys.current], draft.number, draft.issue_date),
        verify_key_id=keys.current,
        warnings=[{"code": one.code, "message": one.words.zh} for one in problems],
    )
    await db.add(row, action="issueCertificate")
    await attach_parts(db, row, documents, standards, draft.results)
    if replaced is not None:
        await db.change(replaced, action="replaceCertificate", state=CertificateState.REPLACED)
    await date_instrument(db, instrument, row)
    await report(db, instrument, row, standards)
    return row


async def verify(database: Database, number: str, code: str) -> RowMapping:
    """The certificate with this number and verify code, and its issuer's name as `issuer_name`.

    NotFound, in the same words, for an unknown number and for a wrong code. Every candidate is
    compared in constant time, and one is compared even where there is none.
    """
    given = normal_code(code)
    certificates = (
        readable(PLATFORM, Certificate)
        .where(
            col(Certificate.number) == tidy(number),
            col(Certificate.state).in_(
                (CertificateState.ISSUED, CertificateState.REPLACED, CertificateState.REVOKED)
            ),
        )
        .join(Organization, col(Organization.id) == col(Certificate.issuer_id))
        .add_columns(col(Organization.name).label("issuer_name"))
    )
    async with database.reader(PLATFORM) as reader:
        found = await reader.all(certificates)
    matching = [row for row in found if codes_match(given, row["verify_code"])]
    if not found:
        codes_match(given, "0" * len(given))
    if not matching:
        raise NotFound("证书编号与查询码不匹配", "no certificate has this number and code")
    return matching[0]


def last_valid_day(draft: CertificateDraft) -> date | None:
    """The last valid day: as handed in, or for a verification by the regulation's interval."""
    is_verification = draft.kind is CertificateKind.VERIFICATION_CERTIFICATE
    if draft.valid_until is None and is_verification and draft.interval_months is not None:
        return valid_until(draft.tested_on, draft.interval_months)
    return draft.valid_until


def _fitting(draft: CertificateDraft) -> CertificateDraft:
    """`draft` with number and fee as they are stored. BadInput for what does not fit."""
    check_lengths(asdict(draft))
    number = rules.normal_number(draft.number)
    return replace(draft, number=number, fee=None if draft.fee is None else fen(draft.fee, "fee"))


async def _check_number(db: Writer, issuer: UUID, number: str) -> None:
    """Raise Conflict for a number used before; of two at the same time the constraint decides."""
    same = (col(Certificate.issuer_id) == issuer) & (col(Certificate.number) == number)
    if await db.all(readable(PLATFORM, Certificate).where(same)):
        words, member = Certificate.KEYS["uq_certificate_issuer_id_number"]
        raise Conflict(*words, path=(member,))


def _columns(draft: CertificateDraft) -> dict[str, Any]:
    same = (
        "number kind authorization_id capability_id received_at test_from issue_date"
        " recalibration_agreed location conclusion conclusion_class conclusion_reason tested_by_id"
        " checked_by_id approved_by_id fee_item_id fee replaces_id replacement_kind"
    )
    return {name: getattr(draft, name) for name in same.split()} | {
        "test_to": draft.tested_on,
        "valid_until": last_valid_day(draft),
        "environment": {"conditions": list(draft.environment)} if draft.environment else None,
        "files": list(draft.files),
    }


def _snapshot(instrument: Instrument) -> dict[str, Any]:
    return {
        "name": instrument.name,
        "modelSpec": instrument.model_spec,
        "serialNo": instrument.serial_no,
        "manufacturer": instrument.manufacturer,
        "assetNo": instrument.asset_no,
    }


def _stated(party: Organization) -> dict[str, Any]:
    return {one.name: getattr(party, one.name) for one in fields(Party)}


async def _one(db: Writer, table: type[R], key: UUID, *path: str | int) -> R:
    found = await db.all(readable(PLATFORM, table).where(col(table.id) == key))
    if not found:
        raise _absent(path)
    return found[0]


async def _maybe(db: Writer, table: type[R], key: UUID | None, *path: str | int) -> R | None:
    return None if key is None else await _one(db, table, key, *path)


def _absent(path: Path) -> Refused:
    return Refused(f"{path[-1]} 所指的对象不存在", f"{path[-1]} refers to nothing", path=path)


async def _instrument(
    db: Writer, draft: CertificateDraft, facts: IssueFacts, replaced: Certificate | None
) -> Instrument:
    """The instrument of a draft against which nothing else stands.

    Refused in the same words where there is none and where, no capability being named, the
    persons are not certified for its name: that name is not for whoever guesses a number.
    """
    handed_in = readable(PLATFORM, Instrument)
    if draft.instrument_id is not None:
        handed_in = handed_in.where(col(Instrument.id) == draft.instrument_id)
    elif draft.client_uscc and draft.asset_no:
        handed_in = handed_in.join(
            Organization, col(Organization.id) == col(Instrument.owner_id)
        ).where(
            col(Organization.uscc) == normal_uscc(draft.client_uscc),
            col(Instrument.asset_no) == normal_key(draft.asset_no),
        )
    else:
        raise Refused(
            "请给出 instrument，或 clientUscc 与 assetNo",
            "give instrument, or clientUscc with assetNo",
            path=("instrument",),
        )
    try:
        found = await db.one(handed_in)
    except NotFound:
        found = None
    if replaced is not None and (
        found is None or (replaced.instrument_id, replaced.client_id) != (found.id, found.owner_id)
    ):
        raise Refused(
            "所代替的证书不是这件器具的",
            "the certificate to be replaced is of another instrument",
            path=("replaces",),
        )
    if found is None or _is_beyond(facts, found):
        raise _absent(("instrument",)) if facts.item else _unknown()
    return found


def _is_beyond(facts: IssueFacts, instrument: Instrument) -> bool:
    """Whether the persons are not certified for what only the instrument names."""
    named = replace(facts, item=instrument.name)
    return facts.item is None and any(rules.person_problems(named))


def _unknown() -> Refused:
    return Refused(
        "instrument 所指的器具不存在，或人员没有其名称的项目（请给出 capability）",
        "instrument refers to nothing, or the persons are not certified for what it names",
        path=("instrument",),
    )


async def _documents(db: Writer, numbers: Sequence[str]) -> list[TechnicalDocument]:
    wanted = [normal_number(number) for number in numbers]
    statement = readable(PLATFORM, TechnicalDocument).where(
        col(TechnicalDocument.number).in_(wanted)
    )
    known = {one.number: one for one in await db.all(statement)}
    for place, number in enumerate(wanted):
        if number not in known:
            raise _absent(("technicalBasis", place))
    return [known[number] for number in wanted]


async def _standard(db: Writer, draft: StandardDraft, place: int) -> StandardDraft:
    """A standard used, with what the library knows where the draft does not say it."""
    row = await _maybe(db, MeasurementStandard, draft.standard_id, "standardsUsed", place)
    if row is None:
        if not draft.name:
            raise Refused(
                "所用标准须有名称", "a standard used has a name", path=("standardsUsed", place)
            )
        return draft
    return StandardDraft(
        standard_id=row.id,
        name=draft.name or row.name,
        measuring_range=draft.measuring_range,
        accuracy=draft.accuracy or row.accuracy_class,
        certificate_no=draft.certificate_no or row.assessment_certificate_no,
        valid_until=draft.valid_until or row.valid_to,
    )


async def _replaced(db: Writer, draft: CertificateDraft) -> Certificate | None:
    """The certificate that a draft replaces, locked after its instrument, as mergers do it."""
    if draft.replaces_id is None:
        return None
    mine = readable(db.actor, Certificate).where(
        col(Certificate.id) == draft.replaces_id,
        col(Certificate.issuer_id) == db.actor.organization_id,
    )
    tested = col(Instrument.id).in_(mine.with_only_columns(col(Certificate.instrument_id)))
    await db.all(readable(PLATFORM, Instrument).where(tested).with_for_update(of=Instrument))
    row = await db.one(mine)
    rules.check_move(row.state, CertificateState.REPLACED)
    return row


async def _colleague(db: Writer, key: UUID, employer: UUID, path: str) -> Personnel:
    person = await _one(db, Personnel, key, path)
    if person.employer_id != employer:
        raise Refused("该人员不属于本机构", "this person is not of your laboratory", path=(path,))
    return person


async def _qualified(db: Writer, person: Personnel) -> Person:
    """A person with everything that he or she may show for testing or signing."""
    key = person.id
    held = await db.all(
        readable(PLATFORM, PersonnelCertificate).where(col(PersonnelCertificate.person_id) == key)
    )
    items = await db.all(
        readable(PLATFORM, CertifiedItem).where(col(CertifiedItem.person_id) == key)
    )
    credentials = [
        Credential(
            one.kind, frozenset(one.items), one.issued_at or date.min, one.valid_to, one.state
        )
        for one in held
    ]
    credentials += [
        Credential(
            PersonnelCertificateKind.TRAINED,
            frozenset({one.item}),
            one.valid_from or date.min,
            one.valid_to,
        )
        for one in items
    ]
    registration = None
    if person.registered_at and person.registration_valid_to:
        registration = Registration(
            person.employer_id, person.registered_at, person.registration_valid_to
        )
    return Person(key, tuple(credentials), registration)


def _authorization_problems(
    qualification: Qualification | None, issuer: Organization, draft: CertificateDraft
) -> list[Problem]:
    """The authorisation must be the issuer's own and valid on the issue date."""
    if qualification is None:
        return []
    day = draft.issue_date
    valid = (
        qualification.holder_id == issuer.id
        and qualification.state is QualificationState.VALID
        and (qualification.valid_from is None or qualification.valid_from <= day)
        and (qualification.valid_to is None or day <= qualification.valid_to)
    )
    if valid:
        return []
    return [
        error(
            "AUTHORIZATION_NOT_VALID",
            f"授权/认可资质 {qualification.number} 在 {day} 无效或不属于本机构",
            f"the authorisation {qualification.number} was not valid on {day} or not yours",
            "authorization",
        )
    ]


def _constant_cmc(capability: Capability | None) -> QuantityValue | None:
    if capability is None or capability.cmc_form is not CmcForm.CONSTANT:
        return None
    value, unit = capability.cmc.get("value"), capability.cmc.get("unit")
    return QuantityValue(Decimal(value), unit) if value and unit else None
