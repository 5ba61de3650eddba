"""What was dealt with is let go of after a season; what was not is kept until someone decides."""

from hub.exchange import ConnectorKind
from hub.jobs.retention import settle
from tests.connectors.test_door import an_event, pushed
from tests.connectors.verbs import Keeper, Worker, a_connector, messages
from tests.doors import HubClient
from tests.webhooks.verbs import run


async def test_old_messages_go_but_for_those_that_nobody_has_decided(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    one = await a_connector(hub, enterprise, ConnectorKind.ERP)
    events = [an_event(), an_event(type="instrument.melted"), an_event()]
    for event in events:
        await pushed(hub, one, event)
    await worker.all()
    young = events[2]["id"]
    await run(
        hub,
        "UPDATE connector_message SET updated_at = now() - interval '91 days' WHERE key <> :key",
        key=young,
    )

    await settle(hub.hub.database)

    kept = [(message["key"], message["state"]) for message in await messages(hub, one)]
    assert kept == [(events[1]["id"], "REJECTED"), (young, "DONE")]


async def test_what_is_told_again_after_it_was_let_go_of_still_changes_nothing(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    one = await a_connector(hub, enterprise, ConnectorKind.ERP)
    first = an_event()
    second = an_event(seq=2, data=first["data"] | {"name": "精密压力表"})
    for event in (first, second):
        await pushed(hub, one, event)
    await worker.all()
    await run(hub, "UPDATE connector_message SET updated_at = now() - interval '91 days'")
    await settle(hub.hub.database)

    await pushed(hub, one, first)
    await worker.all()

    assert [message["state"] for message in await messages(hub, one)] == ["STALE"]
