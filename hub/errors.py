"""Every refusal the hub can give: a stable code, words in Chinese and English, a hint, a path."""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import ClassVar, NamedTuple


class Words(NamedTuple):
    """One sentence in the two languages of the hub; `zh` is what people read by default."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in `language`: English for "en…", otherwise Chinese."""
        return self.en if language.lower().startswith("en") else self.zh


class Code(StrEnum):
    """The codes of `extensions.code`. They are never translated and never reused."""

    BAD_REQUEST = "BAD_REQUEST"
    PARSE_FAILED = "PARSE_FAILED"
    VALIDATION_FAILED = "VALIDATION_FAILED"
    FIELD_RETIRED = "FIELD_RETIRED"
    BAD_INPUT = "BAD_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    REFUSED = "REFUSED"
    CONFLICT = "CONFLICT"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    COST_EXCEEDED = "COST_EXCEEDED"
    CHANGE_TOKEN_EXPIRED = "CHANGE_TOKEN_EXPIRED"  # noqa: S105 -- a code
    LINK_EXPIRED = "LINK_EXPIRED"
    THROTTLED = "THROTTLED"
    MAINTENANCE = "MAINTENANCE"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    BUSY = "BUSY"
    INTERNAL = "INTERNAL"


Path = tuple[str | int, ...]


class HubError(Exception):
    """A refusal that a caller may read. Raise one of the children, not this class.

    `path` leads from the input of the operation to the value at fault, `hint` says what to do,
    `retry_after` (seconds) is set where waiting helps.
    """

    code: ClassVar[Code] = Code.INTERNAL

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        hint: Words | None = None,
        path: Path = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(en)
        self.words = Words(zh, en)
        self.hint = hint
        self.path = path
        self.retry_after = retry_after


class BadRequest(HubError):
    """The request itself (bytes, headers, JSON) cannot be understood."""

    code = Code.BAD_REQUEST


class BadInput(HubError):
    """A value has the wrong form: a cursor, an id, a number, a file."""

    code = Code.BAD_INPUT


class Invalid(HubError):
    """The document does not fit the schema or a limit on documents."""

    code = Code.VALIDATION_FAILED


class FieldRetired(HubError):
    """The document asks for a coordinate that was removed, and has a successor."""

    code = Code.FIELD_RETIRED

    def __init__(self, coordinate: str, successor: str, since: date) -> None:
        super().__init__(
            f"{coordinate} 已于 {since} 移除，请改用 {successor}",
            f"{coordinate} was removed on {since}: use {successor}",
            hint=Words(f"将 {coordinate} 改为 {successor}", f"replace it by {successor}"),
        )


class Unauthenticated(HubError):
    """No valid credentials came with the request."""

    code = Code.UNAUTHENTICATED


class Forbidden(HubError):
    """The caller may not do this, whatever the rows are."""

    code = Code.FORBIDDEN


class NotFound(HubError):
    """Absent or hidden from the caller; the two cannot be told apart."""

    code = Code.NOT_FOUND


class Refused(HubError):
    """A rule of metrology or of the hub says no. In a mutation this becomes a `problem`."""

    code = Code.REFUSED


class Conflict(HubError):
    """Someone else was first: a taken key, or a version that has moved on."""

    code = Code.CONFLICT


class Stale(Conflict):
    """The caller saw a version that is not the newest.

    `version` is the newest, `changed` names the columns of the input that differ from it.
    """

    def __init__(self, version: int, member: str, changed: Collection[str] = ()) -> None:
        super().__init__(
            f"数据已是第 {version} 版，请刷新后重试",
            f"the row is at version {version} by now, read it again",
            path=(member,),
        )
        self.version = version
        self.changed = changed


class IdempotencyMismatch(HubError):
    """The same idempotency key came with another input."""

    code = Code.IDEMPOTENCY_MISMATCH


class CostExceeded(HubError):
    """One operation asks for more than the hub gives to one operation."""

    code = Code.COST_EXCEEDED


class ChangeTokenExpired(HubError):
    """What follows a place in the feed is kept no longer; `restart_token` is the cursor of now."""

    code = Code.CHANGE_TOKEN_EXPIRED

    def __init__(self, restart_token: str) -> None:
        super().__init__(
            "此游标之后的变更已不再保留",
            "the changes after this cursor are kept no longer",
            hint=Words(
                "先完整读取一遍数据，再从 restartToken 续读",
                "read all data once, then go on from restartToken",
            ),
            path=("after",),
        )
        self.restart_token = restart_token


class LinkExpired(HubError):
    """The time of a link is over, or what it leads to is kept no longer."""

    code = Code.LINK_EXPIRED

    def __init__(self) -> None:
        super().__init__(
            "下载链接已过期",
            "the link has expired",
            hint=Words("请再查询 export 的 url", "query the url of the export again"),
        )


class Busy(HubError):
    """A limit of the machine is reached for the moment."""

    code = Code.BUSY


class Unavailable(HubError):
    """A server that the hub stands on does not answer for the moment."""

    code = Code.UNAVAILABLE
