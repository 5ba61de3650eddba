"""Changes that answer each row: the root field, and how its rows are shown without a statement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
import sqlalchemy as sa
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from hub.actions.sync import results
from hub.statements import Transaction
from hub.tables.handed import Handed
from schema.context import Context, Info
from schema.declare import Effect, Spec, bare, camel
from schema.inputs import GIVEN

Told = tuple[Mapping[str, Any], Transaction]
Act = Callable[[Context, Mapping[str, Any]], AbstractAsyncContextManager[Told]]


def effect(given: Any, payload: Any, words: str, act: Act) -> StrawberryField:
    """A root field that changes the `rows` of its input `given`, and tells what became of each.

    `act` is given the input by the names of GraphQL. It tells the members of `payload`, and the
    transaction that has the rows of those lists that it tells as None.
    """
    lists = _lists_of(payload)

    def do(context: Context, arguments: Mapping[str, Any]) -> AbstractAsyncContextManager[Told]:
        return act(context, arguments["input"])

    async def resolve(info: Info, input: Any) -> Any:
        async with act(info.context, _named(input)) as (told, transaction):
            members = dict(told)
            for name, spec in lists.items():
                rows = told[name] if told[name] is not None else await results(transaction)
                members[name] = _shown(spec, rows)
        return payload(**members)

    resolve.__annotations__["input"] = Annotated[given, GIVEN]
    return StrawberryField(
        type_annotation=StrawberryAnnotation(payload | None),
        base_resolver=StrawberryResolver(resolve),
        description=words,
        metadata={"compiles": Effect(do, ("input", "rows"))},
    )


def _lists_of(payload: Any) -> dict[str, Spec]:
    """The members of a payload that list handed rows, each by what shows a row."""
    found = {}
    for name, annotation in get_type_hints(payload).items():
        if get_origin(kind := bare(annotation)) is list:
            spec = getattr(get_args(kind)[0], "__noun__", None)
            if spec is not None and issubclass(spec.table, Handed):
                found[name] = spec
    return found


def _named(given: Any) -> Any:
    """An input by the names of GraphQL, without what it leaves out."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [_named(one) for one in given]
    if not hasattr(given, "__strawberry_definition__") or isinstance(given, Enum):
        return given
    return {camel(name): _named(value) for name, value in vars(given).items() if value is not UNSET}


def _shown(spec: Spec, told: bytes) -> list[Any]:
    """The objects that show handed rows."""
    columns = spec.table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
    return [
        spec.kind.of(
            {name: _read(columns[name].type, value) for name, value in row.items()}
            | {"is_own": True, "is_person": False}
        )
        for row in orjson.loads(told)
    ]


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, sa.Uuid):
        return UUID(value)
    words: Any = kind.enum_class if isinstance(kind, sa.Enum) else None
    return value if words is None else words(value)
