"""Signing in and out over HTTP."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette

from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.errors import Unauthenticated
from hub.settings import Settings
from hub.web.auth import auth_routes
from hub.web.failures import MOST, Failures
from hub.web.identities import Identities
from tests.accounts import PASSWORD, Accounts

LOGIN, LOGOUT = "/auth/login", "/auth/logout"
SETTINGS = Settings()


@pytest.fixture(scope="module")
async def accounts(database: Database) -> Accounts:
    return await Accounts.of(database)


@pytest.fixture(scope="module")
async def valkey(servers: Embedded) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis_url) as client:
        yield client


@pytest.fixture(scope="module")
def identities(database: Database) -> Identities:
    return Identities(database)


@pytest.fixture(scope="module")
def app(database: Database, valkey: Redis, identities: Identities) -> Starlette:
    return Starlette(routes=auth_routes(database, Failures(valkey), identities, SETTINGS))


@pytest.fixture
def host() -> str:
    """An address that no other test has."""
    return str(IPv4Address(uuid4().int >> 96))


@pytest.fixture
async def http(app: Starlette, host: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app, host) as found:
        yield found


def client(app: Starlette, host: str) -> httpx.AsyncClient:
    """A client of `app` at the address `host`."""
    transport = httpx.ASGITransport(app, client=(host, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://hub")


async def sign_in(http: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    return await http.post(LOGIN, json={"login": login, "password": password})


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_login_and_password_are_exchanged_for_a_token_of_twelve_hours(
    http: httpx.AsyncClient, accounts: Accounts, identities: Identities
) -> None:
    user = await accounts.given()

    answer = await sign_in(http, user.login_name)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"token", "expiresAt"}
    left = datetime.fromisoformat(answer.json()["expiresAt"]) - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)
    assert (await identities.actor_of(answer.json()["token"])).user_id == user.id


async def test_logout_ends_the_token_at_once(
    http: httpx.AsyncClient, accounts: Accounts, identities: Identities
) -> None:
    user = await accounts.given()
    token = (await sign_in(http, user.login_name)).json()["token"]
    await identities.actor_of(token)

    answers = [await http.post(LOGOUT, headers=bearing(token)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].content == b""
    assert "content-length" not in answers[0].headers
    with pytest.raises(Unauthenticated):
        await identities.actor_of(token)


@pytest.mark.parametrize(
    "headers",
    [{}, bearing("hub_short"), bearing("令牌".encode().hex()), {"authorization": "Basic x"}],
)
async def test_logout_without_a_token_is_refused(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await http.post(LOGOUT, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "UNAUTHENTICATED"


async def test_a_wrong_login_and_a_wrong_password_get_the_same_bytes(
    http: httpx.AsyncClient, accounts: Accounts
) -> None:
    user, locked = await accounts.given(), await accounts.given(failed_logins=4)
    http.headers["x-request-id"] = "the-same-request"

    answers = [
        await sign_in(http, login, "wrong")
        for login in (user.login_name, "nobody", locked.login_name, locked.login_name)
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    assert answers[0].json().keys() == {"code", "message", "hint", "requestId"}


async def test_a_refusal_speaks_the_language_of_the_caller(http: httpx.AsyncClient) -> None:
    chinese = await sign_in(http, "nobody")
    http.headers["accept-language"] = "en"
    english = await sign_in(http, "nobody")

    assert chinese.json()["message"].startswith("登录名或口令不正确")
    assert english.json()["message"].startswith("wrong login or password")


async def test_an_address_that_failed_twenty_times_waits_even_with_the_right_password(
    app: Starlette, http: httpx.AsyncClient, accounts: Accounts
) -> None:
    user = await accounts.given()

    guesses = await asyncio.gather(*(sign_in(http, f"nobody-{n}") for n in range(MOST + 1)))
    late = await sign_in(http, user.login_name)
    async with client(app, "2001:db8::7") as elsewhere:
        other = await sign_in(elsewhere, user.login_name)

    assert sorted(answer.status_code for answer in guesses) == [*MOST * [401], 429]
    assert (late.status_code, late.json()["code"]) == (429, "THROTTLED")
    assert 0 < int(late.headers["retry-after"]) <= 900
    assert other.status_code == 200


async def test_signing_in_well_uses_nothing_of_the_budget(
    http: httpx.AsyncClient, accounts: Accounts, valkey: Redis, host: str
) -> None:
    user = await accounts.given()
    await valkey.set(f"hub:failures:{host}", MOST - 1, ex=900)

    answers = [await sign_in(http, user.login_name) for _ in range(2)]
    failure, late = await sign_in(http, "nobody"), await sign_in(http, user.login_name)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (failure.status_code, late.status_code) == (401, 429)


HOSTILE: dict[str, tuple[int, bytes]] = {
    "nothing": (400, b""),
    "half": (400, b'{"login": "a'),
    "not UTF-8": (400, b'{"login": "\xff", "password": "x"}'),
    "a list": (400, b'[{"login": "a", "password": "b"}]'),
    "null": (400, b"null"),
    "deep": (400, b'{"login":' + 40 * b"[" + 40 * b"]" + b"}"),
    "no password": (400, b'{"login": "a"}'),
    "a number": (400, b'{"login": 1, "password": "x"}'),
    "an object": (400, b'{"login": "a", "password": {"$ne": null}}'),
    "empty": (400, b'{"login": "", "password": "x"}'),
    "NUL": (400, b'{"login": "a\\u0000b", "password": "x"}'),
    "lone surrogate": (400, b'{"login": "\\ud800", "password": "x"}'),
    "long login": (400, orjson.dumps({"login": 65 * "a", "password": "x"})),
    "large": (413, orjson.dumps({"login": "a", "password": 5_000 * "x"})),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_body_is_refused_before_any_work(
    http: httpx.AsyncClient, valkey: Redis, host: str, kind: str
) -> None:
    status, body = HOSTILE[kind]

    answer = await http.post(LOGIN, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert answer.json()["code"] in {"BAD_REQUEST", "BAD_INPUT"}
    assert answer.json()["message"]
    assert answer.headers["cache-control"] == "no-store"
    assert not await valkey.exists(f"hub:failures:{host}")


@pytest.mark.parametrize("login", ["' OR 1=1 --", "%", "用户", "😀" * 64, "a" * 64, "Robert'); --"])
async def test_a_strange_login_is_only_unknown(http: httpx.AsyncClient, login: str) -> None:
    answer = await sign_in(http, login)

    assert answer.status_code == 401


async def test_a_long_password_with_any_character_is_only_wrong(http: httpx.AsyncClient) -> None:
    answer = await sign_in(http, "nobody", "\0口令😀" * 100)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=gbk"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {},
    ],
)
async def test_only_plain_json_is_read(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    body = orjson.dumps({"login": "a", "password": "b"})

    answer = await http.post(LOGIN, content=gzip.compress(body), headers=headers)

    assert answer.status_code == 415
    assert answer.json()["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("address", [LOGIN, LOGOUT])
async def test_only_post_is_served(http: httpx.AsyncClient, address: str) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        answer = await http.request(method, address)

        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"


async def test_a_database_that_is_away_is_told_and_is_no_failure_of_the_caller(
    valkey: Redis, host: str
) -> None:
    away = Database("postgresql+asyncpg://hub@127.0.0.1:1/hub", 1)
    app = Starlette(routes=auth_routes(away, Failures(valkey), Identities(away), SETTINGS))

    async with client(app, host) as http:
        answer = await sign_in(http, "nobody")

    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert int(await valkey.get(f"hub:failures:{host}") or 0) == 0
    await away.close()


async def test_a_crowd_is_told_to_come_back(app: Starlette, accounts: Accounts) -> None:
    user = await accounts.given()

    async def from_somewhere(number: int) -> Any:
        async with client(app, f"2001:db8:{number:x}::1") as http:
            return await sign_in(http, user.login_name)

    answers = await asyncio.gather(*(from_somewhere(number) for number in range(60)))

    assert {answer.status_code for answer in answers} == {200, 503}
    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.json()["code"] for answer in busy} == {"BUSY"}
    assert {answer.headers["retry-after"] for answer in busy} == {"1"}
