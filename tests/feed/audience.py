"""An audience inside a process: firms whose people listen to streams, and what they are told."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

from hub.jobs.sequencer import sequence
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.web.body import Asked
from hub.web.channels import Shared
from hub.web.door import Caller
from hub.web.operations import Operations, Outcome
from tests.doors import HubClient, id_of
from tests.given import a_user, an_instrument, an_organization
from tests.patience import patiently

CHANGES = "subscription { instrumentChanged { pos id instrument { assetNo name status } } }"

Told = Outcome | Shared
Stream = AsyncGenerator[Told, None]


class Firm:
    """An enterprise whose people listen to its changes."""

    def __init__(self, hub: HubClient, owner: Organization, users: Sequence[User]) -> None:
        self.owner = owner
        self.users = users
        self._hub = hub

    async def changes(self, many: int = 1, each: int = 1) -> list[str]:
        """Make so many transactions of so many changes, and number them; the objects in order."""
        made = []
        for _ in range(many):
            rows = [an_instrument(self.owner) for _ in range(each)]
            await self._hub.all_given(*rows)
            made += [id_of(row) for row in rows]
            await self.number()
        return made

    async def number(self) -> None:
        """Give what waits its places in the feed, and say so."""
        pos = await sequence(self._hub.hub.database)
        assert pos is not None
        await self._hub.hub.feed.announce(pos)


async def a_firm(hub: HubClient, users: int = 1) -> Firm:
    """An enterprise with so many accounts."""
    owner = await hub.given(an_organization())
    accounts = [await hub.given(a_user(owner)) for _ in range(users)]
    firm = Firm(hub, owner, accounts)
    await firm.number()
    return firm


class Audience:
    """Streams of one process."""

    def __init__(self, hub: HubClient) -> None:
        self._hub = hub
        self._operations = Operations(hub.hub, hub.hub.settings)
        self._open = AsyncExitStack()

    async def joined(
        self, user: User, query: str = CHANGES, language: str = "zh", **variables: Any
    ) -> "Listener":
        """A new stream of `user`, which has begun."""
        caller = Caller({}, await self._hub.token(user), language, "fanout-test")
        begun = asyncio.Event()
        stream = self._operations.events(Asked(query, variables), caller, subscribed=begun)
        listener = Listener(await self._open.enter_async_context(aclosing(stream)))
        self._open.push_async_callback(listener.leave)
        async with patiently("a stream to begin"):
            await begun.wait()
        return listener

    async def close(self) -> None:
        """Let everybody leave."""
        await self._open.aclose()


class Listener:
    """One stream, asked for its next answer from the start."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._next = asyncio.ensure_future(anext(stream))

    async def told(self) -> Told:
        """The next answer or answers."""
        async with patiently("an answer"):
            found = await self._next
        self._next = asyncio.ensure_future(anext(self._stream))
        return found

    async def hears(self, last: str) -> list[Any]:
        """The changes up to the one of the object `last`."""
        found: list[Any] = []
        while not found or found[-1]["id"] != last:
            told = await self.told()
            assert isinstance(told, Shared), told
            found += [read(body) for _, body in told.answers]
        return found

    async def leave(self) -> None:
        """Ask for nothing any more."""
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)


def read(body: bytes) -> Any:
    """The change in an answer without errors."""
    answer = json.loads(body)
    assert "errors" not in answer
    (found,) = answer["data"].values()
    return found


@asynccontextmanager
async def audience(hub: HubClient) -> AsyncIterator[Audience]:
    """An audience, which leaves at the end."""
    found = Audience(hub)
    try:
        yield found
    finally:
        await found.close()
