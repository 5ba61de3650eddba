"""Certificates as they are read and as anyone may check them by number and code."""

import hashlib
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.vocabulary import CertificateKind, CertificateState, Conclusion
from tests.doors import Answer, HubClient, id_of
from tests.given import a_certificate, an_instrument
from tests.issuing import Bench, a_bench, issue, issued

VERIFY = """
query($number: String!, $code: String!, $hash: String) {
  verifyCertificate(number: $number, code: $code, fileSha256: $hash) {
    number kind state issuer instrumentName modelSpec serialTail testDate issueDate validUntil
    conclusion fileMatches
  }
}
"""
LIST = """
query($filter: CertificateFilter, $order: [CertificateOrder!]) {
  certificates(filter: $filter, order: $order, first: 100) { nodes { number } }
}
"""
CODE, OTHER_CODE = "BN69TR24GER", "JVNP5C56XD6"
FILE = hashlib.sha256(b"certificate").hexdigest()


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def gauge(hub: HubClient, bench: Bench) -> Instrument:
    return await hub.given(an_instrument(bench.client, serial_no="2024-0815", model_spec="Y-100"))


@pytest.fixture
async def certificate(hub: HubClient, bench: Bench, gauge: Instrument) -> Certificate:
    files = [{"name": "c.pdf", "sha256": FILE, "size": 11}]
    row = a_certificate(bench.lab.organization, gauge, verify_code=CODE, files=files)
    return await hub.given(row)


async def verify(hub: HubClient, number: str, code: str, **more: Any) -> Answer:
    return await hub.ask(VERIFY, number=number, code=code, **more)


async def test_whoever_has_number_and_code_sees_that_a_certificate_is_genuine(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    one = issued(await issue(hub, bench.lab, gauge))

    answer = await verify(hub, one["number"], one["verifyCode"])

    assert answer.data["verifyCertificate"] == {
        "number": one["number"],
        "kind": "VERIFICATION_CERTIFICATE",
        "state": "ISSUED",
        "issuer": bench.lab.organization.name,
        "instrumentName": gauge.name,
        "modelSpec": "Y-100",
        "serialTail": "0815",
        "testDate": "2024-03-05",
        "issueDate": "2024-03-06",
        "validUntil": "2024-09-04",
        "conclusion": "QUALIFIED",
        "fileMatches": None,
    }


@pytest.mark.parametrize("typed", ["bn69tr24ger", " BN69 TR24-GER ", "ＢＮ６９ＴＲ２４ＧＥＲ"])
async def test_the_code_may_be_typed_as_people_type_it(
    hub: HubClient, certificate: Certificate, typed: str
) -> None:
    answer = await verify(hub, f" {certificate.number} ", typed)

    assert answer.data["verifyCertificate"]["number"] == certificate.number


async def test_a_wrong_code_and_an_unknown_number_cannot_be_told_apart(
    hub: HubClient, certificate: Certificate
) -> None:
    same = {"x-request-id": "the-same-for-all"}

    answers = [
        await verify(hub, certificate.number, OTHER_CODE, headers=same),
        await verify(hub, certificate.number, "", headers=same),
        await verify(hub, certificate.number, "码" * 11, headers=same),
        await verify(hub, f"SZJL-{uuid4()}", CODE, headers=same),
        await verify(hub, "", CODE, headers=same),
    ]

    assert {tuple(answer.codes) for answer in answers} == {("NOT_FOUND",)}
    assert len({answer.response.content for answer in answers}) == 1
    assert len({str(answer.response.headers) for answer in answers}) == 1


@pytest.mark.parametrize("state", ["DRAFT", "CHECKED", "APPROVED"])
async def test_a_certificate_that_is_not_issued_yet_is_not_found(
    hub: HubClient, bench: Bench, gauge: Instrument, state: str
) -> None:
    one = await hub.given(
        a_certificate(bench.lab.organization, gauge, verify_code=CODE, state=state)
    )

    answer = await verify(hub, one.number, CODE)

    assert answer.codes == ["NOT_FOUND"]


@pytest.mark.parametrize("state", ["REPLACED", "REVOKED"])
async def test_a_certificate_that_has_ended_is_told_as_such(
    hub: HubClient, bench: Bench, gauge: Instrument, state: str
) -> None:
    one = await hub.given(
        a_certificate(bench.lab.organization, gauge, verify_code=CODE, state=state)
    )

    answer = await verify(hub, one.number, CODE)

    assert answer.data["verifyCertificate"]["state"] == state


@pytest.mark.parametrize(
    ("given", "matches"),
    [(FILE, True), (FILE.upper(), True), (FILE[:-1] + "0", False), ("", False), (None, None)],
)
async def test_the_hash_of_a_file_shows_whether_it_was_changed(
    hub: HubClient, certificate: Certificate, given: str | None, matches: bool | None
) -> None:
    answer = await verify(hub, certificate.number, CODE, hash=given)

    assert answer.data["verifyCertificate"]["fileMatches"] is matches


async def test_of_two_laboratories_with_one_number_the_code_tells_which(
    hub: HubClient, bench: Bench, gauge: Instrument, certificate: Certificate
) -> None:
    other = await a_bench(hub)
    twin = a_certificate(
        other.lab.organization, gauge, number=certificate.number, verify_code=OTHER_CODE
    )
    await hub.given(twin)

    found = [await verify(hub, certificate.number, code) for code in (CODE, OTHER_CODE)]

    assert [one.data["verifyCertificate"]["issuer"] for one in found] == [
        bench.lab.organization.name,
        other.lab.organization.name,
    ]


async def test_a_short_serial_number_gives_no_more_than_it_has(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await hub.given(an_instrument(bench.client, serial_no="7"))
    one = await hub.given(a_certificate(bench.lab.organization, gauge, verify_code=CODE))

    answer = await verify(hub, one.number, CODE)

    assert answer.data["verifyCertificate"]["serialTail"] == "7"


async def test_what_is_refused_is_told_in_the_language_that_was_asked_for(hub: HubClient) -> None:
    texts = [
        (await verify(hub, "x", CODE, headers={"accept-language": language})).errors[0]["message"]
        for language in ("zh-CN", "en-GB", "")
    ]

    assert texts == [
        "证书编号与查询码不匹配",
        "no certificate has this number and code",
        "证书编号与查询码不匹配",
    ]


async def test_the_client_lists_its_certificates_once_they_are_issued_newest_first(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    gauge = await hub.given(an_instrument(bench.client))
    dates = [date(2024, 1, 1), date(2024, 3, 1), date(2024, 2, 1)]
    rows = [
        a_certificate(bench.lab.organization, gauge, test_from=None, test_to=None, issue_date=day)
        for day in dates
    ]
    draft = a_certificate(bench.lab.organization, gauge, state=CertificateState.DRAFT)
    await hub.all_given(*rows, draft)

    client = await hub.ask(LIST, as_=bench.client_user)
    laboratory = await hub.ask(LIST, as_=bench.lab.user)
    nobody = await hub.ask("{ certificates { nodes { id } } }")

    shown = [one["number"] for one in client.data["certificates"]["nodes"]]
    assert shown == [rows[at].number for at in (1, 2, 0)]
    assert draft.number in {one["number"] for one in laboratory.data["certificates"]["nodes"]}
    assert nobody.data == {"certificates": {"nodes": []}}


async def test_certificates_are_filtered_by_what_they_state_and_where_they_lead(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    first, second = an_instrument(bench.client), an_instrument(bench.client)
    verified = a_certificate(bench.lab.organization, first)
    calibrated = a_certificate(
        bench.lab.organization,
        second,
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        conclusion=Conclusion.RESULT_ONLY,
        valid_until=None,
        state=CertificateState.REVOKED,
        issue_date=date(2024, 5, 1),
    )
    await hub.all_given(first, second, verified, calibrated)
    filters: list[tuple[dict[str, Any], set[str]]] = [
        ({"instrument": {"eq": id_of(first)}}, {verified.number}),
        ({"issuer": {"eq": id_of(bench.lab.organization)}}, {verified.number, calibrated.number}),
        ({"client": {"eq": id_of(bench.lab.organization)}}, set()),
        ({"kind": {"eq": "CALIBRATION_CERTIFICATE"}}, {calibrated.number}),
        ({"state": {"in": ["ISSUED", "REPLACED"]}}, {verified.number}),
        ({"validUntil": {"isNull": True}}, {calibrated.number}),
        ({"issueDate": {"gt": "2024-03-06"}}, {calibrated.number}),
        ({"issueDate": {"gte": "2024-03-06"}}, {verified.number, calibrated.number}),
        ({"number": {"eq": verified.number}}, {verified.number}),
        ({"not": {"conclusion": {"eq": "QUALIFIED"}}}, {calibrated.number}),
    ]

    for filter_, numbers in filters:
        answer = await hub.ask(LIST, as_=bench.client_user, filter=filter_)
        found = {one["number"] for one in answer.data["certificates"]["nodes"]}
        assert found == numbers, filter_
