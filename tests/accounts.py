"""Accounts to sign in to, and what is kept of them."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import text

from hub.actions.session import hash_password
from hub.actor import SIGN_IN
from hub.db import Database
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import Role

PASSWORD = "kJ8#vQ2x-blue"  # noqa: S105  (of no one but the tests)


@dataclass
class Accounts:
    """Makes accounts that all have the same password, and reads what is kept of them."""

    database: Database
    password_hash: str

    @classmethod
    async def of(cls, database: Database) -> Self:
        """The accounts of `database`."""
        return cls(database, await hash_password(PASSWORD))

    async def given(self, **values: Any) -> User:
        """A new account of a new organisation."""
        unique = uuid4().hex
        async with self.database.writer(SIGN_IN) as db:
            owner = Organization(
                uscc=unique[:18].upper(), uscc_check_passed=False, name=f"机构 {unique}"
            )
            await db.add(owner, action="given")
            user = User(
                **{
                    "login_name": f"user-{unique}",
                    "organization_id": owner.id,
                    "roles": [Role.USER.value],
                    "password_hash": self.password_hash,
                    **values,
                }
            )
            return await db.add(user, action="given")

    async def row(self, user: User) -> Any:
        """The stored account."""
        return (await self.rows("SELECT * FROM user_account WHERE id = :id", id=user.id))[0]

    async def attempts(self, user: User) -> list[str]:
        """How the attempts to sign in as `user` ended, sorted."""
        rows = await self.rows(
            "SELECT result FROM audit_event WHERE action = 'signIn'"
            " AND :id IN (subject_id, object_id) ORDER BY 1",
            id=user.id,
        )
        return [row.result for row in rows]

    async def rows(self, sql: str, **values: Any) -> Any:
        """What `sql` gives to the role that sees every account."""
        async with self.database.engine(SIGN_IN).connect() as connection:
            await connection.execute(text("SELECT set_config('app.org', '*', true)"))
            return (await connection.execute(text(sql), values)).all()
