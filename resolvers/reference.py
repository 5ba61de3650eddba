"""The public libraries: capability, qualification, fees, documents, catalogue."""

from datetime import date
from typing import Annotated, Any

import strawberry
from sqlmodel import col

from hub.actions.fee_sync import FEES
from hub.policy import sighted
from hub.rules.fee import FeeLine, price_on
from hub.tables.fee import FeeItem as FeeItemRow
from hub.tables.handed import FeeItemSync
from loaders.keyset import By
from schema.capability import Capability
from schema.catalogue import CatalogueItem
from schema.comparison import DegreeOfEquivalence
from schema.context import Info
from schema.document import TechnicalDocument
from schema.fee import FeeDocument, FeeItem
from schema.fee_input import SyncFeeRow
from schema.qualification import Qualification
from schema.root import listing, lookup
from schema.standard import MeasurementStandard
from schema.sync import Naming, syncing


@strawberry.type
class ReferenceQuery:
    """The public libraries."""

    measurement_standard: Any = lookup(MeasurementStandard, "按标识符取计量标准")
    measurement_standards: Any = listing(MeasurementStandard, "计量标准列表", order=(By("code"),))
    capability: Any = lookup(Capability, "按标识符取技术能力")
    capabilities: Any = listing(Capability, "技术能力列表", order=(By("code"),))
    qualification: Any = lookup(Qualification, "按标识符取资质")
    qualifications: Any = listing(Qualification, "资质列表", order=(By("number"),))
    fee_item: Any = lookup(FeeItem, "按标识符取收费项目")
    fee_items: Any = listing(FeeItem, "收费项目列表", order=(By("code"),))
    fee_document: Any = lookup(FeeDocument, "按标识符取收费文件")
    fee_documents: Any = listing(FeeDocument, "收费文件列表")
    technical_document: Any = lookup(TechnicalDocument, "按标识符取技术资料")
    technical_documents: Any = listing(TechnicalDocument, "技术资料列表", order=(By("number"),))
    catalogue_item: Any = lookup(CatalogueItem, "按标识符取强检目录项")
    catalogue_items: Any = listing(CatalogueItem, "强制管理计量器具目录")
    degree_of_equivalence: Any = lookup(DegreeOfEquivalence, "按标识符取等效度")
    degrees_of_equivalence: Any = listing(DegreeOfEquivalence, "国际关键比对的等效度")

    @strawberry.field(
        description="某日有效的收费；没有则为空，同日两条有效则报错",
        metadata={"statements": 1, "weight": 5},
    )
    async def price(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="收费项目代码")],
        on: Annotated[date | None, strawberry.argument(description="日期，默认今天")] = None,
        compulsory: Annotated[bool, strawberry.argument(description="是否强制检定")] = False,
    ) -> FeeItem | None:
        reader = info.context.reader
        rows = await reader.all(
            sighted(reader.actor, FeeItemRow).where(col(FeeItemRow.code) == code)
        )
        priced = [
            (
                FeeLine(
                    code, row["price"], row["effective_from"], row["effective_to"], row["nature"]
                ),
                row,
            )
            for row in rows
            if row["price"] is not None and row["effective_from"] is not None
        ]
        day = on or info.context.today
        found = price_on([line for line, _ in priced], code, day, compulsory=compulsory)
        return next((FeeItem.of(row) for line, row in priced if line is found), None)


@strawberry.type
class ReferenceMutation:
    """Changes of the public libraries."""

    sync_fees: Any = syncing(
        FEES, SyncFeeRow, FeeItemSync, FeeItem, Naming("feeItem", "收费项目", "收费项目")
    )
