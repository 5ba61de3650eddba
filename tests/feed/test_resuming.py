"""Who goes on from a cursor joins the others, keeps nobody waiting, and hears if it is too late."""

from datetime import timedelta

from sqlalchemy import text

from hub.actor import PLATFORM
from hub.jobs.retention import trim
from hub.web.channels import KEPT
from hub.web.operations import Outcome
from tests.doors import HubClient, counted
from tests.feed.audience import Listener, a_firm, audience
from tests.feed.verbs import emptied, now, rest

CHANGES = "subscription($after: String) { changes(after: $after) { pos id node { id } } }"
TWICE = """
subscription($after: String) {
  changes(after: $after) {
    id
    node { ... on Instrument { certificates(filter: {number: {eq: $after}}) { nodes { id } } } }
  }
}
"""
AGED = text(
    "INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids, at)"
    " SELECT 'Instrument', gen_random_uuid(), 'UPSERT', 1, ARRAY[CAST(:owner AS uuid)],"
    " now() - interval '40 days' FROM generate_series(1, :many)"
)


async def test_who_has_caught_up_shares_with_all_wherever_they_began(hub: HubClient) -> None:
    firm = await a_firm(hub, users=3)
    places = []
    for user in firm.users:
        places.append(await now(hub, user))
        await firm.changes()

    async with audience(hub) as room:
        listeners = [
            await room.joined(user, CHANGES, after=after)
            for user, after in zip(firm.users, places, strict=True)
        ]
        (last,) = await firm.changes()
        for each in listeners:
            await each.hears(last)
        with counted(hub.hub) as statements:
            await firm.changes()
            told = [await each.told() for each in listeners]

    assert len({id(one) for one in told}) == 1
    assert len([one for one in statements if "FROM instrument" in one]) == 1


async def test_where_the_cursor_says_more_than_where_to_begin_nothing_is_shared(
    hub: HubClient,
) -> None:
    firm = await a_firm(hub)
    places = [await now(hub, firm.users[0])]
    await firm.changes()
    places.append(await now(hub, firm.users[0]))

    async with audience(hub) as room:
        listeners = [await room.joined(firm.users[0], TWICE, after=one) for one in places]
        (last,) = await firm.changes()
        heard = [await each.hears(last) for each in listeners]
        await firm.changes()
        told = [await each.told() for each in listeners]

    assert [len(one) for one in heard] == [2, 1]
    assert told[0] is not told[1]


async def test_who_comes_from_far_behind_keeps_nobody_waiting(hub: HubClient) -> None:
    firm = await a_firm(hub, users=2)
    start = await now(hub, firm.users[0])
    missed = await firm.changes(3, each=KEPT)

    async with audience(hub) as room:
        behind = await room.joined(firm.users[0], CHANGES, after=start)
        live = await room.joined(firm.users[1], CHANGES)
        (last,) = await firm.changes()
        at_once = await live.hears(last)
        late = await behind.hears(last)

    assert [one["id"] for one in at_once] == [last]
    assert [one["id"] for one in late] == [*missed, last]


async def test_what_was_missed_is_read_without_what_others_have_changed(hub: HubClient) -> None:
    firm, other = await a_firm(hub), await a_firm(hub)
    start = await now(hub, firm.users[0])
    await other.changes(each=2_000)
    mine = await firm.changes()

    async with audience(hub) as room:
        with counted(hub.hub) as statements:
            behind = await room.joined(firm.users[0], CHANGES, after=start)
            found = await behind.hears(mine[-1])

    assert [one["id"] for one in found] == mine
    assert len([one for one in statements if "FROM feed" in one]) < 10


async def test_who_falls_behind_what_is_kept_is_told_where_to_begin_anew(
    hub: HubClient, own_url: str
) -> None:
    firm = await a_firm(hub)
    await emptied(own_url)
    start = await now(hub, firm.users[0])
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.execute(AGED.bindparams(owner=firm.owner.id, many=1_000))
    await firm.number()

    async with audience(hub) as room:
        behind = await room.joined(firm.users[0], CHANGES, after=start)
        await behind.told()
        await trim(hub.hub.database, timedelta(days=30))
        refusal = await refused(behind)

    (error,) = refusal.errors
    assert error["extensions"]["code"] == "CHANGE_TOKEN_EXPIRED"
    assert await rest(hub, firm.users[0], error["extensions"]["restartToken"]) == []


async def refused(listener: Listener) -> Outcome:
    """How a stream ends."""
    while not isinstance(told := await listener.told(), Outcome):
        pass
    return told
