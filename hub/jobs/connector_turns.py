"""Talks with other systems, one turn at a time: sends what is due, reads on from where it was.

Whoever has a turn holds the connector by a lease that it renews, so that what a worker had in hand
when it was killed is done by another. Everything is sent at least once, with the same id at each
try; a page and the place after it are stored together.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import RowMapping, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from hub.actions.connector import HEALED, WAKE, about_credential
from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import Busy, Unavailable
from hub.exchange import ConnectorFailure, ConnectorKind, ConnectorState, MessageState
from hub.integrations.inbox import store
from hub.integrations.kinds import flow_of
from hub.integrations.outbound import Outbound
from hub.integrations.port import Declined, Failed, Link, Outgoing, Page, System
from hub.integrations.wire import HttpSystem
from hub.rules.connector import MOST_REREADS, health
from hub.rules.webhook import blocked_until, next_try
from hub.sealing import Vault
from hub.tables.connector import Connector, ConnectorHour, ConnectorMessage
from hub.tasks import end
from hub.times import Clock, instant_text, utc_now
from hub.writer import Writer

SECONDS = 45.0
"""Longest try: other people's systems are slow, and hold nobody else up."""
LEASE = timedelta(seconds=20)
RENEW_EVERY = 5.0
"""Seconds after which a lease is renewed while its turn goes on."""
EVERY = timedelta(seconds=30)
"""From one reading to the next of a system that has nothing more to tell."""
SOON = timedelta(seconds=2)
"""Until a page with a wrong total is read again, and one for which there was no room is read."""
BATCH = 50
"""Messages that are sent in one turn."""
MOST_PAGES = 20
"""Pages that are read in one turn."""
MOST_WAITING = 10_000
"""Events of one connector that may wait to be applied; it is read on when there are fewer."""
LOG = structlog.get_logger("hub.connectors")

# Messages of a subject wait for the one before them; what is not the first of its own is not due.
FIRST = """
    SELECT {what} FROM connector_message AS one
    WHERE connector_id = {connector} AND direction = 'OUT' AND one.state = 'PENDING'
      AND next_at <= :now AND NOT EXISTS (
        SELECT FROM connector_message AS earlier
        WHERE earlier.connector_id = one.connector_id AND earlier.direction = 'OUT'
          AND earlier.state = 'PENDING' AND earlier.subject = one.subject AND earlier.id < one.id
    )
"""
LEASES = text(
    f"""
    WITH due AS (
        SELECT id FROM connector
        WHERE state = 'ACTIVE' AND base_url IS NOT NULL
          AND coalesce(leased_until <= now(), true) AND coalesce(blocked_until <= :now, true)
          AND (next_at <= :now OR EXISTS ({FIRST.format(what="", connector="connector.id")}))
        ORDER BY next_at LIMIT :free FOR UPDATE SKIP LOCKED
    )
    UPDATE connector SET leased_until = now() + :lease
    FROM due WHERE connector.id = due.id
    RETURNING connector.id, code, kind, organization_id, base_url, credential, cursor, rereads,
              next_at, leased_until
    """  # noqa: S608 -- our own names
)
DUE = text(FIRST.format(what="*", connector=":connector") + " ORDER BY next_at, id LIMIT :batch")
WAITING = text(
    """
    SELECT count(*) AS many FROM (
        SELECT FROM connector_message
        WHERE connector_id = :connector AND direction = 'IN' AND state = 'PENDING' LIMIT :most
    ) AS waiting
    """
)


class Lost(Exception):
    """The connector is not ours any more: our lease had ended, or it was changed or paused."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Takes turns with connectors. `luck`, from 0 to 1, is the jitter of what is tried again."""

    database: Database
    way: Outbound
    vault: Vault
    clock: Clock = utc_now
    luck: Callable[[], float] = random.random

    async def lease(self, free: int) -> Sequence[RowMapping]:
        """Connectors that something is due with, at most so many; nobody else takes them."""
        async with self.database.writer(PLATFORM) as db:
            return await db.rows(LEASES, now=self.clock(), lease=LEASE, free=free)

    async def turn(self, leased: RowMapping) -> None:
        """Send what is due to one connector and read on, then let go of it."""
        turn = Turn(self, leased)
        renewing = asyncio.create_task(turn.renew())
        try:
            await turn.take()
        except Lost:
            LOG.info("connector changed hands", connector=leased["code"])
        finally:
            await end(renewing)


class Turn:
    """One turn with one connector."""

    def __init__(self, agent: Agent, leased: RowMapping) -> None:
        self._agent = agent
        self._database = agent.database
        self._id = leased["id"]
        self._row = leased
        self._leased_until: datetime = leased["leased_until"]
        self._cursor: str | None = leased["cursor"]
        self._rereads: int = leased["rereads"]
        self._new = 0
        self._held: RowMapping = leased
        self._alone = asyncio.Lock()
        kind = ConnectorKind(leased["kind"])
        self._link = Link(self._id, leased["code"], kind, leased["organization_id"])

    async def renew(self) -> None:
        """Hold the connector for as long as the task lives."""
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                async with self._writing() as db:
                    await self._hold(db, leased_until=func.now() + LEASE)
            except Lost:
                return
            except Exception as error:  # noqa: BLE001 -- it is tried again before the lease ends
                LOG.warning("lease not renewed", error=type(error).__name__)

    async def take(self) -> None:
        """The whole turn. Lost where another has the connector by now."""
        try:
            system = self._system()
            await self._send(system)
            if self._row["next_at"] <= self._agent.clock():
                await self._read(system)
        except Failed as failed:
            await self._failed(failed)
        except (Lost, Busy, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever was answered, it is not asked for at once
            LOG.error("turn failed", connector=self._link.code, error=type(error).__name__)
            await self._failed(Failed(ConnectorFailure.ANSWER))
        async with self._writing() as db:
            await self._hold(db, leased_until=None)
            await db.execute(WAKE)

    def _system(self) -> System:
        try:
            raw = self._agent.vault.open(self._row["credential"], about_credential(self._id))
        except Unavailable as error:
            raise Failed(ConnectorFailure.SECRET) from error
        return HttpSystem(self._agent.way, self._row["base_url"], raw.decode())

    async def _send(self, system: System) -> None:
        """Send what is due, until one message fails: what it failed of may be the system's."""
        now = self._agent.clock()
        async with self._writing() as db:
            due = await db.rows(DUE, connector=self._id, now=now, batch=BATCH)
        for message in due:
            told = Outgoing(
                id=message["key"],
                type=message["type"],
                at=message["at"],
                subject=message["subject"],
                data=orjson.loads(message["body"]),
            )
            try:
                receipt = await system.send(told)
            except Declined as declined:
                await self._declined(message, declined)
            except Failed as failed:
                await self._unsent(message, failed)
                return
            else:
                await self._sent(message, receipt.receipt)

    async def _sent(self, message: RowMapping, receipt: str | None) -> None:
        now = self._agent.clock()
        async with self._writing() as db:
            await self._well(db, now)
            done = {"state": MessageState.DONE, "done_at": now, "receipt": receipt}
            await _note(db, message, **done, problem=None, tries=message["tries"] + 1)

    async def _declined(self, message: RowMapping, declined: Declined) -> None:
        """Keep why a message was refused for good, and tell those who have to know."""
        now, told = self._agent.clock(), f"{message['type']}.refused"
        words = {"code": declined.code, "zh": declined.reason, "en": declined.reason, "path": []}
        async with self._writing() as db:
            await self._well(db, now)
            rejected = {"state": MessageState.REJECTED, "done_at": now, "problem": words}
            await _note(db, message, **rejected, tries=message["tries"] + 1)
            if flow_of(self._link.kind, told) is not None:
                await store(db, self._link, [_refusal(message, declined, told, now)], now)

    async def _unsent(self, message: RowMapping, failed: Failed) -> None:
        """Try a message again later; give it up once its days are over."""
        now, tries = self._agent.clock(), message["tries"] + 1
        first = message["tried_since"] or now
        again = next_try(first, now, tries, self._agent.luck())
        problem = {
            "code": failed.failure.value,
            "zh": failed.failure.label,
            "en": failed.failure.value,
            "path": [],
        }
        values = {"tries": tries, "tried_since": first, "problem": problem}
        async with self._writing() as db:
            await self._badly(db, failed, now)
            if again is None:
                await _note(db, message, **values, state=MessageState.DEAD, done_at=now)
            else:
                await _note(db, message, **values, next_at=again)

    async def _read(self, system: System) -> None:
        """Read on, page by page, until there is no more to be told for now.

        A system that tells nothing new however far it is read is left until its next reading.
        """
        for _ in range(MOST_PAGES):
            async with self._writing() as db:
                found = await db.rows(WAITING, connector=self._id, most=MOST_WAITING)
                if is_full := found[0]["many"] >= MOST_WAITING:
                    await self._hold(db, next_at=self._agent.clock() + SOON)
            if is_full or not await self._taken(await system.events(self._cursor)):
                return
        async with self._writing() as db:
            wait = timedelta(0) if self._new else EVERY
            await self._hold(db, next_at=self._agent.clock() + wait)

    async def _taken(self, page: Page) -> bool:
        """Store a page and the place after it; whether to read on at once.

        A page that was counted wrongly is read again, and after so many times gone on from.
        """
        now = self._agent.clock()
        is_wrong = page.total != len(page.items)
        again = is_wrong and self._rereads < MOST_REREADS
        has_more = page.more and page.next != self._cursor
        rereads = self._rereads + 1 if again else 0
        place = self._cursor if again else page.next
        values: dict[str, Any] = {"cursor": place, "rereads": rereads}
        if again:
            values["next_at"] = now + SOON
        elif not has_more:
            values |= {"next_at": now + EVERY, "caught_up_at": now}
        async with self._writing() as db:
            new = await store(db, self._link, page.items, now)
            if is_wrong:
                await self._miscounted(db, now, is_given_up=not again)
            else:
                await self._well(db, now)
            await self._hold(db, **values)
        self._cursor, self._rereads = place, rereads
        self._new += new
        return has_more and not again

    async def _miscounted(self, db: Writer, now: datetime, *, is_given_up: bool) -> None:
        values = {**HEALED, "last_success_at": now, "last_failure_at": now}
        values["health"] = health(0, is_miscounting=True)
        if not is_given_up:
            del values["health"]
        await self._hold(db, **values, last_failure=ConnectorFailure.WRONG_TOTAL)
        await self._count(db, now, failures=1)

    async def _well(self, db: Writer, now: datetime) -> None:
        await self._hold(db, **HEALED, last_success_at=now)
        await self._count(db, now, failures=0)

    async def _failed(self, failed: Failed) -> None:
        async with self._writing() as db:
            now = self._agent.clock()
            await self._badly(db, failed, now)
            await self._hold(db, next_at=now + EVERY)

    async def _badly(self, db: Writer, failed: Failed, now: datetime) -> None:
        """Note a failure; a system that fails again and again is left alone for a while."""
        since = func.coalesce(col(Connector.failing_since), now)
        await self._hold(db, failures=col(Connector.failures) + 1, failing_since=since)
        failures = self._held["failures"]
        await self._hold(
            db,
            blocked_until=blocked_until(now, failures, self._agent.luck()),
            health=health(failures, is_miscounting=False),
            last_failure=failed.failure,
            last_failure_at=now,
            last_status=failed.status,
        )
        await self._count(db, now, failures=1)

    async def _count(self, db: Writer, now: datetime, *, failures: int) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        values = {"connector_id": self._id, "hour": hour, "tries": 1, "failures": failures}
        new = insert(ConnectorHour).values(values)
        more = {
            "tries": ConnectorHour.tries + new.excluded.tries,
            "failures": ConnectorHour.failures + new.excluded.failures,
        }
        await db.execute(
            new.on_conflict_do_update(index_elements=["connector_id", "hour"], set_=more)
        )

    async def _hold(self, db: Writer, **values: Any) -> None:
        """Note something on the connector, which is ours. Lost where it is not.

        No new version, and no news.
        """
        held = (
            col(Connector.id) == self._id,
            col(Connector.leased_until) == self._leased_until,
            col(Connector.state) == ConnectorState.ACTIVE,
        )
        noted = update(Connector).where(*held).values(**values)
        found = await db.rows(noted.returning(col(Connector.leased_until), col(Connector.failures)))
        if not found:
            raise Lost
        self._held = found[0]

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Writer]:
        """A transaction; they take turns, so that each knows until when the lease is."""
        async with self._alone:
            async with self._database.writer(PLATFORM) as db:
                yield db
            self._leased_until = self._held["leased_until"] or self._leased_until


def _refusal(message: RowMapping, declined: Declined, told: str, now: datetime) -> dict[str, Any]:
    """An event that says that a message of ours was refused for good."""
    return {
        "id": f"{message['key']}.refused",
        "type": told,
        "at": instant_text(now),
        "subject": message["subject"],
        "seq": None,
        "data": {
            "code": declined.code,
            "reason": declined.reason,
            "message": orjson.loads(message["body"]),
        },
    }


async def _note(db: Writer, message: RowMapping, **values: Any) -> None:
    """Note what became of a message, unless that was decided otherwise meanwhile."""
    same = (
        col(ConnectorMessage.id) == message["id"],
        col(ConnectorMessage.version) == message["version"],
    )
    moved = {"version": message["version"] + 1, "updated_at": func.now()}
    await db.execute(update(ConnectorMessage).where(*same).values(**values, **moved))
