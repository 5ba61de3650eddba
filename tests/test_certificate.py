"""Issuing certificates: what comes out of a good one, and what it does to the ledger."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest

from hub.rules.certificate import code_is_well_formed
from hub.tables.instrument import Instrument
from hub.vocabulary import (
    InstrumentState,
    OrgKind,
    PersonnelCertificateKind,
    Role,
)
from tests.doors import HubClient, id_of, key
from tests.given import (
    a_credential,
    a_laboratory,
    a_person,
    a_user,
    an_instrument,
    an_organization,
)
from tests.issuing import POINT, Bench, a_bench, issue, issued, ledger_line, objections, results


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def gauge(hub: HubClient, bench: Bench) -> Instrument:
    return await hub.given(an_instrument(bench.client, serial_no="2024-0815"))


async def test_a_good_certificate_is_issued_as_it_was_handed_in(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    lab = bench.lab

    answer = issued(await issue(hub, lab, gauge))

    assert code_is_well_formed(answer.pop("verifyCode"))
    assert answer.pop("number").startswith("SZJL2024-")
    assert answer.pop("id")
    assert answer == {
        "version": 1,
        "state": "ISSUED",
        "validUntil": "2024-09-04",
        "testTo": "2024-03-05",
        "fee": "0.00",
        "issuer": {"id": id_of(lab.organization)},
        "client": {"id": id_of(bench.client)},
        "instrument": {"id": id_of(gauge)},
        "itemSnapshot": {"name": gauge.name, "assetNo": gauge.asset_no, "serialNo": "2024-0815"},
        "technicalBasis": [{"number": lab.document.number}],
        "standardsUsed": [
            {
                "name": lab.standard.name,
                "certificateNo": lab.standard.assessment_certificate_no,
                "validUntil": "2099-12-31",
                "standard": {"id": id_of(lab.standard)},
            }
        ],
        "results": [
            {"parameter": "示值误差", "kind": "INDICATION_ERROR", "points": [POINT]},
        ],
        "testedBy": {"id": id_of(lab.tester)},
        "checkedBy": {"id": id_of(lab.checker)},
        "approvedBy": {"id": id_of(lab.approver)},
        "capability": {"id": id_of(lab.capability)},
        "warnings": [],
        "replaces": None,
        "environment": [{"quantity": "temperature", "value": "20.0", "unit": "℃"}],
    }


async def test_it_dates_the_instrument_of_the_client_and_both_hear_of_it(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    certificate = issued(await issue(hub, bench.lab, gauge))

    line = await ledger_line(hub, gauge)
    assert (line.last_date, line.due_date) == (date(2024, 3, 5), date(2024, 9, 4))
    assert line.certificate_no == certificate["number"]
    assert line.version == 2
    heard = await hub.stored(
        "SELECT object_type, organization_ids FROM inbox WHERE :org = ANY(organization_ids)"
        " AND object_type IN ('Certificate', 'Instrument') ORDER BY id DESC LIMIT 2",
        org=bench.client.id,
    )
    told = {row.object_type: row.organization_ids for row in heard}
    assert told == {
        "Certificate": [bench.lab.organization.id, bench.client.id],
        "Instrument": [bench.client.id],
    }


async def test_the_client_sees_its_certificate_and_a_stranger_does_not(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    certificate = issued(await issue(hub, bench.lab, gauge))
    stranger = await hub.given(a_user(await hub.given(an_organization())))
    document = """
    query($id: ID!) { certificate(id: $id) { number verifyCode results { points { u } }
      testedBy { name employer { name } } } }
    """

    mine = await hub.ask(document, as_=bench.client_user, id=certificate["id"])
    theirs = await hub.ask(document, as_=stranger, id=certificate["id"])
    nobodys = await hub.ask("query($id: ID!) { certificate(id: $id) { id } }", id=certificate["id"])

    assert mine.data["certificate"] == {
        "number": certificate["number"],
        "verifyCode": certificate["verifyCode"],
        "results": [{"points": [{"u": "0.020"}]}],
        "testedBy": {"name": "赵**", "employer": {"name": bench.lab.organization.name}},
    }
    assert mine.noted("masked") == {"Personnel.name"}
    assert theirs.data == nobodys.data == {"certificate": None}


async def test_a_later_edit_of_the_ledger_does_not_change_the_snapshot(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    certificate = issued(await issue(hub, bench.lab, gauge))
    await hub.ask(
        """mutation($id: ID!, $key: String!) {
          updateInstrument(input: {id: $id, expectedVersion: 2, idempotencyKey: $key,
            content: {name: "改名"}}) { replayed } }""",
        as_=bench.client_user,
        id=id_of(gauge),
        key=key(),
    )

    answer = await hub.ask(
        "query($id: ID!) { certificate(id: $id) { itemSnapshot { name } instrument { name } } }",
        as_=bench.client_user,
        id=certificate["id"],
    )

    assert answer.data["certificate"] == {
        "itemSnapshot": {"name": gauge.name},
        "instrument": {"name": "改名"},
    }


async def test_the_instrument_may_be_named_by_its_owner_and_asset_number(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    by_name = {
        "instrument": None,
        "clientUscc": bench.client.uscc,
        "assetNo": f" {str(gauge.asset_no).lower()}",
    }

    answer = await issue(hub, bench.lab, gauge, **by_name)

    assert issued(answer)["instrument"] == {"id": id_of(gauge)}


async def test_an_older_test_does_not_turn_the_ledger_back(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    newer = issued(await issue(hub, bench.lab, gauge))

    issued(
        await issue(
            hub,
            bench.lab,
            gauge,
            receivedAt="2023-03-01",
            testFrom="2023-03-05",
            testTo="2023-03-05",
            issueDate="2023-03-06",
        )
    )

    line = await ledger_line(hub, gauge)
    assert (line.last_date, line.certificate_no) == (date(2024, 3, 5), newer["number"])


async def test_a_number_is_used_once_by_a_laboratory_and_may_be_used_by_two(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    number = f"NO-{uuid4()}"
    other = await hub.given(a_laboratory())
    issued(await issue(hub, bench.lab, gauge, number=number))

    again = await issue(hub, bench.lab, gauge, number=number)
    elsewhere = await issue(hub, other, gauge, number=number)

    assert set(objections(again)) == {"CONFLICT"}
    assert issued(elsewhere)["number"] == number


async def test_of_ten_at_once_with_one_number_one_is_issued(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    number = f"NO-{uuid4()}"

    answers = await asyncio.gather(
        *(issue(hub, bench.lab, gauge, number=number) for _ in range(10))
    )

    bodies = [answer.data["issueCertificate"] for answer in answers]
    assert sum(body["certificate"] is not None for body in bodies) == 1
    assert {one["code"] for body in bodies for one in body["problems"]} == {"CONFLICT"}


async def test_the_same_certificate_handed_in_again_is_the_same(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    same = {"number": f"NO-{uuid4()}", "idempotencyKey": key()}

    first = await issue(hub, bench.lab, gauge, **same)
    again = await issue(hub, bench.lab, gauge, **same)

    assert issued(again) == issued(first)
    assert again.data["issueCertificate"]["replayed"] is True


async def test_a_new_certificate_takes_the_place_of_an_old_one_once(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    old = issued(await issue(hub, bench.lab, gauge))
    other = await hub.given(a_laboratory())
    instead = {"replaces": old["id"], "replacementKind": "SUBSTITUTED"}

    foreign = await issue(hub, other, gauge, **instead)
    new = issued(await issue(hub, bench.lab, gauge, **instead))
    twice = await issue(hub, bench.lab, gauge, **instead)

    assert foreign.codes == ["NOT_FOUND"]
    assert new["replaces"] == {"id": old["id"], "state": "REPLACED"}
    assert set(objections(twice)) == {"REFUSED"}
    chain = await hub.ask(
        "query($id: ID!) { certificate(id: $id) { state version replacedBy { nodes { id } } } }",
        as_=bench.client_user,
        id=old["id"],
    )
    assert chain.data["certificate"] == {
        "state": "REPLACED",
        "version": 2,
        "replacedBy": {"nodes": [{"id": new["id"]}]},
    }


async def test_a_result_notice_stops_the_instrument(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    issued(await issue(hub, bench.lab, gauge))

    issued(
        await issue(
            hub,
            bench.lab,
            gauge,
            kind="RESULT_NOTICE",
            intervalMonths=None,
            conclusion="UNQUALIFIED",
            conclusionReason="示值误差超差",
            results=results(verdict="FAIL"),
        )
    )

    line = await ledger_line(hub, gauge)
    assert (line.status, line.status_reason) == (InstrumentState.STOPPED, "示值误差超差")
    assert line.due_date is None


async def test_a_calibration_needs_no_registration_and_dates_the_next_by_the_ledger(
    hub: HubClient, bench: Bench
) -> None:
    gauge = await hub.given(an_instrument(bench.client, interval_months=12))
    tester = await hub.given(
        a_person(bench.lab.organization, registered_at=None, registration_valid_to=None)
    )
    await hub.given(a_credential(tester, PersonnelCertificateKind.TRAINED))

    answer = await issue(
        hub,
        bench.lab,
        gauge,
        kind="CALIBRATION_CERTIFICATE",
        intervalMonths=None,
        conclusion="RESULT_ONLY",
        testedBy=id_of(tester),
    )

    assert issued(answer)["validUntil"] is None
    assert (await ledger_line(hub, gauge)).due_date == date(2025, 3, 4)


async def test_outside_an_authorised_institute_a_tester_is_certified_but_not_registered(
    hub: HubClient, bench: Bench, gauge: Instrument
) -> None:
    lab = await hub.given(a_laboratory(kinds=[OrgKind.CALIBRATION_LAB]))
    tester = await hub.given(
        a_person(lab.organization, registered_at=None, registration_valid_to=None)
    )
    await hub.given(a_credential(tester, PersonnelCertificateKind.REGISTERED_METROLOGIST_2))

    assert issued(await issue(hub, lab, gauge, testedBy=id_of(tester)))


@pytest.mark.parametrize(
    ("role", "code"),
    [(Role.LAB_STAFF, "FORBIDDEN"), (Role.LAB_REVIEWER, "FORBIDDEN"), (Role.USER, "FORBIDDEN")],
)
async def test_only_who_approves_issues(
    hub: HubClient, bench: Bench, gauge: Instrument, role: Role, code: str
) -> None:
    who = await hub.given(a_user(bench.lab.organization, role))

    answer = await issue(hub, bench.lab, gauge, as_=who)

    assert answer.codes == [code]
    assert answer.data == {"issueCertificate": None}
