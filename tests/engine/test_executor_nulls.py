"""The cases that graphql-core tries lists and nulls on, asked of our schema and its engine."""

from typing import Any
from uuid import uuid4

import pytest

from hub.tables.certificate import MeasurementResult
from hub.tables.personnel import Personnel
from hub.tables.standard import StandardInstrument
from hub.vocabulary import PersonnelCertificateKind
from schema.ids import encode
from tests.doors import HubClient, id_of
from tests.engine.executing import Place, a_place, compiled
from tests.given import a_credential, a_person, an_instrument

TOO_MANY = 21


@pytest.fixture(scope="module")
async def place(hub: HubClient) -> Place:
    return await a_place(hub)


@pytest.fixture(scope="module")
async def learned(hub: HubClient, place: Place) -> Personnel:
    """Someone with more papers than a list of them may have."""
    person = await hub.given(a_person(place.lab.organization))
    kind = PersonnelCertificateKind.VERIFIER
    await hub.all_given(*(a_credential(person, kind) for _ in range(TOO_MANY)))
    return person


async def test_lists_have_all_their_items_in_order_or_none(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!, $paper: ID!) {
      organization(id: $id) { kinds formerNames capabilities { nodes { ranges { upper unit } } } }
      technicalDocument(id: $paper) { replaces { id } supersededBy { id } }
      instruments(filter: {name: {eq: "none such"}}) { nodes { id } edges { node { id } } }
    }
    """
    lab = place.lab

    data = await compiled(
        hub, document, place.user, id=id_of(lab.organization), paper=id_of(lab.document)
    )

    assert data == {
        "organization": {
            "kinds": ["LEGAL_VERIFICATION_INSTITUTE", "CALIBRATION_LAB"],
            "formerNames": [],
            "capabilities": {"nodes": [{"ranges": [{"upper": "60", "unit": "MPa"}]}]},
        },
        "technicalDocument": {"replaces": [], "supersededBy": []},
        "instruments": {"nodes": [], "edges": []},
    }


async def test_a_list_of_what_may_be_null_keeps_its_nulls(hub: HubClient, place: Place) -> None:
    printed = {"name": "示值", "values": ["1.0", None, "3"], "u": None, "k": []}
    await hub.given(
        MeasurementResult(
            certificate_id=place.certificate.id,
            issuer_id=place.certificate.issuer_id,
            client_id=place.certificate.client_id,
            position=0,
            parameter="示值误差",
            quantities=[printed, {}],
        )
    )
    document = """
    query($id: ID!) { certificate(id: $id) { results { quantities { values u k name } } } }
    """

    data = await compiled(hub, document, place.user, id=id_of(place.certificate))

    (result,) = data["certificate"]["results"]
    assert result["quantities"] == [
        {"values": ["1.0", None, "3"], "u": None, "k": [], "name": "示值"},
        {"values": None, "u": None, "k": None, "name": None},
    ]


async def test_a_list_that_is_withheld_is_null_and_no_empty_list(
    hub: HubClient, place: Place
) -> None:
    document = (
        "query($id: ID!) { measurementStandard(id: $id) { members { role } documents { id } } }"
    )

    data = await compiled(hub, document, place.user, id=id_of(place.lab.standard))

    assert data["measurementStandard"] == {"members": None, "documents": []}


async def test_items_that_are_alike_come_in_the_order_of_their_keys(
    hub: HubClient, place: Place
) -> None:
    lab = place.lab
    labs = [an_instrument(lab.organization) for _ in range(5)]
    await hub.all_given(
        *labs,
        *(
            StandardInstrument(standard_id=lab.standard.id, instrument_id=one.id)
            for one in reversed(labs)
        ),
    )
    document = "query($id: ID!) { measurementStandard(id: $id) { members { instrument { id } } } }"

    data = await compiled(hub, document, lab.user, id=id_of(lab.standard))

    members = data["measurementStandard"]["members"]
    assert [one["instrument"]["id"] for one in members] == list(map(id_of, labs))


@pytest.mark.parametrize(
    ("selection", "data", "path"),
    [
        ("x: person(id: ID) { name certificates { kind } }", None, ["x", "certificates"]),
        ("x: node(id: ID) { ... on Personnel { a: certificates { kind } } }", None, ["x", "a"]),
        (
            "x: nodes(ids: [ID, null_id]) { ... on Personnel { certificates { kind } } }",
            [None, None],
            ["x", 0, "certificates"],
        ),
        (
            "x: personnel(filter: {staffNo: {eq: NO}}) { nodes { certificates { kind } } }",
            None,
            ["x", "nodes", 0, "certificates"],
        ),
    ],
    ids=["lookup", "node", "nodes", "page"],
)
async def test_a_list_that_is_too_long_nulls_what_may_be_null_above_it(
    hub: HubClient, place: Place, learned: Personnel, selection: str, data: Any, path: list[Any]
) -> None:
    selection = selection.replace("null_id", f'"{encode("Personnel", uuid4())}"')
    selection = selection.replace("ID", f'"{id_of(learned)}"').replace(
        "NO", f'"{learned.staff_no}"'
    )

    answer = await hub.ask(f"{{ {selection} y: __typename }}", as_=place.lab.user)

    assert answer.codes == ["COST_EXCEEDED"]
    assert answer.errors[0]["path"] == path
    assert answer.data == {"x": data, "y": "Query"}


async def test_what_leads_nowhere_is_null_and_no_error(hub: HubClient, place: Place) -> None:
    document = """
    query($id: ID!, $gauge: ID!) {
      certificate(id: $id) {
        capability { code } testedBy { name } printedPersons { testedBy } source { system }
        replaces { replaces { id } } fee revokedAt
        instrument { custodianPerson { name } resolution { value } }
      }
      instrument(id: $gauge) { id }
      organization(id: "AAAAAAAAAAAAAAAAAAAAAE9yZ2FuaXphdGlvbg") { name }
    }
    """

    data = await compiled(
        hub, document, place.lab.user, id=id_of(place.certificate), gauge=id_of(place.gauges[1])
    )

    assert data == {
        "certificate": {
            "capability": None,
            "testedBy": None,
            "printedPersons": None,
            "source": None,
            "replaces": {"replaces": None},
            "fee": None,
            "revokedAt": None,
            "instrument": {"custodianPerson": None, "resolution": None},
        },
        "instrument": None,
        "organization": None,
    }
