"""What becomes of each line of a ledger."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.importers.ledger.cells import Cell
from hub.importers.ledger.codes import WORDS, LedgerCode, Outcome
from hub.importers.ledger.header import KNOWN_NAMES, Field
from hub.importers.ledger.judge import judge
from hub.importers.ledger.report import report
from tests.importers.ledgers import AS_OF, HEADER, judged, last, ledger, row, table

TRICKY = (
    *("", "/", "合计", "注", "第 3 页", "A-1", "ａ－１", "=1+1", "半年", "12", "0", "2024-03-05"),
    *("2024-13-05", "2024-03", "45356", "在用", "停用", "强检", "校准", "A类", "(0~25)mm", "1~0mm"),
    *("2.02E+11", "\0", "\ud800", "x" * 300, *(names[0] for names in KNOWN_NAMES.values())),
)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.sampled_from(TRICKY),
    st.text(max_size=12),
    st.integers(-(10**6), 10**6),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
)
RECORDS = st.lists(st.lists(CELLS, max_size=16), max_size=12)


def test_a_good_line_is_imported_without_a_finding() -> None:
    line = last(row())

    assert (line.outcome, line.findings) == (Outcome.IMPORT, ())
    assert line.draft is not None
    assert line.draft.due_date == date(2025, 3, 4)


@pytest.mark.parametrize(
    ("changed", "outcome", "codes"),
    [
        ({"器具名称": "\u3000"}, "reject", ["MISSING_NAME"]),
        ({"管理编号": None, "出厂编号": "/"}, "reject", ["NO_KEY"]),
        ({"检定日期": "2024/2/30"}, "reject", ["BAD_DATE"]),
        ({"检定日期": "2024-07-01", "有效期至": None}, "reject", ["FUTURE_DATE"]),
        ({"检定周期(月)": "12-24"}, "reject", ["BAD_INTERVAL"]),
        ({"使用状态": "借出"}, "reject", ["UNKNOWN_STATUS"]),
        ({"管理编号": "无"}, "import", ["ASSET_NO_MISSING"]),
        ({"有效期至": "2025-04-05"}, "import", ["DUE_MISMATCH"]),
        ({"有效期至": "2025-03"}, "import", ["BAD_DUE_DATE"]),
        ({"检定周期(月)": "-"}, "import", ["INTERVAL_MISSING"]),
        ({"检定日期": None}, "import", ["LAST_DATE_MISSING"]),
        ({"检定日期": "2024年3月"}, "import", ["INCOMPLETE_DATE"]),
        ({"使用状态": None}, "import", ["STATUS_MISSING"]),
        ({"管理类别": "特级"}, "import", ["UNKNOWN_CLASS"]),
        ({"检定/校准": "比对"}, "import", ["UNKNOWN_MODE"]),
        ({"测量范围": "见铭牌"}, "import", ["RANGE_UNPARSED"]),
        ({"出厂编号": "2.02E+11"}, "import", ["SERIAL_SCIENTIFIC"]),
        ({"备注": "+86 见合同"}, "import", ["FORMULA_LIKE"]),
        ({"备注": "＝1+1", "器具名称": "@SUM(A1)"}, "import", ["FORMULA_LIKE"]),
        ({"检定/校准": "免检", "检定周期(月)": None}, "import", []),
        ({"检定日期": "2024-06-30", "有效期至": None}, "import", []),
        ({"有效期至": "2025/3/5"}, "import", []),
        (
            {"器具名称": None, "检定日期": "去年三月", "管理类别": "D"},
            "reject",
            ["MISSING_NAME", "BAD_DATE", "UNKNOWN_CLASS"],
        ),
    ],
)
def test_each_fault_has_its_code_and_outcome(
    changed: dict[str, Cell], outcome: str, codes: list[str]
) -> None:
    line = last(row(**changed))

    assert (line.outcome, line.codes) == (outcome, codes)
    assert (line.draft is not None) == (outcome == "import")


def test_a_finding_names_its_column_and_offers_the_computed_day() -> None:
    result = judged(row(有效期至="2025-04-05"))

    (finding,) = result.lines[-1].findings
    assert (finding.field, finding.column_index) == (Field.DUE_DATE, HEADER.index("有效期至"))
    assert finding.offered == "2025-03-04"
    assert finding.explain(result.header).zh.startswith("有效期至：")


def test_the_given_due_date_stands_where_none_can_be_computed() -> None:
    line = last(row(检定日期=None, 有效期至="2025-01-31"))

    assert line.draft is not None
    assert line.draft.due_date == date(2025, 1, 31)


def test_an_unreadable_range_keeps_its_text() -> None:
    line = last(row(测量范围="见铭牌"))

    assert line.draft is not None
    assert (line.draft.range_lower, line.draft.range_text) == (None, "见铭牌")


def test_a_serial_number_in_a_workbook_of_1904_counts_from_1904() -> None:
    line = judge(table([HEADER, row(检定日期=43894)], date1904=True), as_of=AS_OF).lines[-1]

    assert line.draft is not None
    assert line.draft.last_date == date(2024, 3, 5)


def test_the_same_line_again_is_skipped_however_it_is_written() -> None:
    otherwise = {
        "管理编号": "ａ - 1",
        "管理类别": "b类",
        "检定日期": "45356",
        "检定周期(月)": "一年",
    }

    line = last(row(), row(**otherwise))

    assert (line.outcome, line.codes) == ("skip", ["EXACT_DUPLICATE"])
    assert line.findings[0].offered == "2"


def test_a_taken_asset_number_with_other_content_is_rejected() -> None:
    line = last(row(), row(管理编号="a-1", 出厂编号="S200"))

    assert (line.outcome, line.codes) == ("reject", ["DUPLICATE_ASSET_NO"])
    assert line.findings[0].offered == "2"


def test_a_rejected_line_takes_no_key() -> None:
    line = last(row(检定日期="待定"), row())

    assert (line.outcome, line.codes) == ("import", [])


def test_a_line_with_faults_of_its_own_is_told_that_its_number_is_taken_too() -> None:
    line = last(row(), row(检定日期="待定", 出厂编号="S200"))

    assert line.codes == ["BAD_DATE", "DUPLICATE_ASSET_NO"]


def test_maker_and_serial_number_once_more_are_a_warning() -> None:
    line = last(row(), row(管理编号="A-2"))

    assert (line.outcome, line.codes) == ("import", ["DUPLICATE_SERIAL"])


def test_serial_numbers_of_two_makers_or_with_lost_digits_are_not_compared() -> None:
    cut = {"出厂编号": "2.02E+11"}

    other_maker = last(row(), row(管理编号="A-2", 制造厂="样例仪表有限公司"))
    lost_digits = last(row(**cut), row(管理编号="A-2", **cut))

    assert other_maker.codes == []
    assert lost_digits.codes == ["SERIAL_SCIENTIFIC"]


def test_a_line_without_asset_number_is_skipped_only_when_all_of_it_is_repeated() -> None:
    without = {"管理编号": None}

    again = last(row(**without), row(**without))
    changed = last(row(**without), row(**without, 备注="二车间"))

    assert again.codes == ["EXACT_DUPLICATE"]
    assert changed.codes == ["ASSET_NO_MISSING", "DUPLICATE_SERIAL"]


def test_two_lines_whose_serial_numbers_were_cut_are_both_imported() -> None:
    cut: dict[str, Cell] = {"管理编号": None, "出厂编号": Decimal("1.23456789012346E+17")}

    result = judged(row(**cut), row(**cut))

    assert result.counts["import"] == 2
    assert result.lines[-1].codes == ["ASSET_NO_MISSING", "SERIAL_SCIENTIFIC"]


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        ([], "blank"),
        (["", " ", "/", None], "blank"),
        (["合计", "", "200台"], "footer"),
        (["", "制表：王样例", "", "审核：李示范"], "footer"),
        (["第 2 页 共 9 页"], "footer"),
        (["第二页"], "footer"),
        (["注：红色为超期"], "footer"),
        (["合计", "台", "S1", "样例"], "import"),
        ([*HEADER, "", None], "header"),
        ([title.replace("管", " 管") for title in HEADER], "header"),
    ],
)
def test_records_that_are_no_instrument_are_told_apart(record: list[Cell], outcome: str) -> None:
    assert last(row(), record).outcome == outcome


def test_a_second_and_different_header_does_not_replace_the_first() -> None:
    result = judged(row(), HEADER[::-1], row(管理编号="A-2", 出厂编号="S200"))

    assert [line.outcome for line in result.lines[1:]] == ["import", "reject", "import"]


def test_a_table_without_a_header_is_refused_with_the_names_it_may_have() -> None:
    with pytest.raises(BadInput) as refusal:
        judge(table([["随便", "什么"], ["1", "2"]]), as_of=AS_OF)

    assert refusal.value.hint is not None
    assert "器具名称" in refusal.value.hint.zh
    assert "assetno" in refusal.value.hint.en


def test_a_header_alone_is_an_empty_ledger() -> None:
    result = judged()

    assert set(result.counts.values()) == {0}
    assert [line.outcome for line in result.lines] == ["heading"]


def test_progress_is_told_up_to_the_last_record() -> None:
    told: list[tuple[int, int]] = []
    lines = [row(管理编号=f"A-{at}", 出厂编号=f"S{at}") for at in range(1200)]

    judge(ledger(*lines), as_of=AS_OF, on_progress=lambda done, total: told.append((done, total)))

    assert told == [(500, 1201), (1000, 1201), (1201, 1201)]


def test_every_code_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(LedgerCode)
    assert all(words.zh and words.en for words in WORDS.values())


@settings(deadline=None)
@given(RECORDS, RECORDS)
def test_every_record_is_counted_exactly_once(
    above: list[list[Cell]], below: list[list[Cell]]
) -> None:
    records: list[list[Cell]] = [*above[:5], [*HEADER], *below]

    result = judge(table(records), as_of=AS_OF)

    told = report(result, table(records))
    aside = sum(line.outcome in {"heading", "footer"} for line in result.lines)
    assert [line.number for line in result.lines] == list(range(1, len(records) + 1))
    assert sum(told["counts"].values()) - told["counts"]["warned"] + aside == len(records)
    assert told["counts"]["import"] == len(told["imported"])
    assert len(told["wrong"]) == sum(bool(line.findings) for line in result.lines)


@settings(deadline=None)
@given(RECORDS)
def test_any_table_is_judged_or_refused_for_its_header(records: list[list[Cell]]) -> None:
    try:
        result = judge(table(records), as_of=AS_OF)
    except BadInput:
        return
    assert len(result.lines) == len(records)


@settings(deadline=None)
@given(st.data(), st.lists(st.lists(CELLS, min_size=13, max_size=13), max_size=8))
def test_where_unknown_columns_stand_changes_nothing(
    data: st.DataObject, cells: list[list[Cell]]
) -> None:
    records: list[list[Cell]] = [
        list(HEADER),
        *([f"A-{at}", *rest[1:]] for at, rest in enumerate(cells)),
    ]
    places = data.draw(st.lists(st.integers(1, len(HEADER)), max_size=3).map(sorted))
    spread = [list(record) for record in records]
    for at, record in enumerate(spread):
        for place in reversed(places):
            record.insert(place, "价格" if at == 0 else str(at))

    plain = report(judge(table(records), as_of=AS_OF), table(records))
    wide = report(judge(table(spread), as_of=AS_OF), table(spread))

    kept = ("counts", "wrong", "imported", "header_line")
    assert {key: wide[key] for key in kept} == {key: plain[key] for key in kept}


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, max_size=14), max_size=8))
def test_a_ledger_written_twice_below_itself_adds_no_instrument(below: list[list[Cell]]) -> None:
    numbered: list[list[Cell]] = [["A-1", *record] for record in below]

    once = judged(*numbered)
    twice = judged(*numbered, *numbered)

    assert twice.counts["import"] == once.counts["import"]
