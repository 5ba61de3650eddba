"""Makes deliveries of the changes that webhooks are to hear of: each once, in their order.

How far it has come stands in the webhook itself, and moves in the transaction that stores the
deliveries. Where many wait already, the feed keeps the rest.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import structlog
from sqlalchemy import RowMapping, Update, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from hub.actions.webhook import WAKE
from hub.actor import PLATFORM, Actor
from hub.changes import TYPES, StoredFeed, names_of
from hub.db import Database
from hub.errors import ChangeTokenExpired, NotFound
from hub.events import LOOK_EVERY, MOST_CHANGES, Change, Feed
from hub.exchange import ChangeType, DeliveryState, PauseReason, WebhookState
from hub.policies.journal import PUBLIC
from hub.policy import readable
from hub.tables.webhook import Webhook, WebhookDelivery
from hub.times import Clock, instant_text, utc_now
from hub.vocabulary import Role

WINDOW = 500
"""Deliveries of one webhook that may wait; what comes after them waits in the feed."""
SWEEP = 600.0
"""Seconds after which those who have heard nothing are moved on, lest their place be trimmed."""
LULL = 0.1
"""Seconds from one look to the next while the feed grows, so that many changes are one look."""
HEAD = text("SELECT pos FROM feed_head")
CONCERNED = text(
    """
    SELECT id, owner_id, types, position, is_behind, :window - (
        SELECT count(*) FROM (
            SELECT FROM webhook_delivery
            WHERE webhook_id = webhook.id AND state = 'PENDING' LIMIT :window
        ) AS waiting
    ) AS room
    FROM webhook
    WHERE state = 'ACTIVE' AND retired_at IS NULL AND position <> :head AND (
        is_behind OR :since = 0 OR owner_id IN (
            SELECT unnest(organization_ids) FROM feed WHERE pos > :since AND pos <= :head
        ) OR :public_type = ANY(types) AND EXISTS (
            SELECT FROM feed WHERE pos > :since AND pos <= :head AND object_type = :public
        )
    )
    """
)


class Event(NamedTuple):
    """What a webhook is told of a change: the type of the message and its data."""

    type: str
    data: dict[str, Any]


Tell = Callable[[Change], Event]


class Fanout:
    """Turns changes into deliveries, told by `tell`."""

    def __init__(
        self, database: Database, log: StoredFeed, tell: Tell, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._log = log
        self._tell = tell
        self._clock = clock

    async def look(self, since: int = 0) -> int:
        """Take what has come to be told since a position; up to where the feed has been seen.

        Whoever was left behind at an earlier look is looked at again; from 0 on, everyone is.
        ExceptionGroup where it went wrong for some, for whom nothing is lost.
        """
        async with self._database.writer(PLATFORM) as db:
            head: int = (await db.rows(HEAD))[0]["pos"]
            asked = {"window": WINDOW, "since": since, "head": head}
            public = {"public": PUBLIC, "public_type": TYPES[PUBLIC].value}
            concerned = await db.rows(CONCERNED, **asked, **public)
        failed: list[Exception] = []
        for row in concerned:
            try:
                await self._take(row, head)
            except Exception as error:  # noqa: BLE001 -- one of them keeps none of the others back
                failed.append(error)
        if failed:
            raise ExceptionGroup("webhooks left behind", failed)
        return head

    async def _take(self, row: RowMapping, head: int) -> None:
        if row["room"] <= 0:
            if not row["is_behind"]:
                async with self._database.writer(PLATFORM) as db:
                    await db.execute(_left_behind(row["id"]))
            return
        wanted = [ChangeType(one) for one in row["types"]] or None
        hearing = Actor(
            login="webhook",
            user_id=row["id"],
            organization_id=row["owner_id"],
            roles=frozenset({Role.SYSTEM}),
        )
        most = min(row["room"], MOST_CHANGES)
        try:
            heard = await self._log.heard(hearing, names_of(wanted), row["position"], most)
        except ChangeTokenExpired:
            await self._pause(row)
            return
        await self._store(row, heard.changes, heard.end, is_behind=heard.end < head)

    async def _store(
        self, row: RowMapping, changes: Sequence[Change], end: int, *, is_behind: bool
    ) -> None:
        """Store deliveries and move on; where the webhook has changed meanwhile, the next look."""
        here = (col(Webhook.id) == row["id"]) & (col(Webhook.position) == row["position"])
        same = here & (col(Webhook.types) == row["types"])
        active = (col(Webhook.state) == WebhookState.ACTIVE) & col(Webhook.retired_at).is_(None)
        moved = update(Webhook).where(same, active).values(position=end, is_behind=is_behind)
        async with self._database.writer(PLATFORM) as db:
            if not await db.rows(moved.returning(col(Webhook.id))):
                await db.execute(_left_behind(row["id"]))
            elif changes:
                deliveries = [self._delivery(row, change) for change in changes]
                await db.execute(_stored(deliveries))
                await db.execute(WAKE)

    def _delivery(self, row: RowMapping, change: Change) -> dict[str, Any]:
        event = self._tell(change)
        body = {"type": event.type, "timestamp": instant_text(change["at"]), "data": event.data}
        delivery = WebhookDelivery(
            webhook_id=row["id"],
            owner_id=row["owner_id"],
            position=change["pos"],
            message_id=f"msg_{row['id'].hex}_{change['pos']}",
            event=event.type,
            body=orjson.dumps(body).decode(),
            next_at=self._clock(),
        )
        return delivery.model_dump(exclude={"created_at", "updated_at"})

    async def _pause(self, row: RowMapping) -> None:
        """Stop where changes that were to be told are kept no longer; its organisation sees it."""
        here = (col(Webhook.id) == row["id"]) & (col(Webhook.position) == row["position"])
        with suppress(NotFound):
            async with self._database.writer(PLATFORM) as db:
                webhook = await db.one(readable(PLATFORM, Webhook).where(here))
                reason = PauseReason.CHANGE_TOKEN_EXPIRED
                await db.change(
                    webhook,
                    action="pauseWebhook",
                    state=WebhookState.PAUSED,
                    pause_reason=reason,
                )


def _left_behind(webhook_id: UUID) -> Update:
    return update(Webhook).where(col(Webhook.id) == webhook_id).values(is_behind=True)


def _stored(deliveries: Sequence[dict[str, Any]]) -> Any:
    """Insert deliveries; one that was made before, of a change that is replayed, is due again."""
    again = {
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "tried_since": None,
        "leased_until": None,
        "last_status": None,
        "last_failure": None,
        "delivered_at": None,
        "version": WebhookDelivery.version + 1,
        "updated_at": func.now(),
    }
    new = insert(WebhookDelivery).values(deliveries)
    return new.on_conflict_do_update(
        index_elements=["webhook_id", "position"], set_={**again, "next_at": new.excluded.next_at}
    )


async def run(database: Database, feed: Feed, log: StoredFeed, tell: Tell) -> None:
    """Make deliveries for as long as the task lives, through every outage of the database."""
    fanout = Fanout(database, log, tell)
    while True:
        try:
            async with feed.following() as head, asyncio.TaskGroup() as tasks:
                tasks.create_task(_sweep(fanout))
                await _follow(feed, fanout, head)
        except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
            structlog.get_logger("hub.webhooks").warning("webhooks wait", error=_names(error))
        await asyncio.sleep(LOOK_EVERY)


def _names(error: Exception) -> list[str]:
    """What went wrong, without the values that it went wrong with."""
    if isinstance(error, ExceptionGroup):
        return sorted({name for one in error.exceptions for name in _names(one)})
    return [type(error).__name__]


async def _follow(feed: Feed, fanout: Fanout, since: int) -> None:
    """Look whenever the feed has grown, and once a second for who was left behind."""
    while True:
        since = await fanout.look(since)
        await asyncio.sleep(LULL)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await feed.after(since)


async def _sweep(fanout: Fanout) -> None:
    """Look at everyone, now and every `SWEEP` seconds; it keeps nobody waiting who hears much."""
    while True:
        await fanout.look()
        await asyncio.sleep(SWEEP)
