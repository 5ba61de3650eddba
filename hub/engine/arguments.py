"""The arguments of fields over nouns, as the resolvers read them, with slots for variables."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.arguments import convert_argument

from hub.actor import Actor
from hub.engine.tree import Field
from loaders.keyset import By, Page
from schema.declare import NOUNS, Spec
from schema.ids import decode, key_of
from schema.page import most_of, page
from schema.resolve import filtered, keys_of
from schema.scalars import SCALARS
from schema.slot import Slot

CONFIG = StrawberryConfig()
REGISTRY = {**DEFAULT_SCALAR_REGISTRY, **SCALARS}


class Asked(NamedTuple):
    """The page that a connection is asked for, and the filter of its rows."""

    page: Page
    conditions: list[ColumnElement[bool]]


def asked_of(one: Field, spec: Spec, actor: Actor, default: Sequence[By]) -> Asked:
    """What the arguments of a connection over `spec` ask. Refused as the resolvers refuse it."""
    given = {name: _converted(one, name, value) for name, value in one.given.items()}
    keys = keys_of(spec, given.get("order"), default)
    ends = {name: given.get(name) for name in ("first", "after", "last", "before")}
    asked = page(spec.table, keys, **ends, most=most_of(actor))
    return Asked(asked, filtered(spec, actor, given.get("filter")))


def _converted(one: Field, name: str, value: Any) -> Any:
    definition = (one.definition.extensions or {})["strawberry-definition"]  # type: ignore[union-attr]
    argument = next(argument for argument in definition.arguments if argument.python_name == name)
    return convert_argument(value, argument.type, REGISTRY, CONFIG)


def noun_of(given: Any) -> Spec | None:
    """The noun that an id is of, None where there is no such one. BadInput for what is no id."""
    name = given.noun if isinstance(given, Slot) else decode(given)[0]
    return next((spec for spec in NOUNS.values() if spec.name == name), None)


def key_in(given: Any, spec: Spec) -> Any:
    """The key in an id of `spec`. BadInput for what is none of it."""

    def read(id_: str) -> UUID:
        return key_of(id_, spec.name)

    return given.map(read) if isinstance(given, Slot) else read(given)
