"""What is gone says why, to those for whom it is; what comes back comes back in the feed."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from hub.actor import SIGN_IN
from hub.tables.certificate import Certificate
from hub.tables.personnel import Personnel
from tests.career_verbs import a_keeper, accept, hand_over, merge, offer, restore
from tests.doors import HubClient, id_of
from tests.feed.verbs import CHANGES, now, numbered, rest
from tests.given import a_certificate, a_laboratory, a_person, an_instrument
from tests.ledger_verbs import Firm, done, problem, retire

UPSERT, LOST = ("UPSERT", None), ("DELETE", "PERMISSION_LOST")
MERGED = CHANGES.replace("reason", "reason mergedInto")


def told(changes: list[Any]) -> list[tuple[str, str | None, int]]:
    """Kind, reason and version of each."""
    return [(one["kind"], one["reason"], one["version"]) for one in changes]


async def heard(hub: HubClient, since: dict[str, tuple[Firm, str]]) -> dict[str, Any]:
    """What each firm has heard since its cursor."""
    await numbered(hub)
    return {
        name: told(await rest(hub, firm.user, start, types=["INSTRUMENT"]))
        for name, (firm, start) in since.items()
    }


async def test_who_gives_a_line_away_hears_that_it_is_gone_and_only_who_takes_it_that_it_came(
    hub: HubClient,
) -> None:
    firms = {name: await a_keeper(hub) for name in ("giver", "taker", "stranger")}
    giver, taker = firms["giver"], firms["taker"]
    gauge = await hub.given(an_instrument(giver.owner))
    done(await offer(hub, giver.user, gauge, taker.owner.uscc))
    await numbered(hub)
    since = {name: (firm, await now(hub, firm.user)) for name, firm in firms.items()}

    done(await accept(hub, taker.user, gauge))

    assert await heard(hub, since) == {
        "giver": [(*LOST, 3)],
        "taker": [(*UPSERT, 3)],
        "stranger": [],
    }


async def test_who_is_offered_a_line_hears_nothing_before_it_is_theirs(hub: HubClient) -> None:
    giver, taker = await a_keeper(hub), await a_keeper(hub)
    gauge = await hub.given(an_instrument(giver.owner))
    await numbered(hub)
    since = {"taker": (taker, await now(hub, taker.user))}

    done(await offer(hub, giver.user, gauge, taker.owner.uscc))

    assert await heard(hub, since) == {"taker": []}


async def test_what_went_away_and_came_back_is_told_in_its_order(hub: HubClient) -> None:
    giver, taker = await a_keeper(hub), await a_keeper(hub)
    gauge = await hub.given(an_instrument(giver.owner))
    await numbered(hub)
    since = {"giver": (giver, await now(hub, giver.user))}
    await hand_over(hub, giver, taker, gauge)
    done(await offer(hub, taker.user, gauge, giver.owner.uscc, version=3))

    done(await accept(hub, giver.user, gauge, version=4))

    assert await heard(hub, since) == {"giver": [(*UPSERT, 2), (*LOST, 3), (*UPSERT, 5)]}


async def test_a_party_that_stays_hears_of_the_change_and_one_that_goes_of_its_loss(
    hub: HubClient, firm: Firm
) -> None:
    other, lab = await a_keeper(hub), await hub.given(a_laboratory())
    gauge = await hub.given(an_instrument(firm.owner))
    paper = await hub.given(a_certificate(lab.organization, gauge))
    await numbered(hub)
    parties = (lab.user, firm.user, other.user)
    starts = [await now(hub, who) for who in parties]

    async with hub.hub.database.writer(SIGN_IN) as db:
        row = await db.one(select(Certificate).where(col(Certificate.id) == paper.id))
        await db.change(row, action="given", client_id=other.owner.id)
    await numbered(hub)

    found = [told(await rest(hub, *each)) for each in zip(parties, starts, strict=True)]
    assert found == [[(*UPSERT, 2)], [(*LOST, 2)], [(*UPSERT, 2)]]


async def test_many_rows_changed_at_once_tell_it_too(hub: HubClient, firm: Firm) -> None:
    other = await a_keeper(hub)
    people = [await hub.given(a_person(firm.owner)) for _ in range(3)]
    await numbered(hub)
    starts = [await now(hub, firm.user), await now(hub, other.user)]

    async with hub.hub.database.writer(SIGN_IN) as db:
        ids = [one.id for one in people]
        rows = await db.rows(select(Personnel).where(col(Personnel.id).in_(ids)))
        moved = {"employer_id": other.owner.id}
        await db.update_many(Personnel, [(dict(row), moved) for row in rows], action="given")
    await numbered(hub)

    assert told(await rest(hub, firm.user, starts[0])) == [(*LOST, 2)] * 3
    assert told(await rest(hub, other.user, starts[1])) == [(*UPSERT, 2)] * 3


async def test_a_merger_tells_what_went_into_which_and_that_this_has_changed(
    hub: HubClient, firm: Firm
) -> None:
    keep, drop = an_instrument(firm.owner), an_instrument(firm.owner)
    await hub.all_given(keep, drop)
    await numbered(hub)
    start = await now(hub, firm.user)

    done(await merge(hub, firm.user, keep, drop))

    await numbered(hub)
    answer = await hub.ask(MERGED, as_=firm.user, after=start)
    gone, kept = answer.data["changes"]["nodes"]
    assert (gone["id"], gone["kind"], gone["reason"]) == (id_of(drop), "DELETE", "MERGED")
    assert (gone["version"], gone["mergedInto"], gone["node"]) == (2, id_of(keep), None)
    assert (kept["id"], kept["mergedInto"], kept["node"]) == (
        id_of(keep),
        None,
        {"id": id_of(keep)},
    )
    assert told([kept]) == [(*UPSERT, 2)]


async def test_a_line_that_is_restored_comes_back_in_a_later_version(
    hub: HubClient, firm: Firm
) -> None:
    gauge = await hub.given(an_instrument(firm.owner))
    await numbered(hub)
    start = await now(hub, firm.user)
    done(await retire(hub, firm.user, gauge))
    await numbered(hub)
    (gone,) = await rest(hub, firm.user, start)

    back = done(await restore(hub, firm.user, gauge, version=gone["version"]))["instrument"]
    await numbered(hub)

    (_, again) = await rest(hub, firm.user, start)
    assert (gone["kind"], gone["reason"]) == ("DELETE", "RETIRED")
    assert (told([again]), again["node"]) == ([(*UPSERT, 3)], {"id": id_of(gauge)})
    assert (back["status"], back["statusReason"]) == ("STOPPED", "误操作")


async def test_it_comes_back_only_with_a_reason_and_an_approval_and_to_its_own_ledger(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_keeper(hub)
    gauge, lively = await hub.given(an_instrument(firm.owner)), an_instrument(firm.owner)
    await hub.given(lively)
    done(await retire(hub, firm.user, gauge))

    bare = await restore(hub, firm.user, gauge, approved=False)
    silent = await restore(hub, firm.user, gauge, reason=" ")
    stale = await restore(hub, firm.user, gauge, version=1)
    assert problem(bare) == ("REFUSED", ["approved"])
    assert problem(silent) == ("REFUSED", ["reason"])
    assert problem(stale) == ("CONFLICT", ["expectedVersion"])
    assert (await restore(hub, other.user, gauge)).codes == ["NOT_FOUND"]
    assert (await restore(hub, firm.user, lively, version=1)).codes == ["NOT_FOUND"]


async def test_a_line_whose_number_was_taken_meanwhile_does_not_come_back(
    hub: HubClient, firm: Firm
) -> None:
    gauge = await hub.given(an_instrument(firm.owner, asset_no="R-1"))
    done(await retire(hub, firm.user, gauge))
    await hub.given(an_instrument(firm.owner, asset_no="R-1"))

    answer = await restore(hub, firm.user, gauge)

    assert problem(answer) == ("CONFLICT", ["assetNo"])


async def test_a_deletion_of_before_reasons_were_kept_was_a_retirement(
    hub: HubClient, firm: Firm
) -> None:
    start = await now(hub, firm.user)
    async with hub.hub.database.engine(SIGN_IN).begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO inbox (object_type, object_id, kind, object_version, organization_ids)"
            " VALUES ('Instrument', gen_random_uuid(), 'DELETE', 2, ARRAY[$1::uuid])",
            (firm.owner.id,),
        )
    await numbered(hub)

    assert told(await rest(hub, firm.user, start)) == [("DELETE", "RETIRED", 2)]
