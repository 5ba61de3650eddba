"""User accounts as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

from hub.tables.user import User as UserRow
from hub.vocabulary import IdentMethod, Role, UserState
from schema.declare import O, R, S, column, one
from schema.masks import EMAIL, PHONE
from schema.noun import Noun, noun
from schema.organization import Organization

if TYPE_CHECKING:
    from schema.personnel import Personnel

LazyPersonnel = Annotated["Personnel", strawberry.lazy("schema.personnel")]


@noun(UserRow, "用户账号：人或系统")
class User(Noun):
    """Who signs in."""

    login_name: str = column(O, "登录名", match=True, order=True)
    person: LazyPersonnel | None = one(O, "人员", by=col(UserRow.person_id))
    organization: Organization = one(O, "所属机构", by=col(UserRow.organization_id), match=True)
    roles: list[Role] = column(O, "角色")
    district: str | None = column(O, "监管区划：行政区划代码前缀")
    phone: str | None = column(R, "手机号", mask=PHONE)
    email: str | None = column(R, "电子邮箱", mask=EMAIL)
    ident_methods: list[IdentMethod] = column(O, "身份鉴别方式")
    state: UserState = column(O, "状态", match=True)
    last_login_at: datetime | None = column(S, "最近登录时刻")
    failed_logins: int | None = column(S, "连续登录失败次数")
