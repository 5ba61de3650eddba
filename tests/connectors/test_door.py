"""The door where systems push: signed, stored before it is answered, the same to all strangers."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hub.exchange import ConnectorKind
from hub.integrations.signing import signed
from hub.integrations.wire import MOST_BYTES
from hub.web import exchange
from tests.connectors.test_erp import ledger
from tests.connectors.verbs import (
    Connected,
    Keeper,
    Worker,
    a_connector,
    do,
    done,
    messages,
    states,
)
from tests.doors import HubClient


def an_event(**values: Any) -> dict[str, Any]:
    """An instrument that is stated."""
    return {
        "id": uuid4().hex,
        "type": "instrument.stated",
        "at": datetime.now(UTC).isoformat(),
        "subject": "EQ-1",
        "seq": 1,
        "data": {"externalId": "EQ-1", "assetNo": "A-1", "name": "压力表"},
    } | values


async def pushed(
    hub: HubClient,
    one: Connected,
    event: Any,
    *,
    secret: str | None = None,
    at: datetime | None = None,
    door: str | None = None,
) -> httpx.Response:
    """The answer to an event that is pushed, signed now with the connector's secret."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    raw = base64.b64decode((secret or one.secret).removeprefix("whsec_"))
    headers = signed("1", at or datetime.now(UTC), body.decode("latin-1"), [raw])
    return await hub.http.post(door or one.door, content=body, headers=headers)


@pytest.fixture
async def erp(hub: HubClient, enterprise: Keeper) -> Connected:
    return await a_connector(hub, enterprise, ConnectorKind.ERP)


async def test_an_event_is_stored_then_answered_and_applied_once(
    hub: HubClient, enterprise: Keeper, erp: Connected, worker: Worker
) -> None:
    event = an_event()

    answers = [await pushed(hub, erp, event) for _ in range(3)]

    assert [(one.status_code, one.json()) for one in answers] == [(202, {"id": event["id"]})] * 3
    assert await states(hub, erp) == ["PENDING"]
    await worker.all()
    assert await states(hub, erp) == ["DONE"]
    assert len(await ledger(hub, enterprise)) == 1


async def test_strangers_are_told_the_same_whatever_is_wrong(
    hub: HubClient, enterprise: Keeper, erp: Connected
) -> None:
    other = await a_connector(hub, enterprise, ConnectorKind.ERP)
    now, event = datetime.now(UTC), an_event()
    unknown = f"/exchange/{uuid4()}/messages"

    answers = [
        await pushed(hub, erp, event, secret=other.secret),
        await pushed(hub, erp, event, door=unknown),
        await pushed(hub, erp, event, door="/exchange/what/messages"),
        await pushed(hub, erp, event, at=now - timedelta(minutes=6)),
        await pushed(hub, erp, event, at=now + timedelta(minutes=6)),
        await hub.http.post(erp.door, json=event),
        await hub.http.post(erp.door, content=b"\xff"),
    ]

    told = [answer.json() | {"requestId": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert all(one == told[0] for one in told)
    assert await messages(hub, erp) == []


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        (b"{not json", 400, None),
        (b"[]", 400, None),
        (json.dumps(an_event(subject="")).encode(), 400, ["subject"]),
        (json.dumps(an_event(at="2026-11-01")).encode(), 400, ["at"]),
        (b"[" * 1000, 400, None),
    ],
    ids=["text", "list", "subject", "at", "deep"],
)
async def test_what_is_no_event_is_refused_with_its_path(
    hub: HubClient, erp: Connected, body: bytes, status: int, path: list[str] | None
) -> None:
    answer = await pushed(hub, erp, body)

    assert (answer.status_code, answer.json().get("inputPath")) == (status, path)
    assert answer.headers["content-type"] == "application/json"
    assert await messages(hub, erp) == []


async def test_what_is_too_large_is_not_read_and_other_methods_are_not_served(
    hub: HubClient, erp: Connected
) -> None:
    large = await pushed(hub, erp, b"x" * (MOST_BYTES + 1))
    got = await hub.http.get(erp.door)

    assert large.status_code == 413
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


async def test_a_new_secret_ends_the_old_one(
    hub: HubClient, enterprise: Keeper, erp: Connected
) -> None:
    told = done(
        await do(hub, enterprise.who, "rotateConnectorSecret", id=erp.id, expectedVersion=1)
    )

    assert (await pushed(hub, erp, an_event())).status_code == 401
    assert (await pushed(hub, erp, an_event(), secret=told["secret"])).status_code == 202


async def test_what_is_pushed_to_a_paused_connector_waits_for_it(
    hub: HubClient, enterprise: Keeper, erp: Connected, worker: Worker
) -> None:
    given = {"id": erp.id, "expectedVersion": 1, "state": "PAUSED"}
    done(await do(hub, enterprise.who, "updateConnector", **given))

    answer = await pushed(hub, erp, an_event())
    await worker.all()

    assert answer.status_code == 202
    assert await states(hub, erp) == ["PENDING"]


async def test_a_flood_is_asked_to_come_back_later(
    hub: HubClient, erp: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MOST_WAITING", 2)

    answers = [await pushed(hub, erp, an_event()) for _ in range(4)]

    assert [one.status_code for one in answers] == [202, 202, 202, 503]
    assert answers[-1].json()["retryAfter"] == 30
