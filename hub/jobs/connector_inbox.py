"""Applies what connectors have told: each event in a transaction of its own, once, with its mark.

An event that cannot be applied is kept with its problem and stops no other; a connector whose
events wait for a lock is left alone for a while. What was being applied when a worker was killed is
applied by another, for nothing of it was committed.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, func, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from hub.actions import source
from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import Busy, Code, HubError, Refused, Unavailable, Words
from hub.exchange import ConnectorKind, MessageOutcome, MessageState
from hub.integrations.kinds import actor_of, flow_of
from hub.integrations.port import Applied, Event, Flow, Link
from hub.integrations.wire import event_in
from hub.policy import readable
from hub.rules.connector import Place, check_time, is_older, newest
from hub.rules.webhook import WAITS, next_try
from hub.tables.connector import ConnectorMessage
from hub.times import Clock, utc_now
from hub.writer import Writer

BATCH = 100
"""Events of one connector that are looked at in one go."""
AT_ONCE = 3
"""Connectors whose events are applied at the same time."""
LOCKED_FOR = timedelta(seconds=5)
"""How long a connector is left alone whose events wait for a lock."""
MOST_TRIES = len(WAITS)
"""Tries of an event that fails of something other than a refusal."""
LOCK_NOT_AVAILABLE, ROLLED_BACK = "55P03", "40"
LOG = structlog.get_logger("hub.connectors")
STATES = {
    MessageOutcome.APPLIED: MessageState.DONE,
    MessageOutcome.UNCHANGED: MessageState.DONE,
    MessageOutcome.STALE: MessageState.STALE,
    MessageOutcome.CONFLICT: MessageState.CONFLICT,
    MessageOutcome.REJECTED: MessageState.REJECTED,
}
OLDER = Words("已采用此对象更新的陈述", "what is newer was applied to this subject before")
BROKEN = Words("平台内部错误，请联系平台运维", "something went wrong in the hub")
# The oldest that wait, of each connector its share, so that one that tells much keeps none back.
WAITING = text(
    """
    SELECT one.*, code, kind
    FROM connector CROSS JOIN LATERAL (
        SELECT id, connector_id, organization_id, subject, seq, at FROM connector_message
        WHERE connector_id = connector.id AND direction = 'IN'
          AND connector_message.state = 'PENDING' AND next_at <= :now
        ORDER BY id LIMIT :batch
    ) AS one
    WHERE connector.state = 'ACTIVE'
    ORDER BY one.connector_id, one.id
    """
)
PUT_OFF = text(
    """
    UPDATE connector_message SET next_at = :later WHERE id IN (
        SELECT id FROM connector_message
        WHERE connector_id = :connector AND direction = 'IN' AND state = 'PENDING'
          AND next_at < :later
        FOR UPDATE SKIP LOCKED
    )
    """
)


class Step(Enum):
    """What became of an event that was to be applied."""

    DONE = "it was applied, or will not be"
    NOT_OURS = "another worker has it or has had it"
    FAILED = "of an error of ours; it is tried again"
    LOCKED = "it waited too long for a lock; that counts as no try"


@dataclass(frozen=True, slots=True)
class Clerk:
    """Applies what waits in the inboxes of all connectors. `luck`, from 0 to 1, is the jitter."""

    database: Database
    clock: Clock = utc_now
    luck: Callable[[], float] = random.random

    async def look(self) -> int:
        """Apply what is due, each subject's events in their order; how many were ours to apply."""
        async with self.database.writer(PLATFORM) as db:
            waiting = await db.rows(WAITING, now=self.clock(), batch=BATCH)
        room = asyncio.Semaphore(AT_ONCE)

        async def inbox(rows: Sequence[RowMapping]) -> int:
            async with room:
                return await self._inbox(rows)

        async with asyncio.TaskGroup() as tasks:
            inboxes = [
                tasks.create_task(inbox(list(rows)))
                for _, rows in groupby(waiting, itemgetter("connector_id"))
            ]
        return sum(one.result() for one in inboxes)

    async def _inbox(self, rows: Sequence[RowMapping]) -> int:
        """Apply what one connector has told, up to an error of ours; how many were ours."""
        ours = 0
        for row in _ordered(rows):
            step = await self._apply(row)
            if step is Step.LOCKED:
                await self._put_off(row)
                break
            ours += step is not Step.NOT_OURS
            if step is Step.FAILED:
                break
        return ours

    async def _put_off(self, row: RowMapping) -> None:
        LOG.info("inbox waits for a lock", connector=row["code"])
        async with self.database.writer(PLATFORM) as db:
            later = self.clock() + LOCKED_FOR
            await db.execute(PUT_OFF.bindparams(connector=row["connector_id"], later=later))

    async def _apply(self, row: RowMapping) -> Step:
        """Apply one event, and mark it."""
        kind = ConnectorKind(row["kind"])
        link = Link(row["connector_id"], row["code"], kind, row["organization_id"])
        try:
            async with self.database.writer(actor_of(link)) as db:
                message = await _held(db, row["id"])
                if message is None:
                    return Step.NOT_OURS
                applied = await self._applied(db, link, message)
                await self._mark(db, message, applied)
        except (Busy, Unavailable):
            raise
        except HubError as refusal:
            await self._keep(link, row["id"], refusal)
        except Exception as error:  # noqa: BLE001 -- it is one event of many; the others go on
            if _is_locked(error):
                return Step.LOCKED
            LOG.error("event not applied", connector=link.code, error=type(error).__name__)
            await self._keep(link, row["id"], None)
            return Step.FAILED
        return Step.DONE

    async def _applied(self, db: Writer, link: Link, message: ConnectorMessage) -> Applied:
        event = event_in(message.body)
        check_time(event.at, self.clock())
        flow = flow_of(link.kind, event.type)
        if flow is None:
            raise Refused(
                f"“{link.kind.label}”没有 {event.type} 这种报文",
                f"{link.kind} has no messages of type {event.type}",
                path=("type",),
            )
        return await _placed(db, link, event, flow)

    async def _mark(self, db: Writer, message: ConnectorMessage, applied: Applied) -> None:
        problem = None
        if applied.words is not None:
            problem = _problem(applied.outcome.value, applied.words, ())
        state = STATES[applied.outcome]
        await _note(db, message.id, state=state, problem=problem, done_at=self.clock())

    async def _keep(self, link: Link, message_id: UUID, refusal: HubError | None) -> None:
        """Keep why an event was not applied; what failed of an error of ours is tried again."""
        async with self.database.writer(actor_of(link)) as db:
            message = await _held(db, message_id)
            if message is None:
                return
            now, tries = self.clock(), message.tries + 1
            if refusal is not None:
                problem = _problem(refusal.code, refusal.words, refusal.path)
            else:
                problem = _problem(Code.INTERNAL, BROKEN, ())
            values: dict[str, Any] = {"tries": tries, "problem": problem}
            if refusal is None and tries < MOST_TRIES:
                values["next_at"] = next_try(now, now, tries, self.luck())
            else:
                values |= {"state": MessageState.REJECTED, "done_at": now}
            await _note(db, message_id, **values)


async def _placed(db: Writer, link: Link, event: Event, flow: Flow) -> Applied:
    """Apply an event where its subject stands; one that is older changes nothing."""
    if flow.is_ours:
        return await flow.handle(db, link, event)
    record = await source.record_of(db, link.id, link.organization_id, event.subject)
    place = Place(event.seq, event.at)
    last = Place(record.seq, record.as_of) if record.as_of is not None else place
    if is_older(place, last) and not flow.adds_up:
        return Applied(MessageOutcome.STALE, OLDER)
    applied = await flow.handle(db, link, event)
    if applied.outcome not in (MessageOutcome.STALE, MessageOutcome.REJECTED):
        at = newest(place, last)
        await source.keep(db, record, seq=at.seq, as_of=at.at)
    return applied


def _is_locked(error: Exception) -> bool:
    """Whether others held a lock for too long, or this was given up for them (class 40)."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return state is not None and (state == LOCK_NOT_AVAILABLE or state.startswith(ROLLED_BACK))


def _ordered(waiting: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """Events as they are best applied: each subject where it first comes, and then in its order."""
    first: dict[tuple[UUID, str], int] = {}
    for place, row in enumerate(waiting):
        first.setdefault((row["connector_id"], row["subject"]), place)

    def order(row: RowMapping) -> tuple[int, int, datetime | None]:
        return first[row["connector_id"], row["subject"]], row["seq"] or 0, row["at"]

    readable_ones = [row for row in waiting if row["at"] is not None]
    return [row for row in waiting if row["at"] is None] + sorted(readable_ones, key=order)


async def _held(db: Writer, message_id: UUID) -> ConnectorMessage | None:
    """A message that still waits, locked until the commit; None where it does not, or is held."""
    wanted = readable(db.actor, ConnectorMessage).where(
        col(ConnectorMessage.id) == message_id,
        col(ConnectorMessage.state) == MessageState.PENDING,
    )
    found = await db.all(wanted.with_for_update(skip_locked=True))
    return found[0] if found else None


async def _note(db: Writer, message_id: UUID, **values: Any) -> None:
    await db.execute(
        update(ConnectorMessage)
        .where(col(ConnectorMessage.id) == message_id)
        .values(**values, version=col(ConnectorMessage.version) + 1, updated_at=func.now())
    )


def _problem(code: str, words: Words, path: Sequence[str | int]) -> dict[str, Any]:
    return {"code": code, "zh": words.zh, "en": words.en, "path": [str(step) for step in path]}
