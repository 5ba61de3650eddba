"""Strict bodies: bytes within a limit, JSON that is really JSON, and what a request asks."""

from collections.abc import AsyncGenerator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from hub.errors import BadRequest, Words

DEEPEST = 32
_CONTAINERS = frozenset({dict, list})
_LARGE = 4_096
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
T = TypeVar("T")


class Asked(NamedTuple):
    """One operation as a client asks for it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    has_files: bool = False
    """Whether files came with it: reading and storing them takes longer."""


class RequestRefused(BadRequest):
    """The request is refused for its HTTP form, with the status that says so."""

    def __init__(
        self,
        status: int,
        zh: str,
        en: str,
        *,
        hint: Words | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(zh, en, hint=hint)
        self.status = status
        self.headers = headers


def too_large(limit: int) -> RequestRefused:
    """The refusal of what is larger than `limit` bytes.

    The connection stays: closed under a client that still sends, it would lose the answer. What
    comes is thrown away until the body ends or its time is over.
    """
    return RequestRefused(413, f"请求体超过 {limit} 字节", f"the body is larger than {limit} bytes")


async def chunks(
    receive: Receive, headers: Mapping[str, str], limit: int
) -> AsyncGenerator[bytes, None]:
    """The body as it arrives. RequestRefused (413) as soon as it is known to pass `limit` bytes."""
    left = limit
    _check_declared(headers, limit)
    more = True
    while more:
        chunk, more = await _piece(receive)
        left -= len(chunk)
        if left < 0:
            raise too_large(limit)
        yield chunk


def _check_declared(headers: Mapping[str, str], limit: int) -> None:
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 19 or int(declared) > limit:
        raise too_large(limit)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """What comes next of the body, and whether there is more."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body. RequestRefused (413) when it passes `limit` bytes."""
    _check_declared(headers, limit)
    pieces, left, more = [], limit, True
    while more:
        piece, more = await _piece(receive)
        left -= len(piece)
        if left < 0:
            raise too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def read_json(text: bytes | str) -> Any:
    """The value of a JSON text in UTF-8, at most 32 deep, without NaN. BadRequest otherwise."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"不是有效的 JSON：{error}", f"this is not valid JSON: {error}") from None
    is_large = type(text) is bytes and len(text) > _LARGE
    if type(value) in _CONTAINERS and not (is_large and _is_shallow(cast("bytes", text))):
        _check_depth(value)
    return value


def _is_shallow(text: bytes) -> bool:
    """Whether the brackets alone show that a JSON text is not too deep; in texts they mislead."""
    brackets = text.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return True
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return not brackets


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        inside = list(
            chain.from_iterable(one.values() if type(one) is dict else one for one in level)
        )
        if _CONTAINERS.isdisjoint(map(type, inside)):
            return
        level = [one for one in inside if type(one) in _CONTAINERS]
    raise BadRequest(f"JSON 嵌套超过 {DEEPEST} 层", f"the JSON is nested more than {DEEPEST} deep")


def read_asked(value: Any) -> Asked:
    """The operation in the JSON of a request; unknown keys are ignored. Else BadRequest."""
    if isinstance(value, list):
        raise BadRequest(
            "不支持批量请求，请逐个发送", "batches are not served; send one operation a request"
        )
    if not isinstance(value, dict):
        raise BadRequest("请求体应为 JSON 对象", "the request has to be a JSON object")
    if not isinstance(query := value.get("query"), str):
        raise BadRequest("query 应为字符串", "`query` has to be a string", path=("query",))
    return Asked(
        query,
        _member(value, "variables", dict, "对象", "an object"),
        _member(value, "operationName", str, "字符串", "a string"),
        _member(value, "extensions", dict, "对象", "an object"),
    )


def _member(value: Mapping[str, Any], name: str, kind: type[T], zh: str, en: str) -> T | None:
    member = value.get(name)
    if member is None or isinstance(member, kind):
        return member
    raise BadRequest(f"{name} 应为{zh}或 null", f"`{name}` has to be {en} or null", path=(name,))


def read_query_string(query_string: bytes) -> Asked:
    """The operation in the parameters of a GET request. BadRequest if it is none."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), True, encoding="utf-8", errors="strict", max_num_fields=16
        )
    except ValueError:
        raise BadRequest("URL 参数无法解读", "the URL parameters cannot be read") from None
    value: dict[str, Any] = {}
    for name, text in pairs:
        if name in value:
            raise BadRequest(f"URL 参数 {name} 重复", f"the URL parameter {name} is repeated")
        value[name] = read_json(text) if name in {"variables", "extensions"} and text else text
    return read_asked(value)
