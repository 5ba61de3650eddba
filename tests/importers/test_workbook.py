"""Workbooks: what they may hold, and those that only want to do harm."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from hub.errors import BadInput, Busy
from hub.importers.ledger.judge import judge
from hub.importers.ledger.sheets import read_table, read_upload
from hub.importers.ledger.workbook import AT_ONCE, Limits, read_workbook, read_workbook_aside
from tests.importers import workbooks
from tests.importers.ledgers import AS_OF
from tests.importers.workbooks import HEADER, book, cell, row, worksheet

BOMBS = {
    workbooks.far_cell: "XFD1048576",
    workbooks.tall_and_wide: "200000 行 × 1000 列",
    workbooks.endless_row: "R1C1001",
    workbooks.zip_bomb: "64 MB",
    workbooks.lying_zip: "已损坏",
    workbooks.entity_bomb: "XML 文档类型",
    workbooks.outside_entity: "XML 文档类型",
    workbooks.many_parts: "5005 个部件",
    workbooks.many_merges: "100000 处合并",
    workbooks.wide_merges: "合并区域过大",
}
LINE = ["A-1", "卡尺", "S1", "12", "2024-03-05"]


def saved(workbook: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hostile_workbook_is_refused_with_the_reason(bomb: Callable[[], bytes]) -> None:
    with pytest.raises(BadInput) as refusal:
        read_table(bomb(), "台账.xlsx")

    assert BOMBS[bomb] in refusal.value.words.zh
    assert refusal.value.hint is not None
    assert read_table(workbooks.ledger(LINE), "台账.xlsx").records[1] == LINE


OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (OLE + bytes(4096), "旧版 .xls"),
        (OLE + bytes(512) + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        (b"PK\x03\x04" + b"nonsense" * 100, "已损坏"),
        (workbooks.ledger(LINE)[:-40], "已损坏"),
        (b"A,B,C", "内容却不是"),
        (book({}, more={"xl/workbook.xml": "<workbook/>"}), "已损坏"),
        (book({"台账": "<worksheet><sheetData>"}), "已损坏"),
        (book({"台账": worksheet(cell("A0", "<v>1</v>"))}), "已损坏"),
        (book({"台账": worksheet("")}, more={"xl/Workbook.xml": "<workbook/>"}), "已损坏"),
        (workbooks.archive({"word/document.xml": "<document/>"}), "没有 Excel 工作簿"),
        (workbooks.archive({"xl/workbook.bin": b"\0"}), "没有 Excel 工作簿"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_table(data, "台账.xlsx")

    assert words in refusal.value.words.zh


@pytest.mark.parametrize(
    ("workbook", "limits"),
    [
        (workbooks.repeated_text, Limits(memory_bytes=400 << 20)),
        (workbooks.repeated_text, Limits(wall_seconds=0.01)),
        (lambda: workbooks.ledger(*[LINE] * 100), Limits(output_bytes=1000)),
    ],
    ids=["memory", "time", "output"],
)
async def test_whatever_gets_past_the_checks_ends_at_a_limit(
    workbook: Callable[[], bytes], limits: Limits
) -> None:
    data = workbook()

    with pytest.raises(BadInput, match="more memory or time"):
        read_workbook(data, limits)
    with pytest.raises(BadInput, match="more memory or time"):
        await read_workbook_aside(data, limits)


def test_a_process_that_never_ends_is_stopped_after_its_processor_time() -> None:
    endless = "\n".join(
        (
            "from hub.importers.ledger.xlsx_child import limit",
            "limit(1 << 30, 1, 1000)",
            "while True: pass",
        )
    )

    done = subprocess.run([sys.executable, "-c", endless], check=False)  # noqa: S603

    assert -done.returncode in {signal.SIGXCPU, signal.SIGKILL}


async def test_the_event_loop_goes_on_answering_while_a_bomb_is_opened() -> None:
    limits = Limits(memory_bytes=400 << 20)
    upload = asyncio.create_task(read_workbook_aside(workbooks.repeated_text(), limits))
    answered = 0

    while not upload.done():
        await asyncio.sleep(0.001)
        answered += 1

    assert answered > 10
    with pytest.raises(BadInput):
        await upload


async def test_only_so_many_workbooks_are_opened_at_once() -> None:
    data = workbooks.ledger(LINE)

    answers = await asyncio.gather(
        *(read_upload(data, "台账.xlsx") for _ in range(AT_ONCE + 1)), return_exceptions=True
    )

    assert [type(answer) for answer in answers[AT_ONCE:]] == [Busy]
    assert await read_upload(data, "台账.xlsx") == answers[0] == answers[1]


async def test_an_abandoned_upload_leaves_no_process_and_no_open_file() -> None:
    data = workbooks.repeated_text()
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(AT_ONCE * 2):
        upload = asyncio.create_task(read_upload(data, "台账.xlsx"))
        await asyncio.sleep(0.05)
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload

    assert len(os.listdir("/proc/self/fd")) == before
    assert (await read_upload(workbooks.ledger(LINE), "台账.xlsx")).records[1] == LINE


def test_the_first_sheet_with_a_header_is_taken() -> None:
    ledger = worksheet(row(1, HEADER) + row(2, LINE))
    data = book(
        {"封面": worksheet(row(1, ["封面"])), "空": worksheet(""), "台账": ledger, "旧": ledger}
    )

    table = read_table(data, "台账.xlsx")

    assert (table.sheet, table.encoding) == ("台账", "xlsx")


def test_without_any_header_the_first_sheet_is_taken_and_judging_refuses_it() -> None:
    table = read_table(book({"甲": worksheet(row(1, ["x"])), "乙": worksheet("")}), "台账.xlsx")

    assert table.sheet == "甲"
    with pytest.raises(BadInput, match="no header"):
        judge(table, as_of=AS_OF)


def test_record_numbers_are_row_numbers_also_below_empty_rows() -> None:
    data = book({"台账": worksheet(row(3, HEADER) + row(7, LINE))})

    result = judge(read_table(data, "台账.xlsx"), as_of=AS_OF)

    assert result.header_line == 3
    assert [line.number for line in result.lines if line.draft] == [7]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904], ids=["1900", "1904"])
def test_dates_and_serials_follow_the_date_system_of_the_workbook(epoch: datetime | None) -> None:
    workbook = openpyxl.Workbook()
    if epoch:
        workbook.epoch = epoch
    sheet = workbook.worksheets[0]
    sheet.append(HEADER)
    sheet.append(["A-1", "卡尺", "S1", 12, datetime(2024, 3, 5)])  # noqa: DTZ001
    sheet.append(["A-2", "卡尺", "S2", 12.0, 43894 if epoch else 45356])
    sheet.append(["A-3", "卡尺", "S3", "12", datetime(2024, 3, 5, 12, 30)])  # noqa: DTZ001

    table = read_table(saved(workbook), "台账.xlsx")

    drafts = [line.draft for line in judge(table, as_of=AS_OF).lines[1:]]
    assert table.date1904 is bool(epoch)
    assert [draft and draft.last_date for draft in drafts] == [date(2024, 3, 5)] * 3


def test_numbers_come_with_the_fifteen_digits_that_a_spreadsheet_keeps() -> None:
    values = ("202", "12.50", "0.30000000000000004", "123456789012345678", "-0", "1e-7")
    cells = [cell(f"{chr(65 + at)}1", f"<v>{value}</v>") for at, value in enumerate(values)]
    data = book({"台账": worksheet(f'<row r="1">{"".join(cells)}</row>')})

    (record,) = read_table(data, "台账.xlsx").records

    assert record[:3] == [202, Decimal("12.5"), Decimal("0.3")]
    assert [str(value) for value in record[3:]] == ["1.23456789012346E+17", "0", "1E-7"]


def test_formulas_show_their_value_or_else_their_text() -> None:
    cells = (
        cell("A2", "<f>B1&amp;C1</f><v>算得</v>", 't="str"')
        + cell("B2", "<f>EDATE(E2,12)-1</f>")
        + cell("C2", "<f>EDATE(E2,12)-1</f><v></v>")
        + cell("D2", "<f>1/0</f><v>#DIV/0!</v>", 't="e"')
        + cell("E2", "<v>#N/A</v>", 't="e"')
        + cell("F2", "<v>1</v>", 't="b"')
    )
    data = book(
        {"封": worksheet(""), "台账": worksheet(row(1, HEADER) + f'<row r="2">{cells}</row>')}
    )

    record = read_table(data, "台账.xlsx").records[1]

    assert record == [*("算得", "=EDATE(E2,12)-1", "=EDATE(E2,12)-1", "#DIV/0!", "#N/A", "TRUE")]


def test_a_merged_cell_counts_for_its_whole_range() -> None:
    rows = row(1, [*HEADER, "使用部门"]) + row(2, [*LINE, "品质部"]) + row(3, ["A-2", "表", "S2"])
    merges = '<mergeCells><mergeCell ref="F2:F9"/></mergeCells>'
    data = book({"台账": worksheet(rows + row(5, ["合计", "2"]), merges)})

    result = judge(read_table(data, "台账.xlsx"), as_of=AS_OF)

    drafts = [line.draft for line in result.lines if line.draft]
    assert [draft.department for draft in drafts] == ["品质部", "品质部"]
    assert [line.outcome for line in result.lines[3:]] == ["blank", "footer"]


def test_a_footer_merged_over_the_whole_width_is_still_a_footer() -> None:
    rows = row(1, HEADER) + row(2, LINE) + row(3, ["合计"])
    merges = '<mergeCells><mergeCell ref="A3:E3"/></mergeCells>'

    result = judge(read_table(book({"台账": worksheet(rows, merges)}), "台账.xlsx"), as_of=AS_OF)

    assert result.ignored_footer_lines == [3]


def test_a_header_of_two_merged_rows_is_read_as_one() -> None:
    upper = ["管理编号", "器具名称", "出厂编号", "型号", "检定信息"]
    lower = workbooks.text("E2", "检定周期") + workbooks.text("F2", "检定日期")
    line = row(3, ["A-1", "表", "S1", "Y", "半年", "2024-03-05"])
    ranges = ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1")
    merges = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
    rows = row(1, upper) + f'<row r="2">{lower}</row>' + line
    data = book({"台账": worksheet(rows, f"<mergeCells>{merges}</mergeCells>")})

    result = judge(read_table(data, "台账.xlsx"), as_of=AS_OF)

    draft = result.lines[2].draft
    assert draft is not None
    assert (draft.interval_months, draft.due_date) == (6, date(2024, 9, 4))


def test_a_workbook_is_known_by_its_bytes_whatever_its_name() -> None:
    assert read_table(workbooks.ledger(LINE), "台账.csv").sheet == "台账"
