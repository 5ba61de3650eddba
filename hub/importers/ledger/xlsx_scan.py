"""How far a worksheet reaches, and the cells of it that a reader of values leaves out."""

import re
from functools import lru_cache
from xml.parsers import expat

from hub.errors import BadInput, Words
from hub.importers.ledger.delimited import MAX_CELLS, MAX_COLUMNS, MAX_RECORDS

MAX_MERGES = 100_000
REFERENCE = re.compile(r"([A-Za-z]{1,7})([1-9][0-9]{0,9})")
Place = tuple[int, int]


def xml_parser() -> expat.XMLParserType:
    """A parser that refuses a document type, and with it every entity of one's own."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise BadInput(
        "工作簿内含 XML 文档类型声明，不予打开",
        "the workbook declares an XML document type; it is not opened",
        hint=Words(
            "表格软件保存的文件没有这种声明", "files saved by spreadsheet programs have none"
        ),
    )


class Scan:
    """One XML part read as a stream; BadInput where it reaches too far.

    `texts` has, by place (row, column; from 0), formulas that were never calculated and errors.
    """

    def __init__(self) -> None:
        self.texts: dict[Place, str] = {}
        self._row = self._column = -1  # of the cell at hand
        self._reference = ""
        self._corner = (-1, -1)  # the lowest row and the rightmost column that hold something
        self._merges = 0
        self._heard: dict[str, str] = {}  # element: its text, while we listen
        self._element = ""
        self.parser = xml_parser()
        self.parser.StartElementHandler = self._start

    def close(self) -> None:
        """End of the part: BadInput where the rectangle of its cells is too large."""
        self.parser.Parse(b"", True)
        rows, columns = self._corner[0] + 1, self._corner[1] + 1  # calamine holds all of it
        if rows * columns > MAX_CELLS:
            raise too_large(f"{rows} 行 × {columns} 列", f"{rows} rows by {columns} columns")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = self._element = tag.rpartition(":")[2]
        if element == "c":
            self._cell(attributes)
        elif element in {"v", "is"}:
            self._reach()
        elif element == "f":
            self._reach()
            self._listen({"f": ""})
        elif element == "row":
            self._row = int(attributes.get("r", self._row + 2)) - 1
            self._column = -1
        elif element == "mergeCell":
            self._merges += 1
            if self._merges > MAX_MERGES:
                raise too_large(f"超过 {MAX_MERGES} 处合并", f"over {MAX_MERGES} merged ranges")

    def _cell(self, attributes: dict[str, str]) -> None:
        if reference := attributes.get("r"):
            self._row, self._column = _place(reference)
        else:
            self._column += 1
        self._reference = reference or f"R{self._row + 1}C{self._column + 1}"
        if attributes.get("t") == "e":
            self._listen({})

    def _reach(self) -> None:
        """Something stands in the cell at hand."""
        row, column = self._row, self._column
        if row >= MAX_RECORDS or column >= MAX_COLUMNS:
            raise BadInput(
                f"单元格 {self._reference} 在 {MAX_RECORDS} 行 × {MAX_COLUMNS} 列之外",
                f"cell {self._reference} lies beyond {MAX_RECORDS} rows by {MAX_COLUMNS} columns",
                hint=Words(
                    "请删除远离表格的单元格后再上传",
                    "delete the cells that lie far away from the table",
                ),
            )
        self._corner = max(row, self._corner[0]), max(column, self._corner[1])

    def _listen(self, heard: dict[str, str]) -> None:
        self._heard = heard
        self.parser.CharacterDataHandler = self._hear
        self.parser.EndElementHandler = self._end

    def _hear(self, text: str) -> None:
        self._heard[self._element] = self._heard.get(self._element, "") + text

    def _end(self, tag: str) -> None:
        if tag.rpartition(":")[2] != "c":
            self._element = ""
            return
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        value = self._heard.get("v", "")
        if value.startswith("#"):
            self.texts[self._row, self._column] = value
        elif not value and "f" in self._heard:
            self.texts[self._row, self._column] = "=" + self._heard["f"]


def _place(reference: str) -> Place:
    found = REFERENCE.fullmatch(reference)
    if not found:
        raise ValueError(f"cell reference {reference[:20]}")
    return int(found[2]) - 1, _column(found[1])


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def too_large(zh: str, en: str) -> BadInput:
    """The refusal of a workbook for its size."""
    return BadInput(
        f"工作簿过大：{zh}",
        f"the workbook is too large: {en}",
        hint=Words(
            "请只保留台账内容，另存为新的 .xlsx 或 CSV",
            "keep the ledger only and save it as a new .xlsx or CSV",
        ),
    )
