"""What can be done with webhooks: create, update, rotate its secret, delete, replay, test."""

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import col

from hub.actor import Can
from hub.changes import cursor
from hub.errors import ChangeTokenExpired, Refused, Words
from hub.exchange import ChangeType, DeliveryState, PauseReason, WebhookState
from hub.policy import readable
from hub.rules.text import check_lengths, tidy
from hub.rules.webhook import target_of
from hub.sealing import Vault
from hub.tables.journal import FeedHead
from hub.tables.webhook import Webhook, WebhookDelivery
from hub.times import instant_text
from hub.writer import Writer, check_version

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 -- how Standard Webhooks spells secrets
MOST = 20
"""Webhooks of one organisation."""
OVERLAP = timedelta(hours=24)
"""For so long the secret before the current one signs as well."""
PING = "ping"
WAKE = sa.text("NOTIFY webhook")
HEALED: dict[str, Any] = {"failures": 0, "failing_since": None, "blocked_until": None}


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook and its new secret, in clear for the only time."""

    row: Webhook
    secret: str = field(repr=False)


async def create(
    db: Writer,
    *,
    name: str,
    url: str,
    types: Sequence[ChangeType],
    allowed: Collection[str],
    vault: Vault,
) -> Told:
    """A new webhook of the actor's organisation, which hears of what comes from now on.

    `types` are the kinds of objects it hears of, empty for all. BadInput for a URL that no webhook
    may have, Refused without a name or beyond `MOST`, Conflict for a name that is taken.
    """
    db.actor.must(Can.WEBHOOK_WRITE)
    owner = db.actor.acts_for()
    await db.serialize(f"webhooks {owner}")
    if len(await db.all(readable(db.actor, Webhook))) >= MOST:
        raise Refused(f"每个机构至多 {MOST} 个回调", f"an organisation has at most {MOST} webhooks")
    head = await db.one(readable(db.actor, FeedHead), lock=False)
    row = Webhook(
        owner_id=owner,
        name=_name(name),
        url=url,
        target=target_of(url, allowed),
        types=sorted(set(types)),
        position=head.pos,
        secret="",
    )
    raw = secrets.token_bytes(SECRET_BYTES)
    row.secret = vault.seal(raw, str(row.id))
    return Told(await db.add(row, action="createWebhook"), _shown(raw))


async def update(
    db: Writer,
    webhook_id: UUID,
    expected_version: int,
    *,
    allowed: Collection[str],
    now: datetime,
    **values: Any,
) -> Webhook:
    """Change name, url, types or state of a webhook. What it has failed to send goes out again.

    NotFound, Conflict when the version has moved on, BadInput for a URL that no webhook may have;
    Refused for one to be resumed whose changes are kept no longer.
    """
    row = await _own(db, webhook_id, expected_version)
    if "name" in values:
        values["name"] = _name(values["name"])
    if "types" in values:
        values["types"] = sorted(set(values["types"]))
    if "url" in values:
        values |= {"target": target_of(values["url"], allowed), **HEALED}
    match values.get("state"):
        case WebhookState.PAUSED if row.state is not WebhookState.PAUSED:
            values["pause_reason"] = PauseReason.OWNER
        case WebhookState.ACTIVE if row.state is not WebhookState.ACTIVE:
            await _check_kept(db, row)
            values |= {"pause_reason": None, "is_behind": True, **HEALED}
    if not values.keys().isdisjoint(HEALED):
        await _revive(db, row, now)
    return await db.change(row, action="updateWebhook", **values)


async def rotate(
    db: Writer, webhook_id: UUID, expected_version: int, *, vault: Vault, now: datetime
) -> Told:
    """Give a webhook another secret; the one before it signs as well for 24 hours.

    NotFound, Conflict when the version has moved on.
    """
    row = await _own(db, webhook_id, expected_version)
    raw = secrets.token_bytes(SECRET_BYTES)
    changed = await db.change(
        row,
        action="rotateWebhookSecret",
        secret=vault.seal(raw, str(row.id)),
        previous_secret=row.secret,
        previous_until=now + OVERLAP,
    )
    return Told(changed, _shown(raw))


async def retire(db: Writer, webhook_id: UUID, expected_version: int, *, now: datetime) -> None:
    """Delete a webhook: nothing is sent any more, and its secrets are gone.

    NotFound, Conflict when the version has moved on.
    """
    row = await _own(db, webhook_id, expected_version)
    await db.retire(row, action="deleteWebhook", retired_at=now, secret="", previous_secret=None)


async def replay(
    db: Writer, webhook_id: UUID, expected_version: int, *, after: int, now: datetime
) -> Webhook:
    """Send all changes after the position `after` once more, also of a webhook that is paused.

    NotFound, Conflict when the version has moved on, ChangeTokenExpired where some of them are kept
    no longer.
    """
    row = await _own(db, webhook_id, expected_version)
    head = await db.one(readable(db.actor, FeedHead), lock=False)
    if not head.floor <= after <= head.pos:
        raise ChangeTokenExpired(cursor(head.pos))
    await _revive(db, row, now)
    active = {"state": WebhookState.ACTIVE, "pause_reason": None, "is_behind": True, **HEALED}
    return await db.change(row, action="replayWebhook", position=after, **active)


async def test(db: Writer, webhook_id: UUID, *, now: datetime) -> Webhook:
    """Send a ping, once, whatever the state of the webhook. Refused while another one waits."""
    row = await _own(db, webhook_id)
    waiting = readable(db.actor, WebhookDelivery).where(
        col(WebhookDelivery.webhook_id) == row.id,
        col(WebhookDelivery.position).is_(None),
        col(WebhookDelivery.state) == DeliveryState.PENDING,
    )
    if await db.all(waiting):
        raise Refused("上一次测试尚未送出", "the ping before this one has not been sent yet")
    body = {"type": PING, "timestamp": instant_text(now), "data": {}}
    ping = WebhookDelivery(
        webhook_id=row.id,
        owner_id=row.owner_id,
        message_id=f"ping_{uuid4().hex}",
        event=PING,
        body=orjson.dumps(body).decode(),
        next_at=now,
    )
    await db.attach([ping])
    db.audit("testWebhook", object_type=Webhook.__name__, object_id=row.id)
    await db.execute(WAKE)
    return row


async def _own(db: Writer, webhook_id: UUID, expected_version: int | None = None) -> Webhook:
    db.actor.must(Can.WEBHOOK_WRITE)
    row = await db.one(readable(db.actor, Webhook).where(col(Webhook.id) == webhook_id))
    if expected_version is not None:
        check_version(row, expected_version)
    return row


async def _check_kept(db: Writer, row: Webhook) -> None:
    head = await db.one(readable(db.actor, FeedHead), lock=False)
    if not head.floor <= row.position <= head.pos:
        raise Refused(
            "所至位置之后的变更已不再保留，不能接着投递",
            "the changes after its position are kept no longer",
            hint=Words(
                "先完整读取一遍数据，再用 replayWebhook 从 changes 的 endCursor 开始",
                "read all data once, then replayWebhook from the endCursor of changes",
            ),
            path=("state",),
        )


async def _revive(db: Writer, row: Webhook, now: datetime) -> None:
    """Whatever waits is due now, with all its tries before it."""
    await db.execute(
        sa.update(WebhookDelivery)
        .where(
            col(WebhookDelivery.webhook_id) == row.id,
            col(WebhookDelivery.state) == DeliveryState.PENDING,
        )
        .values(
            next_at=now,
            tried_since=None,
            attempts=0,
            version=col(WebhookDelivery.version) + 1,
            updated_at=func.now(),
        )
    )
    await db.execute(WAKE)


def _name(text: str) -> str:
    name = tidy(text)
    check_lengths({"name": name})
    if not name:
        raise Refused("回调须有名称", "a webhook needs a name", path=("name",))
    return name


def _shown(secret: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(secret).decode()
