"""Ledger files that come again: what the hub has learnt since stays as it is."""

from datetime import timedelta
from typing import Any

import pytest

from hub.times import today
from hub.vocabulary import InstrumentState, Role
from schema.ids import encode
from tests.doors import HubClient
from tests.given import a_user, an_instrument
from tests.importing import a_ledger, import_ledger, line, taken
from tests.issuing import a_bench, issue, issued
from tests.ledger_verbs import Firm, a_firm, done, update
from tests.test_instrument_last_test import NOTICE

STORED = "SELECT * FROM instrument WHERE owner_id = :owner ORDER BY import_line, asset_no"


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def lines(hub: HubClient, of: Any) -> list[Any]:
    return list(await hub.stored(STORED, owner=of.id))


async def test_the_same_file_again_does_not_revive_what_a_notice_has_stopped(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    file = a_ledger(line(1))
    taken(await import_ledger(hub, bench.client_user, file))
    named = {"instrument": None, "clientUscc": f" {str(bench.client.uscc).lower()}"}
    issued(
        await issue(hub, bench.lab, an_instrument(bench.client), assetNo="G-1", **named | NOTICE)
    )
    (before,) = await lines(hub, bench.client)

    again = taken(await import_ledger(hub, bench.client_user, file))
    newer = a_ledger("G-1,卡尺,S1,样例厂,12,2024-06-05,在用")
    later = taken(await import_ledger(hub, bench.client_user, newer))

    (after,) = await lines(hub, bench.client)
    assert before.status == InstrumentState.STOPPED
    assert again["stored"] == later["stored"] == {"created": 0, "updated": 0, "unchanged": 1}
    assert after == before


@pytest.mark.parametrize("state", ["STOPPED", "SCRAPPED"])
async def test_the_same_file_again_does_not_revive_what_was_moved_here(
    hub: HubClient, firm: Firm, state: str
) -> None:
    file = a_ledger(line(1))
    taken(await import_ledger(hub, firm.user, file))
    (one,) = await lines(hub, firm.owner)
    done(
        await update(hub, firm.user, encoded(one), status=state, statusReason="坏了", approved=True)
    )

    report = taken(await import_ledger(hub, firm.user, file))

    (after,) = await lines(hub, firm.owner)
    assert report["stored"] == {"created": 0, "updated": 0, "unchanged": 1}
    assert (after.status, after.version) == (state, 2)


async def test_a_newer_test_of_what_was_moved_here_comes_in_without_its_state(
    hub: HubClient, firm: Firm
) -> None:
    taken(await import_ledger(hub, firm.user, a_ledger(line(1))))
    (one,) = await lines(hub, firm.owner)
    done(await update(hub, firm.user, encoded(one), status="STOPPED", statusReason="坏了"))

    newer = a_ledger("G-1,卡尺,S1,样例厂,12,2024-06-05,在用")
    taken(await import_ledger(hub, firm.user, newer))

    (after,) = await lines(hub, firm.owner)
    assert (str(after.last_date), after.status) == ("2024-06-05", "STOPPED")


async def test_what_was_scrapped_by_a_file_stays_scrapped(hub: HubClient, firm: Firm) -> None:
    scrapped = await hub.given(
        an_instrument(firm.owner, asset_no="G-1", status=InstrumentState.SCRAPPED)
    )

    taken(await import_ledger(hub, firm.user, a_ledger(line(1))))

    (after,) = await lines(hub, firm.owner)
    assert (after.id, after.status) == (scrapped.id, "SCRAPPED")


async def test_a_line_with_an_asset_number_does_not_shift_its_twin_without_one(
    hub: HubClient, firm: Firm
) -> None:
    bare = ",表丙,S1,样例厂,12,2024-03-05,在用"
    taken(await import_ledger(hub, firm.user, a_ledger(bare)))

    numbered = "ZZ-1,表丁,S1,样例厂,12,2024-03-05,在用"
    report = taken(await import_ledger(hub, firm.user, a_ledger(numbered, bare)))

    assert report["stored"] == {"created": 1, "updated": 0, "unchanged": 1}


async def test_a_day_still_to_come_judges_nothing(hub: HubClient, firm: Firm) -> None:
    ahead = str(today() + timedelta(days=2))

    answer = await import_ledger(hub, firm.user, a_ledger(line(1)), asOf=ahead)

    told = answer.data["importLedger"]
    assert [(one["code"], one["path"]) for one in told["problems"]] == [("BAD_INPUT", ["asOf"])]
    assert await lines(hub, firm.owner) == []


@pytest.mark.parametrize("unfit", ["", "k" * 129])
async def test_the_key_of_an_import_is_one_to_128_characters(
    hub: HubClient, firm: Firm, unfit: str
) -> None:
    answer = await import_ledger(hub, firm.user, a_ledger(line(1)), idempotencyKey=unfit)

    assert answer.codes == ["BAD_INPUT"]
    assert await lines(hub, firm.owner) == []


async def test_a_text_that_is_too_long_is_told_by_its_line(hub: HubClient, firm: Firm) -> None:
    answer = await import_ledger(hub, firm.user, a_ledger(line(1), line(2, name="表" * 256)))

    (told,) = answer.data["importLedger"]["problems"]
    assert (told["code"], told["path"]) == ("BAD_INPUT", ["line", "3", "name"])
    assert await lines(hub, firm.owner) == []


async def test_an_import_whose_day_is_left_to_the_hub_has_one_digest_on_any_day(
    hub: HubClient, firm: Firm
) -> None:
    once: dict[str, Any] = {"idempotencyKey": "left to the hub", "asOf": None}
    taken(await import_ledger(hub, firm.user, a_ledger(line(1)), **once))

    (digest,) = await hub.stored(
        "SELECT input_sha256 FROM idempotency_key WHERE key = 'left to the hub'"
    )
    other = await import_ledger(
        hub, firm.user, a_ledger(line(1)), idempotencyKey="left to the hub", asOf=str(today())
    )

    assert digest
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]


async def test_oversight_keeps_no_ledger_but_its_own(hub: HubClient, firm: Firm) -> None:
    other = await a_firm(hub)
    both = await hub.given(a_user(other.owner, Role.USER, Role.DATA_STEWARD))

    answer = await import_ledger(hub, both, a_ledger(line(1)), owner=firm.owner.uscc)

    assert answer.codes == ["FORBIDDEN"]
    assert await lines(hub, firm.owner) == []


def encoded(row: Any) -> str:
    """The GraphQL id of a stored line."""
    return encode("Instrument", row.id)
