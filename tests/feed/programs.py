"""Programs that run beside a test, write down what they say, and are killed without a word."""

import asyncio
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from hub.jobs.exports import LEASE
from tests.patience import PATIENCE, patiently

A_LEASE_LATER = PATIENCE + LEASE.total_seconds()
"""Seconds until a test gives up, where an export waits for the lease of a killed worker to end."""


@dataclass
class Program:
    """A program that runs beside the test, and can be killed and begun anew."""

    command: tuple[str | Path, ...]
    environment: dict[str, str]
    output: Path
    process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Start it; once more, if it runs no longer."""
        with self.output.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=os.environ | self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def end(self) -> None:
        """Kill it, with the processes that it has started."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    async def crash(self) -> None:
        """Kill it, and start it anew."""
        await self.end()
        await self.begin()

    def said(self, word: str) -> int:
        """How often it has said `word`."""
        return self.output.read_bytes().count(word.encode())

    async def until(self, word: str, many: int) -> None:
        """Wait until it has said `word` so many times."""
        async with patiently(f"the client to say {word}", A_LEASE_LATER):
            while self.said(word) < many:  # noqa: ASYNC110 -- a file tells nobody
                await asyncio.sleep(0.05)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def in_step(program: Program) -> None:
    """Run a client once, to its end."""
    await program.begin()
    assert program.process is not None
    async with patiently("the replica to be in step", A_LEASE_LATER):
        assert await program.process.wait() == 0, program.output.read_text()
