"""All rows of a noun, page by page: plans of a fixed query, under the limits of who asks."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import cache

import orjson
from graphql import GraphQLSchema, OperationDefinitionNode, parse

from hub.actor import Actor
from hub.engine.execute import Reads, Run
from hub.engine.plan import Plans, Prepared, Request
from hub.engine.rows import Declined
from hub.errors import Refused
from hub.exchange import ExportFormat, ExportNoun
from hub.jobs.exports import Page
from hub.times import Clock, local_day, utc_now
from schema.page import most_of
from schema.selection import columns_of, selection
from schema.view import Views

A_PAGE = 250
"""Rows that are held at a time: larger pages are no faster, and take more memory."""


@dataclass
class _Noted:
    """What is withheld is null in a file; nobody is told of each."""

    denied: MutableMapping[str, str] = field(default_factory=dict)
    masked: MutableMapping[str, str] = field(default_factory=dict)


class EngineWalk:
    """Reads the rows of nouns as GraphQL would show them to who asks."""

    def __init__(self, views: Views, reads: Reads, clock: Clock = utc_now) -> None:
        self._views = views
        self._reads = reads
        self._clock = clock
        self._plans = Plans()
        self._selected = cache(selection)
        self._prepared = cache(_prepared)

    def columns(self, actor: Actor, noun: ExportNoun, format_: ExportFormat) -> list[str]:
        """What of a row `actor` is shown, or of a bundle its manifest."""
        return columns_of(self._views.of(actor), noun, format_)

    async def page(self, actor: Actor, noun: ExportNoun, after: str | None) -> Page:
        """The rows that follow a cursor, as many as one operation may have.

        Refused where that is not even one.
        """
        schema = self._views.of(actor)
        prepared = self._prepared(schema, self._selected(schema, noun).document)
        size = min(most_of(actor), A_PAGE)
        while size:
            try:
                return await self._page(prepared, actor, size, after)
            except Declined:
                size //= 2
        raise Refused("有一行太大，不能读出", "a row is too large to be read")

    async def _page(self, prepared: Prepared, actor: Actor, size: int, after: str | None) -> Page:
        """Declined where so many are more than a statement, or one operation, may answer."""
        given = {"first": size} if after is None else {"first": size, "after": after}
        plan = self._plans.find(prepared, given, actor)
        if plan.refusal is not None or not plan.is_whole:
            raise Declined("一页的行太多", "too many rows for a page")
        run = Run(plan, Request(given, actor, local_day(self._clock())), self._reads)
        answered = await run.whole(_Noted())
        for error in answered.errors:
            raise error.original_error or error
        found = orjson.loads(answered.data)["rows"]
        info = found["pageInfo"]
        return Page(found["nodes"], info["endCursor"], info["hasNextPage"])


def _prepared(schema: GraphQLSchema, document: str) -> Prepared:
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)  # noqa: S101 -- it is ours
    return Prepared(schema, operation, {})
