"""Values to draw for columns and for what is stored in JSON, nasty ones among them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, Uuid
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from hub.values import plain
from schema.certificate import Condition
from schema.declare import camel, is_optional
from schema.values import is_term, members

QUOTED = ['"', "\\", "'", "\\u0041", "%(x)s", ":x", "\b\f\n\r\t\x01\x1f\x7f", "\u2028", "𝟛🧭"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | (
    st.sampled_from([*QUOTED, "计量" * 300])
)
WHOLE = st.integers(-(2**31), 2**31 - 1)
DECIMALS = st.builds(
    lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
    st.integers(-(10**40), 10**40) | st.integers(-99, 99),
    st.integers(-60, 30),
)
DAYS = st.dates() | st.sampled_from([date.min, date.max])
INSTANTS = st.datetimes(timezones=st.just(UTC)) | st.sampled_from(
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        *(datetime(2024, 3, 5, 1, 2, 3, part, UTC) for part in (0, 1, 10, 120_000, 999_990)),
    ]
)
OF_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    Numeric: DECIMALS,
    Boolean: st.booleans(),
    Integer: WHOLE,
    Uuid: st.uuids(),
    DateTime: INSTANTS,
    Date: DAYS,
}
LONG = "k" * 70


def values_of(kind: TypeEngine[Any]) -> st.SearchStrategy[Any]:
    """Values of a column type, those with a form of their own in JSON above all."""
    plain_kind = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    if isinstance(plain_kind, EnumType):
        return st.sampled_from(list(plain_kind.enum_class or ()))
    if isinstance(plain_kind, ARRAY):
        return st.lists(values_of(plain_kind.item_type) | st.none(), max_size=3)
    if isinstance(plain_kind, JSONB):
        return st.fixed_dictionaries({}, optional={"conditions": st.lists(stored_as(Condition))})
    if isinstance(plain_kind, Numeric) and plain_kind.scale:
        return st.decimals(0, 10**11, places=2)
    return next((found for one, found in OF_TYPE.items() if isinstance(plain_kind, one)), TEXTS)


def stored_as(shape: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Values of the type `shape` as they are stored in JSON."""
    hints = get_type_hints(shape)
    kinds = {name: _member(kind) for name, (_, kind) in members(shape).items()}
    keys = {name: key for name, (key, _) in members(shape).items()}
    may_lack = [name for name in kinds if is_optional(hints[name])]
    return st.fixed_dictionaries(
        {keys[name]: one for name, one in kinds.items() if name not in may_lack},
        optional={keys[name]: st.none() | kinds[name] for name in may_lack},
    )


def _member(kind: Any) -> st.SearchStrategy[Any]:
    if is_term(kind):
        return st.sampled_from([word.value for word in kind])
    if get_origin(kind) is list:
        return st.lists(TEXTS | st.none() if is_optional(get_args(kind)[0]) else TEXTS, max_size=3)
    numbers = DECIMALS.map(plain) | WHOLE | st.floats(1e-9, 1e9)
    days = DAYS.map(date.isoformat)
    return {str: TEXTS, Decimal: numbers, date: days, int: WHOLE, bool: st.booleans()}[kind]


def wanted_of(kind: Any) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Some fields of a value type under response keys, one of them a very long one."""
    names = st.lists(st.sampled_from([*fields_of(kind), "__typename"]), min_size=1, max_size=9)
    keys = [LONG, *(f"k{at}" for at in range(9))]
    return names.map(lambda some: list(zip(keys, some, strict=False)))


def fields_of(kind: Any) -> dict[str, str]:
    """The fields of a value type, by their Python names, as GraphQL names them."""
    found = kind.__strawberry_definition__.fields
    return {one.python_name: one.graphql_name or camel(one.python_name) for one in found}
