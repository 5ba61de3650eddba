"""Simulated systems that serve on the loopback while a test runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

from examples.simulators.system import System
from tests.serving import serving


@asynccontextmanager
async def simulating(system: System) -> AsyncIterator[str]:
    """The address of `system`, which serves while inside."""
    async with on_loopback(system.app()) as url:
        yield url


@asynccontextmanager
async def on_loopback(app: Starlette, **given: Any) -> AsyncIterator[str]:
    """The address of `app`, which serves while inside; what hangs at the end is cut off."""
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, **given)
    async with serving(config) as port:
        yield f"http://127.0.0.1:{port}"
