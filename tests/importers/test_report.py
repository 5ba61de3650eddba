"""What people get back: the report and the marked workbook."""

import io
import json
from datetime import date
from decimal import Decimal

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.importers.ledger.cells import Cell
from hub.importers.ledger.codes import Outcome
from hub.importers.ledger.judge import judge
from hub.importers.ledger.report import FINDINGS_TITLE, PAPER, error_workbook, report
from hub.importers.ledger.sheets import read_table
from hub.importers.ledger.table import Table
from tests.importers.ledgers import AS_OF, HEADER, ledger, row, table

FAULTY = ledger(row(), row(管理编号="A-2", 出厂编号="S2", 检定日期="去年三月"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    TEXT,
    st.sampled_from(
        ["=1+1", "<r>", "<r><t>x</t></r>", "_x0041_", "a\r\nb", "&lt;", "http://a", "x" * 300]
    ),
    st.integers(-(10**14), 10**14),
    st.dates(date(1900, 3, 1)),
    st.floats(-(10**6), 10**6)
    .filter(lambda number: not number.is_integer())
    .map(lambda number: Decimal(format(number, ".15g"))),
)


def marked(book: Table) -> bytes:
    return error_workbook(judge(book, as_of=AS_OF), book)


def test_a_finding_tells_cell_column_value_and_words_in_two_languages() -> None:
    told = report(judge(FAULTY, as_of=AS_OF), FAULTY)

    (finding,) = told["findings"]
    assert (finding["line"], finding["cell"], finding["column"]) == (3, "I3", "检定日期")
    assert (finding["field"], finding["code"], finding["value"]) == (
        "lastDate",
        "BAD_DATE",
        "去年三月",
    )
    assert "不是" in finding["zh"]
    assert "not a date" in finding["en"]


def test_a_finding_on_a_column_that_is_missing_has_no_cell() -> None:
    book = table(
        [["管理编号", "名称", "型号", "检定日期", "周期"], ["A-1", "表", "Y", "2024-03-05", 6]]
    )

    told = report(judge(book, as_of=AS_OF), book)

    (finding,) = told["findings"]
    assert (finding["code"], finding["column"], finding["cell"]) == (
        "STATUS_MISSING",
        "使用状态",
        None,
    )


def test_imported_values_are_json_and_decimals_keep_their_zeros() -> None:
    book = ledger(row(测量范围="(0.00~28.050)mm", 有效期至=date(2025, 3, 4)))

    told = report(judge(book, as_of=AS_OF), book)

    (line,) = json.loads(json.dumps(told))["imported"]
    assert (line["rangeLower"], line["rangeUpper"], line["rangeUnit"]) == ("0.00", "28.050", "mm")
    assert (line["dueDate"], line["compulsory"], line["intervalMonths"]) == (
        "2025-03-04",
        False,
        12,
    )
    assert "remark" not in line


def test_the_faulty_cell_is_coloured_and_explained_in_the_last_column() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(marked(FAULTY))).worksheets[0]

    faulty = sheet.cell(3, HEADER.index("检定日期") + 1)
    words = sheet.cell(3, len(HEADER) + 1)
    assert faulty.value == "去年三月"
    assert faulty.fill.fgColor.rgb == "FF" + PAPER[Outcome.REJECT].removeprefix("#")
    assert str(words.value).startswith("BAD_DATE 检定日期：")
    assert sheet.cell(1, len(HEADER) + 1).value == FINDINGS_TITLE
    assert sheet.cell(2, len(HEADER) + 1).value is None


def test_what_looks_like_a_formula_is_quoted_text() -> None:
    formulas = ["=1+1", '=HYPERLINK("x")', "@SUM(A1)", "+86 见合同", "-2+3", " =1+1"]
    book = ledger(*(row(备注=formula) for formula in formulas))

    sheet = openpyxl.load_workbook(io.BytesIO(marked(book))).worksheets[0]

    cells = [sheet.cell(at, len(HEADER)) for at in range(2, len(formulas) + 2)]
    assert [cell.value for cell in cells] == formulas
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_numbers_and_dates_stay_numbers_and_dates() -> None:
    book = ledger(row(检定日期=date(2024, 3, 5), 备注=Decimal("12.5"), 出厂编号=1234))

    record = read_table(marked(book), "marked.xlsx").records[1]

    assert record[2] == 1234
    assert record[8] == date(2024, 3, 5)
    assert record[12] == Decimal("12.5")


def test_half_a_surrogate_pair_and_an_endless_text_can_be_written() -> None:
    book = ledger(row(备注="\ud800"), row(备注="长" * 100_000), row(备注=date.min))

    records = read_table(marked(book), "marked.xlsx").records

    assert [len(str(record[12])) for record in records[1:]] == [1, 32_767, 10]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.lists(CELLS, max_size=13), min_size=1, max_size=20))
def test_a_marked_workbook_that_is_imported_again_is_judged_as_before(
    below: list[list[Cell]],
) -> None:
    book = table([["台账"], HEADER, *below])
    first = report(judge(book, as_of=AS_OF), book)

    again = read_table(marked(book), "marked.xlsx")

    second = report(judge(again, as_of=AS_OF), again)
    assert second["wrong"] == first["wrong"]
    assert second["imported"] == first["imported"]
