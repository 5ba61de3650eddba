"""Certificates as clients see them, with results, standards used and persons."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from sqlalchemy import RowMapping, func, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from hub.exporters.dcc.turns import written_dcc
from hub.exporters.dcc.whole import EXPORTED
from hub.tables.certificate import Certificate as CertificateRow
from hub.tables.certificate import CertificateBasis
from hub.tables.certificate import MeasurementPoint as PointRow
from hub.tables.certificate import MeasurementResult as ResultRow
from hub.tables.certificate import StandardUsed as StandardUsedRow
from hub.tables.document import TechnicalDocument as DocumentRow
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
from loaders.certificate import Wholes
from loaders.keyset import By
from schema.capability import Capability
from schema.context import Context
from schema.declare import Items, O, P, Sql, column, computed, made, many, one
from schema.document import TechnicalDocument
from schema.fee import FeeItem
from schema.instrument import Instrument
from schema.noun import Noun, Part, noun
from schema.organization import Organization
from schema.page import DEFAULT_PAGE, Connection
from schema.personnel import Personnel
from schema.qualification import Qualification
from schema.source import Source, source
from schema.standard import MeasurementStandard
from schema.twins import constant
from schema.values import Value, say, value

LazyCertificate = Annotated["Certificate", strawberry.lazy("schema.certificate")]


@value("签发时的器具快照，不随台账修改而变")
class ItemSnapshot(Value):
    """The instrument as it was at issue."""

    name: str | None = say("器具名称")
    model_spec: str | None = say("型号规格")
    serial_no: str | None = say("出厂编号")
    manufacturer: str | None = say("制造单位")
    asset_no: str | None = say("管理编号")


@value("证书签发时所述的机构；此后改名、迁址不改变它")
class Stated(Value):
    """An organisation as it was at issue."""

    name: str = say("名称")
    uscc: str | None = say("统一社会信用代码")
    country: str = say("国家代码 (ISO 3166-1)")
    address: str | None = say("地址")
    website: str | None = say("网址")


@value("环境条件")
class Condition(Value):
    """One condition of the environment."""

    quantity: str | None = say("量：temperature 温度、humidity 相对湿度、pressure 大气压等")
    lower: Decimal | None = say("最小值")
    upper: Decimal | None = say("最大值")
    value: Decimal | None = say("单一值")
    unit: str | None = say("计量单位")
    stage: ResultStage | None = say("所属结果阶段")

    @classmethod
    def all_of(cls, stored: dict[str, Any] | None) -> "list[Condition]":
        """The conditions of one certificate."""
        return [cls.of(one) for one in (stored or {}).get("conditions", [])]

    @classmethod
    def items(cls, stored: Sql) -> Items:
        """The twin of `all_of`."""
        listed = stored.op("->", return_type=JSONB())(constant("conditions"))
        return Items(cls, func.coalesce(listed, literal_column("'[]'::jsonb"), type_=JSONB()))


@value("溯源链的一环")
class TraceLink(Value):
    """One link of the traceability chain."""

    level: int | None = say("级次，1 为本证书所用标准器")
    name: str | None = say("名称")
    certificate_no: str | None = say("证书编号")
    organization: str | None = say("出具机构")


@value("印章使用")
class SealUse(Value):
    """A seal on the certificate."""

    kind: str | None = say("印章种类")
    name: str | None = say("印章名称")
    used_at: str | None = say("用印时间")


@value("证书文件")
class CertificateFile(Value):
    """A file of the certificate."""

    name: str | None = say("文件名")
    media_type: str | None = say("媒体类型")
    sha256: str | None = say("SHA-256，十六进制")
    size: int | None = say("字节数")
    signature: str | None = say("电子签名校验：NONE 无签名、VALID 内容完整、INVALID 内容被改动")


@value("证书所载人员姓名；人员库中没有时使用")
class PrintedPersons(Value):
    """Names as printed."""

    tested_by: str | None = say("检定/校准员")
    checked_by: str | None = say("核验员")
    approved_by: str | None = say("批准人")


@value("签发时的提示")
class IssueWarning(Value):
    """Something worth knowing that did not stop the issue."""

    code: str | None = say("代码")
    message: str | None = say("说明")


@value("数字证书中的一个数值列表，数字与单位均为原文")
class PrintedQuantity(Value):
    """A list of values of a DCC as printed."""

    name: str | None = say("名称")
    ref_types: list[str] | None = say("量的类型（refType）")
    unit: str | None = say("单位（D-SI）")
    values: list[str | None] | None = say("各值")
    u: list[str | None] | None = say("各值的扩展不确定度，或对全部值的一个")
    k: list[str | None] | None = say("包含因子")
    p: list[str | None] | None = say("包含概率")


@noun(PointRow, "测量点：数值与证书所印一致")
class MeasurementPoint(Part):
    """One point of a result."""

    quantity: str | None = column(O, "量的名称")
    nominal: Decimal | None = column(O, "标称值")
    reference: Decimal | None = column(O, "参考值（标准值）")
    measured: Decimal | None = column(O, "测得值（示值）")
    error: Decimal | None = column(O, "误差")
    unit: str = column(O, "计量单位")
    reference_unit: str | None = column(O, "参考值的单位；不同时给出")
    error_unit: str | None = column(O, "误差的单位；不同时给出")
    u: Decimal | None = column(O, "扩展不确定度 U")
    u_unit: str | None = column(O, "U 的单位；与值不同时给出")
    k: Decimal | None = column(O, "包含因子 k")
    p: Decimal | None = column(O, "包含概率 p")
    mpe_lower: Decimal | None = column(O, "允许误差下限")
    mpe_upper: Decimal | None = column(O, "允许误差上限")
    verdict: Verdict | None = column(O, "判定")
    decision_rule: DecisionRule | None = column(O, "判定规则")


@noun(ResultRow, "一个参数的测量结果")
class MeasurementResult(Part):
    """One measured parameter."""

    parameter: str = column(O, "参数")
    kind: ResultKind = column(O, "结果种类")
    stage: ResultStage = column(O, "阶段")
    method: str | None = column(O, "方法")
    quantities: list[PrintedQuantity] = column(
        O, "数字证书所载的全部数值列表，原样保留", shape=PrintedQuantity
    )
    points: list[MeasurementPoint] = many(
        O,
        "各测量点",
        by=(col(PointRow.certificate_id), col(PointRow.result)),
        of=("certificate_id", "position"),
        order=(By("position"),),
        most=5_000,
    )


@noun(StandardUsedRow, "所用计量标准，按证书所载")
class StandardUsed(Part):
    """A standard used."""

    standard: MeasurementStandard | None = one(O, "计量标准", by=col(StandardUsedRow.standard_id))
    name: str = column(O, "名称")
    measuring_range: str | None = column(O, "测量范围")
    accuracy: str | None = column(O, "不确定度、准确度等级或最大允许误差")
    certificate_no: str | None = column(O, "证书编号")
    valid_until: date | None = column(O, "有效期至")


async def dcc_of(row: RowMapping, context: Context) -> str | None:
    """The DCC of a certificate; those of one operation are read together."""
    wholes = context.loader("dcc", lambda: Wholes(context.reader))
    whole = await wholes.load(row["id"])
    if whole is None or whole.state not in EXPORTED:
        return None
    return (await written_dcc(whole, context.keys.signer)).decode()


@noun(CertificateRow, "证书：检定证书、检定结果通知书、校准证书、测试报告")
class Certificate(Noun):
    """A certificate."""

    number: str = column(O, "证书编号，同一出具机构内唯一", match=True, order=True)
    verify_code: str = column(O, "查询码，与编号一起用于验证真伪")
    kind: CertificateKind = column(O, "证书种类", match=True)
    issuer: Organization = one(O, "出具机构", by=col(CertificateRow.issuer_id), match=True)
    client: Organization = one(O, "委托单位", by=col(CertificateRow.client_id), match=True)
    issuer_stated: Stated = column(O, "出具机构在签发时的名称、地址等", shape=Stated)
    client_stated: Stated = column(O, "委托单位在签发时的名称、地址等", shape=Stated)
    order_item_no: str | None = column(O, "委托单项号")
    instrument: Instrument | None = one(
        O, "计量器具", by=col(CertificateRow.instrument_id), match=True
    )
    item_snapshot: ItemSnapshot = column(
        O, "签发时的器具快照", of=col(CertificateRow.item), shape=ItemSnapshot
    )
    authorization: Qualification | None = one(
        P, "授权/认可资质", by=col(CertificateRow.authorization_id)
    )
    capability: Capability | None = one(O, "所用技术能力", by=col(CertificateRow.capability_id))
    technical_basis: list[TechnicalDocument] = many(
        P,
        "技术依据",
        by=col(CertificateBasis.certificate_id),
        via=(col(CertificateBasis.document_id), col(DocumentRow.id)),
        order=(By("number"),),
    )
    basis_text: str | None = column(P, "技术依据原文；资料库中没有时使用")
    standards_used: list[StandardUsed] = many(
        O,
        "所用计量标准",
        by=col(StandardUsedRow.certificate_id),
        order=(By("position"),),
        most=100,
    )
    traceability: list[TraceLink] = column(O, "溯源链", shape=TraceLink)
    received_at: date | None = column(O, "接收日期")
    test_from: date | None = column(O, "检定/校准开始日期", match=True)
    test_to: date | None = column(O, "检定/校准结束日期", match=True)
    issue_date: date | None = column(
        O, "签发日期；DCC 3.2 之前的数字证书没有", match=True, order=True
    )
    valid_until: date | None = column(
        O, "有效期至；校准证书仅在与客户约定时给出", match=True, order=True
    )
    recalibration_agreed: bool = column(O, "复校日期是否经客户约定")
    location: Location = column(O, "地点", match=True)
    environment: list[Condition] = computed(
        O,
        "环境条件",
        Condition.all_of,
        needs=[col(CertificateRow.environment)],
        sql=Condition.items,
    )
    results: list[MeasurementResult] = many(
        O, "测量结果", by=col(ResultRow.certificate_id), order=(By("position"),), most=200
    )
    conclusion: Conclusion = column(O, "结论", match=True)
    conclusion_class: str | None = column(O, "符合的等级")
    conclusion_reason: str | None = column(O, "不合格原因")
    tested_by: Personnel | None = one(O, "检定/校准员", by=col(CertificateRow.tested_by_id))
    checked_by: Personnel | None = one(O, "核验员", by=col(CertificateRow.checked_by_id))
    approved_by: Personnel | None = one(O, "批准人", by=col(CertificateRow.approved_by_id))
    printed_persons: PrintedPersons | None = column(
        O, "证书所载人员姓名", of=col(CertificateRow.persons), shape=PrintedPersons
    )
    seals: list[SealUse] = column(O, "印章", shape=SealUse)
    files: list[CertificateFile] = column(O, "文件", shape=CertificateFile)
    dcc: str | None = made(
        O,
        "数字校准证书（DCC 3.3.0）的 XML；尚未签发或已撤销的没有",
        dcc_of,
        weight=DEFAULT_PAGE,
    )
    state: CertificateState = column(O, "证书状态", match=True)
    replaces: LazyCertificate | None = one(O, "所代替的证书", by=col(CertificateRow.replaces_id))
    replacement_kind: ReplacementKind | None = column(O, "代替方式")
    replaced_by: Connection[LazyCertificate] = many(
        O, "代替本证书的证书", by=col(CertificateRow.replaces_id)
    )
    revocation_reason: str | None = column(O, "撤销原因")
    revoked_at: datetime | None = column(O, "撤销时刻")
    fee: Decimal | None = column(O, "费用，元")
    fee_basis: FeeItem | None = one(O, "收费依据", by=col(CertificateRow.fee_item_id))
    warnings: list[IssueWarning] = column(O, "签发时的提示", shape=IssueWarning)
    source: Source | None = source(O)
