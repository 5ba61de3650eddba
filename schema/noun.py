"""Makes a GraphQL type of a class of declarations, and refuses one that would leak or fail."""

import sys
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, Self, TypeVar, get_args, get_origin

import strawberry
from sqlalchemy import RowMapping
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from hub.policy import everyone, policy_of
from hub.tables.base import Table
from loaders.keyset import By
from schema.declare import (
    NOUNS,
    PARTS,
    A,
    Column,
    Computed,
    Declared,
    Made,
    Many,
    Mask,
    Named,
    One,
    P,
    R,
    S,
    Spec,
    bare,
    column_name,
    edge_of,
    is_connection,
    is_optional,
    rank,
    target_of,
)
from schema.filters import IDMatch, match_type
from schema.ids import encode
from schema.resolve import (
    Resolver,
    column_resolver,
    computed_resolver,
    list_resolver,
    made_resolver,
    one_resolver,
    pages_resolver,
)
from schema.twins import check_words, shaped, shown
from schema.values import is_term, members

C = TypeVar("C", bound=type)


@strawberry.interface(description="有标识符的对象，可由 node(id) 取得")
class Node:
    """Anything with an id."""

    id: strawberry.ID = strawberry.field(description="标识符，不透明，全局唯一")


class Shown:
    """Base of the types that show a row of a table."""

    row: RowMapping

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """The object that shows `row`, which came from `sighted`."""
        shown = cls.__new__(cls)
        shown.row = row
        return shown


class Noun(Node, Shown):
    """Base of the nouns: rows with an id."""


class Part(Shown):
    """Base of the parts of a noun: rows without an id of their own."""


COMMON: dict[str, tuple[Any, Column]] = {
    "version": (int, Column(P, "版本号，每次修改加一")),
    "created_at": (datetime, Column(P, "建立时刻")),
    "updated_at": (datetime, Column(P, "最近修改时刻", match=True, order=True)),
}


def noun(table: type[Table], words: str) -> Callable[[C], C]:
    """Make a Strawberry type of a class of declarations over `table`.

    TypeError, with a sentence that says what to write, for a declaration that would leak or fail.
    """

    def build(kind: C) -> C:
        is_node = issubclass(kind, Noun)
        if is_node:
            for name, (annotation, common) in COMMON.items():
                kind.__annotations__[name] = annotation
                setattr(kind, name, common)
        undeclared = [name for name in kind.__annotations__ if name not in vars(kind)]
        if undeclared:
            raise TypeError(f"{kind.__name__}.{undeclared[0]} has no level: declare it, column(…)")
        fields = {key: one for key, one in vars(kind).items() if isinstance(one, Declared)}
        spec = Spec(
            kind.__name__, table, kind, fields, {key: kind.__annotations__[key] for key in fields}
        )
        for name, declared in fields.items():
            insist(spec, name, declared)
            setattr(kind, name, _field(spec, name, declared, _resolver(spec, name, declared)))
        if is_node:
            _identify(spec)
            _filter_and_order(spec)
            NOUNS[table] = spec
        else:
            PARTS[table] = spec
        made: C = strawberry.type(kind, description=words)
        spec.kind = made
        made.__noun__ = spec  # type: ignore[attr-defined]  # what the loaders and guards look up
        return made

    return build


def insist(spec: Spec, name: str, declared: Declared) -> None:
    """Refuse a declaration that would leak or fail, with a sentence that says what to write."""
    at = f"{spec.name}.{name}"
    policy = policy_of(spec.table)
    annotation = spec.types[name]
    withheld = rank(declared.level) > rank(policy.floor)
    if withheld and not is_optional(annotation):
        raise TypeError(f"{at} can be withheld (level {declared.level}): annotate it `… | None`")
    match declared:
        case Column():
            _insist_column(spec, name, declared)
            if (declared.match or declared.order) and declared.level in (S, R):
                raise TypeError(f"{at} of level {declared.level} is not to be searched by")
            if declared.order and rank(declared.level) > max(rank(policy.floor), rank(A)):
                raise TypeError(f"{at} is hidden on some rows: an order by it would tell them")
        case Computed() if declared.sql is None:
            raise TypeError(f"{at} has no twin for the database: say sql=…")
        case One():
            policy_of(target_of(declared.by))
            if not is_optional(annotation) and not _always_visible(target_of(declared.by)):
                raise TypeError(f"{at} may lead to a hidden row: annotate it `… | None`")
        case Many():
            policy_of(edge_of(declared).table)


def _insist_column(spec: Spec, name: str, declared: Column) -> None:
    at = f"{spec.name}.{name}"
    columns = spec.table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
    key = column_name(declared.of or name)
    if key not in columns:
        raise TypeError(f"{at} names no column of {spec.table.__name__}: say of=col(…)")
    if columns[key].nullable and not is_optional(spec.types[name]):
        raise TypeError(f"{at} may be null in the database: annotate it `… | None`")
    if not isinstance(declared.mask, Mask | None):
        raise TypeError(f"{at} has a mask without a twin for the database: say mask=Mask(…, …)")
    if is_term(_value(spec.types[name])):
        check_words(_value(spec.types[name]))
    if declared.shape is None:
        shown(columns[key])
    else:
        shaped(declared.shape, columns[key], [(one, one) for one in members(declared.shape)])


def _always_visible(table: type[Table]) -> bool:
    return policy_of(table).rows is everyone


def _resolver(spec: Spec, name: str, declared: Declared) -> Resolver:
    match declared:
        case Column():
            return column_resolver(spec, name, declared)
        case Computed():
            return computed_resolver(spec, name, declared)
        case Made():
            return made_resolver(spec, name, declared)
        case One():
            return one_resolver(spec, name, declared)
        case Many() if is_connection(spec.types[name]):
            return pages_resolver(spec, name, declared)
        case Many():
            return list_resolver(spec, name, declared)
    raise TypeError(f"{spec.name}.{name}: {declared} is not a kind of field")


def _field(spec: Spec, name: str, declared: Declared, resolve: Resolver) -> StrawberryField:
    namespace = sys.modules[spec.kind.__module__].__dict__
    return StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation.from_annotation(spec.types[name], namespace),
        base_resolver=StrawberryResolver(resolve),
        description=declared.words,
        metadata={"declared": declared, "weight": getattr(declared, "weight", 0)},
    )


def _identify(spec: Spec) -> None:
    def resolve(self: Any) -> strawberry.ID:
        return encode(spec.name, self.row["id"])

    spec.types["id"] = spec.kind.__annotations__["id"] = strawberry.ID
    declared = Declared(P, "标识符，不透明，全局唯一")
    setattr(spec.kind, "id", _field(spec, "id", declared, resolve))  # noqa: B010


def _filter_and_order(spec: Spec) -> None:
    """Make `<Noun>Filter` and `<Noun>Order` beside the noun, of what its fields allow."""
    module = sys.modules[spec.kind.__module__]
    name = f"{spec.name}Filter"
    own: Any = Named(spec.name, module.__name__).lazy("Filter")
    body: dict[str, Any] = {"__annotations__": {}, "__module__": module.__name__}
    for key, declared in spec.fields.items():
        if isinstance(declared, Column | One) and declared.match:
            kind = IDMatch if isinstance(declared, One) else match_type(_value(spec.types[key]))
            body["__annotations__"][key] = kind | None
            body[key] = strawberry.field(default=None, description=declared.words)
    body["__annotations__"] |= {"or_": list[own] | None, "not_": own | None}
    body["or_"] = strawberry.field(default=None, name="or", description="任一条件成立")
    body["not_"] = strawberry.field(default=None, name="not", description="条件不成立")
    words = f"{spec.name} 的筛选条件，各项须同时满足"
    setattr(module, name, strawberry.input(type(name, (), body), description=words))
    orders = {"ID": By("id")} | {
        key.upper(): By(column_name(declared.of or key))
        for key, declared in spec.fields.items()
        if isinstance(declared, Column) and declared.order
    }
    spec.orders = {
        f"{key}_{way}": By(by.name, descending=way == "DESC")
        for key, by in orders.items()
        for way in ("ASC", "DESC")
    }
    words_of = {key.upper(): declared.words for key, declared in spec.fields.items()}
    values = {key: key for key in spec.orders}
    make: Any = Enum  # mypy reads a call of Enum as a declaration
    order = make(f"{spec.name}Order", values, module=module.__name__)
    made = strawberry.enum(order, description=f"{spec.name} 的排序")
    for value in made.__strawberry_definition__.values:
        key, way = value.name.rsplit("_", 1)
        value.description = f"按{words_of.get(key, '建立先后')}{'升序' if way == 'ASC' else '降序'}"
    setattr(module, f"{spec.name}Order", made)


def _value(annotation: Any) -> Any:
    inner = bare(annotation)
    return get_args(inner)[0] if get_origin(inner) is list else inner
