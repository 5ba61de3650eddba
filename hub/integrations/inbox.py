"""The inbox of a connector: events are stored as they came, each once, before anything is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from hub.actions.connector import WAKE
from hub.errors import BadInput
from hub.exchange import MessageDirection, MessageState
from hub.integrations.kinds import flow_of
from hub.integrations.port import Link
from hub.integrations.wire import event_of, kept
from hub.tables.connector import ConnectorMessage
from hub.writer import Writer

UNREADABLE = "?"
"""The type of what is no event."""


async def store(db: Writer, link: Link, items: Sequence[Any], now: datetime) -> int:
    """Store what a connector has told, and have it applied; how many were new.

    What came before, by its id, is not stored again. What is no event is stored as well, and will
    be rejected for what is wrong with it; of what is too long or too deep only the beginning is.
    """
    if not items:
        return 0
    new = insert(ConnectorMessage).values([_row(link, item, now) for item in items])
    stored = await db.rows(new.on_conflict_do_nothing().returning(col(ConnectorMessage.id)))
    if stored:
        await db.execute(WAKE)
    return len(stored)


def _row(link: Link, item: Any, now: datetime) -> dict[str, Any]:
    head: dict[str, Any] = {"type": UNREADABLE, "subject": "", "seq": None, "at": None}
    body, key = kept(item)
    try:
        event = event_of(item)
        head, key = {name: getattr(event, name) for name in head}, event.id
        flow = flow_of(link.kind, event.type)
        if flow is not None and flow.screen is not None:
            body, _ = kept({**item, "data": flow.screen(event.data)})
    except BadInput:
        pass  # whoever applies it finds the same, and says so
    return {
        "id": uuid7(),
        "version": 1,
        "connector_id": link.id,
        "organization_id": link.organization_id,
        "direction": MessageDirection.IN,
        "key": key,
        **head,
        "body": body,
        "state": MessageState.PENDING,
        "tries": 0,
        "next_at": now,
    }
