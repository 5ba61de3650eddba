"""Stores what another source says by its natural key: added, changed, or left as it is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import RowMapping
from sqlmodel import col

from hub.policy import readable
from hub.tables.base import Row
from hub.values import differ
from hub.writer import Writer

R = TypeVar("R", bound=Row)
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows were added, changed, or stored just so already."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


async def upsert(
    db: Writer,
    table: type[Row],
    key: Sequence[str],
    wanted: Iterable[Mapping[str, Any]],
    *,
    action: str,
    touched: Collection[Key] = (),
) -> Tally:
    """Store each of `wanted`; a column that none of them names keeps its value.

    `key` names the columns that tell rows apart; the first of them bounds what is read. `touched`
    are keys of rows that get a new version though no column of theirs differs. Conflict where a
    row breaks a constraint.
    """
    rows = list(wanted)
    await db.serialize(f"upsert {table.__name__}")
    stored = await _stored(db, table, key, {row[key[0]] for row in rows})
    created: list[Mapping[str, Any]] = []
    updated: list[tuple[Any, Mapping[str, Any]]] = []
    for row in rows:
        known = _key(row, key)
        old = stored.get(known)
        if old is None:
            created.append(row)
            continue
        changes = {name: value for name, value in row.items() if differ(old[name], value)}
        if changes or known in touched:
            updated.append((old, changes))
    # Changes first: a line that ends makes room for its successor.
    await db.update_many(table, updated, action=action)
    await db.insert_many(table, created, action=action)
    return Tally(len(created), len(updated), len(rows) - len(created) - len(updated))


async def put(
    db: Writer, table: type[R], key: Sequence[str], values: Mapping[str, Any], *, action: str
) -> R:
    """The row with the `key` of `values`: added, changed, or left as it is where nothing differs.

    Conflict where another row holds one of its unique values.
    """
    same = [col(getattr(table, name)) == values[name] for name in key]
    found = await db.all(readable(db.actor, table).where(*same).with_for_update())
    if not found:
        return await db.add(table(**values), action=action)
    return await db.change(found[0], action=action, **values)


async def _stored(
    db: Writer, table: type[Row], key: Sequence[str], firsts: Collection[Any]
) -> dict[Key, RowMapping]:
    within = col(getattr(table, key[0])).in_(firsts)
    columns = [col(getattr(table, name)) for name in table.model_fields]
    found = await db.rows(readable(db.actor, table).where(within).with_only_columns(*columns))
    return {_key(row, key): row for row in found}


def _key(row: Mapping[str, Any] | RowMapping, key: Sequence[str]) -> Key:
    return tuple(row[name] for name in key)
