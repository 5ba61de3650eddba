"""Simulated systems that serve on the loopback while a test runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from examples.simulators.system import System
from tests.serving import serving


@asynccontextmanager
async def simulating(system: System) -> AsyncIterator[str]:
    """The address of `system`, which serves while inside."""
    config = uvicorn.Config(system.app(), log_level="critical")
    async with serving(config, waits=False) as port:
        yield f"http://127.0.0.1:{port}"
