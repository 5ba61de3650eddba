"""Answers as they leave: no header can smuggle in another."""

import pytest
from starlette.types import Message

from hub.web.answers import WHOLE, send_answer


async def discard(_message: Message) -> None:
    pass


def refuse(*_: object) -> bool:
    return False


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_a_header_that_holds_the_end_of_a_line_is_not_sent(end: str) -> None:
    scope = {"type": "http", "extensions": {WHOLE: refuse}}
    headers = {"x-request-id": f"1{end}set-cookie: a=b"}

    with pytest.raises(ValueError, match="end of a line"):
        await send_answer(scope, discard, 200, "application/json", b"{}", headers)
