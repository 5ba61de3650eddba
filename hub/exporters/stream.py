"""Rows as text that is written while they are read: CSV, and one array of JSON."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Protocol

import orjson

from hub.exporters.deflate import LEVEL
from hub.exporters.lines import Row, csv_lines

GZIP = zlib.MAX_WBITS | 16


class Text(Protocol):
    """A text in the making."""

    def add(self, rows: Iterable[Row]) -> bytes:
        """What follows for more rows."""

    def end(self) -> bytes:
        """What follows the last of them."""


class CsvText:
    """CSV as exports write it."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._begun = False

    def add(self, rows: Iterable[Row]) -> bytes:
        """Their lines, the first behind the heading."""
        heading, self._begun = not self._begun, True
        return csv_lines(rows, self._columns, heading=heading)

    def end(self) -> bytes:
        """Nothing."""
        return b""


class JsonText:
    """An array of the rows as they are."""

    def __init__(self) -> None:
        self._before = b"["

    def add(self, rows: Iterable[Row]) -> bytes:
        """Their objects."""
        listed = orjson.dumps(list(rows))[1:-1]
        if not listed:
            return b""
        before, self._before = self._before, b","
        return before + listed

    def end(self) -> bytes:
        """The end of the array."""
        return b"]" if self._before == b"," else b"[]"


class Zipped:
    """A text as one gzip member (RFC 1952), each addition to be read as soon as it comes."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._made = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)

    def add(self, rows: Iterable[Row]) -> bytes:
        """What follows for more rows."""
        return self._made.compress(self._text.add(rows)) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """What follows the last of them."""
        return self._made.compress(self._text.end()) + self._made.flush()
