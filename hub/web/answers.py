"""How an answer leaves: JSON bytes under the headers that every answer of the API carries."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from starlette.types import Scope, Send

from hub.values import plain

WHOLE = "hub.whole"
"""The extension of ASGI by which `hub.web.server` lets an answer out in one go."""
API_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def encode(value: Any) -> bytes:
    """`value` as JSON in UTF-8; a Decimal is its text. TypeError for what JSON cannot say."""
    return orjson.dumps(value, default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"{type(value).__qualname__} cannot be written as JSON")


@lru_cache(maxsize=8)
def _common(media_type: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"content-type", f"{media_type}; charset=utf-8".encode()), *API_HEADERS)


@lru_cache(maxsize=8)
def _common_lines(media_type: str) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in _common(media_type))


def _lines(headers: Mapping[str, str]) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if len(lines.splitlines()) != len(headers):
        raise ValueError("a header of an answer holds the end of a line")
    return lines.encode()


async def send_answer(
    scope: Scope,
    send: Send,
    status: int,
    media_type: str,
    body: bytes,
    headers: Mapping[str, str],
) -> None:
    """Send a whole answer: `body` is text of `media_type` in UTF-8."""
    whole = scope.get("extensions", {}).get(WHOLE)
    if whole and whole(scope, status, _common_lines(media_type) + _lines(headers), body):
        return
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                *_common(media_type),
                (b"content-length", b"%d" % len(body)),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
