"""What the HTTP layer asks of the hub: a schema, and one context for each operation."""

import asyncio
import re
import secrets
from collections.abc import Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any, NamedTuple, Protocol

import strawberry
from graphql import GraphQLSchema
from starlette.types import Scope

from hub.actor import Actor
from hub.engine.execute import Reads
from hub.web.negotiation import language
from schema.context import Briefing

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")


class Door(Protocol):
    """The hub as seen from the wire. One context lives as long as one operation, never longer."""

    schema: strawberry.Schema
    compiles: bool
    """Whether statements answer what they can; if not, graphql-core answers everything."""
    draining: asyncio.Event
    """Set when the process is about to stop: streams end, so that nobody waits for them."""

    @property
    def reads(self) -> Reads:
        """Where compiled statements are run."""

    def operation(
        self,
        headers: Mapping[str, str],
        token: str | None,
        language: str,
        patience: float | None = None,
    ) -> AbstractAsyncContextManager[Any]:
        """Open the context of one operation; Unauthenticated on entry for a token of no one.

        It is also opened and closed at once to see whether a socket or stream may go on; what is
        known of the token is then at most `patience` seconds old.
        """

    def acting(self, actor: Actor, language: str) -> AbstractAsyncContextManager[Any]:
        """Open the context of an operation on behalf of `actor`, whoever asked for it."""

    def apart(self, context: Any) -> Any:
        """A context with the reads of `context` and notes of its own: of one event of several."""

    def trusted(self, context: Any) -> bool:
        """Whether this caller may see introspection and suggestions."""

    def schema_for(self, context: Any) -> GraphQLSchema:
        """The part of the schema that is there for this caller."""

    def asker(self, context: Any) -> Actor:
        """On whose behalf the operation runs."""

    def today(self, context: Any) -> date:
        """The calendar day of the operation."""

    def brief(self, context: Any, briefing: Briefing) -> None:
        """Hand the operation what it may learn of plans, now that it is planned."""

    def principal(self, context: Any) -> Hashable:
        """Who the caller is and what they may do; another value as soon as either changes."""

    async def rest(self, context: Any) -> None:
        """Give back what a context holds of the pools while its answer goes over the wire."""

    def extensions(self, context: Any) -> Mapping[str, Any] | None:
        """What the answer carries under `extensions`: price, denied fields; None for nothing."""


class Caller(NamedTuple):
    """Who sent a request, as far as its headers tell; their names are in lower case."""

    headers: Mapping[str, str]
    token: str | None
    language: str
    request_id: str

    @classmethod
    def of(cls, scope: Scope) -> "Caller":
        """The caller of a request before its token is read, since that may be refused."""
        pairs = reversed(scope["headers"])  # of repeated headers the first counts
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        return cls(headers, None, language(headers.get("accept-language", "")), request_id)


class Patience(NamedTuple):
    """How long long-lived connections wait, in seconds."""

    init: float = 10.0
    """A socket for its `connection_init`."""
    recheck: float = 30.0
    """Between two looks at the token of an open socket."""
    keep_alive: float = 12.0
    """Between two comments on an event stream, each with a look at the token."""
