"""The hub put together: one ASGI application over a schema, a database and Valkey."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import strawberry
import structlog
from graphql import GraphQLSchema
from redis.asyncio import BlockingConnectionPool, Redis
from structlog.contextvars import get_contextvars

from hub.actor import ANONYMOUS, Actor
from hub.changes import StoredFeed
from hub.db import Database, Reader
from hub.engine.walk import EngineWalk
from hub.events import Feed
from hub.integrations.outbound import Wall, outbound
from hub.jobs import auditing, connectors, deliveries, exports, retention, sequencer, webhooks
from hub.jobs.connector_inbox import Clerk
from hub.jobs.connector_turns import SECONDS as TURN_SECONDS
from hub.jobs.connector_turns import Agent
from hub.keys import Keyring
from hub.notary import Notary
from hub.rules.webhook import allowed_in
from hub.sealing import Vault
from hub.settings import Settings
from hub.statements import Statements
from hub.tasks import end
from hub.web.auth import auth_routes
from hub.web.credentials import Credentials
from hub.web.downloads import download_routes
from hub.web.exchange import exchange_routes
from hub.web.failures import Failures
from hub.web.graphql import Front, routes
from hub.web.health import Check, health_routes
from hub.web.ide import ide_routes
from hub.web.identities import SECONDS, Identities
from hub.web.operations import Operations
from hub.web.tables import table_routes
from resolvers.root import build
from schema.bundle import Dccs
from schema.changes import event_of
from schema.context import Briefing, Context
from schema.view import Views

Companion = Callable[[], Awaitable[None]]


class Hub:
    """What every request of a process shares; implements the `Door` of the HTTP layer."""

    def __init__(
        self, settings: Settings, database_url: str, redis_url: str, *, compiles: bool = True
    ) -> None:
        self.settings = settings
        self.compiles = compiles
        self.schema: strawberry.Schema = build()
        self.views = Views(self.schema._schema)  # noqa: SLF001 -- the only way to graphql-core's
        self.database = Database(database_url, settings.pool_size)
        self.reads = Statements(database_url, settings.pool_size)
        pool = BlockingConnectionPool.from_url(
            redis_url, max_connections=32, timeout=1, socket_timeout=5, protocol=3
        )
        self.redis = Redis.from_pool(pool)
        self.feed_kept = timedelta(days=settings.feed_days)
        self.log = StoredFeed(self.database, self.feed_kept)
        self.feed = Feed(self.redis, self.log)
        self.identities = Identities(self.database)
        self.failures = Failures(self.redis)
        self.keys = Keyring.of_settings(settings)
        self.vault = Vault.of_settings(settings)
        self.notary = Notary.of_settings(settings)
        self.webhook_allowed = allowed_in(settings.webhook_allow)
        self.draining = asyncio.Event()

    def operation(
        self,
        headers: Mapping[str, str],
        token: str | None,
        language: str,
        patience: float | None = None,
    ) -> "_Opening":
        """The context of one operation. Unauthenticated for a token of no one."""
        return _Opening(self, token, language, patience)

    @asynccontextmanager
    async def acting(self, actor: Actor, language: str) -> AsyncIterator[Context]:
        """The context of an operation on behalf of `actor`."""
        async with self.database.reader(actor) as reader:
            yield self.context(actor, reader, language)

    def apart(self, context: Context) -> Context:
        """A context that shares the reads of `context`, and notes alone what it withholds."""
        return dataclasses.replace(context, denied={}, masked={})

    def context(self, actor: Actor, reader: Reader, language: str) -> Context:
        """A context that begins now."""
        return Context(
            actor=actor,
            database=self.database,
            reader=reader,
            keys=self.keys,
            vault=self.vault,
            webhook_allowed=self.webhook_allowed,
            feed=self.feed,
            feed_kept=self.feed_kept,
            statements=self.reads,
            now=datetime.now(UTC),
            language=language,
            request_id=get_contextvars().get("request_id"),
        )

    def trusted(self, context: Context) -> bool:
        """Whoever signed in may see introspection and suggestions."""
        return not context.actor.is_anonymous

    def schema_for(self, context: Context) -> GraphQLSchema:
        """The schema without what the caller's roles never see."""
        return self.views.of(context.actor)

    def asker(self, context: Context) -> Actor:
        """On whose behalf it runs."""
        return context.actor

    def today(self, context: Context) -> date:
        """The calendar day in Shanghai."""
        return context.today

    def brief(self, context: Context, briefing: Briefing) -> None:
        """For the fields `cost` and `explain`."""
        context.briefing = briefing

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
            stack.push_async_callback(self.reads.close)
            await stack.enter_async_context(self.feed.listening())
            for companion in companions:
                await stack.enter_async_context(beside(companion))
            yield
            self.draining.set()

    def exporter(self) -> exports.Exporter:
        """What writes exports, each as its requester."""
        files = Dccs(self.database, self.keys.signer)
        return exports.Exporter(self.database, EngineWalk(self.views, self.reads), files)

    async def work(self) -> None:
        """The worker's part: feed, audit, connectors, webhooks, exports; and it tidies up."""
        allowed, database = self.webhook_allowed, self.database
        async with (
            outbound(Wall(allowed)) as way,
            outbound(Wall(allowed), TURN_SECONDS) as patient,
            asyncio.TaskGroup() as tasks,
        ):
            agent = Agent(database, patient, self.vault)
            tasks.create_task(connectors.run(agent, Clerk(database)))
            tasks.create_task(sequencer.run(self.database, self.feed))
            tasks.create_task(auditing.run(self.database, self.notary))
            tasks.create_task(
                retention.run(self.database, self.feed_kept, self.settings.audit_months)
            )
            tasks.create_task(webhooks.run(self.database, self.feed, self.log, event_of))
            tasks.create_task(deliveries.run(deliveries.Postman(self.database, way, self.vault)))
            tasks.create_task(exports.run(self.exporter()))


class _Opening:
    """The context of an operation while inside; no generator, since every request comes by."""

    def __init__(self, hub: Hub, token: str | None, language: str, patience: float | None) -> None:
        self._hub = hub
        self._token = token
        self._language = language
        self._patience = SECONDS if patience is None else patience

    async def __aenter__(self) -> Context:
        hub, token = self._hub, self._token
        if token is None:
            actor = ANONYMOUS
        else:
            actor = await hub.identities.actor_of(token, self._patience)
        self._reader = hub.database.reader(actor)
        return hub.context(actor, self._reader, self._language)

    async def __aexit__(self, *_: object) -> None:
        await self._reader.end()


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
        await end(task)


def application(hub: Hub, companions: Sequence[Companion] = ()) -> Front:
    """The ASGI application of `hub`; `companions` run beside it.

    Its `state.drain()` is to be called before it stops.
    """

    @asynccontextmanager
    async def lifespan(app: Front) -> AsyncIterator[None]:
        async with hub.running(companions):
            yield

    checks = [
        Check("database", hub.database.check),
        Check("valkey", hub.redis.ping, vital=False),
    ]
    operations = Operations(hub, hub.settings)
    credentials = Credentials(hub.database, hub.identities, hub.failures)
    app = Front(
        routes=[
            *routes(operations, hub.settings),
            *auth_routes(hub.database, hub.failures, hub.identities, hub.settings),
            *download_routes(hub.database, hub.keys, hub.settings),
            *table_routes(hub.database, operations, credentials, hub.views.of),
            *exchange_routes(hub.database, hub.vault, hub.settings),
            *health_routes(checks, hub.draining.is_set),
            *(ide_routes() if hub.settings.graphiql else ()),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # what an address holds goes nowhere else
    app.state.drain = hub.draining.set
    return app
