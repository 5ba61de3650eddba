"""The demo's logins, as `hub up --demo` prints them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.actions.session import issue_token
from hub.db import Database
from hub.demo import cast
from hub.demo.seed import seed
from hub.keys import Keyring
from hub.times import today

LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Login:
    """One login: who it is, a token, and the password in the run that made the account."""

    login: str
    who: str
    token: str
    password: str


async def seeded(database_url: str, keys: Keyring) -> list[Login]:
    """Seed the demo, its DCC files included; its logins, with a token of 30 days each."""
    database = Database(database_url, 4)
    names = {one.uscc: one.name for one in cast.ORGANIZATIONS}
    try:
        demo = await seed(database, today=today(), keys=keys)
        return [
            Login(
                one.login,
                f"{names[one.uscc]} · {'、'.join(sorted(role.label for role in one.roles))}",
                (await issue_token(database, one.login, ttl=LIFE, now=datetime.now(UTC))).token,
                demo.passwords.get(one.login, ""),
            )
            for one in cast.ACCOUNTS
        ]
    finally:
        await database.close()
