"""What a webhook is told: each change once at least, signed, through every kind of trouble."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from hub.changes import cursor, position
from hub.integrations.outbound import Wall, outbound
from hub.jobs.retention import discard
from tests.doors import HubClient, id_of, key
from tests.given import an_instrument
from tests.webhooks.receiver import (
    Answer,
    Receiver,
    endless,
    endless_headers,
    silence,
    status,
)
from tests.webhooks.verbs import (
    Keeper,
    Worker,
    a_hook,
    a_keeper,
    a_worker,
    changed,
    do,
    done,
    run,
    seen,
    states,
)


async def test_a_change_is_told_in_few_words_and_signed(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    gauge = await hub.given(an_instrument(keeper.owner, name="restricted"))

    sent = await worker.all()

    (message,) = receiver.heard
    told = Webhook(hook.secret).verify(message.body, message.headers)
    data = told["data"]
    assert sent == 1
    assert told["type"] == "instrument.upsert"
    assert data == {
        "cursor": cursor(position(data["cursor"])),
        "objectType": "INSTRUMENT",
        "objectId": id_of(gauge),
        "kind": "UPSERT",
        "reason": None,
        "mergedInto": None,
        "version": 1,
    }
    assert message.headers["content-type"] == "application/json"
    assert message.id.startswith("msg_")
    assert await states(hub, hook) == ["DELIVERED"]


async def test_only_what_follows_and_only_the_kinds_that_are_wanted_are_told(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    await changed(hub, keeper.owner)
    await a_hook(hub, keeper.admin, receiver, types=["PERSONNEL"])
    await changed(hub, keeper.owner)

    await worker.all()

    assert receiver.heard == []


async def test_nobody_is_told_of_what_is_anothers(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    await a_hook(hub, keeper.admin, receiver)
    other = await a_keeper(hub)
    await changed(hub, other.owner, 3)

    await worker.all()

    assert receiver.heard == []


SYNC = """
mutation($input: SyncInstrumentsInput!) { syncInstruments(input: $input) { counts { unchanged } } }
"""


async def test_a_sync_of_an_unchanged_ledger_tells_nothing(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    rows = [{"externalId": f"e-{at}", "assetNo": f"a-{at}", "name": "卡尺"} for at in range(20)]
    for told in (20, 20):
        if told and not receiver.heard:
            await a_hook(hub, keeper.admin, receiver)
        given = {"source": "erp", "rows": rows, "idempotencyKey": key()}
        answer = await hub.ask(SYNC, as_=keeper.admin, input=given)
        assert answer.errors == []
        await worker.all()
        assert len(receiver.heard) == told

    assert answer.data["syncInstruments"]["counts"] == {"unchanged": 20}


async def test_a_receiver_that_was_down_for_an_hour_is_told_everything_once_by_its_id(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(503)
    for _ in range(12):
        await changed(hub, keeper.owner, 5)
        await worker.all()
        worker.clock.move(minutes=5)
    refused = len(receiver.heard)
    receiver.answer, receiver.heard = status(204), []

    worker.clock.move(minutes=10)
    await worker.all()

    assert refused >= 12
    assert len(receiver.ids) == 60
    assert len(set(receiver.ids)) == 60
    assert await states(hub, hook) == ["DELIVERED"] * 60
    assert (await seen(hub, hook))["failures"] == 0


async def test_both_secrets_sign_for_a_day_after_a_rotation(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    new = done(await do(hub, keeper.admin, "rotateWebhookSecret", id=hook.id, expectedVersion=1))
    for hours in (0, 23.9, 0.2):
        worker.clock.move(hours=hours)
        await changed(hub, keeper.owner)
        await worker.all()

    both = [
        (one.signed_with(hook.secret), one.signed_with(new["secret"])) for one in receiver.heard
    ]
    assert both == [(True, True), (True, True), (False, True)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (status(500), (500, "STATUS")),
        (status(302, "location: http://127.0.0.1:1/"), (302, "STATUS")),
        (status(302, "location: https://xn--/"), (302, "STATUS")),
        (status(404), (404, "STATUS")),
        (silence, (None, "TIMEOUT")),
        (endless_headers, (None, "UNREACHABLE")),
    ],
    ids=["5xx", "3xx", "3xx to nowhere", "4xx", "slow", "endless headers"],
)
async def test_what_is_no_success_is_told_and_tried_again_after_five_seconds(
    hub: HubClient,
    keeper: Keeper,
    receiver: Receiver,
    worker: Worker,
    answer: Answer,
    told: tuple[int | None, str],
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = answer
    await changed(hub, keeper.owner)

    await worker.round()
    (delivery,) = (await seen(hub, hook))["deliveries"]["nodes"]
    early = await worker.round()
    receiver.answer = status(200)
    worker.clock.move(seconds=6)
    await worker.round()

    assert (delivery["lastStatus"], delivery["lastFailure"]) == told
    assert (delivery["state"], delivery["attempts"]) == ("PENDING", 1)
    assert early == 0
    assert len(set(receiver.ids)) == 1
    assert len({one.body for one in receiver.heard}) == 1
    assert await states(hub, hook) == ["DELIVERED"]


async def test_a_try_that_goes_wrong_in_any_way_has_failed(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise RuntimeError(host)

    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner)
    async with outbound(Wall({receiver.target}, resolve)) as way, a_worker(hub) as worker:
        broken = replace(worker, postman=replace(worker.postman, way=way))
        await broken.all()

    (delivery,) = (await seen(hub, hook))["deliveries"]["nodes"]
    assert (delivery["state"], delivery["attempts"]) == ("PENDING", 1)
    assert delivery["lastFailure"] == "UNREACHABLE"


async def test_an_answer_without_an_end_is_a_success_by_its_status(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = endless
    await changed(hub, keeper.owner)

    await worker.round()

    assert await states(hub, hook) == ["DELIVERED"]


async def test_a_ping_is_sent_once_whatever_the_state(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    asked = {"id": hook.id, "expectedVersion": 1}
    done(await do(hub, keeper.admin, "updateWebhook", **asked, state="PAUSED"))
    receiver.answer = status(500)
    done(await do(hub, keeper.admin, "testWebhook", id=hook.id))
    twice = await do(hub, keeper.admin, "testWebhook", id=hook.id)
    worker.clock.move(seconds=1)
    await worker.all()
    receiver.answer = status(204)
    done(await do(hub, keeper.admin, "testWebhook", id=hook.id))
    worker.clock.move(seconds=1)
    await worker.all()

    assert twice.data["done"]["problems"][0]["code"] == "REFUSED"
    assert [one.told["type"] for one in receiver.heard] == ["ping", "ping"]
    assert receiver.heard[1].signed_with(hook.secret)
    assert await states(hub, hook) == ["DEAD", "DELIVERED"]


async def test_a_deleted_webhook_is_sent_nothing_even_of_what_waited(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner)
    await worker.fanout.look()
    (leased,) = await worker.postman.lease()
    await changed(hub, keeper.owner)
    await worker.fanout.look()

    done(await do(hub, keeper.admin, "deleteWebhook", id=hook.id, expectedVersion=1))
    await worker.postman.record(leased, await worker.postman.deliver(leased))
    await worker.all()

    assert len(receiver.heard) == 1


async def test_a_secret_that_does_not_open_is_told_and_nothing_is_sent(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await run(hub, "UPDATE webhook SET secret = 'k9:AAAA' WHERE owner_id = :o", o=keeper.owner.id)
    await changed(hub, keeper.owner)

    await worker.all()

    assert receiver.heard == []
    assert (await seen(hub, hook))["deliveries"]["nodes"][0]["lastFailure"] == "SECRET"


async def test_a_previous_secret_that_does_not_open_keeps_nothing_back(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    new = done(await do(hub, keeper.admin, "rotateWebhookSecret", id=hook.id, expectedVersion=1))
    lost = "UPDATE webhook SET previous_secret = 'k9:AAAA' WHERE owner_id = :o"
    await run(hub, lost, o=keeper.owner.id)
    await changed(hub, keeper.owner)

    await worker.all()

    assert await states(hub, hook) == ["DELIVERED"]
    assert receiver.heard[0].signed_with(new["secret"])


async def test_deliveries_that_have_ended_are_kept_for_a_time(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 3)
    await worker.all()
    old = "UPDATE webhook_delivery SET updated_at = now() - interval '31 days'"
    await run(hub, f"{old} WHERE message_id <> :id", id=receiver.ids[0])
    sql = "UPDATE webhook_delivery SET state = 'PENDING' WHERE message_id = :id"
    await run(hub, sql, id=receiver.ids[1])

    await discard(hub.hub.database, timedelta(days=30))

    nodes = (await seen(hub, hook))["deliveries"]["nodes"]
    assert {one["messageId"] for one in nodes} == set(receiver.ids[:2])
