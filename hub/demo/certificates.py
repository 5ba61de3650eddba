"""Issues the certificates of the demo through the laboratory's own action, rules and all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import col

from hub.actions.certificate import issue
from hub.actions.certificate_draft import (
    CertificateDraft,
    PointDraft,
    ResultDraft,
    StandardDraft,
)
from hub.actor import Actor
from hub.db import Database
from hub.demo import cast
from hub.keys import Keyring
from hub.policy import readable
from hub.rules.due import valid_until
from hub.rules.fee import FeeLine, price_on
from hub.tables.capability import Capability
from hub.tables.certificate import Certificate
from hub.tables.document import TechnicalDocument
from hub.tables.fee import FeeItem
from hub.tables.qualification import Qualification
from hub.tables.standard import MeasurementStandard
from hub.vocabulary import (
    CertificateKind,
    Conclusion,
    DecisionRule,
    QualificationKind,
    ReplacementKind,
    ResultKind,
    Role,
    Verdict,
)
from hub.writer import Writer

WAITING = timedelta(days=3)  # from the receipt of an instrument to its test
WRITING = timedelta(days=1)  # from the test to the issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One certificate to issue; `points` are (reference, measured, error) as printed.

    `replaces` is the number of the job whose certificate this one amends.
    """

    number: str
    uscc: str = cast.ENTERPRISE
    asset_no: str
    capability: str
    days_ago: int
    kind: CertificateKind = CertificateKind.VERIFICATION_CERTIFICATE
    months: int | None = None
    unit: str
    points: Sequence[tuple[str, str, str]]
    u: str
    limit: str | None = None
    compulsory: bool = False
    failure: str | None = None
    recalibration: bool = False
    replaces: str | None = None


MICROMETER = (
    ("2.500", "2.500", "0.000"),
    ("10.240", "10.241", "0.001"),
    ("25.000", "25.001", "0.001"),
)
VOLTS = (("1.0000", "1.0001", "0.0001"), ("10.0000", "10.0003", "0.0003"))
JOBS = (
    Job(
        number="SFJL-0001",
        asset_no="SZ-JL-00079",
        capability="LEN-001",
        days_ago=60,
        months=12,
        unit="mm",
        points=MICROMETER,
        u="0.002",
        limit="0.004",
    ),
    Job(
        number="SFJL-0002",
        asset_no="SZ-JL-00133",
        capability="LEN-001",
        days_ago=350,
        months=12,
        unit="mm",
        points=MICROMETER,
        u="0.002",
        limit="0.004",
    ),
    Job(
        number="SFJL-0003",
        asset_no="SZ-JL-00002",
        capability="LEN-003",
        days_ago=45,
        months=12,
        unit="mm",
        points=(("41.20", "41.21", "0.01"), ("91.80", "91.80", "0.00")),
        u="0.02",
        limit="0.03",
    ),
    Job(
        number="SFJL-0004",
        asset_no="SZ-JL-00129",
        capability="MEC-001",
        days_ago=20,
        months=6,
        unit="MPa",
        points=(("-0.040", "-0.041", "-0.001"), ("-0.080", "-0.081", "-0.001")),
        u="0.001",
        limit="0.0025",
        compulsory=True,
    ),
    Job(
        number="SFJL-0005",
        asset_no="SZ-JL-00044",
        capability="MEC-001",
        days_ago=15,
        kind=CertificateKind.RESULT_NOTICE,
        unit="MPa",
        points=(("1.00", "1.09", "0.09"), ("2.00", "2.11", "0.11")),
        u="0.02",
        limit="0.06",
        failure="示值误差超过最大允许误差",
    ),
    Job(
        number="SFJL-0006",
        asset_no="SZ-JL-00069",
        capability="MEC-003",
        days_ago=30,
        months=12,
        unit="g",
        points=(("100.0000", "100.0003", "0.0003"), ("200.0000", "200.0004", "0.0004")),
        u="0.0004",
        limit="0.0015",
    ),
    Job(
        number="SFJL-0007",
        asset_no="SZ-JL-00027",
        capability="ELE-002",
        days_ago=100,
        months=24,
        unit="MΩ",
        points=(("50.0", "50.9", "0.9"), ("100.0", "102.0", "2.0")),
        u="2.0",
        limit="10.0",
    ),
    Job(
        number="SFJL-0008",
        asset_no="SZ-JL-00007",
        capability="ELE-001",
        days_ago=75,
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        unit="V",
        points=VOLTS,
        u="0.0003",
    ),
    Job(
        number="SFJL-0009",
        asset_no="SZ-JL-00064",
        capability="ELE-001",
        days_ago=40,
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        months=12,
        recalibration=True,
        unit="V",
        points=VOLTS,
        u="0.0003",
    ),
    Job(
        number="SFJL-0010",
        asset_no="SZ-JL-00162",
        capability="LEN-001",
        days_ago=25,
        months=12,
        unit="mm",
        points=MICROMETER,
        u="0.002",
        limit="0.004",
    ),
    Job(
        number="SFJL-0011",
        asset_no="SZ-JL-00162",
        capability="LEN-001",
        days_ago=25,
        months=12,
        unit="mm",
        points=(*MICROMETER, ("20.000", "20.001", "0.001")),
        u="0.002",
        limit="0.004",
        replaces="SFJL-0010",
    ),
    Job(
        number="SFJL-0012",
        uscc=cast.RIVAL,
        asset_no="YL-003",
        capability="ELE-001",
        days_ago=10,
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        unit="V",
        points=VOLTS,
        u="0.0003",
    ),
)


@dataclass(frozen=True, slots=True)
class Library:
    """What the laboratory issues from, by the names that the jobs use."""

    capabilities: Mapping[str, Capability]
    documents: Mapping[UUID, str]
    authorizations: Mapping[QualificationKind, UUID]
    standards: Mapping[str, UUID]
    fees: Mapping[str, Sequence[FeeItem]]
    people: Mapping[str, UUID]


async def issue_certificates(
    database: Database,
    approver: UUID,
    laboratory: UUID,
    people: Mapping[str, UUID],
    keys: Keyring,
    today: date,
) -> None:
    """Issue every job of the demo, all or none; nothing where the laboratory has issued already."""
    actor = Actor(
        login="approver",
        user_id=approver,
        organization_id=laboratory,
        person_id=people[cast.APPROVER],
        roles=frozenset({Role.LAB_APPROVER}),
    )
    issued: dict[str, UUID] = {}
    mine = readable(actor, Certificate).where(col(Certificate.issuer_id) == laboratory)
    async with database.writer(actor) as db:
        await db.serialize("demo certificates")
        if await db.all(mine.limit(1)):
            return
        library = await _library(db, laboratory, people)
        for job in JOBS:
            row = await issue(db, _draft(job, library, issued, today), keys, today=today)
            issued[job.number] = row.id


async def _library(db: Writer, laboratory: UUID, people: Mapping[str, UUID]) -> Library:
    capabilities = await db.all(
        readable(db.actor, Capability).where(col(Capability.organization_id) == laboratory)
    )
    bases = {each.basis_id for each in capabilities}
    documents = await db.all(
        readable(db.actor, TechnicalDocument).where(col(TechnicalDocument.id).in_(bases))
    )
    authorizations = await db.all(
        readable(db.actor, Qualification).where(col(Qualification.holder_id) == laboratory)
    )
    standards = await db.all(
        readable(db.actor, MeasurementStandard).where(
            col(MeasurementStandard.owner_id) == laboratory
        )
    )
    fees: dict[str, list[FeeItem]] = {each.fee_code: [] for each in capabilities if each.fee_code}
    for item in await db.all(readable(db.actor, FeeItem).where(col(FeeItem.code).in_(fees))):
        fees[item.code].append(item)
    return Library(
        capabilities={each.code: each for each in capabilities},
        documents={each.id: each.number for each in documents},
        authorizations={each.kind: each.id for each in authorizations},
        standards={item: each.id for each in standards for item in each.authorized_items},
        fees=fees,
        people=people,
    )


def _draft(job: Job, library: Library, issued: Mapping[str, UUID], today: date) -> CertificateDraft:
    capability = library.capabilities[job.capability]
    tested_on = today - timedelta(days=job.days_ago)
    calibrated = job.kind is CertificateKind.CALIBRATION_CERTIFICATE
    authorization = QualificationKind.CNAS if calibrated else QualificationKind.LEGAL_INSTITUTE
    fee = _fee(job, library.fees[capability.fee_code or ""], tested_on)
    agreed = job.recalibration and job.months is not None
    return CertificateDraft(
        number=job.number,
        kind=job.kind,
        client_uscc=job.uscc,
        asset_no=job.asset_no,
        authorization_id=library.authorizations[authorization],
        capability_id=capability.id,
        technical_basis=[library.documents[basis] for basis in (capability.basis_id,) if basis],
        standards_used=[StandardDraft(standard_id=library.standards[capability.measured_object])],
        received_at=tested_on - WAITING,
        test_from=tested_on,
        issue_date=tested_on + WRITING,
        interval_months=None if calibrated else job.months,
        valid_until=valid_until(tested_on, job.months or 0) if agreed else None,
        recalibration_agreed=agreed,
        environment=[
            {"quantity": "temperature", "value": "20.3", "unit": "℃"},
            {"quantity": "humidity", "value": "52", "unit": "%RH"},
        ],
        results=[_result(job, capability.parameter)],
        conclusion=_conclusion(job),
        conclusion_reason=job.failure,
        tested_by_id=_tester(capability, library),
        checked_by_id=library.people[cast.CHECKER],
        approved_by_id=library.people[cast.APPROVER],
        fee_item_id=fee.id if fee else None,
        fee=fee.price if fee else None,
        replaces_id=issued[job.replaces] if job.replaces else None,
        replacement_kind=ReplacementKind.AMENDED if job.replaces else None,
    )


def _conclusion(job: Job) -> Conclusion:
    if job.kind is CertificateKind.CALIBRATION_CERTIFICATE:
        return Conclusion.RESULT_ONLY
    return Conclusion.UNQUALIFIED if job.failure else Conclusion.QUALIFIED


def _tester(capability: Capability, library: Library) -> UUID:
    """The first person certified in the field, who is not the checker."""
    return next(
        library.people[player.staff_no]
        for player in cast.PEOPLE
        if capability.field in player.fields and player.staff_no != cast.CHECKER
    )


def _result(job: Job, parameter: str) -> ResultDraft:
    limit = Decimal(job.limit) if job.limit else None
    points = [
        PointDraft(
            unit=job.unit,
            nominal=Decimal(reference),
            reference=Decimal(reference),
            measured=Decimal(measured),
            error=Decimal(error),
            u=Decimal(job.u),
            k=Decimal(2),
            mpe_lower=None if limit is None else -limit,
            mpe_upper=limit,
            verdict=None if limit is None else _verdict(Decimal(error), limit),
            decision_rule=None if limit is None else DecisionRule.FULL_VALUE,
        )
        for reference, measured, error in job.points
    ]
    return ResultDraft(parameter=parameter, kind=ResultKind.INDICATION_ERROR, points=points)


def _verdict(error: Decimal, limit: Decimal) -> Verdict:
    return Verdict.PASS if abs(error) <= limit else Verdict.FAIL


def _fee(job: Job, items: Sequence[FeeItem], day: date) -> FeeItem | None:
    """The line of the fee basis in effect on the day of the test."""
    lines = {
        FeeLine(each.code, each.price, each.effective_from, each.effective_to, each.nature): each
        for each in items
        if each.price is not None and each.effective_from is not None
    }
    code = items[0].code
    line = price_on(lines, code, day, compulsory=job.compulsory)
    return lines[line] if line else None
