"""Sends what webhooks are told: leased, signed, posted, tried again, at last given up.

A lease ends by itself, so that what a worker had in hand when it was killed is sent by another.
A delivery may so come twice, with the same id and the same body.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping, func, text, update
from sqlmodel import col

from hub.actions.webhook import HEALED, WAKE
from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import NotFound, Unavailable
from hub.events import LOOK_EVERY
from hub.exchange import DeliveryFailure, DeliveryState, PauseReason, WebhookState
from hub.integrations.outbound import Outbound, Outcome
from hub.integrations.signing import signed
from hub.policy import readable
from hub.rules.webhook import BREAKS_AFTER, blocked_until, next_try
from hub.sealing import Vault
from hub.tables.webhook import Webhook, WebhookDelivery
from hub.times import Clock, utc_now
from hub.writer import Writer

LEASE = timedelta(seconds=60)
"""Four times as long as a try can last."""
SLOTS = 2
"""Deliveries that are on their way to one target at a time, of all webhooks and workers."""
IN_FLIGHT = 64
"""Deliveries that one worker has on their way."""
RECORDERS = 2
"""Connections that the outcomes may take up; requests to the hub have the others."""
GONE = 410
AGENT = "metrology-hub-webhooks"
LOG = structlog.get_logger("hub.deliveries")

# Leases are given one worker at a time, by the clock of the database. The slots of a target go
# round its webhooks: first who has least on its way, then by lot. A webhook that fails is probed by
# one delivery; healthy ones come first. A ping goes out in any state.
LEASES = text(
    """
    WITH busy AS (
        SELECT webhook.id, target, count(*) AS taken
        FROM webhook_delivery JOIN webhook ON webhook.id = webhook_id
        WHERE leased_until > now() GROUP BY webhook.id
    ), due AS (
        SELECT one.id, target, failures, next_at,
            coalesce((SELECT taken FROM busy WHERE busy.id = webhook.id), 0)
            + row_number() OVER (PARTITION BY webhook.id ORDER BY next_at, one.id) AS turn
        FROM webhook CROSS JOIN LATERAL (
            SELECT id, next_at FROM webhook_delivery
            WHERE webhook_id = webhook.id AND webhook_delivery.state = 'PENDING'
              AND next_at <= :now AND coalesce(leased_until <= now(), true)
              AND (position IS NULL
                   OR webhook.state = 'ACTIVE' AND coalesce(blocked_until <= :now, true))
            ORDER BY next_at, id LIMIT :slots
        ) AS one
        WHERE retired_at IS NULL
    ), placed AS (
        SELECT id, failures, next_at,
            coalesce((SELECT sum(taken) FROM busy WHERE busy.target = due.target), 0)
            + row_number() OVER (PARTITION BY target ORDER BY turn, random()) AS place
        FROM due WHERE turn <= CASE WHEN failures >= :broken THEN 1 ELSE :slots END
    ), chosen AS (
        SELECT id FROM placed WHERE place <= :slots ORDER BY failures, next_at LIMIT :free
    )
    UPDATE webhook_delivery SET
        leased_until = now() + :lease,
        attempts = attempts + 1, tried_since = coalesce(tried_since, :now),
        version = webhook_delivery.version + 1, updated_at = now()
    FROM chosen, webhook
    WHERE webhook_delivery.id = chosen.id AND webhook.id = webhook_id
      AND webhook_delivery.state = 'PENDING' AND coalesce(leased_until <= now(), true)
    RETURNING webhook_delivery.id, webhook_id, webhook_delivery.position, message_id, body,
              attempts, tried_since, leased_until, url, secret, previous_secret, previous_until
    """
)


@dataclass(frozen=True, slots=True)
class Postman:
    """Takes deliveries, sends them, and records what became of them.

    `luck` gives the jitter, from 0 to 1.
    """

    database: Database
    way: Outbound
    vault: Vault
    clock: Clock = utc_now
    luck: Callable[[], float] = random.random

    async def lease(self, free: int = IN_FLIGHT) -> Sequence[RowMapping]:
        """Deliveries that are due, at most so many; nobody else takes them until `LEASE` is over.

        Of one target there are never more than `SLOTS` out.
        """
        async with self.database.writer(PLATFORM) as db:
            await db.serialize("webhook leases")
            return await db.rows(
                LEASES,
                now=self.clock(),
                lease=LEASE,
                slots=SLOTS,
                broken=BREAKS_AFTER,
                free=free,
            )

    async def deliver(self, leased: RowMapping) -> Outcome:
        """Send one; what became of it. It is not recorded yet."""
        now = self.clock()
        try:
            secrets = self._secrets(leased, now)
        except Unavailable:
            return Outcome(None, DeliveryFailure.SECRET)
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": AGENT,
            **signed(leased["message_id"], now, leased["body"], secrets),
        }
        try:
            return await self.way.post(leased["url"], leased["body"].encode(), headers)
        except Exception as error:  # noqa: BLE001 -- whatever it was, this try has failed
            LOG.warning("delivery not sent", error=type(error).__name__)
            return Outcome(None, DeliveryFailure.UNREACHABLE)

    def _secrets(self, leased: RowMapping, now: datetime) -> list[bytes]:
        about = str(leased["webhook_id"])
        opened = [self.vault.open(leased["secret"], about)]
        if leased["previous_secret"] and now < leased["previous_until"]:
            with suppress(Unavailable):  # its key may be gone; the current one signs alone
                opened.append(self.vault.open(leased["previous_secret"], about))
        return opened

    async def record(self, leased: RowMapping, outcome: Outcome) -> None:
        """Note what became of a delivery, unless it is not ours any more, and draw conclusions."""
        with suppress(NotFound):  # the webhook has been deleted meanwhile
            async with self.database.writer(PLATFORM) as db:
                this = col(Webhook.id) == leased["webhook_id"]
                webhook = await db.one(readable(PLATFORM, Webhook).where(this))
                if outcome.failure is None:
                    await self._delivered(db, webhook, leased, outcome)
                else:
                    await self._failed(db, webhook, leased, outcome)
                await db.execute(WAKE)

    async def _delivered(
        self, db: Writer, webhook: Webhook, leased: RowMapping, outcome: Outcome
    ) -> None:
        now, failures = self.clock(), webhook.failures
        await self._note(db, leased, outcome, state=DeliveryState.DELIVERED, delivered_at=now)
        if failures:
            await _keep(db, webhook, **HEALED)
        if failures >= BREAKS_AFTER:  # it was the target, not one message: all are due
            waiting = (
                col(WebhookDelivery.webhook_id) == webhook.id,
                col(WebhookDelivery.state) == DeliveryState.PENDING,
                col(WebhookDelivery.next_at) > now,
            )
            await db.execute(update(WebhookDelivery).where(*waiting).values(next_at=now))

    async def _failed(
        self, db: Writer, webhook: Webhook, leased: RowMapping, outcome: Outcome
    ) -> None:
        """Try again later; give up after three days, and pause where nothing else came through."""
        if leased["position"] is None:
            await self._note(db, leased, outcome, state=DeliveryState.DEAD)
            return
        now = self.clock()
        failures = webhook.failures + 1
        since = webhook.failing_since or now
        again = next_try(leased["tried_since"], now, leased["attempts"], self.luck())
        is_gone = outcome.status == GONE
        if again is None and not is_gone:
            await self._note(db, leased, outcome, state=DeliveryState.DEAD)
        else:
            await self._note(db, leased, outcome, next_at=again or now)
        await _keep(
            db,
            webhook,
            failures=failures,
            failing_since=since,
            blocked_until=blocked_until(now, failures, self.luck()),
        )
        if is_gone:
            await _pause(db, webhook, PauseReason.GONE)
        elif again is None and since <= leased["tried_since"] + LEASE:
            await _pause(db, webhook, PauseReason.FAILING)

    async def _note(self, db: Writer, leased: RowMapping, outcome: Outcome, **values: Any) -> None:
        held = (
            col(WebhookDelivery.id) == leased["id"],
            col(WebhookDelivery.leased_until) == leased["leased_until"],
        )
        await db.execute(
            update(WebhookDelivery)
            .where(*held)
            .values(
                leased_until=None,
                last_status=outcome.status,
                last_failure=outcome.failure,
                version=col(WebhookDelivery.version) + 1,
                updated_at=func.now(),
                **values,
            )
        )


async def _keep(db: Writer, webhook: Webhook, **values: Any) -> None:
    """Note what tries have shown of a target: no new version of the webhook, and no news."""
    await db.execute(update(Webhook).where(col(Webhook.id) == webhook.id).values(**values))


async def _pause(db: Writer, webhook: Webhook, reason: PauseReason) -> None:
    if webhook.state is WebhookState.ACTIVE:
        state = WebhookState.PAUSED
        await db.change(webhook, action="pauseWebhook", state=state, pause_reason=reason)


async def run(postman: Postman) -> None:
    """Send what is due for as long as the task lives, through every outage of the database."""
    turns = asyncio.Semaphore(RECORDERS)
    flying: set[asyncio.Task[None]] = set()

    async def send(leased: RowMapping) -> None:
        try:
            outcome = await postman.deliver(leased)
            async with turns:
                await postman.record(leased, outcome)
        except Exception as error:  # noqa: BLE001 -- its lease ends, and it is sent once more
            LOG.warning("delivery not recorded", error=type(error).__name__)

    async with postman.database.notified("webhook") as woken, asyncio.TaskGroup() as tasks:
        while True:
            leased: Sequence[RowMapping] = ()
            try:
                if free := IN_FLIGHT - len(flying):
                    leased = await postman.lease(free)
            except Exception as error:  # noqa: BLE001 -- whatever it was, the next look comes
                LOG.warning("deliveries wait", error=type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
            for one in leased:
                task = tasks.create_task(send(one))
                flying.add(task)
                task.add_done_callback(flying.discard)
            await woken(LOOK_EVERY)
