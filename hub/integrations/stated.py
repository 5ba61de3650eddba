"""Reads what an event says, member by member: the right kind, not too long, or a refusal."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from hub.errors import BadInput
from hub.rules.text import LONGEST, tidy
from hub.vocabulary import Term

T = TypeVar("T", bound=Term)
MOST = 2**31 - 1
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Stated:
    """The members of an event's data. BadInput, with the path, for one that is not as it must be.

    `maybe_…` answer None for one that is absent or null.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def maybe_text(self, name: str, most: int = LONGEST) -> str | None:
        """A text of one line, None for an empty one."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            raise _wrong(name, f"至多 {most} 个字符的文字", f"a text of at most {most} characters")
        return tidy(value) or None

    def text(self, name: str, most: int = LONGEST) -> str:
        """A text that must be there."""
        return _there(name, self.maybe_text(name, most))

    def maybe_day(self, name: str) -> date | None:
        """A calendar day, as in 2026-03-05."""
        value = self._data.get(name)
        if value is None:
            return None
        try:
            if DAY.fullmatch(value):
                return date.fromisoformat(value)
            raise ValueError(value)
        except (TypeError, ValueError) as error:
            raise _wrong(name, "日期，如 2026-03-05", "a day, as in 2026-03-05") from error

    def instant(self, name: str) -> datetime:
        """An instant with its offset, at UTC."""
        try:
            found = datetime.fromisoformat(self._data[name])
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (KeyError, OverflowError, TypeError, ValueError):
            pass
        raise _wrong(name, "带时区的时刻", "an instant with an offset")

    def whole(self, name: str) -> int:
        """A whole number from 1 on."""
        value = self._data.get(name)
        if type(value) is not int or not 1 <= value <= MOST:
            raise _wrong(name, "不小于 1 的整数", "a whole number from 1 on")
        return value

    def term(self, name: str, words: type[T]) -> T:
        """A word of a closed list."""
        try:
            return words(str(self._data.get(name)))
        except ValueError as error:
            some = "、".join(words)
            raise _wrong(name, f"{some} 之一", f"one of {', '.join(words)}") from error


def _there(name: str, value: str | None) -> str:
    if value is None:
        raise _wrong(name, "必填", "needed")
    return value


def _wrong(name: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{name} 须为：{zh}", f"{name} must be: {en}", path=("data", name))
