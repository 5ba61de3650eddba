"""One ledger record read by itself: the instrument it states, and what is wrong with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TypeVar

from hub.importers.ledger import cells
from hub.importers.ledger.cells import Cell, Incomplete, Unreadable
from hub.importers.ledger.codes import Finding, LedgerCode
from hub.importers.ledger.header import Field, Header
from hub.rules.due import add_months, valid_until
from hub.vocabulary import CalibrationMode, InstrumentState, ManagementClass

V = TypeVar("V")

FORMULA_SIGNS = ("=", "+", "@")
FREE_TEXT = (
    Field.NAME,
    Field.MODEL_SPEC,
    Field.MANUFACTURER,
    Field.DEPARTMENT,
    Field.LOCATION,
    Field.CUSTODIAN,
    Field.REMARK,
)


@dataclass(frozen=True, slots=True)
class LedgerDraft:
    """One instrument as a ledger states it, in canonical form; drafts are equal by these values.

    `name` is None only in a rejected line. `due_date` is the last valid day where date and
    interval are known. `range_text` keeps the range as printed and is left out of comparison.
    """

    asset_no: str | None
    name: str | None
    model_spec: str | None
    serial_no: str | None
    manufacturer: str | None
    range_lower: Decimal | None
    range_upper: Decimal | None
    range_unit: str | None
    accuracy: str | None
    management_class: ManagementClass | None
    department: str | None
    location: str | None
    custodian: str | None
    mode: CalibrationMode | None
    interval_months: int | None
    last_date: date | None
    due_date: date | None
    certificate_no: str | None
    status: InstrumentState
    compulsory: bool | None
    remark: str | None
    range_text: str | None = field(compare=False)

    @property
    def has_lost_digits(self) -> bool:
        """Whether the serial number is a long number that a spreadsheet has cut."""
        return self.serial_no is not None and cells.is_scientific(self.serial_no)


class Reading:
    """One record, read field by field; `findings` gather on the way."""

    def __init__(self, header: Header, record: Sequence[Cell], *, date1904: bool) -> None:
        self.findings: list[Finding] = []
        self._header = header
        self._record = record
        self._date1904 = date1904

    def draft(self, as_of: date) -> LedgerDraft:
        """The instrument of the record; a test date after `as_of` is a finding."""
        asset_no, serial_no = self._keys()
        mode = self._read(Field.MODE, cells.mode, LedgerCode.UNKNOWN_MODE)
        months = self._interval(mode)
        last_date = self._last_date(as_of)
        limits = self._read(Field.RANGE, cells.measuring_range, LedgerCode.RANGE_UNPARSED)
        lower, upper, unit = limits or (None, None, None)
        self._flag_formulas()
        return LedgerDraft(
            asset_no=asset_no,
            name=self._name(),
            model_spec=self._text(Field.MODEL_SPEC),
            serial_no=serial_no,
            manufacturer=self._text(Field.MANUFACTURER),
            range_lower=lower,
            range_upper=upper,
            range_unit=unit,
            accuracy=self._text(Field.ACCURACY),
            management_class=self._read(
                Field.MANAGEMENT_CLASS, cells.management_class, LedgerCode.UNKNOWN_CLASS
            ),
            department=self._text(Field.DEPARTMENT),
            location=self._text(Field.LOCATION),
            custodian=self._text(Field.CUSTODIAN),
            mode=mode,
            interval_months=months,
            last_date=last_date,
            due_date=self._due_date(last_date, months),
            certificate_no=self._text(Field.CERTIFICATE_NO),
            status=self._status(),
            compulsory=self._compulsory(),
            remark=self._text(Field.REMARK),
            range_text=self._text(Field.RANGE),
        )

    def flag(self, code: LedgerCode, field: Field, offered: str | None = None) -> None:
        """Add a finding on the cell that holds `field`."""
        self.findings.append(Finding(code, field, self._header.column_of.get(field), offered))

    def _cell(self, field: Field) -> Cell:
        at = self._header.column_of.get(field)
        return self._record[at] if at is not None and at < len(self._record) else None

    def _text(self, field: Field) -> str | None:
        return cells.normalise(self._cell(field))

    def _read(self, field: Field, parse: Callable[[Cell], V], code: LedgerCode) -> V | None:
        if self._text(field) is None:
            return None
        try:
            return parse(self._cell(field))
        except Unreadable:
            self.flag(code, field)
            return None

    def _keys(self) -> tuple[str | None, str | None]:
        asset_no, serial_no = self._text(Field.ASSET_NO), self._text(Field.SERIAL_NO)
        if asset_no is None:
            alone = LedgerCode.NO_KEY if serial_no is None else LedgerCode.ASSET_NO_MISSING
            self.flag(alone, Field.ASSET_NO)
        if serial_no is not None and cells.is_scientific(serial_no):
            self.flag(LedgerCode.SERIAL_SCIENTIFIC, Field.SERIAL_NO)
        return asset_no and cells.asset_number(asset_no), serial_no

    def _name(self) -> str | None:
        name = self._text(Field.NAME)
        if name is None:
            self.flag(LedgerCode.MISSING_NAME, Field.NAME)
        return name

    def _interval(self, mode: CalibrationMode | None) -> int | None:
        if self._text(Field.INTERVAL_MONTHS) is None and mode != CalibrationMode.EXEMPT:
            self.flag(LedgerCode.INTERVAL_MISSING, Field.INTERVAL_MONTHS)
        parse = partial(cells.interval, years=self._header.interval_in_years)
        return self._read(Field.INTERVAL_MONTHS, parse, LedgerCode.BAD_INTERVAL)

    def _last_date(self, as_of: date) -> date | None:
        if self._text(Field.LAST_DATE) is None:
            self.flag(LedgerCode.LAST_DATE_MISSING, Field.LAST_DATE)
            return None
        try:
            day = cells.day(self._cell(Field.LAST_DATE), date1904=self._date1904)
        except Incomplete:
            self.flag(LedgerCode.INCOMPLETE_DATE, Field.LAST_DATE)
        except Unreadable:
            self.flag(LedgerCode.BAD_DATE, Field.LAST_DATE)
        else:
            if day <= as_of:
                return day
            self.flag(LedgerCode.FUTURE_DATE, Field.LAST_DATE)
        return None

    def _due_date(self, last_date: date | None, months: int | None) -> date | None:
        parse = partial(cells.day, date1904=self._date1904)
        given = self._read(Field.DUE_DATE, parse, LedgerCode.BAD_DUE_DATE)
        if last_date is None or months is None:
            return given
        last_day = valid_until(last_date, months)
        if given and given not in {last_day, add_months(last_date, months)}:
            self.flag(LedgerCode.DUE_MISMATCH, Field.DUE_DATE, last_day.isoformat())
        return last_day

    def _status(self) -> InstrumentState:
        if self._text(Field.STATUS) is None:
            self.flag(LedgerCode.STATUS_MISSING, Field.STATUS, InstrumentState.IN_USE.label)
        state = self._read(Field.STATUS, cells.state, LedgerCode.UNKNOWN_STATUS)
        return state or InstrumentState.IN_USE

    def _compulsory(self) -> bool | None:
        if self._text(Field.COMPULSORY) is None:
            return None
        return cells.compulsory(self._cell(Field.COMPULSORY))

    def _flag_formulas(self) -> None:
        for free in FREE_TEXT:
            if (self._text(free) or "").startswith(FORMULA_SIGNS):
                self.flag(LedgerCode.FORMULA_LIKE, free)
