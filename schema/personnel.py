"""Personnel as clients see them: masked outside their organisation."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import and_, case
from sqlmodel import col

from hub.tables.personnel import CertifiedItem as CertifiedItemRow
from hub.tables.personnel import Personnel as PersonnelRow
from hub.tables.personnel import PersonnelCertificate as PersonnelCertificateRow
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState
from loaders.keyset import By
from schema.declare import TODAY, A, O, Parts, R, S, Sql, column, computed, many, one
from schema.masks import EMAIL, NAME, PHONE, RESIDENT_ID, TAIL
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.source import Source, source
from schema.twins import constant
from schema.values import Value, say, value

if TYPE_CHECKING:
    from schema.capability import Capability

LazyCapability = Annotated["Capability", strawberry.lazy("schema.capability")]


def state_on(
    state: PersonnelCertificateState, valid_to: date | None, day: date
) -> PersonnelCertificateState:
    """The state of a certificate on a day: a valid one expires after its last day."""
    if state is PersonnelCertificateState.VALID and valid_to is not None and day > valid_to:
        return PersonnelCertificateState.EXPIRED
    return state


def state_sql(state: Sql, valid_to: Sql, day: Sql) -> Sql:
    """The twin of `state_on`."""
    over = and_(state == constant(PersonnelCertificateState.VALID), day > valid_to)
    return case((over, constant(PersonnelCertificateState.EXPIRED)), else_=state)


@value("奖惩或诚信记录")
class Discipline(Value):
    """A record of ethics or discipline."""

    on: str | None = strawberry.field(default=None, name="date", description="日期")
    text: str | None = say("内容")


@value("注册")
class Registration:
    """The registration of a metrologist."""

    registered_at: date | None = say("注册日期")
    valid_to: date | None = say("有效期至")

    @classmethod
    def of(cls, registered_at: date | None, valid_to: date | None) -> "Registration | None":
        """The registration, or None for who is not registered."""
        return (
            None if registered_at is None else cls(registered_at=registered_at, valid_to=valid_to)
        )

    @staticmethod
    def parts(registered_at: Sql, valid_to: Sql) -> Parts:
        """The twin of `of`."""
        told = {"registered_at": registered_at, "valid_to": valid_to}
        return Parts(told, present=registered_at.is_not(None))


@noun(PersonnelCertificateRow, "人员证件")
class PersonnelCertificate(Noun):
    """A certificate that a person holds."""

    kind: PersonnelCertificateKind = column(A, "种类", match=True)
    number: str | None = column(O, "编号；外单位只见末四位", mask=TAIL)
    items: list[str] = column(A, "项目")
    issued_at: date | None = column(A, "发证日期")
    valid_to: date | None = column(A, "有效期至")
    state: PersonnelCertificateState = computed(
        A,
        "状态；过期按查询当日判定",
        state_on,
        needs=[col(PersonnelCertificateRow.state), col(PersonnelCertificateRow.valid_to), TODAY],
        sql=state_sql,
    )


@noun(CertifiedItemRow, "授权或注册的检定/校准项目")
class CertifiedItem(Noun):
    """What a person is authorised to verify or calibrate."""

    item: str = column(A, "项目名称", match=True)
    capability: LazyCapability | None = one(A, "技术能力", by=col(CertifiedItemRow.capability_id))
    valid_from: date | None = column(A, "生效日期")
    valid_to: date | None = column(A, "有效期至")


@noun(PersonnelRow, "人员：检定、校准、核验、批准人员")
class Personnel(Noun):
    """A person."""

    name: str | None = column(O, "姓名；外单位只见姓", mask=NAME, match=True)
    employer: Organization | None = one(A, "所在机构", by=col(PersonnelRow.employer_id), match=True)
    staff_no: str | None = column(O, "工号", match=True)
    title: str | None = column(O, "职务/职称")
    resident_id: str | None = column(R, "身份证号", mask=RESIDENT_ID)
    phone: str | None = column(R, "电话", mask=PHONE)
    email: str | None = column(R, "电子邮箱", mask=EMAIL)
    photo_url: str | None = column(R, "照片")
    education: str | None = column(R, "学历")
    birth_date: date | None = column(R, "出生日期")
    certificates: list[PersonnelCertificate] = many(
        A, "证件", by=col(PersonnelCertificateRow.person_id), order=(By("issued_at"),)
    )
    certified_items: list[CertifiedItem] = many(
        A, "授权/注册项目", by=col(CertifiedItemRow.person_id), order=(By("item"),), most=50
    )
    registration: Registration | None = computed(
        A,
        "注册情况",
        Registration.of,
        needs=[col(PersonnelRow.registered_at), col(PersonnelRow.registration_valid_to)],
        sql=Registration.parts,
    )
    discipline: list[Discipline] | None = column(S, "奖惩或诚信记录", shape=Discipline)
    source: Source | None = source(O)
