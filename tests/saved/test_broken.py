"""Tables that come to nothing on their way: broken off, noted without the key, and stopped."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.embedded.supervisor import Embedded
from hub.settings import Settings
from hub.web import table_pages
from hub.web.app import Hub
from tests.doors import HubClient
from tests.exports.verbs import Requester
from tests.given import an_instrument
from tests.patience import patiently
from tests.saved.verbs import a_key, changed, saved
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


async def test_a_table_ends_where_its_account_is_closed(
    hub: HubClient, firm: Requester, address: str, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = "UPDATE user_account SET state = 'CLOSED' WHERE id = :id"

    async def close() -> None:
        await changed(hub, closed, id=firm.user.id)

    between = Between(monkeypatch, close)

    with pytest.raises(httpx.RemoteProtocolError):
        await read(address + opened)

    assert between.pages == 2


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
