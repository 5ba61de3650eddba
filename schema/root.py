"""Root fields over nouns: one by id, many in pages."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from hub.policy import sighted
from loaders.keyset import By
from loaders.rows import page_of
from schema.context import Info
from schema.declare import Listing, Lookup, Named, Spec
from schema.ids import key_of
from schema.page import Connection
from schema.resolve import by_id, connection_resolver


def lookup(kind: Any, words: str) -> Any:
    """A root field that answers the noun with an id, or null where it is absent or hidden."""
    spec: Spec = kind.__noun__

    async def resolve(
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="标识符")],
    ) -> Any:
        return await by_id(info.context, spec.table, key_of(id, spec.name))

    return _root(kind | None, words, resolve, Lookup(spec.table))


def listing(kind: Any, words: str, *, order: Sequence[By] = ()) -> Any:
    """A root field that answers every row the caller may read, in pages."""
    spec: Spec = kind.__noun__

    async def fetch(self: Any, info: Info, asked: Any, conditions: Any, given: str) -> Any:
        return await page_of(info.context.reader, spec.table, asked, conditions)

    def whole(self: Any, info: Info) -> Any:
        return sighted(info.context.actor, spec.table)

    target = Named(spec.name, kind.__module__)
    resolve = connection_resolver(target, fetch, whole, order)
    return _root(Connection[kind] | None, words, resolve, Listing(spec.table, tuple(order)))


def _root(annotation: Any, words: str, resolve: Any, compiles: Lookup | Listing) -> StrawberryField:
    return StrawberryField(
        type_annotation=StrawberryAnnotation(annotation),
        base_resolver=StrawberryResolver(resolve),
        description=words,
        metadata={"compiles": compiles},
    )
