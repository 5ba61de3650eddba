"""Queries and mutations on people: personnel, user accounts, and who is asking."""

from typing import Any

import strawberry

from hub.actions.personnel_sync import PERSONNEL
from hub.tables.handed import PersonnelSync
from hub.tables.user import User as UserRow
from hub.vocabulary import Role
from schema.context import Info
from schema.personnel import Personnel
from schema.personnel_input import SyncPersonnelRow
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.sync import Naming, syncing
from schema.user import User


@strawberry.type(description="当前调用者")
class Me:
    """Who is asking."""

    login: str = strawberry.field(description="登录名；匿名时为 anonymous")
    user: User | None = strawberry.field(description="用户账号；匿名时为空")
    roles: list[Role] = strawberry.field(description="角色")
    permissions: list[str] = strawberry.field(description="可做的操作，名词:动词")


@strawberry.type
class PersonnelQuery:
    """People."""

    person: Any = lookup(Personnel, "按标识符取人员")
    personnel: Any = listing(Personnel, "人员列表；外单位人员姓名脱敏")
    users: Any = listing(User, "可见的用户账号")

    @strawberry.field(
        description="当前调用者及其权限",
        metadata={"statements": lambda actor: int(actor.user_id is not None), "once": True},
    )
    async def me(self, info: Info) -> Me:
        actor = info.context.actor
        account = None
        if actor.user_id is not None:
            account = await by_id(info.context, UserRow, actor.user_id)
        return Me(
            login=actor.login,
            user=account,
            roles=sorted(actor.roles),
            permissions=sorted(actor.permissions),
        )


@strawberry.type
class PersonnelMutation:
    """Changes of people."""

    sync_personnel: Any = syncing(
        PERSONNEL, SyncPersonnelRow, PersonnelSync, Personnel, Naming("person", "人员", "人员")
    )
