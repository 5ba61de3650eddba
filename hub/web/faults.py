"""What an exception of the machine means, and the log that an outage cannot flood."""

import time
from collections.abc import Callable, Iterator
from pathlib import PurePath
from traceback import walk_tb
from typing import ClassVar

import asyncpg
import structlog
from graphql import ArgumentNode, GraphQLError, ValueNode
from redis.exceptions import ConnectionError as ValkeyAway
from redis.exceptions import TimeoutError as ValkeySlow
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from hub.errors import BadInput, Busy, Code, HubError, Unavailable, Words

_AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ValkeyAway,
    ValkeySlow,
)


# An error at a value, not at a field: what a variable brought where it may not be null.
_VALUES = (ArgumentNode, ValueNode)


class TimedOut(HubError):
    """The operation did not end within its time."""

    code: ClassVar[Code] = Code.TIMEOUT


class Internal(HubError):
    """A mistake of ours. The log knows more under the id of the request."""

    code: ClassVar[Code] = Code.INTERNAL


def own(error: BaseException) -> HubError | None:
    """The refusal that `error` is or carries; None when it comes from elsewhere."""
    return next((cause for cause in causes(error) if isinstance(cause, HubError)), None)


def foreign(error: BaseException) -> HubError:
    """What an exception that is no refusal of ours means to the caller; a bug becomes Internal."""
    return next(filter(None, map(_meaning, causes(error))), None) or Internal(
        "服务内部出错，已记录", "something went wrong on our side; it has been noted"
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies under it, the outermost first, ten at most."""
    under: BaseException | None = error
    for _ in range(10):
        if under is None:
            return
        yield under
        under = (
            getattr(under, "original_error", None)
            or getattr(under, "orig", None)
            or under.__cause__
        )


def _meaning(error: BaseException) -> HubError | None:
    if isinstance(error, TimeoutError):
        return _timed_out()
    if isinstance(error, PoolEmpty):
        return _busy()
    if isinstance(error, asyncpg.PostgresError):
        return _of_postgres(error.sqlstate or "")
    if isinstance(error, asyncpg.InterfaceError) and _is_unfit(error):
        return _unfit()
    if isinstance(error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return _away()
    if isinstance(error, GraphQLError) and error.nodes and isinstance(error.nodes[0], _VALUES):
        return BadInput(f"参数值不可用：{error.message}", error.message)
    return None


def _of_postgres(sqlstate: str) -> HubError | None:
    """By SQLSTATE (PostgreSQL, appendix A); None where our own SQL is at fault.

    Classes 22 and 54: a value that cannot be read, or too many or too long ones.
    """
    if sqlstate == "57014":  # statement_timeout
        return _timed_out()
    if sqlstate == "55P03" or sqlstate[:2] == "40":  # lock_timeout; deadlock, serialization
        return _busy()
    if sqlstate[:2] in {"08", "53", "57", "58"} or sqlstate == "25006":
        return _away()
    return _unfit() if sqlstate[:2] in {"22", "54"} else None


def _is_unfit(error: asyncpg.InterfaceError) -> bool:
    """Whether the driver refused a value or the number of them; others mean a lost server."""
    return isinstance(error, ValueError) or "number of query arguments" in str(error)


def _timed_out() -> HubError:
    return TimedOut(
        "处理超时",
        "the operation took too long",
        hint=Words(
            "请缩小查询范围或减少每页条数", "ask for less: a narrower filter or a smaller page"
        ),
    )


def _busy() -> HubError:
    return Busy("服务繁忙，请稍后重试", "the hub is busy; try again in a moment", retry_after=1)


def _away() -> HubError:
    return Unavailable(
        "后台服务暂时不可用，请稍后重试",
        "a server behind the hub does not answer for the moment",
        retry_after=2,
    )


def _unfit() -> HubError:
    return BadInput("数据库无法接受其中一个值", "one of the values does not fit the database")


class FaultLog:
    """One line a fault, at most `most` a second for each code, saying how many were left out."""

    def __init__(self, most: int = 10, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._counts: dict[Code, tuple[int, int]] = {}
        self._log = structlog.get_logger("hub.web")

    def write(self, code: Code, error: BaseException, request_id: str) -> None:
        """Note `error`: its kind, the first line of its words and where it was raised."""
        second = int(self._clock())
        since, count = self._counts.get(code, (second, 0))
        left_out = max(0, count - self._most) if since != second else 0
        self._counts[code] = (second, count + 1 if since == second else 1)
        if self._counts[code][1] > self._most:
            return
        cause = next((c for c in causes(error) if not isinstance(c, GraphQLError)), error)
        self._log.error(
            "fault",
            code=code.value,
            request_id=request_id,
            error=f"{type(cause).__qualname__}: {str(cause).partition(chr(10))[0][:200]}",
            at=_place(cause),
            left_out=left_out,
        )


def _place(error: BaseException) -> str:
    frames = [
        f"{PurePath(frame.f_code.co_filename).name}:{line}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return " > ".join(frames[-4:])
