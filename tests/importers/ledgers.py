"""Ledgers for the tests: a table of a header and lines, and what is made of it."""

from collections.abc import Sequence
from datetime import date

from hub.importers.ledger.cells import Cell
from hub.importers.ledger.judge import Judged, Line, judge
from hub.importers.ledger.table import Table

AS_OF = date(2024, 6, 30)
HEADER = ["管理编号", "器具名称", "出厂编号", "制造厂", "测量范围", "管理类别", "检定/校准"]
HEADER += ["检定周期(月)", "检定日期", "有效期至", "使用状态", "是否强检", "备注"]
GOOD = {
    "管理编号": "A-1",
    "器具名称": "游标卡尺",
    "出厂编号": "S100",
    "制造厂": "样例量具一厂",
    "测量范围": "(0~150)mm",
    "管理类别": "B",
    "检定/校准": "校准",
    "检定周期(月)": "12",
    "检定日期": "2024-03-05",
    "有效期至": "2025-03-04",
    "使用状态": "在用",
    "是否强检": "否",
    "备注": None,
}


def row(**changed: Cell) -> list[Cell]:
    """A good line with some of its cells changed, by their titles."""
    return [(GOOD | changed).get(title) for title in HEADER]


def table(records: Sequence[Sequence[Cell]], *, date1904: bool = False) -> Table:
    """`records` as if they had been read from a file."""
    return Table("台账.csv", "0" * 64, "utf-8", records, date1904=date1904)


def ledger(*records: Sequence[Cell]) -> Table:
    """A table of `records` below the header."""
    return table([HEADER, *records])


def judged(*records: Sequence[Cell]) -> Judged:
    """What is made of `records` below the header."""
    return judge(ledger(*records), as_of=AS_OF)


def last(*records: Sequence[Cell]) -> Line:
    """What becomes of the last of `records`."""
    return judged(*records).lines[-1]
