"""Workbooks in the making, which are given up while a thread still writes them."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub.errors import Refused
from hub.exporters.sheet import LONGEST, workbook
from tests.patience import patiently


async def test_a_workbook_holds_what_was_added_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"

    async with workbook(file, ["name"]) as add:
        await add([{"name": "A"}])
        await add([{"name": "B"}])

    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert list(sheet.values) == [("name",), ("A",), ("B",)]


async def test_a_workbook_that_is_given_up_is_left_alone_until_its_thread_has_ended(
    tmp_path: Path,
) -> None:
    writing, going_on, written = asyncio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def rows() -> Iterator[dict[str, Any]]:
        loop.call_soon_threadsafe(writing.set)
        going_on.wait(30)
        yield {"name": "late"}
        written.set()

    async def write() -> None:
        async with workbook(tmp_path / "a.xlsx", ["name"]) as add:
            await add(rows())

    task = asyncio.create_task(write())
    async with patiently("the thread to write"):
        await writing.wait()
    for _ in range(2):
        task.cancel()
        await asyncio.wait([task], timeout=0)
    waits = not task.done()
    going_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert waits
    assert written.is_set()
    assert not (tmp_path / "a.xlsx").exists()


async def test_no_workbook_is_built_where_a_cell_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        async with workbook(tmp_path / "a.xlsx", ["name"]) as add:
            await add([{"name": "x" * (LONGEST + 1)}])

    assert not (tmp_path / "a.xlsx").exists()
