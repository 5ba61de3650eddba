"""Where the header of a ledger stands and what its columns hold."""

import pytest

from hub.importers.ledger.cells import Cell
from hub.importers.ledger.header import KNOWN_NAMES, Field, find_header

NAMES = ["管理编号", "器具名称", "型号", "检定日期"]


def test_no_known_name_stands_for_two_fields() -> None:
    names = [name for names in KNOWN_NAMES.values() for name in names]

    assert len(names) == len(set(names))
    assert set(KNOWN_NAMES) == set(Field)


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("编 号", Field.ASSET_NO),
        ("检定周期（月）", Field.INTERVAL_MONTHS),
        ("校准周期(个月)", Field.INTERVAL_MONTHS),
        ("周期 (年)", Field.INTERVAL_MONTHS),
        ("测量范围（量程）", Field.RANGE),
        ("ABC分类", Field.MANAGEMENT_CLASS),
        ("Ｓ／Ｎ", Field.SERIAL_NO),
        ("出厂\n编号", Field.SERIAL_NO),
        ("仪表检定证书编号", None),
        ("价格", None),
    ],
)
def test_titles_are_known_in_any_width_case_and_spacing(title: str, field: Field | None) -> None:
    header = find_header([["器具名称", "型号", "状态", "部门", title]])

    assert header is not None
    assert header.columns[4].field == field


def test_the_header_is_the_first_record_with_four_known_names_and_a_name_column() -> None:
    records = [["台账"], ["管理编号", "型号", "部门", "状态"], NAMES, NAMES[::-1]]

    header = find_header(records)

    assert header is not None
    assert header.line == header.last_line == 3


def test_a_header_below_the_twelfth_record_is_not_found() -> None:
    assert find_header([["标题"]] * 11 + [NAMES])
    assert not find_header([["标题"]] * 12 + [NAMES])


def test_four_cells_of_one_name_are_not_four_names() -> None:
    assert not find_header([["器具名称"] * 4])


def test_the_first_column_of_a_field_wins() -> None:
    header = find_header([[*NAMES, "资产编号", "管理编号"]])

    assert header is not None
    assert header.column_of[Field.ASSET_NO] == 0
    assert [column.field for column in header.columns[4:]] == [None, None]


@pytest.mark.parametrize(
    "upper",
    [
        ["管理编号", "器具名称", "型号", "状态", "检定信息", "检定信息"],
        ["管理编号", "器具名称", "型号", "状态", "检定信息", None],
    ],
)
def test_a_header_of_two_rows_is_read_as_one(upper: list[Cell]) -> None:
    lower: list[Cell] = [None, None, None, "状态", "检定日期", "有效期至"]

    header = find_header([upper, lower, ["A-1", "卡尺"]])

    assert header is not None
    assert (header.line, header.last_line) == (1, 2)
    assert header.column_of[Field.LAST_DATE] == 4
    assert header.column_of[Field.DUE_DATE] == 5
    assert header.repeats(upper)
    assert header.repeats(lower)


def test_a_line_below_the_header_is_not_its_second_row() -> None:
    header = find_header([NAMES, ["A-1", "名称", "型号", "2024-03-05"]])

    assert header is not None
    assert header.last_line == 1


def test_a_repeated_header_is_known_by_all_its_cells() -> None:
    header = find_header([NAMES])

    assert header is not None
    assert header.repeats(["管理 编号", "器具名称", "型号", "检定日期", None])
    assert not header.repeats(["管理编号", "器具名称", "型号", "2024-03-05"])
    assert not header.repeats(["管理编号"])


@pytest.mark.parametrize(("title", "years"), [("周期(年)", True), ("周期", False)])
def test_the_header_tells_whether_intervals_are_years(title: str, *, years: bool) -> None:
    header = find_header([[*NAMES, title]])

    assert header is not None
    assert header.interval_in_years is years
