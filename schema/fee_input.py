"""What a data steward's system states of a line of a fee notice."""

from datetime import date
from decimal import Decimal

import strawberry

from hub.vocabulary import FeeNature, PriceKind
from schema.inputs import may


@strawberry.input(description="加收规则")
class SurchargeInput:
    """A rule that adds to a fee."""

    rule: str = strawberry.field(description="规则原文")
    amount: Decimal | None = strawberry.field(default=None, description="加收金额，元")
    factor: Decimal | None = strawberry.field(default=None, description="加收比例，0.5 为加收 50%")


@strawberry.input(description="收费文件中的一行；省略的项不变，null 清空")
class SyncFeeRow:
    """What a system states of one line."""

    external_id: str | None = may("来源系统中的编号；有则先按它、再按收费项目与生效日期找")
    if_version: int | None = may("所见的版本号；平台上已是另一版时，此行为 CONFLICT")
    document: str | None = may("收费文件的文号或标题，须已在资料库中；新建时必填")
    code: str | None = may("项目代码；新建时必填")
    instrument_name: str | None = may("器具名称；新建时必填")
    accuracy: str | None = may("准确度等级；不分时为空")
    measuring_range: str | None = may("测量范围；不分时为空")
    charge_unit: str | None = may("收费单位；不详时为空")
    price_kind: PriceKind | None = may("计价方式")
    price: Decimal | None = may("价格，元；协商定价时可为空")
    price_to: Decimal | None = may("区间价的上限")
    currency: str | None = may("币种（ISO 4217）")
    surcharges: list[SurchargeInput] | None = may("加收规则")
    effective_from: date | None = may("生效日期，含当日")
    effective_to: date | None = may("失效日期，含当日；空为仍有效")
    nature: FeeNature | None = may("性质；新建时必填")
    note: str | None = may("说明")
