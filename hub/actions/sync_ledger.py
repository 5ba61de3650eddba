"""How rows of a noun from another system are synchronised: its members, rules and keys, in SQL.

In that SQL `g` is a row as given, `s` the stored row or nulls, `m` the row as it would be by what
is stated, `d` what follows from that. `$name` is a parameter.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Ledger:
    """How rows of one noun are synchronised.

    `shape` are the types of what a row may state, by key. `normal_keys` makes of rows their keys as
    they are stored, `given_key`; none where each is its `plain_key`. `row_key` is by what `g` is
    matched with stored rows that are `live`, in their column `key`. `derived` are columns that
    follow from others, `fixed` those of new rows.
    """

    noun: str
    table: str
    action: str
    can: Can
    lock: str
    owner: str
    shape: Mapping[str, str]
    plain_key: str
    normal_keys: Callable[[Sequence[Mapping[str, Any]]], list[str | None] | None]
    row_key: str
    key: str
    live: str
    members: Sequence[Member]
    facts: Sequence[Fact]
    derived: Mapping[str, str]
    fixed: Mapping[str, str]
    rules: Sequence[Rule]
