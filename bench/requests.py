"""How much the hub needs to answer requests, beside LIMIT and stock Strawberry in the same run.

The servers stand on one core; PostgreSQL and the load client share another. All run at once, one
is loaded at a time, in turn: A, B, C, A, B, C. Before that they are made to show that they answer
the same.
"""

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import orjson
import uvloop

from bench.contenders import FALLBACK, HUB, LIMIT, STOCK, Server, started
from bench.dataset import FULL, QUICK, Size, dsn, filled
from bench.load import Ran, answer, request, send
from bench.machine import OTHER_CORE, family_seconds, load, pin, pin_family, seconds
from bench.operations import DOCUMENTS, WRITTEN, Case, cases
from bench.table import Sample, written
from hub.actions.session import issue_token
from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.migration import migrate

CONNECTIONS = 16
ROOM = "\nmax_connections = 300\n"
DEADLINE = 60
"""Seconds; what is not compiled needs more than the usual, with all connections at once."""
TOKEN_LIFE = timedelta(hours=12)
VERSION = re.compile(rb'"version" ?: ?\d+')
LEFT = (
    f"DELETE FROM instrument WHERE asset_no LIKE '{WRITTEN}%'",  # noqa: S608 -- a constant
    "TRUNCATE inbox, audit_inbox, idempotency_key",
    "VACUUM instrument",
)
"""Takes away what M1 wrote the last time."""
TIDY = (*LEFT[1:],)
Requests = Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Plan:
    """What to measure and how long: in each round windows of about `window` seconds.

    `least` is the number of requests to send where a window holds fewer.
    """

    contenders: Sequence[str]
    size: Size
    rounds: int
    window: float
    least: int


SLOWLY = Plan((LIMIT, HUB, FALLBACK, STOCK), FULL, rounds=3, window=2.0, least=CONNECTIONS)
QUICKLY = Plan((LIMIT, HUB, STOCK), QUICK, rounds=1, window=0.1, least=4)


class Counts(NamedTuple):
    """How many requests one measurement sends: at one connection, and at all."""

    alone: int
    together: int


@contextmanager
def stored(folder: Path | None, size: Size) -> Iterator[tuple[dict[str, str], int]]:
    """The settings of a hub over the stored data, kept in `folder` if given, and the postmaster."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as fresh:
        data = folder or Path(fresh) / "data"
        Path(fresh).chmod(0o755)
        _make_room(data)
        with Embedded.open(data, fsync=False) as embedded:
            migrate(embedded.database_url)
            asyncio.run(run_each(embedded.database_url, LEFT))
            asyncio.run(filled(embedded.database_url, size))
            settings = {
                "HUB_DATABASE_URL": embedded.database_url,
                "HUB_REDIS_URL": embedded.redis_url,
                "HUB_DATA": str(data),
                "HUB_POOL_SIZE": str(CONNECTIONS),
                "HUB_OPERATION_SECONDS": str(DEADLINE),
            }
            yield settings, int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def _make_room(data: Path) -> None:
    """Let PostgreSQL take all the connections of all servers at once."""
    settings = data / "postgres" / "postgresql.conf"
    if not settings.exists():
        Embedded.open(data, valkey=False, fsync=False).close()
    if ROOM not in settings.read_text():
        with settings.open("a") as file:
            file.write(ROOM)


async def asked(database_url: str, names: Sequence[str]) -> dict[str, list[tuple[Case, str]]]:
    """What is asked in each of the operations `names`, with the token of who asks."""
    connection = await asyncpg.connect(dsn(database_url))
    database = Database(database_url, 2)
    try:
        known = await cases(connection)
        logins = {case.login for name in names for case in known[name]}
        tokens = {}
        for login in sorted(logins):
            issued = await issue_token(database, login, ttl=TOKEN_LIFE, now=datetime.now(UTC))
            tokens[login] = issued.token
        return {name: [(case, tokens[case.login]) for case in known[name]] for name in names}
    finally:
        await connection.close()
        await database.close()


def requests_of(asked: dict[str, list[tuple[Case, str]]], contender: str) -> Requests:
    """The bytes that `contender` is sent, by operation."""
    return {
        name: [request(case.body(name, plain=contender == LIMIT), token) for case, token in pairs]
        for name, pairs in asked.items()
    }


async def agreed(servers: Mapping[str, Server], sent: Mapping[str, Requests]) -> None:
    """AssertionError unless all give the same data, keys in the same order."""
    for name in sent[LIMIT]:
        count = len(sent[LIMIT][name])
        for at in sorted({0, count // 2, count - 1}):
            found = {
                contender: _ordered(await answer(server.port, sent[contender][name][at]))
                for contender, server in servers.items()
            }
            for contender, data in found.items():
                assert data == found[LIMIT], f"{name}: {contender} and {LIMIT} differ, case {at}"
        print(f"{name}: the same data from {', '.join(servers)}", flush=True)


def _ordered(body: bytes) -> Any:
    """The data of an answer, objects as lists of pairs; a version is another after each write."""
    body = VERSION.sub(b'"version":0', body)
    told = dict(json.loads(body, object_pairs_hook=list))
    assert "errors" not in told, body[:2_000].decode()
    return told["data"]


@dataclass(frozen=True)
class Bench:
    """Servers that are loaded with requests, and the PostgreSQL behind them all."""

    servers: Mapping[str, Server]
    sent: Mapping[str, Requests]
    postmaster: int
    plan: Plan
    database_url: str

    async def samples(self) -> list[Sample]:
        """What every contender needs for every operation, round by round."""
        found: list[Sample] = []
        for name in self.sent[LIMIT]:
            counts = {one: await self._warm(one, name) for one in self.servers}
            for round_ in range(self.plan.rounds):
                for one, count in counts.items():
                    found.append(await self._sample(round_, name, one, count))
                    print(_progress(found[-1]), flush=True)
        return found

    async def _warm(self, contender: str, name: str) -> Counts:
        """How many requests fill a window."""
        least, window = self.plan.least, self.plan.window
        count = least
        ran = await self._run(contender, name, CONNECTIONS, count)
        while ran.seconds < window / 4:
            count *= 4
            ran = await self._run(contender, name, CONNECTIONS, count)
        alone = await self._run(contender, name, 1, least // 2)
        return Counts(
            max(least // 2, int(alone.rate * window / 2)), max(least, int(ran.rate * window))
        )

    async def _run(self, contender: str, name: str, connections: int, count: int) -> Ran:
        requests = self.sent[contender][name]
        return await send(self.servers[contender].port, requests, connections, count)

    async def _sample(self, round_: int, name: str, contender: str, count: Counts) -> Sample:
        process = self.servers[contender].process.pid
        if name == "M1":
            await run_each(self.database_url, TIDY)
        alone = await self._run(contender, name, 1, count.alone)
        server, postgres = seconds(process), family_seconds(self.postmaster)
        together = await self._run(contender, name, CONNECTIONS, count.together)
        return Sample(
            round=round_,
            operation=name,
            contender=contender,
            server=(seconds(process) - server) * 1e3 / count.together,
            postgres=(family_seconds(self.postmaster) - postgres) * 1e3 / count.together,
            p50=alone.quantile(0.5) * 1e3,
            p99=alone.quantile(0.99) * 1e3,
            rate=together.rate,
            load=load(),
        )


async def run_each(database_url: str, statements: Sequence[str]) -> None:
    """Run statements one after the other, as the owner of the tables."""
    connection = await asyncpg.connect(dsn(database_url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _progress(one: Sample) -> str:
    return (
        f"  round {one.round + 1} {one.operation} {one.contender:6} server {one.server:8.3f} ms"
        f"  PostgreSQL {one.postgres:7.3f} ms  p50 {one.p50:8.2f} ms  {one.rate:8,.0f}/s"
    )


def measure(
    *, quick: bool, data: Path | None, out: Path | None, names: Sequence[str] = tuple(DOCUMENTS)
) -> None:
    """Print the table of the operations `names`, and write every sample to `out` if given."""
    plan = QUICKLY if quick else SLOWLY
    with stored(data, plan.size) as (settings, postmaster):
        known = asyncio.run(asked(settings["HUB_DATABASE_URL"], names))
        pin_family(postmaster, OTHER_CORE)
        with started(plan.contenders, settings) as servers:
            pin(os.getpid(), OTHER_CORE)
            sent = {contender: requests_of(known, contender) for contender in servers}

            async def run() -> list[Sample]:
                await agreed(servers, sent)
                url = settings["HUB_DATABASE_URL"]
                return await Bench(servers, sent, postmaster, plan, url).samples()

            samples = uvloop.run(run())
    print(f"\n{written(samples, LIMIT, HUB)}")
    if out is not None:
        out.write_bytes(orjson.dumps([asdict(one) for one in samples], option=orjson.OPT_INDENT_2))
