"""The sample clients that keep a replica, who changes what they keep, and how it should be."""

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actor import PLATFORM
from hub.policy import readable
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.vocabulary import CertificateState
from schema.ids import encode
from tests.doors import HubClient
from tests.given import a_certificate
from tests.ledger_verbs import Firm, create, done, retire, update
from tests.sync_verbs import a_row, sync_briefly

EVERY = "2"
"""Seconds after which a client looks though nothing was heard."""
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


async def stored(hub: HubClient, firm: Firm) -> list[Any]:
    """What a replica should have."""
    found = []
    for noun, statement in STORED.items():
        rows = await hub.stored(statement, owner=firm.owner.id)
        found += [(encode(noun, row[0]), *tuple(row)[1:]) for row in rows]
    return sorted(found)
