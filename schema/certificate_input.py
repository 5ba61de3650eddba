"""What a laboratory says when it issues a certificate."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from hub.actions.certificate_draft import (
    CertificateDraft,
    PointDraft,
    ResultDraft,
    StandardDraft,
)
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
from schema.certificate import Certificate
from schema.ids import key_of
from schema.inputs import ConditionInput, stored
from schema.payload import Problem


def may(words: str) -> Any:
    """An input field that may be left out."""
    return strawberry.field(default=None, description=words)


@strawberry.input(description="测量点，按证书将印的样子给出，末尾的零有意义")
class MeasurementPointInput:
    """One point."""

    unit: str = strawberry.field(description="计量单位")
    quantity: str | None = may("量的名称")
    nominal: Decimal | None = may("标称值")
    reference: Decimal | None = may("参考值（标准值）")
    measured: Decimal | None = may("测得值（示值）")
    error: Decimal | None = may("误差 = 测得值 − 参考值")
    reference_unit: str | None = may("参考值的单位；不同时给出")
    error_unit: str | None = may("误差的单位；不同时给出")
    u: Decimal | None = may("扩展不确定度 U，大于 0，与值末位对齐")
    u_unit: str | None = may("U 的单位；与值不同时给出")
    k: Decimal | None = may("包含因子 k，不小于 1")
    p: Decimal | None = may("包含概率 p")
    mpe_lower: Decimal | None = may("允许误差下限")
    mpe_upper: Decimal | None = may("允许误差上限")
    verdict: Verdict | None = may("判定")
    decision_rule: DecisionRule | None = may("判定规则")


@strawberry.input(description="一个参数的测量结果")
class MeasurementResultInput:
    """One parameter."""

    parameter: str = strawberry.field(description="参数")
    kind: ResultKind = strawberry.field(default=ResultKind.VALUE, description="结果种类")
    stage: ResultStage = strawberry.field(default=ResultStage.ONLY, description="阶段")
    method: str | None = may("方法")
    points: list[MeasurementPointInput] = strawberry.field(description="各测量点")


@strawberry.input(description="所用计量标准：库中的给出 id，否则按证书所载填写")
class StandardUsedInput:
    """A standard used."""

    standard: strawberry.ID | None = may("计量标准的标识符")
    name: str | None = may("名称")
    measuring_range: str | None = may("测量范围")
    accuracy: str | None = may("不确定度、准确度等级或最大允许误差")
    certificate_no: str | None = may("证书编号")
    valid_until: date | None = may("有效期至；不得早于检定日期")


@strawberry.input(description="签发证书")
class IssueCertificateInput:
    """A certificate to be issued."""

    number: str = strawberry.field(description="证书编号，本机构内唯一，至多 64 个字符")
    kind: CertificateKind = strawberry.field(description="证书种类")
    instrument: strawberry.ID | None = may("计量器具的标识符；或改用下面两项")
    client_uscc: str | None = may("器具所属机构的统一社会信用代码")
    asset_no: str | None = may("器具的管理编号")
    authorization: strawberry.ID | None = may("授权/认可资质，须在签发日有效")
    capability: strawberry.ID | None = may("所用技术能力；人员须持有其被测对象的项目")
    technical_basis: list[str] = strawberry.field(description="技术依据编号，如 JJG 52-2013")
    standards_used: list[StandardUsedInput] = strawberry.field(description="所用计量标准")
    received_at: date | None = may("接收日期")
    test_from: date = strawberry.field(description="检定/校准开始日期")
    test_to: date | None = may("检定/校准结束日期")
    issue_date: date = strawberry.field(description="签发日期，不晚于今天")
    interval_months: int | None = may(
        "检定规程规定的周期，月，1 至 120；有效期至 = 检定日期 + 周期 − 1 天"
    )
    valid_until: date | None = may("有效期至；校准证书仅在与客户约定时给出")
    recalibration_agreed: bool = strawberry.field(
        default=False, description="复校日期是否经客户约定（ISO/IEC 17025 7.8.4.3）"
    )
    location: Location = strawberry.field(default=Location.LAB, description="地点")
    environment: list[ConditionInput] = strawberry.field(
        default_factory=list, description="环境条件"
    )
    results: list[MeasurementResultInput] = strawberry.field(description="测量结果")
    conclusion: Conclusion = strawberry.field(description="结论")
    conclusion_class: str | None = may("符合的等级")
    conclusion_reason: str | None = may("不合格原因；检定结果通知书必填")
    decision_rule: DecisionRule | None = may("校准给出符合性结论时的判定规则")
    tested_by: strawberry.ID = strawberry.field(description="检定/校准员")
    checked_by: strawberry.ID = strawberry.field(description="核验员，不得与检定/校准员同一人")
    approved_by: strawberry.ID = strawberry.field(description="批准人，须为授权签字人")
    fee_item: strawberry.ID | None = may("收费依据")
    fee: Decimal | None = may("费用，元")
    replaces: strawberry.ID | None = may("所代替的证书")
    replacement_kind: ReplacementKind | None = may("代替方式")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="签发证书的结果")
class CertificatePayload:
    """The certificate, or why it was not issued."""

    certificate: Certificate | None = strawberry.field(description="证书；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="经编号与查询码验证的证书")
class VerifiedCertificate:
    """What anyone with number and code may know."""

    number: str = strawberry.field(description="证书编号")
    kind: CertificateKind = strawberry.field(description="证书种类")
    state: CertificateState = strawberry.field(
        description="ISSUED 有效签发，REPLACED 已被代替，REVOKED 已撤销"
    )
    issuer: str = strawberry.field(description="出具机构")
    instrument_name: str | None = strawberry.field(description="器具名称")
    model_spec: str | None = strawberry.field(description="型号规格")
    serial_tail: str | None = strawberry.field(description="出厂编号末四位")
    test_date: date | None = strawberry.field(description="检定/校准日期")
    issue_date: date | None = strawberry.field(description="签发日期")
    valid_until: date | None = strawberry.field(description="有效期至")
    conclusion: Conclusion = strawberry.field(description="结论")
    file_matches: bool | None = strawberry.field(
        description="所给文件哈希是否为本证书的文件；未给哈希时为空"
    )

    imported: bool = strawberry.field(description="由数字证书导入，未经出具机构在本平台签发")

    @classmethod
    def of(cls, row: Any, file_sha256: str | None) -> "VerifiedCertificate":
        """What `row` shows to who knows its code."""
        item = row["item"] or {}
        serial = item.get("serialNo")
        known = {one.get("sha256") for one in row["files"]}
        return cls(
            number=row["number"],
            kind=row["kind"],
            state=row["state"],
            issuer=row["issuer_name"],
            instrument_name=item.get("name"),
            model_spec=item.get("modelSpec"),
            serial_tail=serial and serial[-4:],
            test_date=row["test_to"],
            issue_date=row["issue_date"],
            valid_until=row["valid_until"],
            conclusion=row["conclusion"],
            file_matches=None if file_sha256 is None else file_sha256.lower() in known,
            imported=row["source_system"] is not None,
        )


def draft_of(given: IssueCertificateInput) -> CertificateDraft:
    """The certificate that an input describes. BadInput for an id of another noun."""
    same = (
        "number kind client_uscc asset_no technical_basis received_at test_from test_to issue_date"
        " interval_months valid_until recalibration_agreed location conclusion conclusion_class"
        " conclusion_reason decision_rule fee replacement_kind"
    )
    return CertificateDraft(
        **{name: getattr(given, name) for name in same.split()},
        instrument_id=_key(given.instrument, "Instrument", "instrument"),
        authorization_id=_key(given.authorization, "Qualification", "authorization"),
        capability_id=_key(given.capability, "Capability", "capability"),
        tested_by_id=key_of(given.tested_by, "Personnel", ("input", "testedBy")),
        checked_by_id=key_of(given.checked_by, "Personnel", ("input", "checkedBy")),
        approved_by_id=key_of(given.approved_by, "Personnel", ("input", "approvedBy")),
        fee_item_id=_key(given.fee_item, "FeeItem", "feeItem"),
        replaces_id=_key(given.replaces, "Certificate", "replaces"),
        standards_used=[_standard(one) for one in given.standards_used],
        environment=[stored(one) for one in given.environment],
        results=[_result(one) for one in given.results],
    )


def _key(given: str | None, noun: str, name: str) -> Any:
    return None if given is None else key_of(given, noun, ("input", name))


def _standard(given: StandardUsedInput) -> StandardDraft:
    values = dict(vars(given))
    standard = _key(values.pop("standard"), "MeasurementStandard", "standardsUsed")
    return StandardDraft(standard_id=standard, **values)


def _result(given: MeasurementResultInput) -> ResultDraft:
    points = [PointDraft(**vars(one)) for one in given.points]
    return ResultDraft(**{**vars(given), "points": points})
