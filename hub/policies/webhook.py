"""Webhooks are seen by those of their organisation who keep them; the platform sends for all."""

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from hub.actor import PLATFORM, Actor, Can, Level
from hub.policy import Policy, govern
from hub.tables.webhook import Webhook, WebhookDelivery


def rows(actor: Actor) -> ColumnElement[bool]:
    """The webhooks of the actor's organisation; those that were deleted are gone for all."""
    return _kept(actor, col(Webhook.owner_id) == actor.organization_id) & col(
        Webhook.retired_at
    ).is_(None)


def deliveries(actor: Actor) -> ColumnElement[bool]:
    """What the actor's organisation was sent."""
    return _kept(actor, col(WebhookDelivery.owner_id) == actor.organization_id)


def _kept(actor: Actor, own: ColumnElement[bool]) -> ColumnElement[bool]:
    if actor == PLATFORM:
        return true()
    return own if Can.WEBHOOK_WRITE in actor.permissions else false()


POLICY = govern(Webhook, Policy(rows=rows, floor=Level.O))
govern(WebhookDelivery, Policy(rows=deliveries, floor=Level.O))
