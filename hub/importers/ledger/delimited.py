"""The records of a text ledger: which encoding, which delimiter, and where it breaks off."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from hub.errors import BadInput, Words
from hub.importers.ledger.header import HEADER_WITHIN, find_header

MAX_RECORDS = 200_000
MAX_COLUMNS = 1_000
MAX_CELLS = 6_000_000
DELIMITERS = ",\t;"
BOMS = (
    (b"\xef\xbb\xbf", "utf-8", "utf-8-sig (csv)"),
    (b"\xff\xfe", "utf-16-le", "utf-16-le (csv)"),
)
MARKUP = re.compile(r"\s*<(?:!doctype|\?xml|html|table)", re.IGNORECASE)  # as some "Excel" exports
SAVE_AGAIN = Words(
    "请在表格软件中另存为 “CSV UTF-8” 或 .xlsx 后再上传",
    'save it again as "CSV UTF-8" or .xlsx in your spreadsheet program',
)


def read_delimited(data: bytes) -> tuple[str, list[list[str]]]:
    """The label of the encoding and the records of a CSV, TSV or semicolon file.

    BadInput for bytes that are no text of UTF-8, GB18030 or UTF-16LE, unpaired quotes, more than
    200,000 records, 1,000 columns, 6,000,000 cells or 131,072 characters in a cell.
    """
    label, text = _decode(data)
    if text.count("\0") * 10 > len(text):
        raise BadInput(
            "文件含大量空字节，不是可识别的文本",
            "the file is full of NUL bytes; it is no text we can read",
            hint=SAVE_AGAIN,
        )
    if MARKUP.match(text):
        raise BadInput(
            "文件是网页或 XML，不是表格文本",
            "the file is a web page or XML, not a table",
            hint=SAVE_AGAIN,
        )
    return label, list(_records(text, _delimiter(text)))


def _decode(data: bytes) -> tuple[str, str]:
    for bom, encoding, label in BOMS:
        if data.startswith(bom):
            return label, _strictly(data.removeprefix(bom), encoding)
    try:
        return "utf-8", data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030", _strictly(data, "gb18030")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"第 {error.start + 1} 个字节不是 {encoding.upper()} 文字",
            f"byte {error.start + 1} is not {encoding.upper()} text",
            hint=SAVE_AGAIN,
        ) from error


def _delimiter(text: str) -> str:
    """The delimiter under which most columns of a header are known."""
    return max(DELIMITERS, key=lambda delimiter: _known_columns(text, delimiter))


def _known_columns(text: str, delimiter: str) -> int:
    try:
        header = find_header(list(islice(_records(text, delimiter), HEADER_WITHIN + 1)))
    except BadInput:
        return 0
    return len(header.column_of) if header else 0


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    delimiters = 0  # since the last record, so that one endless line is never split

    def lines() -> Iterator[str]:
        nonlocal delimiters
        for line in io.StringIO(text, newline=""):
            delimiters += line.count(delimiter)
            if delimiters >= MAX_COLUMNS:
                raise _too_wide(number + 1)
            yield line

    number = cells = 0
    try:
        for record in csv.reader(lines(), delimiter=delimiter, strict=True):
            number += 1
            delimiters = 0
            cells += len(record)
            if number > MAX_RECORDS or cells > MAX_CELLS:
                raise _too_long()
            yield record
    except csv.Error as error:
        raise _broken(number + 1, error) from error


def _broken(number: int, error: csv.Error) -> BadInput:
    if "field limit" in str(error):
        limit = csv.field_size_limit()
        return BadInput(
            f"第 {number} 行有超过 {limit} 字的单元格",
            f"record {number} has a cell of more than {limit} characters",
            hint=Words("请检查引号是否成对", "check that its quotes are paired"),
        )
    return BadInput(
        f"第 {number} 行的引号不成对",
        f"the quotes of record {number} are not paired",
        hint=Words(
            '含引号的单元格须整体加引号，内部引号写两次，如 "6""表"',
            'a cell with quotes stands in quotes, and doubles those inside: "6"" gauge"',
        ),
    )


def _too_wide(number: int) -> BadInput:
    return BadInput(
        f"第 {number} 行超过 {MAX_COLUMNS} 列",
        f"record {number} has more than {MAX_COLUMNS} columns",
        hint=SAVE_AGAIN,
    )


def _too_long() -> BadInput:
    return BadInput(
        f"文件超过 {MAX_RECORDS} 行或 {MAX_CELLS} 个单元格",
        f"the file has more than {MAX_RECORDS} records or {MAX_CELLS} cells",
        hint=Words("请分成几个文件导入", "import it in several files"),
    )
