"""On whose behalf an answer can be made once for several callers."""

import dataclasses
from collections.abc import Iterable, Iterator
from uuid import UUID

from hub.actor import Actor
from hub.engine.sql import DIALECT
from hub.engine.tree import Field
from hub.engine.verdict import PREFIX, symbolic
from hub.policy import policy_of
from hub.tables.base import Table

NO_ONE = UUID(int=0)
"""The id of no account."""
PERSONAL = frozenset({PREFIX + "user_id", PREFIX + "person_id"})


def representative(fields: Iterable[Field], actor: Actor) -> Actor:
    """Who may ask for `fields` in place of `actor` and of all who get the same answer.

    It is `actor` itself where a policy of what they show goes by the account or the person.
    Otherwise it is no one in particular with the organisation, district and roles of `actor`: what
    is decided by more than that it is refused, so that nobody is shown what is another's.
    """
    if any(_is_personal(table, actor) for table in set(_tables(fields))):
        return actor
    return dataclasses.replace(actor, login="", user_id=NO_ONE, person_id=None)


def _tables(fields: Iterable[Field]) -> Iterator[type[Table]]:
    for field in fields:
        if field.spec is not None:
            yield field.spec.table
        for inside in field.below.values():
            yield from _tables(inside)


def _is_personal(table: type[Table], actor: Actor) -> bool:
    """Whether the policy of `table` goes by the account or the person of those like `actor`."""
    policy, whose = policy_of(table), symbolic(actor)
    conditions = (policy.rows(whose), policy.own(whose), policy.person(whose))
    return any(not PERSONAL.isdisjoint(one.compile(dialect=DIALECT).params) for one in conditions)
