"""`hub audit` on the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.supervisor import Embedded
from hub.jobs.auditing import chain
from hub.notary import Notary
from hub.rules.audit import Head
from hub.settings import Settings, settings
from hub.times import utc_now
from tests.doors import HubClient
from tests.given import an_organization

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(
    servers: Embedded, own_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Runs a command on the database of the module."""
    monkeypatch.setenv("HUB_DATABASE_URL", own_url)
    settings.cache_clear()

    async def invoke(*arguments: str | Path) -> Result:
        given = ["audit", *map(str, arguments), f"--data={tmp_path}"]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, given))

    yield invoke
    settings.cache_clear()


async def test_a_whole_audit_is_told_whole_and_a_cut_one_not_by_the_anchor_kept_elsewhere(
    hub: HubClient, run: Run, tmp_path: Path
) -> None:
    await hub.given(an_organization())
    head = await chain(hub.hub.database)
    assert head is not None

    without = await run("verify")
    public = tmp_path / "public.pem"
    public.write_text((await run("key")).output)
    notary, file = Notary.of_settings(Settings(data=tmp_path)), tmp_path / "audit/anchors.jsonl"
    notary.anchor(head, utc_now())
    whole = await run("verify", f"--anchors={file}", f"--key={public}")
    notary.anchor(Head(head.seq + 7, bytes(32)), utc_now())
    cut = await run("verify")

    assert without.exit_code == 0
    assert "没有锚点" in without.output
    assert (whole.exit_code, f"1–{head.seq}" in whole.output) == (0, True)
    assert (cut.exit_code, f"第 {head.seq + 1} 条起不完整" in cut.output) == (1, True)
