"""A certificate is handed out as a DCC: to whom it belongs, whole, many at once, or not at all."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col

from hub.actions.certificate_draft import PointDraft
from hub.actor import PLATFORM
from hub.importers.dcc.draft import SignatureState
from hub.importers.dcc.intake import foreign, import_dcc
from hub.importers.dcc.read import read_dcc
from hub.policy import readable
from hub.tables.certificate import (
    Certificate,
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    StandardUsed,
)
from hub.tables.organization import Organization
from hub.vocabulary import CertificateState, Role
from tests.doors import HubClient, id_of
from tests.exporters.test_dcc_signed import a_signer
from tests.given import (
    a_certificate,
    a_document,
    a_laboratory,
    a_user,
    an_instrument,
    an_organization,
)
from tests.importers.dcc_files import MANIPULATED, NEWEST, SIGNED, VALID
from tests.issuing import Bench, a_bench, issue, issued, results
from tests.test_dcc_intake import own_number

DCC = "query($id: ID!) { certificate(id: $id) { number dcc } }"
STATED = """query($id: ID!) { certificate(id: $id) {
  dcc issuerStated { name } clientStated { name } client { name }
} }"""
LISTED = "query($first: Int) { certificates(first: $first) { nodes { number dcc } } }"
PERSONS = {"testedBy": "赵检定", "checkedBy": "钱核验", "approvedBy": "孙批准"}
CERTIFICATE = (
    "number", "received_at", "test_from", "test_to", "issue_date", "valid_until", "conclusion",
    "recalibration_agreed", "location", "item", "persons", "environment", "basis_text", "warnings",
)  # fmt: skip
RESULT = ("position", "parameter", "kind", "stage", "method", "quantities")
POINT = ("position", "result", *(one.name for one in fields(PointDraft)))


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


async def taken_in(hub: HubClient, data: bytes, client: Organization, **given: Any) -> Certificate:
    """The certificate of a file, stored for `client`."""
    database, keys = hub.hub.database, hub.hub.keys
    taken = await import_dcc(database, PLATFORM, data, "a.xml", keys, client_id=client.id, **given)
    return taken.certificate


async def stored(hub: HubClient, of: Certificate) -> list[Any]:
    """Everything that the tables hold of a certificate, but for its parties, ids and files."""
    tables = (
        ("certificate", CERTIFICATE, "id"),
        ("measurement_result", RESULT, "certificate_id"),
        ("measurement_point", POINT, "certificate_id"),
        ("certificate_standard_used", ("position", "name", "certificate_no"), "certificate_id"),
    )
    found = []
    for table, names, key in tables:
        wanted = f"SELECT {', '.join(names)} FROM {table} WHERE {key} = :id"  # noqa: S608 -- ours
        found.append(await hub.stored(f"{wanted} ORDER BY {names[0]}", id=of.id))
    return found


@pytest.mark.parametrize("name", [name for name in VALID if name not in (SIGNED, MANIPULATED)])
async def test_an_example_that_is_taken_in_handed_out_and_taken_in_again_is_the_same(
    hub: HubClient, name: str
) -> None:
    client, lab = an_organization(), an_organization()
    user = a_user(client, Role.USER)
    await hub.all_given(client, lab, user)
    first = await taken_in(hub, own_number(name, f"out {name}"), client)

    answer = await hub.ask(DCC, as_=user, id=id_of(first))

    assert answer.errors == []
    second = await taken_in(
        hub, answer.data["certificate"]["dcc"].encode(), client, issuer_id=lab.id
    )
    assert second.id != first.id
    assert await stored(hub, second) == await stored(hub, first)


async def test_an_issued_certificate_is_handed_out_as_it_was_issued(
    hub: HubClient, bench: Bench
) -> None:
    line = await hub.given(
        an_instrument(bench.client, serial_no="YL-7", manufacturer="上海自动化仪表")
    )
    first = issued(await issue(hub, bench.lab, line))
    point = {"measured": "1.0200", "error": "0.0200", "u": "0.0300", "p": "0.9500", "uUnit": "%"}
    answer = await issue(
        hub,
        bench.lab,
        line,
        results=results(**point, mpeLower="-0.040", mpeUpper="0.040"),
        replaces=first["id"],
        replacementKind="AMENDED",
    )
    given = issued(answer)

    shown = await hub.ask(DCC, as_=bench.client_user, id=given["id"])

    draft = read_dcc(shown.data["certificate"]["dcc"].encode())
    read = foreign(draft, "a.xml", 1)
    assert (read.number, read.issuer.name) == (given["number"], bench.lab.organization.name)
    assert draft.laboratory.code == bench.lab.organization.uscc
    assert read.client.name == bench.client.name
    assert (read.replaces_number, str(read.replacement_kind)) == (first["number"], "AMENDED")
    assert (
        str(read.received_at),
        str(read.test_from),
        str(read.test_to),
        str(read.issue_date),
    ) == (
        "2024-03-01",
        "2024-03-04",
        "2024-03-05",
        "2024-03-06",
    )
    assert read.item == {
        "name": line.name, "modelSpec": None, "serialNo": "YL-7",
        "manufacturer": "上海自动化仪表", "assetNo": line.asset_no,
    }  # fmt: skip
    assert read.persons == PERSONS
    assert list(read.basis) == [bench.lab.document.number]
    (used,) = read.standards_used
    assert (used.name, used.certificate_no) == (
        bench.lab.standard.name,
        bench.lab.standard.assessment_certificate_no,
    )
    (result,) = read.results
    assert result.points == [
        PointDraft(
            unit="MPa",
            reference=Decimal("1.000"),
            measured=Decimal("1.0200"),
            error=Decimal("0.0200"),
            u=Decimal("0.0300"),
            u_unit="%",
            k=Decimal(2),
            p=Decimal("0.9500"),
            mpe_lower=Decimal("-0.040"),
            mpe_upper=Decimal("0.040"),
            verdict=result.points[0].verdict,
        )
    ]
    assert str(result.points[0].measured) == "1.0200"
    assert result.points[0].verdict == "PASS"


async def test_its_parties_are_named_as_they_were_at_issue_whatever_they_are_called_today(
    hub: HubClient,
) -> None:
    bench = await a_bench(hub)
    lab, client = bench.lab.organization, bench.client
    given = issued(await issue(hub, bench.lab, await hub.given(an_instrument(client))))
    then = (lab.name, client.name)

    for one in (lab, client):
        async with hub.hub.database.writer(PLATFORM) as db:
            row = await db.one(
                readable(PLATFORM, Organization).where(col(Organization.id) == one.id)
            )
            await db.change(row, action="given", name=f"{one.name}（新）", address="新址")
    shown = (await hub.ask(STATED, as_=bench.client_user, id=given["id"])).data["certificate"]

    read = foreign(read_dcc(shown["dcc"].encode()), "a.xml", 1)
    assert (read.issuer.name, read.client.name) == then
    assert (read.issuer.address, read.issuer.uscc) == (lab.address, lab.uscc)
    assert (shown["issuerStated"]["name"], shown["clientStated"]["name"]) == then
    assert shown["client"]["name"] == f"{client.name}（新）"


async def test_a_page_takes_as_many_statements_as_a_single_certificate(hub: HubClient) -> None:
    lab, client = a_laboratory(), an_organization()
    user = a_user(client, Role.USER)
    line, basis = an_instrument(client), a_document()
    papers = [a_certificate(lab.organization, line, persons=PERSONS) for _ in range(50)]
    await hub.all_given(lab, client, user, line, basis, *papers)
    await hub.all_given(*(part for paper in papers for part in parts(paper, basis.id)))

    one = await hub.ask(LISTED, as_=user, first=1)
    all_ = await hub.ask(LISTED, as_=user, first=50)

    assert (one.errors, all_.errors) == ([], [])
    assert len(all_.statements) == len(one.statements) < 10
    files = [read_dcc(node["dcc"].encode()) for node in all_.data["certificates"]["nodes"]]
    assert {file.number for file in files} == {paper.number for paper in papers}
    assert all(len(file.results[0].points) == 2 for file in files)


def parts(of: Certificate, document: Any) -> list[Any]:
    """A basis, a standard used, a result and two points of a certificate."""
    owner: dict[str, Any] = {
        "certificate_id": of.id,
        "issuer_id": of.issuer_id,
        "client_id": of.client_id,
    }
    measured: dict[str, Any] = {"result": 0, "unit": "℃", "measured": Decimal("20.00")}
    return [
        CertificateBasis(**owner, position=0, document_id=document),
        StandardUsed(**owner, position=0, name="二等标准铂电阻温度计"),
        MeasurementResult(**owner, position=0, parameter="温度示值"),
        *(MeasurementPoint(**owner, position=at, **measured) for at in range(2)),
    ]


async def test_it_costs_as_much_as_a_page_of_rows(hub: HubClient, bench: Bench) -> None:
    answer = await hub.ask(LISTED, as_=bench.client_user, first=5)

    assert answer.cost["requested"] == 1 + 5 * (1 + 20)


async def test_what_is_not_issued_or_is_revoked_is_not_handed_out(hub: HubClient) -> None:
    lab = a_laboratory()
    line = an_instrument(lab.organization)
    states = (CertificateState.DRAFT, CertificateState.REVOKED, CertificateState.REPLACED)
    papers = [a_certificate(lab.organization, line, state=one, persons=PERSONS) for one in states]
    await hub.all_given(lab, line, *papers)

    answers = [await hub.ask(DCC, as_=lab.user, id=id_of(paper)) for paper in papers]

    assert [bool(answer.data["certificate"]["dcc"]) for answer in answers] == [False, False, True]
    assert [answer.errors for answer in answers] == [[], [], []]


async def test_others_are_not_shown_it(hub: HubClient, bench: Bench) -> None:
    stranger = an_organization()
    paper = a_certificate(
        bench.lab.organization, line := an_instrument(bench.client), persons=PERSONS
    )
    await hub.all_given(stranger, user := a_user(stranger, Role.USER), line, paper)

    answer = await hub.ask(DCC, as_=user, id=id_of(paper))

    assert answer.data["certificate"] is None


async def test_one_that_cannot_be_expressed_is_refused_and_its_neighbours_are_shown(
    hub: HubClient,
) -> None:
    lab, client = a_laboratory(), an_organization()
    user, line = a_user(client, Role.USER), an_instrument(client)
    good, bad = (a_certificate(lab.organization, line, persons=PERSONS) for _ in range(2))
    basis = a_document()
    odd = parts(bad, basis.id)
    odd[-1].unit = "psi"
    await hub.all_given(lab, client, user, line, basis, good, bad)
    await hub.all_given(*odd)

    answer = await hub.ask(LISTED, as_=user, first=5)

    shown = {node["number"]: node["dcc"] for node in answer.data["certificates"]["nodes"]}
    assert shown[bad.number] is None
    assert read_dcc(shown[good.number].encode()).number == good.number
    (error,) = answer.errors
    assert error["extensions"]["code"] == "REFUSED"
    assert error["extensions"]["inputPath"] == ["results", 0, "points", 1, "unit"]
    assert error["path"][-1] == "dcc"
    assert "psi" in error["message"]


async def test_with_a_key_what_was_issued_here_is_signed(
    hub: HubClient, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = an_instrument(bench.client)
    paper = a_certificate(bench.lab.organization, line, persons=PERSONS)
    await hub.all_given(line, paper)
    theirs = await taken_in(hub, own_number(NEWEST, "not signed"), bench.client)
    monkeypatch.setattr(hub.hub, "keys", replace(hub.hub.keys, signer=a_signer()))

    answers = [await hub.ask(DCC, as_=bench.client_user, id=id_of(one)) for one in (paper, theirs)]

    states = [
        read_dcc(answer.data["certificate"]["dcc"].encode()).signature.state for answer in answers
    ]
    assert states == [SignatureState.VALID, SignatureState.NONE]
