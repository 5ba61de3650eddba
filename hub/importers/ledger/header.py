"""Which columns of a ledger hold which field, and where its header stands."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from hub.importers.ledger.cells import Cell, squeeze

HEADER_WITHIN = 12  # records
ENOUGH_NAMES = 4
TRAILING_UNITS = ("(个月)", "(月)", "(年)")


class Field(StrEnum):
    """The fields of a ledger line, by the names they have in reports."""

    ASSET_NO = "assetNo"
    NAME = "name"
    MODEL_SPEC = "modelSpec"
    SERIAL_NO = "serialNo"
    MANUFACTURER = "manufacturer"
    RANGE = "range"
    ACCURACY = "accuracy"
    MANAGEMENT_CLASS = "managementClass"
    DEPARTMENT = "department"
    LOCATION = "location"
    CUSTODIAN = "custodian"
    MODE = "mode"
    INTERVAL_MONTHS = "intervalMonths"
    LAST_DATE = "lastDate"
    DUE_DATE = "dueDate"
    CERTIFICATE_NO = "certificateNo"
    STATUS = "status"
    COMPULSORY = "compulsory"
    REMARK = "remark"


# The first name of a field is the one we print where a ledger has no such column.
KNOWN_NAMES: dict[Field, tuple[str, ...]] = {
    field: tuple(names.split())
    for field, names in {
        Field.ASSET_NO: "管理编号 计量编号 器具编号 设备编号 统一编号 内部编号 编号 资产编号"
        " 量具编号 仪器编号 自编号 assetno equipmentid",
        Field.NAME: "器具名称 仪器名称 设备名称 计量器具名称 名称 量具名称 仪器仪表名称"
        " description",
        Field.MODEL_SPEC: "规格型号 型号规格 型号/规格 规格 型号 model",
        Field.SERIAL_NO: "出厂编号 出场编号 出厂序号 序列号 机身号 s/n serialno",
        Field.MANUFACTURER: "制造厂 制造单位 生产厂家 厂商 厂家 制造商 生产厂 maker",
        Field.RANGE: "测量范围 量程 测量范围(量程) 测试范围 range",
        Field.ACCURACY: "准确度等级 精度 准确度 精度等级 不确定度/准确度/最大允差 最大允许误差"
        " 允许误差 accuracy",
        Field.MANAGEMENT_CLASS: "管理类别 abc分类 分类管理 abc类别 管理分类 class",
        Field.DEPARTMENT: "使用部门 部门 使用单位 责任部门 dept",
        Field.LOCATION: "使用地点 安装位置 存放地点 安装地点 位置 location",
        Field.CUSTODIAN: "保管人 责任人 管理人 使用人 custodian",
        Field.MODE: "检定/校准 溯源方式 检校方式 检校类别 送检方式 calmode",
        Field.INTERVAL_MONTHS: "检定周期 校准周期 周期 检校周期 确认间隔 interval",
        Field.LAST_DATE: "检定日期 上次校准日期 最近检定日期 校准日期 检校日期 上次检定日期"
        " 确认日期 lastcal",
        Field.DUE_DATE: "有效期至 下次校准日期 到期日期 有效期 下次检定日期 有效日期 due",
        Field.CERTIFICATE_NO: "证书编号 证书号 检定证书编号",
        Field.STATUS: "使用状态 状态 器具状态 设备状态 status",
        Field.COMPULSORY: "是否强检 强检 强检标志 是否强制检定",
        Field.REMARK: "备注 说明 remark",
    }.items()
}
FIELD_OF = {name: field for field, names in KNOWN_NAMES.items() for name in names}


class Column(NamedTuple):
    """One column of a ledger: its header as printed, and the field it is read as, if any."""

    title: str
    field: Field | None


class Header(NamedTuple):
    """The header of a ledger.

    `line` is its record number from 1 and `last_line` differs from it only where it has two rows.
    `column_of` leads from a field to its column; `rows` are the header's texts, to know it again.
    """

    line: int
    last_line: int
    columns: tuple[Column, ...]
    column_of: dict[Field, int]
    rows: tuple[list[str], ...]

    def repeats(self, record: Sequence[Cell]) -> bool:
        """Whether `record` is this header (or one of its two rows) once more."""
        name = self.column_of[Field.NAME]
        there = squeeze(record[name]) if name < len(record) else ""
        if all(there != _at(row, name) for row in self.rows):
            return False
        return _texts(record) in self.rows

    @property
    def interval_in_years(self) -> bool:
        """Whether a bare number in the interval column counts years."""
        column = self.column_of.get(Field.INTERVAL_MONTHS)
        return column is not None and squeeze(self.columns[column].title).endswith("(年)")


def field_of(text: str) -> Field | None:
    """The field that a header cell names; `text` as `squeeze` gives it."""
    for unit in ("", *TRAILING_UNITS):
        if text.endswith(unit) and (field := FIELD_OF.get(text.removesuffix(unit))):
            return field
    return None


def find_header(records: Sequence[Sequence[Cell]]) -> Header | None:
    """The first of the first 12 records with 4 known names, one of them a name column."""
    for at, record in enumerate(records[:HEADER_WITHIN]):
        upper = _texts(record)
        known = {text for text in upper if field_of(text)}
        if len(known) >= ENOUGH_NAMES and Field.NAME in map(field_of, known):
            below = records[at + 1] if at + 1 < len(records) else ()
            return _header(at + 1, record, below)
    return None


def _header(line: int, record: Sequence[Cell], below: Sequence[Cell]) -> Header:
    upper, lower = _texts(record), _texts(below)
    two_rows = _continues(upper, lower)
    columns: list[Column] = []
    column_of: dict[Field, int] = {}
    for at in range(max(len(upper), len(lower)) if two_rows else len(upper)):
        source = below if two_rows and field_of(_at(lower, at)) else record
        title = source[at] if at < len(source) else None
        field = field_of(squeeze(title))
        is_first = field is not None and column_of.setdefault(field, at) == at
        columns.append(Column("" if title is None else str(title), field if is_first else None))
    rows = (upper, lower) if two_rows else (upper,)
    return Header(line, line + len(rows) - 1, tuple(columns), column_of, rows)


def _continues(upper: list[str], lower: list[str]) -> bool:
    """Whether `lower` names columns that `upper` leaves empty or only groups, and says no more."""
    new = [at for at, text in enumerate(lower) if text and text != _at(upper, at)]
    return bool(new) and all(field_of(lower[at]) and not field_of(_at(upper, at)) for at in new)


def _at(texts: list[str], at: int) -> str:
    return texts[at] if at < len(texts) else ""


def _texts(record: Sequence[Cell]) -> list[str]:
    texts = [squeeze(cell) for cell in record]
    while texts and not texts[-1]:
        texts.pop()
    return texts
