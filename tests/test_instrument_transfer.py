"""Lines that go from one ledger to another: who may, what goes along, and who sees them after."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from hub.actions.instrument_transfer import LEFT_BEHIND
from hub.tables.instrument import Instrument
from hub.vocabulary import CompulsoryPurpose, FilingState, ManagementClass, Role
from schema.ids import decode
from tests.career_verbs import a_keeper, accept, hand_over, line, offer, offered
from tests.doors import HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_person, a_user, an_instrument
from tests.ledger_verbs import Firm, create, done, journal, problem, retire, update
from tests.sync_verbs import a_row, codes, results, statuses, sync

SEEN = """
query($id: ID!) {
  instrument(id: $id) { version assetNo certificates { nodes { number } } offeredTo { uscc } }
}
"""
CERTIFICATES = "{ certificates { nodes { number instrument { id } } } }"


@pytest.fixture(scope="module")
async def giver(hub: HubClient) -> Firm:
    return await a_keeper(hub)


@pytest.fixture
async def taker(hub: HubClient) -> Firm:
    return await a_keeper(hub)


async def seen(hub: HubClient, firm: Firm, one: Instrument) -> Any:
    return (await hub.ask(SEEN, as_=firm.user, id=id_of(one))).data["instrument"]


@pytest.mark.parametrize("roles", [None, [Role.USER], [Role.LAB_APPROVER], [Role.DATA_STEWARD]])
async def test_only_who_runs_an_organisation_gives_away_and_takes(
    hub: HubClient, giver: Firm, taker: Firm, roles: list[Role] | None
) -> None:
    clerk = None if roles is None else await hub.given(a_user(giver.owner, *roles))
    one = await hub.given(an_instrument(giver.owner))

    answers = [
        await offer(hub, clerk, one, taker.owner.uscc),
        await accept(hub, clerk, one),
        await hub.ask("{ offeredInstruments { nodes { id } } }", as_=clerk),
    ]

    code = "UNAUTHENTICATED" if roles is None else "FORBIDDEN"
    assert [answer.codes for answer in answers] == [[code]] * 3
    assert await journal(hub, one.id) == [("UPSERT", 1)]


async def test_an_offer_shows_what_it_is_and_nothing_of_the_house_of_its_owner(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    one = await hub.given(
        an_instrument(giver.owner, model_spec="Y-100", department="秘密车间", serial_no="S1")
    )

    done(await offer(hub, giver.user, one, taker.owner.uscc))

    page = await offered(hub, taker.user)
    assert page["nodes"] == [
        {
            "id": id_of(one),
            "version": 2,
            "name": one.name,
            "assetNo": one.asset_no,
            "modelSpec": "Y-100",
            "serialNo": "S1",
            "manufacturer": None,
            "owner": {"uscc": giver.owner.uscc},
        }
    ]
    assert await seen(hub, taker, one) is None
    assert (await seen(hub, giver, one))["offeredTo"] == {"uscc": taker.owner.uscc}
    assert (await offered(hub, giver.user))["nodes"] == []


async def test_offers_come_in_pages(hub: HubClient, giver: Firm, taker: Firm) -> None:
    made = [
        await hub.given(an_instrument(giver.owner, offered_to_id=taker.owner.id)) for _ in range(5)
    ]

    first = await offered(hub, taker.user, first=3)
    rest = await offered(hub, taker.user, first=3, after=first["pageInfo"]["endCursor"])

    assert [one["id"] for one in first["nodes"] + rest["nodes"]] == [id_of(one) for one in made]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


@pytest.mark.parametrize("by_id", [True, False])
async def test_what_is_accepted_belongs_to_the_other_and_says_nothing_more_of_the_old_house(
    hub: HubClient, giver: Firm, taker: Firm, by_id: bool
) -> None:
    person = await hub.given(a_person(giver.owner))
    house: dict[str, Any] = {
        "source_system": "erp",
        "source_key": "E-1",
        "source_as_of": datetime.now(UTC),
        "source_fetched_at": datetime.now(UTC),
        "import_sha256": "0" * 64,
        "import_line": 7,
        "department": "一车间",
        "location": "A栋",
        "custodian": "张三",
        "custodian_id": person.id,
        "install_district": "320505",
        "purchase_date": date(2020, 1, 1),
        "purchase_price": Decimal("10.50"),
        "purchase_supplier": "供应商",
        "fixed_asset_no": "G-1",
        "management_class": ManagementClass.A,
        "qr_code": "q",
        "remark": "r",
        "filing_at": datetime.now(UTC),
        "filing_reason": "x",
        "filing_state": FilingState.ACCEPTED,
        "status_reason": "张三摔坏",
        "photo_urls": ["https://example.com/1.jpg"],
    }
    kept: dict[str, Any] = {
        "serial_no": "S-9",
        "last_date": date(2024, 3, 5),
        "due_date": date(2025, 3, 4),
        "compulsory": True,
        "compulsory_purpose": CompulsoryPurpose.SAFETY,
    }
    one = await hub.given(an_instrument(giver.owner, **house, **kept))
    assert house.keys() == LEFT_BEHIND.keys()

    done(await offer(hub, giver.user, one, id_of(taker.owner) if by_id else taker.owner.uscc))
    taken = done(await accept(hub, taker.user, one))["instrument"]

    stored = await line(hub, one)
    assert (taken["id"], taken["version"], stored.owner_id) == (id_of(one), 3, taker.owner.id)
    assert {name: getattr(stored, name) for name in LEFT_BEHIND} == LEFT_BEHIND
    assert {name: getattr(stored, name) for name in kept} == kept
    assert (stored.offered_to_id, stored.ledger_key) == (None, one.asset_no)
    assert await seen(hub, giver, one) is None
    assert (await update(hub, giver.user, one, 3, content={"name": "n"})).codes == ["NOT_FOUND"]


async def test_certificates_stay_with_those_for_whom_they_were_issued(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    lab, one = await hub.given(a_laboratory()), await hub.given(an_instrument(giver.owner))
    other = await hub.given(an_instrument(giver.owner))
    paper = await hub.given(a_certificate(lab.organization, one))
    await hub.given(a_certificate(lab.organization, other))

    await hand_over(hub, giver, taker, one)

    of_giver = (await hub.ask(CERTIFICATES, as_=giver.user)).data["certificates"]["nodes"]
    assert {"number": paper.number, "instrument": None} in of_giver
    assert (await seen(hub, taker, one))["certificates"]["nodes"] == []
    of_lab = await hub.ask("{ instruments { nodes { id } } }", as_=lab.user)
    assert of_lab.data["instruments"]["nodes"] == [{"id": id_of(other)}]


async def test_nobody_takes_what_is_not_offered_to_them(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    stranger = await a_keeper(hub)
    offered_one = await hub.given(an_instrument(giver.owner))
    done(await offer(hub, giver.user, offered_one, taker.owner.uscc))
    absent = an_instrument(giver.owner)
    same = {"x-request-id": "the-same-for-both"}
    verb = """
    mutation($id: ID!, $key: String!) {
      acceptInstrument(input: {id: $id, expectedVersion: 2, idempotencyKey: $key}) { replayed }
    }
    """

    answers = [
        await hub.ask(verb, as_=stranger.user, headers=same, id=id_of(one), key=str(uuid4()))
        for one in (offered_one, absent)
    ]

    assert answers[0].codes == ["NOT_FOUND"]
    assert answers[0].response.content == answers[1].response.content
    assert (await line(hub, offered_one)).owner_id == giver.owner.id


async def test_what_was_withdrawn_retired_or_changed_is_not_taken(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    lines = [await hub.given(an_instrument(giver.owner)) for _ in range(3)]
    for one in lines:
        done(await offer(hub, giver.user, one, taker.owner.uscc))
    withdrawn, retired, changed = lines

    done(await offer(hub, giver.user, withdrawn, None, version=2))
    done(await retire(hub, giver.user, retired, version=2))
    done(await update(hub, giver.user, changed, 2, content={"name": "another"}))

    assert (await accept(hub, taker.user, withdrawn, version=3)).codes == ["NOT_FOUND"]
    assert (await accept(hub, taker.user, retired, version=3)).codes == ["NOT_FOUND"]
    assert problem(await accept(hub, taker.user, changed)) == ("CONFLICT", ["expectedVersion"])
    assert [one["id"] for one in (await offered(hub, taker.user))["nodes"]] == [id_of(changed)]


@pytest.mark.parametrize("to", ["own", "91320500MA00000000", "no code at all", ""])
async def test_it_is_offered_to_another_organisation_of_the_platform_only(
    hub: HubClient, giver: Firm, to: str
) -> None:
    one = await hub.given(an_instrument(giver.owner))

    answer = await offer(hub, giver.user, one, giver.owner.uscc if to == "own" else to)

    assert problem(answer) == ("REFUSED", ["to"])


async def test_a_number_that_the_other_ledger_has_already_is_a_conflict_until_another_is_given(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    done(await create(hub, taker.user, name="n", assetNo="T-1"))
    one = await hub.given(an_instrument(giver.owner, asset_no="T-1"))
    done(await offer(hub, giver.user, one, taker.owner.uscc))

    refused = await accept(hub, taker.user, one)
    taken = done(await accept(hub, taker.user, one, assetNo=" t－2 "))

    assert problem(refused) == ("CONFLICT", ["assetNo"])
    assert taken["instrument"]["assetNo"] == "T-2"


async def test_of_a_withdrawal_and_many_acceptances_at_once_one_is_done(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    one = await hub.given(an_instrument(giver.owner))
    done(await offer(hub, giver.user, one, taker.owner.uscc))

    answers = await asyncio.gather(
        *(accept(hub, taker.user, one) for _ in range(6)),
        offer(hub, giver.user, one, None, version=2),
    )

    made = [one for one in answers if one.data["done"] and one.data["done"]["instrument"]]
    assert len(made) == 1
    assert (await line(hub, one)).version == 3


async def synced(hub: HubClient, firm: Firm, name: str) -> Instrument:
    """A line that the system of a firm has made, which knows it by `name`."""
    (made,) = results(await sync(hub, firm.user, a_row(1, externalId=name, assetNo=name)))
    _, id_ = decode(made["instrument"]["id"])
    return Instrument(id=id_, owner_id=firm.owner.id, ledger_key="", name="")


async def test_the_system_of_the_old_owner_hears_that_its_line_was_given_away(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    one = await synced(hub, giver, "GONE")
    await hand_over(hub, giver, taker, one)

    told = await sync(hub, giver.user, a_row(1, externalId="GONE", assetNo="GONE"))
    theirs = await sync(hub, taker.user, a_row(1, externalId="ours", assetNo="GONE", remark="r"))

    assert (statuses(told), codes(told)) == (["CONFLICT"], [["TRANSFERRED"]])
    assert results(told)[0]["instrument"] is None
    assert statuses(theirs) == ["UPDATED"]
    assert results(theirs)[0]["instrument"]["id"] == id_of(one)


async def test_what_comes_back_is_known_to_the_system_of_its_old_owner(
    hub: HubClient, giver: Firm, taker: Firm
) -> None:
    one = await synced(hub, giver, "LENT")
    await hand_over(hub, giver, taker, one)
    done(await offer(hub, taker.user, one, giver.owner.uscc, version=3))
    done(await accept(hub, giver.user, one, version=4))

    again = await sync(hub, giver.user, {"externalId": "LENT", "remark": "back"})

    assert statuses(again) == ["UPDATED"]
    assert (await line(hub, one)).remark == "back"
