"""Qualifications as clients see them."""

from datetime import date

from sqlalchemy import and_, case
from sqlmodel import col

from hub.tables.capability import Capability as CapabilityRow
from hub.tables.qualification import Qualification as QualificationRow
from hub.vocabulary import QualificationKind, QualificationState
from loaders.keyset import By
from schema.capability import Capability
from schema.declare import TODAY, P, Sql, column, computed, many, one
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.page import Connection
from schema.source import Source, source
from schema.twins import constant


def state_on(state: QualificationState, valid_to: date | None, day: date) -> QualificationState:
    """The state of a qualification on a day: a valid one expires after its last day."""
    if state is QualificationState.VALID and valid_to is not None and day > valid_to:
        return QualificationState.EXPIRED
    return state


def state_sql(state: Sql, valid_to: Sql, day: Sql) -> Sql:
    """The twin of `state_on`."""
    over = and_(state == constant(QualificationState.VALID), day > valid_to)
    return case((over, constant(QualificationState.EXPIRED)), else_=state)


@noun(QualificationRow, "资质：计量授权、CNAS 认可、CMA 资质认定、计量标准考核")
class Qualification(Noun):
    """What an organisation is entitled to."""

    number: str = column(P, "证书编号，同一种类内唯一", match=True, order=True)
    holder: Organization = one(P, "持有机构", by=col(QualificationRow.holder_id), match=True)
    kind: QualificationKind = column(P, "种类", match=True)
    scope: Connection[Capability] = many(
        P, "能力范围", by=col(CapabilityRow.qualification_id), order=(By("code"),)
    )
    scope_file: str | None = column(P, "能力范围附件")
    issuer: str | None = column(P, "发证机关", match=True)
    valid_from: date | None = column(P, "生效日期", match=True)
    valid_to: date | None = column(P, "有效期至", match=True, order=True)
    state: QualificationState = computed(
        P,
        "状态；过期按查询当日判定",
        state_on,
        needs=[col(QualificationRow.state), col(QualificationRow.valid_to), TODAY],
        sql=state_sql,
    )
    source: Source | None = source(P)
