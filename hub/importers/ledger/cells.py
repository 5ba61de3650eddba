"""What one ledger cell means: its normal form, dates, intervals, ranges and words."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from hub.rules.due import excel_date
from hub.vocabulary import CalibrationMode, InstrumentState, ManagementClass

Cell = str | date | int | Decimal | None
W = TypeVar("W")

PLACEHOLDERS = frozenset({"", "/", "-", "—", "--", "\\", "无", "N/A", "NA"})
INVISIBLE = (0xAD, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F))
CONTROLS = (code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
FOLDED: dict[int, int | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((*INVISIBLE, *range(0x2060, 0x2070))),
    **dict.fromkeys(CONTROLS),  # PostgreSQL stores no NUL
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),  # half a surrogate pair has no UTF-8
}
UNCLEAN = re.compile(r"[^!-~\u4e00-\u9fff]")  # most cells hold nothing that could be folded

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2050, 12, 31)
MAX_INTERVAL = 120  # months


def _by_word(words: Mapping[W, str]) -> dict[str, W]:
    return {word: meaning for meaning, text in words.items() for word in text.split()}


MODES = _by_word(
    {
        CalibrationMode.VERIFICATION: "检定 强检 强制检定 周检 首检",
        CalibrationMode.CALIBRATION: "校准 外校 送校 外部校准",
        CalibrationMode.INTERNAL: "内校 自校 内部校准 自检",
        CalibrationMode.TEST: "检测 测试",
        CalibrationMode.EXEMPT: "免检 不检 一次性 免校",
    }
)
STATES = _by_word(
    {
        InstrumentState.IN_USE: "在用 使用中 正常 启用 合格在用 合格 良好",
        InstrumentState.STOPPED: "停用 暂停使用 暂停 禁用",
        InstrumentState.SEALED: "封存 已封存 库存 备用",
        InstrumentState.SCRAPPED: "报废 已报废 注销",
    }
)
YES = frozenset({"是", "√", "y", "yes", "强检", "1", "true"})
UNITS = _by_word({"MPa": "Mpa", "kg": "KG", "mm": "㎜ MM", "℃": "°C", "N·m": "N.m", "kV": "KV"})
INTERVALS = _by_word({6: "半年", 12: "一年 每年", 24: "两年 二年"})
NUMERALS = {"○": 0, "零": 0} | {word: value for value, word in enumerate("〇一二三四五六七八九")}

CLASS = re.compile(r"([abc])[类级]?")
INTERVAL = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?)(个月|月|m|年|y)?")
SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+")

_TIME = r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_YEAR = r"([0-9]{4}|[〇○零一二三四五六七八九]{4})"
_PART = r"([0-9]{1,2}|[〇○零一二三四五六七八九]{1,2}|[一二三]?十[一二三四五六七八九]?)"
DAYS = (
    re.compile(rf"([0-9]{{4}}) ?([-/.、]) ?([0-9]{{1,2}}) ?\2 ?([0-9]{{1,2}})(?:[T ] ?{_TIME})?"),
    re.compile(rf"{_YEAR} ?(年) ?{_PART} ?月 ?{_PART} ?[日号](?: ?{_TIME})?"),
    re.compile(rf"([0-9]{{4}})()([0-9]{{2}})([0-9]{{2}})(?:[T ] ?{_TIME})?"),
)
MONTHS = (
    re.compile(r"([0-9]{4}) ?[-/.、] ?([0-9]{1,2})"),
    re.compile(rf"{_YEAR} ?年 ?{_PART} ?月"),
)
SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")

_NUMBER = r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?)"
_TO = r" ?(?:~|至|-|—{1,2}|…{1,2}) ?"
_UNIT = r" ?([^\s0-9~至—…()-][^\s~至—…()-]{0,19})"
RANGES = (
    re.compile(rf"\( ?{_NUMBER}(){_TO}{_NUMBER} ?\){_UNIT}"),
    re.compile(rf"{_NUMBER}(){_TO}{_NUMBER}{_UNIT}"),
    re.compile(rf"{_NUMBER}{_UNIT}{_TO}{_NUMBER}{_UNIT}"),
)


class Unreadable(ValueError):
    """A cell holds something that its column cannot mean."""


class Incomplete(Unreadable):
    """A date gives year and month only."""


class Range(NamedTuple):
    """A measuring range; the limits keep their zeros, the unit is in normalised spelling."""

    lower: Decimal
    upper: Decimal
    unit: str


def clean(text: str) -> str:
    """`text` in half width, without invisible characters, trimmed, white-space runs as one blank.

    Nothing else is folded: ℃, ² and Ⅲ stay.
    """
    return " ".join(text.translate(FOLDED).split()) if UNCLEAN.search(text) else text


def shown(cell: Cell) -> str:
    """The text of any cell: numbers in full, dates in ISO form, an empty cell as ""."""
    return clean(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def normalise(cell: Cell) -> str | None:
    """The normalised text of a cell; None for an empty one and for placeholders like `/`."""
    text = shown(cell)
    return None if text in PLACEHOLDERS else text


def squeeze(cell: Cell) -> str:
    """A cell as headers and words are compared: no white space at all, lower case."""
    return shown(cell).replace(" ", "").lower()


def asset_number(text: str) -> str:
    """The key form of an asset number: no blanks, upper case."""
    return text.replace(" ", "").upper()


def day(cell: Cell, *, date1904: bool = False) -> date:
    """The day that a cell names, from 1990 to 2050; real date cells are taken as they are.

    Five-digit numbers are Excel serials, of the 1904 system where `date1904`. Incomplete where it
    is year and month only, otherwise Unreadable.
    """
    if isinstance(cell, date):
        return cell
    text = shown(cell)
    if serial := SERIAL.fullmatch(text):
        return _within(excel_date(int(serial[1]), date1904=date1904))
    for pattern in DAYS:
        if found := pattern.fullmatch(text):
            return _within(_date(found[1], found[3], found[4]))
    for pattern in MONTHS:
        if found := pattern.fullmatch(text):
            _within(_date(found[1], found[2], "1"))
            raise Incomplete(text)
    raise Unreadable(text)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(_number(year), _number(month), _number(day))
    except ValueError:
        return None


def _number(text: str) -> int:
    """An integer of 0-9 or of Chinese numerals, by place (二〇二四) or with 十 (三十一)."""
    if text.isascii():
        return int(text)
    tens, ten, units = text.partition("十")
    if ten:
        return (_number(tens) if tens else 1) * 10 + (_number(units) if units else 0)
    value = 0
    for numeral in text:
        value = value * 10 + NUMERALS[numeral]
    return value


def _within(day: date | None) -> date:
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise Unreadable
    return day


def interval(cell: Cell, *, years: bool = False) -> int:
    """The months, 1 to 120, of a verification interval such as 12, 12个月, 0.5年 or 半年.

    A bare number counts years where `years`. Unreadable otherwise.
    """
    text = squeeze(cell)
    if text in INTERVALS:
        return INTERVALS[text]
    found = INTERVAL.fullmatch(text)
    if not found:
        raise Unreadable(text)
    unit = found[2] or ("年" if years else "月")
    months = Decimal(found[1]) * (12 if unit in {"年", "y"} else 1)
    if months % 1 or not 1 <= months <= MAX_INTERVAL:
        raise Unreadable(text)
    return int(months)


def measuring_range(cell: Cell) -> Range:
    """The range in `(a~b)unit`, `a~b unit` or `a unit~b unit`; Unreadable otherwise."""
    text = shown(cell)
    for pattern in RANGES:
        if found := pattern.fullmatch(text):
            lower, first_unit, upper, unit = found.groups()
            spelt = UNITS.get(unit, unit)
            limits = Decimal(lower), Decimal(upper)
            if limits[0] <= limits[1] and UNITS.get(first_unit, first_unit) in {"", spelt}:
                return Range(*limits, spelt)
    raise Unreadable(text)


def mode(cell: Cell) -> CalibrationMode:
    """The way of traceability; Unreadable when no word for it is known."""
    return _word(MODES, cell)


def state(cell: Cell) -> InstrumentState:
    """The state of an instrument; Unreadable when no word for it is known."""
    return _word(STATES, cell)


def _word(words: Mapping[str, W], cell: Cell) -> W:
    text = squeeze(cell)
    if text not in words:
        raise Unreadable(text)
    return words[text]


def management_class(cell: Cell) -> ManagementClass:
    """A, B or C, with 类 or 级 behind it or not; Unreadable otherwise."""
    found = CLASS.fullmatch(squeeze(cell))
    if not found:
        raise Unreadable(shown(cell))
    return ManagementClass(found[1].upper())


def compulsory(cell: Cell) -> bool:
    """Whether a filled cell says yes."""
    return squeeze(cell) in YES


def is_scientific(serial_no: str) -> bool:
    """Whether a spreadsheet has turned a long number into 2.02E+11, so that digits are lost."""
    return SCIENTIFIC.fullmatch(serial_no) is not None
