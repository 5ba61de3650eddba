"""The servers that are compared, each a process of its own: `python -m bench.contenders NAME`.

They find their databases, port and data folder in the settings of the hub. With `--profile FILE`
what they do after the signal SIGUSR1 is profiled, and written there at their end.
"""

import argparse
import cProfile
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench import limit, limit_streams
from bench.load import HOST, PATH
from bench.machine import SERVER_CORE, pin
from hub.settings import Settings
from hub.web.app import Hub, application
from hub.web.negotiation import bearer
from hub.web.processes import run
from resolvers.root import Mutation, Query, Subscription
from schema.context import Context
from schema.scalars import SCALARS

LIMIT, HUB, FALLBACK, STOCK = "LIMIT", "hub", "graphql-core", "stock"
"""FALLBACK is the hub with nothing compiled, STOCK what comes with Strawberry."""
LOUD = "LIMIT-streams"
"""LIMIT of the subscriptions."""
PATIENCE = 30.0


class Server(NamedTuple):
    """A contender that runs."""

    process: subprocess.Popen[bytes]
    port: int


class Stock(GraphQL[Context, None]):
    """Strawberry's own ASGI application over the types, resolvers and contexts of the hub."""

    def __init__(self, hub: Hub) -> None:
        schema = Schema(
            Query,
            Mutation,
            Subscription,
            config=StrawberryConfig(scalar_map=SCALARS),
            extensions=[ParserCache, ValidationCache],
        )
        super().__init__(schema, graphql_ide=None)
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; its context ends with it."""
        async with AsyncExitStack() as operation:
            scope["operation"] = operation
            await super().__call__(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:
        """The context of one operation, opened as the hub does."""
        operation: AsyncExitStack = request.scope["operation"]
        token = bearer(request.headers.get("authorization"))
        return await operation.enter_async_context(
            self._hub.operation(request.headers, token, "zh")
        )


def serve_stock(hub: Hub, settings: Settings) -> None:
    """Serve Strawberry's application as the hub serves its own."""

    def lifespan(_: Starlette) -> Any:
        return hub.running(())

    stock = Stock(hub)
    routes = [Route(PATH, stock), WebSocketRoute(PATH, stock)]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.drain = hub.draining.set
    run(app, settings)


def serve(name: str) -> None:
    """Serve one contender until a signal."""
    settings = Settings()
    if not (settings.database_url and settings.redis_url):
        raise SystemExit("HUB_DATABASE_URL and HUB_REDIS_URL say where the data are")
    database_url = settings.database_url.get_secret_value()
    if name == LIMIT:
        limit.serve(settings, database_url)
        return
    if name == LOUD:
        limit_streams.serve(settings)
        return
    redis_url = settings.redis_url.get_secret_value()
    hub = Hub(settings, database_url, redis_url, compiles=name == HUB)
    if name == STOCK:
        serve_stock(hub, settings)
    else:
        run(application(hub), settings)


@contextmanager
def started(
    names: Iterable[str], environment: Mapping[str, str], *more: str
) -> Iterator[dict[str, Server]]:
    """The contenders `names`, each as a process on the core for servers; they end with the block.

    RuntimeError for one that does not serve.
    """
    servers: dict[str, Server] = {}
    try:
        for name in names:
            port = _free_port()
            command = [sys.executable, "-m", "bench.contenders", name, *more]
            given = {**os.environ, **environment, "HUB_PORT": str(port)}
            process = subprocess.Popen(  # noqa: S603 -- our own program
                command, env=given, stdout=sys.stderr
            )
            servers[name] = Server(process, port)
        for server in servers.values():
            _await(server)
            pin(server.process.pid, SERVER_CORE)
        yield servers
    finally:
        for server in servers.values():
            server.process.terminate()
        for server in servers.values():
            server.process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while server.process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, server.port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{server.process.args!r} does not serve")


def profiled(work: Callable[[], None], file: Path) -> None:
    """Do `work`, and write what it spent its time on after SIGUSR1 to `file`."""
    profile = cProfile.Profile(time.thread_time)
    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    try:
        work()
    finally:
        profile.disable()
        profile.dump_stats(file)


def main() -> None:
    """Serve the contender that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=[LIMIT, HUB, FALLBACK, STOCK, LOUD])
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if given.profile:
        profiled(lambda: serve(given.name), given.profile)
    else:
        serve(given.name)


if __name__ == "__main__":
    main()
