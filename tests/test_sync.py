"""syncInstruments: what becomes of each row, and that nothing is written otherwise."""

from datetime import date, timedelta
from typing import Any

import pytest

from hub.times import today
from tests.doors import Answer, HubClient, key
from tests.fresh import count
from tests.ledger_verbs import Firm, a_firm
from tests.sync_verbs import (
    NOTHING,
    Traces,
    a_ledger,
    a_row,
    codes,
    lines,
    results,
    statuses,
    sync,
    sync_briefly,
    traces,
)

BLANK_NAME = a_row(9_900, name="\u3000")
LONG_TEXT = a_row(9_901, location="x" * 256)
FUTURE = a_row(9_902, lastDate=str(today() + timedelta(days=1)))
SEQUENCES = """
SELECT (SELECT last_value FROM audit_inbox_id_seq) + (SELECT last_value FROM inbox_id_seq)
"""


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def test_a_new_row_is_created_with_its_asset_number_in_its_one_spelling(
    hub: HubClient, firm: Firm
) -> None:
    answer = await sync(
        hub, firm.user, a_row(1, assetNo=" jl ００1", intervalMonths=12, lastDate="2026-01-31")
    )

    (result,) = results(answer)
    assert (result["status"], result["version"], result["changed"]) == ("CREATED", 1, [])
    assert result["instrument"]["assetNo"] == "JL001"
    assert result["instrument"]["dueDate"] == "2027-01-30"
    assert answer.data["done"]["counts"]["created"] == 1
    assert await traces(hub, firm.owner) == Traces(1, 1, 1, 1, 1)


async def test_each_row_is_answered_once_in_order_with_what_became_of_it(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2), a_row(3))

    answer = await sync(
        hub,
        firm.user,
        a_row(9),
        a_row(2),
        a_row(3, location="二车间", name="数显表"),
        BLANK_NAME,
        a_row(1, ifVersion=7, remark="late"),
        onError="REJECT_ROWS",
    )

    assert statuses(answer) == ["CREATED", "UNCHANGED", "UPDATED", "REJECTED", "CONFLICT"]
    told = [(one["externalId"], one["version"], one["changed"]) for one in results(answer)]
    assert told == [
        ("E9", 1, []),
        ("E2", 1, []),
        ("E3", 2, ["name", "location"]),
        ("E9900", None, []),
        ("E1", 1, ["remark"]),
    ]
    shown = [one["instrument"] and one["instrument"]["version"] for one in results(answer)]
    assert shown == [1, 1, 2, None, 1]
    assert answer.data["done"]["counts"] == dict.fromkeys(
        ["created", "updated", "unchanged", "rejected", "conflict"], 1
    )


async def test_three_bad_rows_of_a_thousand_keep_all_from_being_written_or_only_themselves(
    hub: HubClient, firm: Firm
) -> None:
    rows = a_ledger(1_000)
    rows[17], rows[500], rows[999] = BLANK_NAME, LONG_TEXT, FUTURE
    bad = {17: "NAME_MISSING", 500: "TEXT_TOO_LONG", 999: "FUTURE_DATE"}

    none = await sync_briefly(hub, firm.user, *rows)
    before = await traces(hub, firm.owner)
    most = await sync_briefly(hub, firm.user, *rows, onError="REJECT_ROWS")

    assert none.data["done"]["counts"]["rejected"] == 1_000
    held = [found for at, found in enumerate(codes(none)) if at not in bad]
    assert held == [["HELD_BACK"]] * 997
    assert before == NOTHING
    assert most.data["done"]["counts"] == {
        "created": 997, "updated": 0, "unchanged": 0, "rejected": 3, "conflict": 0
    }  # fmt: skip
    for answer in (none, most):
        assert {at: codes(answer)[at] for at in bad} == {at: [code] for at, code in bad.items()}
    assert await traces(hub, firm.owner) == Traces(997, 997, 997, 997, 1)


async def test_the_same_rows_again_are_unchanged_and_leave_no_version_no_audit_no_change(
    hub: HubClient, firm: Firm
) -> None:
    members: dict[str, Any] = {
        "measuringRanges": [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
        "maxPermissibleErrors": [{"kind": "REDUCED", "value": "1.6"}],
        "uncertainty": {"u": "0.020", "k": "2"},
        "resolution": {"value": "0.10", "unit": "MPa"},
        "purchasePrice": "1200.50",
        "photoUrls": ["https://example.com/1.jpg"],
        "compulsory": True,
        "compulsoryPurpose": "SAFETY",
        "calibrationMode": "VERIFICATION",
        "intervalMonths": 6,
        "lastDate": "2026-01-31",
        "status": "STOPPED",
    }
    rows = a_ledger(200, **members)
    first = await sync_briefly(hub, firm.user, *rows)
    before = await traces(hub, firm.owner)
    rows[7] = dict(reversed(rows[7].items())) | {"purchasePrice": "1200.5"}

    again = await sync_briefly(hub, firm.user, *rows)

    assert statuses(first) == ["CREATED"] * 200
    assert statuses(again) == ["UNCHANGED"] * 200
    assert await traces(hub, firm.owner) == before._replace(kept=2)


async def test_a_dry_run_tells_what_the_real_run_does_and_moves_nothing(
    hub: HubClient, firm: Firm, database_url: str
) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2), a_row(3))
    rows = [a_row(1), a_row(2, remark="new"), a_row(9), a_row(3, ifVersion=9), LONG_TEXT]
    for on_error in ("REJECT_ALL", "REJECT_ROWS"):
        once = key()
        before = await traces(hub, firm.owner), await count(database_url, SEQUENCES)

        rehearsal = await sync(hub, firm.user, *rows, key_=once, dryRun=True, onError=on_error)
        after = await traces(hub, firm.owner), await count(database_url, SEQUENCES)
        real = await sync(hub, firm.user, *rows, key_=once, onError=on_error)

        assert after == before
        assert rehearsal.data["done"]["changeCursor"] is None
        assert real.data["done"]["replayed"] is False
        assert rehearsal.data["done"]["counts"] == real.data["done"]["counts"]
        assert told(rehearsal) == told(real)
        assert results(rehearsal)[2]["instrument"] is None
        assert results(rehearsal)[1]["instrument"]["remark"] is None


def told(answer: Answer) -> list[dict[str, Any]]:
    """The results without the instruments."""
    return [{**one, "instrument": None} for one in results(answer)]


async def test_members_that_are_left_out_stay_null_clears_and_rows_may_state_different_ones(
    hub: HubClient, firm: Firm
) -> None:
    stated = {"lastDate": "2025-03-05", "intervalMonths": 12, "location": "一车间", "remark": "旧"}
    await sync(hub, firm.user, a_row(1, **stated), a_row(2, **stated), a_row(3))

    answer = await sync(
        hub,
        firm.user,
        {"externalId": "E1", "remark": None},
        {"externalId": "E2", "intervalMonths": 24, "location": "二车间"},
        {"externalId": "E3", "lastDate": "2025-01-01"},
        {"externalId": "E4", "assetNo": "jl-0004", "name": "新", "photoUrls": ["x"]},
    )

    assert statuses(answer) == ["UPDATED", "UPDATED", "UPDATED", "CREATED"]
    assert codes(answer) == [[], [], [], []]
    assert [one["changed"] for one in results(answer)] == [
        ["remark"], ["location", "intervalMonths"], ["lastDate"], []
    ]  # fmt: skip
    found = [
        (one.name, one.location, one.remark, one.interval_months, one.last_date, one.photo_urls)
        for one in await lines(hub, firm.owner)
    ]
    assert found == [
        ("压力表 1", "一车间", None, 12, date(2025, 3, 5), []),
        ("压力表 2", "二车间", "旧", 24, date(2025, 3, 5), []),
        ("压力表 3", None, None, None, date(2025, 1, 1), []),
        ("新", None, None, None, None, ["x"]),
    ]


async def test_null_clears_what_may_be_empty_and_resets_what_may_not(
    hub: HubClient, firm: Firm
) -> None:
    full = {
        "role": "STANDARD", "compulsory": True, "compulsoryPurpose": "SAFETY", "photoUrls": ["x"],
        "calibrationMode": "VERIFICATION", "measuringRanges": [{"lower": "1"}], "field": "LENGTH",
        "uncertainty": {"u": "1", "k": "2"}, "resolution": {"value": "1"}, "purchasePrice": "1",
    }  # fmt: skip
    await sync(hub, firm.user, a_row(1, **full))

    answer = await sync(hub, firm.user, a_row(1, **dict.fromkeys(full)))
    nameless = await sync(hub, firm.user, a_row(1, name=None))

    assert set(results(answer)[0]["changed"]) == set(full)
    (row,) = await lines(hub, firm.owner)
    assert (row.role, row.compulsory, row.photo_urls) == ("WORKING", False, [])
    assert (row.measuring_ranges, row.uncertainty, row.resolution_value) == ([], None, None)
    assert (row.field, row.purchase_price, row.compulsory_purpose) == (None, None, None)
    assert codes(nameless) == [["NAME_MISSING"]]
