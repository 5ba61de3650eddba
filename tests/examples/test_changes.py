"""The sample of the change feed goes on where it was left, page by page and as a subscription."""

import asyncio
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from tests.doors import HubClient
from tests.examples.conftest import create_until_heard
from tests.examples.samples import SAMPLES
from tests.patience import patiently


async def read(live: HubClient, after: str | None) -> Any:
    """One page from the cursor on."""
    sample = SAMPLES["changes"]
    variables = sample.variables | {"after": after}
    answer = await live.ask(sample.operations["Changes"], as_=sample.login, **variables)
    assert answer.errors == []
    return answer.data["changes"]


async def test_the_next_page_of_changes_starts_behind_the_first(live: HubClient) -> None:
    first = await read(live, None)
    second = await read(live, first["endCursor"])

    assert first["hasMore"]
    assert int(first["nodes"][-1]["pos"]) < int(second["nodes"][0]["pos"])


async def test_the_subscription_tells_what_came_after_the_cursor(live: HubClient) -> None:
    sample = SAMPLES["changes"]
    start = (await live.ask("{ changes(first: 0) { endCursor } }", as_=sample.login)).data
    heard = asyncio.create_task(asyncio.Event().wait())
    writing = asyncio.create_task(create_until_heard(live, heard))
    url = f"{live.http.base_url}/graphql".replace("http", "ws", 1)
    transport = WebsocketsTransport(url, init_payload={"token": await live.token(sample.login)})

    async with Client(transport=transport) as session:
        variables = {"after": start["changes"]["endCursor"], "types": ["INSTRUMENT"]}
        text = sample.operations["FollowChanges"]
        events = session.subscribe(GraphQLRequest(text, variable_values=variables))
        async with patiently("a change"):
            event = await anext(events)
        await events.aclose()
    heard.cancel()
    await writing

    change = event["changes"]
    assert (change["type"], change["kind"], change["reason"]) == ("INSTRUMENT", "UPSERT", None)
    assert change["node"]["name"] == "数显卡尺"
