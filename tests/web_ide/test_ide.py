"""How the IDE's files are served: headers, caching, compression."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from starlette.applications import Starlette

from hub.web.ide import BUILD, ide_routes


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with nothing but the IDE."""
    transport = httpx.ASGITransport(Starlette(routes=ide_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


def asset(pattern: str) -> str:
    """Address of the one committed asset whose name matches."""
    (path,) = (BUILD / "assets").glob(pattern)
    return f"/graphiql/assets/{path.name}"


async def test_the_short_address_leads_to_the_page_and_keeps_the_example(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/graphiql?example=instruments", follow_redirects=True)

    assert answer.status_code == 200
    assert answer.url == "http://hub/graphiql/?example=instruments"
    assert answer.headers["content-type"].startswith("text/html")


async def test_the_policy_lets_nothing_in_from_outside(http: httpx.AsyncClient) -> None:
    policy = (await http.get("/graphiql/")).headers["content-security-policy"]

    assert policy.startswith("default-src 'self'; ")
    assert not re.search(r"https?:|wss?:|\*|blob:|unsafe-eval|script-src", policy)


async def test_the_page_has_no_inline_script_and_names_only_its_own_files() -> None:
    page = (BUILD / "index.html").read_text(encoding="utf-8")

    assert re.findall(r"<script[^>]*>", page) == re.findall(r"<script[^>]* src=\"\./[^>]*>", page)
    assert all(link.startswith("./") for link in re.findall(r"(?:src|href)=\"([^\"]*)\"", page))


async def test_hashed_assets_never_expire_and_the_page_is_asked_for_again(
    http: httpx.AsyncClient,
) -> None:
    page = await http.get("/graphiql/")
    script = await http.get(asset("monaco-editor-*.js"))

    assert "immutable" in script.headers["cache-control"]
    assert page.headers["cache-control"].startswith("max-age=0")
    unchanged = await http.get("/graphiql/", headers={"If-None-Match": page.headers["etag"]})
    assert unchanged.status_code == 304


async def test_a_browser_that_knows_brotli_gets_a_quarter_of_the_bytes(
    http: httpx.AsyncClient,
) -> None:
    address = asset("monaco-editor-*.js")

    plain = await http.head(address, headers={"Accept-Encoding": "identity"})
    packed = await http.head(address, headers={"Accept-Encoding": "gzip, br"})

    assert packed.headers["content-encoding"] == "br"
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"])


async def test_only_files_of_the_build_are_served(http: httpx.AsyncClient) -> None:
    addresses = [
        "/graphiql/../ide.py",
        "/graphiql/%2e%2e/ide.py",
        "/graphiql/assets/",
        "/graphiql/x",
    ]

    answers = [await http.get(address) for address in addresses]

    assert {answer.status_code for answer in answers} == {404}
