"""Certificates: verify codes, moves, and what stands against issuing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput, Refused
from hub.rules.certificate import (
    CROCKFORD,
    Basis,
    IssueFacts,
    StandardUsed,
    check_character,
    check_issue,
    check_move,
    code_is_well_formed,
    codes_match,
    normal_code,
    normal_number,
    verify_code,
)
from hub.rules.personnel import Credential, Person, Registration
from hub.rules.problem import Severity, refuse_first
from hub.rules.result import Point, Result
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    Conclusion,
    DecisionRule,
    DocumentKind,
    OrgKind,
    PersonnelCertificateKind,
    ResultKind,
    ResultStage,
    Verdict,
)
from tests.rules.vectors import VECTORS

VERIFY = VECTORS["verify_code"]
KEY = VERIFY["key"].encode()

LAB = "91320500MAY4LR3A1Y"
ITEM = "弹性元件式一般压力表"
SINCE = date(2020, 1, 1)
TESTED = date(2024, 3, 5)
TODAY = date(2024, 3, 8)
TESTER = Person(
    "tester",
    (Credential(PersonnelCertificateKind.REGISTERED_METROLOGIST_1, frozenset({ITEM}), SINCE),),
    Registration(LAB, SINCE, date(2024, 12, 31)),
)
APPROVER = Person("approver", (Credential(PersonnelCertificateKind.SIGNATORY, frozenset(), SINCE),))
VERIFICATION = IssueFacts(
    kind=CertificateKind.VERIFICATION_CERTIFICATE,
    today=TODAY,
    issuer=LAB,
    issuer_kinds=frozenset({OrgKind.LEGAL_VERIFICATION_INSTITUTE}),
    received_on=date(2024, 3, 4),
    test_dates=(date(2024, 3, 4), TESTED),
    issued_on=date(2024, 3, 6),
    interval_months=6,
    valid_until=date(2024, 9, 4),
    conclusion=Conclusion.QUALIFIED,
    item=ITEM,
    tested_by=TESTER,
    checked_by=Person("checker"),
    approved_by=APPROVER,
    standards=(StandardUsed("精密压力表标准装置", TESTED),),
    basis=(Basis("JJG 52-2013", DocumentKind.JJG, date(2013, 12, 27)),),
    results=(
        Result(
            ResultKind.INDICATION_ERROR,
            ResultStage.ONLY,
            (Point(unit="MPa", measured=Decimal("1.00"), verdict=Verdict.PASS),),
        ),
    ),
)
NOTICE = replace(
    VERIFICATION,
    kind=CertificateKind.RESULT_NOTICE,
    valid_until=None,
    conclusion=Conclusion.UNQUALIFIED,
    reason="示值误差超差",
)
CALIBRATION = replace(
    VERIFICATION,
    kind=CertificateKind.CALIBRATION_CERTIFICATE,
    valid_until=None,
    conclusion=Conclusion.RESULT_ONLY,
    tested_by=replace(TESTER, registration=None),
    basis=(Basis("JJF 1587-2016", DocumentKind.JJF),),
)


def codes(facts: IssueFacts) -> list[str]:
    """The codes of all that stands against issuing."""
    found = check_issue(facts)
    assert all(problem.words.zh and problem.words.en and problem.path for problem in found)
    return [problem.code for problem in found]


@pytest.mark.parametrize("vector", VERIFY["vectors"])
def test_a_verify_code_belongs_to_key_number_and_day(vector: dict[str, Any]) -> None:
    code = verify_code(KEY, vector["no"], date.fromisoformat(vector["date"]))

    assert code == vector["code"]
    assert code_is_well_formed(code)


def test_the_check_character_is_that_of_iso_7064() -> None:
    assert check_character(VERIFY["check_known"]["payload"]) == VERIFY["check_known"]["check"]


@given(st.binary(min_size=1), st.text(), st.dates())
def test_every_code_is_well_formed_and_survives_a_person_typing_it(
    key: bytes, number: str, day: date
) -> None:
    code = verify_code(key, number, day)

    assert code_is_well_formed(code)
    assert normal_code(f" {code[:4].lower()}-{code[4:8]} {code[8:]}") == code


@given(st.text(CROCKFORD, min_size=10, max_size=10), st.integers(0, 9), st.sampled_from(CROCKFORD))
def test_one_mistyped_character_is_told_without_a_look_up(
    body: str, place: int, other: str
) -> None:
    code = body + check_character(body)
    changed = code[:place] + other + code[place + 1 :]

    assert code_is_well_formed(changed) == (changed == code)


@given(st.text())
def test_any_text_is_well_formed_or_not(text: str) -> None:
    assert code_is_well_formed(text) in (True, False)
    assert codes_match(text, text)
    assert not codes_match(text, text + "0")


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert normal_code("obil9tr24go") == "0B119TR24GO"


FORWARD = {
    ("DRAFT", "CHECKED"),
    ("CHECKED", "APPROVED"),
    ("APPROVED", "ISSUED"),
    ("ISSUED", "REPLACED"),
    ("ISSUED", "REVOKED"),
}


@pytest.mark.parametrize(("old", "new"), list(product(CertificateState, repeat=2)))
def test_a_certificate_moves_forward_only(old: CertificateState, new: CertificateState) -> None:
    if (old, new) in FORWARD:
        check_move(old, new)
    else:
        with pytest.raises(Refused):
            check_move(old, new)


@pytest.mark.parametrize("facts", [VERIFICATION, NOTICE, CALIBRATION])
def test_a_sound_certificate_may_be_issued(facts: IssueFacts) -> None:
    assert codes(facts) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"test_dates": ()}, "TEST_DATE_MISSING"),
        ({"received_on": TESTED}, "RECEIVED_AFTER_TEST"),
        ({"issued_on": date(2024, 3, 4)}, "ISSUED_BEFORE_TEST"),
        ({"valid_until": date(2024, 9, 5)}, "VALID_UNTIL_WRONG"),
        ({"valid_until": None}, "VALID_UNTIL_WRONG"),
        ({"interval_months": None}, "VALID_UNTIL_WRONG"),
        ({"conclusion": Conclusion.UNQUALIFIED}, "CONCLUSION_NOT_QUALIFIED"),
        ({"standards": (StandardUsed("标准装置", date(2024, 3, 4)),)}, "STANDARD_EXPIRED"),
        ({"standards": (StandardUsed("标准装置", None),)}, "STANDARD_EXPIRED"),
        ({"basis": (Basis("JJF 1059.1-2012", DocumentKind.JJF),)}, "BASIS_NOT_JJG"),
        ({"checked_by": TESTER}, "SAME_PERSON"),
        ({"tested_by": Person("nobody")}, "TESTER_NOT_CERTIFIED"),
        ({"tested_by": replace(TESTER, registration=None)}, "TESTER_NOT_REGISTERED"),
        ({"approved_by": Person("nobody")}, "APPROVER_NOT_AUTHORISED"),
    ],
)
def test_each_fault_of_a_verification_has_its_code(changes: dict[str, Any], code: str) -> None:
    assert codes(replace(VERIFICATION, **changes)) == [code]


def test_a_class_is_a_good_conclusion_too() -> None:
    assert codes(replace(VERIFICATION, conclusion=Conclusion.CLASS)) == []


def test_without_an_interval_there_is_no_validity() -> None:
    assert codes(replace(VERIFICATION, interval_months=None, valid_until=None)) == []


@pytest.mark.parametrize(
    ("stage", "expected"),
    [(ResultStage.AS_FOUND, []), (ResultStage.AS_LEFT, ["POINT_FAILED"])],
)
def test_an_instrument_may_fail_before_its_adjustment_but_not_after(
    stage: ResultStage, expected: list[str]
) -> None:
    failed = Point(unit="MPa", measured=Decimal("1.00"), verdict=Verdict.FAIL)
    results = (Result(ResultKind.VALUE, stage, (failed,)),)

    assert codes(replace(VERIFICATION, results=results)) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conclusion": Conclusion.QUALIFIED}, "CONCLUSION_NOT_UNQUALIFIED"),
        ({"reason": " "}, "REASON_MISSING"),
        ({"valid_until": date(2024, 9, 4)}, "VALID_UNTIL_NOT_ALLOWED"),
    ],
)
def test_a_result_notice_is_unqualified_with_a_reason(changes: dict[str, Any], code: str) -> None:
    assert codes(replace(NOTICE, **changes)) == [code]


def test_a_calibration_states_a_date_or_conformity_only_on_request() -> None:
    dated = replace(CALIBRATION, valid_until=date(2025, 3, 4))
    judged = replace(CALIBRATION, conclusion=Conclusion.QUALIFIED)

    assert codes(dated) == ["VALID_UNTIL_NOT_ALLOWED"]
    assert codes(replace(dated, recalibration_agreed=True)) == []
    assert codes(judged) == ["DECISION_RULE_MISSING"]
    assert codes(replace(judged, decision_rule=DecisionRule.JJF_1094)) == []


def test_a_superseded_basis_warns_and_does_not_stop() -> None:
    old = Basis("JJG 52-1999", DocumentKind.JJG, date(1999, 1, 1), replaced_on=date(2013, 12, 27))

    found = check_issue(replace(VERIFICATION, basis=(old,)))

    assert [problem.code for problem in found] == ["BASIS_SUPERSEDED"]
    assert found[0].severity is Severity.WARNING
    refuse_first(found)


ALWAYS = (StandardUsed("量块标准装置", date.max),)


def test_a_verification_rests_on_results_and_standards() -> None:
    assert codes(replace(VERIFICATION, standards=())) == ["STANDARDS_MISSING"]
    assert codes(replace(VERIFICATION, results=())) == ["RESULTS_MISSING"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = replace(
        VERIFICATION, valid_until=None, checked_by=TESTER, approved_by=TESTER, standards=ALWAYS
    )

    assert codes(bad) == ["VALID_UNTIL_WRONG", "APPROVER_NOT_AUTHORISED", "SAME_PERSON"]
    with pytest.raises(Refused) as refusal:
        refuse_first(check_issue(bad))
    assert refusal.value.path == ("validUntil",)


@given(st.dates(date(2021, 1, 1), date(2024, 6, 30)), st.integers(1, 120), st.integers(-2, 2))
def test_only_the_eve_of_the_anniversary_is_a_right_validity(
    tested: date, months: int, slip: int
) -> None:
    from_the_right_day = replace(
        VERIFICATION,
        today=tested,
        received_on=None,
        test_dates=(tested,),
        issued_on=tested,
        interval_months=months,
        valid_until=_eve(tested, months, slip),
        standards=ALWAYS,
    )

    assert codes(from_the_right_day) == ([] if slip == 0 else ["VALID_UNTIL_WRONG"])


def _eve(tested: date, months: int, slip: int) -> date:
    year, month0 = divmod(tested.year * 12 + tested.month - 1 + months, 12)
    first = date(year, month0 + 1, 1).toordinal()
    following = divmod(year * 12 + month0 + 1, 12)
    length = date(following[0], following[1] + 1, 1).toordinal() - first
    return date.fromordinal(first + min(tested.day, length) - 2 + slip)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"test_dates": (date(2024, 3, 9),), "issued_on": date(2024, 3, 9)}, "TEST_IN_FUTURE"),
        ({"issued_on": date(2024, 3, 9)}, "ISSUED_IN_FUTURE"),
        ({"test_dates": (date(2024, 3, 5), date(2024, 3, 4))}, "TEST_ENDS_BEFORE_START"),
        ({"interval_months": 0}, "INTERVAL_OUT_OF_RANGE"),
        ({"interval_months": 2000}, "INTERVAL_OUT_OF_RANGE"),
        ({"basis": 2 * VERIFICATION.basis}, "BASIS_TWICE"),
    ],
    ids=str,
)
def test_what_lies_ahead_or_is_out_of_bounds_is_objected_to(
    change: dict[str, Any], code: str
) -> None:
    assert code in codes(replace(VERIFICATION, **change))


@pytest.mark.parametrize(
    ("last_day", "found"),
    [
        (date(2024, 3, 4), ["VALID_UNTIL_OUT_OF_RANGE"]),
        (date(2024, 3, 5), []),
        (date(2034, 3, 4), []),
        (date(2034, 3, 5), ["VALID_UNTIL_OUT_OF_RANGE"]),
    ],
)
def test_an_agreed_recalibration_is_at_most_ten_years_ahead(
    last_day: date, found: list[str]
) -> None:
    agreed = replace(CALIBRATION, valid_until=last_day, recalibration_agreed=True)

    assert codes(agreed) == found


def test_while_the_instrument_is_not_known_persons_are_not_asked_for_its_item() -> None:
    nobody = replace(VERIFICATION, tested_by=Person("nobody"), approved_by=Person("no one"))

    assert codes(replace(nobody, item=None)) == []
    assert len(codes(nobody)) == 2


def test_a_number_is_tidied_and_is_1_to_64_letters() -> None:
    assert normal_number("　ＳＺ  1 ") == "SZ 1"
    assert normal_number("x" * 64) == "x" * 64
    for unfit in ("", " \u200b ", "x" * 65):
        with pytest.raises(BadInput):
            normal_number(unfit)
