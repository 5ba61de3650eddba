"""Measurement standards as clients see them."""

from datetime import date
from decimal import Decimal

import strawberry
from sqlmodel import col

from hub.tables.document import TechnicalDocument as DocumentRow
from hub.tables.personnel import Personnel as PersonnelRow
from hub.tables.standard import MeasurementStandard as StandardRow
from hub.tables.standard import StandardDocument, StandardInstrument, StandardOperator
from hub.vocabulary import InstrumentRole, MetrologyField, StandardKind, StandardState
from loaders.keyset import By
from schema.declare import O, P, S, column, many, one
from schema.document import TechnicalDocument
from schema.instrument import Instrument
from schema.noun import Noun, Part, noun
from schema.organization import Organization
from schema.personnel import Personnel
from schema.source import Source, source
from schema.values import Mpe, Range, Uncertainty, Value, say, value


@value("一次稳定性考核或重复性试验")
class StandardCheck(Value):
    """One yearly check of a standard."""

    on: str | None = strawberry.field(default=None, name="date", description="日期")
    value: Decimal | None = say("结果")
    limit: Decimal | None = say("限值")
    ok: bool | None = say("是否合格")


@noun(StandardInstrument, "构成计量标准的一台器具")
class StandardMember(Part):
    """An instrument of a standard."""

    role: InstrumentRole = column(O, "STANDARD 标准器，AUXILIARY 配套设备")
    instrument: Instrument | None = one(O, "器具", by=col(StandardInstrument.instrument_id))


@noun(StandardRow, "计量标准")
class MeasurementStandard(Noun):
    """A measurement standard."""

    code: str = column(P, "计量标准代码（JJF 1022）", match=True, order=True)
    name: str = column(P, "名称", match=True, order=True)
    owner: Organization = one(P, "建标单位", by=col(StandardRow.owner_id), match=True)
    field: MetrologyField | None = column(P, "计量专业", match=True)
    measuring_ranges: list[Range] = column(P, "测量范围", shape=Range)
    uncertainty: Uncertainty | None = column(P, "不确定度", shape=Uncertainty)
    accuracy_class: str | None = column(P, "准确度等级")
    max_permissible_errors: list[Mpe] = column(P, "最大允许误差", shape=Mpe)
    kind: StandardKind = column(P, "类别", match=True)
    assessment_certificate_no: str | None = column(P, "计量标准考核证书号", match=True)
    valid_from: date | None = column(P, "考核证书生效日期")
    valid_to: date | None = column(P, "考核证书有效期至", match=True, order=True)
    public_standard_certificate_no: str | None = column(P, "社会公用计量标准证书号")
    members: list[StandardMember] | None = many(
        O,
        "标准器与配套设备",
        by=col(StandardInstrument.standard_id),
        order=(By("role"),),
        most=200,
    )
    stability: list[StandardCheck] | None = column(S, "稳定性考核", shape=StandardCheck)
    repeatability: list[StandardCheck] | None = column(S, "重复性试验", shape=StandardCheck)
    keeper: Personnel | None = one(S, "负责人", by=col(StandardRow.keeper_id))
    operators: list[Personnel] | None = many(
        S,
        "检定/校准人员",
        by=col(StandardOperator.standard_id),
        via=(col(StandardOperator.person_id), col(PersonnelRow.id)),
        most=50,
    )
    documents: list[TechnicalDocument] = many(
        P,
        "依据文件",
        by=col(StandardDocument.standard_id),
        via=(col(StandardDocument.document_id), col(DocumentRow.id)),
        order=(By("number"),),
        most=50,
    )
    authorized_items: list[str] = column(P, "可开展的检定/校准项目")
    state: StandardState = column(P, "状态", match=True)
    source: Source | None = source(O)
