"""Who may sync which ledger, how often a call counts, and what the journal says of it."""

import asyncio
from typing import Any

import pytest

from hub.changes import cursor
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import Answer, HubClient, key
from tests.given import a_user, an_organization
from tests.ledger_verbs import Firm, a_firm, create, done, journal, retire, update
from tests.sync_verbs import (
    NOTHING,
    Traces,
    a_ledger,
    a_row,
    lines,
    results,
    statuses,
    sync,
    sync_briefly,
    traces,
)


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


def once_told(answer: Answer) -> Any:
    """A payload but for whether it was a replay."""
    assert not answer.errors
    return {**answer.data["done"], "replayed": None}


async def test_the_same_key_and_rows_again_are_answered_and_not_done_again(
    hub: HubClient, firm: Firm
) -> None:
    once, rows = key(), [a_row(1), a_row(2), a_row(3, name="")]
    await sync(hub, firm.user, a_row(2, remark="old"))
    first = await sync(hub, firm.user, *rows, key_=once, onError="REJECT_ROWS")
    await sync(hub, firm.user, a_row(1, remark="later"))
    before = await traces(hub, firm.owner)

    again = await sync(hub, firm.user, *rows, key_=once, onError="REJECT_ROWS")

    assert (first.data["done"]["replayed"], again.data["done"]["replayed"]) == (False, True)
    assert again.data["done"]["counts"] == first.data["done"]["counts"]
    assert again.data["done"]["changeCursor"] == first.data["done"]["changeCursor"]
    for one, other in zip(results(first), results(again), strict=True):
        assert {**one, "instrument": None} == {**other, "instrument": None}
    assert results(again)[0]["instrument"]["remark"] == "later"
    assert await traces(hub, firm.owner) == before


async def test_the_order_of_members_and_the_name_of_the_variable_are_no_other_input(
    hub: HubClient, firm: Firm
) -> None:
    once = key()
    ranges = [{"lower": "0"}]
    row = a_row(1, lastDate="2026-01-31", role="WORKING", remark=None, measuringRanges=ranges)
    await sync(hub, firm.user, row, key_=once)
    turned = dict(reversed(row.items())) | {"measuringRanges": [{"upper": None, "lower": "0"}]}

    again = await sync(hub, firm.user, turned, key_=once)
    literal = await hub.ask(
        """mutation($key: String!) { done: syncInstruments(input: {idempotencyKey: $key, rows: [{
            assetNo: "JL-0001", role: WORKING, measuringRanges: {lower: 0}, remark: null,
            name: "压力表 1", externalId: "E1", lastDate: "2026-01-31"
        }]}) { replayed } }""",
        as_=firm.user,
        key=once,
    )

    assert again.data["done"]["replayed"] is True
    assert literal.data == {"done": {"replayed": True}}


@pytest.mark.parametrize(
    "other",
    [
        {"rows": [a_row(1, remark="x")]},
        {"rows": [a_row(1), a_row(2)]},
        {"rows": [{"externalId": "E1", "assetNo": "JL-0001"}]},
        {"rows": [a_row(1, remark=None)]},
        {"source": "mes"},
        {"onError": "REJECT_ROWS"},
    ],
)
async def test_the_same_key_with_another_input_is_a_mismatch(
    hub: HubClient, firm: Firm, other: dict[str, Any]
) -> None:
    once = key()
    await sync(hub, firm.user, a_row(1), key_=once)
    before = await traces(hub, firm.owner)
    given = {"rows": [a_row(1)], **other}

    answer = await sync(hub, firm.user, *given.pop("rows"), key_=once, **given)

    assert answer.codes == ["IDEMPOTENCY_MISMATCH"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["idempotencyKey"]
    assert await traces(hub, firm.owner) == before


async def test_the_key_of_another_verb_or_another_caller_is_no_key_of_a_sync(
    hub: HubClient, firm: Firm
) -> None:
    once, other = key(), await a_firm(hub)
    done(await create(hub, firm.user, once, name="n", assetNo="C-1"))

    taken = await sync(hub, firm.user, a_row(1), key_=once)
    free = await sync(hub, other.user, a_row(1), key_=once)
    back = await create(hub, other.user, once, name="n", assetNo="C-1")

    assert taken.codes == back.codes == ["IDEMPOTENCY_MISMATCH"]
    assert statuses(free) == ["CREATED"]


async def test_a_call_that_was_rejected_as_a_whole_leaves_its_key_free(
    hub: HubClient, firm: Firm
) -> None:
    once = key()

    rejected = await sync(hub, firm.user, a_row(1), a_row(2, name=" "), key_=once)
    before = await traces(hub, firm.owner)
    mended = await sync(hub, firm.user, a_row(1), a_row(2), key_=once)

    assert statuses(rejected) == ["REJECTED", "REJECTED"]
    assert rejected.data["done"]["changeCursor"] is None
    assert before == NOTHING
    assert statuses(mended) == ["CREATED", "CREATED"]
    assert mended.data["done"]["replayed"] is False


async def test_twenty_at_once_with_one_key_have_one_effect_and_equal_results(
    hub: HubClient, firm: Firm
) -> None:
    once, rows = key(), a_ledger(50)

    answers = await asyncio.gather(*(sync(hub, firm.user, *rows, key_=once) for _ in range(20)))

    assert sorted(one.data["done"]["replayed"] for one in answers) == [False] + [True] * 19
    assert all(once_told(one) == once_told(answers[0]) for one in answers)
    assert await traces(hub, firm.owner) == Traces(50, 50, 50, 50, 1)


async def test_the_ledger_of_another_organisation_is_not_synced(hub: HubClient, firm: Firm) -> None:
    other = await a_firm(hub)

    foreign = await sync(hub, firm.user, a_row(1), owner=other.owner.uscc)
    absent = await sync(hub, firm.user, a_row(1), owner="91320500MAY4LR3A1X")
    own = await sync(hub, firm.user, a_row(1), owner=firm.owner.uscc)

    assert foreign.codes == absent.codes == ["FORBIDDEN"]
    assert foreign.errors[0]["message"] == absent.errors[0]["message"]
    assert statuses(own) == ["CREATED"]
    assert await traces(hub, other.owner) == NOTHING


async def test_foreign_instruments_are_neither_found_nor_touched(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_firm(hub)
    await sync(hub, other.user, a_row(1), source="erp")
    before = await traces(hub, other.owner)

    answer = await sync(hub, firm.user, a_row(1, remark="ours"), source="erp")

    assert statuses(answer) == ["CREATED"]
    assert await traces(hub, other.owner) == before


@pytest.mark.parametrize(
    "role",
    [Role.LAB_APPROVER, Role.REGULATOR, Role.AUDITOR, Role.OPERATOR, Role.DATA_STEWARD],
)
async def test_a_role_without_permission_syncs_nothing(hub: HubClient, role: Role) -> None:
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner, role))

    answer = await sync_anyhow(hub, user)

    assert answer.codes == ["FORBIDDEN"]
    assert await traces(hub, owner) == NOTHING


async def test_who_is_not_signed_in_syncs_nothing(hub: HubClient) -> None:
    answer = await sync_anyhow(hub, None)

    assert answer.codes == ["UNAUTHENTICATED"]


async def sync_anyhow(hub: HubClient, as_: User | None) -> Answer:
    """Sync a row, asking for what anyone may see."""
    return await hub.ask(
        'mutation($key: String!) { syncInstruments(input: {rows: [{externalId: "1", name: "n",'
        ' assetNo: "A"}], idempotencyKey: $key}) { replayed counts { created } } }',
        as_=as_,
        key=key(),
    )


@pytest.mark.parametrize("staff", [Role.LAB_STAFF, Role.REGULATOR, Role.OPERATOR])
async def test_who_is_staff_as_well_syncs_the_ledger_of_the_own_organisation_only(
    hub: HubClient, firm: Firm, staff: Role
) -> None:
    owner = await hub.given(an_organization())
    both = await hub.given(a_user(owner, staff, Role.SYSTEM))
    await sync(hub, firm.user, a_row(1), source="erp")
    before = await traces(hub, firm.owner)

    made = await sync_briefly(hub, both, a_row(1), a_row(2), source="erp")
    again = await sync_briefly(hub, both, a_row(1, remark="x"), a_row(2), source="erp")
    foreign = await sync_briefly(hub, both, a_row(1), owner=firm.owner.uscc)

    assert statuses(made) == ["CREATED", "CREATED"]
    assert statuses(again) == ["UPDATED", "UNCHANGED"]
    assert foreign.codes == ["FORBIDDEN"]
    assert await traces(hub, firm.owner) == before
    assert await traces(hub, owner) == Traces(3, 3, 3, 2, 2)


async def test_the_journal_says_of_a_sync_what_it_says_of_other_changes(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2), a_row(3))
    changes = {
        "name": "数显表", "assetNo": "jl-77", "intervalMonths": 12, "lastDate": "2026-01-31",
        "resolution": {"value": "0.1", "unit": "MPa"}, "remark": "r",
    }  # fmt: skip
    synced, other, untouched = await lines(hub, firm.owner)

    await sync(hub, firm.user, a_row(1) | changes, a_row(3))
    shown = (await sync(hub, firm.user, a_row(2))).data["done"]["results"][0]["instrument"]
    done(await update(hub, firm.user, shown["id"], content={**changes, "assetNo": "jl-78"}))

    feeds = [await journal(hub, one.id) for one in (synced, other, untouched)]
    assert feeds == [
        [("UPSERT", 1), ("UPSERT", 2)],
        [("UPSERT", 1), ("UPSERT", 2)],
        [("UPSERT", 1)],
    ]
    login = firm.user.login_name
    by_sync, by_hand = [await journal(hub, one.id, "audit_event") for one in (synced, other)]
    assert by_sync[0] == by_hand[0] == ("syncInstruments", login, [])
    assert [action for action, _, _ in (by_sync[1], by_hand[1])] == [
        "syncInstruments", "updateInstrument"
    ]  # fmt: skip
    assert sorted(by_sync[1][2]) == sorted(by_hand[1][2])
    told = (
        "SELECT DISTINCT subject_id, roles, object_type, result, request_id IS NULL"
        " FROM audit_event WHERE object_id IN (:one, :other)"
    )
    assert len(await hub.stored(told, one=synced.id, other=other.id)) == 1


async def test_changes_from_the_cursor_on_tell_of_all_that_a_call_has_done(
    hub: HubClient, firm: Firm
) -> None:
    before = await sync(hub, firm.user, a_row(1))

    unchanged = await sync(hub, firm.user, a_row(1))

    cursors = [one.data["done"]["changeCursor"] for one in (before, unchanged)]
    ((position,),) = await hub.stored("SELECT pos FROM feed_head")
    assert cursors == [cursor(position)] * 2


async def test_what_has_left_the_ledger_is_not_called_back_by_its_external_id(
    hub: HubClient, firm: Firm
) -> None:
    made = results(await sync(hub, firm.user, a_row(1)))[0]["instrument"]
    done(await retire(hub, firm.user, made["id"]))
    before = await traces(hub, firm.owner)

    answer = await sync(hub, firm.user, a_row(1, remark="x"))
    other = await sync(hub, firm.user, a_row(1, externalId="E2"))

    assert statuses(answer) == ["CONFLICT"]
    assert results(answer)[0]["problems"][0]["code"] == "RETIRED"
    assert results(answer)[0]["instrument"] is None
    assert statuses(other) == ["CREATED"]
    assert (await traces(hub, firm.owner)).versions == before.versions + 1
