"""How changes become deliveries: windows of the feed, from where a webhook has come to."""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from hub.actor import Actor
from hub.changes import StoredFeed, position
from hub.db import Database
from hub.events import Stretch
from hub.jobs.webhooks import WINDOW, Fanout
from schema.changes import event_of
from tests.doors import HubClient
from tests.feed.verbs import numbered
from tests.given import a_fee_document, a_fee_item
from tests.webhooks.receiver import Receiver, status
from tests.webhooks.verbs import (
    Keeper,
    Worker,
    a_hook,
    a_keeper,
    changed,
    do,
    done,
    run,
    seen,
    states,
)


async def test_what_waits_stays_in_the_feed_beyond_a_window(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    receiver.answer = status(500)
    await changed(hub, keeper.owner, WINDOW + 100)
    await worker.round()
    for _ in range(5):
        await worker.fanout.look()
    count = "SELECT count(*) FROM webhook_delivery WHERE state = 'PENDING' AND owner_id = :owner"
    waiting = await hub.stored(count, owner=keeper.owner.id)
    receiver.answer = status(204)
    worker.clock.move(hours=1)

    await worker.all()

    assert waiting == [(WINDOW,)]
    assert len(set(receiver.ids)) == WINDOW + 100
    assert position((await seen(hub, hook))["cursor"]) >= WINDOW + 100


async def test_who_was_left_too_far_behind_is_paused_and_begins_anew(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner, 3)
    await run(hub, "UPDATE feed_head SET floor = pos - 1")
    await worker.all()
    paused = await seen(hub, hook)
    asked = {"id": hook.id, "expectedVersion": paused["version"]}

    resumed = await do(hub, keeper.admin, "updateWebhook", **asked, state="ACTIVE")
    early = await do(hub, keeper.admin, "replayWebhook", **asked, after=paused["cursor"])
    token = early.errors[0]["extensions"]["restartToken"]
    done(await do(hub, keeper.admin, "replayWebhook", **asked, after=token))
    await changed(hub, keeper.owner)
    await worker.all()

    assert (paused["state"], paused["pauseReason"]) == ("PAUSED", "CHANGE_TOKEN_EXPIRED")
    assert resumed.data["done"]["problems"][0]["path"] == ["state"]
    assert early.codes == ["CHANGE_TOKEN_EXPIRED"]
    assert len(receiver.heard) == 1


async def test_who_hears_nothing_is_moved_on_lest_its_place_be_trimmed(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, keeper.owner)
    since = await worker.fanout.look()
    await changed(hub, (await a_keeper(hub)).owner)
    await worker.fanout.look(since)
    before = (await seen(hub, hook))["cursor"]

    head = await worker.fanout.look()

    assert position(before) < head
    assert position((await seen(hub, hook))["cursor"]) == head


class Meanwhile(StoredFeed):
    """A feed whose reader is overtaken: `then` is done after it has read, before it goes on."""

    def __init__(self, database: Database, then: Callable[[], Awaitable[object]]) -> None:
        super().__init__(database, timedelta(days=30))
        self._then = then

    async def heard(self, actor: Actor, types: Collection[str], pos: int, most: int) -> Stretch:
        found = await super().heard(actor, types, pos, most)
        await self._then()
        return found


async def test_who_has_changed_while_it_was_looked_at_is_looked_at_again(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver, types=["PERSONNEL"])
    asked = {"id": hook.id, "expectedVersion": 1, "types": ["INSTRUMENT"]}
    await changed(hub, keeper.owner)
    await worker.fanout.look()
    await changed(hub, keeper.owner)
    log = Meanwhile(hub.hub.database, lambda: do(hub, keeper.admin, "updateWebhook", **asked))
    since = await Fanout(hub.hub.database, log, event_of).look()

    await worker.fanout.look(since)

    assert await states(hub, hook) == ["PENDING"]


async def test_what_is_everyones_is_told_at_once_to_who_asks_for_it_by_name(
    hub: HubClient, keeper: Keeper, receiver: Receiver, worker: Worker
) -> None:
    named = await a_hook(hub, keeper.admin, receiver, types=["FEE_ITEM"])
    every = await a_hook(hub, keeper.admin, receiver)
    await changed(hub, (await a_keeper(hub)).owner)
    since = await worker.fanout.look()
    notice = a_fee_document()
    await hub.all_given(notice, a_fee_item(notice))
    await numbered(hub)

    await worker.fanout.look(since)

    assert (await states(hub, named), await states(hub, every)) == (["PENDING"], [])
