"""What clients say of an instrument when they create or change one."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    InstrumentRole,
    InstrumentState,
    ManagementClass,
    MetrologyField,
    VerificationForm,
)
from schema.inputs import MpeInput, QuantityInput, RangeInput, UncertaintyInput, may, stored
from schema.instrument import Instrument
from schema.payload import Problem


@strawberry.input(description="计量器具的内容；省略的项不变，null 清空")
class InstrumentContent:
    """Everything of an instrument that its owner says."""

    asset_no: str | None = may("管理编号（计量编号）")
    fixed_asset_no: str | None = may("固定资产编号")
    name: str | None = may("器具名称；新建时必填")
    model_spec: str | None = may("型号规格")
    serial_no: str | None = may("出厂编号")
    manufacturer: str | None = may("制造单位")
    origin: str | None = may("产地")
    measuring_ranges: list[RangeInput] | None = may("测量范围")
    accuracy_class: str | None = may("准确度等级")
    max_permissible_errors: list[MpeInput] | None = may("最大允许误差")
    uncertainty: UncertaintyInput | None = may("不确定度")
    resolution: QuantityInput | None = may("分辨力")
    scale_interval: QuantityInput | None = may("分度值")
    field: MetrologyField | None = may("计量专业")
    management_class: ManagementClass | None = may("ABC 管理类别")
    role: InstrumentRole | None = may("用作")
    compulsory: bool | None = may("是否强制检定")
    compulsory_purpose: CompulsoryPurpose | None = may("强制检定用途；强检时必填")
    catalogue_item: str | None = may("强检目录项别")
    catalogue_kind: str | None = may("强检目录种别")
    compulsory_code: str | None = may("强管唯一性号")
    verification_form: VerificationForm | None = may("强检方式")
    calibration_mode: CalibrationMode | None = may("溯源方式；强检时须为检定")
    interval_months: int | None = may("检定/校准周期，月，1 至 120")
    last_date: date | None = may("最近检定/校准日期；已有本平台签发的证书时不能修改，以证书为准")
    department: str | None = may("使用部门")
    location: str | None = may("使用地点")
    custodian: str | None = may("保管人")
    install_district: str | None = may("使用地点行政区划代码")
    purchase_date: date | None = may("购置日期")
    purchase_price: Decimal | None = may("购置价格，元")
    purchase_supplier: str | None = may("供应商")
    photo_urls: list[str] | None = may("照片")
    remark: str | None = may("备注")


@strawberry.input(description="台账中的一行；省略的项不变，null 清空")
class SyncInstrumentRow(InstrumentContent):
    """What a system states of one instrument."""

    external_id: str | None = may("来源系统中的编号；有则先按它、再按管理编号找器具")
    if_version: int | None = may("所见的版本号；台账中已是另一版时，此行为 CONFLICT")
    status: InstrumentState | None = may("状态；在本平台变更过之后以本平台为准")


@strawberry.input(description="新建计量器具")
class CreateInstrumentInput:
    """A new line of the ledger."""

    content: InstrumentContent = strawberry.field(description="内容")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="修改计量器具")
class UpdateInstrumentInput:
    """A change of a line."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    content: InstrumentContent | None = strawberry.field(default=None, description="要修改的内容")
    status: InstrumentState | None = strawberry.field(default=None, description="新状态")
    status_reason: str | None = strawberry.field(default=None, description="状态变更原因")
    unsealed_on: date | None = strawberry.field(default=None, description="启封日期")
    approved: bool = strawberry.field(default=False, description="报废是否已经批准")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="计量器具退出台账")
class RetireInstrumentInput:
    """The end of a line."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    reason: str = strawberry.field(description="原因")
    approved: bool = strawberry.field(
        default=False, description="退出台账是否已经批准；已报废的器具不需要"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="计量器具恢复到台账")
class RestoreInstrumentInput:
    """The return of a line."""

    id: strawberry.ID = strawberry.field(description="标识符，见其删除的变更")
    expected_version: int = strawberry.field(description="其删除的变更中的版本号；已变则拒绝")
    reason: str = strawberry.field(description="原因")
    approved: bool = strawberry.field(default=False, description="恢复是否已经批准")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="合并台账中的两行：其实是同一件计量器具")
class MergeInstrumentsInput:
    """Two lines that are one instrument."""

    keep: strawberry.ID = strawberry.field(description="保留的一行")
    keep_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    drop: strawberry.ID = strawberry.field(description="并入而退出台账的一行")
    drop_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="修改计量器具的结果")
class InstrumentPayload:
    """The instrument as it is now, or why nothing was done."""

    instrument: Instrument | None = strawberry.field(description="计量器具；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


def columns_of(content: InstrumentContent | None) -> dict[str, Any]:
    """The columns that an input sets; what it leaves out is left alone."""
    given = {} if content is None else vars(content)
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is UNSET:
            continue
        if name in ("measuring_ranges", "max_permissible_errors"):
            values[name] = [stored(one) for one in value or ()]
        elif name == "uncertainty":
            values[name] = stored(value) if value else None
        elif name in ("resolution", "scale_interval"):
            values[f"{name}_value"] = value.value if value else None
            values[f"{name}_unit"] = value.unit if value else None
        elif value is None and name in REQUIRED:
            values[name] = REQUIRED[name]
        else:
            values[name] = value
    return values


REQUIRED: dict[str, Any] = {
    "name": "",
    "role": InstrumentRole.WORKING,
    "compulsory": False,
    "photo_urls": [],
}
