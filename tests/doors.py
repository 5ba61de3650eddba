"""The client of the tests: GraphQL over HTTP to a hub of their own, with real tokens."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import httpx
from graphql import GraphQLSchema
from sqlalchemy import event, text

from hub.actions.session import issue_token
from hub.actor import ANONYMOUS, PLATFORM, SIGN_IN, Actor
from hub.statements import Statements
from hub.tables.base import Row, Table
from hub.tables.user import User
from hub.vocabulary import Role
from hub.web.app import Hub, application
from schema.ids import encode

EVERYWHERE = {"cost", "schemaVersion"}
Asker = User | Actor | str | None
"""Who asks: an account, its actor or its login; None for no one who is signed in."""


class Whole(Protocol):
    """Something that a builder made of several rows."""

    @property
    def rows(self) -> tuple[Table, ...]:
        """Its rows, in the order in which they can be stored."""


G = TypeVar("G", bound=Table | Whole)


@dataclass(frozen=True)
class Answer:
    """What came back, and the SQL statements that it took (the scope of a connection left out)."""

    response: httpx.Response
    statements: list[str] = field(default_factory=list)

    @cached_property
    def body(self) -> Any:
        """The answer as JSON."""
        return self.response.json()

    @property
    def data(self) -> Any:
        """Its data, None where there is none."""
        return self.body.get("data")

    @property
    def errors(self) -> list[Any]:
        """Its errors."""
        found: list[Any] = self.body.get("errors", [])
        return found

    @property
    def codes(self) -> list[str]:
        """The code of each error."""
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def extensions(self) -> Any:
        """Its extensions besides those that every answer has, empty where there are none."""
        told = self.body.get("extensions", {})
        return {name: one for name, one in told.items() if name not in EVERYWHERE}

    @property
    def cost(self) -> Any:
        """What it was to cost at most, and did cost."""
        return self.body["extensions"]["cost"]

    def noted(self, name: str) -> set[str]:
        """The coordinates under `denied` or `masked`."""
        return {one["coordinate"] for one in self.extensions.get(name, [])}


class Overheard:
    """Compiled reads whose statements all who listen are told."""

    def __init__(self, reads: Statements) -> None:
        self._reads = reads
        self._listening: list[list[str]] = []

    @contextmanager
    def told(self, found: list[str]) -> Iterator[None]:
        """Add the statements that run while inside to `found`."""
        self._listening.append(found)
        try:
            yield
        finally:
            self._listening = [one for one in self._listening if one is not found]

    async def value(self, actor: Actor, text: str, arguments: Sequence[Any]) -> bytes | None:
        """The one value of a statement."""
        for found in self._listening:
            found.append(text)
        return await self._reads.value(actor, text, arguments)

    @asynccontextmanager
    async def transaction(self, actor: Actor, lock: str) -> AsyncIterator[Any]:
        """A transaction, which counts as one statement."""
        for found in self._listening:
            found.append(lock)
        async with self._reads.transaction(actor, lock) as transaction:
            yield transaction

    async def close(self) -> None:
        """Close what is listened to."""
        await self._reads.close()


class HubClient:
    """A running hub, and ways to ask it."""

    def __init__(self, hub: Hub, http: httpx.AsyncClient) -> None:
        self._overheard = Overheard(hub.reads)
        hub.reads = self._overheard  # type: ignore[assignment]  # reads as before
        self.hub = hub
        self.http = http
        self._tokens: dict[str, str] = {}

    async def given(self, thing: G) -> G:
        """Store what a builder made; changes of nouns are audited and reach the inbox."""
        await self.all_given(thing)
        return thing

    async def all_given(self, *things: Table | Whole) -> None:
        """Store several things in one transaction."""
        async with self.hub.database.writer(SIGN_IN) as db:
            for thing in things:
                for row in (thing,) if isinstance(thing, Table) else thing.rows:
                    if isinstance(row, Row):
                        await db.add(row, action="given")
                    else:
                        await db.attach([row])

    async def ask(
        self,
        document: str,
        *,
        as_: Asker = None,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> Answer:
        """The answer to one operation."""
        body = {"query": document, "variables": variables}
        return await self._post(as_, headers, json=body)

    async def listed(self, document: str, field: str, **variables: Any) -> list[Any]:
        """What a field of the nodes of a list says to who is not signed in."""
        answer = await self.ask(document, **variables)
        assert not answer.errors
        (found,) = answer.data.values()
        return [node[field] for node in found["nodes"]]

    async def upload(
        self,
        document: str,
        file: bytes,
        filename: str,
        *,
        as_: Asker = None,
        headers: dict[str, str] | None = None,
        **variables: Any,
    ) -> Answer:
        """The answer to one operation with a file at `$input.file` (GraphQL multipart request)."""
        variables["input"] = {**variables["input"], "file": None}
        form = {
            "operations": json.dumps({"query": document, "variables": variables}),
            "map": json.dumps({"0": ["variables.input.file"]}),
        }
        sent = {"x-hub-preflight": "1"} if headers is None else headers
        return await self._post(as_, sent, data=form, files={"0": (filename, file)})

    def view(self, who: User | None) -> GraphQLSchema:
        """The schema as `who` sees it."""
        actor = ANONYMOUS if who is None else Actor(roles=frozenset(map(Role, who.roles)))
        return self.hub.views.of(actor)

    async def token(self, who: Asker) -> str | None:
        """A real token of `who`."""
        login = login_of(who)
        if login is None:
            return None
        if login not in self._tokens:
            ttl = timedelta(hours=1)
            issued = await issue_token(self.hub.database, login, ttl=ttl, now=datetime.now(UTC))
            self._tokens[login] = issued.token
        return self._tokens[login]

    async def stored(self, sql: str, **values: Any) -> Any:
        """The rows that `sql` gives to the role that sees every organisation."""
        async with self.hub.database.engine(PLATFORM).connect() as connection:
            await connection.execute(text("SELECT set_config('app.org', '*', true)"))
            return (await connection.execute(text(sql), values)).all()

    async def _post(self, who: Asker, headers: dict[str, str] | None, **request: Any) -> Answer:
        sent = dict(headers or {})
        token = await self.token(who)
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
            # Looked up here, so that it is never counted among the statements of the operation.
            await self.hub.identities.actor_of(token)
        with counted(self.hub) as statements, self._overheard.told(statements):
            response = await self.http.post("/graphql", headers=sent, **request)
        return Answer(response, statements)


def login_of(who: Asker) -> str | None:
    """The login of who asks."""
    match who:
        case User():
            return who.login_name
        case Actor():
            return who.login
    return who


@contextmanager
def counted(hub: Hub) -> Iterator[list[str]]:
    """The statements that both pools of `hub` run while inside, its compiled reads left out.

    Who has a token is looked up anew every other second, and is left out too.
    """
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "set_config" not in statement and "access_token" not in statement:
            found.append(statement)

    engines = [hub.database.engine(actor).sync_engine for actor in (Actor(), PLATFORM)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def opened(hub: Hub) -> AsyncIterator[HubClient]:
    """A client of `hub`, which runs while inside."""
    app = application(hub)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://hub", timeout=30) as http,
    ):
        yield HubClient(hub, http)


def id_of(row: Row) -> str:
    """The node id of `row`."""
    return encode(type(row).__name__, row.id)


def key() -> str:
    """A new idempotency key."""
    return str(uuid4())
