"""Instruments that had another owner: what is not its successor's, and what holds all the same."""

from datetime import date, timedelta
from typing import Any

import pytest

from hub.tables.instrument import Instrument
from hub.tables.standard import StandardInstrument
from hub.times import today
from hub.vocabulary import CertificateKind, Conclusion, InstrumentState, Role
from tests.career_verbs import a_keeper, accept, hand_over, line, merge, offer
from tests.doors import HubClient
from tests.given import (
    a_certificate,
    a_laboratory,
    a_standard,
    a_user,
    an_instrument,
    an_organization,
)
from tests.importing import a_ledger, import_ledger, taken
from tests.issuing import a_bench, issue, issued
from tests.ledger_verbs import Firm, done, problem, update
from tests.sync_verbs import a_row, codes, sync
from tests.test_instrument_last_test import BEFORE
from tests.test_instrument_last_test import NOTICE as FAILED
from tests.test_instrument_merge import an_id

NOTICE: dict[str, Any] = {
    "kind": CertificateKind.RESULT_NOTICE,
    "conclusion": Conclusion.UNQUALIFIED,
    "valid_until": None,
}

HELD = """
SELECT c.instrument_id AS certified, c.version, e.object_id AS known, s.instrument_id AS used
FROM certificate c, external_id e, standard_instrument s
WHERE c.id = :certificate AND e.object_id IN (:one, :other) AND s.standard_id = :standard
"""


@pytest.fixture
async def giver(hub: HubClient) -> Firm:
    return await a_keeper(hub)


async def a_firm(hub: HubClient, *roles: Role) -> Firm:
    owner = await hub.given(an_organization())
    return Firm(owner, await hub.given(a_user(owner, *roles)))


@pytest.mark.parametrize("roles", [(Role.ORG_ADMIN,), (Role.ORG_ADMIN, Role.LAB_STAFF)])
async def test_a_merger_takes_nothing_that_is_the_former_owners(
    hub: HubClient, giver: Firm, roles: tuple[Role, ...]
) -> None:
    taker = await a_firm(hub, *roles)
    lab, standard = await hub.given(a_laboratory()), await hub.given(a_standard(giver.owner))
    given, own = an_instrument(giver.owner), an_instrument(taker.owner)
    await hub.all_given(given, own)
    paper = await hub.given(a_certificate(lab.organization, given))
    used = StandardInstrument(standard_id=standard.id, instrument_id=given.id)
    await hub.all_given(an_id(given, "G-1"), used)
    await hand_over(hub, giver, taker, given)

    done(await merge(hub, taker.user, own, given, dropVersion=3))

    keys = {"one": given.id, "other": own.id}
    (held,) = await hub.stored(HELD, certificate=paper.id, standard=standard.id, **keys)
    assert (held.certified, held.known, held.used) == (given.id, given.id, given.id)
    assert held.version == 1
    stays = await line(hub, own)
    assert (stays.last_date, stays.due_date, stays.certificate_no) == (None, None, None)


async def a_failed(hub: HubClient, giver: Firm, taker: Firm) -> Instrument:
    """A line that a notice has found unfit in the hands of the giver, and the taker has now."""
    lab = await hub.given(a_laboratory())
    stopped: dict[str, Any] = {"status": InstrumentState.STOPPED, "interval_months": 12}
    one = await hub.given(an_instrument(giver.owner, **stopped, last_date=date(2024, 3, 5)))
    await hub.given(a_certificate(lab.organization, one, **NOTICE))
    await hand_over(hub, giver, taker, one)
    return one


async def test_what_has_failed_is_not_used_by_its_next_owner_either(
    hub: HubClient, giver: Firm
) -> None:
    taker = await a_keeper(hub)
    one = await a_failed(hub, giver, taker)

    dated = await update(hub, taker.user, one, 3, content={"lastDate": str(today())})
    moved = await update(hub, taker.user, one, 3, status="IN_USE")
    shorter = done(await update(hub, taker.user, one, 3, content={"intervalMonths": 6}))

    assert problem(dated) == ("REFUSED", ["lastDate"])
    assert problem(moved) == ("REFUSED", ["status"])
    assert shorter["instrument"]["dueDate"] is None


async def test_neither_a_sync_nor_a_file_dates_anew_what_has_failed_before(
    hub: HubClient, giver: Firm
) -> None:
    taker = await a_keeper(hub)
    one = await a_failed(hub, giver, taker)

    stated = {"assetNo": one.asset_no, "lastDate": str(today()), "intervalMonths": 6}
    synced = await sync(hub, taker.user, a_row(1, externalId=None, **stated))
    file = a_ledger(f"{one.asset_no},{one.name},,,6,2024-06-05,停用")
    taken(await import_ledger(hub, taker.user, file))

    stored = await line(hub, one)
    assert codes(synced) == [["LAST_TEST_KEPT"]]
    assert (stored.last_date, stored.due_date) == (date(2024, 3, 5), None)


async def test_a_failure_of_before_is_not_washed_away_by_a_merger_or_another_transfer(
    hub: HubClient, giver: Firm
) -> None:
    taker, third = await a_keeper(hub), await a_keeper(hub)
    one = await a_failed(hub, giver, taker)
    dated: dict[str, Any] = {"last_date": today(), "due_date": today() + timedelta(days=300)}
    own = await hub.given(an_instrument(taker.owner, interval_months=12, **dated))

    done(await merge(hub, taker.user, own, one, dropVersion=3))
    done(await offer(hub, taker.user, own, third.owner.uscc, version=2))
    done(await accept(hub, third.user, own, version=3))
    moved = await update(hub, third.user, own, 4, status="IN_USE")

    stored = await line(hub, own)
    assert (stored.status, stored.due_date) == (InstrumentState.STOPPED, None)
    assert (stored.last_date, stored.certificate_no) == (today(), None)
    assert problem(moved) == ("REFUSED", ["status"])


async def test_a_later_test_for_the_next_owner_lets_it_be_used_again(
    hub: HubClient, giver: Firm
) -> None:
    taker = await a_keeper(hub)
    one = await a_failed(hub, giver, taker)
    lab = await hub.given(a_laboratory())
    days: dict[str, Any] = dict.fromkeys(("test_from", "test_to", "issue_date"), today())
    one.owner_id = taker.owner.id
    later = a_certificate(lab.organization, one, **days, valid_until=today() + timedelta(days=9))
    await hub.given(later)

    used = await update(hub, taker.user, one, 3, status="IN_USE")

    assert done(used)["instrument"]["status"] == "IN_USE"


async def test_a_notice_of_an_older_test_does_not_stop_what_has_passed_with_a_former_owner(
    hub: HubClient, giver: Firm
) -> None:
    taker, bench = await a_keeper(hub), await a_bench(hub)
    one = await hub.given(an_instrument(giver.owner, due_date=date(2024, 9, 4)))
    await hub.given(a_certificate(bench.lab.organization, one))
    await hand_over(hub, giver, taker, one)

    issued(await issue(hub, bench.lab, one, **FAILED | BEFORE))

    stored = await line(hub, one)
    assert (stored.status, stored.due_date) == (InstrumentState.IN_USE, date(2024, 9, 4))


async def test_a_failure_of_before_holds_against_a_good_test_of_the_same_day(
    hub: HubClient, giver: Firm
) -> None:
    taker = await a_keeper(hub)
    one = await a_failed(hub, giver, taker)
    lab = await hub.given(a_laboratory())
    one.owner_id = taker.owner.id
    await hub.given(a_certificate(lab.organization, one, valid_until=today() + timedelta(days=9)))

    moved = await update(hub, taker.user, one, 3, status="IN_USE")

    assert problem(moved) == ("REFUSED", ["status"])
