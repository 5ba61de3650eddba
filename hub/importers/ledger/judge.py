"""What becomes of each line of an instrument ledger: imported, skipped or rejected, and why."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from hub.errors import BadInput, Words
from hub.importers.ledger.cells import Cell, normalise
from hub.importers.ledger.codes import RANK, Finding, LedgerCode, Outcome
from hub.importers.ledger.draft import LedgerDraft, Reading
from hub.importers.ledger.header import (
    ENOUGH_NAMES,
    HEADER_WITHIN,
    KNOWN_NAMES,
    Field,
    Header,
    find_header,
)
from hub.importers.ledger.table import Table

__all__ = ["Judged", "LedgerDraft", "Line", "judge"]

Progress = Callable[[int, int], None]
PROGRESS_EVERY = 500  # records

FOOTER = re.compile(
    r"合计|总计|小计|制表|审核|批准|编制|打印|第 ?[0-9一二三四五六七八九十]+ ?页|备注|说明|注"
)
FOOTER_CELLS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the file, counted from 1, with what becomes of it.

    `findings` stand with the grave ones first; `draft` is set for the lines to import only.
    """

    number: int
    outcome: Outcome
    cells: Sequence[Cell]
    findings: tuple[Finding, ...] = ()
    draft: LedgerDraft | None = None

    @property
    def codes(self) -> list[LedgerCode]:
        """The codes of the findings, each once."""
        return list(dict.fromkeys(finding.code for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Judged:
    """A ledger judged line by line; `lines` has every record of the file in its order."""

    as_of: date
    header: Header
    lines: list[Line]

    @property
    def header_line(self) -> int:
        """The record number of the header."""
        return self.header.line

    @property
    def header_map(self) -> dict[str, str | None]:
        """Which field each titled column is read as, None where it is not used."""
        used: dict[str, str | None] = {}
        for column in self.header.columns:
            if column.title.strip():
                used[column.title] = used.get(column.title) or column.field
        return used

    @property
    def ignored_footer_lines(self) -> list[int]:
        """Totals, signatures and page numbers."""
        return [line.number for line in self.lines if line.outcome == Outcome.FOOTER]

    @property
    def counts(self) -> dict[str, int]:
        """Lines by outcome; `warned` are those of `import` that have findings."""
        count = Counter(line.outcome for line in self.lines)
        shown = (Outcome.IMPORT, Outcome.SKIP, Outcome.REJECT, Outcome.BLANK, Outcome.HEADER)
        warned = sum(bool(line.draft and line.findings) for line in self.lines)
        return {str(outcome): count[outcome] for outcome in shown} | {"warned": warned}


def judge(table: Table, *, as_of: date, on_progress: Progress | None = None) -> Judged:
    """What becomes of each record of `table`, held against the day `as_of`.

    `on_progress` is told the records done and their total. BadInput where no header is found.
    """
    header = find_header(table.records)
    if header is None:
        raise _no_header()
    ledger = _Ledger(table, header, as_of)
    total = len(table.records)
    lines = []
    for number, record in enumerate(table.records, 1):
        lines.append(ledger.line(number, record))
        if on_progress and (number % PROGRESS_EVERY == 0 or number == total):
            on_progress(number, total)
    return Judged(as_of, header, lines)


class _Ledger:
    """The accepted lines so far, against which the next one is held."""

    def __init__(self, table: Table, header: Header, as_of: date) -> None:
        self._table = table
        self._header = header
        self._as_of = as_of
        # by asset number; a line without one is known again only by all it says
        self._accepted: dict[str | LedgerDraft, tuple[int, LedgerDraft]] = {}
        self._serials: dict[tuple[str | None, str | None], int] = {}

    def line(self, number: int, record: Sequence[Cell]) -> Line:
        if number <= self._header.last_line:
            return Line(number, Outcome.HEADING, record)
        filled = self._filled(number, record)
        if not filled:
            return Line(number, Outcome.BLANK, record)
        if self._header.repeats(record):
            return Line(number, Outcome.HEADER, record)
        if len(filled) <= FOOTER_CELLS and FOOTER.match(filled[0]):
            return Line(number, Outcome.FOOTER, record)
        return self._instrument(number, record)

    def _filled(self, number: int, record: Sequence[Cell]) -> list[str]:
        """The texts of a record, without those that only repeat a merged cell."""
        copies = self._table.copies
        return [
            text
            for at, cell in enumerate(record)
            if (text := normalise(cell)) is not None and (number - 1, at) not in copies
        ]

    def _instrument(self, number: int, record: Sequence[Cell]) -> Line:
        reading = Reading(self._header, record, date1904=self._table.date1904)
        draft = reading.draft(self._as_of)
        self._compare(reading, draft)
        findings = tuple(sorted(reading.findings, key=lambda finding: RANK[finding.code]))
        outcome = findings[0].code.outcome if findings else Outcome.IMPORT
        if outcome != Outcome.IMPORT:
            return Line(number, outcome, record, findings)
        self._accept(number, draft)
        return Line(number, outcome, record, findings, draft)

    def _compare(self, reading: Reading, draft: LedgerDraft) -> None:
        """Flag what an accepted line has already: the key, or maker and serial number."""
        rejected = any(finding.code.outcome == Outcome.REJECT for finding in reading.findings)
        line, earlier = self._accepted.get(draft.asset_no or draft, (0, None))
        if earlier == draft and not rejected:
            reading.findings.clear()
            reading.flag(LedgerCode.EXACT_DUPLICATE, Field.ASSET_NO, str(line))
            return
        if earlier:
            reading.flag(LedgerCode.DUPLICATE_ASSET_NO, Field.ASSET_NO, str(line))
        if serial_line := self._serials.get((draft.manufacturer, draft.serial_no)):
            reading.flag(LedgerCode.DUPLICATE_SERIAL, Field.SERIAL_NO, str(serial_line))

    def _accept(self, number: int, draft: LedgerDraft) -> None:
        if draft.asset_no or not draft.has_lost_digits:
            self._accepted[draft.asset_no or draft] = number, draft
        if draft.serial_no and not draft.has_lost_digits:
            self._serials.setdefault((draft.manufacturer, draft.serial_no), number)


def _no_header() -> BadInput:
    usual = "、".join(names[0] for names in KNOWN_NAMES.values())
    english = ", ".join(name for names in KNOWN_NAMES.values() for name in names if name.isascii())
    return BadInput(
        f"前 {HEADER_WITHIN} 行中没有找到表头",
        f"no header in the first {HEADER_WITHIN} records",
        hint=Words(
            f"表头须有名称列，并且至少有 {ENOUGH_NAMES} 个认识的列名，如：{usual}",
            f"a header has a name column and at least {ENOUGH_NAMES} known titles; the English"
            f" ones are: {english}",
        ),
    )
