"""A ledger file as read: records of cells, not yet judged."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.importers.ledger.cells import Cell


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a file in their order; record n of a workbook is its row n.

    `encoding` is the label for reports, `sheet` the workbook's sheet, `sha256` the file's hash in
    hex. `date1904` tells what serial numbers count from; `copies` are the cells (record, column;
    from 0) that only repeat the value of a merged cell.
    """

    filename: str
    sha256: str
    encoding: str
    records: Sequence[Sequence[Cell]]
    sheet: str | None = None
    date1904: bool = False
    copies: frozenset[tuple[int, int]] = frozenset()
