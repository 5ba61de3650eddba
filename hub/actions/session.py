"""Who is signed in: passwords checked, and opaque tokens issued, looked up and revoked."""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, RowMapping, Select, func, literal, update
from sqlmodel import col

import hub.policies  # noqa: F401 -- accounts have their policy before they are read
from hub.actions.argon import turn
from hub.actor import SIGN_IN, Actor
from hub.db import Database
from hub.errors import NotFound, Refused, Unauthenticated, Words
from hub.policy import readable
from hub.tables.user import AccessToken, User
from hub.vocabulary import Role, UserState
from hub.writer import Writer

T = TypeVar("T")

LIFE = timedelta(hours=12)
LONGEST_LIFE = timedelta(days=366)
MOST_FAILURES = 5
LOCK = timedelta(minutes=15)
ACTING: tuple[Any, ...] = (
    col(User.id),
    col(User.login_name),
    col(User.organization_id),
    col(User.person_id),
    col(User.district),
    col(User.roles),
)
FORM = re.compile(r"hub_[0-9A-Za-z_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, in clear for the only time."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An account whose password was right, and the hash that it had then."""

    user_id: UUID
    password_hash: str | None = field(repr=False)


class Attempt(StrEnum):
    """How an attempt to sign in ended, as the audit tells it."""

    OK = "OK"
    UNKNOWN_LOGIN = "UNKNOWN_LOGIN"
    WRONG_PASSWORD = "WRONG_PASSWORD"  # noqa: S105  (a word of the audit)
    LOCKED_OUT = "LOCKED_OUT"
    NOT_ADMITTED = "NOT_ADMITTED"


async def hash_password(password: str) -> str:
    """The Argon2id hash to store for `password`. Busy when too many are being hashed."""
    async with turn() as argon:
        return await argon.hash(password)


async def sign_in(
    database: Database, login: str, password: str, *, now: datetime, request_id: str | None = None
) -> Issued:
    """A token of 12 hours for who knows the password of the account `login`.

    Unauthenticated, in the same words and after the same work, for an unknown login, a wrong
    password, and an account that is closed or locked; the fifth failure in a row locks it for
    15 minutes. Busy when 20 others wait already.
    """
    issue = partial(_issue, now=now, life=LIFE)
    return await _proven(database, login, password, issue, now, request_id)


async def recognise(
    database: Database, login: str, password: str, *, now: datetime, request_id: str | None = None
) -> Known:
    """Who knows the password of the account `login`, as `sign_in` finds out, without a token."""

    async def known(_: Writer, user: User) -> Known:
        return Known(user.id, user.password_hash)

    return await _proven(database, login, password, known, now, request_id)


async def actor_of_known(database: Database, known: Known) -> Actor | None:
    """The actor that an account is; None where it is not active, or has another password by now."""
    same = col(User.password_hash).is_not_distinct_from(known.password_hash)
    return await _active(database, known.user_id, same)


async def _proven(
    database: Database,
    login: str,
    password: str,
    then: Callable[[Writer, User], Awaitable[T]],
    now: datetime,
    request_id: str | None,
) -> T:
    # The account stays locked while its password is checked, so that guesses come one by one;
    # the turn comes first, so that those who wait for it hold no connection.
    async with turn() as argon, database.writer(SIGN_IN, request_id) as db:
        user = await _account(db, login)
        admitted = user if user is not None and _admits(user, now) else None
        stored = admitted.password_hash if admitted is not None else None
        if await argon.matches(stored, password) and admitted is not None:
            renewed = await argon.hash(password) if argon.is_outdated(stored) else stored
            admitted.password_hash = renewed
            await _welcome(db, admitted, now)
            return await then(db, admitted)
        await _turn_away(db, user, now, counted=admitted is not None)
    raise not_admitted()


def not_admitted() -> Unauthenticated:
    """The refusal of a login and password, whatever is wrong with them."""
    return Unauthenticated(
        "登录名或口令不正确，或账号暂不可用",
        "wrong login or password, or the account cannot be used for the moment",
        hint=Words(
            f"连续 {MOST_FAILURES} 次失败后账号锁定 15 分钟；忘记口令请联系本机构管理员",
            f"{MOST_FAILURES} failures in a row lock an account for 15 minutes;"
            " ask your administrator for a new password",
        ),
    )


async def issue_token(database: Database, login: str, *, ttl: timedelta, now: datetime) -> Issued:
    """A token for the account `login`, without its password, that lives for `ttl`.

    NotFound, or Refused for an account that is not active and a life that is not within a year.
    """
    if not timedelta() < ttl <= LONGEST_LIFE:
        raise Refused(
            f"令牌有效期应大于 0 且不超过 {LONGEST_LIFE.days} 天",
            f"a token lives longer than nothing and at most {LONGEST_LIFE.days} days",
            path=("ttl",),
        )
    async with database.writer(SIGN_IN) as db:
        user = await _account(db, login)
        if user is None:
            raise _no_such(login)
        if user.state is not UserState.ACTIVE:
            raise Refused(
                f"账号 {login} 已停用或注销", f"the account {login} is not active", path=("login",)
            )
        db.audit("issueToken", object_type="User", object_id=user.id)
        return await _issue(db, user, now, ttl)


async def actors_of(
    database: Database, digests: Collection[bytes], *, now: datetime
) -> dict[bytes, Actor]:
    """The actors whose tokens have these `digests`.

    Missing are those of no token of ours, of one that is expired or revoked, or of an account that
    is not active. Too many wrong passwords lock no one out who is signed in already.
    """
    kept = col(AccessToken.digest)
    statement = _holders(digests).where(
        col(AccessToken.revoked_at).is_(None),
        col(AccessToken.expires_at) > now,
        col(User.state) == UserState.ACTIVE,
    )
    async with database.reader(SIGN_IN) as db:
        rows = await db.all(statement.add_columns(kept))
    return {row["digest"]: _acting(row) for row in rows}


async def actor_called(database: Database, login: str) -> Actor:
    """The actor that the account `login` is, for whoever runs the hub. NotFound for no account."""
    called = readable(SIGN_IN, User).where(col(User.login_name) == login)
    async with database.reader(SIGN_IN) as db:
        row = await db.first(called.with_only_columns(*ACTING))
    if row is None:
        raise _no_such(login)
    return _acting(row)


async def actor_of_account(database: Database, user_id: UUID) -> Actor | None:
    """The actor that an account is, for work that goes on after its request; None if not active."""
    return await _active(database, user_id)


async def _active(database: Database, user_id: UUID, *also: ColumnElement[bool]) -> Actor | None:
    active = readable(SIGN_IN, User).where(
        col(User.id) == user_id, col(User.state) == UserState.ACTIVE, *also
    )
    async with database.reader(SIGN_IN) as db:
        row = await db.first(active.with_only_columns(*ACTING))
    return None if row is None else _acting(row)


async def actor_unchanged(
    database: Database, user_id: UUID, then: tuple[UUID, Collection[str], str | None]
) -> Actor | None:
    """The actor that an account is; None unless it is active and stands as it did `then`.

    That is its organisation, its roles in their order, and its district.
    """
    actor = await actor_of_account(database, user_id)
    if actor is None:
        return None
    now = (actor.organization_id, sorted(actor.roles), actor.district)
    return actor if now == then else None


def _no_such(login: str) -> NotFound:
    return NotFound(f"没有登录名 {login}", f"there is no login {login}")


def _acting(row: RowMapping) -> Actor:
    return Actor(
        login=row["login_name"],
        user_id=row["id"],
        organization_id=row["organization_id"],
        person_id=row["person_id"],
        district=row["district"],
        roles=frozenset(role for role in Role if role in row["roles"]),
    )


async def revoke(database: Database, token: str) -> None:
    """End `token`; nothing happens to one that has ended. Unauthenticated for no token of ours."""
    async with database.writer(SIGN_IN) as db:
        living = _holders([digest(token)]).where(col(AccessToken.revoked_at).is_(None))
        for row in await db.rows(living):
            db.audit("revokeToken", object_type="User", object_id=row["id"])
        await db.execute(
            update(AccessToken)
            .where(col(AccessToken.digest) == digest(token), col(AccessToken.revoked_at).is_(None))
            .values(revoked_at=func.now())
        )


def digest(token: str) -> bytes:
    """The SHA-256 under which `token` is kept. Unauthenticated for what cannot be a token."""
    if not FORM.fullmatch(token):
        raise unknown_token()
    return hashlib.sha256(token.encode()).digest()


def unknown_token() -> Unauthenticated:
    """The refusal of a token, whatever is wrong with it."""
    return Unauthenticated(
        "令牌无效或已过期",
        "the token is not valid, or not any more",
        hint=Words("请重新登录", "sign in again"),
    )


async def _account(db: Writer, login: str) -> User | None:
    try:
        return await db.one(readable(SIGN_IN, User).where(col(User.login_name) == login))
    except NotFound:
        return None


def _holders(digests: Collection[bytes]) -> Select[Any]:
    """The accounts that tokens were issued to, without their passwords."""
    return (
        readable(SIGN_IN, User)
        .join(AccessToken, col(AccessToken.user_id) == col(User.id))
        .where(col(AccessToken.digest) == func.any(literal(list(digests), ARRAY(LargeBinary))))
        .with_only_columns(*ACTING)
    )


def _admits(user: User, now: datetime) -> bool:
    return user.state is UserState.ACTIVE and (user.locked_until or now) <= now


async def _welcome(db: Writer, user: User, now: datetime) -> None:
    await _keep(
        db,
        user,
        password_hash=user.password_hash,
        failed_logins=0,
        locked_until=None,
        last_login_at=now,
    )
    db.audit(
        "signIn",
        result=Attempt.OK,
        subject_id=user.id,
        login=user.login_name,
        organization_id=user.organization_id,
        roles=sorted(user.roles),
    )


async def _turn_away(db: Writer, user: User | None, now: datetime, *, counted: bool) -> None:
    """Count and audit a failure. What was typed as a login is not kept: it may be a password."""
    if user is None:
        db.audit("signIn", result=Attempt.UNKNOWN_LOGIN)
        return
    result = Attempt.NOT_ADMITTED
    if counted:
        failed = 1 + (0 if user.locked_until else user.failed_logins)
        result = Attempt.LOCKED_OUT if failed >= MOST_FAILURES else Attempt.WRONG_PASSWORD
        until = now + LOCK if result is Attempt.LOCKED_OUT else None
        await _keep(db, user, failed_logins=failed, locked_until=until)
    db.audit("signIn", result=result, object_type="User", object_id=user.id)


async def _keep(db: Writer, user: User, **values: Any) -> None:
    """Note what a sign-in leaves on the account: no new version of it, and no news."""
    await db.execute(update(User).where(col(User.id) == user.id).values(**values))


async def _issue(db: Writer, user: User, now: datetime, life: timedelta) -> Issued:
    issued = Issued(f"hub_{secrets.token_urlsafe(32)}", now + life)
    await db.attach(
        [
            AccessToken(
                digest=digest(issued.token),
                user_id=user.id,
                created_at=now,
                expires_at=issued.expires_at,
            )
        ]
    )
    return issued
