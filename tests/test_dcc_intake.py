"""A digital calibration certificate comes in whole, once, and only unharmed."""

import pytest
from lxml import etree

from hub.actions.certificate_intake import Outcome
from hub.actor import PLATFORM, Actor
from hub.errors import BadInput, Conflict, Forbidden
from hub.importers.dcc.intake import import_dcc
from hub.importers.dcc.read import read_dcc
from hub.tables.organization import Organization
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_user, an_instrument, an_organization
from tests.importers.dcc_files import (
    HUMIDITY,
    MANIPULATED,
    NAMES,
    NEWEST,
    SIGNED,
    TYPICAL,
    VALID,
    edited,
    example,
)

RESULTS = """
query($number: String!) {
  certificates(filter: {number: {eq: $number}}) {
    nodes {
      number instrument { id } issuer { name uscc country }
      files { name sha256 signature } warnings { code }
      results {
        points { reference measured error unit referenceUnit errorUnit u uUnit k }
        quantities { values unit u k }
      }
    }
  }
}
"""


async def client_of(hub: HubClient) -> Organization:
    """An organisation of its own for each test: certificates of one name would meet otherwise."""
    return await hub.given(an_organization())


async def take_in(
    hub: HubClient, data: bytes, client: Organization, name: str = "a.xml"
) -> Outcome:
    """Import a file for `client`."""
    taken = await import_dcc(
        hub.hub.database, PLATFORM, data, name, hub.hub.keys, client_id=client.id
    )
    return taken.outcome


async def shown(hub: HubClient, client: Organization, number: str) -> dict[str, object]:
    """The certificate as a user of the client sees it."""
    user = await hub.given(a_user(client, Role.USER))
    answer = await hub.ask(RESULTS, as_=user, number=number)
    (node,) = answer.data["certificates"]["nodes"]
    return dict(node)


def own_number(name: str, number: str) -> bytes:
    """An unsigned example under another number, so that tests do not meet in one certificate."""
    old = read_dcc(example(name)).number
    return edited(name, (f"<dcc:uniqueIdentifier>{old}<", f"<dcc:uniqueIdentifier>{number}<"))


@pytest.mark.parametrize("name", [name for name in VALID if name not in (SIGNED, MANIPULATED)])
async def test_every_printed_value_unit_and_uncertainty_is_stored_as_it_is_printed(
    hub: HubClient, name: str
) -> None:
    client, number = await client_of(hub), f"whole {name}"
    data = own_number(name, number)

    assert await take_in(hub, data, client) is Outcome.CREATED

    node = await shown(hub, client, number)
    draft = read_dcc(data)
    results = node["results"]
    assert isinstance(results, list)
    stored = [point for result in results for point in result["points"]]
    read = [point for result in draft.results for point in result.points]
    assert len(stored) == len(read) > 0
    for told, point in zip(stored, read, strict=True):
        for field in ("reference", "measured", "error"):
            reading = getattr(point, field)
            assert told[field] == (None if reading is None else format(reading.value, "f"))
        if point.uncertainty is not None:
            assert told["u"] == format(point.uncertainty.u.value, "f")
            assert told["uUnit"] or told["unit"] == str(point.uncertainty.u.unit)
    printed = {token for result in results for q in result["quantities"] for token in q["values"]}
    tokens = {
        token
        for values in etree.fromstring(data).iterfind(
            ".//dcc:result//si:valueXMLList", namespaces=NAMES
        )
        for token in (values.text or "").split()
    }
    assert tokens <= printed


async def test_the_same_file_again_changes_nothing(hub: HubClient) -> None:
    client = await client_of(hub)
    data = own_number(HUMIDITY, "twice")
    await take_in(hub, data, client)

    assert await take_in(hub, data, client) is Outcome.UNCHANGED


async def test_a_signed_file_of_a_known_certificate_joins_it(hub: HubClient) -> None:
    client = await client_of(hub)
    first = await take_in(hub, example(TYPICAL), client, "plain.xml")

    assert first in (Outcome.CREATED, Outcome.UNCHANGED, Outcome.FILE_ADDED)
    again = await take_in(hub, example(SIGNED), client, "signed.xml")

    assert again in (Outcome.FILE_ADDED, Outcome.UNCHANGED)
    taken = await import_dcc(
        hub.hub.database, PLATFORM, example(SIGNED), "signed.xml", hub.hub.keys
    )
    assert {one["signature"] for one in taken.certificate.files} == {"NONE", "VALID"}


async def test_other_results_under_a_known_number_are_a_conflict(hub: HubClient) -> None:
    client = await client_of(hub)
    await take_in(hub, own_number(NEWEST, "same number"), client)
    changed = own_number(NEWEST, "same number").replace(b"306.32", b"306.42")

    with pytest.raises(Conflict):
        await take_in(hub, changed, client)


async def test_a_file_changed_after_signing_is_refused_and_nothing_is_stored(
    hub: HubClient,
) -> None:
    client = await client_of(hub)

    with pytest.raises(BadInput, match="changed after it had been signed"):
        await take_in(hub, example(MANIPULATED), client)

    user = await hub.given(a_user(client, Role.USER))
    answer = await hub.ask("{ certificates { nodes { id } } }", as_=user)
    assert answer.data["certificates"]["nodes"] == []


async def test_the_ledger_line_with_the_serial_number_is_linked(hub: HubClient) -> None:
    client = await client_of(hub)
    data = own_number(NEWEST, "linked")
    serial = read_dcc(data).items[0].serial_no
    line = await hub.given(an_instrument(client, serial_no=serial))

    await take_in(hub, data, client)

    node = await shown(hub, client, "linked")
    instrument = node["instrument"]
    assert isinstance(instrument, dict)
    assert instrument["id"]
    assert line.serial_no == serial


async def test_an_enterprise_may_not_bring_in_certificates(hub: HubClient) -> None:
    client = await client_of(hub)
    keeper = Actor(login="erp", organization_id=client.id, roles=frozenset({Role.SYSTEM}))

    with pytest.raises(Forbidden):
        await import_dcc(hub.hub.database, keeper, example(NEWEST), "a.xml", hub.hub.keys)
