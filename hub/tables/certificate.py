"""Certificates with their results, the standards they used and the documents they rest on."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.errors import Words
from hub.tables.base import INSTANT, JSON, MEASURED, Row, Table, money, term
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    Conclusion,
    DecisionRule,
    Location,
    ReplacementKind,
    ResultKind,
    ResultStage,
    Verdict,
)


class Certificate(Row, table=True):
    """A certificate, a result notice or a report, unique by issuer and number.

    `item` is the snapshot of the instrument at issue {name, modelSpec, serialNo, manufacturer,
    assetNo}; later ledger edits do not change it, nor what is stated of the parties:
    {name, uscc, country, address, website}. `persons` keeps names as printed when they are
    not in the personnel library: {testedBy, checkedBy, approvedBy}.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("issuer_id", "client_id")
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_certificate_issuer_id_number": (
            Words("本机构已用过此证书编号", "this number has been used before"),
            "number",
        )
    }
    __tablename__: ClassVar[str] = "certificate"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        UniqueConstraint("issuer_id", "number"),
        Index(
            "ix_certificate_instrument_id_issue_date",
            "instrument_id",
            text("issue_date DESC NULLS LAST"),
            text("id DESC NULLS LAST"),
        ),
        Index("ix_certificate_client_id_id", "client_id", "id"),
        Index("ix_certificate_issuer_id_id", "issuer_id", "id"),
        Index("ix_certificate_number", "number"),
        CheckConstraint("received_at <= test_from", name="received_before_test"),
        CheckConstraint("test_from <= test_to", name="test_from_before_to"),
        CheckConstraint("test_to <= issue_date", name="test_before_issue"),
        CheckConstraint("tested_by_id <> checked_by_id", name="two_persons"),
        CheckConstraint("fee >= 0", name="fee_positive"),
        CheckConstraint(
            "kind = 'VERIFICATION_CERTIFICATE' OR valid_until IS NULL OR recalibration_agreed",
            name="validity_only_for_verification",
        ),
    )

    number: str
    verify_code: str
    verify_key_id: str
    issuer_id: UUID = Field(foreign_key="organization.id")
    client_id: UUID = Field(foreign_key="organization.id")
    issuer_stated: dict[str, Any] = Field(sa_type=JSON)
    client_stated: dict[str, Any] = Field(sa_type=JSON)
    instrument_id: UUID | None = Field(default=None, foreign_key="instrument.id")
    item: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    kind: CertificateKind = Field(sa_type=term(CertificateKind))
    authorization_id: UUID | None = Field(default=None, foreign_key="qualification.id")
    capability_id: UUID | None = Field(default=None, foreign_key="capability.id")
    basis_text: str | None = None
    traceability: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    order_item_no: str | None = None
    received_at: date | None = None
    test_from: date | None = None
    test_to: date | None = None
    issue_date: date | None = None
    valid_until: date | None = None
    recalibration_agreed: bool = False
    location: Location = Field(default=Location.LAB, sa_type=term(Location))
    environment: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    conclusion: Conclusion = Field(default=Conclusion.RESULT_ONLY, sa_type=term(Conclusion))
    conclusion_class: str | None = None
    conclusion_reason: str | None = None
    tested_by_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    checked_by_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    approved_by_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    persons: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    seals: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    files: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    state: CertificateState = Field(default=CertificateState.ISSUED, sa_type=term(CertificateState))
    replaces_id: UUID | None = Field(default=None, foreign_key="certificate.id", index=True)
    replacement_kind: ReplacementKind | None = Field(default=None, sa_type=term(ReplacementKind))
    revocation_reason: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    fee: Decimal | None = Field(default=None, sa_type=money())
    fee_item_id: UUID | None = Field(default=None, foreign_key="fee_item.id")
    warnings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class Part(Table):
    """Something that belongs to a certificate and is seen by the same organisations."""

    certificate_id: UUID = Field(foreign_key="certificate.id", primary_key=True)
    position: int = Field(primary_key=True)
    issuer_id: UUID = Field(foreign_key="organization.id")
    client_id: UUID = Field(foreign_key="organization.id")


class CertificateBasis(Part, table=True):
    """A technical document that a certificate rests on."""

    __tablename__: ClassVar[str] = "certificate_basis"

    document_id: UUID = Field(foreign_key="technical_document.id", index=True)


class StandardUsed(Part, table=True):
    """A standard used, as the certificate states it."""

    __tablename__: ClassVar[str] = "certificate_standard_used"

    standard_id: UUID | None = Field(
        default=None, foreign_key="measurement_standard.id", index=True
    )
    name: str
    measuring_range: str | None = None
    accuracy: str | None = None
    certificate_no: str | None = None
    valid_until: date | None = None


class MeasurementResult(Part, table=True):
    """One measured parameter of a certificate.

    `quantities` keeps every list of values that a digital certificate prints for it:
    {name, refTypes, unit, values, u, k, p}, numbers as decimal text.
    """

    __tablename__: ClassVar[str] = "measurement_result"

    parameter: str
    kind: ResultKind = Field(default=ResultKind.VALUE, sa_type=term(ResultKind))
    stage: ResultStage = Field(default=ResultStage.ONLY, sa_type=term(ResultStage))
    method: str | None = None
    quantities: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class MeasurementPoint(Part, table=True):
    """One point of a result; values as printed, `u` the expanded uncertainty of factor `k`.

    Units other than `unit` are given where they differ from it.

    `position` numbers the points through the whole certificate, `result` is the position of the
    result that they belong to.
    """

    __tablename__: ClassVar[str] = "measurement_point"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        CheckConstraint("u > 0", name="u_positive"),
        CheckConstraint("k >= 1", name="k_at_least_one"),
        CheckConstraint("p > 0 AND p <= 1", name="p_is_a_probability"),
        CheckConstraint("mpe_lower <= mpe_upper", name="mpe_order"),
    )

    result: int
    quantity: str | None = None
    nominal: Decimal | None = Field(default=None, sa_type=MEASURED)
    reference: Decimal | None = Field(default=None, sa_type=MEASURED)
    measured: Decimal | None = Field(default=None, sa_type=MEASURED)
    error: Decimal | None = Field(default=None, sa_type=MEASURED)
    unit: str
    reference_unit: str | None = None
    error_unit: str | None = None
    u: Decimal | None = Field(default=None, sa_type=MEASURED)
    u_unit: str | None = None
    k: Decimal | None = Field(default=None, sa_type=MEASURED)
    p: Decimal | None = Field(default=None, sa_type=MEASURED)
    mpe_lower: Decimal | None = Field(default=None, sa_type=MEASURED)
    mpe_upper: Decimal | None = Field(default=None, sa_type=MEASURED)
    verdict: Verdict | None = Field(default=None, sa_type=term(Verdict))
    decision_rule: DecisionRule | None = Field(default=None, sa_type=term(DecisionRule))
