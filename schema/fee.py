"""The fee basis as clients see it."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry
from sqlmodel import col

from hub.tables.fee import FeeDocument as FeeDocumentRow
from hub.tables.fee import FeeItem as FeeItemRow
from hub.vocabulary import FeeNature, PriceKind
from loaders.keyset import By
from schema.declare import P, column, many, one
from schema.noun import Noun, noun
from schema.page import Connection
from schema.source import Source, source
from schema.values import Value, say, value

LazyFeeItem = Annotated["FeeItem", strawberry.lazy("schema.fee")]


@value("加收规则")
class Surcharge(Value):
    """A rule that adds to a fee."""

    rule: str | None = say("规则原文")
    amount: Decimal | None = say("加收金额，元")
    factor: Decimal | None = say("加收比例，0.5 为加收 50%")


@noun(FeeDocumentRow, "收费依据文件")
class FeeDocument(Noun):
    """A notice that fixes fees."""

    title: str = column(P, "标题", match=True, order=True)
    number: str = column(P, "文号；不详时为空", match=True)
    issuer: str | None = column(P, "发文机关")
    region: str | None = column(P, "适用地区", match=True)
    year: int | None = column(P, "年份", match=True, order=True)
    repealed_year: int | None = column(P, "废止年份", match=True)
    state: str | None = column(P, "状态")
    evidence: str | None = column(P, "数据依据：stored-page 为公开网页，recalled 为凭记忆待核")
    note: str | None = column(P, "说明")
    items: Connection[LazyFeeItem] = many(
        P, "收费项目", by=col(FeeItemRow.document_id), order=(By("code"),)
    )
    source: Source | None = source(P)


@noun(FeeItemRow, "收费项目：收费文件中的一行")
class FeeItem(Noun):
    """One line of a fee document."""

    code: str = column(P, "项目代码", match=True, order=True)
    document: FeeDocument = one(P, "收费文件", by=col(FeeItemRow.document_id), match=True)
    instrument_name: str = column(P, "器具名称", match=True, order=True)
    accuracy: str = column(P, "准确度等级；不分时为空")
    measuring_range: str = column(P, "测量范围；不分时为空")
    charge_unit: str = column(P, "收费单位")
    price_kind: PriceKind = column(P, "计价方式", match=True)
    price: Decimal | None = column(P, "价格；协商定价时为空", match=True, order=True)
    price_to: Decimal | None = column(P, "区间价的上限")
    currency: str = column(P, "币种（ISO 4217）")
    surcharges: list[Surcharge] = column(P, "加收规则", shape=Surcharge)
    effective_from: date | None = column(P, "生效日期，含当日", match=True, order=True)
    effective_to: date | None = column(P, "失效日期，含当日；空为仍有效", match=True)
    nature: FeeNature = column(P, "性质", match=True)
    note: str | None = column(P, "说明")
    source: Source | None = source(P)
