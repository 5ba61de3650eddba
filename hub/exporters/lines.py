"""Rows of a noun as lines of text: JSON Lines, and CSV that Excel opens as it is."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
"""What a cell of a formula begins with; a spreadsheet may read wide signs as signs."""
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\Z")
BOM = "\ufeff"
SEPARATOR = "；"
Row = Mapping[str, Any]


def json_lines(rows: Iterable[Row]) -> bytes:
    """Each row as a line of JSON in UTF-8."""
    return b"".join([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows])


def csv_lines(rows: Iterable[Row], columns: Sequence[str], *, heading: bool) -> bytes:
    """Each row as a line of CSV (RFC 4180, UTF-8), behind a byte order mark and their `heading`.

    What a spreadsheet would take for a formula has an apostrophe before it; numbers stay.
    """
    text = io.StringIO()
    write = csv.writer(text).writerow
    if heading:
        text.write(BOM)
        write(columns)
    paths = paths_of(columns)
    for row in rows:
        write([_field(one) for one in cells(row, paths)])
    return text.getvalue().encode()


def paths_of(columns: Iterable[str]) -> list[list[str]]:
    """The steps that lead to each column, whose nested members are joined by dots."""
    return [column.split(".") for column in columns]


def cells(row: Row, paths: Iterable[Sequence[str]]) -> list[Any]:
    """The value of a row in each column: text, a number, a flag or None.

    A list is one cell: plain items with a separator, objects as JSON. None where a row has no such
    member, since it is of another type than others are.
    """
    return [_cell(row, path) for path in paths]


def _cell(row: Any, path: Sequence[str]) -> Any:
    for step in path:
        if row is None:
            return None
        row = row.get(step)
    if isinstance(row, dict):
        return orjson.dumps(row).decode()
    if not isinstance(row, list):
        return row
    if any(isinstance(item, dict) for item in row):
        return orjson.dumps(row).decode()
    return SEPARATOR.join(map(str, row))


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text
