"""One worksheet of an untrusted .xlsx file, opened in a limited process of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any, NamedTuple

import orjson

from hub.errors import BadInput, Busy, Words
from hub.importers.ledger.cells import Cell
from hub.importers.ledger.xlsx_check import OVER_LIMIT, damaged

ROOT = Path(__file__).parents[3]
AT_ONCE = 2  # children of this process
SLOTS = BoundedSemaphore(AT_ONCE)
RETRY_AFTER = 5.0  # seconds


class Limits(NamedTuple):
    """What opening one workbook may cost."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 30
    output_bytes: int = 64 << 20
    wall_seconds: float = 60.0


LIMITS = Limits()


class Sheet(NamedTuple):
    """A worksheet with its name, the date system of its workbook, and what merged cells repeat."""

    name: str
    date1904: bool
    records: list[list[Cell]]
    copies: frozenset[tuple[int, int]]


def read_workbook(data: bytes, limits: Limits = LIMITS) -> Sheet:
    """The first sheet with a header, or else the first one.

    BadInput for what is no workbook, is locked, damaged or would cost more than `limits`; Busy
    while two others are being opened.
    """
    with _slot(), _files(data) as (source, target):
        try:
            done = subprocess.run(  # noqa: S603
                _command(limits),
                stdin=source,
                stdout=target,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                timeout=limits.wall_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _too_costly() from error
        return _sheet(target, done.returncode)


async def read_workbook_aside(data: bytes, limits: Limits = LIMITS) -> Sheet:
    """As `read_workbook`, while the event loop goes on answering."""
    with _slot(), _files(data) as (source, target):
        child = await asyncio.create_subprocess_exec(
            *_command(limits),
            stdin=source,
            stdout=target,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(limits.wall_seconds):
                status = await child.wait()
        except TimeoutError as error:
            raise _too_costly() from error
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return await asyncio.to_thread(_sheet, target, status)


def _command(limits: Limits) -> list[str]:
    return [
        sys.executable,
        "-P",  # nothing is imported from the current folder
        "-s",
        "-m",
        "hub.importers.ledger.xlsx_child",
        *map(str, limits[:3]),
    ]


def _environment() -> dict[str, str]:
    """Only what finds our code: no setting and no secret of this process goes along."""
    return {"PYTHONPATH": str(ROOT), "PATH": os.defpath}


@contextmanager
def _slot() -> Iterator[None]:
    if not SLOTS.acquire(blocking=False):
        raise Busy(
            "正在打开其他工作簿，请稍后再试",
            "other workbooks are being opened; try again in a moment",
            retry_after=RETRY_AFTER,
        )
    try:
        yield
    finally:
        SLOTS.release()


@contextmanager
def _files(data: bytes) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """`data` to be read from its start, and a place for the answer; both gone afterwards."""
    with TemporaryFile() as source, TemporaryFile() as target:
        source.write(data)
        source.seek(0)
        yield source, target


def _sheet(target: IO[bytes], status: int) -> Sheet:
    if status < 0 or status == OVER_LIMIT:
        raise _too_costly()
    if status:
        raise damaged("unreadable")
    target.seek(0)
    answer = orjson.loads(target.read())
    if refused := answer.get("refused"):
        zh, en, *hint = refused
        raise BadInput(zh, en, hint=Words(*hint) if hint else None)
    return Sheet(
        answer["sheet"],
        answer["date1904"],
        [[_cell(value) for value in record] for record in answer["records"]],
        frozenset((row, column) for row, column in answer["copies"]),
    )


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        day = value.get("date")
        return date.fromisoformat(day) if day else Decimal(value["number"])
    cell: Cell = value
    return cell


def _too_costly() -> BadInput:
    return BadInput(
        "打开这个工作簿所需的内存或时间超过限额，已中止",
        "opening this workbook took more memory or time than allowed; it was stopped",
        hint=Words(
            "请只保留台账内容，另存为新的 .xlsx 或 CSV",
            "keep the ledger only and save it as a new .xlsx or CSV",
        ),
    )
