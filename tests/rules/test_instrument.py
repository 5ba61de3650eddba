"""Instruments: keys, moves between states, compulsory verification."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.instrument import (
    MOVES,
    MoveFacts,
    check_compulsory,
    check_interval,
    check_move,
    check_retire,
    is_illegal_use,
    is_listed_overdue,
    normal_key,
    state_after_failure,
)
from hub.vocabulary import CalibrationMode, CompulsoryPurpose, DueState, InstrumentState

IN_USE, STOPPED, SEALED, REPAIR, SCRAPPED = InstrumentState
TODAY = date(2024, 6, 1)
BARE = MoveFacts(today=TODAY)
ALL_GIVEN = MoveFacts(
    today=TODAY,
    reason="产线停产",
    approved=True,
    certified_on=date(2024, 5, 20),
    valid_until=date(2025, 5, 19),
    unsealed_on=date(2024, 5, 20),
)
FORBIDDEN = {(REPAIR, IN_USE), (REPAIR, SEALED)} | {
    (old, new) for old, new in product(InstrumentState, repeat=2) if old in (new, SCRAPPED)
}


@pytest.mark.parametrize(("old", "new"), list(product(InstrumentState, repeat=2)))
def test_moves_are_those_of_the_table(old: InstrumentState, new: InstrumentState) -> None:
    if (old, new) not in FORBIDDEN:
        check_move(old, new, ALL_GIVEN)
        return
    with pytest.raises(Refused) as refusal:
        check_move(old, new, ALL_GIVEN)
    assert refusal.value.path == ("status",)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (IN_USE, STOPPED, "statusReason"),
        (IN_USE, SEALED, "statusReason"),
        (IN_USE, SCRAPPED, "approved"),
        (STOPPED, IN_USE, "status"),
        (SEALED, IN_USE, "unsealedOn"),
    ],
)
def test_a_move_without_its_condition_is_refused(
    old: InstrumentState, new: InstrumentState, path: str
) -> None:
    with pytest.raises(Refused) as refusal:
        check_move(old, new, replace(BARE, reason="  "))

    assert refusal.value.path == (path,)


def test_the_last_valid_day_still_serves_and_the_day_after_does_not() -> None:
    check_move(STOPPED, IN_USE, replace(BARE, valid_until=TODAY))

    with pytest.raises(Refused):
        check_move(STOPPED, IN_USE, replace(BARE, valid_until=date(2024, 5, 31)))


def test_an_exempt_instrument_needs_no_certificate() -> None:
    check_move(STOPPED, IN_USE, replace(BARE, mode=CalibrationMode.EXEMPT))


@pytest.mark.parametrize("certified_on", [None, date(2024, 5, 19)])
def test_a_sealed_instrument_needs_a_certificate_since_its_unsealing(
    certified_on: date | None,
) -> None:
    with pytest.raises(Refused):
        check_move(SEALED, IN_USE, replace(ALL_GIVEN, certified_on=certified_on))


@given(st.lists(st.sampled_from(InstrumentState), max_size=12))
def test_no_way_leads_back_from_the_scrap_heap(wishes: list[InstrumentState]) -> None:
    state = SCRAPPED
    for wish in wishes:
        state = wish if wish in MOVES[state] else state

    assert state is SCRAPPED


def test_a_result_notice_stops_an_instrument_in_use() -> None:
    assert state_after_failure(IN_USE) is STOPPED
    assert state_after_failure(SEALED) is SEALED


@pytest.mark.parametrize("state", InstrumentState)
@pytest.mark.parametrize("due", DueState)
def test_resting_instruments_are_not_listed_and_only_those_in_use_without_validity_are_illegal(
    state: InstrumentState, due: DueState
) -> None:
    overdue = due is DueState.OVERDUE
    beyond = due in (DueState.OVERDUE, DueState.NOT_SCHEDULED)

    assert is_listed_overdue(state, due) == (overdue and state in (IN_USE, REPAIR))
    assert is_illegal_use(compulsory=True, state=state, due=due) == (beyond and state is IN_USE)
    assert not is_illegal_use(compulsory=False, state=state, due=due)


@pytest.mark.parametrize(
    ("purpose", "mode", "months", "path"),
    [
        (None, CalibrationMode.VERIFICATION, 6, "compulsoryPurpose"),
        (CompulsoryPurpose.SAFETY, CalibrationMode.CALIBRATION, 6, "calibrationMode"),
        (CompulsoryPurpose.SAFETY, None, 6, "calibrationMode"),
        (CompulsoryPurpose.SAFETY, CalibrationMode.VERIFICATION, 7, "intervalMonths"),
        (CompulsoryPurpose.SAFETY, CalibrationMode.VERIFICATION, 0, "intervalMonths"),
    ],
)
def test_compulsory_verification_leaves_no_choice(
    purpose: CompulsoryPurpose | None, mode: CalibrationMode | None, months: int, path: str
) -> None:
    with pytest.raises(Refused) as refusal:
        check_compulsory(
            compulsory=True, purpose=purpose, mode=mode, interval_months=months, max_months=6
        )

    assert refusal.value.path == (path,)


@given(st.integers(1, 120), st.one_of(st.none(), st.integers(1, 120)))
def test_a_compulsory_interval_may_be_shorter_but_never_longer(
    months: int, longest: int | None
) -> None:
    too_long = longest is not None and months > longest
    try:
        check_compulsory(
            compulsory=True,
            purpose=CompulsoryPurpose.TRADE_SETTLEMENT,
            mode=CalibrationMode.VERIFICATION,
            interval_months=months,
            max_months=longest,
        )
    except Refused:
        assert too_long
    else:
        assert not too_long


@pytest.mark.parametrize("months", [0, 121])
def test_an_interval_is_1_to_120_months_for_everyone(months: int) -> None:
    with pytest.raises(Refused):
        check_compulsory(
            compulsory=False, purpose=None, mode=None, interval_months=months, max_months=None
        )


def test_others_choose_their_interval_and_mode() -> None:
    check_compulsory(
        compulsory=False,
        purpose=None,
        mode=CalibrationMode.INTERNAL,
        interval_months=60,
        max_months=12,
    )


@given(st.text())
def test_an_asset_number_has_one_key(text: str) -> None:
    key = normal_key(text)

    assert normal_key(key) == key
    assert " " not in key


def test_width_case_and_blanks_do_not_make_another_number() -> None:
    assert normal_key(" ｋｓ－０ 0001　a\n") == "KS-00001A"


@given(st.one_of(st.none(), st.integers(1, 120)), st.one_of(st.none(), st.integers(1, 120)))
def test_a_compulsory_interval_is_never_lengthened_nor_cleared(
    old: int | None, new: int | None
) -> None:
    shorter = old is None or (new is not None and new <= old)
    try:
        check_interval(old, new)
    except Refused:
        assert not shorter
    else:
        assert shorter


@pytest.mark.parametrize("state", InstrumentState)
def test_without_an_approval_only_what_is_scrapped_leaves_the_ledger(
    state: InstrumentState,
) -> None:
    check_retire(state, approved=True)
    if state is SCRAPPED:
        check_retire(state, approved=False)
        return
    with pytest.raises(Refused):
        check_retire(state, approved=False)
