"""`hub import`: the same import from the command line, and what is left of it when it is killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.supervisor import Embedded
from hub.importers.ledger.sheets import read_table
from hub.settings import settings
from hub.tables.organization import Organization
from tests.doors import HubClient
from tests.given import an_organization
from tests.importing import AS_OF, LEDGERS, a_ledger, line, written
from tests.patience import patiently

SMALL, MIDDLE, LARGE = "sample-ledger-1-200", "sample-ledger-2-2000", "sample-ledger-3-20000"
PROMISED = ("as_of", "counts", "wrong", "imported", "header_line", "header_map")
HUB = Path(sys.executable).with_name("hub")
WRITING = """
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
WHERE c.relname = 'instrument' AND l.mode = 'RowExclusiveLock'
"""

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def environment(servers: Embedded, database_url: str) -> dict[str, str]:
    """The settings of a hub on the database of this worker."""
    return {"HUB_DATABASE_URL": database_url, "HUB_REDIS_URL": servers.redis_url}


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs the command with some arguments, as of 2024-06-30."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()

    async def invoke(*arguments: str | Path) -> Result:
        given = ["import", "--as-of", AS_OF, *map(str, arguments)]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, given))

    yield invoke
    settings.cache_clear()


@pytest.fixture
async def owner(hub: HubClient) -> Organization:
    return await hub.given(an_organization())


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of 20,000 lines."""
    folder = tmp_path_factory.mktemp("ledgers")
    generator = str(LEDGERS / "sample_ledger_generate.py")
    made = [sys.executable, generator, str(folder), "--only", "3"]
    subprocess.run(made, check=True)  # noqa: S603  (our own program)
    return folder / f"{LARGE}.csv"


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("filename", [f"{SMALL}.csv", f"{SMALL}.xlsx", f"{MIDDLE}.csv"])
async def test_the_report_of_a_sample_is_the_expected_file(
    run: Run, owner: Organization, tmp_path: Path, filename: str
) -> None:
    target = tmp_path / "report.json"

    result = await run(
        LEDGERS / filename, f"--owner={owner.uscc}", "--on-error=reject-rows", "--report", target
    )

    wanted = expected(LEDGERS / f"{filename.split('.')[0]}.expected.json")
    told = expected(target)
    assert {name: told[name] for name in PROMISED} == {name: wanted[name] for name in PROMISED}
    assert told["stored"] == {"created": wanted["counts"]["import"], "updated": 0, "unchanged": 0}
    assert result.exit_code == 1  # some of its lines are rejected


async def test_a_dry_run_reports_byte_for_byte_the_same_and_writes_nothing(
    hub: HubClient, run: Run, owner: Organization, tmp_path: Path
) -> None:
    file, dry, real = LEDGERS / f"{SMALL}.csv", tmp_path / "dry.json", tmp_path / "real.json"
    given = (file, f"--owner={owner.uscc}", "--on-error=reject-rows", "--report")
    before = await written(hub, owner)

    await run(*given, dry, "--dry-run")
    after = await written(hub, owner)
    await run(*given, real)

    assert dry.read_bytes() == real.read_bytes()
    assert after == before
    assert (await written(hub, owner))[0] > 0


async def test_the_workbook_marks_what_is_wrong_and_reads_as_the_same_ledger(
    run: Run, owner: Organization, tmp_path: Path
) -> None:
    target = tmp_path / "marked.xlsx"

    await run(LEDGERS / f"{SMALL}.csv", f"--owner={owner.uscc}", "--report", target)

    records = read_table(target.read_bytes(), target.name).records
    assert len(records) == 200 + 11
    assert any("BAD_DATE" in str(cell) for record in records for cell in record)


async def test_a_ledger_without_fault_ends_well_and_again_changes_nothing(
    hub: HubClient, run: Run, owner: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "台账.csv"
    file.write_bytes(a_ledger(line(1), line(2)))

    first = await run(file, f"--owner={owner.uscc}")
    before = await written(hub, owner)
    again = await run(file, f"--owner={owner.uscc}")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert '"created": 2' in first.output
    assert '"unchanged": 2' in again.output
    assert await written(hub, owner) == before


async def test_a_faulty_line_keeps_everything_out_and_ends_with_1(
    hub: HubClient, run: Run, owner: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "台账.csv"
    file.write_bytes(a_ledger(line(1), line(2, name="")))

    result = await run(file, f"--owner={owner.uscc}")

    assert result.exit_code == 1
    assert "未写入任何行" in result.output
    assert (await written(hub, owner))[0] == 0


async def test_an_owner_or_a_file_that_is_none_is_told_in_words_and_ends_with_1(
    run: Run, owner: Organization, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.xlsx"
    good.write_bytes(a_ledger(line(1)))
    bad.write_bytes(b"PK\x03\x04")

    unknown = await run(good, "--owner=91320500MAY4LR3A1Y")
    broken = await run(bad, f"--owner={owner.uscc}")

    assert (unknown.exit_code, broken.exit_code) == (1, 1)
    assert "91320500MAY4LR3A1Y" in unknown.output
    assert "Traceback" not in broken.output


@pytest.mark.parametrize(
    "wrong",
    [
        ["no such file.csv", "--owner=91320500MAY4LR3A1Y"],
        [str(LEDGERS / f"{SMALL}.csv")],
        [str(LEDGERS / f"{SMALL}.csv"), "--owner=X", "--on-error=sometimes"],
        [str(LEDGERS / f"{SMALL}.csv"), "--owner=X", "--as-of=30.6.2024"],
        [str(LEDGERS), "--owner=X"],
    ],
)
async def test_a_command_that_makes_no_sense_ends_with_2(run: Run, wrong: list[str]) -> None:
    assert (await run(*wrong)).exit_code == 2


async def test_a_report_of_an_unknown_kind_is_refused_before_anything_is_written(
    hub: HubClient, run: Run, owner: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "台账.csv"
    file.write_bytes(a_ledger(line(1)))

    result = await run(file, f"--owner={owner.uscc}", "--report", tmp_path / "report.txt")

    assert result.exit_code == 2
    assert (await written(hub, owner))[0] == 0


async def test_killed_in_the_middle_it_leaves_nothing_and_the_next_run_completes(
    hub: HubClient, run: Run, owner: Organization, environment: dict[str, str], large: Path
) -> None:
    before = await written(hub, owner)
    command = [str(HUB), "import", str(large), "--owner", str(owner.uscc), "--as-of", AS_OF]
    command += ["--on-error", "reject-rows"]
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | environment, stdout=subprocess.DEVNULL
    )

    await until(hub, being_written=True)
    process.send_signal(signal.SIGKILL)
    killed = await process.wait()
    await until(hub, being_written=False)

    assert killed == -signal.SIGKILL
    assert await written(hub, owner) == before
    result = await run(large, f"--owner={owner.uscc}", "--on-error=reject-rows")
    accepted = expected(large.with_suffix(".expected.json"))["counts"]["import"]
    assert f'"created": {accepted}' in result.output
    assert (await written(hub, owner))[:4] == (accepted,) * 4


async def until(hub: HubClient, *, being_written: bool) -> None:
    """Wait until a transaction is open that has written instruments, or none is any more."""
    async with patiently("the import to write" if being_written else "the import to be undone"):
        while bool((await hub.stored(WRITING))[0][0]) is not being_written:  # noqa: ASYNC110
            await asyncio.sleep(0.005)  # PostgreSQL tells of its locks only who asks
