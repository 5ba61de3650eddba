"""instrumentChanged over real connections: own changes, all of them, in order, nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from hub.actor import SIGN_IN
from hub.tables.instrument import Instrument
from tests.doors import Asker, HubClient, id_of
from tests.given import a_certificate, a_laboratory, an_instrument
from tests.ledger_verbs import Firm, a_firm, create, done, problem, retire, update
from tests.patience import PATIENCE, patiently

CHANGES = """
subscription { instrumentChanged { pos kind id version instrument { name } } }
"""
ANYONES = "subscription { instrumentChanged { pos kind id version instrument { id } } }"

Events = AsyncIterator[Any]


@asynccontextmanager
async def by_socket(
    live: HubClient, who: Asker, query: str = CHANGES, ids: Sequence[str] = ("1",)
) -> AsyncIterator[Events]:
    """The messages of a subscription over graphql-transport-ws, under one id or several."""
    url = f"{live.http.base_url}/graphql".replace("http", "ws", 1)
    protocol = websockets.Subprotocol("graphql-transport-ws")
    async with websockets.connect(url, subprotocols=[protocol], proxy=None) as wire:
        token = await live.token(who)
        await wire.send(
            json.dumps({"type": "connection_init", "payload": token and {"token": token}})
        )
        async with patiently("the acknowledgement"):
            assert json.loads(await wire.recv()) == {"type": "connection_ack"}
        for id_ in ids:
            asked = {"id": id_, "type": "subscribe", "payload": {"query": query}}
            await wire.send(json.dumps(asked))

        async def messages() -> Events:
            async for text in wire:
                yield json.loads(text)

        yield messages()


@asynccontextmanager
async def by_stream(live: HubClient, who: Asker) -> AsyncIterator[Events]:
    """The same messages over server-sent events."""
    headers = {
        "accept": "text/event-stream",
        "authorization": f"Bearer {await live.token(who)}",
    }
    async with (
        httpx.AsyncClient(base_url=live.http.base_url, timeout=PATIENCE) as http,
        http.stream("POST", "/graphql", json={"query": CHANGES}, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")

        async def messages() -> Events:
            kind = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield {"type": kind, "payload": json.loads(line.removeprefix("data: "))}

        yield messages()


WIRES = {"graphql-transport-ws": by_socket, "server-sent events": by_stream}


@asynccontextmanager
async def listening(live: HubClient, who: Firm, wire: str) -> AsyncIterator[Events]:
    """Changes of the firm `who` from now on: the subscription is known to have begun."""
    async with WIRES[wire](live, who.user) as messages:

        async def changes() -> Events:
            async for message in messages:
                assert message["type"] == "next"
                yield message["payload"]["data"]["instrumentChanged"]

        events = changes()
        first = asyncio.ensure_future(anext(events))
        async with patiently("a subscription to begin"):
            while not first.done():
                await live.given(an_instrument(who.owner, name="probe"))
                await asyncio.wait({first}, timeout=0.1)
        end = await marked(live, who)
        if first.result()["id"] != end:
            await until(events, end)
        yield events


async def marked(live: HubClient, who: Firm) -> str:
    """The id of an instrument made now: a mark in the stream."""
    return id_of(await live.given(an_instrument(who.owner, name="mark")))


async def until(events: Events, id_: str) -> list[Any]:
    """What comes before the change of the object `id_`."""
    found: list[Any] = []
    async with patiently(f"the change of {id_}"):
        async for event in events:
            if event["id"] == id_:
                return found
            found.append(event)
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("wire", WIRES)
async def test_own_changes_come_in_order_and_no_foreign_or_refused_ones(
    live: HubClient, wire: str
) -> None:
    mine, other = await a_firm(live), await a_firm(live)

    async with listening(live, mine, wire) as events:
        made = done(await create(live, mine.user, name="卡尺", assetNo="A-1"))["instrument"]
        await live.given(an_instrument(other.owner, name="foreign"))
        done(await update(live, mine.user, made["id"], content={"name": "new"}))
        refused = await update(live, mine.user, made["id"], content={"name": "late"})
        twice = await create(live, mine.user, name="n", assetNo="A-1")
        done(await retire(live, mine.user, made["id"], version=2))
        found = await until(events, await marked(live, mine))

    assert {problem(refused)[0], problem(twice)[0]} == {"CONFLICT"}
    assert [(one["id"], one["kind"], one["version"]) for one in found] == [
        (made["id"], "UPSERT", 1),
        (made["id"], "UPSERT", 2),
        (made["id"], "DELETE", 3),
    ]
    positions = [int(one["pos"]) for one in found]
    assert positions == sorted(set(positions))
    assert found[-1]["instrument"] is None


async def test_a_change_comes_with_the_instrument_as_it_is(live: HubClient) -> None:
    mine = await a_firm(live)

    async with listening(live, mine, "graphql-transport-ws") as events:
        one = await live.given(an_instrument(mine.owner, name="卡尺"))
        async with patiently("a change"):
            change = await anext(events)

    assert change["id"] == id_of(one)
    assert change["instrument"] == {"name": "卡尺"}


async def test_hundreds_of_changes_of_one_transaction_all_come_in_order(live: HubClient) -> None:
    mine = await a_firm(live)
    filled_in = {"created_at", "updated_at"}
    many = [an_instrument(mine.owner).model_dump(exclude=filled_in) for _ in range(450)]

    async with listening(live, mine, "graphql-transport-ws") as events:
        async with live.hub.database.writer(SIGN_IN) as db:
            await db.insert_many(Instrument, many, action="given")
        found = await until(events, await marked(live, mine))

    stored = await live.stored(
        "SELECT object_id, pos FROM feed WHERE object_id = ANY(:ids) ORDER BY pos",
        ids=[one["id"] for one in many],
    )
    assert [int(one["pos"]) for one in found] == [row.pos for row in stored]
    assert len(found) == 450


async def test_a_socket_hears_each_of_its_subscriptions_under_its_own_id(live: HubClient) -> None:
    mine = await a_firm(live)
    ids = ("1", "二", "a" * 36)

    async with by_socket(live, mine.user, ids=ids) as messages, patiently("a change under each id"):
        heard: dict[str, str] = {}
        while heard.keys() != set(ids):
            await live.given(an_instrument(mine.owner))
            message = await anext(messages)
            heard[message["id"]] = message["type"]

    assert set(heard.values()) == {"next"}


async def test_two_listeners_hear_each_its_own(live: HubClient) -> None:
    one, two = await a_firm(live), await a_firm(live)

    async with (
        listening(live, one, "graphql-transport-ws") as ones,
        listening(live, two, "server-sent events") as twos,
    ):
        made = [
            id_of(await live.given(an_instrument(firm.owner))) for firm in (one, two, one, one, two)
        ]
        heard = [
            [change["id"] for change in await until(events, await marked(live, firm))]
            for events, firm in ((ones, one), (twos, two))
        ]

    assert heard == [[made[0], made[2], made[3]], [made[1], made[4]]]


async def test_a_laboratory_does_not_hear_of_its_clients_instruments(live: HubClient) -> None:
    lab = await live.given(a_laboratory())
    client = await a_firm(live)
    gauge = await live.given(an_instrument(client.owner))
    await live.given(a_certificate(lab.organization, gauge))
    as_firm = Firm(lab.organization, lab.user)

    async with listening(live, as_firm, "graphql-transport-ws") as events:
        done(await update(live, client.user, gauge, content={"name": "new"}))
        found = await until(events, await marked(live, as_firm))

    assert found == []


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("query", "code"), [(ANYONES, "UNAUTHENTICATED"), (CHANGES, "VALIDATION_FAILED")]
)
async def test_who_is_not_signed_in_hears_nothing(
    live: HubClient, wire: str, query: str, code: str
) -> None:
    if wire == "server-sent events":
        headers = {"accept": "text/event-stream"}
        async with httpx.AsyncClient(base_url=live.http.base_url) as http:
            response = await http.post("/graphql", json={"query": query}, headers=headers)
        text = response.text.split("data: ")[1].splitlines()[0]
        errors = json.loads(text)["errors"]
    else:
        async with by_socket(live, None, query) as messages, patiently("a refusal"):
            message = await anext(messages)
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]

    assert [error["extensions"]["code"] for error in errors] == [code]
