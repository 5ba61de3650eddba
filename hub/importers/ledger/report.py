"""What people get back from an import: a report, and a workbook that marks the faulty cells."""

import re
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from hub.importers.ledger.cells import Cell, shown
from hub.importers.ledger.codes import Finding, Outcome, title
from hub.importers.ledger.draft import FORMULA_SIGNS, LedgerDraft
from hub.importers.ledger.judge import Judged, Line
from hub.importers.ledger.table import Table
from hub.values import plain

FINDINGS_TITLE = "核对结果"
FINDINGS_WIDTH = 60  # characters
MAX_CELL = 32_767  # characters, of Excel
HALF_A_PAIR = re.compile("[\ud800-\udfff]")
FIRST_EXCEL_DAY = date(1900, 3, 1)  # before it Excel's days and the calendar's differ
EXACT_BELOW = 10**15
PAPER = {Outcome.REJECT: "#F8CBAD", Outcome.IMPORT: "#FFE699", Outcome.SKIP: "#D9D9D9"}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


REPORTED = {column.name: _camel(column.name) for column in fields(LedgerDraft) if column.compare}


def report(judged: Judged, table: Table) -> dict[str, Any]:
    """The import report in JSON values.

    `wrong` has the flagged lines, `findings` each fault with its cell, value and words, and
    `imported` the canonical values of each accepted line; numbers are decimal strings.
    """
    flagged = [line for line in judged.lines if line.findings]
    sheet = f" (sheet {table.sheet})" if table.sheet else ""
    return {
        "files": [table.filename + sheet],
        "sha256": table.sha256,
        "as_of": judged.as_of.isoformat(),
        "encoding": table.encoding,
        "header_line": judged.header_line,
        "ignored_footer_lines": judged.ignored_footer_lines,
        "header_map": judged.header_map,
        "counts": judged.counts,
        "wrong": [_wrong(line) for line in flagged],
        "findings": [_finding(judged, line, each) for line in flagged for each in line.findings],
        "imported": [_imported(line.number, line.draft) for line in judged.lines if line.draft],
    }


def _wrong(line: Line) -> dict[str, Any]:
    return {
        "line": line.number,
        "outcome": line.outcome.value,
        "codes": [code.value for code in line.codes],
    }


def _finding(judged: Judged, line: Line, finding: Finding) -> dict[str, Any]:
    at = finding.column_index
    words = finding.explain(judged.header)
    return {
        "line": line.number,
        "cell": None if at is None else xl_rowcol_to_cell(line.number - 1, at),
        "column": title(judged.header, finding.field),
        "field": finding.field.value,
        "code": finding.code.value,
        "value": shown(line.cells[at]) if at is not None and at < len(line.cells) else "",
        "offered": finding.offered,
        "zh": words.zh,
        "en": words.en,
    }


def _imported(number: int, draft: LedgerDraft) -> dict[str, Any]:
    values = {told: _plain(getattr(draft, name)) for name, told in REPORTED.items()}
    return {"line": number} | {told: value for told, value in values.items() if value is not None}


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def error_workbook(judged: Judged, table: Table) -> bytes:
    """The records as they were, row for row, with faulty cells coloured: an .xlsx file.

    One more column tells what is wrong, why, and which value is offered. The file can be corrected
    and imported again; text that looks like a formula stays text, also when it is edited.
    """
    file = BytesIO()
    with Workbook(file, {"constant_memory": True, "strings_to_urls": False}) as book:
        _Marked(book, judged, table).write()
    return file.getvalue()


class _Marked:
    """One worksheet being written, row by row."""

    def __init__(self, book: Workbook, judged: Judged, table: Table) -> None:
        self._book = book
        self._sheet: Worksheet = book.add_worksheet()
        self._judged = judged
        self._table = table
        self._last = max(len(record) for record in table.records)
        self._formats: dict[tuple[str | None, bool, bool], Format] = {}

    def write(self) -> None:
        self._sheet.set_column(self._last, self._last, FINDINGS_WIDTH)
        self._sheet.freeze_panes(self._judged.header.last_line, 0)
        for line in self._judged.lines:
            marked = {finding.column_index for finding in line.findings}
            for at, cell in enumerate(line.cells):
                if not self._is_repeated(line, at):
                    paper = PAPER[line.outcome] if at in marked else None
                    self._put(line.number - 1, at, cell, paper)
            self._put(line.number - 1, self._last, self._remark(line), PAPER.get(line.outcome))

    def _is_repeated(self, line: Line, at: int) -> bool:
        """A copy of a merged title or footer: written once, as it was seen."""
        return not line.findings and not line.draft and (line.number - 1, at) in self._table.copies

    def _remark(self, line: Line) -> str | None:
        if line.number == self._judged.header_line or line.outcome == Outcome.HEADER:
            return FINDINGS_TITLE
        header = self._judged.header
        remarks = [f"{each.code} {each.explain(header).zh}" for each in line.findings]
        return "\n".join(remarks) or None

    def _put(self, row: int, at: int, cell: Cell, paper: str | None) -> None:
        match cell:
            case None:
                if paper:
                    self._sheet.write_blank(row, at, None, self._format(paper))
            case date() if cell >= FIRST_EXCEL_DAY:
                moment = datetime.combine(cell, time())
                self._sheet.write_datetime(row, at, moment, self._format(paper, is_date=True))
            case int() | Decimal() if -EXACT_BELOW < cell < EXACT_BELOW:
                self._sheet.write_number(row, at, cell, self._format(paper))
            case _:
                self._text(row, at, str(cell)[:MAX_CELL], paper)

    def _text(self, row: int, at: int, text: str, paper: str | None) -> None:
        text = HALF_A_PAIR.sub("\ufffd", text)
        if text.startswith("<r>"):
            text = f" {text}"  # xlsxwriter takes it for markup and would write it without escapes
        quoted = text.lstrip().startswith((*FORMULA_SIGNS, "-"))
        self._sheet.write_string(row, at, text, self._format(paper, quoted=quoted))

    def _format(self, paper: str | None, *, quoted: bool = False, is_date: bool = False) -> Format:
        key = paper, quoted, is_date
        if key not in self._formats:
            wanted = {
                "bg_color": paper,
                "quote_prefix": quoted,
                "num_format": "yyyy-mm-dd" if is_date else None,
            }
            given = {name: value for name, value in wanted.items() if value}
            self._formats[key] = self._book.add_format(given)
        return self._formats[key]
