"""Connectors: who keeps which, and what is never shown."""

from typing import Any

import pytest

from hub.exchange import ConnectorKind
from hub.vocabulary import Role
from tests.connectors.test_door import an_event, pushed
from tests.connectors.verbs import (
    Keeper,
    Worker,
    a_connector,
    a_steward,
    an_enterprise,
    do,
    done,
    refused,
    seen,
)
from tests.doors import HubClient, key
from tests.given import a_user, an_organization
from tests.webhooks.verbs import run

ERP = {"code": "erp-1", "kind": "ERP", "name": "用友"}
OUT = {"baseUrl": "https://erp.example.com/hub", "credential": "s3cret-credential"}


async def test_a_connector_is_made_and_its_secrets_are_never_shown_again(
    hub: HubClient, enterprise: Keeper
) -> None:
    given = {**ERP, **OUT, "idempotencyKey": key()}

    first = done(await do(hub, enterprise.who, "createConnector", **given))
    again = done(await do(hub, enterprise.who, "createConnector", **given))
    rows = await hub.stored("SELECT * FROM connector WHERE code = 'erp-1'")

    assert first["secret"].startswith("whsec_")
    assert (again["secret"], again["replayed"]) == (None, True)
    assert first["connector"] | {"standing": 0} == again["connector"] | {"standing": 0}
    assert first["connector"]["pushPath"] == f"/exchange/{rows[0].id}/messages"
    assert (first["connector"]["direction"], first["connector"]["health"]) == ("IN", "OK")
    stored = str(rows)
    assert OUT["credential"] not in stored
    assert first["secret"].removeprefix("whsec_") not in stored


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"code": "ERP"}, ("BAD_INPUT", ["code"])),
        ({"code": "e"}, ("BAD_INPUT", ["code"])),
        ({"kind": "ECQS"}, ("REFUSED", ["kind"])),
        ({"kind": "LICENSING"}, ("REFUSED", ["kind"])),
        ({"name": "  "}, ("REFUSED", ["name"])),
        ({"baseUrl": "http://erp.example.com"}, ("BAD_INPUT", ["baseUrl"])),
        ({"baseUrl": "https://10.0.0.1"}, ("BAD_INPUT", ["baseUrl"])),
        ({"baseUrl": "https://erp.example.com/?a=1"}, ("BAD_INPUT", ["baseUrl"])),
        ({"credential": ""}, ("BAD_INPUT", ["credential"])),
        ({"credential": "令牌"}, ("BAD_INPUT", ["credential"])),
        ({"credential": "a\r\nx: y"}, ("BAD_INPUT", ["credential"])),
    ],
)
async def test_what_cannot_be_a_connector_is_refused_at_its_member(
    hub: HubClient, enterprise: Keeper, changed: dict[str, Any], told: tuple[str, list[str]]
) -> None:
    answer = await do(hub, enterprise.who, "createConnector", **{**ERP, **OUT, **changed})

    assert refused(answer) == told


async def test_a_code_is_taken_within_an_organisation_only(
    hub: HubClient, enterprise: Keeper, steward: Keeper
) -> None:
    other = await an_enterprise(hub)
    for keeper in (enterprise, other):
        done(await do(hub, keeper.who, "createConnector", **ERP | {"code": "mine"}))
    platforms = {"code": "mine", "kind": "ECQS", "name": "e-CQS"}
    done(await do(hub, steward.who, "createConnector", **platforms))

    for keeper, given in ((enterprise, ERP | {"code": "mine"}), (steward, platforms)):
        answer = await do(hub, keeper.who, "createConnector", **given)
        assert refused(answer) == ("CONFLICT", ["code"])


async def test_each_sees_the_connectors_that_it_keeps(hub: HubClient, enterprise: Keeper) -> None:
    await run(hub, "DELETE FROM connector_message")
    other, steward = await an_enterprise(hub), await a_steward(hub)
    clerk = await hub.given(a_user(await hub.given(an_organization()), Role.USER))
    mine = await a_connector(hub, enterprise, ConnectorKind.ERP)
    its = await a_connector(hub, other, ConnectorKind.ERP)
    ours = await a_connector(hub, steward, ConnectorKind.ECQS)

    async def visible(who: Any) -> set[str]:
        query = "query { connectors(first: 100) { nodes { id } } }"
        answer = await hub.ask(query, as_=who)
        return {node["id"] for node in answer.data["connectors"]["nodes"]}

    assert await visible(enterprise.who) == {mine.id}
    assert await visible(clerk) == set()
    assert {mine.id, its.id, ours.id} <= await visible(steward.who)
    foreign = await do(hub, enterprise.who, "updateConnector", id=its.id, expectedVersion=1)
    assert foreign.codes == ["NOT_FOUND"]
    forbidden = await do(hub, clerk, "createConnector", **ERP)
    assert forbidden.codes == ["FORBIDDEN"]


async def test_an_operator_keeps_messages_going_without_reading_them(
    hub: HubClient, steward: Keeper
) -> None:
    one = await a_connector(hub, steward, ConnectorKind.LICENSING)
    operator = await hub.given(a_user(await hub.given(an_organization()), Role.OPERATOR))
    await pushed(hub, one, an_event())
    query = "query { connectorMessages { nodes { key body } } }"

    seen_ = await hub.ask(query, as_=operator)
    known = await hub.ask(query, as_=steward.who)

    assert seen_.data["connectorMessages"]["nodes"][0]["body"] is None
    assert "压力表" in known.data["connectorMessages"]["nodes"][0]["body"]


async def test_an_address_elsewhere_needs_its_credential_anew(
    hub: HubClient, enterprise: Keeper
) -> None:
    made = done(await do(hub, enterprise.who, "createConnector", **ERP | OUT | {"code": "moved"}))
    given = {"id": made["connector"]["id"], "expectedVersion": 1}
    elsewhere = {"baseUrl": "https://thief.example.com"}

    told = refused(await do(hub, enterprise.who, "updateConnector", **given, **elsewhere))
    moved = done(
        await do(hub, enterprise.who, "updateConnector", **given, **elsewhere, credential="new")
    )

    assert told == ("REFUSED", ["credential"])
    assert moved["connector"]["baseUrl"] == elsewhere["baseUrl"]
    stale = await do(hub, enterprise.who, "updateConnector", **given, name="晚了")
    assert refused(stale) == ("CONFLICT", ["expectedVersion"])


async def test_lag_is_counted_from_what_was_last_read_whole(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    pushes = await a_connector(hub, enterprise, ConnectorKind.ERP)
    reads = await a_connector(hub, enterprise, ConnectorKind.ERP, "http://127.0.0.1:9")
    await run(hub, "UPDATE connector SET created_at = now() - interval '1 hour'")
    await worker.all()

    assert (await seen(hub, pushes))["standing"]["lagSeconds"] == 0
    assert (await seen(hub, reads))["standing"]["lagSeconds"] >= 3600
    assert (await seen(hub, reads))["lastFailure"] == "UNREACHABLE"
