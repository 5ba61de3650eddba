"""Due dates: validity, states of a day, Excel serials."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.due import add_months, due_state, excel_date, valid_until
from hub.vocabulary import DueState
from tests.rules.vectors import VECTORS

DAYS = st.dates(date(1990, 1, 1), date(2050, 12, 31))
MONTHS = st.integers(1, 120)


@pytest.mark.parametrize("vector", VECTORS["due_date"])
def test_validity_ends_on_the_eve_of_the_anniversary(vector: dict[str, Any]) -> None:
    tested = date.fromisoformat(vector["calibrated"])

    assert add_months(tested, vector["months"]).isoformat() == vector["anniversary"]
    assert valid_until(tested, vector["months"]).isoformat() == vector["valid_until"]


@pytest.mark.parametrize("vector", VECTORS["due_state"])
def test_the_last_valid_day_is_still_valid(vector: dict[str, Any]) -> None:
    until, today = date.fromisoformat(vector["valid_until"]), date.fromisoformat(vector["today"])

    assert due_state(until, today, vector["window_days"]) == vector["state"]


def test_an_instrument_is_due_soon_for_thirty_days_unless_told_otherwise() -> None:
    until = date(2024, 6, 1)

    assert due_state(until, until - timedelta(days=30)) is DueState.DUE_SOON
    assert due_state(until, until - timedelta(days=31)) is DueState.VALID


def test_the_first_and_the_last_year_of_the_calendar_can_be_reached() -> None:
    assert add_months(date(9999, 11, 30), 1) == date(9999, 12, 30)
    assert add_months(date(1, 2, 1), -1) == date.min


def test_an_instrument_without_validity_is_not_scheduled() -> None:
    assert due_state(None, date(2024, 1, 1)) is DueState.NOT_SCHEDULED


@pytest.mark.parametrize("vector", VECTORS["excel_serial"])
def test_serials_are_days_as_excel_shows_them(vector: dict[str, Any]) -> None:
    found = excel_date(int(vector["serial"]))

    assert (found.isoformat() if found else None) == vector["date"]


@pytest.mark.parametrize("serial", [0, -1, 2958466, 10**12])
def test_a_serial_outside_the_calendar_is_no_day(serial: int) -> None:
    assert excel_date(serial) is None


@given(st.integers(0, 2957003))
def test_a_1904_serial_is_the_1900_serial_plus_1462(serial: int) -> None:
    assert excel_date(serial, date1904=True) == excel_date(serial + 1462)


@given(st.integers(1, 2958464).filter(lambda serial: serial not in (59, 60)))
def test_the_next_serial_is_the_next_day(serial: int) -> None:
    today, tomorrow = excel_date(serial), excel_date(serial + 1)

    assert today is not None
    assert tomorrow == today + timedelta(days=1)


@given(DAYS, MONTHS)
def test_adding_months_keeps_the_day_or_takes_the_last_of_the_month(day: date, months: int) -> None:
    moved = add_months(day, months)

    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months


@given(DAYS, DAYS, MONTHS)
def test_a_later_test_is_never_valid_for_a_shorter_time(one: date, two: date, months: int) -> None:
    early, late = sorted((one, two))

    assert valid_until(early, months) <= valid_until(late, months)


@given(DAYS, st.integers(0, 400), st.integers(-500, 500))
def test_states_follow_one_another_as_days_pass(until: date, window: int, left: int) -> None:
    order = [DueState.VALID, DueState.DUE_SOON, DueState.OVERDUE]
    today = until - timedelta(days=left)

    now = due_state(until, today, window)
    tomorrow = due_state(until, today + timedelta(days=1), window)

    assert order.index(now) <= order.index(tomorrow)
    assert (now is DueState.OVERDUE) == (left < 0)


@pytest.mark.parametrize(("day", "months"), [(date.max, 1), (date(1, 1, 1), -1)])
def test_months_beyond_the_calendar_are_refused(day: date, months: int) -> None:
    with pytest.raises(Refused):
        add_months(day, months)
