"""A hub whose audit nobody else writes to, and some events in its chain."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from hub.jobs.auditing import chain
from tests.alone import hub, own_url
from tests.doors import HubClient
from tests.given import an_instrument, an_organization

EVENTS = 60


@pytest.fixture(scope="module")
async def chained(hub: HubClient) -> HubClient:
    """The hub, with 60 events and more in its chain."""
    owner = await hub.given(an_organization())
    for _ in range(EVENTS):
        await hub.given(an_instrument(owner))
    while await chain(hub.hub.database):
        pass
    return hub


@pytest.fixture
async def intruder(own_url: str) -> AsyncIterator[AsyncConnection]:
    """Someone who may do everything in the database; nothing of it stays."""
    engine = create_async_engine(own_url)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        yield connection
        await connection.rollback()
    await engine.dispose()
