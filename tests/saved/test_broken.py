"""Tables that come to nothing on their way: broken off, noted without the key, and stopped."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from hub.embedded.supervisor import Embedded
from hub.errors import Busy, Unavailable
from hub.settings import Settings
from hub.statements import Statements
from hub.web import table_pages
from hub.web.app import Hub
from tests.doors import HubClient
from tests.exports.verbs import Requester
from tests.given import an_instrument, an_organization
from tests.patience import patiently
from tests.saved.verbs import a_key, basic, changed, delete, saved, with_password
from tests.serving import served

LINES = 350


@pytest.fixture
async def opened(hub: HubClient, firm: Requester) -> str:
    """The path of a table of four pages, with a key."""
    remark = "".join(map(chr, range(0x4E00, 0x4E00 + 4_000)))
    await hub.all_given(*(an_instrument(firm.owner, remark=remark) for _ in range(LINES)))
    document = "{ instruments { nodes { assetNo remark } } }"
    query = await saved(hub, firm.user, document=document)
    return f"/export/ledger.csv?key={await a_key(hub, firm.user, query)}"


@pytest.fixture
async def address(servers: Embedded, database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """A hub that serves on a port."""
    async with served(Hub(Settings(data=tmp_path), database_url, servers.redis_url)) as found:
        yield found


class Between:
    """Something that happens before each page but the first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, before: Any) -> None:
        self.pages = 0
        self._page, self._before = table_pages._page, before
        monkeypatch.setattr(table_pages, "_page", self.page)

    async def page(self, *given: Any) -> Any:
        self.pages += 1
        if self.pages > 1:
            await self._before()
        return await self._page(*given)


async def read(url: str, **headers: str) -> bytes:
    async with httpx.AsyncClient(timeout=30) as client:
        return (await client.get(url, headers=headers)).content


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_table_that_grows_too_large_on_its_way_is_broken_off(
    address: str, opened: str, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(table_pages, "MOST_ROWS", LINES)
    whole = await read(address + opened, **{"accept-encoding": encoding})
    monkeypatch.setattr(table_pages, "MOST_ROWS", LINES - 1)

    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened, **{"accept-encoding": encoding})

    assert whole.count(b"\r\n") == LINES + 1


@pytest.mark.parametrize("credentials", ["key", "password"])
@pytest.mark.parametrize(
    "change", ["state = 'CLOSED'", "roles = '{ORG_ADMIN,USER}'", "organization_id = :other"]
)
async def test_a_table_ends_where_its_account_is_closed_or_becomes_another(
    hub: HubClient,
    firm: Requester,
    address: str,
    opened: str,
    monkeypatch: pytest.MonkeyPatch,
    credentials: str,
    change: str,
) -> None:
    other = await hub.given(an_organization())
    values = {"other": other.id} if ":other" in change else {}
    sql = f"UPDATE user_account SET {change} WHERE id = :id"  # noqa: S608
    headers = {}
    if credentials == "password":
        await with_password(hub, firm.user)
        opened, headers = "/export/ledger.csv", basic(firm.user.login_name)

    async def change_it() -> None:
        await changed(hub, sql, id=firm.user.id, **values)

    between = Between(monkeypatch, change_it)

    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened, **headers)

    assert between.pages == 2


async def test_a_table_that_a_key_opened_ends_where_its_query_is_deleted(
    hub: HubClient, firm: Requester, address: str, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delete_it() -> None:
        shown = "{ savedQueries { nodes { id version } } }"
        (query,) = (await hub.ask(shown, as_=firm.user)).data["savedQueries"]["nodes"]
        await delete(hub, firm.user, query)

    between = Between(monkeypatch, delete_it)

    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened)

    assert between.pages == 2


class Failing:
    """The statements of pages, of which those after the first fail so often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
        self.calls = 0
        self._value: Any = Statements.value
        self._error, self._times = error, times
        failing = self

        async def value(self: Statements, *given: Any) -> bytes | None:
            return await failing.value(self, *given)

        monkeypatch.setattr(Statements, "value", value)

    async def value(self, statements: Statements, *given: Any) -> bytes | None:
        self.calls += 1
        if 1 < self.calls <= 1 + self._times:
            raise self._error
        found: bytes | None = await self._value(statements, *given)
        return found


@pytest.mark.parametrize("error", [Busy("忙", "busy"), Unavailable("无", "away"), TimeoutError()])
async def test_a_table_outlives_a_page_that_is_refused_for_the_moment_or_takes_too_long(
    address: str, opened: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(table_pages, "PAUSES", (0.01, 0.01))
    failing = Failing(monkeypatch, error, 2)

    content = await read(address + opened)

    assert content.count(b"\r\n") == LINES + 1
    assert failing.calls > 4


@pytest.mark.parametrize("patience", [60.0, 0.0])
async def test_a_table_whose_pages_are_refused_again_and_again_is_broken_off(
    address: str, opened: str, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(table_pages, "PAUSES", (0.01, 0.01))
    page: Any = table_pages._page

    async def until(*given: Any) -> Any:
        *before, _ = given
        return await page(*before, monotonic() + patience)

    monkeypatch.setattr(table_pages, "_page", until)
    failing = Failing(monkeypatch, Busy("忙", "busy"), 100)

    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened)

    assert failing.calls == (4 if patience else 2)


async def test_nothing_is_read_for_a_client_that_has_hung_up(
    address: str, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, cancelled = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    between = Between(monkeypatch, wait)

    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", address + opened),
        patiently("the second page"),
    ):
        await waiting.wait()
    async with patiently("the table to be given up"):
        await cancelled.wait()

    assert between.pages == 2


async def test_no_log_has_a_key(
    address: str,
    opened: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)

    async def fail() -> None:
        raise RuntimeError("poison")

    await read(address + opened)
    await read(address + opened + "&colour=red")
    await read(address + opened.replace("ledger", "other"))
    Between(monkeypatch, fail)
    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened)

    said = capfd.readouterr()
    written = (
        said.out
        + said.err
        + "".join(
            one.getMessage()
            for one in caplog.records
            if not one.name.startswith(("httpx", "httpcore"))
        )
    )
    assert "poison" in written
    assert "hubkey_" not in written
