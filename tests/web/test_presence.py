"""Who is watched: those who wait long, and nobody when no one waits."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from hub.web.presence import PATIENCE, Attendance, Presence
from tests.patience import patiently


class Client:
    """Hangs up when told to, and counts how often it was asked whether it has."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.asked = 0

    async def __call__(self) -> Message:
        self.asked += 1
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def test_a_quick_answer_does_not_ask_for_the_client() -> None:
    attendance, client = Attendance(), Client()

    for _ in range(3):
        async with Presence(attendance, client):
            pass
    await asyncio.sleep(3 * PATIENCE)

    assert client.asked == 0
    assert not attendance.waiting


async def test_long_work_is_stopped_when_its_client_hangs_up_and_only_that() -> None:
    attendance, leaving, staying = Attendance(), Client(), Client()
    finish = asyncio.Event()

    async def work(client: Client) -> str:
        async with Presence(attendance, client):
            await finish.wait()
        return "done"

    left, stayed = (asyncio.create_task(work(client)) for client in (leaving, staying))
    async with patiently("both to be watched"):
        while not leaving.asked or not staying.asked:  # noqa: ASYNC110  the client cannot know
            await asyncio.sleep(0.01)
    leaving.gone.set()

    async with patiently("the work to be stopped"):
        with pytest.raises(ClientDisconnect):
            await left
    finish.set()
    assert await stayed == "done"


async def test_who_comes_after_a_pause_is_watched_too() -> None:
    attendance, client = Attendance(), Client()
    async with Presence(attendance, Client()):
        pass
    await asyncio.sleep(3 * PATIENCE)
    client.gone.set()

    with pytest.raises(ClientDisconnect):
        async with Presence(attendance, client):
            await asyncio.sleep(60)
