"""1,000 open subscriptions on one process: how long a change takes from its commit to each of them.

50 accounts of 25 organisations hold 20 sockets each and follow `changes`. One organisation after
the other changes an instrument; a worker of its own numbers the changes, as in production.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
import uvloop
from sqlmodel import col

from bench.contenders import HUB, Server, started
from bench.dataset import FULL, QUICK, Size, dsn
from bench.listeners import Audience, Listener
from bench.machine import OTHER_CORE, load, pin, pin_family, resident, seconds
from bench.requests import TOKEN_LIFE, stored
from hub.actions.session import issue_token
from hub.actor import PLATFORM, SIGN_IN
from hub.db import Database
from hub.policy import readable
from hub.tables.instrument import Instrument

QUERY = "subscription { changes { id version cursor node { id ... on Instrument { location } } } }"
STREAMS = 20
"""Of each account: as many as the hub allows."""
BOUND = 1.0
"""Seconds that the 99th of 100 deliveries may take."""
LISTENERS = """
INSERT INTO user_account (id, version, login_name, organization_id, roles, ident_methods, state,
    failed_logins)
SELECT gen_random_uuid(), 1, 'crowd-' || u.login_name || '-' || i, u.organization_id, '{USER}',
       '{PASSWORD}', 'ACTIVE', 0
FROM user_account u, generate_series(1, 2) i
WHERE u.login_name = ANY (SELECT 'erp-' || n FROM generate_series(1, $1) n)
ON CONFLICT DO NOTHING
"""
CHOSEN = """
SELECT DISTINCT ON (u.login_name) i.id, ARRAY(
           SELECT login_name FROM user_account c
           WHERE c.login_name LIKE 'crowd-' || u.login_name || '-%'
       ) AS logins
FROM user_account u JOIN instrument i ON i.owner_id = u.organization_id
WHERE u.login_name = ANY (SELECT 'erp-' || n FROM generate_series(1, $1) n)
ORDER BY u.login_name, i.id
"""


@dataclass(frozen=True)
class Plan:
    """How many organisations listen, and what they hear: so many changes a second, so long."""

    size: Size
    organizations: int
    streams: int
    rate: float
    changes: int


SLOWLY = Plan(FULL, organizations=25, streams=STREAMS, rate=20.0, changes=1_000)
QUICKLY = Plan(QUICK, organizations=2, streams=2, rate=20.0, changes=10)


class Timed(Listener):
    """Notes when it has heard of which version of its instrument."""

    def __init__(self, token: str) -> None:
        super().__init__(token, QUERY)
        self.heard_at: dict[int, float] = {}
        self.twice = 0

    def hear(self, event: bytes) -> None:
        """Note the time as well."""
        super().hear(event)
        told = orjson.loads(event)["payload"]
        assert "errors" not in told, told
        version = told["data"]["changes"]["version"]
        self.twice += version in self.heard_at
        self.heard_at[version] = time.perf_counter()


async def _changed(
    database: Database, plan: Plan, audiences: Sequence[tuple[object, Sequence[Timed]]]
) -> list[float]:
    """Commit the changes at their pace; how long each took to each who was to hear of it."""
    committed: list[tuple[int, int, float]] = []
    begun = time.perf_counter()
    for at in range(plan.changes):
        await asyncio.sleep(max(0.0, begun + at / plan.rate - time.perf_counter()))
        which = at % len(audiences)
        key, _ = audiences[which]
        async with database.writer(SIGN_IN) as db:
            row = await db.one(readable(PLATFORM, Instrument).where(col(Instrument.id) == key))
            row = await db.change(row, action="bench", location=f"room {row.version}")
            version = row.version
        committed.append((which, version, time.perf_counter()))
    await asyncio.sleep(5.0)
    return [
        one.heard_at[version] - moment
        for which, version, moment in committed
        for one in audiences[which][1]
    ]


@contextmanager
def _working(settings: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(  # noqa: S603 -- our own program
        [Path(sys.executable).with_name("hub"), "worker"],
        env={**os.environ, **settings},
        stdout=sys.stderr,
    )
    try:
        pin(process.pid, OTHER_CORE)
        yield
    finally:
        process.terminate()
        process.wait()


def measure(*, quick: bool, data: Path | None) -> None:
    """Print how long deliveries took, and what the streams cost the process."""
    plan = QUICKLY if quick else SLOWLY
    with stored(data, plan.size) as (settings, postmaster):
        pin_family(postmaster, OTHER_CORE)
        with started([HUB], settings) as servers, _working(settings):
            pin(os.getpid(), OTHER_CORE)
            uvloop.run(_measured(servers[HUB], settings["HUB_DATABASE_URL"], plan))


async def _measured(server: Server, url: str, plan: Plan) -> None:
    database = Database(url, 2)
    try:
        connection = await asyncpg.connect(dsn(url))
        await connection.execute(LISTENERS, plan.organizations)
        chosen = await connection.fetch(CHOSEN, plan.organizations)
        await connection.close()
        empty = resident(server.process.pid)
        audiences = []
        for row in chosen:
            listeners: list[Timed] = []
            for login in row["logins"]:
                issued = await issue_token(database, login, ttl=TOKEN_LIFE, now=datetime.now(UTC))
                tokens = [issued.token] * plan.streams
                audience = await Audience.gathered(server.port, tokens, Timed)
                listeners += audience.listeners
            audiences.append((row["id"], listeners))
        everybody = [one for _, listeners in audiences for one in listeners]
        await asyncio.sleep(3.0)
        idle = seconds(server.process.pid)
        await asyncio.sleep(5.0)
        idle = (seconds(server.process.pid) - idle) / 5.0
        full = resident(server.process.pid)
        took = sorted(await _changed(database, plan, audiences))
        print(_told(took, everybody, plan))
        print(
            f"resident {full / 2**20:.0f} MiB, {(full - empty) / 2**10 / len(everybody):.1f} KiB"
            f" a stream; CPU while nothing changes {idle * 1e3:.1f} ms a second"
        )
        for one in everybody:
            one.close()
    finally:
        await database.close()


def _told(took: Sequence[float], listeners: Sequence[Timed], plan: Plan) -> str:
    def quantile(share: float) -> str:
        return f"{took[min(len(took) - 1, int(share * len(took)))] * 1e3:.0f} ms"

    state = "done" if took[int(0.99 * len(took))] <= BOUND else "NOT DONE"
    return (
        f"{len(listeners)} streams, {plan.changes} changes at {plan.rate:g} a second,"
        f" {len(took)} deliveries, {sum(one.twice for one in listeners)} twice, none missing;"
        f" from commit to arrival p50 {quantile(0.5)}, p99 {quantile(0.99)}, at most"
        f" {took[-1] * 1e3:.0f} ms (p99 at most {BOUND:g} s: {state}); load average {load():.1f}"
    )
