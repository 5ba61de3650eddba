"""Rows of a noun as an Excel workbook, written to a file row by row in little memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from hub.errors import Refused, Words
from hub.exporters.lines import Row, cells, paths_of
from hub.tasks import in_thread

MOST_ROWS = 1_048_575
"""What a sheet holds beside its heading (ECMA-376: 1,048,576 rows)."""
LONGEST = 32_767
"""Characters that a cell holds (Excel specifications and limits)."""


class Sheet:
    """A workbook of one sheet in the making. What is text stays text, decimals too."""

    def __init__(self, file: Path, columns: Sequence[str]) -> None:
        options = {"constant_memory": True, "tmpdir": str(file.parent)}
        self._book = Workbook(str(file), options)
        self._book.use_zip64()
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._paths = paths_of(columns)
        self._next = 0
        self._write(columns)

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows below the last one. Refused for a cell that is longer than a cell may be."""
        for row in rows:
            self._write(cells(row, self._paths))

    def close(self) -> None:
        """Write the file; nothing can be added any more."""
        self._book.close()

    def discard(self) -> None:
        """Let go of what was written, without a file."""
        self._sheet._opt_close()  # noqa: SLF001 -- the library closes only what it has built

    def _write(self, values: Iterable[Any]) -> None:
        sheet, at = self._sheet, self._next
        self._next += 1
        for column, value in enumerate(values):
            if isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif isinstance(value, int):
                sheet.write_number(at, column, value)
            elif value:
                if len(value) > LONGEST:
                    raise _too_long()
                sheet.write_string(at, column, value)


@asynccontextmanager
async def workbook(
    file: Path, columns: Sequence[str]
) -> AsyncIterator[Callable[[Iterable[Row]], Awaitable[None]]]:
    """A workbook in the making: what adds rows to it, in a thread. The file is there afterwards.

    Where an error or a cancellation comes out of the block, none is built.
    """
    sheet = await in_thread(Sheet, file, columns)

    async def add(rows: Iterable[Row]) -> None:
        await in_thread(sheet.add, rows)

    try:
        yield add
        await in_thread(sheet.close)
    except BaseException:
        sheet.discard()
        raise


def _too_long() -> Refused:
    return Refused(
        f"有一格超过 {LONGEST} 个字符",
        f"a cell has more than {LONGEST} characters",
        hint=Words("请改用 CSV 或 JSONL", "export as CSV or JSONL instead"),
    )
