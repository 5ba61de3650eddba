"""Until when a calibration is valid, where a day stands to it, and which day an Excel serial is."""

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta

from hub.errors import Refused
from hub.vocabulary import DueState

ONE_DAY = timedelta(days=1)
EXCEL_1900 = date(1899, 12, 31)
EXCEL_1904 = date(1904, 1, 1)
EXCEL_LEAP_BUG = 60  # Excel takes 1900 for a leap year; its 29 February is no day of the calendar


def add_months(start: date, months: int) -> date:
    """The same day `months` later (earlier when negative), or the last of a shorter month.

    Refused beyond the years 1 to 9999.
    """
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise Refused(
            f"从 {start} 起 {months} 个月超出日历范围",
            f"{months} months from {start} leave the calendar",
            path=("intervalMonths",),
        )
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))


def valid_until(test_date: date, months: int) -> date:
    """The last valid day of a test on `test_date` with an interval of `months`.

    It is the eve of the anniversary: tested 2024-03-05 for 12 months, valid until 2025-03-04.
    """
    return add_months(test_date, months) - ONE_DAY


def due_state(valid_until: date | None, today: date, window_days: int = 30) -> DueState:
    """Where `today` stands to `valid_until`, which is itself still a valid day.

    DUE_SOON in the last `window_days` days, NOT_SCHEDULED where no validity is known.
    """
    if valid_until is None:
        return DueState.NOT_SCHEDULED
    days_left = (valid_until - today).days
    if days_left < 0:
        return DueState.OVERDUE
    return DueState.DUE_SOON if days_left <= window_days else DueState.VALID


def excel_date(serial: int, *, date1904: bool = False) -> date | None:
    """The day of a whole Excel serial, None where Excel's number is no day of the calendar.

    1900 system: 1 = 1900-01-01, 60 is no day, 61 = 1900-03-01; 1904 system: 0 = 1904-01-01.
    """
    start, first = (EXCEL_1904, 0) if date1904 else (EXCEL_1900, 1)
    after_leap_bug = not date1904 and serial > EXCEL_LEAP_BUG
    days = serial - 1 if after_leap_bug else serial
    skipped = not date1904 and serial == EXCEL_LEAP_BUG
    if serial < first or skipped or days > (date.max - start).days:
        return None
    return start + timedelta(days=days)
