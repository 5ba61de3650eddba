"""`changes` page by page: own changes only, all of them, and where to go on."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from hub.actor import SIGN_IN
from hub.changes import LAST, TABLES, cursor, position
from hub.errors import BadInput
from hub.tables import metadata
from hub.tables.base import Row
from hub.tables.connector import Conflict, Connector
from hub.tables.export import Export
from hub.tables.fee import FeeItem
from hub.tables.instrument import Instrument
from hub.tables.saved_query import ExportKey, SavedQuery
from hub.tables.user import User
from hub.tables.webhook import Webhook
from hub.vocabulary import Role
from schema.declare import NOUNS
from tests.doors import HubClient, id_of
from tests.feed.verbs import ask, now, numbered, page, rest
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, a_firm, done, retire
from tests.sync_verbs import a_ledger, sync

TIES: set[type[Row]] = {User, Webhook, Export, SavedQuery, ExportKey, Connector, Conflict}
"""Nouns that no other system has a copy of."""


def ids(changes: list[Any]) -> list[str]:
    return [one["id"] for one in changes]


async def test_pages_tell_all_own_changes_in_order_and_no_foreign_ones(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_firm(hub)
    start = await now(hub, firm.user)
    mine = [an_instrument(firm.owner) for _ in range(7)]
    foreign = [an_instrument(other.owner) for _ in range(7)]
    for pair in zip(mine, foreign, strict=True):
        await hub.all_given(*pair)
    await numbered(hub)

    found = await rest(hub, firm.user, start, first=3)

    positions = [int(one["pos"]) for one in found]
    assert ids(found) == [id_of(one) for one in mine]
    assert positions == sorted(set(positions))
    assert {(one["type"], one["kind"], one["reason"], one["version"]) for one in found} == {
        ("INSTRUMENT", "UPSERT", None, 1)
    }
    assert ids([one["node"] for one in found]) == ids(found)


async def test_without_a_cursor_they_begin_with_the_oldest(hub: HubClient, firm: Firm) -> None:
    (first, *_) = await rest(hub, firm.user)

    assert (first["type"], first["id"]) == ("ORGANIZATION", id_of(firm.owner))


async def test_an_empty_page_leads_on_past_what_others_have_changed(
    hub: HubClient, firm: Firm
) -> None:
    start = await now(hub, firm.user)
    await hub.given(an_organization())
    await numbered(hub)

    empty = await page(hub, firm.user, start)

    assert (empty["nodes"], empty["hasMore"]) == ([], False)
    assert position(empty["endCursor"]) == position(start) + 1


async def test_every_change_has_a_cursor_that_leads_on_behind_it(
    hub: HubClient, firm: Firm
) -> None:
    start = await now(hub, firm.user)
    await hub.all_given(*(an_instrument(firm.owner) for _ in range(4)))
    await numbered(hub)
    whole = await rest(hub, firm.user, start)

    for at, one in enumerate(whole, 1):
        assert await rest(hub, firm.user, one["cursor"]) == whole[at:]


async def test_only_the_wanted_types_come(hub: HubClient, firm: Firm) -> None:
    lab = await hub.given(a_laboratory())
    gauge = await hub.given(an_instrument(firm.owner))
    certificate = await hub.given(a_certificate(lab.organization, gauge))
    await numbered(hub)

    found = {
        type_: ids(await rest(hub, firm.user, types=[type_]))
        for type_ in ("INSTRUMENT", "CERTIFICATE", "PERSONNEL")
    }

    assert found["INSTRUMENT"] == [id_of(gauge)]
    assert found["CERTIFICATE"] == [id_of(certificate)]
    assert found["PERSONNEL"] == []
    assert await rest(hub, firm.user, types=[]) == []


async def test_both_parties_of_a_certificate_hear_of_it_and_nobody_else(
    hub: HubClient, firm: Firm
) -> None:
    lab, other = await hub.given(a_laboratory()), await a_firm(hub)
    gauge = await hub.given(an_instrument(firm.owner))
    certificate = await hub.given(a_certificate(lab.organization, gauge))
    await numbered(hub)

    heard = [
        id_of(certificate) in ids(await rest(hub, who)) for who in (firm.user, lab.user, other.user)
    ]

    assert heard == [True, True, False]


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.AUDITOR, Role.OPERATOR])
async def test_staff_hear_of_their_own_organisation_only(
    hub: HubClient, firm: Firm, role: Role
) -> None:
    body = await hub.given(an_organization())
    clerk = await hub.given(a_user(body, role, district="32"))
    await hub.given(an_instrument(firm.owner))
    await numbered(hub)

    assert ids(await rest(hub, clerk)) == [id_of(body)]


async def test_what_has_left_the_ledger_comes_as_a_deletion_with_its_reason(
    hub: HubClient, firm: Firm
) -> None:
    gauge = await hub.given(an_instrument(firm.owner))
    await numbered(hub)
    start = await now(hub, firm.user)
    done(await retire(hub, firm.user, gauge))
    await numbered(hub)

    (gone,) = await rest(hub, firm.user, start)

    assert (gone["id"], gone["kind"], gone["reason"]) == (id_of(gauge), "DELETE", "RETIRED")
    assert (gone["version"], gone["node"]) == (2, None)


async def test_what_comes_back_into_the_ledger_comes_back_in_the_feed(
    hub: HubClient, firm: Firm
) -> None:
    gauge = await hub.given(an_instrument(firm.owner))
    done(await retire(hub, firm.user, gauge))
    await numbered(hub)
    start = await now(hub, firm.user)

    async with hub.hub.database.writer(SIGN_IN) as db:
        stored = await db.one(select(Instrument).where(col(Instrument.id) == gauge.id))
        await db.change(stored, action="given", retired_at=None)
    await numbered(hub)

    (back,) = await rest(hub, firm.user, start)
    assert (back["kind"], back["reason"], back["version"]) == ("UPSERT", None, 3)
    assert back["node"] == {"id": id_of(gauge)}


async def test_an_earlier_change_of_what_is_gone_has_no_node(hub: HubClient, firm: Firm) -> None:
    start = await now(hub, firm.user)
    gauge = await hub.given(an_instrument(firm.owner))
    done(await retire(hub, firm.user, gauge))
    await numbered(hub)

    made, gone = await rest(hub, firm.user, start)

    assert (made["kind"], made["node"]) == ("UPSERT", None)
    assert gone["kind"] == "DELETE"


async def test_the_cursor_of_a_sync_leads_to_all_that_it_has_changed(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, *a_ledger(3))
    answer = await sync(hub, firm.user, *a_ledger(5, remark="第二次"))
    await hub.given(an_instrument(firm.owner))
    await numbered(hub)

    payload = answer.data["done"]
    found = await rest(hub, firm.user, payload["changeCursor"])

    made = [one["instrument"]["id"] for one in payload["results"]]
    versions = {one["id"]: one["version"] for one in found}
    assert set(made) <= versions.keys()
    assert {versions[one["instrument"]["id"]] - one["version"] for one in payload["results"]} == {0}


async def test_a_page_of_a_thousand_takes_one_statement_and_one_a_type_for_its_nodes(
    hub: HubClient, firm: Firm
) -> None:
    system = await hub.given(a_user(firm.owner, Role.SYSTEM))
    await numbered(hub)
    start = await now(hub, system)
    await hub.all_given(*(an_instrument(firm.owner) for _ in range(1_000)))
    await numbered(hub)

    answer = await ask(hub, system, start, first=1_000)

    assert len(answer.data["changes"]["nodes"]) == 1_000
    assert all(one["node"] for one in answer.data["changes"]["nodes"])
    assert len(answer.statements) == 2
    assert answer.cost == {"requested": 2_001, "actual": 2_001}


@pytest.mark.parametrize(("role", "most"), [(Role.USER, 100), (Role.SYSTEM, 1_000)])
async def test_a_page_has_its_limit(hub: HubClient, firm: Firm, role: Role, most: int) -> None:
    who = await hub.given(a_user(firm.owner, role))

    assert (await ask(hub, who, first=most)).errors == []
    for size in (-1, most + 1):
        answer = await ask(hub, who, first=size)
        assert answer.codes == ["BAD_INPUT"]
        assert answer.errors[0]["extensions"]["inputPath"] == ["first"]


async def test_who_is_not_signed_in_reads_nothing(hub: HubClient) -> None:
    answer = await hub.ask("{ changes { endCursor } }")

    assert answer.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "x",
        "你好",
        cursor(5) + "A",
        cursor(5)[:-1],
        cursor(5) + "=",
        "W10",
        "99fada24-03c5-4174-a81c-3349934def4e",
    ],
)
async def test_a_text_that_is_no_cursor_of_the_feed_is_refused_at_its_argument(
    hub: HubClient, firm: Firm, text: str
) -> None:
    answer = await ask(hub, firm.user, text)

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["after"]


async def test_a_cursor_of_a_list_is_none_of_the_feed(hub: HubClient, firm: Firm) -> None:
    await hub.given(an_instrument(firm.owner))
    listed = await hub.ask("{ instruments { pageInfo { endCursor } } }", as_=firm.user)
    foreign = listed.data["instruments"]["pageInfo"]["endCursor"]

    assert (await ask(hub, firm.user, foreign)).codes == ["BAD_INPUT"]


@given(st.integers(0, LAST))
def test_a_cursor_stands_for_its_place(pos: int) -> None:
    assert position(cursor(pos)) == pos


@given(st.integers(0, LAST), st.data())
def test_a_cursor_with_another_character_is_another_place_or_none(
    pos: int, data: st.DataObject
) -> None:
    text = cursor(pos)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii"))
    changed = text[:at] + other + text[at + 1 :]

    try:
        found = position(changed)
    except BadInput:
        return
    assert (found == pos) == (changed == text)


@pytest.mark.parametrize("raw", [b'["changes",1,-1]', b'["changes",2,1]', b'["feed",1,1]'])
@pytest.mark.parametrize("extra", [b"", b" "])
def test_a_cursor_of_another_kind_or_version_is_refused(raw: bytes, extra: bytes) -> None:
    with pytest.raises(BadInput):
        position(base64.urlsafe_b64encode(raw + extra).rstrip(b"=").decode())


async def test_a_cursor_of_a_place_that_is_not_reached_yet_has_to_restart(
    hub: HubClient, firm: Firm
) -> None:
    head = await now(hub, firm.user)

    answer = await ask(hub, firm.user, cursor(position(head) + 1))

    assert answer.codes == ["CHANGE_TOKEN_EXPIRED"]
    assert answer.errors[0]["extensions"]["restartToken"] == head


async def test_the_end_of_the_feed_stays_good_for_thirty_days(hub: HubClient, firm: Firm) -> None:
    before = datetime.now(UTC)

    told = datetime.fromisoformat((await page(hub, firm.user))["retainedUntil"])

    kept = timedelta(days=30)
    assert before + kept - timedelta(seconds=5) <= told <= datetime.now(UTC) + kept


def test_every_noun_whose_rows_have_owners_is_in_the_feed_but_how_systems_are_tied_to_it() -> None:
    owned = {table for table in NOUNS if issubclass(table, Row) and table.OWNERS}

    assert set(TABLES.values()) - {FeeItem} == owned - TIES
    assert all(one.__tablename__ in metadata.tables for one in owned)
