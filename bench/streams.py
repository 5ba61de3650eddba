"""S1: what one event costs the server for each subscriber, beside LIMIT and stock Strawberry.

200 sockets of 10 accounts of one organisation subscribe to the changes of instruments, 50 of stock
Strawberry; 100 changes are committed in 10 transactions, and then numbered one transaction after
the other, as the sequencer does it. LIMIT is handed as many events of the same length. The servers
take turns in each round.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import orjson
import uvloop
from redis.asyncio import Redis
from sqlmodel import col

from bench.contenders import HUB, LOUD, STOCK, Server, started
from bench.dataset import FULL, QUICK, Size, dsn
from bench.listeners import Audience, Listener
from bench.load import answer, request
from bench.machine import OTHER_CORE, load, pin, pin_family, seconds
from bench.requests import TOKEN_LIFE, stored
from hub.actions.session import issue_token
from hub.actor import PLATFORM, SIGN_IN
from hub.db import Database
from hub.events import CHANNEL
from hub.jobs.sequencer import HEAD, MOVE
from hub.policy import readable
from hub.tables.instrument import Instrument

QUERY = """
subscription S1 {
  instrumentChanged { pos kind id version at instrument { id assetNo name status } }
}
"""
ACCOUNTS = 10
STREAMS = 20
"""Of each account: as many as the hub allows."""
GOAL, BOUND = 1.5, 2.4
"""Times the server CPU of LIMIT: what we want, and what must not be passed."""
CONNECTIONS = 64
"""Stock Strawberry reads for all its subscribers at once, and would need one for each of 200."""
LISTENERS = """
INSERT INTO user_account (id, version, login_name, organization_id, roles, ident_methods, state,
    failed_logins)
SELECT gen_random_uuid(), 1, 'listener-' || i, organization_id, '{USER}', '{PASSWORD}', 'ACTIVE', 0
FROM user_account, generate_series(1, $1) i WHERE login_name = 'erp-1'
ON CONFLICT DO NOTHING
"""
INSTRUMENTS = """
SELECT id FROM instrument WHERE owner_id =
    (SELECT organization_id FROM user_account WHERE login_name = 'erp-1') ORDER BY id LIMIT $1
"""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    size: Size
    rounds: int
    streams: Mapping[str, int]
    """Of each account, by contender."""
    bursts: int
    each: int
    """The changes of one transaction."""

    @property
    def events(self) -> int:
        """What each subscriber hears in one round."""
        return self.bursts * self.each


SLOWLY = Plan(FULL, rounds=3, streams={LOUD: STREAMS, HUB: STREAMS, STOCK: 5}, bursts=10, each=10)
QUICKLY = Plan(QUICK, rounds=1, streams={LOUD: 1, HUB: 2, STOCK: 1}, bursts=2, each=5)


@dataclass(frozen=True)
class Sample:
    """What one contender needed in one round.

    `server` is CPU time in microseconds per delivery; `wall` milliseconds for 1,000 deliveries, of
    the time from the first event to the last delivery.
    """

    round: int
    contender: str
    server: float
    wall: float
    load: float


class Ledger:
    """Changes of the instruments of one organisation, committed and numbered on command."""

    def __init__(self, database: Database, redis: Redis, keys: Sequence[Any]) -> None:
        self._database = database
        self._redis = redis
        self._keys = keys
        self._changes = 0

    async def change(self, bursts: int, each: int) -> None:
        """Commit so many transactions, each with a change of so many instruments."""
        for _ in range(bursts):
            self._changes += 1
            place = f"room {self._changes}"
            ids = col(Instrument.id).in_(self._keys[:each])
            async with self._database.writer(SIGN_IN) as db:
                for row in await db.all(readable(PLATFORM, Instrument).where(ids)):
                    await db.change(row, action="bench", location=place)

    async def number(self, each: int) -> int:
        """Give the next so many changes their places in the feed, and say so; the last place."""
        async with self._database.writer(PLATFORM) as db:
            await db.rows(HEAD)
            last = max(row["pos"] for row in await db.rows(MOVE, batch=each))
        await self._redis.publish(CHANNEL, last)
        return int(last)


@dataclass(frozen=True)
class Bench:
    """The servers, who listens to them, and what they hear of."""

    servers: Mapping[str, Server]
    tokens: Sequence[str]
    ledger: Ledger
    plan: Plan
    event: str
    """What LIMIT is handed for one event: an answer of the hub."""

    async def samples(self) -> list[Sample]:
        """What every contender needs, round by round."""
        found = []
        for round_ in range(self.plan.rounds):
            for name in self.servers:
                found.append(await self._sample(round_, name))
                print(_progress(found[-1]), flush=True)
        return found

    async def _sample(self, round_: int, name: str) -> Sample:
        server = self.servers[name]
        tokens = [token for token in self.tokens for _ in range(self.plan.streams[name])]
        audience = await Audience.gathered(server.port, tokens, _listener)
        while not audience.fewest:
            await self._publish(name, 1, 1)
            await asyncio.sleep(0.2)
        await audience.quiet()
        if name != LOUD:
            await self.ledger.change(self.plan.bursts, self.plan.each)
        before, begun = seconds(server.process.pid), time.perf_counter()
        last = await self._number(name, self.plan.bursts, self.plan.each)
        ended = await audience.heard(self.plan.events)
        spent = seconds(server.process.pid) - before
        _insist(audience, self.plan.events, last)
        await audience.quiet()
        audience.close()
        deliveries = self.plan.events * len(tokens)
        wall = (ended - begun) * 1e6 / deliveries
        return Sample(round_, name, spent * 1e6 / deliveries, wall, load())

    async def _publish(self, name: str, bursts: int, each: int) -> None:
        if name != LOUD:
            await self.ledger.change(bursts, each)
        await self._number(name, bursts, each)

    async def _number(self, name: str, bursts: int, each: int) -> int | None:
        """Let the events out, burst by burst; the position of the last one, if they have any."""
        last = None
        for _ in range(bursts):
            if name == LOUD:
                body = orjson.dumps([self.event] * each)
                await answer(self.servers[name].port, request(body, ""))
            else:
                last = await self.ledger.number(each)
        return last


def _listener(token: str) -> Listener:
    return Listener(token, QUERY)


def _insist(audience: Audience[Listener], events: int, last: int | None) -> None:
    """AssertionError unless each has heard all events, once, and as the last one the last."""
    for one in audience.listeners:
        assert one.events == events, f"{one.events} of {events} events"
        told = orjson.loads(one.last)["payload"]
        assert "errors" not in told, told
        change = told["data"]["instrumentChanged"]
        assert last is None or change["pos"] == str(last), f"{change} is not at {last}"


async def _agreed(servers: Mapping[str, Server], token: str, ledger: Ledger) -> str:
    """What the hub answers to one event. AssertionError unless stock has the same data."""
    audiences = [
        await Audience.gathered(servers[name].port, [token], _listener) for name in (HUB, STOCK)
    ]
    while not all(one.fewest for one in audiences):
        await ledger.change(1, 1)
        await ledger.number(1)
        await asyncio.sleep(0.2)
    for one in audiences:
        await one.quiet()
    ours, stock = (orjson.loads(one.listeners[0].last)["payload"] for one in audiences)
    for one in audiences:
        one.close()
    assert ours["data"] == stock["data"], f"{ours} and {stock} differ"
    print(f"S1: the same data from {HUB}, {STOCK}", flush=True)
    return orjson.dumps(ours).decode()


def _progress(one: Sample) -> str:
    return (
        f"  round {one.round + 1} {one.contender:13} server {one.server:8.2f} us per delivery"
        f"  {one.wall:8.2f} ms for 1,000"
    )


def written(samples: Iterable[Sample]) -> str:
    """The table in Markdown: medians of the rounds, the contenders as ratios to LIMIT."""
    told = list(samples)
    names = list(dict.fromkeys(one.contender for one in told))
    others = [name for name in names if name != LOUD]
    head = ["**S1**", "LIMIT", *(f"{name} / LIMIT" for name in others), "goal", "not done above"]
    lines = [head, ["---", *["--:"] * (len(head) - 1)]]
    for title, attribute in (
        ("server CPU, us per delivery", "server"),
        ("ms for 1,000 deliveries", "wall"),
    ):
        middle = {
            name: median(getattr(one, attribute) for one in told if one.contender == name)
            for name in names
        }
        ratios = [f"{middle[name] / middle[LOUD]:.2f}" for name in others]
        goals = [f"{GOAL:g}", f"{BOUND:g}"] if attribute == "server" else ["", ""]
        lines.append([title, f"{middle[LOUD]:,.1f}", *ratios, *goals])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    rounds = 1 + max(one.round for one in told)
    loads = [one.load for one in told]
    return (
        f"{table}\n\nmedians of {rounds} rounds; load average {median(loads):.1f},"
        f" at most {max(loads):.1f}"
    )


async def _prepared(database: Database, url: str, most: int) -> tuple[list[str], list[Any]]:
    """The tokens of the accounts that listen, and the instruments that are to change."""
    connection = await asyncpg.connect(dsn(url))
    try:
        await connection.execute(LISTENERS, ACCOUNTS)
        keys = [row["id"] for row in await connection.fetch(INSTRUMENTS, most)]
    finally:
        await connection.close()
    tokens = []
    for at in range(1, ACCOUNTS + 1):
        login = f"listener-{at}"
        issued = await issue_token(database, login, ttl=TOKEN_LIFE, now=datetime.now(UTC))
        tokens.append(issued.token)
    return tokens, keys


def measure(*, quick: bool, data: Path | None, out: Path | None) -> None:
    """Print the table, and write every sample to `out` if given."""
    plan = QUICKLY if quick else SLOWLY
    with stored(data, plan.size) as (settings, postmaster):
        pin_family(postmaster, OTHER_CORE)
        environment = {**settings, "HUB_POOL_SIZE": str(CONNECTIONS)}
        with started([LOUD, HUB, STOCK], environment) as servers:
            pin(os.getpid(), OTHER_CORE)
            samples = uvloop.run(_measured(servers, settings, plan))
    print(f"\n{written(samples)}")
    if out is not None:
        out.write_bytes(orjson.dumps([asdict(one) for one in samples], option=orjson.OPT_INDENT_2))


async def _measured(
    servers: Mapping[str, Server], settings: Mapping[str, str], plan: Plan
) -> list[Sample]:
    url = settings["HUB_DATABASE_URL"]
    database, redis = Database(url, 4), Redis.from_url(settings["HUB_REDIS_URL"])
    try:
        tokens, keys = await _prepared(database, url, plan.each)
        ledger = Ledger(database, redis, keys)
        event = await _agreed(servers, tokens[0], ledger)
        return await Bench(servers, tokens, ledger, plan, event).samples()
    finally:
        await redis.aclose()
        await database.close()
