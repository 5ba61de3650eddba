"""Technical documents as clients see them."""

from datetime import date
from typing import Annotated

import strawberry
from sqlalchemy import case
from sqlmodel import col

from hub.rules.document import state_on
from hub.tables.document import DocumentAdoption as AdoptionRow
from hub.tables.document import DocumentReplacement
from hub.tables.document import TechnicalDocument as DocumentRow
from hub.vocabulary import AdoptionState, DocumentKind, DocumentState
from loaders.keyset import By
from schema.declare import TODAY, A, O, P, S, Sql, column, computed, many, one
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.source import Source, source
from schema.twins import constant
from schema.values import Value, say, value

LazyDocument = Annotated["TechnicalDocument", strawberry.lazy("schema.document")]


def state_sql(day: Sql, effective_on: Sql, abolished_on: Sql, replaced_on: Sql) -> Sql:
    """The twin of `state_on`."""
    return case(
        (day < effective_on, constant(DocumentState.ADOPTED_UPCOMING)),
        (day >= replaced_on, constant(DocumentState.REPLACED)),
        (day >= abolished_on, constant(DocumentState.ABOLISHED)),
        else_=constant(DocumentState.IN_FORCE),
    )


@value("检定周期的规定")
class VerificationInterval(Value):
    """The longest interval that a regulation allows."""

    max_months: int | None = say("最长周期，月")
    clause: str | None = say("条款")


@noun(AdoptionRow, "实验室对技术资料的采用")
class DocumentAdoption(Noun):
    """How far a laboratory has adopted a document."""

    organization: Organization = one(O, "实验室", by=col(AdoptionRow.organization_id))
    state: AdoptionState = column(O, "采用状态", match=True)
    transition_until: date | None = column(O, "过渡期至")


@noun(DocumentRow, "技术资料：检定规程、校准规范、国家标准等")
class TechnicalDocument(Noun):
    """A technical document."""

    number: str = column(P, "编号，规范写法，如 JJG 52-2013", match=True, order=True)
    kind: DocumentKind = column(P, "种类", match=True)
    title_zh: str = column(P, "中文名称", match=True, order=True)
    title_en: str | None = column(P, "英文名称", match=True)
    issued: date | None = column(P, "发布日期", match=True, order=True)
    effective: date | None = column(P, "实施日期", match=True, order=True)
    abolished: date | None = column(P, "废止日期", match=True)
    state: DocumentState = computed(
        P,
        "状态，按查询当日判定",
        state_on,
        needs=[
            TODAY,
            col(DocumentRow.effective),
            col(DocumentRow.abolished),
            col(DocumentRow.replaced_on),
        ],
        sql=state_sql,
    )
    replaces: list[LazyDocument] = many(
        P,
        "所代替的文件",
        by=col(DocumentReplacement.document_id),
        via=(col(DocumentReplacement.replaced_id), col(DocumentRow.id)),
        order=(By("number"),),
    )
    superseded_by: list[LazyDocument] = many(
        P,
        "代替它的文件",
        by=col(DocumentReplacement.replaced_id),
        via=(col(DocumentReplacement.document_id), col(DocumentRow.id)),
        order=(By("number"),),
    )
    verification_interval: VerificationInterval | None = column(
        P, "检定周期的规定", shape=VerificationInterval
    )
    adoptions: list[DocumentAdoption] | None = many(
        S, "各实验室的采用情况", by=col(AdoptionRow.document_id)
    )
    file_url: str | None = column(A, "全文公开地址；受版权保护，不转存")
    evidence: str | None = column(
        P, "数据依据：stored-page、repository 或 recalled（凭记忆，待核）"
    )
    note: str | None = column(P, "说明")
    source: Source | None = source(P)
