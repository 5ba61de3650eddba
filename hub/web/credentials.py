"""Who asks for a table: by password as spreadsheets send it, by token, or by a key in the address.

What a look at a password has found is remembered for a minute in the process, so that ten tables
that are refreshed together cost one Argon2, or one failure. Whether the account is active and still
has a password that was right is looked up each time.
"""

import asyncio
import base64
import binascii
import hmac
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from hub.actions.saved_query import Holder, holder
from hub.actions.session import Known, actor_of_known, not_admitted, recognise
from hub.actor import Actor
from hub.db import Database
from hub.errors import BadRequest, Unauthenticated, Words
from hub.times import Clock, utc_now
from hub.web.auth import LONGEST_LOGIN
from hub.web.failures import Failures
from hub.web.identities import Identities
from hub.web.negotiation import bearer

CHALLENGE = 'Basic realm="metrology data hub", charset="UTF-8"'
"""What makes Excel and Power BI ask for login and password (RFC 7617)."""
BASIC = re.compile(r"[Bb]asic +([0-9A-Za-z+/]+=*)")
REMEMBERED = 60.0
"""Seconds for which a password is remembered, right or wrong."""
MOST = 1_000
LONGEST_PASSWORD = 1_024


@dataclass(frozen=True, slots=True)
class Standing:
    """On whose behalf a request is served; by a key it is served one saved query alone."""

    admit: Callable[[], Awaitable[Actor]]
    """Who it is now. Unauthenticated as soon as the credentials are good no more."""
    query_id: UUID | None = None


class Credentials:
    """Reads the credentials of requests. Built once for a process."""

    def __init__(
        self,
        database: Database,
        identities: Identities,
        failures: Failures,
        *,
        now: Clock = utc_now,
    ) -> None:
        self._database = database
        self._identities = identities
        self._passwords = Passwords(database, failures, now=now)
        self._now = now

    async def standing(
        self, authorization: str | None, key: str | None, host: str, request_id: str
    ) -> Standing:
        """The standing of who brings these. BadRequest for two of them.

        Unauthenticated where they are good for nothing, Throttled and Busy as at signing in.
        """
        if key is not None:
            if authorization is not None:
                raise BadRequest(
                    "不能同时给出 key 与 Authorization", "give either key or Authorization"
                )
            held = await self._held(key)
            return Standing(lambda: self._holder(key), held.query_id)
        if authorization is None:
            raise Unauthenticated(
                "请先登录",
                "sign in first",
                hint=Words("用登录名与口令（Basic）、令牌或 key", "by password, token or key"),
            )
        if found := BASIC.fullmatch(authorization):
            login, password = _said(found[1])
            known = await self._passwords.known(login, password, host, request_id)
            return Standing(lambda: self._passwords.actor(known))
        token = bearer(authorization) or ""
        return Standing(lambda: self._identities.actor_of(token))

    async def _held(self, key: str) -> Holder:
        return await holder(self._database, key, now=self._now())

    async def _holder(self, key: str) -> Actor:
        return (await self._held(key)).actor


def _said(text: str) -> tuple[str, str]:
    """Login and password of Basic credentials (RFC 7617). Unauthenticated for what can be none."""
    try:
        login, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        login = colon = password = ""
    fits = len(login) <= LONGEST_LOGIN and login.isprintable() and len(password) <= LONGEST_PASSWORD
    if not (login and colon and password and fits):
        raise not_admitted()
    return login, password


class _Look(NamedTuple):
    """One look at a password, which finds whose it is, or that it is wrong."""

    until: float
    task: asyncio.Task[Known | None]


class Passwords:
    """The passwords of a moment ago, right and wrong, by marks that tell nothing of them."""

    def __init__(
        self,
        database: Database,
        failures: Failures,
        *,
        now: Clock = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._failures = failures
        self._now = now
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._looks: dict[bytes, _Look] = {}

    async def known(self, login: str, password: str, host: str, request_id: str) -> Known:
        """Whose password it is. Those who bring the same share one look at it, for a minute.

        Unauthenticated, counted once for each look; Throttled, Busy.
        """
        mark = hmac.digest(self._secret, f"{login}\0{password}".encode(), "sha256")
        look = self._looks.get(mark)
        if look is not None and self._clock() < look.until:
            known = await _seen(look)
            if await actor_of_known(self._database, known) is not None:
                return known
            newer = self._looks.get(mark)
            if newer is not None and newer is not look:
                return await _seen(newer)
        return await _seen(self._look(mark, login, password, host, request_id))

    async def actor(self, known: Known) -> Actor:
        """Who that is now. Unauthenticated where the password is another one by now."""
        actor = await actor_of_known(self._database, known)
        if actor is None:
            raise not_admitted()
        return actor

    def _look(self, mark: bytes, login: str, password: str, host: str, request_id: str) -> _Look:
        self._looks.pop(mark, None)
        if len(self._looks) >= MOST:
            del self._looks[next(iter(self._looks))]
        task = asyncio.create_task(self._recognised(login, password, host, request_id))
        look = self._looks[mark] = _Look(self._clock() + REMEMBERED, task)
        task.add_done_callback(lambda _: self._drop_failure(mark, look))
        return look

    async def _recognised(
        self, login: str, password: str, host: str, request_id: str
    ) -> Known | None:
        try:
            async with self._failures.watch(host):
                return await recognise(
                    self._database, login, password, now=self._now(), request_id=request_id
                )
        except Unauthenticated:
            return None

    def _drop_failure(self, mark: bytes, look: _Look) -> None:
        """Remember nothing where nobody could look."""
        failed = look.task.cancelled() or look.task.exception() is not None
        if failed and self._looks.get(mark) is look:
            del self._looks[mark]


async def _seen(look: _Look) -> Known:
    """Whose password was found. Unauthenticated for a wrong one."""
    known = await asyncio.shield(look.task)
    if known is None:
        raise not_admitted()
    return known
