"""What one operation carries: who asks, its reads, and what was withheld from the answer."""

from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

import strawberry
from aiodataloader import DataLoader

from hub.actor import Actor
from hub.db import MOST_ROWS, Database, Reader, too_much
from hub.events import Feed
from hub.keys import Keyring
from hub.sealing import Vault
from hub.statements import Statements
from hub.times import local_day
from hub.writer import Writer
from schema.explain import Explanation, OperationCost

L = TypeVar("L", bound="DataLoader[Any, Any]")


class Briefing(Protocol):
    """What an operation may learn of plans: of its own, and of the one of any document."""

    def cost(self) -> OperationCost:
        """The price of the operation itself."""

    def explain(
        self, document: str, variables: Mapping[str, Any] | None, name: str | None
    ) -> Explanation:
        """What the operation `name` of `document` would do for the same caller."""

    def check_table(self, document: str, variables: Mapping[str, Any]) -> None:
        """Raise BadInput unless the same caller may have `document` as a table."""


@dataclass(slots=True)
class Context:
    """One operation. `now` is fixed at its start; `today` is the calendar day in Shanghai.

    Each change of the feed is kept for the time `feed_kept`. Webhooks may go to the targets
    `webhook_allowed` though they are not public.
    """

    actor: Actor
    database: Database
    reader: Reader
    keys: Keyring
    vault: Vault
    webhook_allowed: frozenset[str]
    feed: Feed
    feed_kept: timedelta
    statements: Statements
    now: datetime
    language: str = "zh"
    request_id: str | None = None
    denied: dict[str, str] = field(default_factory=dict)
    masked: dict[str, str] = field(default_factory=dict)
    briefing: Briefing = field(init=False)
    """Set as soon as the operation is planned."""
    _shown: int = 0
    _loaders: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The local calendar date of the operation."""
        return local_day(self.now)

    def show(self, rows: int) -> None:
        """Count rows into the answer; one read once may be shown many times. CostExceeded."""
        self._shown += rows
        if self._shown > MOST_ROWS:
            raise too_much()

    def loader(self, key: Hashable, make: Callable[[], L]) -> L:
        """The loader of this operation under `key`, made at first use."""
        if key not in self._loaders:
            self._loaders[key] = make()
        loader: L = self._loaders[key]
        return loader

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writer]:
        """One transaction; reads that follow it in this operation see what it wrote.

        The reader gives its connection back first: an operation never holds two of the pool.
        """
        await self.renew()
        async with self.database.writer(self.actor, self.request_id) as writer:
            yield writer
        await self.renew()

    async def renew(self) -> None:
        """Forget what was read, so that the next read sees what is committed by now."""
        self._loaders.clear()
        self._shown = 0
        await self.reader.refresh()


Info = strawberry.Info[Context, None]
