"""Issuing certificates: everything that may stand against one."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.tables.instrument import Instrument
from hub.times import today
from hub.vocabulary import (
    DocumentKind,
    PersonnelCertificateKind,
    PersonnelCertificateState,
    QualificationState,
)
from schema.ids import encode
from tests.doors import HubClient, id_of
from tests.given import (
    a_credential,
    a_document,
    a_laboratory,
    a_person,
    a_qualification,
    a_standard,
    an_instrument,
)
from tests.issuing import Bench, a_bench, issue, issued, ledger_line, objections, results


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def gauge(hub: HubClient, bench: Bench) -> Instrument:
    return await hub.given(an_instrument(bench.client, serial_no="2024-0815"))


AHEAD = str(today() + timedelta(days=1))
VALID_UNTIL = {"intervalMonths": 6, "validUntil": "2024-09-05"}
CALIBRATION = {"kind": "CALIBRATION_CERTIFICATE", "conclusion": "RESULT_ONLY"}
OBJECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "received after the test": ({"receivedAt": "2024-03-05"}, "RECEIVED_AFTER_TEST"),
    "issued before the test": ({"issueDate": "2024-03-04"}, "ISSUED_BEFORE_TEST"),
    "the anniversary for the last day": (VALID_UNTIL, "VALID_UNTIL_WRONG"),
    "a validity without an interval": (
        {"intervalMonths": None, "validUntil": "2024-09-04"},
        "VALID_UNTIL_WRONG",
    ),
    "a validity of a calibration": (
        {**CALIBRATION, "validUntil": "2025-03-04"},
        "VALID_UNTIL_NOT_ALLOWED",
    ),
    "an unqualified verification": ({"conclusion": "UNQUALIFIED"}, "CONCLUSION_NOT_QUALIFIED"),
    "a failed point": ({"results": results(verdict="FAIL")}, "POINT_FAILED"),
    "a notice of a good one": (
        {"kind": "RESULT_NOTICE", "intervalMonths": None},
        "CONCLUSION_NOT_UNQUALIFIED",
    ),
    "a notice without a reason": ({"kind": "RESULT_NOTICE"}, "REASON_MISSING"),
    "conformity without a rule": (
        {**CALIBRATION, "conclusion": "QUALIFIED"},
        "DECISION_RULE_MISSING",
    ),
    "U of nothing": ({"results": results(u="0.000")}, "U_NOT_POSITIVE"),
    "U below nothing": ({"results": results(u="-0.020")}, "U_NOT_POSITIVE"),
    "k below one": ({"results": results(k="0.9")}, "K_BELOW_ONE"),
    "no k": ({"results": results(k=None)}, "K_BELOW_ONE"),
    "U of another place": ({"results": results(u="0.02")}, "U_PLACE"),
    "U of another unit": ({"results": results(uUnit="℃")}, "U_UNIT"),
    "an error that is none": ({"results": results(error="0.020")}, "ERROR_MISMATCH"),
    "a basis that is no regulation": ({"technicalBasis": []}, "BASIS_NOT_JJG"),
}


@pytest.mark.parametrize(("change", "code"), OBJECTIONS.values(), ids=OBJECTIONS)
async def test_what_stands_against_a_certificate_is_told_and_nothing_of_it_is_kept(
    hub: HubClient, bench: Bench, gauge: Instrument, change: dict[str, Any], code: str
) -> None:
    answer = await issue(hub, bench.lab, gauge, **change)

    assert code in objections(answer)
    assert (await ledger_line(hub, gauge)).version == 1
    kept = await hub.stored("SELECT 1 FROM certificate WHERE instrument_id = :id", id=gauge.id)
    assert kept == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"receivedAt": "2024-03-05"}, ["receivedAt"]),
        ({"issueDate": "2024-03-04"}, ["issueDate"]),
        (VALID_UNTIL, ["validUntil"]),
        ({"conclusion": "UNQUALIFIED"}, ["conclusion"]),
        ({"results": results(k="0.9")}, ["results", "0", "points", "0", "k"]),
        ({"results": results(error="0.020")}, ["results", "0", "points", "0", "error"]),
        ({"results": results(u="0.000")}, ["results", "0", "points", "0", "u"]),
        (
            {"kind": "RESULT_NOTICE", "conclusion": "UNQUALIFIED", "intervalMonths": None},
            ["conclusionReason"],
        ),
        ({"technicalBasis": ["JJG 1-1900"]}, ["technicalBasis", "0"]),
        ({"technicalBasis": ["J" * 256]}, ["technicalBasis", "0"]),
        ({"number": "n" * 65}, ["number"]),
        ({"fee": "-0.01"}, ["fee"]),
        ({"conclusionReason": "r" * 4_001}, ["conclusionReason"]),
        ({"results": results(unit="u" * 256)}, ["results", "0", "points", "0", "unit"]),
        ({"results": results(p="1.1")}, ["results", "0", "points", "0", "p"]),
        (
            {"results": results(mpeLower="1", mpeUpper="0")},
            ["results", "0", "points", "0", "mpeLower"],
        ),
        ({"issueDate": AHEAD}, ["issueDate"]),
        ({"testedBy": encode("Personnel", uuid4())}, ["testedBy"]),
        ({"standardsUsed": [{"name": " "}]}, ["standardsUsed", "0"]),
        ({"instrument": encode("Instrument", uuid4())}, ["instrument"]),
        ({"capability": encode("Capability", uuid4())}, ["capability"]),
        ({"authorization": encode("Qualification", uuid4())}, ["authorization"]),
        ({"feeItem": encode("FeeItem", uuid4())}, ["feeItem"]),
    ],
)
async def test_a_problem_leads_to_the_member_of_the_input_that_is_at_fault(
    hub: HubClient, bench: Bench, gauge: Instrument, change: dict[str, Any], path: list[str]
) -> None:
    answer = await issue(hub, bench.lab, gauge, **change)

    assert list(objections(answer).values()) == [path]


async def test_everything_that_stands_against_it_is_told_at_once(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    answer = await issue(
        hub,
        bench.lab,
        gauge,
        receivedAt="2024-03-05",
        checkedBy=id_of(bench.lab.tester),
        conclusion="UNQUALIFIED",
        results=results(u="0.000", error="0.020"),
    )

    assert set(objections(answer)) == {
        "RECEIVED_AFTER_TEST",
        "SAME_PERSON",
        "CONCLUSION_NOT_QUALIFIED",
        "U_NOT_POSITIVE",
        "ERROR_MISMATCH",
    }


@pytest.mark.parametrize(
    ("stated", "expired"),
    [("2024-03-05", False), ("2024-03-04", True), (None, True)],
)
async def test_a_standard_serves_until_the_last_day_of_its_own_certificate(
    hub: HubClient, bench: Bench, gauge: Instrument, stated: str | None, expired: bool
) -> None:
    used = [{"standard": id_of(bench.lab.standard)}, {"name": "活塞压力计", "validUntil": stated}]

    answer = await issue(hub, bench.lab, gauge, standardsUsed=used)

    if expired:
        assert objections(answer) == {"STANDARD_EXPIRED": ["standardsUsed", "1"]}
    else:
        assert issued(answer)["standardsUsed"][1]["validUntil"] == "2024-03-05"


async def test_a_standard_of_the_library_that_expired_is_noticed_without_a_date_in_the_input(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    old = await hub.given(a_standard(bench.lab.organization, valid_to=date(2024, 3, 4)))

    answer = await issue(hub, bench.lab, gauge, standardsUsed=[{"standard": id_of(old)}])

    assert objections(answer) == {"STANDARD_EXPIRED": ["standardsUsed", "0"]}


async def test_nobody_checks_an_own_test(hub: HubClient, bench: Bench, gauge: Instrument) -> None:
    answer = await issue(hub, bench.lab, gauge, checkedBy=id_of(bench.lab.tester))

    assert objections(answer) == {"SAME_PERSON": ["checkedBy"]}


REGISTERED = PersonnelCertificateKind.REGISTERED_METROLOGIST_2
TESTERS: dict[str, tuple[dict[str, Any] | None, dict[str, Any], str]] = {
    "nothing": (None, {}, "TESTER_NOT_CERTIFIED"),
    "another item": ({"items": ["电子天平"]}, {}, "TESTER_NOT_CERTIFIED"),
    "a certificate that ended the day before": (
        {"valid_to": date(2024, 3, 4)}, {}, "TESTER_NOT_CERTIFIED",
    ),
    "a certificate of the day after": (
        {"issued_at": date(2024, 3, 6)}, {}, "TESTER_NOT_CERTIFIED",
    ),
    "a certificate that was revoked": (
        {"state": PersonnelCertificateState.REVOKED}, {}, "TESTER_NOT_CERTIFIED",
    ),
    "a signatory's certificate only": (
        {"kind": PersonnelCertificateKind.SIGNATORY}, {}, "TESTER_NOT_CERTIFIED",
    ),
    "a registration that ended": (
        {}, {"registration_valid_to": date(2024, 3, 4)}, "TESTER_NOT_REGISTERED",
    ),
    "no registration": (
        {}, {"registered_at": None, "registration_valid_to": None}, "TESTER_NOT_REGISTERED",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("paper", "person", "code"), TESTERS.values(), ids=TESTERS)
async def test_a_tester_who_is_not_entitled_on_the_day_is_refused(
    hub: HubClient,
    bench: Bench,
    gauge: Instrument,
    paper: dict[str, Any] | None,
    person: dict[str, Any],
    code: str,
) -> None:
    tester = await hub.given(a_person(bench.lab.organization, **person))
    if paper is not None:
        await hub.given(a_credential(tester, **{"kind": REGISTERED} | paper))

    answer = await issue(hub, bench.lab, gauge, testedBy=id_of(tester))

    assert objections(answer) == {code: ["testedBy"]}


async def test_only_a_signatory_approves(hub: HubClient, bench: Bench, gauge: Instrument) -> None:
    answer = await issue(hub, bench.lab, gauge, approvedBy=id_of(bench.lab.checker))

    assert objections(answer) == {"APPROVER_NOT_AUTHORISED": ["approvedBy"]}


async def test_people_of_another_laboratory_sign_nothing_here(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    other = await hub.given(a_laboratory())

    answer = await issue(hub, bench.lab, gauge, testedBy=id_of(other.tester))

    assert objections(answer) == {"REFUSED": ["testedBy"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_to": date(2024, 3, 5)},
        {"valid_from": date(2024, 3, 7)},
        {"state": QualificationState.SUSPENDED},
    ],
    ids=str,
)
async def test_an_authorisation_must_be_valid_on_the_day_of_issue(
    hub: HubClient, bench: Bench, gauge: Instrument, changes: dict[str, Any]
) -> None:
    old = await hub.given(a_qualification(bench.lab.organization, **changes))

    answer = await issue(hub, bench.lab, gauge, authorization=id_of(old))

    assert objections(answer).keys() == {"AUTHORIZATION_NOT_VALID"}


async def test_the_authorisation_of_another_laboratory_does_not_serve(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    other = await hub.given(a_laboratory())

    answer = await issue(hub, bench.lab, gauge, authorization=id_of(other.qualification))

    assert objections(answer).keys() == {"AUTHORIZATION_NOT_VALID"}


async def test_a_verification_follows_a_regulation(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    method = await hub.given(a_document(DocumentKind.JJF))

    answer = await issue(hub, bench.lab, gauge, technicalBasis=[method.number])

    assert objections(answer) == {"BASIS_NOT_JJG": ["technicalBasis"]}


async def test_a_regulation_that_was_replaced_before_the_test_is_a_warning_only(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    old = await hub.given(a_document(replaced_on=date(2024, 3, 5)))

    answer = await issue(hub, bench.lab, gauge, technicalBasis=[old.number])

    assert issued(answer)["warnings"] == [{"code": "BASIS_SUPERSEDED"}]


@pytest.mark.parametrize("name", ["instrument", "testedBy", "capability", "replaces", "feeItem"])
async def test_an_id_of_another_noun_is_bad_input_with_its_path(
    hub: HubClient, bench: Bench, gauge: Instrument, name: str
) -> None:
    answer = await issue(hub, bench.lab, gauge, **{name: id_of(bench.client)})

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["input", name]


@pytest.mark.parametrize(
    "change",
    [
        {"number": "  "},
        {"intervalMonths": 0},
        {"intervalMonths": -5},
        {"testFrom": AHEAD, "testTo": AHEAD, "issueDate": AHEAD},
        {"fee": "-1"},
        {"fee": "0.001"},
        {"results": results(p="5")},
        {"results": results(mpeLower="1", mpeUpper="-1")},
        {"results": results(measured=None, error=None, u="-1")},
        {"results": results(measured=None, error=None, k="0")},
        {"testTo": "2024-03-03"},
        {"results": results(u="0.001")},
        {"results": results(mpeLower="-0.001", mpeUpper="0.001", verdict="PASS")},
    ],
    ids=str,
)
async def test_what_cannot_be_true_of_a_certificate_is_objected_to(
    hub: HubClient, bench: Bench, gauge: Instrument, change: dict[str, Any]
) -> None:
    answer = await issue(hub, bench.lab, gauge, **change)

    assert answer.data["issueCertificate"]["certificate"] is None
    assert "CONFLICT" not in objections(answer)


async def test_the_capability_of_another_laboratory_does_not_serve(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    other = await hub.given(a_laboratory())

    answer = await issue(hub, bench.lab, gauge, capability=id_of(other.capability))

    assert answer.data["issueCertificate"]["certificate"] is None


async def test_a_certificate_of_another_instrument_is_not_replaced(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    other = await hub.given(an_instrument(bench.client))
    old = issued(await issue(hub, bench.lab, other))

    answer = await issue(hub, bench.lab, gauge, replaces=old["id"], replacementKind="SUBSTITUTED")

    assert answer.data["issueCertificate"]["certificate"] is None


async def test_a_basis_is_given_once_however_it_is_spelled(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    number = bench.lab.document.number

    answer = await issue(hub, bench.lab, gauge, technicalBasis=[number, f" {number.lower()}"])

    assert objections(answer) == {"BASIS_TWICE": ["technicalBasis", "1"]}


async def test_a_number_is_stored_tidied_and_found_as_it_was_typed(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    typed = f"  ＳＺ   {uuid4().hex} "

    one = issued(await issue(hub, bench.lab, gauge, number=typed))
    again = await issue(hub, bench.lab, gauge, number=one["number"])
    found = await hub.ask(
        "query($n: String!, $c: String!) { verifyCertificate(number: $n, code: $c) { number } }",
        n=typed,
        c=one["verifyCode"],
    )

    assert one["number"] == " ".join(typed.split()).replace("ＳＺ", "SZ")
    assert objections(again) == {"CONFLICT": ["number"]}
    assert found.data["verifyCertificate"] == {"number": one["number"]}
