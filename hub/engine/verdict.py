"""What a caller gets of a field on which rows: decided once for a coordinate, not for each row."""

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, false, or_, true

from hub.actor import Actor, Sight
from hub.policy import everyone, nobody, policy_of
from schema.declare import Declared, Spec, sight_of

SYMBOLIC = {"organization_id": Uuid, "user_id": Uuid, "person_id": Uuid, "district": Text}
"""What of an actor reaches a statement as a bound parameter."""
PREFIX = "actor_"


def standing(actor: Actor) -> Hashable:
    """What of `actor` shapes a plan: who shares it, shares the plans too."""
    return (actor.roles, *(getattr(actor, name) is None for name in SYMBOLIC))


def symbolic(actor: Actor) -> Actor:
    """`actor` with bound parameters for what is its own, so that policies fit all of its kind."""
    parameters: dict[str, Any] = {
        name: bindparam(PREFIX + name, None, kind())
        for name, kind in SYMBOLIC.items()
        if getattr(actor, name) is not None
    }
    return dataclasses.replace(actor, **parameters)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """On which rows a field is clear, masked and hidden; each is a condition on the row."""

    clear: ColumnElement[bool]
    masked: ColumnElement[bool]
    hidden: ColumnElement[bool]
    sights: frozenset[Sight]

    @property
    def only(self) -> Sight | None:
        """The one sight that all rows have, if it is one."""
        return next(iter(self.sights)) if len(self.sights) == 1 else None


def verdict(
    actor: Actor,
    spec: Spec,
    declared: Declared,
    column: Callable[[str], ColumnElement[Any]],
) -> Verdict:
    """The verdict on a field of `spec` for `actor`; `column` gives is_own and is_person."""
    policy = policy_of(spec.table)
    owns = (True,) if policy.own is everyone else (True, False)
    persons = (False,) if policy.person is nobody else (True, False)
    rows: dict[Sight, list[list[tuple[str, bool]]]] = {sight: [] for sight in Sight}
    for own in owns:
        for person in persons:
            found = sight_of(actor, declared, own=own, person=person)
            steps = [("is_own", own)] * (len(owns) > 1)
            steps += [("is_person", person)] * (len(persons) > 1)
            rows[found].append(steps)
    sights = frozenset(sight for sight, found in rows.items() if found)
    on: dict[Sight, ColumnElement[bool]] = {}
    for sight in Sight:
        if len(sights) == 1:
            on[sight] = true() if sight in sights else false()
        else:
            on[sight] = or_(false(), *(_all(steps, column) for steps in rows[sight]))
    return Verdict(on[Sight.CLEAR], on[Sight.MASKED], on[Sight.HIDDEN], sights)


def _all(
    steps: list[tuple[str, bool]], column: Callable[[str], ColumnElement[Any]]
) -> ColumnElement[bool]:
    """The rows on which each column is what it says; null is taken for false."""
    return and_(
        true(), *(column(name) if wanted else column(name).is_not(true()) for name, wanted in steps)
    )
