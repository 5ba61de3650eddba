"""syncFees: lines of fee notices, of which no two of one item hold on the same day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.tables.organization import Organization
from hub.vocabulary import Role
from tests.doors import HubClient, key
from tests.fee_office import FEES, Office, an_office, stored
from tests.feed.verbs import numbered
from tests.given import a_fee_item, a_user, an_organization
from tests.sync_verbs import codes, results, statuses

OVERLAP = ["FEES_OVERLAP"]
CHANGES = """
query($after: String, $types: [ChangeType!]) {
  changes(after: $after, types: $types, first: 50) { nodes { type kind version id } }
}
"""


@pytest.fixture
async def office(hub: HubClient) -> Office:
    return await an_office(hub)


async def trail(hub: HubClient, office: Office) -> tuple[int, ...]:
    """Lines of the notice, and what syncs have left of them: audit, announcements, keys."""
    sql = """
        SELECT (SELECT count(*) FROM fee_item WHERE document_id = :id),
               (SELECT count(*) FROM audit_event a JOIN fee_item i ON i.id = a.object_id
                WHERE document_id = :id),
               (SELECT count(*) FROM inbox c JOIN fee_item i ON i.id = c.object_id
                WHERE document_id = :id AND organization_ids = '{}'),
               (SELECT count(*) FROM external_id e JOIN fee_item i ON i.id = e.object_id
                WHERE document_id = :id),
               (SELECT count(*) FROM idempotency_key WHERE principal = :user)
    """
    (found,) = await hub.stored(sql, id=office.notice.id, user=str(office.steward.id))
    return tuple(found)


async def test_each_row_is_answered_in_order_with_what_became_of_it(
    hub: HubClient, office: Office
) -> None:
    line = office.line
    made = await FEES.sync(hub, office.steward, line(1), line(2), line(3))

    answer = await FEES.sync(
        hub,
        office.steward,
        line(9),
        line(2, document=office.notice.number),
        line(3, note="new", price="30.50"),
        line(8, instrumentName=" "),
        line(1, ifVersion=7),
        onError="REJECT_ROWS",
    )

    assert statuses(made) == ["CREATED"] * 3
    assert statuses(answer) == ["CREATED", "UNCHANGED", "UPDATED", "REJECTED", "CONFLICT"]
    assert codes(answer) == [[], [], [], ["TEXT_MISSING"], ["STALE_VERSION"]]
    assert results(answer)[2]["changed"] == ["price", "note"]
    assert results(answer)[2]["object"]["price"] == "30.50"
    assert await trail(hub, office) == (4, 5, 5, 4, 2)


async def test_a_wrong_row_keeps_all_from_being_written_and_the_same_rows_leave_nothing(
    hub: HubClient, office: Office
) -> None:
    rows = [office.line(at) for at in range(200)]

    wrong = await FEES.sync(hub, office.steward, *rows, office.line(900, document="无此文件"))
    nothing = await trail(hub, office)
    first = await FEES.sync(hub, office.steward, *rows)
    again = await FEES.sync(hub, office.steward, *rows)

    assert codes(wrong)[-1] == ["DOCUMENT_UNKNOWN"]
    assert nothing == (0, 0, 0, 0, 0)
    assert (set(statuses(first)), set(statuses(again))) == ({"CREATED"}, {"UNCHANGED"})
    assert await trail(hub, office) == (200, 200, 200, 200, 2)


async def test_a_dry_run_tells_what_the_real_run_does_and_a_key_counts_once(
    hub: HubClient, office: Office
) -> None:
    once = key()
    await FEES.sync(hub, office.steward, office.line(1))
    rows = [office.line(1, note="n"), office.line(2), office.line(3), office.line(4, code="K-0003")]
    before = await trail(hub, office)

    options: dict[str, Any] = {"key_": once, "onError": "REJECT_ROWS"}
    rehearsal = await FEES.sync(hub, office.steward, *rows, dryRun=True, **options)
    after = await trail(hub, office)
    real, again = [await FEES.sync(hub, office.steward, *rows, **options) for _ in "12"]

    assert after == before
    assert statuses(real) == ["UPDATED", "CREATED", "CREATED", "REJECTED"]
    for one, other in zip(results(rehearsal), results(real), strict=True):
        assert {**one, "object": None} == {**other, "object": None}
    assert results(again) == results(real)
    assert again.data["done"]["replayed"] is True
    assert (await trail(hub, office))[-1] == 2


async def test_a_line_ends_and_its_successor_begins_in_one_call(
    hub: HubClient, office: Office
) -> None:
    await FEES.sync(hub, office.steward, office.line(1))

    answer = await FEES.sync(
        hub,
        office.steward,
        office.line(2, "2025-01-01", code="K-0001", price="35"),
        office.line(1, effectiveTo="2024-12-31"),
    )

    assert statuses(answer) == ["CREATED", "UPDATED"]
    assert await stored(hub, office) == [
        ("K-0001", 2, date(2020, 1, 1), date(2024, 12, 31)),
        ("K-0001", 1, date(2025, 1, 1), None),
    ]


async def test_lines_of_one_item_may_move_into_the_days_of_each_other(
    hub: HubClient, office: Office
) -> None:
    first = office.line(1, effectiveTo="2022-12-31")
    second = office.line(2, "2023-01-01", code="K-0001")
    await FEES.sync(hub, office.steward, first, second)

    answer = await FEES.sync(
        hub,
        office.steward,
        {**first, "effectiveTo": "2024-12-31"},
        {**second, "effectiveFrom": "2025-01-01"},
    )

    assert statuses(answer) == ["UPDATED", "UPDATED"]
    assert [row[2:] for row in await stored(hub, office)] == [
        (date(2020, 1, 1), date(2024, 12, 31)),
        (date(2025, 1, 1), None),
    ]


async def test_where_two_prices_would_hold_on_a_day_no_line_of_the_item_is_written(
    hub: HubClient, office: Office
) -> None:
    await FEES.sync(hub, office.steward, office.line(1), office.line(5, note="other item"))

    answer = await FEES.sync(
        hub,
        office.steward,
        office.line(1, note="n"),
        office.line(2, "2024-01-01", code="K-0001"),
        office.line(3, None, code="K-0001", effectiveTo="2019-12-31"),
        office.line(5, note="changed"),
        office.line(6),
        office.line(7, "2021-01-01", code="K-0006"),
        onError="REJECT_ROWS",
    )

    assert codes(answer) == [OVERLAP, OVERLAP, OVERLAP, [], OVERLAP, OVERLAP]
    assert statuses(answer)[3] == "UPDATED"
    assert [row[:2] for row in await stored(hub, office)] == [("K-0001", 1), ("K-0005", 2)]


async def test_a_line_that_is_wrong_in_itself_still_stands_for_its_successor(
    hub: HubClient, office: Office
) -> None:
    await FEES.sync(hub, office.steward, office.line(1))

    answer = await FEES.sync(
        hub,
        office.steward,
        office.line(1, effectiveTo="2024-12-31", price="-1"),
        office.line(2, "2025-01-01", code="K-0001"),
        onError="REJECT_ROWS",
    )

    assert codes(answer) == [["BAD_PRICE"], OVERLAP]
    assert [row[1:] for row in await stored(hub, office)] == [(1, date(2020, 1, 1), None)]


async def test_a_line_keeps_to_its_item_and_is_found_by_its_first_day(
    hub: HubClient, office: Office
) -> None:
    await FEES.sync(hub, office.steward, office.line(1), source="a")

    other = await FEES.sync(hub, office.steward, office.line(1, code="K-0002"), source="a")
    found = await FEES.sync(hub, office.steward, office.line(7, code="K-0001"), source="b")
    moved = await FEES.sync(
        hub, office.steward, {"externalId": "E7", "effectiveFrom": "2019-01-01"}, source="b"
    )

    assert (statuses(other), codes(other)) == (["CONFLICT"], [["ITEM_FIXED"]])
    assert statuses(found) == ["UNCHANGED"]
    assert (statuses(moved), results(moved)[0]["changed"]) == (["UPDATED"], ["effectiveFrom"])


async def test_lines_that_the_library_has_from_elsewhere_are_found_as_they_are(
    hub: HubClient, office: Office
) -> None:
    line = a_fee_item(
        office.notice, code="K-0001", instrument_name="压力表", price=Decimal("30.00")
    )
    await hub.given(line)

    answer = await FEES.sync(hub, office.steward, office.line(1, nature="GOVERNMENT_PRICED"))

    assert statuses(answer) == ["UNCHANGED"]


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.SYSTEM, Role.LAB_APPROVER, None])
async def test_fees_are_written_by_data_stewards_only(hub: HubClient, role: Role | None) -> None:
    owner: Organization = await hub.given(an_organization())
    user = await hub.given(a_user(owner, role)) if role else None

    answer = await hub.ask(
        'mutation { syncFees(input: {rows: [], idempotencyKey: "k"}) { replayed } }', as_=user
    )

    assert answer.codes == ["FORBIDDEN" if role else "UNAUTHENTICATED"]


async def test_everyone_who_asks_for_fee_items_by_name_hears_of_them(
    hub: HubClient, office: Office
) -> None:
    reader = await hub.given(a_user(await hub.given(an_organization())))
    await numbered(hub)
    done = await FEES.sync(hub, office.steward, office.line(1))
    await numbered(hub)
    after = done.data["done"]["changeCursor"]
    made = {("FEE_ITEM", "UPSERT", 1, results(done)[0]["object"]["id"])}

    for one in (reader, office.steward):
        named, all_own = [
            {tuple(node.values()) for node in answer.data["changes"]["nodes"]}
            for answer in [
                await hub.ask(CHANGES, as_=one, after=after, types=types)
                for types in (["FEE_ITEM"], None)
            ]
        ]

        assert named >= made
        assert "FEE_ITEM" not in {type_ for type_, *_ in all_own}
