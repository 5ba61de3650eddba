"""Who has a table: by password as Excel sends it, by token, by a key in the address."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hub.actions.saved_query import holder
from hub.actions.session import LONGEST_LIFE
from hub.errors import Unauthenticated
from hub.vocabulary import Role
from hub.web import failures
from tests.doors import HubClient
from tests.exports.verbs import Requester, a_requester, read_csv
from tests.given import a_user, an_instrument, an_organization
from tests.saved.verbs import (
    a_key,
    basic,
    changed,
    delete,
    make_key,
    revoke,
    saved,
    signs_in,
    table,
    with_password,
)

LEDGER = "/export/ledger.csv"


@pytest.fixture
async def office(hub: HubClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client at an address that no other test has."""
    host = str(IPv4Address(uuid4().int >> 96))
    app: Any = hub.http._transport
    transport = httpx.ASGITransport(app.app, client=(host, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


@pytest.fixture
async def query(hub: HubClient, firm: Requester) -> Any:
    """A ledger of one line, saved; its author has a password."""
    await with_password(hub, firm.user)
    await hub.given(an_instrument(firm.owner, asset_no="A-1"))
    return await saved(hub, firm.user)


@pytest.mark.usefixtures("query")
async def test_without_credentials_excel_is_told_to_ask_for_them_and_cookies_are_none(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient
) -> None:
    token = await hub.token(firm.user)
    cookies = {"cookie": f"token={token}; __Host-session={token}"}

    answers = [await office.get(LEDGER), await office.get(LEDGER, headers=cookies)]

    assert [one.status_code for one in answers] == [401, 401]
    assert answers[0].headers["www-authenticate"].startswith("Basic realm=")
    assert answers[0].json()["code"] == "UNAUTHENTICATED"


@pytest.mark.usefixtures("query")
async def test_login_and_password_open_the_tables_of_the_organisation(
    firm: Requester, office: httpx.AsyncClient
) -> None:
    response = await office.get(LEDGER, headers=basic(firm.user.login_name))

    assert read_csv(response.content) == [["assetNo"], ["A-1"]]


@pytest.mark.usefixtures("query")
async def test_ten_tables_that_are_refreshed_together_cost_one_look_at_the_password(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient
) -> None:
    headers = basic(firm.user.login_name)

    for _ in range(2):
        answers = await asyncio.gather(*(office.get(LEDGER, headers=headers) for _ in range(10)))
        assert [one.status_code for one in answers] == [200] * 10

    assert await signs_in(hub, firm.user) == ["OK"]


@pytest.mark.usefixtures("query")
async def test_a_wrong_password_is_refused_and_counted_as_at_signing_in(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient
) -> None:
    wrong = [basic(firm.user.login_name, f"wrong {n}") for n in range(5)]

    answers = [await office.get(LEDGER, headers=one) for one in wrong]
    locked = await office.get(LEDGER, headers=basic(firm.user.login_name))

    assert {one.status_code for one in [*answers, locked]} == {401}
    assert await signs_in(hub, firm.user) == [
        *["WRONG_PASSWORD"] * 4,
        "LOCKED_OUT",
        "NOT_ADMITTED",
    ]


@pytest.mark.usefixtures("query")
async def test_an_old_password_that_a_workbook_brings_over_and_over_is_one_failure(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient
) -> None:
    old = basic(firm.user.login_name, "old")

    once = [await office.get(LEDGER, headers=old) for _ in range(6)]
    at_once = await asyncio.gather(*(office.get(LEDGER, headers=old) for _ in range(6)))
    right = await office.get(LEDGER, headers=basic(firm.user.login_name))

    assert {(one.status_code, one.json()["hint"]) for one in [*once, *at_once]} == {
        (401, once[0].json()["hint"])
    }
    assert right.status_code == 200
    assert await signs_in(hub, firm.user) == ["WRONG_PASSWORD", "OK"]


@pytest.mark.usefixtures("query")
async def test_tables_refreshed_together_after_a_new_password_share_one_look_at_the_old_one(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient
) -> None:
    headers = basic(firm.user.login_name)
    await office.get(LEDGER, headers=headers)
    sql = "UPDATE user_account SET password_hash = NULL WHERE id = :id"
    await changed(hub, sql, id=firm.user.id)

    answers = await asyncio.gather(*(office.get(LEDGER, headers=headers) for _ in range(10)))

    assert {one.status_code for one in answers} == {401}
    assert await signs_in(hub, firm.user) == ["OK", "WRONG_PASSWORD"]


@pytest.mark.usefixtures("query")
async def test_a_password_that_nobody_could_look_at_is_looked_at_again(
    firm: Requester, office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = basic(firm.user.login_name)
    monkeypatch.setattr(failures, "MOST", 0)
    throttled = await office.get(LEDGER, headers=headers)
    monkeypatch.undo()

    response = await office.get(LEDGER, headers=headers)

    assert (throttled.status_code, response.status_code) == (429, 200)


@pytest.mark.usefixtures("query")
async def test_an_address_may_fail_so_often_whatever_the_logins_and_ways_in(
    firm: Requester, office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST", 2)
    await office.get(LEDGER, headers=basic(f"nobody-{uuid4()}"))
    await office.post("/auth/login", json={"login": "nobody", "password": "wrong"})

    response = await office.get(LEDGER, headers=basic(firm.user.login_name))

    assert (response.status_code, response.json()["code"]) == (429, "THROTTLED")
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.usefixtures("query")
@pytest.mark.parametrize(
    "change", ["password_hash = 'other'", "password_hash = NULL", "state = 'CLOSED'"]
)
async def test_a_password_that_was_right_a_moment_ago_is_of_no_use_once_it_or_the_account_is_not(
    hub: HubClient, firm: Requester, office: httpx.AsyncClient, change: str
) -> None:
    headers = basic(firm.user.login_name)
    before = await office.get(LEDGER, headers=headers)

    await changed(hub, f"UPDATE user_account SET {change} WHERE id = :id", id=firm.user.id)  # noqa: S608

    assert before.status_code == 200
    assert (await office.get(LEDGER, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        "Basic",
        "Basic !!!",
        "Basic dXNlcg==",  # user
        "Basic OnBhc3M=",  # :pass
        "Basic dXNlcjo=",  # user:
        "Basic /zpw",  # no UTF-8
        "Basic YQBiOnA=",  # a NUL in the login
        "Digest x",
        "Bearer hub_short",
        "Bearer",
    ],
)
async def test_what_are_no_credentials_is_refused(office: httpx.AsyncClient, said: str) -> None:
    response = await office.get(LEDGER, headers={"authorization": said})

    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Basic")


async def test_a_key_opens_one_query_with_the_rights_of_who_made_it(
    hub: HubClient, firm: Requester, query: Any, office: httpx.AsyncClient
) -> None:
    rival = await a_requester(hub)
    await saved(hub, firm.user, "other")
    await saved(hub, rival.user)
    opened = {"key": await a_key(hub, firm.user, query)}

    own = await office.get(LEDGER, params=opened)
    other = await office.get("/export/other.csv", params=opened)
    both = await office.get(LEDGER, params=opened, headers=basic(firm.user.login_name))
    elsewhere = await office.get("/export/none.csv", params=opened)

    assert read_csv(own.content) == [["assetNo"], ["A-1"]]
    assert (other.status_code, both.status_code, elsewhere.status_code) == (404, 400, 404)


@pytest.mark.parametrize("path", ["/export", "/export/ledger.csv/", "/files/export/x/"])
async def test_no_address_is_redirected_with_its_key(office: httpx.AsyncClient, path: str) -> None:
    response = await office.get(path, params={"key": "hubkey_" + "A" * 43})

    assert response.status_code in {401, 404}
    assert "location" not in response.headers


async def test_only_the_hash_of_a_key_is_stored(
    hub: HubClient, firm: Requester, query: Any
) -> None:
    opened = await a_key(hub, firm.user, query)

    rows = await hub.stored("SELECT * FROM export_key WHERE owner_id = :id", id=firm.owner.id)
    traces = await hub.stored(
        "SELECT (SELECT count(*) FROM audit_event AS one WHERE one::text LIKE :key)"
        " + (SELECT count(*) FROM inbox AS one WHERE one::text LIKE :key)"
        " + (SELECT count(*) FROM idempotency_key AS one WHERE one::text LIKE :key) AS n",
        key=f"%{opened}%",
    )

    assert [row.digest for row in rows] == [hashlib.sha256(opened.encode()).digest()]
    assert opened not in str(rows)
    assert traces[0].n == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_account SET state = 'CLOSED' WHERE id = :id",
        "UPDATE user_account SET roles = '{ORG_ADMIN,USER}' WHERE id = :id",
        "UPDATE user_account SET district = '3205' WHERE id = :id",
        "UPDATE user_account SET organization_id = :other WHERE id = :id",
        "UPDATE export_key SET revoked_at = now() WHERE account_id = :id",
        "DELETE",
    ],
)
async def test_a_key_ends_with_its_query_and_the_standing_of_its_account_and_when_it_is_revoked(
    hub: HubClient, firm: Requester, query: Any, office: httpx.AsyncClient, change: str
) -> None:
    other = await hub.given(an_organization())
    opened = {"key": await a_key(hub, firm.user, query)}
    before = await office.get(LEDGER, params=opened)

    if change == "DELETE":
        await delete(hub, firm.user, query)
    else:
        values = {"other": other.id} if ":other" in change else {}
        await changed(hub, change, id=firm.user.id, **values)

    after = await office.get(LEDGER, params=opened)
    assert before.status_code == 200
    assert after.status_code == 401


async def test_a_key_is_good_for_a_year_and_revoked_at_once(
    hub: HubClient, firm: Requester, query: Any, office: httpx.AsyncClient
) -> None:
    made = (await make_key(hub, firm.user, query)).data["done"]

    end = datetime.now(UTC) + LONGEST_LIFE
    held = await holder(hub.hub.database, made["key"], now=end - timedelta(minutes=1))
    with pytest.raises(Unauthenticated):
        await holder(hub.hub.database, made["key"], now=end + timedelta(minutes=1))
    other = (await make_key(hub, firm.user, query)).data["done"]
    await revoke(hub, firm.user, other["exportKey"]["id"])
    revoked = await office.get(LEDGER, params={"key": other["key"]})

    assert held.actor.login == firm.user.login_name
    assert revoked.status_code == 401


@pytest.mark.parametrize("key", ["", "x", "hubkey_", "hubkey_" + "A" * 43, "hubkey_" + "é" * 43])
async def test_what_is_no_key_opens_nothing(office: httpx.AsyncClient, key: str) -> None:
    response = await office.get(LEDGER, params={"key": key})

    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")


async def test_a_token_of_a_colleague_reads_with_the_rights_of_the_colleague(
    hub: HubClient, firm: Requester, query: Any
) -> None:
    document = "{ users { nodes { loginName } } }"
    await saved(hub, firm.user, "users", document)
    system = await hub.given(a_user(firm.owner, Role.SYSTEM))

    all_, own = await table(hub, firm.user, "users.csv"), await table(hub, system, "users.csv")

    assert query["name"] == "ledger"
    assert len(read_csv(all_.content)) == 3
    assert read_csv(own.content) == [["loginName"], [system.login_name]]
