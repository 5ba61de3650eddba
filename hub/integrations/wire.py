"""The hub's neutral exchange format: JSON over HTTP, in both directions (docs/connectors.md)."""

from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from hub.errors import BadInput
from hub.exchange import ConnectorFailure
from hub.integrations.outbound import Answer, Outbound, Unanswered
from hub.integrations.port import Declined, Event, Failed, Outgoing, Page, Receipt
from hub.times import instant_text

MOST_ANSWERED = 8 * 1_048_576
"""Bytes of an answer."""
MOST_EVENTS = 200
"""Events that a page is asked for, and may hold."""
MOST_BYTES = 262_144
"""Bytes of one event."""
SHOWN_BYTES = 4_096
"""Bytes that are kept of what is no event because it is too long or too deep."""
SHOWN_MEMBERS = 16
CUT = "…"
"""The end of what is not kept whole: no JSON ends so."""
LONGEST = 255
LONGEST_TYPE = 64
LONGEST_CURSOR = 4_096
LONGEST_SEQ = 2**63 - 1
LONGEST_REASON = 4_000
NUL = b"\\u0000"
AGENT = "metrology-hub"


class Kept(NamedTuple):
    """What is kept of what was told, and an id made of it."""

    body: str
    key: str


def event_of(item: Any) -> Event:
    """The event that a JSON value states. BadInput, at the member at fault, where it is none."""
    if not isinstance(item, dict):
        raise _bad("应为 JSON 对象", "it has to be a JSON object")
    _check_text(item)
    seq, data = item.get("seq"), item.get("data")
    if seq is not None and (type(seq) is not int or not 0 <= seq <= LONGEST_SEQ):
        raise _bad("应为不小于 0 的整数", "it has to be a whole number from 0 on", "seq")
    if not isinstance(data, dict):
        raise _bad("应为 JSON 对象", "it has to be a JSON object", "data")
    return Event(
        id=_text(item, "id", LONGEST),
        type=_text(item, "type", LONGEST_TYPE),
        at=_instant(item),
        subject=_text(item, "subject", LONGEST),
        seq=seq,
        data=data,
    )


def event_in(body: str) -> Event:
    """The event that is kept as `body`. BadInput where it is none, or was not kept whole."""
    if body.endswith(CUT):
        raise _bad(
            f"超过 {MOST_BYTES} 字节，或嵌套过深，未全部保存",
            f"it has more than {MOST_BYTES} bytes or is nested too deeply, and is not kept whole",
        )
    return event_of(orjson.loads(body))


def kept(item: Any) -> Kept:
    """What is kept of a JSON value: all of it, unless it is longer or deeper than events may be."""
    try:
        text, is_deep = orjson.dumps(item), False
    except orjson.JSONEncodeError:
        text, is_deep = orjson.dumps(_head(item)), True
    key = f"sha256:{sha256(text).hexdigest()}"
    if is_deep or len(text) > MOST_BYTES:
        return Kept(text[:SHOWN_BYTES].decode(errors="ignore") + CUT, key)
    return Kept(text.decode(), key)


def _head(item: Any) -> dict[str, Any]:
    """The first members of an object that hold no others."""
    members = islice(item.items() if isinstance(item, dict) else (), SHOWN_MEMBERS)
    return {name: one for name, one in members if not isinstance(one, dict | list)}


def _check_text(item: dict[str, Any]) -> None:
    try:
        text = orjson.dumps(item)
    except orjson.JSONEncodeError as error:
        raise _bad("嵌套过深", "it is nested too deeply") from error
    if len(text) > MOST_BYTES:
        raise _bad(f"超过 {MOST_BYTES} 字节", f"it has more than {MOST_BYTES} bytes")
    if NUL in text:
        raise _bad("含有空字符（U+0000）", "it holds the character NUL")


def _text(item: dict[str, Any], name: str, most: int) -> str:
    found = item.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= most:
        raise _bad(f"应为 1 至 {most} 个字符", f"it has to have 1 to {most} characters", name)
    return found


def _instant(item: dict[str, Any]) -> datetime:
    try:
        found = datetime.fromisoformat(_text(item, "at", LONGEST_TYPE))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _bad("应为带时区的时刻", "it has to be an instant with its offset", "at")


def _bad(zh: str, en: str, *path: str) -> BadInput:
    place = f"{path[0]} " if path else ""
    return BadInput(f"事件的格式不对：{place}{zh}", f"this is no event: {place}{en}", path=path)


class HttpSystem:
    """A system at `base`, which knows the hub by `credential`."""

    def __init__(self, way: Outbound, base: str, credential: str) -> None:
        self._way = way
        self._base = base
        self._headers = {
            "authorization": f"Bearer {credential}",
            "accept": "application/json",
            "accept-encoding": "identity",
            "user-agent": AGENT,
        }

    async def events(self, after: str | None) -> Page:
        """The page of events after a cursor. Failed where there is no answer of that form."""
        asked = {"limit": MOST_EVENTS} | ({} if after is None else {"after": after})
        answer = await self._ask("GET", f"/events?{urlencode(asked)}", None)
        _check_taken(answer)
        match _object(answer):
            case {"items": list(items), "next": str(end), "more": bool(more), "total": int(total)}:
                fits = len(items) <= MOST_EVENTS and len(end) <= LONGEST_CURSOR
                if fits and "\0" not in end:
                    return Page(items, end, more, total)
        raise Failed(ConnectorFailure.ANSWER, answer.status)

    async def send(self, message: Outgoing) -> Receipt:
        """The receipt of a message. Declined where it was refused for good, otherwise Failed."""
        told = {
            "id": message.id,
            "type": message.type,
            "at": instant_text(message.at),
            "subject": message.subject,
            "data": message.data,
        }
        answer = await self._ask("POST", "/messages", orjson.dumps(told))
        if answer.status in (409, 422):
            match _object(answer):
                case {"code": str(code), "reason": str(reason)}:
                    raise Declined(_clean(code, LONGEST_TYPE), _clean(reason, LONGEST_REASON))
            raise Failed(ConnectorFailure.ANSWER, answer.status)
        _check_taken(answer)
        match _object(answer):
            case {"id": message.id, "receipt": str() | None as receipt}:
                return Receipt(receipt and _clean(receipt, LONGEST))
        raise Failed(ConnectorFailure.ANSWER, answer.status)

    async def _ask(self, method: str, path: str, body: bytes | None) -> Answer:
        headers = self._headers
        if body is not None:
            headers = headers | {"content-type": "application/json"}
        try:
            return await self._way.ask(method, self._base + path, headers, body, MOST_ANSWERED)
        except Unanswered as error:
            if error.failure is None:
                raise Failed(ConnectorFailure.TOO_LARGE) from error
            raise Failed(ConnectorFailure(error.failure.value)) from error


def _check_taken(answer: Answer) -> None:
    if answer.status in (401, 403):
        raise Failed(ConnectorFailure.CREDENTIAL, answer.status)
    if not 200 <= answer.status < 300:
        raise Failed(ConnectorFailure.STATUS, answer.status)


def _object(answer: Answer) -> Any:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise Failed(ConnectorFailure.ANSWER, answer.status) from error


def _clean(text: str, most: int) -> str:
    return text.replace("\0", "")[:most]
