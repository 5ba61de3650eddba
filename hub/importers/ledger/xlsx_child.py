"""A process of its own that opens one untrusted workbook: bytes on stdin, JSON on stdout.

A workbook of 4.6 KB can make calamine ask for 549 GB and abort (tafia/calamine#693), so it is
opened here, under limits of memory, time and output, and never in a process that serves.
"""

import os
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from hub.errors import BadInput
from hub.importers.ledger.cells import Cell
from hub.importers.ledger.delimited import SAVE_AGAIN
from hub.importers.ledger.header import find_header
from hub.importers.ledger.xlsx_check import OVER_LIMIT, Checked, check, damaged
from hub.importers.ledger.xlsx_scan import Place, too_large

MAX_COPIES = 500_000
EXACT_BELOW = 10**15  # Excel keeps 15 digits
NICE = 10

Value = int | float | str | bool | time | date | datetime | timedelta


def limit(memory_bytes: int, cpu_seconds: int, output_bytes: int) -> None:
    """Bind this process for good."""
    if sys.platform != "darwin":  # macOS has no limit of address space
        _bind(resource.RLIMIT_AS, memory_bytes)
    _bind(resource.RLIMIT_CPU, cpu_seconds)
    _bind(resource.RLIMIT_FSIZE, output_bytes)
    _bind(resource.RLIMIT_CORE, 0)
    os.nice(NICE)


def _bind(resource_kind: int, most: int) -> None:
    _, allowed = resource.getrlimit(resource_kind)
    bound = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(resource_kind, (bound, bound))


def answer(data: bytes) -> dict[str, Any]:
    """The sheet to import as JSON values, or the words of the refusal."""
    try:
        book = check(data)
        with CalamineWorkbook.from_filelike(BytesIO(book.archive)) as workbook:
            return _sheet(workbook, book)
    except BadInput as refusal:
        return {"refused": [*refusal.words, *(refusal.hint or ())]}
    except CalamineError as error:
        return {"refused": [*damaged(str(error)).words, *SAVE_AGAIN]}


def _sheet(workbook: CalamineWorkbook, book: Checked) -> dict[str, Any]:
    """The first sheet with a header, or the first of all."""
    first: dict[str, Any] = {}
    for meta in workbook.sheets_metadata:
        if meta.typ == SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(meta.name)
            records = _records(sheet, book.texts.get(meta.name, {}))
            copies = _spread(records, sheet.merged_cell_ranges or [])
            found = {"sheet": meta.name, "records": records, "copies": copies}
            first = first or found | {"date1904": book.date1904}
            if find_header(records):
                return found | {"date1904": book.date1904}
    if not first:
        raise damaged("no worksheet")
    return first


def _records(sheet: CalamineSheet, texts: dict[Place, str]) -> list[list[Cell]]:
    """The rows of a sheet from row 1, and in them the `texts` that calamine leaves out."""
    records = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    width = max([len(records[0]) if records else 0, *(column + 1 for _, column in texts)])
    records += [[] for _ in range(len(records), max((row + 1 for row, _ in texts), default=0))]
    for record in records:
        record += [None] * (width - len(record))
    for (row, column), text in texts.items():
        records[row][column] = text
    return records


def _spread(records: list[list[Cell]], ranges: list[tuple[Place, Place]]) -> list[Place]:
    """Give the value of each merged cell to its whole range; the places that got a copy."""
    copies: list[Place] = []
    for (top, left), (bottom, right) in ranges:
        if top >= len(records) or left >= len(records[0]) or records[top][left] is None:
            continue
        for row in range(top, min(bottom + 1, len(records))):
            for column in range(left, min(right + 1, len(records[0]))):
                if (row, column) != (top, left):
                    records[row][column] = records[top][left]
                    copies.append((row, column))
            if len(copies) > MAX_COPIES:
                raise too_large("合并区域过大", "its merged ranges are too large")
    return copies


def _cell(value: Value) -> Cell:
    """A value of calamine as a cell; numbers with the 15 digits that Excel keeps."""
    match value:
        case "":
            return None
        case str():
            return value
        case bool():
            return str(value).upper()
        case datetime():
            return value.date()
        case date():
            return value
        case float() if value.is_integer() and abs(value) < EXACT_BELOW:
            return int(value)
        case int() | float():
            return Decimal(format(value, ".15g"))
        case _:
            return str(value)


def _packed(cell: object) -> dict[str, str]:
    """What JSON has no form for."""
    return {"date": cell.isoformat()} if isinstance(cell, date) else {"number": str(cell)}


def main() -> None:
    """Answer on stdout, under the limits given as arguments: memory, CPU seconds, output."""
    memory_bytes, cpu_seconds, output_bytes = map(int, sys.argv[1:])
    limit(memory_bytes, cpu_seconds, output_bytes)
    try:
        reply = answer(sys.stdin.buffer.read())
        packed = orjson.dumps(reply, default=_packed, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except MemoryError:
        sys.exit(OVER_LIMIT)
    if len(packed) > output_bytes:
        sys.exit(OVER_LIMIT)
    sys.stdout.buffer.write(packed)


if __name__ == "__main__":
    main()
