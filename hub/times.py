"""The local calendar of the hub."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local_day(instant: datetime) -> date:
    """The calendar day in Shanghai at an instant."""
    return instant.astimezone(LOCAL).date()


def today() -> date:
    """The calendar day in Shanghai now."""
    return local_day(datetime.now(UTC))
