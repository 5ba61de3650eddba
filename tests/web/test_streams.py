"""Streams of events: how many an account has, and what ends them."""

from contextlib import AsyncExitStack, aclosing

import httpx
import pytest

from hub.settings import Settings
from hub.web.body import Asked
from hub.web.door import Caller
from hub.web.operations import MOST_STREAMS, Operations, Outcome
from tests.web.test_sockets import INIT, closed, opened, say, subscribe
from tests.web.test_sse import ACCEPT
from tests.web.toy import ToyDoor

NUMBERS = Asked("subscription { numbers(to: 3) }")
SILENCE = "subscription { silence }"


async def test_an_account_runs_twenty_subscriptions_at_a_time(settings: Settings) -> None:
    door = ToyDoor()
    operations = Operations(door, settings)
    open_streams = AsyncExitStack()

    async def begin(token: str) -> Outcome:
        caller = Caller({}, token, "zh", "request-1")
        stream = aclosing(operations.events(NUMBERS, caller))
        told = await anext(await open_streams.enter_async_context(stream))
        assert isinstance(told, Outcome)
        return told

    async with open_streams:
        begun = [await begin("staff") for _ in range(MOST_STREAMS)]
        refused = await begin("staff")
        others = await begin("guest")
    again = await begin("staff")
    await open_streams.aclose()

    assert all(outcome.ran for outcome in [*begun, others, again])
    assert [error["extensions"]["code"] for error in refused.errors] == ["BUSY"]


async def test_a_context_rests_before_each_answer_goes_out(settings: Settings) -> None:
    door = ToyDoor()
    caller = Caller({}, "staff", "zh", "request-1")

    rested = [door.rested async for _ in Operations(door, settings).events(NUMBERS, caller)]

    assert rested == [2, 3, 4]


async def test_a_stream_ends_when_the_rights_of_its_account_change(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    door.tokens.add("promoted")
    headers = {**ACCEPT, "authorization": "Bearer promoted"}

    async with web.stream("POST", "/graphql", json={"query": SILENCE}, headers=headers) as answer:
        await door.has_begun()
        door.rights["promoted"] = 1
        text = (await answer.aread()).decode()

    assert "UNAUTHENTICATED" in text
    assert door.cancelled.is_set()


async def test_a_socket_is_closed_when_the_rights_of_its_account_change(
    port: int, door: ToyDoor
) -> None:
    door.tokens.add("demoted")

    async with opened(port, {**INIT, "payload": {"token": "demoted"}}) as socket:
        await say(socket, subscribe(SILENCE))
        await door.has_begun()
        door.rights["demoted"] = 1

        assert await closed(socket) == 4403


async def test_a_stream_ends_when_the_process_is_about_to_stop(
    web: httpx.AsyncClient, door: ToyDoor
) -> None:
    try:
        async with web.stream(
            "POST", "/graphql", json={"query": SILENCE}, headers=ACCEPT
        ) as answer:
            await door.has_begun()
            door.draining.set()
            text = (await answer.aread()).decode()
        query = await web.post("/graphql", json={"query": "{ hello }"}, headers=ACCEPT)
    finally:
        door.draining.clear()

    assert "complete" not in text
    assert door.cancelled.is_set()
    assert "你好" in query.text


@pytest.mark.parametrize("query", ["{ hello }", "mutation { count }"])
async def test_what_is_no_subscription_is_not_counted(settings: Settings, query: str) -> None:
    door = ToyDoor()
    operations = Operations(door, settings)
    caller = Caller({}, "staff", "zh", "request-1")

    async with AsyncExitStack() as stack:
        outcomes = [
            await anext(
                await stack.enter_async_context(aclosing(operations.events(Asked(query), caller)))
            )
            for _ in range(MOST_STREAMS + 1)
        ]

    assert all(isinstance(told, Outcome) and told.ran for told in outcomes)
