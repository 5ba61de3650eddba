"""Rows by id and rows under a parent, each batch one statement."""

from asyncio import Future, shield
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub.db import Reader
from hub.policy import sighted
from hub.tables.base import Table
from loaders.keyset import Page, ordering, paged

Key = tuple[Any, ...]
K = TypeVar("K")
V = TypeVar("V")


class Shared(DataLoader[K, V], Generic[K, V]):
    """A loader whose answers are waited for by several fields.

    A field that fails where null may not stand cancels its neighbours; without a shield, whoever
    waits for the same row elsewhere would be cancelled with them, and the operation break off.
    """

    def load(self, key: K) -> "Future[V]":
        """The value of `key`, which is read for others even if this caller gives up."""
        return shield(super().load(key))


class ById(Shared[UUID, RowMapping | None]):
    """Rows of one table by id, in the order of the keys; None for what is absent or hidden."""

    def __init__(self, reader: Reader, table: type[Table]) -> None:
        super().__init__()
        self._reader = reader
        self._table = table

    async def batch_load_fn(self, keys: list[UUID]) -> list[RowMapping | None]:
        """One statement for all `keys`."""
        key: ColumnElement[Any] = getattr(self._table, "id")  # noqa: B009 -- not on every Table
        found = await self._reader.all(
            sighted(self._reader.actor, self._table).where(key.in_(keys))
        )
        by_id = {row["id"]: row for row in found}
        return [by_id.get(key) for key in keys]


@dataclass(frozen=True)
class Edge:
    """From a parent to many rows of `table`: those whose columns `by` equal the parent's key.

    With `via` the columns `by` are those of a link table, and `via` is the pair of columns, link
    and target, that joins it to `table`.
    """

    table: type[Table]
    by: tuple[ColumnElement[Any], ...]
    via: tuple[ColumnElement[Any], ColumnElement[Any]] | None = None

    def joined(self, statement: Select[Any]) -> Select[Any]:
        """`statement` over `table`, with the link table where there is one."""
        if self.via is None:
            return statement
        link, target = self.via
        return statement.join(self.by[0].table, link == target)


class Under(Shared[Key, Sequence[RowMapping]]):
    """All rows of an edge for each parent key, ordered by `order`."""

    def __init__(self, reader: Reader, edge: Edge, order: Sequence[ColumnElement[Any]]) -> None:
        super().__init__()
        self._reader = reader
        self._edge = edge
        self._order = order

    async def batch_load_fn(self, keys: list[Key]) -> list[Sequence[RowMapping]]:
        """One statement for all `keys`."""
        edge = self._edge
        names = [f"key_{place}" for place, _ in enumerate(edge.by)]
        labelled = [column.label(name) for column, name in zip(edge.by, names, strict=True)]
        statement = edge.joined(sighted(self._reader.actor, edge.table).add_columns(*labelled))
        wanted = (
            edge.by[0].in_([key[0] for key in keys])
            if len(edge.by) == 1
            else tuple_(*edge.by).in_(keys)
        )
        under: dict[Key, list[RowMapping]] = defaultdict(list)
        for row in await self._reader.many(statement.where(wanted).order_by(*self._order)):
            under[tuple(row[name] for name in names)].append(row)
        return [under[key] for key in keys]


class Pages(Shared[Key, Sequence[RowMapping]]):
    """The same page of an edge for each parent key: LATERAL, so that each parent has its own."""

    def __init__(
        self, reader: Reader, edge: Edge, page: Page, conditions: Sequence[ColumnElement[bool]]
    ) -> None:
        super().__init__()
        self._reader = reader
        self._edge = edge
        self._page = page
        self._conditions = conditions

    async def batch_load_fn(self, keys: list[Key]) -> list[Sequence[RowMapping]]:
        """One statement for all `keys`; a page holds one row more than its size."""
        if len(keys) > 1:
            return await self._of_many(keys)
        # To write a LATERAL takes longer than all the rest of a small operation.
        (key,) = keys
        typed = zip(key, self._edge.by, strict=True)
        page = self._page_of(*(literal(value, column.type) for value, column in typed))
        return [await self._reader.all(page)]

    def _page_of(self, *parent: ColumnElement[Any]) -> Select[Any]:
        """The page of the parent with this key."""
        edge = self._edge
        rows = edge.joined(sighted(self._reader.actor, edge.table))
        its = (column == value for column, value in zip(edge.by, parent, strict=True))
        return paged(rows.where(*its, *self._conditions), edge.table, self._page)

    async def _of_many(self, keys: list[Key]) -> list[Sequence[RowMapping]]:
        names = [f"key_{place}" for place, _ in enumerate(self._edge.by)]
        types = [column.type for column in self._edge.by]
        arrays = [
            bindparam(None, [key[place] for key in keys], type_=ARRAY(type_))
            for place, type_ in enumerate(types)
        ]
        parents = func.unnest(*arrays).table_valued(*names, name="parents").render_derived()
        key_of = (parents.c[name].cast(type_) for name, type_ in zip(names, types, strict=True))
        lateral = self._page_of(*key_of).lateral("child")
        statement = (
            select(*(parents.c[name] for name in names), lateral)
            .select_from(parents.join(lateral, true()))
            .order_by(*ordering([lateral.c[by.name] for by in self._page.order], self._page))
        )
        under: dict[Key, list[RowMapping]] = defaultdict(list)
        for row in await self._reader.many(statement):
            under[tuple(row[name] for name in names)].append(row)
        return [under[key] for key in keys]


async def page_of(
    reader: Reader, table: type[Table], page: Page, conditions: Sequence[ColumnElement[bool]]
) -> Sequence[RowMapping]:
    """One page of everything in `table` that the actor may read; one row more than its size."""
    statement = sighted(reader.actor, table).where(*conditions)
    return await reader.all(paged(statement, table, page))
