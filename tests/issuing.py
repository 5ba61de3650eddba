"""A certificate as a laboratory hands it in, right in everything, for tests that change a part."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.user import User
from tests.doors import Answer, Asker, HubClient, id_of, key
from tests.given import Laboratory, a_laboratory, a_user, an_organization

ISSUE = """
mutation($input: IssueCertificateInput!) {
  issueCertificate(input: $input) {
    certificate {
      id number verifyCode version state validUntil testTo fee
      issuer { id } client { id } instrument { id }
      itemSnapshot { name assetNo serialNo } technicalBasis { number }
      standardsUsed { name certificateNo validUntil standard { id } }
      results { parameter kind points { measured reference error u k unit verdict } }
      testedBy { id } checkedBy { id } approvedBy { id } capability { id }
      warnings { code } replaces { id state } environment { quantity value unit }
    }
    problems { code message path severity }
    replayed
  }
}
"""
POINT = {
    "unit": "MPa",
    "reference": "1.000",
    "measured": "1.010",
    "error": "0.010",
    "u": "0.020",
    "k": "2",
    "verdict": "PASS",
}


@dataclass(frozen=True)
class Bench:
    """A laboratory, and a client whose instruments it verifies."""

    lab: Laboratory
    client: Organization
    client_user: User


async def a_bench(hub: HubClient) -> Bench:
    """A laboratory and a client with its user, stored."""
    lab, client = a_laboratory(), an_organization()
    user = a_user(client)
    await hub.all_given(lab, client, user)
    return Bench(lab, client, user)


async def ledger_line(hub: HubClient, of: Instrument) -> Any:
    """The row of an instrument as it is stored now."""
    return (await hub.stored("SELECT * FROM instrument WHERE id = :id", id=of.id))[0]


def results(**changes: Any) -> list[dict[str, Any]]:
    """One result of one point, with some of its members changed."""
    return [{"parameter": "示值误差", "kind": "INDICATION_ERROR", "points": [POINT | changes]}]


def the_draft(by: Laboratory, of: Instrument, **changes: Any) -> dict[str, Any]:
    """The input for a verification tested on 2024-03-05 for six months."""
    return {
        "number": f"SZJL2024-{uuid4().hex}",
        "kind": "VERIFICATION_CERTIFICATE",
        "instrument": id_of(of),
        "authorization": id_of(by.qualification),
        "capability": id_of(by.capability),
        "technicalBasis": [by.document.number],
        "standardsUsed": [{"standard": id_of(by.standard)}],
        "receivedAt": "2024-03-01",
        "testFrom": "2024-03-04",
        "testTo": "2024-03-05",
        "issueDate": "2024-03-06",
        "intervalMonths": 6,
        "environment": [{"quantity": "temperature", "value": "20.0", "unit": "℃"}],
        "results": results(),
        "conclusion": "QUALIFIED",
        "testedBy": id_of(by.tester),
        "checkedBy": id_of(by.checker),
        "approvedBy": id_of(by.approver),
        "feeItem": id_of(by.fee_item),
        "fee": "0.00",
        "idempotencyKey": key(),
    } | changes


async def issue(
    hub: HubClient, by: Laboratory, of: Instrument, as_: Asker = None, **changes: Any
) -> Answer:
    """Hand a certificate in, as the laboratory's approver unless `as_` says otherwise."""
    return await hub.ask(ISSUE, as_=as_ or by.user, input=the_draft(by, of, **changes))


def issued(answer: Answer) -> dict[str, Any]:
    """The certificate of a mutation that was not refused."""
    assert answer.body.get("errors") is None
    assert answer.data["issueCertificate"]["problems"] == []
    found: dict[str, Any] = answer.data["issueCertificate"]["certificate"]
    return found


def objections(answer: Answer) -> dict[str, list[str]]:
    """Code and path of everything that stood against a certificate that was not issued."""
    assert answer.body.get("errors") is None
    assert answer.data["issueCertificate"]["certificate"] is None
    return {one["code"]: one["path"] for one in answer.data["issueCertificate"]["problems"]}
