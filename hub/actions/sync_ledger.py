"""How rows of a noun from another system are synchronised: its members, rules and keys, in SQL.

In that SQL `g` is a row as given, `s` the stored row or nulls, `m` the row as it would be by what
is stated, `d` what follows from that. `$name` is a parameter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hub.actor import Can
from hub.errors import Words
from hub.exchange import SyncStatus


class Member(NamedTuple):
    """A column that rows may state: under which key of a row, and how it is read from `g`.

    `stays` says on which rows the hub knows better, so that what is stored stays; `unset` is the
    value of a new row that does not state it.
    """

    column: str
    key: str
    read: str
    stays: str = ""
    unset: str = "NULL"
    exact: bool = False
    """Whether 0.20 is not 0.2."""
    is_needed: bool = False
    """Whether no row is without it, so that each that is written brings it along."""


class Rule(NamedTuple):
    """What is wrong with a row on which `condition` holds, and at which member.

    Where it names `keys`, a row that states none of them is not looked at. `status` is what it
    makes of the row, None for a warning.
    """

    code: str
    member: str | None
    condition: str
    words: Words
    status: SyncStatus | None = SyncStatus.REJECTED
    keys: frozenset[str] = frozenset()


class Fact(NamedTuple):
    """What is joined to `s` where rows state one of `keys`; `otherwise` stands in its place."""

    keys: frozenset[str]
    join: str
    otherwise: str


class Together(NamedTuple):
    """What good rows may be wrong in as a group, which is taken as a whole or not at all.

    `group` is the group of a judged row, `clashing` selects the groups that cannot stand as they
    would be, from the judged rows `j` that are `fit` and what is stored besides them.
    """

    group: str
    clashing: str
    rule: Rule


NormalKeys = Callable[[Sequence[Mapping[str, Any]]], list[str | None] | None]


@dataclass(frozen=True, eq=False)
class Ledger:
    """How rows of one noun are synchronised.

    `shape` are the types of what a row may state, by key. `normal_keys` makes of rows their keys as
    they are stored, `given_key`; none where each is its `plain_key`. `row_key` is by what `g` is
    matched with stored rows that are `live`, by their `key`; `made_key` is the one that a row would
    have. `stored` are the columns that are looked at. `derived` are columns that follow from
    others, `fixed` those of new rows. Without an `owner` the rows are the platform's.
    """

    noun: str
    table: str
    action: str
    can: Can
    lock: str
    owner: str | None
    shape: Mapping[str, str]
    plain_key: str
    normal_keys: NormalKeys
    row_key: str
    key: str
    made_key: str
    members: Sequence[Member]
    rules: Sequence[Rule]
    facts: Sequence[Fact] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    live: str = "true"
    stored: str = "*"
    together: Together | None = None

    @property
    def objections(self) -> Sequence[Rule]:
        """All that may be wrong with a row, by number."""
        return (*self.rules, self.together.rule) if self.together else self.rules


def spelt(key: str, normal: Callable[[str], str]) -> NormalKeys:
    """What makes of rows their keys by the one spelling of `normal`, which is by characters.

    It makes none at all where all are in that spelling.
    """

    def keys(rows: Sequence[Mapping[str, Any]]) -> list[str | None] | None:
        given = [row.get(key) for row in rows]
        joined = "".join(filter(None, given))
        is_visible = joined.isascii() and joined.isprintable() and " " not in joined
        if is_visible and normal(joined) == joined:
            return None
        return [normal(one) or None if one else None for one in given]

    return keys


def list_member(column: str, key: str) -> Member:
    """A list of objects that is stored as JSON."""
    read = f"jsonb_strip_nulls(coalesce(g.\"{key}\", '[]'))"
    return Member(column, key, read, unset="'[]'::jsonb")


def object_member(column: str, key: str) -> Member:
    """An object that is stored as JSON."""
    return Member(column, key, f'jsonb_strip_nulls(g."{key}")')


def texts_member(column: str, key: str) -> Member:
    """A list of texts."""
    return Member(column, key, f"coalesce(g.\"{key}\", '{{}}')", unset="'{}'::text[]")


def word_member(column: str, key: str, unset: str) -> Member:
    """A word of a closed list, `unset` where none is said."""
    return Member(column, key, f"coalesce(g.\"{key}\", '{unset}')", unset=f"'{unset}'")
