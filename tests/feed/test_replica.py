"""The sample clients that keep a replica end as the ledger, whoever is killed in the middle."""

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col

from hub.actor import PLATFORM
from hub.embedded.supervisor import Embedded
from hub.jobs.exports import LEASE
from hub.jobs.retention import LATE, trim
from hub.policy import readable
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import CertificateState, Role
from schema.ids import encode
from tests.doors import HubClient
from tests.examples.samples import EXAMPLES
from tests.examples.typescript import built
from tests.feed.verbs import emptied, numbered
from tests.given import a_certificate, a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, create, done, retire, update
from tests.patience import PATIENCE, patiently
from tests.sync_verbs import a_row, sync_briefly

WRITES = int(os.environ.get("REPLICA_WRITES", "200"))
CRASHES = int(os.environ.get("REPLICA_CRASHES", "6"))
PAGE = 25
EVERY = "2"
"""Seconds after which a client looks though nothing was heard."""
A_LEASE_LATER = PATIENCE + LEASE.total_seconds()
"""Seconds until a test gives up, where an export waits for the lease of a killed worker to end."""
STORED = {
    "Instrument": """
        SELECT id, version, asset_no, name, status, location, due_date::text FROM instrument
        WHERE owner_id = :owner AND retired_at IS NULL
    """,
    "Certificate": """
        SELECT id, version, number, state, issue_date::text, valid_until::text FROM certificate
        WHERE client_id = :owner
    """,
}


@dataclass
class Program:
    """A program that runs beside the test, and can be killed and begun anew."""

    command: tuple[str | Path, ...]
    environment: dict[str, str]
    output: Path
    process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Start it; once more, if it runs no longer."""
        with self.output.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=os.environ | self.environment,
                stdout=output,
                stderr=output,
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

    def said(self, word: str) -> int:
        """How often it has said `word`."""
        return self.output.read_text("utf-8").count(word)

    async def until(self, word: str, many: int) -> None:
        """Wait until it has said `word` so many times."""
        async with patiently(f"the client to say {word}", A_LEASE_LATER):
            while self.said(word) < many:  # noqa: ASYNC110 -- a file tells nobody
                await asyncio.sleep(0.05)


@dataclass
class Writer:
    """Someone who changes a ledger and its certificates at random, by all the ways there are."""

    hub: HubClient
    firm: Firm
    lab: Organization
    line: Instrument
    chance: random.Random
    lines: dict[str, int] = field(default_factory=dict)
    """The version of each line that is in the ledger."""
    papers: list[UUID] = field(default_factory=list)
    """The certificates that are in force."""

    async def write(self, at: int) -> None:
        """One random change."""
        turn = self.chance.random()
        if turn < 0.3 or len(self.lines) < 5:
            made = done(await create(self.hub, self.firm.user, name=f"n{at}", assetNo=f"W{at}"))
            self.lines[made["instrument"]["id"]] = 1
        elif turn < 0.7:
            id_ = self.chance.choice(list(self.lines))
            content = {"location": f"room\u2028{at}"}
            version = self.lines[id_]
            done(await update(self.hub, self.firm.user, id_, version, content=content))
            self.lines[id_] += 1
        elif turn < 0.8:
            id_ = self.chance.choice(list(self.lines))
            done(await retire(self.hub, self.firm.user, id_, self.lines.pop(id_)))
        elif turn < 0.9:
            rows = [a_row(one, remark=f"r{at}") for one in self.chance.sample(range(60), 9)]
            await sync_briefly(self.hub, self.firm.user, *rows)
        else:
            await self.certify()

    async def certify(self) -> None:
        """Issue a certificate, or revoke one."""
        if len(self.papers) < 5 or self.chance.random() < 0.6:
            new = a_certificate(self.lab, self.line, state=CertificateState.ISSUED)
            self.papers.append((await self.hub.given(new)).id)
            return
        paper = self.papers.pop(self.chance.randrange(len(self.papers)))
        async with self.hub.hub.database.writer(PLATFORM) as db:
            wanted = readable(PLATFORM, Certificate).where(col(Certificate.id) == paper)
            await db.change(await db.one(wanted), action="given", state=CertificateState.REVOKED)


@dataclass(frozen=True)
class Sample:
    """A sample client: how it is told to keep a replica in a file, and how that is read."""

    once: tuple[str | Path, ...]
    kept: Callable[[Path], list[Any]]

    def follows(self, port: int) -> tuple[str | Path, ...]:
        """How it is told to go on, woken by webhooks on a port."""
        return (*self.once, "--listen", str(port), "--every", EVERY)


@pytest.fixture(params=["python", "typescript"])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Sample:
    """One of the sample clients."""
    file = tmp_path / "replica"
    if request.param == "typescript":
        node, main = built(request.getfixturevalue("shared"))
        return Sample((node, main, "replica", file), lines_of)
    script = EXAMPLES / "python" / "replica.py"
    return Sample((sys.executable, "-W", "error", script, file, "--page", str(PAGE)), rows_of)


def rows_of(file: Path) -> list[Any]:
    """What the replica in SQLite has."""
    with closing(sqlite3.connect(file)) as db:
        found = db.execute("SELECT content FROM object").fetchall()
    return sorted(tuple(json.loads(content).values()) for (content,) in found)


def lines_of(file: Path) -> list[Any]:
    """What the replica in a journal has."""
    rows: dict[str, Any] = {}
    for line in map(json.loads, file.read_bytes().splitlines()):
        if "keep" in line:
            __, *values = line["keep"].values()
            rows[line["keep"]["id"]] = tuple(values)
        elif "drop" in line:
            rows.pop(line["drop"], None)
    return sorted(rows.values())


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    """A firm whose user may export, and keep webhooks."""
    owner = await hub.given(an_organization())
    found = Firm(owner, await hub.given(a_user(owner, Role.ORG_ADMIN, Role.USER)))
    await numbered(hub)
    return found


@pytest.fixture
async def writer(hub: HubClient, firm: Firm) -> Writer:
    """Someone who changes the ledger of the firm."""
    lab, line = an_organization(), an_instrument(firm.owner)
    await hub.all_given(lab, line)
    return Writer(hub, firm, lab, line, random.Random())  # noqa: S311 -- not for secrets


@pytest.fixture
async def programs(
    servers: Embedded, own_url: str, hub: HubClient, firm: Firm, sample: Sample, tmp_path: Path
) -> AsyncIterator[dict[str, Program]]:
    """A server, a worker, and the client that keeps a replica of the firm's ledger."""
    own = Path(sys.executable).with_name("hub")
    port, callback = _free_port(), _free_port()
    settings = {
        "HUB_DATABASE_URL": own_url,
        "HUB_REDIS_URL": servers.redis_url,
        "HUB_DATA": str(hub.hub.settings.data),
        "HUB_WEBHOOK_ALLOW": f"127.0.0.1:{callback}",
        "HUB_URL": f"http://127.0.0.1:{port}/graphql",
        "HUB_TOKEN": await hub.token(firm.user) or "",
        "NO_PROXY": "127.0.0.1",
    }
    commands: dict[str, tuple[str | Path, ...]] = {
        "server": (own, "serve", "--port", str(port)),
        "worker": (own, "worker"),
        "client": sample.follows(callback),
        "last": sample.once,
    }
    found = {
        name: Program(command, settings, tmp_path / f"{name}.log")
        for name, command in commands.items()
    }
    async with AsyncExitStack() as stack:
        for one in found.values():
            stack.push_async_callback(one.end)
        yield found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def stored(hub: HubClient, firm: Firm) -> list[Any]:
    """What a replica should have."""
    found = []
    for noun, statement in STORED.items():
        rows = await hub.stored(statement, owner=firm.owner.id)
        found += [(encode(noun, row[0]), *tuple(row)[1:]) for row in rows]
    return sorted(found)


async def in_step(program: Program) -> None:
    """Run a client once, to its end."""
    await program.begin()
    assert program.process is not None
    async with patiently("the replica to be in step", A_LEASE_LATER):
        assert await program.process.wait() == 0, program.output.read_text()


async def test_a_replica_is_the_ledger_after_crashes_on_every_side(
    hub: HubClient,
    firm: Firm,
    writer: Writer,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    names, client = ["server", "worker", "client"], programs["client"]
    crashes = dict.fromkeys(writer.chance.sample(range(WRITES), CRASHES), "")

    for name in names:
        await programs[name].begin()
    await client.until("一致", 1)
    await writer.certify()
    await client.until("收到", 1)
    for at in range(WRITES):
        await writer.write(at)
        if at in crashes:
            crashes[at] = writer.chance.choice(names)
            await programs[crashes[at]].crash()
            if writer.chance.random() < 0.2:
                await trim(hub.hub.database, -LATE)
            if writer.chance.random() < 0.5:
                await client.until("一致", client.said("一致") + 1)
    await client.until("一致", client.said("一致") + 1)
    await numbered(hub)
    await client.end()
    await in_step(programs["last"])

    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)
    told = f"{WRITES} writes, {dict(Counter(crashes.values()))}, {client.said('收到')} heard"
    record_testsuite_property(str(sample.once[0]), told)


async def test_a_replica_that_was_killed_before_its_exports_were_written_asks_for_no_others(
    hub: HubClient,
    firm: Firm,
    writer: Writer,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    async def exports() -> int:
        asked = "SELECT count(*) FROM export WHERE owner_id = :owner"
        ((many,),) = await hub.stored(asked, owner=firm.owner.id)
        return int(many)

    await writer.certify()
    await numbered(hub)
    await programs["server"].begin()
    last = programs["last"]
    await last.begin()
    async with patiently("an export to be asked for"):
        while not await exports():  # noqa: ASYNC110 -- the database knows
            await asyncio.sleep(0.05)
    await last.end()
    await programs["worker"].begin()
    await in_step(last)

    assert await exports() == len(STORED)
    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)


async def test_a_replica_whose_cursor_is_too_old_is_exported_anew_without_what_is_gone(
    hub: HubClient,
    own_url: str,
    firm: Firm,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    lines = [
        done(await create(hub, firm.user, name=f"n{at}", assetNo=f"A{at}"))["instrument"]
        for at in range(3)
    ]
    await numbered(hub)
    for name in ("server", "worker"):
        await programs[name].begin()
    await in_step(programs["last"])
    before = len(sample.kept(tmp_path / "replica"))
    done(await retire(hub, firm.user, lines[0]["id"]))
    done(await update(hub, firm.user, lines[1]["id"], content={"location": "room 9"}))
    await numbered(hub)
    await emptied(own_url)
    await in_step(programs["last"])

    assert before == 3
    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)
