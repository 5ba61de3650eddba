"""What makes PostgreSQL write JSON exactly as GraphQL shows a value from Python.

The expressions go into `row_to_json` or `json_build_object` in a session whose time zone is UTC.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, get_args, get_origin

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    TypeDecorator,
    Uuid,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.types import TypeEngine

from loaders.keyset import By
from schema.declare import Items, Parts, Sql, bare
from schema.page import spelled
from schema.values import is_term, members

Wanted = Sequence[tuple[str, str]]
"""What is asked of a value type: the response key and the Python name of each of its fields."""

DAYS = {"": "DATE '9999-12-31'", "-": "DATE '0001-01-01'"}
INSTANTS = {
    "": "TIMESTAMPTZ '9999-12-31 23:59:59.999999Z'",
    "-": "TIMESTAMPTZ '0001-01-01 00:00:00Z'",
}
"""The last and the first time of Python's calendar, by the sign of the infinity it is stored as."""
MOST_PAIRS = 50  # a function of PostgreSQL takes 100 arguments
BASE64_LINE = 57  # bytes; PostgreSQL ends the line after their 76 characters


def constant(text: str) -> Sql:
    """`text` as part of the statement itself, where a parameter would be bound on each run."""
    return literal_column("'" + text.replace("'", "''") + "'", Text())


def shown(value: Sql) -> Sql:
    """What JSON says of a column or an expression. TypeError for a type without such a form."""
    kind = _stored(value.type)
    match kind:
        case Enum():
            check_words(kind.enum_class, kind.enums)
            return value
        case Numeric():
            return cast(value, Text)
        case Date():
            return _finite(value, DAYS)
        case DateTime(timezone=True):
            return _finite(value, INSTANTS)
        case ARRAY():
            item = _stored(kind.item_type)
            if isinstance(item, Numeric):
                return cast(value, ARRAY(Text))
            if _is_plain(item):
                return value
    if _is_plain(kind):
        return value
    raise TypeError(f"{value} is of type {kind!r}, which has no form in JSON: give it a shape=…")


def _stored(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _is_plain(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, String | Boolean | Integer | Uuid) and not isinstance(kind, Enum)


def _finite(value: Sql, ends: Mapping[str, str]) -> Sql:
    """A time as Python reads it: asyncpg holds the ends of Python's calendar for infinities."""
    whens = [
        (literal_column(f"'{sign}infinity'", value.type), literal_column(end, value.type))
        for sign, end in ends.items()
    ]
    return case(*whens, value=value, else_=value)


def check_words(words: Any, stored: Iterable[str] | None = None) -> None:
    """Raise TypeError where a word of the enumeration `words` is stored by another name."""
    kept = [word.value for word in words] if stored is None else list(stored)
    if words is not None and kept != [word.name for word in words]:
        raise TypeError(f"{words.__name__} is stored as {kept}: store its names")


def node_id(noun: str, key: Sql) -> Sql:
    """The node id of the row `key` of `noun`: `schema.ids.encode`."""
    name = noun.encode()
    packed = func.uuid_send(key).op("||")(literal_column(f"'\\x{name.hex()}'::bytea"))
    return base64url(packed, len(name) + 16)


def cursor(order: Sequence[By], keys: Sequence[Sql]) -> Sql:
    """The cursor of the row with `keys` in `order`: `schema.page.pack`."""
    start = f"[{json.dumps(spelled(order), ensure_ascii=False)}, "
    told = cast(func.json_build_array(*(shown(key) for key in keys)), Text)
    text = constant(start).op("||")(told).op("||")(constant("]"))
    return base64url(func.convert_to(text, constant("UTF8"), type_=LargeBinary()))


def base64url(packed: Sql, size: int | None = None) -> Sql:
    """Base64 without padding or line breaks. `replace` takes a third of the time of `translate`."""
    text: Sql = func.encode(packed, constant("base64"), type_=Text())
    other = {"+": "-", "/": "_"}
    if size is None or size % 3:
        other["="] = ""
    if size is None or size >= BASE64_LINE:
        other["\n"] = ""
    for old, new in other.items():
        text = func.replace(text, constant(old), constant(new), type_=Text())
    return text


def shaped(shape: Any, stored: Sql, wanted: Wanted) -> Sql:
    """The JSON object of a value type that is stored as JSON: `Value.of`; null for none."""
    whole = _value(_name(shape), wanted, lambda name: _member(shape, stored, name))
    return case((func.jsonb_typeof(stored) == constant("object"), whole))


def shaped_list(shape: Any, stored: Sql, wanted: Wanted) -> Sql:
    """The JSON array of a value type that is stored as an array of objects; null for none."""
    elements = func.jsonb_array_elements(stored).table_valued(column("value", JSONB()))
    whole = _value(_name(shape), wanted, lambda name: _member(shape, elements.c.value, name))
    # The elements come one by one in their order, which json_agg keeps.
    every = select(func.json_agg(whole, type_=JSON())).select_from(elements).scalar_subquery()
    return case(
        (stored == literal_column("'[]'::jsonb"), literal_column("'[]'::json", JSON())),
        (func.jsonb_typeof(stored) == constant("array"), every),
    )


def _name(shape: Any) -> str:
    name: str = shape.__strawberry_definition__.name
    return name


def _member(shape: Any, stored: Sql, name: str) -> Sql:
    """One member of a value that is stored as JSON; a decimal or a day as the text it shows."""
    key, kind = members(shape)[name]
    if is_term(kind):
        check_words(kind)
    if is_term(kind) or kind in (str, Decimal, date):
        return stored.op("->>", return_type=Text())(constant(key))
    if kind in (int, bool) or (get_origin(kind) is list and bare(get_args(kind)[0]) is str):
        return stored.op("->", return_type=JSONB())(constant(key))
    raise TypeError(f"{shape.__name__}.{name} is a {kind}: say in schema/twins.py how to read it")


def parts(made: Parts, kind: str, wanted: Wanted) -> Sql:
    """The JSON object of the value type named `kind` that the database makes, null if absent."""
    whole = _value(kind, wanted, lambda name: shown(made.members[name]))
    return whole if made.present is None else case((made.present, whole))


def written(made: Sql | Parts | Items, kind: str, wanted: Wanted = ()) -> Sql:
    """What JSON says of what a computed field's twin made; `kind` is the name of its type."""
    match made:
        case Parts():
            return parts(made, kind, wanted)
        case Items():
            return shaped_list(made.shape, made.stored, wanted)
    return shown(made)


def _value(kind: str, wanted: Wanted, member: Callable[[str], Sql]) -> Sql:
    told = constant(kind)
    return record([(key, told if name == "__typename" else member(name)) for key, name in wanted])


def record(pairs: Sequence[tuple[str, Sql]]) -> Sql:
    """A JSON object of keys, of any length and number, and expressions that are `shown`."""
    given = [each for key, value in pairs[:MOST_PAIRS] for each in (constant(key), value)]
    made = func.json_build_object(*given, type_=JSON())
    if len(pairs) <= MOST_PAIRS:
        return made
    head = func.left(cast(made, Text), literal_column("-1"), type_=Text())
    tail = func.substr(cast(record(pairs[MOST_PAIRS:]), Text), literal_column("2"), type_=Text())
    return cast(head + constant(",") + tail, JSON)
