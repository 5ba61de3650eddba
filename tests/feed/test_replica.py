"""The sample clients that keep a replica end as the ledger, whoever is killed in the middle."""

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hub.embedded.supervisor import Embedded
from schema.ids import encode
from tests.doors import HubClient
from tests.examples.samples import EXAMPLES
from tests.examples.typescript import built
from tests.feed.verbs import emptied, numbered
from tests.ledger_verbs import Firm, create, done, retire, update
from tests.patience import patiently
from tests.sync_verbs import a_row, sync_briefly

WRITES = int(os.environ.get("REPLICA_WRITES", "200"))
CRASHES = int(os.environ.get("REPLICA_CRASHES", "6"))
PAGE = 25
STORED = """
SELECT id, version, asset_no, name, status, location, due_date::text FROM instrument
WHERE owner_id = :owner AND retired_at IS NULL
"""
MEMBERS = ("id", "version", "assetNo", "name", "status", "location", "dueDate")
KEPT = "SELECT id, version, asset_no, name, status, location, due_date FROM instrument ORDER BY id"


@dataclass
class Program:
    """A program that runs beside the test, and can be killed and begun anew."""

    command: tuple[str | Path, ...]
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Start it; once more, if it runs no longer."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            env=os.environ | self.environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )

    async def end(self) -> None:
        """Kill it, with the processes that it has started."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    async def crash(self) -> None:
        """Kill it, and start it anew."""
        await self.end()
        await self.begin()


@dataclass
class Writer:
    """Someone who changes a ledger at random, by all the ways that there are."""

    hub: HubClient
    firm: Firm
    chance: random.Random
    lines: dict[str, int] = field(default_factory=dict)
    """The version of each line that is in the ledger."""

    async def write(self, at: int) -> None:
        """One random change."""
        turn = self.chance.random()
        if turn < 0.3 or len(self.lines) < 5:
            made = done(await create(self.hub, self.firm.user, name=f"n{at}", assetNo=f"W{at}"))
            self.lines[made["instrument"]["id"]] = 1
        elif turn < 0.8:
            id_ = self.chance.choice(list(self.lines))
            content = {"location": f"room {at}"}
            version = self.lines[id_]
            done(await update(self.hub, self.firm.user, id_, version, content=content))
            self.lines[id_] += 1
        elif turn < 0.9:
            id_ = self.chance.choice(list(self.lines))
            done(await retire(self.hub, self.firm.user, id_, self.lines.pop(id_)))
        else:
            rows = [a_row(one, remark=f"r{at}") for one in self.chance.sample(range(60), 9)]
            await sync_briefly(self.hub, self.firm.user, *rows)


@dataclass(frozen=True)
class Client:
    """A sample client: how it is told to keep a replica in a file, and how that is read."""

    follows: tuple[str | Path, ...]
    ends: tuple[str | Path, ...]
    kept: Callable[[Path], list[tuple[Any, ...]]]


@pytest.fixture(params=["python", "typescript"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Client:
    """One of the sample clients."""
    file = tmp_path / "replica"
    if request.param == "typescript":
        node, main = built(request.getfixturevalue("shared"))
        command = (node, main, "replica", file)
        return Client((*command, "0.05"), command, lines_of)
    script = EXAMPLES / "python" / "replica.py"
    once = (sys.executable, "-W", "error", script, file, "--page", str(PAGE))
    return Client((*once, "--every", "0.05"), once, rows_of)


def rows_of(file: Path) -> list[tuple[Any, ...]]:
    """The ledger as the replica in SQLite has it."""
    with closing(sqlite3.connect(file)) as db:
        return db.execute(KEPT).fetchall()


def lines_of(file: Path) -> list[tuple[Any, ...]]:
    """The ledger as the replica in a journal has it."""
    rows: dict[str, tuple[Any, ...]] = {}
    for line in map(json.loads, file.read_text("utf-8").splitlines()):
        if "keep" in line:
            rows[line["keep"]["id"]] = tuple(line["keep"][name] for name in MEMBERS)
        elif "drop" in line:
            rows.pop(line["drop"], None)
    return sorted(rows.values())


@pytest.fixture
async def programs(
    servers: Embedded, own_url: str, hub: HubClient, firm: Firm, client: Client
) -> AsyncIterator[dict[str, Program]]:
    """A server, a worker, and the client that keeps a replica of the firm's ledger."""
    own = Path(sys.executable).with_name("hub")
    port = str(_free_port())
    settings = {
        "HUB_DATABASE_URL": own_url,
        "HUB_REDIS_URL": servers.redis_url,
        "HUB_DATA": str(hub.hub.settings.data),
        "HUB_URL": f"http://127.0.0.1:{port}/graphql",
        "HUB_TOKEN": await hub.token(firm.user) or "",
        "NO_PROXY": "127.0.0.1",
    }
    found = {
        "server": Program((own, "serve", "--port", port), settings),
        "worker": Program((own, "worker"), settings),
        "client": Program(client.follows, settings),
        "last": Program(client.ends, settings),
    }
    async with AsyncExitStack() as stack:
        for one in found.values():
            stack.push_async_callback(one.end)
        yield found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def stored(hub: HubClient, firm: Firm) -> list[tuple[Any, ...]]:
    """The ledger as a replica should have it."""
    rows = await hub.stored(STORED, owner=firm.owner.id)
    return sorted((encode("Instrument", row[0]), *tuple(row)[1:]) for row in rows)


async def test_a_replica_is_the_ledger_after_crashes_on_every_side(
    hub: HubClient, firm: Firm, client: Client, programs: dict[str, Program], tmp_path: Path
) -> None:
    writer = Writer(hub, firm, random.Random())  # noqa: S311 -- not for secrets
    victims = [programs[name] for name in ("server", "worker", "client")]
    crashes = set(writer.chance.sample(range(WRITES), CRASHES))

    for one in victims:
        await one.begin()
    for at in range(WRITES):
        await writer.write(at)
        if at in crashes:
            await writer.chance.choice(victims).crash()
    await programs["client"].end()
    await numbered(hub)
    last = programs["last"]
    await last.begin()
    assert last.process is not None
    async with patiently("the replica to be in step"):
        status = await last.process.wait()

    assert status == 0
    assert client.kept(tmp_path / "replica") == await stored(hub, firm)


async def test_a_replica_whose_cursor_is_too_old_is_read_anew_without_what_is_gone(
    hub: HubClient,
    own_url: str,
    firm: Firm,
    client: Client,
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    lines = [
        done(await create(hub, firm.user, name=f"n{at}", assetNo=f"A{at}"))["instrument"]
        for at in range(3)
    ]
    await numbered(hub)
    await programs["server"].begin()
    last = programs["last"]
    async with patiently("the replica to be in step, twice"):
        await last.begin()
        assert last.process is not None
        assert await last.process.wait() == 0
        before = len(client.kept(tmp_path / "replica"))
        done(await retire(hub, firm.user, lines[0]["id"]))
        done(await update(hub, firm.user, lines[1]["id"], content={"location": "room 9"}))
        await numbered(hub)
        await emptied(own_url)
        await last.begin()
        status = await last.process.wait()

    assert (before, status) == (3, 0)
    assert client.kept(tmp_path / "replica") == await stored(hub, firm)
