"""What an answer cost is told with it: as much as it showed, and no more than it was priced at."""

from typing import Any, NamedTuple

import pytest

from hub.tables.certificate import CertificateBasis, MeasurementResult, StandardUsed
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient, id_of
from tests.given import (
    a_certificate,
    a_document,
    a_laboratory,
    a_user,
    an_instrument,
    an_organization,
)


class Ledger(NamedTuple):
    """A user of three instruments, the first with two certificates; and ids of what is there."""

    user: User
    ids: dict[str, str]


@pytest.fixture(scope="module")
async def ledger(hub: HubClient) -> Ledger:
    firm, lab, stranger = an_organization(), a_laboratory(), an_organization()
    user = a_user(firm, Role.USER)
    lines = [an_instrument(firm, asset_no=f"A-{at}") for at in range(3)]
    papers = [a_certificate(lab.organization, lines[0]) for _ in range(2)]
    theirs, basis = an_instrument(stranger), a_document()
    part: dict[str, Any] = {
        "certificate_id": papers[0].id,
        "issuer_id": lab.organization.id,
        "client_id": firm.id,
    }
    await hub.all_given(
        firm, lab, stranger, user, *lines, theirs, *papers, basis,
        CertificateBasis(document_id=basis.id, position=0, **part),
        *(StandardUsed(name=f"S{at}", position=at, **part) for at in range(3)),
        MeasurementResult(parameter="示值误差", position=0, **part),
    )  # fmt: skip
    known = {"line": lines[0], "bare": lines[1], "paper": papers[0], "theirs": theirs}
    return Ledger(user, {name: id_of(row) for name, row in known.items()})


@pytest.mark.parametrize(
    ("document", "requested", "actual"),
    [
        ("{ instrument(id: $line) { name } }", 1, 1),
        ("{ instrument(id: $line) { owner { name } custodianPerson { name } } }", 3, 2),
        ("{ instrument(id: $theirs) { owner { name } } }", 2, 1),
        ("{ node(id: $paper) { id ... on Certificate { client { name } } } }", 2, 2),
        ("{ node(id: $paper) { id ... on Instrument { owner { name } } } }", 2, 1),
        ("{ nodes(ids: [$line, $theirs, $line]) { id } }", 3, 3),
        ("{ instruments { nodes { name } } }", 21, 4),
        ("{ instruments(first: 2) { nodes { name } } }", 3, 3),
        ("{ instruments(first: 2) { nodes { name } pageInfo { hasNextPage } } }", 3, 3),
        ("{ instruments(last: 2) { edges { cursor node { name } } } }", 3, 3),
        ("{ instruments(first: 0) { nodes { owner { name } } pageInfo { hasNextPage } } }", 1, 1),
        ("{ instruments(first: 5) { pageInfo { endCursor } } }", 6, 4),
        ("{ instruments(first: 5) { __typename } }", 6, 4),
        ('{ instruments(filter: {name: {eq: "none"}}) { nodes { owner { name } } } }', 41, 1),
        ("{ instruments(first: 3) { nodes { name } edges { node { id } } } }", 4, 4),
        (
            "{ instruments(first: 3) { nodes { owner { id } } edges { node { owner { id } } } } }",
            10,
            10,
        ),
        (
            "{ a: instruments(first: 1) { __typename } b: instruments(first: 2) { __typename } }",
            5,
            5,
        ),
        ("{ instruments(first: 4) { nodes { certificates(first: 2) { nodes { id } } } } }", 17, 9),
        ("{ instrument(id: $bare) { certificates(first: 2) { nodes { client { id } } } } }", 6, 2),
        ("{ certificate(id: $paper) { technicalBasis { number } } }", 21, 2),
        ("{ certificate(id: $paper) { standardsUsed { name standard { name } } } }", 101, 1),
        ("{ certificate(id: $paper) { results { parameter points { unit } } } }", 1, 1),
        ("{ dueInstruments(first: 5) { nodes { name } } }", 6, 6),
        ("{ me { user { loginName } } instruments(first: 1) { nodes { id } } }", 3, 3),
    ],
)
async def test_an_answer_costs_what_it_shows(
    hub: HubClient, ledger: Ledger, document: str, requested: int, actual: int
) -> None:
    for name, id_ in ledger.ids.items():
        document = document.replace(f"${name}", f'"{id_}"')

    answer = await hub.ask(document, as_=ledger.user)

    assert answer.errors == []
    assert answer.cost == {"requested": requested, "actual": actual}
    assert answer.response.headers["x-cost-requested"] == str(requested)
    assert answer.response.headers["x-cost-actual"] == str(actual)


async def test_a_change_costs_what_it_was_priced_at(hub: HubClient, ledger: Ledger) -> None:
    document = """
    mutation($input: CreateInstrumentInput!) {
      createInstrument(input: $input) { instrument { owner { name } } problems { code } }
    }
    """
    given = {"content": {"name": "", "measuringRanges": [{}, {}]}, "idempotencyKey": "cost"}

    answer = await hub.ask(document, as_=ledger.user, input=given)

    assert answer.errors == []
    assert answer.cost == {"requested": 14, "actual": 14}
