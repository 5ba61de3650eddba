"""`hub explain`: an operation explained on the command line, for any login, and not run."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.settings import settings
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_user, an_instrument, an_organization

LEDGER = """query Ledger($first: Int!) {
  ledger: instruments(first: $first) { nodes { assetNo name owner { name } } }
}
query People { personnel { nodes { name } } }
"""
SAME = """query($query: String!, $variables: JSON, $name: String) {
  explain(document: $query, variables: $variables, operationName: $name) {
    operation name statements omitted
    cost { requested maximum rows maximumRows values maximumValues }
    problems { code message hint path line column }
    roots { key coordinate declined statements rows sql }
    fields {
      path coordinate points rows values size
      verdict { level sight aboutSelf own other reason }
    }
    entities { noun most }
  }
}"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.graphql"
    file.write_text(LEDGER, "utf-8")
    return file


@pytest.fixture
def public(tmp_path: Path) -> Path:
    file = tmp_path / "public.graphql"
    file.write_text("{ organizations(first: 7) { nodes { name contactName } } }", "utf-8")
    return file


@pytest.fixture(autouse=True)
def environment(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The settings of a hub on the database of this worker."""
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def explain(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", str(file), *arguments])


def test_who_has_no_login_needs_no_server_and_is_shown_price_statement_and_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "public.graphql"
    file.write_text("{ organizations(first: 7) { nodes { name } } }", "utf-8")

    monkeypatch.delenv("HUB_DATABASE_URL")

    done = explain(file)

    assert done.exit_code == 0
    for words in ("8", "1,000", "一条语句作答", "FROM organization", "≤7 行", "P 级（公开）：完整"):
        assert words in done.output
    assert not (tmp_path / "data").exists()


async def test_a_login_is_told_as_json_what_the_hub_tells_it_and_the_sql_besides(
    hub: HubClient, ledger: Path
) -> None:
    owner = an_organization()
    user = a_user(owner, Role.USER)
    await hub.all_given(owner, user, an_instrument(owner))
    first = {"first": 5}

    arguments = ("--as", user.login_name, "--json", "--operation", "Ledger")
    done = await asyncio.to_thread(explain, ledger, *arguments, "--variables", json.dumps(first))
    told = await hub.ask(SAME, as_=user, query=LEDGER, variables=first, name="Ledger")

    assert done.exit_code == 0
    found = json.loads(done.output)
    (root,) = found["roots"]
    assert "FROM instrument" in root["sql"]
    assert found | {"roots": [root | {"sql": None}]} == told.data["explain"]


def test_what_would_be_refused_is_told_and_ends_with_1(public: Path) -> None:
    hidden = explain(public)
    public.write_text("query One { __typename } query Two { __typename }", "utf-8")
    unnamed = explain(public)
    unknown = explain(public, "--operation", "Three")

    assert [hidden.exit_code, unnamed.exit_code, unknown.exit_code] == [1, 1, 1]
    assert "VALIDATION_FAILED 第 1 行第 42 列" in hidden.output
    assert "'contactName'" in hidden.output
    assert "operationName 没有指明文档中的一个操作" in unknown.output


async def test_an_unknown_login_is_named(public: Path) -> None:
    done = await asyncio.to_thread(explain, public, "--as", "nobody")

    assert done.exit_code == 1
    assert "没有登录名 nobody" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--variables", "{first: 1}"), "JSON"),
        (("--variables", "[1]"), "JSON 对象"),
        (("--variables", '{"f": ' + "[" * 32 + "]" * 32 + "}"), "嵌套超过 32 层"),
        (("--variables", '{"f": ' * 5_000 + "1" + "}" * 5_000), "JSON"),
        (("--variables", '{"f": NaN}'), "JSON"),
        (("--nothing",), "--nothing"),
    ],
)
def test_a_wrong_use_ends_with_2(public: Path, arguments: tuple[str, ...], words: str) -> None:
    done = explain(public, *arguments)

    assert done.exit_code == 2
    assert words in done.output


def test_a_file_that_is_no_text_is_a_wrong_use(public: Path) -> None:
    public.write_bytes(b"\xff\xfe{")

    done = explain(public)

    assert done.exit_code == 2
    assert "UTF-8" in done.output
