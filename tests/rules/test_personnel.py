"""Resident ids, credentials and the rule of two persons."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.personnel import (
    CHECK_CHARACTERS,
    WEIGHTS,
    Credential,
    Person,
    Registration,
    ResidentIdVerdict,
    check_may_approve,
    check_may_test,
    check_two_persons,
    problems_of_tester,
    resident_id_verdict,
)
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState
from tests.rules.vectors import VECTORS

DAY = date(2024, 3, 5)
LAB = "91320500MAY4LR3A1Y"
GAUGES = "弹性元件式一般压力表"
METROLOGIST = Credential(
    PersonnelCertificateKind.REGISTERED_METROLOGIST_1,
    frozenset({GAUGES}),
    date(2021, 1, 1),
    date(2025, 12, 31),
)
REGISTERED = Registration(LAB, date(2021, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize("vector", VECTORS["resident_id"]["vectors"])
def test_a_resident_id_is_judged(vector: dict[str, Any]) -> None:
    assert resident_id_verdict(vector["id"]) == vector["verdict"]


def test_weights_and_check_characters_are_those_of_the_standard() -> None:
    assert tuple(VECTORS["resident_id"]["weights"]) == WEIGHTS
    assert VECTORS["resident_id"]["check_map"] == CHECK_CHARACTERS


@given(st.dates(date(1900, 1, 1), date(2050, 12, 31)), st.integers(0, 999), st.integers(0, 16))
def test_one_wrong_digit_never_passes(born: date, serial: int, place: int) -> None:
    body = f"000000{born:%Y%m%d}{serial:03}"
    good = next(
        body + each
        for each in CHECK_CHARACTERS
        if resident_id_verdict(body + each) is ResidentIdVerdict.OK
    )
    changed = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :]

    assert resident_id_verdict(good.lower()) is ResidentIdVerdict.OK
    assert resident_id_verdict(changed) is not ResidentIdVerdict.OK


@given(st.text(max_size=20))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert resident_id_verdict(text) in ResidentIdVerdict


def test_a_certified_tester_may_test() -> None:
    tester = Person("tester", (METROLOGIST,), REGISTERED)

    check_may_test(tester, " 弹性元件式一般压力表", DAY)
    check_may_test(tester, GAUGES, DAY, registered_with=LAB)


@pytest.mark.parametrize(
    ("item", "day"),
    [("数字压力计", DAY), (GAUGES, date(2020, 12, 31)), (GAUGES, date(2026, 1, 1))],
)
def test_without_the_item_on_that_day_nobody_tests(item: str, day: date) -> None:
    with pytest.raises(Refused) as refusal:
        check_may_test(Person("tester", (METROLOGIST,)), item, day)

    assert refusal.value.path == ("testedBy",)


@pytest.mark.parametrize("day", [date(2021, 1, 1), date(2025, 12, 31)])
def test_the_first_and_the_last_day_count(day: date) -> None:
    check_may_test(Person("tester", (METROLOGIST,), REGISTERED), GAUGES, day, registered_with=LAB)


@pytest.mark.parametrize("state", ["SUSPENDED", "REVOKED", "CANCELLED"])
def test_a_credential_that_was_taken_away_counts_no_more(state: str) -> None:
    lost = Credential(
        METROLOGIST.kind, METROLOGIST.items, DAY, None, PersonnelCertificateState(state)
    )

    with pytest.raises(Refused):
        check_may_test(Person("tester", (lost,)), GAUGES, DAY)


@pytest.mark.parametrize(
    "registration",
    [
        None,
        Registration("another laboratory", date(2021, 1, 1), date(2025, 12, 31)),
        Registration(LAB, date(2021, 1, 1), DAY - timedelta(days=1)),
    ],
)
def test_an_institute_needs_a_metrologist_registered_with_it(
    registration: Registration | None,
) -> None:
    tester = Person("tester", (METROLOGIST,), registration)

    problems = problems_of_tester(tester, GAUGES, DAY, registered_with=LAB)

    assert [problem.code for problem in problems] == ["TESTER_NOT_REGISTERED"]
    assert problems_of_tester(tester, GAUGES, DAY) == []


def test_an_older_verifiers_certificate_stands_in_for_registration() -> None:
    verifier = Credential(PersonnelCertificateKind.VERIFIER, frozenset({GAUGES}), date(2020, 1, 1))

    check_may_test(Person("tester", (verifier,)), GAUGES, DAY, registered_with=LAB)


def test_nobody_checks_an_own_test() -> None:
    check_two_persons(Person("one"), Person("two"))

    with pytest.raises(Refused) as refusal:
        check_two_persons(Person("one"), Person("one"))
    assert refusal.value.path == ("checkedBy",)


def test_only_an_authorised_signatory_approves() -> None:
    signatory = PersonnelCertificateKind.SIGNATORY
    for_all = Credential(signatory, frozenset(), date(2020, 1, 1))
    for_one = Credential(signatory, frozenset({"数字压力计"}), date(2020, 1, 1))

    check_may_approve(Person("approver", (for_all,)), GAUGES, DAY)
    for credentials in ((), (for_one,), (METROLOGIST,)):
        with pytest.raises(Refused) as refusal:
            check_may_approve(Person("approver", credentials), GAUGES, DAY)
        assert refusal.value.path == ("approvedBy",)
