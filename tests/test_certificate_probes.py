"""What an approver may learn of a foreign ledger by handing certificates in: nothing."""

from typing import Any
from uuid import uuid4

import pytest

from hub.tables.instrument import Instrument
from hub.vocabulary import PersonnelCertificateKind
from schema.ids import encode
from tests.doors import HubClient, id_of
from tests.given import a_credential, a_person, an_instrument
from tests.issuing import Bench, a_bench, issue, issued, objections, results

NAME = "保密器具"
HOPELESS: dict[str, dict[str, Any]] = {
    "a calendar upside down": {"receivedAt": "2024-03-06"},
    "a U of nothing": {"results": results(u="0.000")},
    "a negative fee": {"fee": "-1"},
    "no regulation": {"technicalBasis": []},
    "a standard without a name": {"standardsUsed": [{"name": " "}]},
    "a number of blanks": {"number": " "},
    "nobody certified for it": {"capability": None},
}


@pytest.fixture(scope="module")
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def secret(hub: HubClient, bench: Bench) -> Instrument:
    return await hub.given(an_instrument(bench.client, name=NAME))


@pytest.mark.parametrize("change", HOPELESS.values(), ids=HOPELESS)
@pytest.mark.parametrize("by_number", [False, True])
async def test_a_draft_that_cannot_be_issued_tells_nothing_of_the_instrument(
    hub: HubClient, bench: Bench, secret: Instrument, change: dict[str, Any], by_number: bool
) -> None:
    there: dict[str, Any] = {"instrument": id_of(secret)}
    absent: dict[str, Any] = {"instrument": encode("Instrument", uuid4())}
    if by_number:
        of: dict[str, Any] = {"instrument": None, "clientUscc": bench.client.uscc}
        there, absent = of | {"assetNo": secret.asset_no}, of | {"assetNo": "NO-SUCH"}
    same = {"number": f"NO-{uuid4()}", "idempotencyKey": "hopeless"}

    found = await issue(hub, bench.lab, secret, **same | there | change)
    missing = await issue(hub, bench.lab, secret, **same | absent | change)

    assert objections(found)
    assert found.data == missing.data
    assert NAME not in found.response.text


async def test_a_number_used_before_is_told_before_the_instrument_is_looked_for(
    hub: HubClient, bench: Bench, secret: Instrument
) -> None:
    used = issued(await issue(hub, bench.lab, secret))["number"]

    answer = await issue(
        hub, bench.lab, secret, number=used, instrument=encode("Instrument", uuid4())
    )

    assert objections(answer) == {"CONFLICT": ["number"]}


async def test_without_a_capability_the_persons_are_asked_for_what_the_instrument_is(
    hub: HubClient, bench: Bench, secret: Instrument
) -> None:
    tester, approver = await hub.given(a_person(bench.lab.organization)), bench.lab.approver
    kind = PersonnelCertificateKind.REGISTERED_METROLOGIST_2
    await hub.given(a_credential(tester, kind, items=[NAME]))
    signs = await hub.given(a_person(bench.lab.organization))
    await hub.given(a_credential(signs, PersonnelCertificateKind.SIGNATORY, items=[NAME]))
    named = {"capability": None, "testedBy": id_of(tester)}

    assert issued(await issue(hub, bench.lab, secret, **named, approvedBy=id_of(signs)))
    unsigned = await issue(hub, bench.lab, secret, **named, approvedBy=id_of(approver))
    assert objections(unsigned) == {"REFUSED": ["instrument"]}


async def test_the_uscc_of_the_client_may_be_typed_as_people_type_it(
    hub: HubClient, bench: Bench, secret: Instrument
) -> None:
    typed = f" {str(bench.client.uscc).lower()}　"
    by_name = {"instrument": None, "clientUscc": typed, "assetNo": secret.asset_no}

    answer = await issue(hub, bench.lab, secret, **by_name)

    assert issued(answer)["instrument"] == {"id": id_of(secret)}


async def test_a_certificate_of_another_instrument_is_refused_before_one_that_is_absent(
    hub: HubClient, bench: Bench, secret: Instrument
) -> None:
    old = issued(await issue(hub, bench.lab, secret))
    instead = {"replaces": old["id"], "replacementKind": "SUBSTITUTED"}
    other = await hub.given(an_instrument(bench.client))

    answers = [
        await issue(hub, bench.lab, other, **instead),
        await issue(hub, bench.lab, other, **instead, instrument=encode("Instrument", uuid4())),
    ]

    assert [objections(answer) for answer in answers] == [{"REFUSED": ["replaces"]}] * 2
