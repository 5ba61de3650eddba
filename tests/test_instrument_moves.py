"""Instruments as they move between their states."""

from datetime import date, timedelta
from typing import Any

import pytest

from hub.times import today
from hub.vocabulary import CalibrationMode, InstrumentState
from tests.doors import HubClient
from tests.given import an_instrument
from tests.ledger_verbs import Firm, a_firm, done, problem, update


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


IN_USE, STOPPED, SEALED, REPAIR, SCRAPPED = InstrumentState
MOVES = {
    IN_USE: {STOPPED, SEALED, REPAIR, SCRAPPED},
    STOPPED: {IN_USE, SEALED, REPAIR, SCRAPPED},
    SEALED: {IN_USE, STOPPED, REPAIR, SCRAPPED},
    REPAIR: {STOPPED, SCRAPPED},
    SCRAPPED: set(),
}
ALL_GIVEN: dict[str, Any] = {"statusReason": "封存", "approved": True, "unsealedOn": "2024-01-01"}
VALID: dict[str, Any] = {
    "calibration_mode": CalibrationMode.CALIBRATION,
    "last_date": date(2024, 3, 5),
    "due_date": today(),
}


@pytest.mark.parametrize("old", InstrumentState)
@pytest.mark.parametrize("new", InstrumentState)
async def test_with_all_that_is_asked_for_exactly_the_moves_of_the_table_are_made(
    hub: HubClient, firm: Firm, old: InstrumentState, new: InstrumentState
) -> None:
    one = await hub.given(an_instrument(firm.owner, status=old, **VALID))

    answer = await update(hub, firm.user, one, status=new, **ALL_GIVEN)

    if new in MOVES[old] or new is old:
        assert done(answer)["instrument"]["status"] == new
    else:
        assert problem(answer)[0] == "REFUSED"


@pytest.mark.parametrize(
    ("stored", "asked", "at_fault"),
    [
        ({}, {"status": STOPPED}, "statusReason"),
        ({}, {"status": SEALED, "statusReason": "  "}, "statusReason"),
        ({}, {"status": SCRAPPED, "statusReason": "坏"}, "approved"),
        ({"status": STOPPED}, {"status": IN_USE}, "status"),
        (
            {"status": STOPPED, "due_date": today() - timedelta(days=1)},
            {"status": IN_USE},
            "status",
        ),
        ({"status": SEALED, **VALID}, {"status": IN_USE}, "unsealedOn"),
        ({"status": SEALED, **VALID}, {"status": IN_USE, "unsealedOn": "2024-03-06"}, "status"),
    ],
)
async def test_a_move_without_what_it_asks_for_is_refused(
    hub: HubClient, firm: Firm, stored: dict[str, Any], asked: dict[str, Any], at_fault: str
) -> None:
    one = await hub.given(an_instrument(firm.owner, **stored))

    answer = await update(hub, firm.user, one, **asked)

    assert problem(answer) == ("REFUSED", [at_fault])


async def test_an_exempt_instrument_goes_back_into_use_without_a_certificate(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(
        an_instrument(firm.owner, status=STOPPED, calibration_mode=CalibrationMode.EXEMPT)
    )

    answer = await update(hub, firm.user, one, status=IN_USE)

    assert done(answer)["instrument"]["status"] == IN_USE
