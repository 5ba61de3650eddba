"""Who says when an instrument was last tested: certificates, its owner only without them."""

from datetime import date, timedelta
from typing import Any

import pytest

from hub.tables.instrument import Instrument
from hub.times import today
from hub.vocabulary import (
    CalibrationMode,
    CertificateKind,
    CompulsoryPurpose,
    Conclusion,
    InstrumentState,
)
from tests.doors import HubClient
from tests.given import a_certificate, an_instrument
from tests.issuing import Bench, a_bench, issue, issued, ledger_line, results
from tests.ledger_verbs import done, problem, retire, update

TODAY = today()
COMPULSORY: dict[str, Any] = {
    "compulsory": True,
    "compulsory_purpose": CompulsoryPurpose.SAFETY,
    "calibration_mode": CalibrationMode.VERIFICATION,
}
NOTICE: dict[str, Any] = {
    "kind": "RESULT_NOTICE",
    "intervalMonths": None,
    "conclusion": "UNQUALIFIED",
    "conclusionReason": "示值误差超差",
    "results": results(verdict="FAIL"),
}
BEFORE: dict[str, Any] = {
    "receivedAt": "2023-03-01",
    "testFrom": "2023-03-05",
    "testTo": "2023-03-05",
    "issueDate": "2023-03-06",
}


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


async def a_gauge(hub: HubClient, bench: Bench, **values: Any) -> Instrument:
    return await hub.given(an_instrument(bench.client, **values))


async def test_a_notice_stops_what_its_owner_says_to_have_been_tested_since(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench, last_date=TODAY, due_date=TODAY + timedelta(days=300))

    issued(await issue(hub, bench.lab, gauge, **NOTICE))

    line = await ledger_line(hub, gauge)
    assert (line.status, line.due_date) == (InstrumentState.STOPPED, None)
    assert line.last_date == date(2024, 3, 5)


async def test_a_notice_of_an_older_test_does_not_stop_what_has_passed_since(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench)
    passed = issued(await issue(hub, bench.lab, gauge))

    issued(await issue(hub, bench.lab, gauge, **NOTICE | BEFORE))

    line = await ledger_line(hub, gauge)
    assert (line.status, line.certificate_no) == (InstrumentState.IN_USE, passed["number"])
    assert line.due_date == date(2024, 9, 4)


async def test_a_notice_of_the_same_day_stops_it(hub: HubClient, bench: Bench) -> None:
    gauge = await a_gauge(hub, bench)
    issued(await issue(hub, bench.lab, gauge))

    issued(await issue(hub, bench.lab, gauge, **NOTICE))

    assert (await ledger_line(hub, gauge)).status == InstrumentState.STOPPED


async def test_what_failed_is_not_put_back_into_use_by_its_owner_alone(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench, interval_months=12)
    issued(await issue(hub, bench.lab, gauge, **NOTICE))
    user = bench.client_user
    exempt = {"calibrationMode": "EXEMPT"}

    dated = await update(hub, user, gauge, 2, content={"lastDate": str(TODAY)})
    moved = await update(hub, user, gauge, 2, status="IN_USE")
    exempted = await update(hub, user, gauge, 2, status="IN_USE", content=exempt)

    assert problem(dated) == ("REFUSED", ["lastDate"])
    assert problem(moved) == ("REFUSED", ["status"])
    assert problem(exempted) == ("REFUSED", ["status"])


async def test_after_a_new_certificate_it_goes_back_into_use(hub: HubClient, bench: Bench) -> None:
    gauge = await a_gauge(hub, bench)
    issued(await issue(hub, bench.lab, gauge, **NOTICE | BEFORE))
    passed = a_certificate(
        bench.lab.organization, gauge, test_from=TODAY, test_to=TODAY, issue_date=TODAY,
        valid_until=TODAY + timedelta(days=100),
    )  # fmt: skip
    await hub.given(passed)

    answer = await update(hub, bench.client_user, gauge, 2, status="IN_USE")

    assert done(answer)["instrument"]["status"] == "IN_USE"


async def test_an_imported_certificate_of_elsewhere_does_not_date_the_ledger(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench)
    await hub.given(a_certificate(bench.lab.organization, gauge, source_system="dcc"))

    answer = await update(hub, bench.client_user, gauge, content={"lastDate": "2024-01-01"})

    assert done(answer)["instrument"]["version"] == 2


async def test_a_new_interval_does_not_move_the_end_that_a_certificate_sets(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench)
    issued(await issue(hub, bench.lab, gauge))

    answer = await update(hub, bench.client_user, gauge, 2, content={"intervalMonths": 120})

    assert done(answer)["instrument"]["dueDate"] == "2024-09-04"


@pytest.mark.parametrize("longer", [7, 120, None])
async def test_a_compulsory_interval_is_not_lengthened(
    hub: HubClient, bench: Bench, longer: int | None
) -> None:
    gauge = await a_gauge(hub, bench, interval_months=6, **COMPULSORY)

    answer = await update(hub, bench.client_user, gauge, content={"intervalMonths": longer})

    assert problem(answer) == ("REFUSED", ["intervalMonths"])


@pytest.mark.parametrize("cleared", ["lastDate", "intervalMonths"])
async def test_without_last_test_or_interval_there_is_no_end(
    hub: HubClient, bench: Bench, cleared: str
) -> None:
    dated: dict[str, Any] = {"last_date": date(2024, 1, 1), "due_date": date(2024, 12, 31)}
    gauge = await a_gauge(hub, bench, interval_months=12, **dated)

    answer = await update(hub, bench.client_user, gauge, content={cleared: None})

    assert done(answer)["instrument"]["dueDate"] is None


async def test_a_compulsory_line_from_a_file_without_its_purpose_can_be_edited(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench, compulsory=True)
    user = bench.client_user

    named = await update(hub, user, gauge, content={"name": "改名", "compulsory": True})
    ruled = await update(hub, user, gauge, 2, content={"intervalMonths": 6})

    assert done(named)["instrument"]["name"] == "改名"
    assert problem(ruled) == ("REFUSED", ["compulsoryPurpose"])


async def test_a_zero_that_is_added_to_a_resolution_is_stored(hub: HubClient, bench: Bench) -> None:
    one = await a_gauge(hub, bench)
    user = bench.client_user
    done(await update(hub, user, one, content={"resolution": {"value": "0.1", "unit": "MPa"}}))

    longer = {"resolution": {"value": "0.10", "unit": "MPa"}}
    answer = done(await update(hub, user, one, 2, content=longer))
    again = done(await update(hub, user, one, 3, content=longer))

    assert (answer["instrument"]["version"], again["instrument"]["version"]) == (3, 3)
    assert str((await ledger_line(hub, one)).resolution_value) == "0.10"


async def test_a_price_without_its_zeros_is_the_same_price(hub: HubClient, bench: Bench) -> None:
    one = await a_gauge(hub, bench)
    user = bench.client_user

    for price in ("10.5", "10.50", "10.5"):
        row = await ledger_line(hub, one)
        done(await update(hub, user, one, row.version, content={"purchasePrice": price}))

    assert (await ledger_line(hub, one)).version == 2


async def test_what_is_not_scrapped_leaves_the_ledger_with_an_approval_only(
    hub: HubClient, bench: Bench
) -> None:
    used = await a_gauge(hub, bench)
    scrapped = await a_gauge(hub, bench, status=InstrumentState.SCRAPPED)
    user = bench.client_user

    answer = await retire(hub, user, used, approved=False)
    gone = await retire(hub, user, scrapped, approved=False)

    assert problem(answer) == ("REFUSED", ["approved"])
    assert done(gone)["instrument"] is None


async def test_a_compulsory_instrument_in_use_without_an_end_is_used_against_the_law(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench, asset_no="LAW-1", **COMPULSORY)

    answer = await hub.ask(
        '{ instruments(filter: {assetNo: {eq: "LAW-1"}}) { nodes { illegalUse } } }',
        as_=bench.client_user,
    )

    assert gauge.due_date is None
    assert answer.data["instruments"]["nodes"] == [{"illegalUse": True}]


async def test_a_calibration_that_found_it_out_of_bounds_gives_no_end(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await a_gauge(hub, bench, interval_months=12, last_date=date(2024, 1, 1))
    await hub.given(
        a_certificate(
            bench.lab.organization,
            gauge,
            kind=CertificateKind.CALIBRATION_CERTIFICATE,
            conclusion=Conclusion.UNQUALIFIED,
            valid_until=None,
        )
    )

    answer = await update(hub, bench.client_user, gauge, content={"intervalMonths": 6})

    assert done(answer)["instrument"]["dueDate"] is None
