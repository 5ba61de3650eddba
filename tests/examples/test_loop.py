"""Each client goes all the way: a ledger in, a signed webhook back, the change in its copy."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from hub.integrations.signing import signed
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.examples.conftest import python, run, started
from tests.given import a_user, an_organization
from tests.patience import patiently

LEDGER = "管理编号,器具名称,检定周期(月),检定日期\nLOOP-1,压力表,12,2026-01-05\n"


@dataclass(frozen=True)
class Sample:
    """A client: how it imports, how it keeps a copy, and what it keeps."""

    imports: tuple[str | Path, ...]
    keeps: tuple[str | Path, ...]
    kept: Callable[[Path], tuple[str, list[Any]]]
    """The secret of its webhook, and its rows."""


def in_sqlite(file: Path) -> tuple[str, list[Any]]:
    """What the Python client keeps."""
    with closing(sqlite3.connect(file)) as db:
        ((secret,),) = db.execute("SELECT secret FROM webhook").fetchall()
        rows = db.execute("SELECT content FROM object").fetchall()
    return secret, [json.loads(content) for (content,) in rows]


def in_a_journal(file: Path) -> tuple[str, list[Any]]:
    """What the TypeScript client keeps."""
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    last = lines[-1]["place"]["webhook"]
    return last["secret"], [line["keep"] for line in lines if "keep" in line]


@pytest.fixture(params=["python", "typescript"])
def sample(request: pytest.FixtureRequest, live: HubClient) -> Sample:
    """One of the clients."""
    if request.param == "python":
        commands = [python(live, name) for name in ("import_ledger.py", "replica.py")]
        return Sample(commands[0], commands[1], in_sqlite)
    command = request.getfixturevalue("typescript")
    return Sample((*command, "import"), (*command, "replica"), in_a_journal)


@pytest.fixture
async def admin(live: HubClient) -> User:
    """The administrator of an enterprise."""
    owner = await live.given(an_organization())
    return await live.given(a_user(owner, Role.ORG_ADMIN))


@asynccontextmanager
async def listening(
    live: HubClient, who: User, *command: str | Path
) -> AsyncIterator[asyncio.StreamReader]:
    """What a client says that keeps a copy and looks for nothing by itself, once it is in step."""
    process = await started(live, who, *command, "--every", "86400")
    assert process.stdout is not None
    try:
        async with patiently("the client to be in step"):
            assert (await process.stdout.readline()).decode() == "一致：0 件\n"
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


async def test_a_client_hears_of_the_ledger_that_it_has_imported_and_copies_it(
    live: HubClient, admin: User, sample: Sample, callback: int, tmp_path: Path
) -> None:
    ledger, file = tmp_path / "台账.csv", tmp_path / "copy"
    ledger.write_text(LEDGER, "utf-8")

    async with listening(live, admin, *sample.keeps, file, "--listen", str(callback)) as said:
        status, _, errors = await run(live, admin, *sample.imports, ledger)
        async with patiently("the change to be heard of, and to be copied"):
            heard = (await said.readline()).decode()
            while not (kept := sample.kept(file)[1]):  # noqa: ASYNC110 -- a file tells nobody
                await asyncio.sleep(0.05)

    (row,) = kept
    assert (status, errors) == (0, "")
    assert heard.startswith("收到 instrument.upsert ")
    assert f'"{row["id"]}"' in heard
    assert (row["assetNo"], row["name"], row["version"]) == ("LOOP-1", "压力表", 1)


async def test_a_client_takes_nothing_that_is_forged_changed_or_old(
    live: HubClient, admin: User, sample: Sample, callback: int, tmp_path: Path
) -> None:
    now, file = datetime.now(UTC), tmp_path / "copy"
    url = f"http://127.0.0.1:{callback}/"
    body = json.dumps({"type": "ping", "timestamp": now.isoformat(), "data": {}})
    async with (
        listening(live, admin, *sample.keeps, file, "--listen", str(callback)) as said,
        httpx.AsyncClient(trust_env=False) as other,
    ):
        ours, theirs = Webhook(sample.kept(file)[0])._whsecret, b"a secret of someone else"
        old, early = now - timedelta(minutes=6), now + timedelta(minutes=6)
        good = signed("msg_1", now, body, [ours])
        sent = {
            "genuine": (good, body),
            "of two secrets": (signed("msg_2", now, body, [theirs, ours]), body),
            "forged": (signed("msg_3", now, body, [theirs]), body),
            "changed": (good, body + " "),
            "old": (signed("msg_4", old, body, [ours]), body),
            "early": (signed("msg_5", early, body, [ours]), body),
            "another id": (good | {"webhook-id": "msg_6"}, body),
            "another time": (good | {"webhook-timestamp": str(int(now.timestamp()) + 1)}, body),
            "no time": (good | {"webhook-timestamp": "NaN"}, body),
            "no words": (good | {"webhook-signature": "v1"}, body),
            "nothing": ({}, ""),
        }
        answers = {
            name: await other.post(url, headers=headers, content=content)
            for name, (headers, content) in sent.items()
        }
        huge = await other.post(url, headers=good, content=b" " * 70_000)
        async with patiently("what it says of them"):
            told = [(await said.readline()).decode()[:2] for _ in sent]

    taken = {name for name, answer in answers.items() if answer.status_code == 204}
    refused = {name for name, answer in answers.items() if answer.status_code == 401}
    assert (taken, refused) == ({"genuine", "of two secrets"}, sent.keys() - taken)
    assert huge.status_code == 413
    assert told == ["收到"] * 2 + ["拒绝"] * len(refused)
