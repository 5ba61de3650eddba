"""What can be done with accounts: create one."""

import re
from collections.abc import Collection
from uuid import UUID

from hub.actor import Can
from hub.errors import BadInput, Words
from hub.tables.user import User
from hub.vocabulary import IdentMethod, Role
from hub.writer import Writer

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}", re.ASCII)
DISTRICT = re.compile(r"\d{2,6}", re.ASCII)


async def create_user(
    db: Writer,
    *,
    login_name: str,
    organization_id: UUID,
    roles: Collection[Role],
    password_hash: str | None = None,
    district: str | None = None,
    person_id: UUID | None = None,
) -> User:
    """A new account that acts for one organisation; `district` bounds the sight of oversight.

    `password_hash` is of a password that has passed `check_password` before it was hashed.

    BadInput for a login of another form, no role, or a district that is no prefix of GB/T 2260
    codes; Conflict for a login that is taken.
    """
    db.actor.must(Can.USER_WRITE)
    if not LOGIN.fullmatch(login_name):
        raise BadInput(
            "登录名须为 2 至 64 个小写字母、数字或 . _ @ -",
            "a login is 2 to 64 lower-case letters, digits or . _ @ -",
            path=("loginName",),
        )
    if not roles or Role.ANONYMOUS in roles:
        raise BadInput("账号至少要有一个角色", "an account needs a role", path=("roles",))
    if district is not None and not DISTRICT.fullmatch(district):
        raise BadInput(
            f"监管区划“{district}”不是 2 至 6 位数字",
            f"the district {district} is no two to six digits",
            hint=Words("如苏州市 3205", "such as 3205 for Suzhou"),
            path=("district",),
        )
    row = User(
        login_name=login_name,
        organization_id=organization_id,
        person_id=person_id,
        roles=sorted(roles),
        district=district,
        ident_methods=[IdentMethod.PASSWORD] if password_hash else [],
        password_hash=password_hash,
    )
    return await db.add(row, action="createUser")
