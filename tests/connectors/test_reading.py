"""What other systems tell is read, stored and applied once, however badly they tell it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from examples.simulators.behaviour import Behaviour
from examples.simulators.erp import Erp
from hub.exchange import ConnectorKind
from hub.integrations.erp import FLOWS
from hub.integrations.port import Applied, Event, Flow, Link
from hub.integrations.wire import MOST_BYTES, MOST_EVENTS, SHOWN_BYTES
from hub.jobs import connector_turns
from hub.jobs.connector_inbox import MOST_TRIES
from hub.jobs.connector_turns import MOST_PAGES
from hub.rules.connector import MOST_REREADS
from hub.rules.webhook import BREAKS_AFTER
from hub.writer import Writer
from tests.connectors.simulating import simulating
from tests.connectors.test_erp import an_erp, ledger
from tests.connectors.verbs import (
    Connected,
    Keeper,
    Worker,
    a_connector,
    a_worker,
    conflicts,
    connected,
    do,
    done,
    leases_over,
    messages,
    seen,
    states,
)
from tests.doors import HubClient
from tests.webhooks.receiver import Answer, Message, receiving, status


async def as_told(hub: HubClient, keeper: Keeper, erp: Erp) -> bool:
    """Whether the ledger is the one that a system has."""
    lines = await ledger(hub, keeper)
    return {line["source"]["key"]: (line["name"], line["department"]) for line in lines} == {
        key: (line["name"], line["department"]) for key, line in erp.ledger.items()
    }


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        Behaviour(duplicated=True),
        Behaviour(reordered=True),
        Behaviour(duplicated=True, reordered=True),
        Behaviour(wrong_totals=True),
    ],
    ids=str,
)
async def test_however_events_are_told_each_is_applied_once_and_the_newest_stands(
    hub: HubClient, enterprise: Keeper, worker: Worker, behaviour: Behaviour
) -> None:
    erp = Erp("credential", behaviour=behaviour)
    rounds = 10 if behaviour == Behaviour() else 2  # ten are more than a page
    for round_ in range(rounds):
        for key in list(erp.ledger):
            erp.state(key, department=f"车间{round_}")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()
        for _ in range(2 * MOST_REREADS + 2):
            await worker.later(seconds=3)

    told = await messages_of(hub, one)
    assert sorted(told) == sorted(event["id"] for event in erp.events)
    assert await as_told(hub, enterprise, erp)
    assert await conflicts(hub, enterprise) == []


async def messages_of(hub: HubClient, one: Connected) -> list[str]:
    """The ids of all that a connector has said."""
    found: list[str] = []
    after: str | None = None
    query = """query($id: ID!, $after: String) { connector(id: $id) {
      messages(first: 100, after: $after, filter: {state: {in: [DONE, STALE]}}) {
        nodes { key } pageInfo { hasNextPage endCursor }
      } } }"""
    while True:
        answer = await hub.ask(query, as_=one.keeper.who, id=one.id, after=after)
        assert answer.errors == []
        page = answer.data["connector"]["messages"]
        found += [node["key"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def test_a_wrong_total_is_read_again_three_times_then_noted_and_gone_on_from(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    erp.behaviour = Behaviour(wrong_totals=True)
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await worker.talk()
        await worker.apply()
        assert len(await ledger(hub, enterprise)) == 1
        assert (await seen(hub, one))["health"] == "OK"
        for _ in range(MOST_REREADS):
            await worker.later(seconds=3)

        found = await seen(hub, one)
        assert (found["health"], found["lastFailure"]) == ("DEGRADED", "WRONG_TOTAL")
        assert found["caughtUpAt"] is not None
        erp.behaviour = Behaviour()
        erp.state("EQ-1", department="一车间")
        await worker.later(minutes=1)

        assert (await seen(hub, one))["health"] == "OK"
    assert await as_told(hub, enterprise, erp)


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Behaviour(down=True), "STATUS"),
        (Behaviour(garbage=True), "ANSWER"),
        (Behaviour(cut=True), "UNREACHABLE"),
        (Behaviour(slow=3600), "TIMEOUT"),
    ],
    ids=str,
)
async def test_a_system_that_fails_is_soon_only_probed_and_read_on_when_it_is_back(
    hub: HubClient, enterprise: Keeper, behaviour: Behaviour, failure: str
) -> None:
    erp = Erp("credential", behaviour=behaviour)
    async with simulating(erp) as base, a_worker(hub, seconds=0.2) as worker:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await worker.all()
        assert (await seen(hub, one))["health"] == "DEGRADED"
        for _ in range(BREAKS_AFTER):
            await worker.later(minutes=1)

        found = await seen(hub, one)
        assert (found["health"], found["lastFailure"]) == ("DOWN", failure)
        assert found["blockedUntil"] is not None
        assert found["standing"]["errorRate"] == "1.0000"
        assert await worker.talk() == 0
        erp.behaviour = Behaviour()
        await worker.later(minutes=20)

        found = await seen(hub, one)
        assert (found["health"], found["failures"], found["failingSince"]) == ("OK", 0, None)
    assert await as_told(hub, enterprise, erp)


async def test_a_credential_that_is_not_taken_is_named(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = Erp("another")
    async with simulating(erp) as base:
        one = await a_connector(hub, enterprise, ConnectorKind.ERP, base, "credential")
        await worker.all()
        found = await seen(hub, one)
        assert (found["lastFailure"], found["lastStatus"]) == ("CREDENTIAL", 401)

        given = {"id": one.id, "expectedVersion": 1, "credential": "another"}
        done(await do(hub, enterprise.who, "updateConnector", **given))
        await worker.all()

    assert (await seen(hub, one))["health"] == "OK"
    assert await as_told(hub, enterprise, erp)


@asynccontextmanager
async def answering(
    hub: HubClient, keeper: Keeper, answer: Answer
) -> AsyncIterator[tuple[Connected, Any]]:
    """A connector to a server that gives this answer to everything, and what it heard."""
    async with receiving() as (receiver,):
        receiver.answer = answer
        one = await a_connector(hub, keeper, ConnectorKind.ERP, f"http://{receiver.target}")
        yield one, receiver


def content(body: bytes) -> Answer:
    """An answer with a body."""

    async def answer(message: Message, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n" + body)

    return answer


def page(*items: Any, end: str = "1", more: bool = False) -> bytes:
    """A page of whatever items."""
    told = {"items": list(items), "next": end, "more": more, "total": len(items)}
    return json.dumps(told).encode()


EVENT = {
    "id": "1",
    "type": "instrument.stated",
    "at": "2026-11-01T08:00:00+08:00",
    "subject": "s",
    "seq": 1,
    "data": {"externalId": "1", "assetNo": "A-1", "name": "表"},
}


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ("what is this", []),
        ({}, ["data"]),
        (EVENT | {"id": ""}, ["id"]),
        (EVENT | {"id": "x" * 256}, ["id"]),
        (EVENT | {"at": "2026-11-01T08:00:00"}, ["at"]),
        (EVENT | {"at": "2999-11-01T08:00:00+08:00"}, ["at"]),
        (EVENT | {"seq": -1}, ["seq"]),
        (EVENT | {"seq": 2**63}, ["seq"]),
        (EVENT | {"seq": True}, ["seq"]),
        (EVENT | {"data": []}, ["data"]),
        (EVENT | {"data": {"name": "a\0b"}}, []),
        (EVENT | {"type": "instrument.melted"}, ["type"]),
    ],
)
async def test_what_nobody_understands_is_kept_with_what_is_wrong_and_stops_no_other(
    hub: HubClient, enterprise: Keeper, worker: Worker, item: Any, path: list[str]
) -> None:
    good = EVENT | {"id": "good", "subject": "other"}
    async with answering(hub, enterprise, content(page(item, good))) as (one, _):
        await worker.all()

    found = {message["key"]: message for message in await messages(hub, one)}
    assert found.pop("good")["state"] == "DONE"
    (bad,) = found.values()
    assert (bad["state"], bad["problem"]["path"]) == ("REJECTED", path)
    assert json.loads(bad["body"]) == item
    assert len(await ledger(hub, enterprise)) == 1


def nested(levels: int) -> Any:
    """A value in so many lists."""
    found: Any = "x"
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    "data", [{"name": nested(300)}, {"name": "x" * MOST_BYTES}], ids=["deep", "long"]
)
async def test_of_an_event_that_is_too_long_or_too_deep_the_beginning_is_kept_and_stops_no_other(
    hub: HubClient, enterprise: Keeper, worker: Worker, data: Any
) -> None:
    good = EVENT | {"id": "good", "subject": "other"}
    bad = EVENT | {"id": "bad", "data": {"externalId": "2", "assetNo": "A-2"} | data}
    async with answering(hub, enterprise, content(page(bad, good))) as (one, _):
        await worker.all()

    found = {message["state"]: message for message in await messages(hub, one)}
    assert found.keys() == {"DONE", "REJECTED"}
    rejected = found["REJECTED"]
    assert rejected["key"].startswith("sha256:")
    assert rejected["body"].startswith('{"id":"bad","type":"instrument.stated"')
    assert len(rejected["body"]) <= SHOWN_BYTES + 1
    assert rejected["problem"]["code"] == "BAD_INPUT"
    done(await do(hub, enterprise.who, "retryConnectorMessage", id=rejected["id"]))
    await worker.all()
    assert sorted(await states(hub, one)) == ["DONE", "REJECTED"]
    assert len(await ledger(hub, enterprise)) == 1


async def test_a_turn_that_fails_of_an_error_of_ours_is_a_failure_that_is_seen(
    hub: HubClient, enterprise: Keeper, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> int:
        raise KeyError("secret")

    monkeypatch.setattr(connector_turns, "store", fail)
    async with answering(hub, enterprise, content(page(EVENT))) as (one, receiver):
        for _ in range(BREAKS_AFTER):
            await worker.later(minutes=1)
        heard = len(receiver.heard)
        await worker.all()

    found = await seen(hub, one)
    assert (found["health"], found["failures"]) == ("DOWN", BREAKS_AFTER)
    assert len(receiver.heard) == heard == BREAKS_AFTER


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"x" * (8 * 1_048_576 + 1), "TOO_LARGE"),
        (b"[]", "ANSWER"),
        (b'{"items": [], "next": null, "more": false, "total": 0}', "ANSWER"),
        (b'{"items": [], "next": "\\u0000", "more": false, "total": 0}', "ANSWER"),
        (b"[" * 100_000, "ANSWER"),
        (page(*[0] * (MOST_EVENTS + 1)), "ANSWER"),
    ],
    ids=["large", "list", "next", "nul", "deep", "many"],
)
async def test_an_answer_that_is_none_leaves_the_place_where_it_was(
    hub: HubClient, enterprise: Keeper, worker: Worker, body: bytes, failure: str
) -> None:
    async with answering(hub, enterprise, content(body)) as (one, receiver):
        await worker.all()
        assert (await seen(hub, one))["lastFailure"] == failure
        receiver.answer = content(page(EVENT))
        await worker.later(minutes=1)

    assert await states(hub, one) == ["DONE"]


async def test_a_redirect_is_not_followed_and_leads_nowhere(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    async with receiving() as (elsewhere,):
        to = status(302, f"location: http://{elsewhere.target}/events")
        async with answering(hub, enterprise, to) as (one, _):
            await worker.all()

    assert (await seen(hub, one))["lastStatus"] == 302
    assert elsewhere.heard == []


async def test_a_target_behind_the_wall_is_not_even_connected_to(
    hub: HubClient, enterprise: Keeper
) -> None:
    async with (
        answering(hub, enterprise, content(page())) as (one, receiver),
        a_worker(hub, allowed=frozenset()) as worker,
    ):
        await worker.all()

    assert (await seen(hub, one))["lastFailure"] == "ADDRESS"
    assert receiver.heard == []


async def test_a_page_that_leads_to_itself_is_not_read_for_ever(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    endless = content(page(EVENT, end="same", more=True))
    async with answering(hub, enterprise, endless) as (one, receiver):
        await worker.all()

    assert len(receiver.heard) == 2
    assert await states(hub, one) == ["DONE"]


async def test_pages_that_lead_in_a_circle_are_not_read_at_full_speed(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    ends = itertools.cycle("ab")

    async def circle(message: Message, out: asyncio.StreamWriter) -> None:
        await content(page(EVENT, end=next(ends), more=True))(message, out)

    async with answering(hub, enterprise, circle) as (one, receiver):
        turns = [await worker.talk() for _ in range(3)]

    assert turns == [1, 1, 0]
    assert len(receiver.heard) == 2 * MOST_PAGES
    assert await states(hub, one) == ["PENDING"]


async def test_a_paused_connector_is_left_alone_and_goes_on_where_it_was(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await worker.talk()
        given = {"id": one.id, "expectedVersion": 1, "state": "PAUSED"}
        done(await do(hub, enterprise.who, "updateConnector", **given))
        erp.state("EQ-2", assetNo="A-2", name="电流表")
        await worker.later(hours=1)
        assert await ledger(hub, enterprise) == []
        assert await states(hub, one) == ["PENDING"]

        given |= {"expectedVersion": 2, "state": "ACTIVE"}
        done(await do(hub, enterprise.who, "updateConnector", **given))
        await worker.all()

    assert len(await ledger(hub, enterprise)) == 2


async def test_a_turn_that_was_cut_off_is_taken_by_another_worker_once_its_lease_is_over(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base, a_worker(hub) as other:
        await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        assert len(await worker.agent.lease(64)) == 1
        assert await other.talk() == 0

        await leases_over(hub)
        await other.all()

    assert len(await ledger(hub, enterprise)) == 1


async def test_a_worker_whose_lease_is_over_notes_nothing_any_more(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base, a_worker(hub) as other:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        (late,) = await worker.agent.lease(64)
        await leases_over(hub)
        await other.all()
        before = await seen(hub, one)
        erp.behaviour = Behaviour(down=True)

        await worker.agent.turn(late)

    assert await seen(hub, one) | {"standing": 0} == before | {"standing": 0}


async def test_two_workers_that_apply_at_once_apply_each_event_once(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = Erp("credential")
    for key in list(erp.ledger):
        erp.state(key, department="新车间")
    async with simulating(erp) as base, a_worker(hub) as other:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await worker.talk()

        shares = await asyncio.gather(worker.apply(), other.apply())

    assert sum(shares) == len(erp.events)
    assert {message["tries"] for message in await messages(hub, one)} == {0}
    assert await as_told(hub, enterprise, erp)


async def test_an_error_of_ours_is_tried_again_and_then_kept_as_one(
    hub: HubClient, enterprise: Keeper, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(db: Writer, link: Link, event: Event) -> Applied:
        raise KeyError("secret")

    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        with monkeypatch.context() as patch:
            patch.setitem(FLOWS, "instrument.stated", Flow(fail))
            await worker.all()
            assert await states(hub, one) == ["PENDING"]
            for _ in range(MOST_TRIES):
                await worker.later(hours=11)
        (message,) = await messages(hub, one)
        assert (message["state"], message["problem"]["code"]) == ("REJECTED", "INTERNAL")
        assert "secret" not in json.dumps(message["problem"])

        done(await do(hub, enterprise.who, "retryConnectorMessage", id=message["id"]))
        await worker.all()

    assert await states(hub, one) == ["DONE"]
