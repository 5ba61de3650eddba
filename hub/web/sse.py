"""Answers as server-sent events (graphql-sse, distinct connections mode), kept alive."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from starlette.types import Send

from hub.tasks import end
from hub.web.answers import API_HEADERS
from hub.web.channels import Shared, event
from hub.web.negotiation import EVENTS
from hub.web.operations import Admit, Outcome

COMMENT = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


async def stream(
    outcomes: AsyncGenerator[Outcome | Shared, None],
    send: Send,
    admit: Admit,
    seconds: float,
    request_id: str,
    stopping: Coroutine[Any, Any, None],
) -> None:
    """Send each outcome as an event, then `complete`.

    Every `seconds` comes a comment, and `admit` is asked whether the caller may still listen; a
    lock-out ends the stream. So does the end of `stopping`, without `complete`: the client is to
    come back.
    Errors are events too: the stream itself is always a 200.
    """
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", EVENTS.encode() + b"; charset=utf-8"),
                (b"x-accel-buffering", b"no"),
                *API_HEADERS,
                (b"x-request-id", request_id.encode()),
            ],
        }
    )
    pouring = asyncio.create_task(_pour(outcomes, send))
    stop = asyncio.create_task(stopping)
    try:
        while not pouring.done():
            await asyncio.wait(
                {pouring, stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if pouring.done():
                break
            if stop.done():
                await send({"type": "http.response.body", "body": b""})
                return
            await _say(send, COMMENT)
            if (refusal := await admit()) and refusal.locks_out:
                await _say(send, event(refusal.body))
                break
    finally:
        await end(pouring, stop)
    await send({"type": "http.response.body", "body": COMPLETE})


async def _pour(outcomes: AsyncGenerator[Outcome | Shared, None], send: Send) -> None:
    async with aclosing(outcomes):
        async for outcome in outcomes:
            told = outcome.events if isinstance(outcome, Shared) else event(outcome.body)
            await _say(send, told)
            await _say(send, b"")  # waits for the client, so that what comes next is judged late


async def _say(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})
