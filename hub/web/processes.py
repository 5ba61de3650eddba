"""Serves in one process or in several that share a socket; says when it is ready."""

import asyncio
import gc
import mmap
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from hub.errors import Unavailable, Words
from hub.settings import Settings
from hub.web.server import serve_config

DRAINING = 1.0
"""Seconds between saying that we stop (/readyz, event streams) and taking no more connections."""
QUICK = 5.0
"""A process that ends within so many seconds is not started again at once."""
LONGEST_PAUSE = 30.0
YOUNG = 10_000
"""Objects that may be new before those that refer to one another are looked for: more than a
request with a thousand rows brings, which all go with it."""


@dataclass(frozen=True)
class Family:
    """What the processes of one socket share.

    `answered` is a byte, set once one of them serves. `parent` is the end to read of a pipe whose
    other end, `alive`, only the parent holds: it comes to its end when the parent does.
    """

    listening: socket.socket
    answered: mmap.mmap
    parent: int
    alive: int


class Announced(uvicorn.Server):
    """A server that prints one line once it answers, and says so before it stops.

    One of a family stops as on a signal when its parent is no more.
    """

    def __init__(
        self, app: Starlette, chosen: Settings, words: str, family: Family | None = None
    ) -> None:
        super().__init__(serve_config(app, chosen))
        self._app = app
        self._words = words
        self._family = family

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        if self._family is not None:
            asyncio.get_running_loop().add_reader(self._family.parent, self._orphaned)
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.set_threshold(YOUNG)
            gc.freeze()  # looking through all that lives for ever takes a tenth of a second
            if self._family is not None:
                self._family.answered[0] = 1
            sys.stdout.write(self._words + "\n")
            sys.stdout.flush()

    def _orphaned(self) -> None:
        if self._family is not None:
            asyncio.get_running_loop().remove_reader(self._family.parent)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so, then stop."""
        self._app.state.drain()
        await asyncio.sleep(DRAINING)
        await super().shutdown(sockets)


def run(app: Starlette, chosen: Settings) -> bool:
    """Serve `app` until a signal; whether it had started."""
    server = Announced(app, chosen, f"ready http://{chosen.host}:{chosen.port}/graphql")
    with suppress(KeyboardInterrupt):
        server.run()
    return server.started


def run_many(make: Callable[[], Starlette], chosen: Settings, workers: int) -> None:
    """Serve in `workers` processes on one socket; one that dies is started again.

    The more of them in a row end soon after their start, the longer is the pause before the next.
    Unavailable when one cannot start and none ever has.
    """
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((chosen.host, chosen.port))
    with listening, mmap.mmap(-1, 1) as answered:
        shared = Family(listening, answered, *os.pipe())
        Workers(lambda: _spawn(make, chosen, shared), answered).keep(workers)


class Workers:
    """The processes of one socket; `answered` is a byte they share, set once one of them serves."""

    def __init__(self, spawn: Callable[[], int], answered: mmap.mmap) -> None:
        self._spawn = spawn
        self._answered = answered
        self._since: dict[int, float] = {}
        self._stopping = False
        self._failed = False
        self._quick_ends = 0

    def keep(self, many: int) -> None:
        """Keep `many` processes until a signal, then wait for their end. Unavailable."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping or self._since:
            while not self._stopping and len(self._since) < many:
                self._start()
            with suppress(InterruptedError, ChildProcessError):
                self._ended(os.wait()[0])
        if self._failed:
            raise Unavailable(
                "服务进程无法启动，原因见上面的日志",
                "the server cannot start; the log above says why",
                hint=Words("用 hub doctor 检查数据库与 Valkey", "look with: hub doctor"),
            )

    def _start(self) -> None:
        self._pause()
        if self._stopping:
            return
        child = self._spawn()
        self._since[child] = time.monotonic()
        if self._stopping:  # the signal came before the child was known
            self._stop()

    def _pause(self) -> None:
        seconds = min(2.0 ** (self._quick_ends - 1), LONGEST_PAUSE) if self._quick_ends else 0.0
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)

    def _ended(self, child: int) -> None:
        since = self._since.pop(child, None)
        if since is None or self._stopping:
            return
        self._quick_ends = self._quick_ends + 1 if time.monotonic() - since < QUICK else 0
        if not self._answered[0]:
            self._failed = True
            self._stop()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for child in list(self._since):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)


def _spawn(make: Callable[[], Starlette], chosen: Settings, family: Family) -> int:
    child = os.fork()
    if child:
        return child
    os.close(family.alive)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = f"ready http://{chosen.host}:{chosen.port}/graphql (pid {os.getpid()})"
    try:
        Announced(make(), chosen, words, family).run([family.listening])
    except BaseException:  # noqa: BLE001 -- nothing of the parent may run on in its child
        traceback.print_exc()
    finally:
        os._exit(0)
