"""The one door to any row: which rows an actor may read, and which of them are its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, select, true

from hub.actor import Actor, Level
from hub.tables.base import Table

T = TypeVar("T", bound=Table)
Scope = Callable[[Actor], ColumnElement[bool]]


def everyone(actor: Actor) -> ColumnElement[bool]:
    """Every row."""
    return true()


def nobody(actor: Actor) -> ColumnElement[bool]:
    """No row."""
    return false()


def signed_in(actor: Actor) -> ColumnElement[bool]:
    """Every row for whoever signed in, none for an anonymous caller."""
    return false() if actor.is_anonymous else true()


@dataclass(frozen=True, slots=True)
class Policy:
    """Who reads which rows of a table, as SQL.

    `rows` are the rows an actor may see at all. `own` are those of them that belong to the
    actor's organisation or are handled or overseen by it: on these level O is clear. `person`
    are the rows that are about the actor. `floor` is the level that is clear on every row that
    can be seen: a field up to it need not be nullable.
    """

    rows: Scope
    own: Scope = everyone
    person: Scope = nobody
    floor: Level = Level.P


POLICIES: dict[type[Table], Policy] = {}


def govern(table: type[Table], policy: Policy) -> Policy:
    """Register the policy of `table`. A table without one cannot be read."""
    if table in POLICIES:
        raise TypeError(f"{table.__name__} has a policy already")
    POLICIES[table] = policy
    return policy


def policy_of(table: type[Table]) -> Policy:
    """The policy of `table`; LookupError where nobody wrote one."""
    if table not in POLICIES:
        raise LookupError(f"no policy governs {table.__name__}: write hub/policies/…")
    return POLICIES[table]


def readable(actor: Actor, table: type[T]) -> Select[T]:
    """The only SELECT: the rows of `table` that `actor` may read."""
    return select(table).where(policy_of(table).rows(actor))


def sighted(actor: Actor, table: type[T]) -> Select[Any]:
    """`readable` with two more columns per row, `is_own` and `is_person`, for the guards."""
    policy = policy_of(table)
    return readable(actor, table).add_columns(
        policy.own(actor).label("is_own"), policy.person(actor).label("is_person")
    )


def may_count(actor: Actor, table: type[Table]) -> bool:
    """Whether `actor` may know how many rows it sees: where all are its own, and staff always.

    A number of foreign rows tells what is in them, one filter after the other.
    """
    if actor.is_anonymous:
        return False
    return actor.is_staff or policy_of(table).floor in (Level.O, Level.S, Level.R)


def sees(actor: Actor, level: Level, row: Mapping[str, Any]) -> Any:
    """What `actor` sees of a field of `level` on a row that came from `sighted`."""
    return actor.sight(level, own=row["is_own"], person=row["is_person"])
