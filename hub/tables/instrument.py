"""Measuring instruments: the lines of the ledgers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field

from hub.errors import Words
from hub.tables.base import INSTANT, JSON, MEASURED, TEXTS, Row, money, term
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    FilingState,
    InstrumentRole,
    InstrumentState,
    ManagementClass,
    MetrologyField,
    VerificationForm,
)


class Instrument(Row, table=True):
    """One physical instrument in its owner's ledger.

    `ledger_key` is the key within the owner's ledger: the normalised asset number, or one made of
    serial number and maker where the ledger gives none. `due_date` is the last valid day.
    Retired lines keep their row (`retired_at`) and free their key. `status_moved_at` is when the
    hub last moved it between states, None while its ledger file says its state. `offered_to_id` is
    the organisation that may take the line into its own ledger, `merged_into_id` the line of the
    same instrument that goes on. `former_test` is the last test that a certificate of a former
    owner tells of {testedOn, validUntil, failed}: for the rules, shown to nobody.
    """

    OWNERS: ClassVar[tuple[str, ...]] = ("owner_id",)
    KEYS: ClassVar[dict[str, tuple[Words, str]]] = {
        "uq_instrument_owner_id_ledger_key": (
            Words(
                "本机构台账中已有此管理编号（或此制造单位与出厂编号）的器具",
                "the ledger has an instrument with this asset number (or maker and serial number)",
            ),
            "assetNo",
        )
    }
    __tablename__: ClassVar[str] = "instrument"
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = (
        Index(
            "uq_instrument_owner_id_ledger_key",
            "owner_id",
            "ledger_key",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("ix_instrument_owner_id_id", "owner_id", "id"),
        Index("ix_instrument_owner_id_due_date", "owner_id", "due_date", "id"),
        *(
            Index(
                f"ix_instrument_owner_id_{name}",
                "owner_id",
                name,
                "id",
                postgresql_where=text("retired_at IS NULL"),
            )
            for name in ("updated_at", "asset_no")
        ),
        Index(
            "ix_instrument_offered_to_id",
            "offered_to_id",
            "id",
            postgresql_where=text("offered_to_id IS NOT NULL"),
        ),
        Index("ix_instrument_manufacturer_serial_no", "manufacturer", "serial_no"),
        Index(
            "ix_instrument_compulsory_code",
            "compulsory_code",
            postgresql_where=text("compulsory_code IS NOT NULL"),
        ),
        CheckConstraint("interval_months BETWEEN 1 AND 120", name="interval_months_range"),
        CheckConstraint("purchase_price >= 0", name="purchase_price_positive"),
    )

    owner_id: UUID = Field(foreign_key="organization.id")
    ledger_key: str
    asset_no: str | None = None
    fixed_asset_no: str | None = None
    name: str
    model_spec: str | None = None
    serial_no: str | None = None
    manufacturer: str | None = None
    origin: str | None = None
    measuring_ranges: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    accuracy_class: str | None = None
    max_permissible_errors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    uncertainty: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    resolution_value: Decimal | None = Field(default=None, sa_type=MEASURED)
    resolution_unit: str | None = None
    scale_interval_value: Decimal | None = Field(default=None, sa_type=MEASURED)
    scale_interval_unit: str | None = None
    field: MetrologyField | None = Field(default=None, sa_type=term(MetrologyField))
    management_class: ManagementClass | None = Field(default=None, sa_type=term(ManagementClass))
    role: InstrumentRole = Field(default=InstrumentRole.WORKING, sa_type=term(InstrumentRole))
    compulsory: bool = False
    compulsory_purpose: CompulsoryPurpose | None = Field(
        default=None, sa_type=term(CompulsoryPurpose)
    )
    catalogue_item: str | None = None
    catalogue_kind: str | None = None
    compulsory_code: str | None = None
    filing_state: FilingState = Field(default=FilingState.NONE, sa_type=term(FilingState))
    filing_at: datetime | None = Field(default=None, sa_type=INSTANT)
    filing_reason: str | None = None
    verification_form: VerificationForm | None = Field(default=None, sa_type=term(VerificationForm))
    calibration_mode: CalibrationMode | None = Field(default=None, sa_type=term(CalibrationMode))
    interval_months: int | None = None
    last_date: date | None = None
    due_date: date | None = None
    status: InstrumentState = Field(default=InstrumentState.IN_USE, sa_type=term(InstrumentState))
    status_reason: str | None = None
    status_moved_at: datetime | None = Field(default=None, sa_type=INSTANT)
    unsealed_on: date | None = None
    department: str | None = None
    location: str | None = None
    custodian: str | None = None
    custodian_id: UUID | None = Field(default=None, foreign_key="personnel.id")
    install_district: str | None = Field(default=None, max_length=6)
    purchase_date: date | None = None
    purchase_price: Decimal | None = Field(default=None, sa_type=money())
    purchase_supplier: str | None = None
    photo_urls: list[str] = Field(default_factory=list, sa_type=TEXTS)
    qr_code: str | None = None
    certificate_no: str | None = None
    former_test: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    remark: str | None = None
    import_sha256: str | None = Field(default=None, max_length=64)
    import_line: int | None = None
    offered_to_id: UUID | None = Field(default=None, foreign_key="organization.id")
    merged_into_id: UUID | None = Field(default=None, foreign_key="instrument.id")
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
