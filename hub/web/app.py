"""The hub put together: one ASGI application over a schema, a database and Valkey."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import strawberry
import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from starlette.applications import Starlette
from structlog.contextvars import get_contextvars

from hub.actor import ANONYMOUS
from hub.db import Database
from hub.events import Feed
from hub.jobs import sequencer
from hub.keys import Keyring
from hub.settings import Settings
from hub.web.auth import auth_routes
from hub.web.graphql import routes
from hub.web.health import Check, health_routes
from hub.web.ide import ide_routes
from hub.web.identities import Identities
from resolvers.root import build
from schema.context import Context

Companion = Callable[[], Awaitable[None]]


class Hub:
    """What every request of a process shares; implements the `Door` of the HTTP layer."""

    def __init__(self, settings: Settings, database_url: str, redis_url: str) -> None:
        self.settings = settings
        self.schema: strawberry.Schema = build()
        self.database = Database(database_url, settings.pool_size)
        pool = BlockingConnectionPool.from_url(
            redis_url, max_connections=32, timeout=1, socket_timeout=5, protocol=3
        )
        self.redis = Redis.from_pool(pool)
        self.feed = Feed(self.redis)
        self.identities = Identities(self.database)
        self.keys = Keyring.of_settings(settings)
        self.draining = asyncio.Event()

    @asynccontextmanager
    async def operation(
        self, headers: Mapping[str, str], token: str | None, language: str
    ) -> AsyncIterator[Context]:
        """The context of one operation. Unauthenticated for a token of no one."""
        actor = ANONYMOUS if token is None else await self.identities.actor_of(token)
        async with self.database.reader(actor) as reader:
            yield Context(
                actor=actor,
                database=self.database,
                reader=reader,
                keys=self.keys,
                feed=self.feed,
                now=datetime.now(UTC),
                language=language,
                request_id=get_contextvars().get("request_id"),
            )

    def trusted(self, context: Context) -> bool:
        """Whoever signed in may see introspection and suggestions."""
        return not context.actor.is_anonymous

    def principal(self, context: Context) -> Hashable:
        """The actor: account, organisation, district and roles."""
        return context.actor

    async def rest(self, context: Context) -> None:
        """Give the database connection back; what was read is forgotten."""
        await context.renew()

    def extensions(self, context: Context) -> Mapping[str, Any] | None:
        """The coordinates that were withheld or masked, each once, with the level that did it."""
        withheld = {"denied": context.denied, "masked": context.masked}
        return {
            name: [{"coordinate": at, "level": level} for at, level in sorted(found.items())]
            for name, found in withheld.items()
            if found
        } or None

    @asynccontextmanager
    async def running(self, companions: Sequence[Companion]) -> AsyncIterator[None]:
        """Everything that runs beside the requests, from start to stop."""
        await self.database.check()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.redis.aclose)
            stack.push_async_callback(self.database.close)
            await stack.enter_async_context(self.feed.listening())
            for companion in companions:
                await stack.enter_async_context(beside(companion))
            yield
            self.draining.set()

    async def work(self) -> None:
        """The worker's part: number committed changes for the feed."""
        await sequencer.run(self.database, self.feed)


@asynccontextmanager
async def beside(companion: Companion) -> AsyncIterator[None]:
    """Run `companion` while the block runs; should it fail, that is noted and it starts anew."""

    async def keep() -> None:
        while True:
            try:
                await companion()
            except Exception as error:  # noqa: BLE001 -- whatever it was, the work must go on
                log = structlog.get_logger("hub.web")
                log.error("companion failed", companion=companion.__qualname__, error=repr(error))
                await asyncio.sleep(1)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def application(hub: Hub, companions: Sequence[Companion] = ()) -> Starlette:
    """The ASGI application of `hub`; `companions` run beside it.

    Its `state.drain()` is to be called before it stops.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with hub.running(companions):
            yield

    checks = [
        Check("database", hub.database.check),
        Check("valkey", hub.redis.ping, vital=False),
    ]
    app = Starlette(
        routes=[
            *routes(hub, hub.settings),
            *auth_routes(hub.database, hub.redis, hub.identities, hub.settings),
            *health_routes(checks, hub.draining.is_set),
            *(ide_routes() if hub.settings.graphiql else ()),
        ],
        lifespan=lifespan,
    )
    app.state.drain = hub.draining.set
    return app
