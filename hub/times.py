"""The local calendar of the hub, and its clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
Clock = Callable[[], datetime]
"""Tells the instant that it is, at UTC."""


def utc_now() -> datetime:
    """The instant that it is, at UTC."""
    return datetime.now(UTC)


def local_day(instant: datetime) -> date:
    """The calendar day in Shanghai at an instant."""
    return instant.astimezone(LOCAL).date()


def today() -> date:
    """The calendar day in Shanghai now."""
    return local_day(datetime.now(UTC))


def instant_text(instant: datetime) -> str:
    """An instant at UTC as PostgreSQL writes it in JSON: no zeros at the end of its fraction."""
    # asyncpg reads the infinities of PostgreSQL as the ends of the calendar, without a zone.
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).replace(tzinfo=None)
    text = instant.isoformat()
    return (text.rstrip("0") if "." in text else text) + "+00:00"
