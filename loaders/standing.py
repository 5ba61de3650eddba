"""How connectors stand: what waits, what was refused, how many tries failed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func
from sqlmodel import col

from hub.db import Reader
from hub.exchange import ConflictState, MessageDirection, MessageState
from hub.policy import readable
from hub.tables.connector import Conflict, ConnectorHour, ConnectorMessage
from loaders.rows import Shared

OPEN = (MessageState.PENDING, MessageState.REJECTED, MessageState.DEAD)
DAY = timedelta(hours=24)


class Standing(NamedTuple):
    """How many messages there are of each kind, since when the oldest waits, tries of a day."""

    counts: Mapping[tuple[MessageDirection, MessageState], int]
    waiting_since: datetime | None
    tries: int
    failures: int
    conflicts: int


class Standings(Shared[UUID, Standing]):
    """Standings by the ids of connectors, at an instant: three statements for them all."""

    def __init__(self, reader: Reader, now: datetime) -> None:
        super().__init__()
        self._reader = reader
        self._now = now

    async def batch_load_fn(self, keys: list[UUID]) -> list[Standing]:
        """The standings of all `keys`."""
        counts: dict[UUID, dict[tuple[MessageDirection, MessageState], int]] = defaultdict(dict)
        since: dict[UUID, datetime] = {}
        for row in await self._messages(keys):
            counts[row["connector_id"]][row["direction"], row["state"]] = row["many"]
            if row["state"] is MessageState.PENDING and row["direction"] is MessageDirection.IN:
                since[row["connector_id"]] = row["oldest"]
        hours = {row["connector_id"]: row for row in await self._hours(keys)}
        conflicts = {row["connector_id"]: row["many"] for row in await self._conflicts(keys)}
        return [
            Standing(
                counts[key],
                since.get(key),
                hours[key]["tries"] if key in hours else 0,
                hours[key]["failures"] if key in hours else 0,
                conflicts.get(key, 0),
            )
            for key in keys
        ]

    async def _messages(self, keys: list[UUID]) -> Sequence[RowMapping]:
        by = (
            col(ConnectorMessage.connector_id),
            col(ConnectorMessage.direction),
            col(ConnectorMessage.state),
        )
        found: Any = (
            readable(self._reader.actor, ConnectorMessage)
            .where(by[0].in_(keys), by[2].in_(OPEN))
            .with_only_columns(
                *by, _many(), func.min(col(ConnectorMessage.created_at)).label("oldest")
            )
            .group_by(*by)
        )
        return await self._reader.all(found)

    async def _hours(self, keys: list[UUID]) -> Sequence[RowMapping]:
        by = col(ConnectorHour.connector_id)
        found: Any = (
            readable(self._reader.actor, ConnectorHour)
            .where(by.in_(keys), col(ConnectorHour.hour) > self._now - DAY)
            .with_only_columns(
                by,
                func.sum(col(ConnectorHour.tries)).label("tries"),
                func.sum(col(ConnectorHour.failures)).label("failures"),
            )
            .group_by(by)
        )
        return await self._reader.all(found)

    async def _conflicts(self, keys: list[UUID]) -> Sequence[RowMapping]:
        by = col(Conflict.connector_id)
        found: Any = (
            readable(self._reader.actor, Conflict)
            .where(by.in_(keys), col(Conflict.state) == ConflictState.OPEN)
            .with_only_columns(by, _many())
            .group_by(by)
        )
        return await self._reader.all(found)


def _many() -> ColumnElement[int]:
    return func.count().label("many")
