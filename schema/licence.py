"""Applications for administrative licences as clients see them."""

from datetime import datetime

from sqlmodel import col

from hub.actions.licence import MOST_STAGES
from hub.tables.licence import LicenceApplication as ApplicationRow
from hub.tables.licence import LicenceStep as StepRow
from hub.vocabulary import LicenceStage
from loaders.keyset import By
from schema.declare import O, column, many, one
from schema.noun import Noun, Part, noun
from schema.organization import Organization
from schema.source import Source, source


@noun(StepRow, "行政许可的一个办理阶段，由行政审批系统推送")
class LicenceStep(Part):
    """A stage as it was told."""

    stage: LicenceStage = column(O, "阶段")
    seq: int = column(O, "在该申请中的顺序号")
    at: datetime = column(O, "到达的时刻")
    handler: str | None = column(O, "办理人")
    result: str | None = column(O, "办理结果")
    opinion: str | None = column(O, "办理意见")
    fits: bool = column(O, "能否接在前面的阶段之后；不能的已保存，缺的阶段补到之前不改变状态")


@noun(ApplicationRow, "行政许可申请及其办理进度（GB/T 39047-2020）")
class LicenceApplication(Noun):
    """An application."""

    acceptance_no: str = column(O, "受理编号", match=True, order=True)
    item: str = column(O, "事项名称", match=True)
    item_code: str | None = column(O, "事项代码（GB/T 39554.1-2020）", match=True)
    applicant: Organization | None = one(
        O, "申请单位；本平台没有此机构时为空", by=col(ApplicationRow.applicant_id), match=True
    )
    applicant_uscc: str = column(
        O,
        "申请单位的统一社会信用代码，推送所载；申请人为个人等、不是统一社会信用代码的，只存首末两位",
        match=True,
    )
    applicant_name: str = column(O, "申请单位的名称，推送所载")
    state: LicenceStage | None = column(
        O, "所处的阶段：依次相接的最后一个；尚无“申请”阶段时为空", match=True
    )
    state_at: datetime | None = column(O, "到达该阶段的时刻", match=True, order=True)
    result: str | None = column(O, "决定的结果")
    stages: list[LicenceStep] = many(
        O,
        "各阶段，按顺序号",
        by=col(StepRow.application_id),
        order=(By("seq"), By("at")),
        most=MOST_STAGES,
    )
    source: Source | None = source(O)
