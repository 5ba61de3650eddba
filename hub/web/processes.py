"""Serves in one process or in several that share a socket; says when it is ready."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from hub.settings import Settings
from hub.web.server import serve_config


class Announced(uvicorn.Server):
    """A server that prints one line once it answers."""

    def __init__(self, config: uvicorn.Config, words: str) -> None:
        super().__init__(config)
        self._words = words

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._words + "\n")
            sys.stdout.flush()


def run(app: ASGIApp, chosen: Settings) -> bool:
    """Serve `app` until a signal; whether it had started."""
    words = f"ready http://{chosen.host}:{chosen.port}/graphql"
    server = Announced(serve_config(app, chosen), words)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.started


def run_many(make: Callable[[], ASGIApp], chosen: Settings, workers: int) -> None:
    """Serve in `workers` processes on one socket; one that dies is started again."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((chosen.host, chosen.port))
    stopping = False
    children: set[int] = set()

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping or children:
        while not stopping and len(children) < workers:
            children.add(_spawn(make, chosen, listening))
        with suppress(InterruptedError, ChildProcessError):
            children.discard(os.wait()[0])


def _spawn(make: Callable[[], ASGIApp], chosen: Settings, listening: socket.socket) -> int:
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = f"ready http://{chosen.host}:{chosen.port}/graphql (pid {os.getpid()})"
    Announced(serve_config(make(), chosen), words).run([listening])
    os._exit(0)
