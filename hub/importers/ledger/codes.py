"""What can be wrong with a ledger line: codes, outcomes, and the words people read."""

from enum import StrEnum
from typing import NamedTuple

from hub.errors import Words
from hub.importers.ledger.cells import shown
from hub.importers.ledger.header import KNOWN_NAMES, Field, Header


class Outcome(StrEnum):
    """What becomes of one record of a ledger file."""

    IMPORT = "import"
    SKIP = "skip"
    REJECT = "reject"
    BLANK = "blank"
    HEADER = "header"  # the header once more
    HEADING = "heading"  # everything down to the header itself
    FOOTER = "footer"


class LedgerCode(StrEnum):
    """The findings on a ledger line, the grave ones first."""

    MISSING_NAME = "MISSING_NAME"
    NO_KEY = "NO_KEY"
    BAD_DATE = "BAD_DATE"
    FUTURE_DATE = "FUTURE_DATE"
    BAD_INTERVAL = "BAD_INTERVAL"
    UNKNOWN_STATUS = "UNKNOWN_STATUS"
    DUPLICATE_ASSET_NO = "DUPLICATE_ASSET_NO"
    EXACT_DUPLICATE = "EXACT_DUPLICATE"
    ASSET_NO_MISSING = "ASSET_NO_MISSING"
    DUE_MISMATCH = "DUE_MISMATCH"
    BAD_DUE_DATE = "BAD_DUE_DATE"
    INTERVAL_MISSING = "INTERVAL_MISSING"
    LAST_DATE_MISSING = "LAST_DATE_MISSING"
    INCOMPLETE_DATE = "INCOMPLETE_DATE"
    STATUS_MISSING = "STATUS_MISSING"
    UNKNOWN_CLASS = "UNKNOWN_CLASS"
    UNKNOWN_MODE = "UNKNOWN_MODE"
    RANGE_UNPARSED = "RANGE_UNPARSED"
    SERIAL_SCIENTIFIC = "SERIAL_SCIENTIFIC"
    DUPLICATE_SERIAL = "DUPLICATE_SERIAL"
    FORMULA_LIKE = "FORMULA_LIKE"

    @property
    def outcome(self) -> Outcome:
        """What the finding alone makes of its line."""
        return OUTCOMES.get(self, Outcome.IMPORT)


REJECTING = (
    LedgerCode.MISSING_NAME,
    LedgerCode.NO_KEY,
    LedgerCode.BAD_DATE,
    LedgerCode.FUTURE_DATE,
    LedgerCode.BAD_INTERVAL,
    LedgerCode.UNKNOWN_STATUS,
    LedgerCode.DUPLICATE_ASSET_NO,
)
OUTCOMES = dict.fromkeys(REJECTING, Outcome.REJECT) | {LedgerCode.EXACT_DUPLICATE: Outcome.SKIP}
RANK = {code: rank for rank, code in enumerate(LedgerCode)}


class Finding(NamedTuple):
    """One fault of one cell.

    `column_index` counts from 0 and is None where the ledger has no such column; `offered` is the
    value the hub would take, or for duplicates the line that was there first.
    """

    code: LedgerCode
    field: Field
    column_index: int | None
    offered: str | None = None

    def explain(self, header: Header) -> Words:
        """The finding in words that name the column: "检定日期：不是日期……"."""
        column = title(header, self.field)
        zh, en = WORDS[self.code]
        if self.offered:
            offer = SEE_LINE if self.code in DUPLICATES else OFFER
            zh += offer.zh.format(self.offered)
            en += offer.en.format(self.offered)
        return Words(f"{column}：{zh}", f"{column}: {en}")


def title(header: Header, field: Field) -> str:
    """The title of the column that holds `field`, or the field's usual one."""
    at = header.column_of.get(field)
    return KNOWN_NAMES[field][0] if at is None else shown(header.columns[at].title)


OFFER = Words("；建议：{}", "; offered: {}")
SEE_LINE = Words("；先见于第 {} 行", "; first seen in line {}")
DUPLICATES = frozenset(
    {LedgerCode.DUPLICATE_ASSET_NO, LedgerCode.EXACT_DUPLICATE, LedgerCode.DUPLICATE_SERIAL}
)

WORDS = {
    LedgerCode.MISSING_NAME: Words("名称为空，不导入", "the name is empty; not imported"),
    LedgerCode.NO_KEY: Words(
        "管理编号与出厂编号都为空，无法识别器具，不导入",
        "neither asset nor serial number; the instrument cannot be told apart; not imported",
    ),
    LedgerCode.BAD_DATE: Words(
        "不是 1990 至 2050 年间的日期（请写成 2024-03-05），不导入",
        "not a date from 1990 to 2050 (write 2024-03-05); not imported",
    ),
    LedgerCode.FUTURE_DATE: Words(
        "检定日期晚于导入基准日，不导入", "the date is after the day of the import; not imported"
    ),
    LedgerCode.BAD_INTERVAL: Words(
        "周期须为 1 至 120 个整月（如 12、6个月、1年、半年），不导入",
        "the interval must be 1 to 120 whole months (12, 6个月, 1年, 半年); not imported",
    ),
    LedgerCode.UNKNOWN_STATUS: Words(
        "不认识的状态（可用：在用、停用、封存、报废），不导入",
        "unknown state (known: 在用, 停用, 封存, 报废); not imported",
    ),
    LedgerCode.DUPLICATE_ASSET_NO: Words(
        "编号已被内容不同的一行占用，不导入",
        "the number is taken by a line with other content; not imported",
    ),
    LedgerCode.EXACT_DUPLICATE: Words("整行重复，跳过", "the whole line is a repetition; skipped"),
    LedgerCode.ASSET_NO_MISSING: Words(
        "没有管理编号，按出厂编号识别", "no asset number; told apart by the serial number"
    ),
    LedgerCode.DUE_MISMATCH: Words(
        "与检定日期加周期不符，按计算值导入",
        "does not follow from date and interval; the computed day is imported",
    ),
    LedgerCode.BAD_DUE_DATE: Words("不是完整日期，未采用", "not a full date; left out"),
    LedgerCode.INTERVAL_MISSING: Words(
        "周期为空，无法计算有效期", "no interval; the due date cannot be computed"
    ),
    LedgerCode.LAST_DATE_MISSING: Words(
        "检定日期为空，无法计算有效期", "no date; the due date cannot be computed"
    ),
    LedgerCode.INCOMPLETE_DATE: Words(
        "只有年月，没有日，未采用", "year and month without a day; left out"
    ),
    LedgerCode.STATUS_MISSING: Words("状态为空，按在用导入", "no state; imported as in use"),
    LedgerCode.UNKNOWN_CLASS: Words(
        "不认识的管理类别（可用：A、B、C），未采用", "unknown class (known: A, B, C); left out"
    ),
    LedgerCode.UNKNOWN_MODE: Words(
        "不认识的溯源方式（可用：检定、校准、内校、检测、免检），未采用",
        "unknown way of traceability (known: 检定, 校准, 内校, 检测, 免检); left out",
    ),
    LedgerCode.RANGE_UNPARSED: Words(
        "测量范围只保留原文（可识别：(0~25)mm）", "range kept as text only (understood: (0~25)mm)"
    ),
    LedgerCode.SERIAL_SCIENTIFIC: Words(
        "长数字被表格软件改成科学计数，末几位已丢失，请按铭牌改为文本",
        "the spreadsheet has cut a long number; enter it as text from the nameplate",
    ),
    LedgerCode.DUPLICATE_SERIAL: Words(
        "同一制造厂的相同出厂编号", "the same serial number of the same maker"
    ),
    LedgerCode.FORMULA_LIKE: Words("以 = + @ 开头，按文本保存", "begins with = + @; kept as text"),
}
