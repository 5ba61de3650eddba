"""What becomes of what cannot be delivered: dead letters, pauses, probes, and the way back."""

import asyncio
from collections import Counter

from hub.jobs.deliveries import SLOTS
from hub.rules.webhook import BREAKS_AFTER
from tests.doors import HubClient
from tests.webhooks.receiver import (
    Answer,
    Message,
    Receiver,
    status,
)
from tests.webhooks.verbs import (
    Keeper,
    Worker,
    a_hook,
    changed,
    do,
    done,
    run,
    seen,
    states,
)


async def test_410_pauses_at_once_and_nothing_is_lost_when_it_goes_on(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(410)
    await changed(hub, keeper.owner, 3)
    await worker.all()
    paused = await seen(hub, hook)
    receiver.answer, receiver.heard = status(204), []
    await changed(hub, keeper.owner)
    worker.clock.move(days=1)
    still = await worker.all()

    done(
        await do(
            hub,
            keeper.admin,
            "updateWebhook",
            id=hook.id,
            expectedVersion=paused["version"],
            state="ACTIVE",
        )
    )
    worker.clock.move(seconds=1)
    await worker.all()

    assert (paused["state"], paused["pauseReason"]) == ("PAUSED", "GONE")
    assert still == 0
    assert len(set(receiver.ids)) == 4


async def test_what_fails_for_three_days_while_others_come_through_is_a_dead_letter(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(500)
    await changed(hub, keeper.owner)
    await worker.all()
    poison = receiver.ids[0]
    receiver.answer = refusing(poison)
    for _ in range(40):
        worker.clock.move(hours=2)
        await changed(hub, keeper.owner)
        await worker.all()

    shown = await seen(hub, hook)
    dead = [one for one in shown["deliveries"]["nodes"] if one["state"] == "DEAD"]
    assert [one["messageId"] for one in dead] == [poison]
    assert dead[0]["attempts"] == 11
    assert dead[0]["lastStatus"] == 500
    assert shown["state"] == "ACTIVE"


def refusing(bad: str) -> Answer:
    """500 to one message, 204 to all others."""

    async def answer(message: Message, out: asyncio.StreamWriter) -> None:
        await status(500 if message.id == bad else 204)(message, out)

    return answer


async def test_a_dead_letter_and_what_follows_it_go_out_again_from_its_position(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 5)
    await worker.all()
    first = list(receiver.heard)
    sql = "UPDATE webhook_delivery SET state = 'DEAD' WHERE message_id = :id"
    await run(hub, sql, id=receiver.ids[2])
    nodes = (await seen(hub, hook))["deliveries"]["nodes"]
    (dead,) = (one for one in nodes if one["state"] == "DEAD")

    told = done(
        await do(
            hub,
            keeper.admin,
            "replayWebhook",
            id=hook.id,
            expectedVersion=1,
            after=dead["replayAfter"],
        )
    )
    await worker.fanout.look()
    waiting = (await seen(hub, hook))["deliveries"]["nodes"][0]
    await worker.all()

    assert (waiting["state"], waiting["lastStatus"], waiting["deliveredAt"]) == (
        "PENDING",
        None,
        None,
    )
    assert told["webhook"]["cursor"] == dead["replayAfter"]
    again = {one.id: one.body for one in receiver.heard[5:]}
    assert again == {one.id: one.body for one in first if one.id in again}
    assert len(again) == 3
    assert dead["messageId"] in again
    assert await states(hub, hook) == ["DELIVERED"] * 5


async def test_where_nothing_comes_through_for_three_days_it_is_paused_and_goes_on_when_told(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(500)
    await changed(hub, keeper.owner, 2)
    tries = 0
    for _ in range(50):
        tries += await worker.all()
        worker.clock.move(hours=2)
    paused = await seen(hub, hook)
    receiver.answer, receiver.heard = status(204), []
    await changed(hub, keeper.owner)

    first = paused["deliveries"]["nodes"][-1]
    done(
        await do(
            hub,
            keeper.admin,
            "replayWebhook",
            id=hook.id,
            expectedVersion=paused["version"],
            after=first["replayAfter"],
        )
    )
    await worker.all()

    assert (paused["state"], paused["pauseReason"]) == ("PAUSED", "FAILING")
    assert 16 <= tries <= 24
    assert {one["state"] for one in paused["deliveries"]["nodes"]} <= {"DEAD", "PENDING"}
    assert "DEAD" in {one["state"] for one in paused["deliveries"]["nodes"]}
    assert await states(hub, hook) == ["DELIVERED"] * 3
    assert Counter(receiver.ids).most_common(1)[0][1] == 1


async def test_a_target_that_fails_is_probed_by_one_until_it_is_well(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(500)
    await changed(hub, keeper.owner, 40)
    broken = await worker.all()
    soon = await worker.all()
    worker.clock.move(seconds=61)
    probes = [await worker.round(), await worker.round()]
    receiver.answer = status(204)
    later = "UPDATE webhook_delivery SET next_at = now() + interval '5 h' WHERE attempts = 1"
    await run(hub, later)
    worker.clock.move(seconds=121)

    well = await worker.round()
    rest = await worker.all()

    assert BREAKS_AFTER <= broken <= BREAKS_AFTER + SLOTS
    assert (soon, probes, well, rest) == (0, [1, 0], 1, 39)
    assert await states(hub, hook) == ["DELIVERED"] * 40
