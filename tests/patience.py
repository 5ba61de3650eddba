"""Waits that end: a test that hangs fails and says what it waited for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE = 60
"""Seconds until a test gives up; nothing is measured by it."""


@asynccontextmanager
async def patiently(what: str, seconds: float = PATIENCE) -> AsyncIterator[None]:
    """Wait for `what` while inside. AssertionError where it does not come."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as late:
        if not limit.expired():
            raise
        raise AssertionError(f"waited {seconds:g} seconds in vain for {what}") from late
