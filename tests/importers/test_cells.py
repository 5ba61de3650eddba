"""What one cell of a ledger means."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.importers.ledger import cells
from hub.importers.ledger.cells import Cell, Incomplete, Unreadable
from hub.rules.due import excel_date
from hub.values import plain

DAYS = st.dates(cells.FIRST_DAY, cells.LAST_DAY)
NUMERALS = "〇一二三四五六七八九"


def in_chinese(number: int) -> str:
    tens, units = divmod(number, 10)
    ten = ["", "十", "二十", "三十"][tens]
    return ten + (NUMERALS[units] if units or not tens else "")


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


WAYS_TO_WRITE_A_DAY = (
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}.{day.month:02}.{day.day:02}",
    lambda day: f"{day.year} - {day.month} -{day.day}",
    lambda day: f"{day.year}、{day.month}、{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year} 年 {day.month} 月 {day.day} 号 8:30",
    lambda day: (
        "".join(NUMERALS[int(digit)] for digit in str(day.year))
        + f"年{in_chinese(day.month)}月{in_chinese(day.day)}日"
    ),
    lambda day: day.strftime("%Y%m%d"),
    lambda day: f"{day.isoformat()} 00:00:00",
    lambda day: f"{day.isoformat()}T12:30:05.250",
    lambda day: str(serial(day)),
    lambda day: f"{serial(day)}.604",
    serial,
    lambda day: Decimal(serial(day)) + Decimal("0.5"),
    lambda day: int(day.strftime("%Y%m%d")),
    lambda day: day,
)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cells.clean(text)

    assert cells.clean(once) == once
    assert cells.normalise(cells.normalise(text)) == cells.normalise(text)


@given(st.text())
def test_a_clean_text_can_be_stored_and_has_single_blanks_inside_only(text: str) -> None:
    clean = cells.clean(text)

    assert "\0" not in clean
    assert clean.encode().decode() == clean
    assert " ".join(clean.split()) == clean


@given(st.text())
def test_the_key_form_of_an_asset_number_is_a_fixed_point(text: str) -> None:
    once = cells.asset_number(cells.clean(text))

    assert cells.asset_number(once) == once


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("　ＳＺ－ＪＬ－００００１\u00a0", "SZ-JL-00001"),
        ("（0～150）mm", "(0~150)mm"),
        ("多行\r\n  单元格\t文字", "多行 单元格 文字"),
        ("零\u200b宽\ufeff字\u202e符", "零宽字符"),
        ("空\0字节", "空字节"),
        ("℃ m² Ⅲ级", "℃ m² Ⅲ级"),
        ("\ud83d半个", "\ufffd半个"),
        (12, "12"),
        (Decimal("1.60"), "1.60"),
        (Decimal("1.23456789012346E+17"), "1.23456789012346E+17"),
        (date(2024, 3, 5), "2024-03-05"),
    ],
)
def test_text_is_folded_to_half_width_and_nothing_else(raw: Cell, clean: str) -> None:
    assert cells.normalise(raw) == clean


@pytest.mark.parametrize(
    "raw", [None, "", " ", "\u3000", "/", "-", "—", "--", "／", "－", "\\", "＼", "无", "N/A", "NA"]
)
def test_placeholders_are_empty_cells(raw: Cell) -> None:
    assert cells.normalise(raw) is None


@given(DAYS, st.sampled_from(WAYS_TO_WRITE_A_DAY))
def test_a_day_written_in_any_known_way_is_read_back(day: date, write: object) -> None:
    assert callable(write)

    assert cells.day(write(day)) == day


@given(DAYS)
def test_a_serial_of_the_1904_system_counts_from_1904(day: date) -> None:
    number = serial(day) - 1462

    assert excel_date(number, date1904=True) == day
    assert cells.day(str(number), date1904=True) == day


@pytest.mark.parametrize(
    "raw",
    [
        *("2024-13-05", "2024/2/30", "去年三月", "2023.00.11", "24-3", "待定", "2023-02-29"),
        *("24-03-05", "1989-12-31", "2051-01-01", "32873", "55154", "2024-3/5", "2024", "202403"),
        *("2024-13", "1989年12月", "2024年3月5", "二〇二四年十三月五日", "二十十年一月一日"),
        *("2024-03-05 25:00", "٢٠٢٤-٠٣-٠٥", "2024-03-05-06", "45356abc", "9" * 5000),
    ],
)
def test_what_is_no_day_of_1990_to_2050_is_unreadable(raw: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        cells.day(raw)

    assert not isinstance(refusal.value, Incomplete)


@pytest.mark.parametrize(
    "raw", ["2024-03", "2024年3月", "2024.3", "2024/3", "二〇二四年三月", Decimal("2024.1")]
)
def test_year_and_month_alone_are_an_incomplete_date(raw: Cell) -> None:
    with pytest.raises(Incomplete):
        cells.day(raw)


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2099, 12, 31)])
def test_a_real_date_cell_is_taken_as_it_is(day: date) -> None:
    assert cells.day(day) == day


@pytest.mark.parametrize(
    ("raw", "months"),
    [
        *((12, 12), ("12", 12), ("12.0", 12), ("12个月", 12), ("12 个 月", 12), ("6月", 6)),
        *(("12M", 12), ("12m", 12), ("1年", 12), ("1Y", 12), ("2 y", 24), ("0.5年", 6)),
        *(("1.5年", 18), ("半年", 6), ("一年", 12), ("每年", 12), ("两年", 24), ("二年", 24)),
        *(("１２个月", 12), ("120", 120), ("10年", 120), ("1", 1)),
    ],
)
def test_an_interval_is_read_in_whole_months(raw: Cell, months: int) -> None:
    assert cells.interval(raw) == months


@pytest.mark.parametrize(
    "raw",
    [
        *("0", "-6", "1200", "不定期", "12-24", "abc", "二十年", "121", "11年", "0.3年", "12.5"),
        *("12周", "1e1", "+12", "٦", "九" * 10, "1" * 5000),
    ],
)
def test_any_other_interval_is_unreadable(raw: str) -> None:
    with pytest.raises(Unreadable):
        cells.interval(raw)


@given(st.integers(1, 10))
def test_a_bare_number_counts_years_where_the_header_says_so(years: int) -> None:
    assert cells.interval(str(years), years=True) == years * 12
    assert cells.interval(f"{years}个月", years=True) == years


NUMBERS = st.decimals(-(10**6), 10**6, places=3)
UNITS = st.sampled_from(["mm", "MPa", "℃", "%LEL", "N·m", "μSv/h", "m³/h", "HRA", "kgf/cm²"])
FORMS = st.sampled_from(
    [
        "({a}~{b}){u}",
        "（{a}～{b}） {u}",
        "{a}~{b}{u}",
        "{a} 至 {b} {u}",
        "{a}{u}~{b} {u}",
        "{a}…{b}{u}",
    ]
)


@given(NUMBERS, NUMBERS, UNITS, FORMS)
def test_a_range_keeps_its_limits_with_their_zeros(
    one: Decimal, other: Decimal, unit: str, form: str
) -> None:
    lower, upper = sorted((one, other))

    read = cells.measuring_range(form.format(a=lower, b=upper, u=unit))

    assert (plain(read.lower), plain(read.upper), read.unit) == (plain(lower), plain(upper), unit)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("0-1.6 Mpa", ("0", "1.6", "MPa")),
        ("-0.1~0 MPa", ("-0.1", "0", "MPa")),
        ("-40--10℃", ("-40", "-10", "℃")),
        ("(0~150)MM", ("0", "150", "mm")),
        ("0㎜—25㎜", ("0", "25", "mm")),
        ("0°C~100℃", ("0", "100", "℃")),
        ("20~100N.m", ("20", "100", "N·m")),
        ("0~5KV", ("0", "5", "kV")),
        ("0~60KG", ("0", "60", "kg")),
    ],
)
def test_units_of_a_range_are_spelt_in_one_way(raw: str, read: tuple[str, str, str]) -> None:
    found = cells.measuring_range(raw)

    assert (plain(found.lower), plain(found.upper), found.unit) == read


@pytest.mark.parametrize(
    "raw",
    [
        *("见铭牌", "全量程", "?", "0~25", "25~0mm", "0mV~10V", "(0~25mm", "25mm", "~25mm"),
        *("0~25~50mm", "(" * 100_000),
    ],
)
def test_any_other_range_is_unreadable(raw: str) -> None:
    with pytest.raises(Unreadable):
        cells.measuring_range(raw)


@pytest.mark.parametrize(("raw", "letter"), [("A", "A"), ("b类", "B"), ("Ｃ 级", "C"), ("c", "C")])
def test_a_class_is_a_letter_with_a_word_or_without(raw: str, letter: str) -> None:
    assert cells.management_class(raw) == letter


@pytest.mark.parametrize("raw", ["是", "√", "Y", "yes", "强检", "1", 1, "TRUE", "ｙ"])
def test_yes_has_many_words(raw: Cell) -> None:
    assert cells.compulsory(raw)


@pytest.mark.parametrize("raw", ["否", "N", "非强检", "×", "0", 0])
def test_every_other_word_is_no(raw: Cell) -> None:
    assert not cells.compulsory(raw)


@given(st.text())
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (
        cells.day,
        cells.interval,
        cells.measuring_range,
        cells.mode,
        cells.state,
        cells.management_class,
    ):
        assert callable(parse)
        try:
            parse(text)
        except Unreadable:
            continue
