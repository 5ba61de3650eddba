"""Records of a strict data file: every fault is told with its file, line and column."""

import csv
import io
import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from hub.errors import BadInput, Words
from hub.vocabulary import Term

V = TypeVar("V")
T = TypeVar("T", bound=Term)

CONSTRUCTED = "constructed"
EVIDENCE = re.compile(r"stored-page|repository|repositories|recalled|constructed")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WHOLE = re.compile(r"\d{1,9}", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


class Origin(TypedDict):
    """Where a record comes from: the kind of evidence, and its key in the file."""

    source_system: str
    source_key: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of `file`. `place` is the line that it begins on, or "items[2]" in JSON."""

    file: str
    place: int | str
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """The text of a cell that must not be empty."""
        text = self.cells[column]
        if not text:
            raise self.fault(column, "不能为空", "must not be empty")
        return text

    def maybe(self, column: str) -> str | None:
        """The text of a cell, None where it is empty."""
        return self.cells[column] or None

    def listed(self, column: str) -> list[str]:
        """The parts of a cell between semicolons."""
        return [part.strip() for part in self.cells[column].split(";") if part.strip()]

    def day(self, column: str) -> date | None:
        """A calendar day, YYYY-MM-DD."""
        return self._read(column, _day, Words("不是 YYYY-MM-DD 的日期", "is no day YYYY-MM-DD"))

    def whole(self, column: str) -> int | None:
        """A whole number of at most nine digits."""
        return self._read(column, _whole, Words("不是整数", "is no whole number"))

    def number(self, column: str) -> Decimal | None:
        """A decimal number with every zero it is written with."""
        return self._read(column, _number, Words("不是小数", "is no decimal number"))

    def term(self, column: str, words: type[T]) -> T:
        """A word of a closed list."""
        text = self.text(column)
        if text not in set(words):
            known = "、".join(words)
            raise self.fault(column, f"“{text}”不在 {known} 之中", f"{text} is none of {known}")
        return words(text)

    def fault(self, column: str, zh: str, en: str) -> BadInput:
        """The refusal that names file, place and column, to be raised."""
        return fault(self.file, self.place, column, zh, en)

    def _read(self, column: str, parse: Callable[[str], V], words: Words) -> V | None:
        text = self.cells[column]
        if not text:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise self.fault(column, f"“{text}”{words.zh}", f"{text!r} {words.en}") from error


def read_csv(path: Path, columns: Sequence[str]) -> list[Record]:
    """The records of a UTF-8 CSV file whose header names exactly `columns`, in any order.

    BadInput for other columns, a row with more or fewer cells, or broken quotes.
    """
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    records: list[Record] = []
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not header:
                header = _header(path.name, [cell.strip() for cell in cells], columns)
            elif cells:
                records.append(Record(path.name, line, _cells(path.name, line, header, cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise fault(path.name, line, "*", "引号不成对", f"{error}") from error
    if not header:
        raise fault(path.name, 1, columns[0], "文件是空的", "the file is empty")
    return records


def read_json(path: Path, name: str, columns: Sequence[str]) -> list[Record]:
    """The records of the list `name` in a JSON document; a missing or null value is empty.

    BadInput for text that is no JSON, no such list, and a value that is neither text nor boolean.
    """
    try:
        document = json.loads(_decoded(path))
    except json.JSONDecodeError as error:
        raise fault(path.name, error.lineno, str(error.colno), "不是 JSON", error.msg) from error
    items = document.get(name) if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise fault(path.name, 1, name, "没有这个列表", "there is no such list")
    return [_item(path.name, f"{name}[{index}]", item, columns) for index, item in enumerate(items)]


def distinct(records: Iterable[Record], key: Callable[[Record], Hashable], column: str) -> None:
    """Raise BadInput for the first record whose `key` an earlier one has."""
    seen: dict[Hashable, int | str] = {}
    for record in records:
        first = seen.setdefault(key(record), record.place)
        if first != record.place:
            zh, en = _where(first)
            raise record.fault(column, f"与{zh}重复", f"repeats {en}")


def origin(record: Record, key: str) -> Origin:
    """The source of a record: the first kind of evidence that its cell names, and its key."""
    match = EVIDENCE.search(record.text("evidence"))
    if match is None:
        raise record.fault("evidence", "没有注明依据", "names no kind of evidence")
    system = "repository" if match[0] == "repositories" else match[0]
    return {"source_system": system, "source_key": f"{record.file}#{key}"}


def fault(file: str, place: int | str, column: str, zh: str, en: str) -> BadInput:
    """A refusal that says where in a file the fault is, to be raised."""
    where = _where(place)
    return BadInput(
        f"{file} {where.zh} {column} 列：{zh}",
        f"{file}, {where.en}, column {column}: {en}",
        hint=Words("改正文件后重试，尚未写入任何数据", "mend the file; nothing has been written"),
        path=(file, place, column),
    )


def _where(place: int | str) -> Words:
    return (
        Words(f"第 {place} 行", f"line {place}") if isinstance(place, int) else Words(place, place)
    )


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault(path.name, line, "*", "不是 UTF-8 文字", "is no UTF-8 text") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise fault(path.name, line, "*", "含空字节", "holds a NUL byte")
    return text


def _header(file: str, found: list[str], columns: Sequence[str]) -> list[str]:
    for column in columns:
        if found.count(column) != 1:
            raise fault(file, 1, column, "须有且只有一列", "must be there exactly once")
    for column in found:
        if column not in columns:
            raise fault(file, 1, column, "不认识的列", "is no column of this file")
    return found


def _cells(file: str, line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) < len(header):
        raise fault(file, line, header[len(cells)], "缺少单元格", "the cell is missing")
    if len(cells) > len(header):
        raise fault(file, line, header[-1], "单元格多于列", "there are more cells than columns")
    return {column: cell.strip() for column, cell in zip(header, cells, strict=True)}


def _item(file: str, place: str, item: Any, columns: Sequence[str]) -> Record:
    given = item if isinstance(item, dict) else {}
    for column in given:
        if column not in columns:
            raise fault(file, place, column, "不认识的项", "is no member of this file")
    cells = {column: given.get(column) for column in columns}
    for column, value in cells.items():
        if not isinstance(value, str | bool | None):
            raise fault(file, place, column, "不是文字", "is no text")
    return Record(file, place, {name: _plain(value) for name, value in cells.items()})


def _plain(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return (value or "").strip()


def _day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)
