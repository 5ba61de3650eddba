"""Technical capabilities as clients see them: CMC lines."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

from hub.tables.capability import Capability as CapabilityRow
from hub.tables.fee import FeeItem as FeeItemRow
from hub.vocabulary import CapabilityState, CmcForm, MetrologyField
from loaders.keyset import By
from schema.declare import P, column, many, one
from schema.document import TechnicalDocument
from schema.fee import FeeItem
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.page import Connection
from schema.source import Source, source
from schema.values import Range, Value, say, value

if TYPE_CHECKING:
    from schema.qualification import Qualification

LazyQualification = Annotated["Qualification", strawberry.lazy("schema.qualification")]


@value("校准和测量能力（CMC）；k=2，另有说明者除外")
class Cmc(Value):
    """A calibration and measurement capability, as its form needs."""

    value: Decimal | None = say("常数形式的值")
    a: Decimal | None = say("线性形式 a + b·x 的 a")
    b: Decimal | None = say("线性形式 a + b·x 的 b")
    variable: str | None = say("线性形式的变量及其单位")
    unit: str | None = say("计量单位")
    k: Decimal | None = say("包含因子")
    text: str | None = say("文字或图形说明")


@noun(CapabilityRow, "技术能力：一条校准和测量能力（CMC）")
class Capability(Noun):
    """One CMC line."""

    code: str = column(P, "代码，同一资质内唯一", match=True, order=True)
    organization: Organization = one(P, "机构", by=col(CapabilityRow.organization_id), match=True)
    qualification: LazyQualification = one(
        P, "所属资质", by=col(CapabilityRow.qualification_id), match=True
    )
    field: MetrologyField = column(P, "计量专业", match=True, order=True)
    measured_object: str = column(P, "被测对象", match=True, order=True)
    parameter: str = column(P, "参数", match=True)
    basis: TechnicalDocument | None = one(P, "规范", by=col(CapabilityRow.basis_id), match=True)
    ranges: list[Range] = column(P, "测量范围", shape=Range)
    cmc_form: CmcForm = column(P, "CMC 的形式", match=True)
    cmc: Cmc = column(P, "校准和测量能力（CMC）", shape=Cmc)
    conditions: str | None = column(P, "条件")
    limitations: str | None = column(P, "限制说明")
    location: str | None = column(P, "地点")
    on_site: bool = column(P, "是否可到现场", match=True)
    fee_code: str | None = column(P, "收费代码", match=True)
    fee_items: Connection[FeeItem] = many(
        P,
        "收费依据：收费代码相同的各行，新的在前",
        by=col(FeeItemRow.code),
        of=col(CapabilityRow.fee_code),
        order=(By("effective_from", descending=True),),
    )
    state: CapabilityState = column(P, "状态", match=True)
    valid_from: date | None = column(P, "生效日期", match=True)
    valid_to: date | None = column(P, "有效期至", match=True, order=True)
    source: Source | None = source(P)
