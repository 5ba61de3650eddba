"""How the rows of a sync go to PostgreSQL: as JSON, and in SQL as the relation `c` that it becomes.

Rows that all state the same keys go as lists of values in the order of these keys, which is half
as long; others as objects.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

import orjson

from hub.errors import BadInput
from hub.values import plain

NUL = b"\\u0000"
READ = {
    "text": "r->>{0}",
    "jsonb": "nullif(r->{0}, 'null')",
    "text[]": """CASE WHEN jsonb_typeof(r->{0}) = 'array'
        THEN ARRAY(SELECT jsonb_array_elements_text(r->{0})) END""",
}
"""How a value is read from its place in a row, by its type; of other types from its text."""
Rows = Sequence[Mapping[str, Any]]


def bare(rows: Rows, nested: Collection[str]) -> Rows:
    """Rows whose members `nested` are without nulls inside, which say no more than what is absent.

    A null in a list stays.
    """
    if not nested:
        return rows
    return [{**row, **{key: _bare(row[key]) for key in nested if key in row}} for row in rows]


def listed(rows: Rows, stated: Collection[str]) -> Sequence[Sequence[Any]]:
    """The values of rows that all state the keys `stated`, in the order of these."""
    keys = sorted(stated)
    if len(keys) < 2:
        return [[row[key] for key in keys] for row in rows]
    return list(map(itemgetter(*keys), rows))


def encoded(rows: Sequence[Any]) -> bytes:
    """Rows as JSON: the same bytes for the same rows, in whatever order their members stand.

    BadInput where a text holds the character NUL, which PostgreSQL cannot read.
    """
    found = _json(rows)
    if b"\\" in found and NUL in found:
        for index, row in enumerate(rows):
            if NUL in _json(row).replace(b"\\\\", b""):
                raise BadInput(
                    "文字中含有空字符（U+0000）",
                    "a text holds the character NUL",
                    path=("rows", index),
                )
    return found


def relation(shape: Mapping[str, str], stated: Collection[str], *, as_lists: bool) -> str:
    """SQL for the values of the JSON row `r`: columns named and typed as in `shape`."""
    if not as_lists:
        read = [f'"{key}" {kind}' for key, kind in shape.items() if key in stated]
        return f"jsonb_to_record(r) AS c({', '.join(read)})"
    read = []
    for at, key in enumerate(sorted(stated)):
        value = READ.get(shape[key], f"(r->>{{0}})::{shape[key]}").format(at)
        read.append(f'{value} AS "{key}"')
    return f"(SELECT {', '.join(read)}) c"


def _json(value: Any) -> bytes:
    return orjson.dumps(value, default=_text, option=orjson.OPT_SORT_KEYS)


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _bare(one) for name, one in value.items() if one is not None}
    return value


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
