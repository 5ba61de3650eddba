"""How an answer leaves: JSON bytes under the headers that every answer of the API carries."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from starlette.types import Send

from hub.values import plain

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
def _head(media_type: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"content-type", f"{media_type}; charset=utf-8".encode()), *API_HEADERS)


async def send_answer(
    send: Send, status: int, media_type: str, body: bytes, headers: Mapping[str, str]
) -> None:
    """Send a whole answer: `body` is text of `media_type` in UTF-8."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                *_head(media_type),
                (b"content-length", b"%d" % len(body)),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
