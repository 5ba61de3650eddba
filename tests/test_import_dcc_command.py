"""`hub import-dcc` and the days of `hub import`, as they are told on the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.supervisor import Embedded
from hub.settings import settings
from hub.times import today
from tests.doors import HubClient
from tests.given import a_name, an_organization
from tests.importing import a_ledger, line
from tests.test_dcc_issuer import of_lab

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(
    servers: Embedded, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Runs a command on the database of this worker."""
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    monkeypatch.setenv("HUB_REDIS_URL", servers.redis_url)
    settings.cache_clear()

    async def invoke(*arguments: str | Path) -> Result:
        given = [*map(str, arguments), f"--data={tmp_path}"]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, given))

    yield invoke
    settings.cache_clear()


async def test_a_certificate_of_a_laboratory_of_china_needs_its_uscc(
    hub: HubClient, run: Run, tmp_path: Path
) -> None:
    lab, file = await hub.given(an_organization()), tmp_path / "c.xml"
    file.write_bytes(of_lab(a_name("某实验室"), country="CN"))

    refused = await run("import-dcc", file)
    taken = await run("import-dcc", file, f"--issuer={lab.uscc}")
    unknown = await run("import-dcc", file, "--issuer=91320500MAY4LR3A1Y")

    assert (refused.exit_code, taken.exit_code, unknown.exit_code) == (1, 0, 1)
    assert await hub.stored("SELECT 1 FROM certificate WHERE issuer_id = :id", id=lab.id)


async def test_a_ledger_is_not_judged_as_of_a_day_still_to_come(
    hub: HubClient, run: Run, tmp_path: Path
) -> None:
    owner, file = await hub.given(an_organization()), tmp_path / "台账.csv"
    file.write_bytes(a_ledger(line(1)))
    ahead = today() + timedelta(days=2)

    result = await run("import", file, f"--owner={owner.uscc}", f"--as-of={ahead}")

    assert result.exit_code == 1
    assert str(ahead) in result.output
    assert not await hub.stored("SELECT 1 FROM instrument WHERE owner_id = :id", id=owner.id)
