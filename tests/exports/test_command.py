"""`hub export` on the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.supervisor import Embedded
from hub.jobs.exports import run as working
from hub.settings import settings
from hub.tasks import end
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.exports.verbs import Requester, a_requester, read_csv, read_xlsx, shown, table
from tests.given import an_instrument

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(
    servers: Embedded, own_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Runs a command on the database of the module."""
    monkeypatch.setenv("HUB_DATABASE_URL", own_url)
    settings.cache_clear()

    async def invoke(*arguments: str | Path) -> Result:
        given = [*map(str, arguments), f"--data={tmp_path}"]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, given))

    yield invoke
    settings.cache_clear()


async def test_the_command_writes_what_its_account_may_read(
    hub: HubClient, firm: Requester, run: Run, tmp_path: Path
) -> None:
    rival = await a_requester(hub)
    await hub.all_given(an_instrument(firm.owner), an_instrument(rival.owner))
    lines, cells, sheet = tmp_path / "a.jsonl", tmp_path / "a.csv", tmp_path / "a.xlsx"
    as_ = f"--as={firm.user.login_name}"

    ends = [
        await run("export", "instrument", as_, "--format=jsonl", f"--out={lines}"),
        await run("export", "INSTRUMENT", as_, f"--out={cells}"),
        await run("export", "instrument", as_, "--format=XLSX", f"--out={sheet}"),
    ]

    expected = await shown(hub, firm.user)
    assert [one.exit_code for one in ends] == [0, 0, 0]
    assert [orjson.loads(line) for line in lines.read_bytes().splitlines()] == expected
    heading, row = read_csv(cells.read_bytes())
    assert row[0] == expected[0]["id"]
    assert read_xlsx(sheet.read_bytes())[1][0] == table(expected, heading)[0][0]
    assert "1 行" in ends[0].output


async def test_the_command_fetches_what_a_running_worker_has_written(
    hub: HubClient, firm: Requester, run: Run, tmp_path: Path
) -> None:
    await hub.given(an_instrument(firm.owner))
    worker = asyncio.create_task(working(hub.hub.exporter()))
    file = tmp_path / "a.csv"

    result = await run("export", "instrument", f"--as={firm.user.login_name}", f"--out={file}")

    await end(worker)
    assert result.exit_code == 0
    assert len(read_csv(file.read_bytes())) == 2


async def test_who_may_not_export_or_is_unknown_gets_no_file(
    hub: HubClient, run: Run, tmp_path: Path
) -> None:
    clerk = await a_requester(hub, Role.USER)
    file = tmp_path / "a.csv"

    forbidden = await run("export", "instrument", f"--as={clerk.user.login_name}", f"--out={file}")
    unknown = await run("export", "instrument", "--as=nobody-of-us", f"--out={file}")
    misspelt = await run("export", "instruments", "--as=nobody-of-us", f"--out={file}")

    assert [one.exit_code for one in (forbidden, unknown, misspelt)] == [1, 1, 2]
    assert not file.exists()
