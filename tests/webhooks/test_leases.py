"""Who may send what at a time: slots of a target, turns of its webhooks, leases that end."""

import asyncio

from hub.integrations.outbound import Outcome
from hub.jobs.deliveries import SLOTS
from tests.doors import HubClient
from tests.webhooks.receiver import Receiver
from tests.webhooks.verbs import (
    Keeper,
    Worker,
    a_hook,
    a_keeper,
    changed,
    leases_over,
    run,
    seen,
    states,
)


async def test_no_two_workers_have_the_same_and_a_target_never_more_than_two(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    await a_hook(hub, keeper.admin, receiver)
    await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 10)
    await worker.fanout.look()

    leased = await asyncio.gather(*(worker.postman.lease() for _ in range(6)))

    ids = [one["id"] for some in leased for one in some]
    assert len(ids) == len(set(ids)) == SLOTS


async def test_the_slots_of_a_target_go_round_its_webhooks(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    others = [await a_keeper(hub) for _ in range(2)]
    for one in (keeper, *others):
        await a_hook(hub, one.admin, receiver)
        await changed(hub, one.owner, 30)
        await worker.fanout.look()
        worker.clock.move(seconds=1)

    first = await worker.postman.lease()
    served = {one["webhook_id"] for one in first}
    left = list(first)
    for _ in range(40):
        await worker.postman.record(left.pop(0), Outcome(204, None))
        left += await worker.postman.lease()
        assert len({one["webhook_id"] for one in left}) == len(left) == SLOTS
        served.add(left[-1]["webhook_id"])

    assert len({one["webhook_id"] for one in first}) == SLOTS
    assert len(served) == 3


async def test_a_webhook_is_probed_though_another_of_its_target_is_busy(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    other = await a_keeper(hub)
    await a_hook(hub, other.admin, receiver)
    await changed(hub, other.owner, 5)
    await worker.fanout.look()
    busy = await worker.postman.lease(1)
    await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 5)
    await worker.fanout.look()
    broken = "UPDATE webhook SET failures = 9 WHERE owner_id = :owner"
    await run(hub, broken, owner=keeper.owner.id)
    worker.clock.move(seconds=1)

    probes = await worker.postman.lease()
    await worker.postman.record(busy[0], Outcome(204, None))
    rest = await worker.postman.lease()

    (first,), (probe,), (second,) = busy, probes, rest
    assert first["webhook_id"] == second["webhook_id"] != probe["webhook_id"]


async def test_a_lease_goes_by_the_clock_of_the_database(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner)
    await worker.fanout.look()
    worker.clock.move(hours=5)
    await worker.postman.lease()
    worker.clock.move(hours=-5)
    worker.clock.move(seconds=1)

    await leases_over(hub)
    await worker.all()

    assert await states(hub, hook) == ["DELIVERED"]


async def test_what_a_worker_had_in_hand_is_sent_by_another_once_its_lease_is_over(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 2)
    await worker.fanout.look()
    lost = await worker.postman.lease()

    early = await worker.round()
    await leases_over(hub)
    await worker.all()
    for one in lost:
        await worker.postman.record(one, (await worker.postman.deliver(one)))

    assert (len(lost), early) == (2, 0)
    assert await states(hub, hook) == ["DELIVERED"] * 2
    nodes = (await seen(hub, hook))["deliveries"]["nodes"]
    assert [one["attempts"] for one in nodes] == [2, 2]
