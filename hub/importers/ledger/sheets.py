"""Any ledger file as a table: text and workbooks, from the command line and from an upload."""

import asyncio
from hashlib import sha256

from hub.errors import BadInput, Words
from hub.importers.ledger.delimited import SAVE_AGAIN, read_delimited
from hub.importers.ledger.table import Table
from hub.importers.ledger.workbook import Sheet, read_workbook, read_workbook_aside
from hub.importers.ledger.xlsx_check import OLD_OR_LOCKED

__all__ = ["Table", "read_table", "read_upload"]

MAX_BYTES = 32 << 20
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
EXCEL_NAMES = (".xlsx", ".xlsm")


def read_table(data: bytes, filename: str) -> Table:
    """The table in a file of CSV, TSV, semicolons or XLSX; what it is, its bytes decide.

    BadInput with the reason where it cannot be read; Busy while too many workbooks are open.
    """
    _check(data, filename)
    if _is_workbook(data):
        return _of_sheet(data, filename, read_workbook(data))
    return _of_text(data, filename)


async def read_upload(data: bytes, filename: str) -> Table:
    """As `read_table`, while the event loop goes on answering."""
    _check(data, filename)
    if _is_workbook(data):
        return _of_sheet(data, filename, await read_workbook_aside(data))
    return await asyncio.to_thread(_of_text, data, filename)


def _is_workbook(data: bytes) -> bool:
    return data.startswith((*ZIPS, OLD_OR_LOCKED))


def _check(data: bytes, filename: str) -> None:
    if not data.strip():
        raise BadInput("文件是空的", "the file is empty")
    if len(data) > MAX_BYTES:
        raise BadInput(
            f"文件超过 {MAX_BYTES >> 20} MB",
            f"the file is larger than {MAX_BYTES >> 20} MB",
            hint=Words("请分成几个文件导入", "import it in several files"),
        )
    if filename.lower().endswith(EXCEL_NAMES) and not _is_workbook(data):
        raise BadInput(
            "文件名是 Excel 工作簿，内容却不是",
            "the file is named like an Excel workbook and is none",
            hint=SAVE_AGAIN,
        )


def _of_text(data: bytes, filename: str) -> Table:
    encoding, records = read_delimited(data)
    return Table(filename, sha256(data).hexdigest(), encoding, records)


def _of_sheet(data: bytes, filename: str, sheet: Sheet) -> Table:
    return Table(
        filename,
        sha256(data).hexdigest(),
        "xlsx",
        sheet.records,
        sheet=sheet.name,
        date1904=sheet.date1904,
        copies=sheet.copies,
    )
