"""The directives that tell the price in the SDL, derived from what the fields declare.

They are those of IBM's GraphQL cost specification (draft of 2021), by which an object weighs 1
and a value nothing unless they say otherwise.
"""

from collections.abc import Iterator
from typing import cast

import strawberry
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_introspection_type
from strawberry import UNSET
from strawberry.schema_directive import Location

from schema.costs import PAGES, SLICES, Owner, is_counted, is_list, is_page, listed_of, weight_of
from schema.declare import NOUNS
from schema.page import DEFAULT_PAGE

ROOTS = {"Query", "Mutation", "Subscription"}
SIZED = ["nodes", "edges"]


@strawberry.schema_directive(
    name="cost",
    description="查询的价格：一个字段或此类型每个对象的权重；未注明时对象为 1，值为 0",
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.ENUM,
        Location.FIELD_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.OBJECT,
        Location.SCALAR,
    ],
)
class Cost:
    """That a field, or each object of a type, weighs so much."""

    weight: str


@strawberry.schema_directive(
    name="listSize",
    description="列表的长度：由哪些参数给出，否则按多少计，用于哪些下级字段",
    locations=[Location.FIELD_DEFINITION],
)
class ListSize:
    """That a field leads to so many objects."""

    assumed_size: int | None = UNSET
    slicing_arguments: list[str] | None = UNSET
    sized_fields: list[str] | None = UNSET
    require_one_slicing_argument: bool | None = True


def price(built: strawberry.Schema) -> None:
    """Put the directives at every field and type of `built` that they say something of.

    TypeError for a list of nouns of unknown length, which would have no price.
    """
    core = built._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    for kind in core.type_map.values():
        if isinstance(kind, Owner) and not is_introspection_type(kind):
            _price(kind)


def _price(kind: Owner) -> None:
    for name, field in kind.fields.items():
        if is_list(field) and is_counted(kind, field) and listed_of(field) is None:
            raise TypeError(f"{kind.name}.{name} is a list of any length: say listed in metadata")
        _put(field, _of_field(kind, field))
    if isinstance(kind, GraphQLObjectType):
        _put(kind, _of_type(kind))


def _of_field(on: Owner, field: GraphQLField) -> Iterator[Cost | ListSize]:
    weight, listed = weight_of(on, field), listed_of(field)
    if weight:
        yield Cost(weight=str(weight))
    if is_page(field):
        yield ListSize(
            assumed_size=DEFAULT_PAGE,
            slicing_arguments=[name for name in SLICES if name in field.args],
            sized_fields=_sized(field),
            require_one_slicing_argument=False,
        )
    elif listed is not None:
        yield ListSize(assumed_size=listed.most, require_one_slicing_argument=UNSET)


def _sized(field: GraphQLField) -> list[str]:
    """The fields of a page that list its rows."""
    page = cast("GraphQLObjectType", get_named_type(field.type))
    return [name for name in SIZED if name in page.fields]


def _of_type(kind: GraphQLObjectType) -> Iterator[Cost]:
    """A row of a noun and a page weigh 1, which goes without saying; other objects are free."""
    nouns = {spec.name for spec in NOUNS.values()}
    if kind.name not in nouns | ROOTS and not kind.name.endswith(PAGES):
        yield Cost(weight="0")


def _put(what: GraphQLField | GraphQLObjectType, directives: Iterator[Cost | ListSize]) -> None:
    definition = (what.extensions or {}).get("strawberry-definition")
    if definition is not None:
        definition.directives = list(directives)
