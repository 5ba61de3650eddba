"""Measuring instruments as clients see them: the lines of a ledger."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Integer, and_, case, literal_column, or_
from sqlmodel import col

from hub.rules.due import due_state
from hub.rules.instrument import is_illegal_use
from hub.tables.certificate import Certificate as CertificateRow
from hub.tables.instrument import Instrument as InstrumentRow
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    DueState,
    FilingState,
    InstrumentRole,
    InstrumentState,
    ManagementClass,
    MetrologyField,
    VerificationForm,
)
from loaders.keyset import By
from schema.declare import TODAY, O, Parts, Sql, column, computed, many, one
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.page import Connection
from schema.source import Source, source
from schema.twins import constant
from schema.values import Mpe, Quantity, Range, Uncertainty, say, value

if TYPE_CHECKING:
    from schema.certificate import Certificate
    from schema.personnel import Personnel

LazyCertificate = Annotated["Certificate", strawberry.lazy("schema.certificate")]
LazyPersonnel = Annotated["Personnel", strawberry.lazy("schema.personnel")]
SOON: Sql = literal_column("30", Integer())  # days: the window of `due_state`


@value("强制检定备案")
class Filing:
    """The filing of a compulsory instrument."""

    state: FilingState = strawberry.field(description="备案状态")
    at: datetime | None = say("状态变更时刻")
    reason: str | None = say("退回原因")

    @classmethod
    def of(cls, state: FilingState, at: datetime | None, reason: str | None) -> "Filing":
        """The filing of one instrument."""
        return cls(state=state, at=at, reason=reason)

    @staticmethod
    def parts(state: Sql, at: Sql, reason: Sql) -> Parts:
        """The twin of `of`."""
        return Parts({"state": state, "at": at, "reason": reason})


@value("购置信息")
class Purchase:
    """When, for how much and from whom an instrument was bought."""

    on: date | None = strawberry.field(default=None, name="date", description="购置日期")
    price: Decimal | None = say("购置价格，元")
    supplier: str | None = say("供应商")

    @classmethod
    def of(cls, on: date | None, price: Decimal | None, supplier: str | None) -> "Purchase":
        """The purchase of one instrument."""
        return cls(on=on, price=price, supplier=supplier)

    @staticmethod
    def parts(on: Sql, price: Sql, supplier: Sql) -> Parts:
        """The twin of `of`."""
        return Parts({"on": on, "price": price, "supplier": supplier})


def scheduled(valid_until: date | None, status: InstrumentState, today: date) -> DueState:
    """The due state of an instrument; what is out of use has no schedule."""
    if status is not InstrumentState.IN_USE:
        return DueState.NOT_SCHEDULED
    return due_state(valid_until, today)


def scheduled_sql(valid_until: Sql, status: Sql, today: Sql) -> Sql:
    """The twin of `scheduled`."""
    return case(
        (status != constant(InstrumentState.IN_USE), constant(DueState.NOT_SCHEDULED)),
        (valid_until.is_(None), constant(DueState.NOT_SCHEDULED)),
        (valid_until < today, constant(DueState.OVERDUE)),
        (valid_until <= today + SOON, constant(DueState.DUE_SOON)),
        else_=constant(DueState.VALID),
    )


def illegal_use(
    compulsory: bool, valid_until: date | None, status: InstrumentState, today: date
) -> bool:
    """Whether a compulsory instrument is in use beyond its validity."""
    return is_illegal_use(compulsory=compulsory, state=status, due=due_state(valid_until, today))


def illegal_use_sql(compulsory: Sql, valid_until: Sql, status: Sql, today: Sql) -> Sql:
    """The twin of `illegal_use`."""
    in_use = status == constant(InstrumentState.IN_USE)
    return and_(compulsory, in_use, or_(valid_until.is_(None), valid_until < today))


@noun(InstrumentRow, "计量器具：台账中的一行")
class Instrument(Noun):
    """One physical instrument in its owner's ledger."""

    owner: Organization = one(O, "所属机构", by=col(InstrumentRow.owner_id), match=True)
    asset_no: str | None = column(O, "管理编号（计量编号）", match=True, order=True)
    fixed_asset_no: str | None = column(O, "固定资产编号", match=True)
    name: str = column(O, "器具名称", match=True, order=True)
    model_spec: str | None = column(O, "型号规格", match=True)
    serial_no: str | None = column(O, "出厂编号", match=True, order=True)
    manufacturer: str | None = column(O, "制造单位", match=True, order=True)
    origin: str | None = column(O, "产地")
    measuring_ranges: list[Range] = column(O, "测量范围", shape=Range)
    accuracy_class: str | None = column(O, "准确度等级", match=True)
    max_permissible_errors: list[Mpe] = column(O, "最大允许误差", shape=Mpe)
    uncertainty: Uncertainty | None = column(O, "不确定度", shape=Uncertainty)
    resolution: Quantity | None = computed(
        O,
        "分辨力",
        Quantity.of,
        needs=[col(InstrumentRow.resolution_value), col(InstrumentRow.resolution_unit)],
        sql=Quantity.parts,
    )
    scale_interval: Quantity | None = computed(
        O,
        "分度值",
        Quantity.of,
        needs=[col(InstrumentRow.scale_interval_value), col(InstrumentRow.scale_interval_unit)],
        sql=Quantity.parts,
    )
    field: MetrologyField | None = column(O, "计量专业", match=True)
    management_class: ManagementClass | None = column(O, "ABC 管理类别", match=True, order=True)
    role: InstrumentRole = column(O, "用作", match=True)
    compulsory: bool = column(O, "是否强制检定", match=True)
    compulsory_purpose: CompulsoryPurpose | None = column(O, "强制检定用途", match=True)
    catalogue_item: str | None = column(O, "强检目录项别")
    catalogue_kind: str | None = column(O, "强检目录种别")
    compulsory_code: str | None = column(O, "强管唯一性号", match=True)
    filing: Filing = computed(
        O,
        "强检备案",
        Filing.of,
        needs=[
            col(InstrumentRow.filing_state),
            col(InstrumentRow.filing_at),
            col(InstrumentRow.filing_reason),
        ],
        sql=Filing.parts,
    )
    verification_form: VerificationForm | None = column(O, "强检方式", match=True)
    calibration_mode: CalibrationMode | None = column(O, "溯源方式", match=True)
    interval_months: int | None = column(O, "检定/校准周期，月", match=True)
    last_date: date | None = column(O, "最近检定/校准日期", match=True, order=True)
    due_date: date | None = column(O, "有效期至；当日仍有效", match=True, order=True)
    due_state: DueState = computed(
        O,
        "到期状态；停用、封存、报废的器具不排期",
        scheduled,
        needs=[col(InstrumentRow.due_date), col(InstrumentRow.status), TODAY],
        sql=scheduled_sql,
    )
    illegal_use: bool = computed(
        O,
        "是否违法使用：强检器具超期仍在用（计量法实施细则）",
        illegal_use,
        needs=[
            col(InstrumentRow.compulsory),
            col(InstrumentRow.due_date),
            col(InstrumentRow.status),
            TODAY,
        ],
        sql=illegal_use_sql,
    )
    status: InstrumentState = column(O, "器具状态", match=True, order=True)
    status_reason: str | None = column(O, "状态变更原因")
    department: str | None = column(O, "使用部门", match=True, order=True)
    location: str | None = column(O, "使用地点", match=True)
    custodian: str | None = column(O, "保管人", match=True)
    custodian_person: LazyPersonnel | None = one(
        O, "保管人（人员库）", by=col(InstrumentRow.custodian_id)
    )
    install_district: str | None = column(O, "使用地点行政区划代码", match=True)
    purchase: Purchase = computed(
        O,
        "购置信息",
        Purchase.of,
        needs=[
            col(InstrumentRow.purchase_date),
            col(InstrumentRow.purchase_price),
            col(InstrumentRow.purchase_supplier),
        ],
        sql=Purchase.parts,
    )
    photo_urls: list[str] = column(O, "照片")
    qr_code: str | None = column(O, "二维码")
    certificate_no: str | None = column(O, "台账所载证书编号", match=True)
    remark: str | None = column(O, "备注")
    offered_to: Organization | None = one(
        O, "已向其移交、待其接收的机构", by=col(InstrumentRow.offered_to_id)
    )
    certificates: Connection[LazyCertificate] = many(
        O,
        "证书，新的在前",
        by=col(CertificateRow.instrument_id),
        order=(By("issue_date", descending=True), By("id", descending=True)),
    )
    source: Source | None = source(O)
