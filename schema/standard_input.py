"""What a laboratory's system states of a measurement standard."""

import datetime
from decimal import Decimal

import strawberry

from hub.vocabulary import MetrologyField, StandardKind, StandardState
from schema.inputs import MpeInput, RangeInput, UncertaintyInput, may


@strawberry.input(description="一次稳定性考核或重复性试验")
class StandardCheckInput:
    """One yearly check of a standard."""

    date: datetime.date | None = strawberry.field(default=None, description="日期")
    value: Decimal | None = strawberry.field(default=None, description="结果")
    limit: Decimal | None = strawberry.field(default=None, description="限值")
    ok: bool | None = strawberry.field(default=None, description="是否合格")


@strawberry.input(description="一项计量标准；省略的项不变，null 清空")
class SyncStandardRow:
    """What a system states of one standard."""

    external_id: str | None = may("来源系统中的编号；有则先按它、再按计量标准代码找")
    if_version: int | None = may("所见的版本号；平台上已是另一版时，此行为 CONFLICT")
    code: str | None = may("计量标准代码（JJF 1022）；新建时必填")
    name: str | None = may("名称；新建时必填")
    kind: StandardKind | None = may("类别；新建时必填；是否社会公用计量标准以登记为准")
    field: MetrologyField | None = may("计量专业")
    measuring_ranges: list[RangeInput] | None = may("测量范围")
    uncertainty: UncertaintyInput | None = may("不确定度")
    accuracy_class: str | None = may("准确度等级")
    max_permissible_errors: list[MpeInput] | None = may("最大允许误差")
    assessment_certificate_no: str | None = may("计量标准考核证书号")
    valid_from: datetime.date | None = may("考核证书生效日期")
    valid_to: datetime.date | None = may("考核证书有效期至")
    stability: list[StandardCheckInput] | None = may("稳定性考核")
    repeatability: list[StandardCheckInput] | None = may("重复性试验")
    keeper_staff_no: str | None = may("负责人的工号，须为本机构已有人员")
    authorized_items: list[str] | None = may("可开展的检定/校准项目")
    state: StandardState | None = may("状态；撤销之后不再由同步改变")
