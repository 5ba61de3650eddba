"""Whose certificate a file is: no laboratory of the hub is to be had by writing its name."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from hub.actions.certificate_intake import ForeignCertificate, Outcome, Taken, take_in
from hub.actor import PLATFORM
from hub.errors import BadInput, Conflict
from hub.importers.dcc.intake import foreign, import_dcc
from hub.importers.dcc.read import read_dcc
from hub.vocabulary import ReplacementKind
from tests.doors import HubClient
from tests.given import a_certificate, a_name, an_instrument, an_organization
from tests.importers.dcc_files import HUMIDITY, edited

NUMBER = "Id 123456789 HtW"
VERIFY = """
query($number: String!, $code: String!) {
  verifyCertificate(number: $number, code: $code) { issuer imported }
}
"""


def of_lab(name: str, number: str = NUMBER, country: str = "DE") -> bytes:
    """An unsigned file with this number, of a laboratory of this name."""
    return edited(
        HUMIDITY,
        (f"<dcc:uniqueIdentifier>{NUMBER}<", f"<dcc:uniqueIdentifier>{number}<"),
        ("Kalibrierfirma GmbH", name),
        ("<dcc:countryCode>DE<", f"<dcc:countryCode>{country}<"),
    )


async def bring(hub: HubClient, data: bytes, issuer_id: UUID | None = None) -> Taken:
    """Import a file."""
    return await import_dcc(
        hub.hub.database, PLATFORM, data, "a.xml", hub.hub.keys, issuer_id=issuer_id
    )


async def bring_draft(hub: HubClient, given: ForeignCertificate, issuer_id: UUID | None) -> Taken:
    """Take in what a file states."""
    async with hub.hub.database.writer(PLATFORM) as db:
        return await take_in(db, given, hub.hub.keys, issuer_id=issuer_id)


async def state_of(hub: HubClient, of: Any) -> str:
    rows = await hub.stored("SELECT state FROM certificate WHERE id = :id", id=of.id)
    return str(rows[0].state)


@pytest.mark.parametrize("country", ["CN", "DE"])
async def test_the_name_of_a_laboratory_with_a_uscc_does_not_make_its_certificate(
    hub: HubClient, country: str
) -> None:
    lab = await hub.given(an_organization())

    with pytest.raises(BadInput) as refusal:
        await bring(hub, of_lab(lab.name, country=country))

    assert refusal.value.path == ("issuer",)
    assert "--issuer" in str(refusal.value.hint)
    assert not await hub.stored("SELECT 1 FROM certificate WHERE issuer_id = :id", id=lab.id)


async def test_a_laboratory_of_china_is_not_taken_by_its_name(hub: HubClient) -> None:
    with pytest.raises(BadInput):
        await bring(hub, of_lab(a_name("某实验室"), country="CN"))


async def test_a_file_is_a_laboratorys_where_who_imports_it_says_so(hub: HubClient) -> None:
    lab = await hub.given(an_organization())

    taken = await bring(hub, of_lab(lab.name, country="CN"), lab.id)

    assert taken.outcome is Outcome.CREATED
    assert taken.certificate.issuer_id == lab.id


async def test_a_foreign_laboratory_without_uscc_is_one_by_name_and_country(
    hub: HubClient,
) -> None:
    name = a_name("Labor")

    first = await bring(hub, of_lab(name, "first"))
    second = await bring(hub, of_lab(name, "second"))

    assert first.certificate.issuer_id == second.certificate.issuer_id


async def test_a_file_replaces_only_what_came_from_a_file_of_the_same_laboratory(
    hub: HubClient,
) -> None:
    lab, client = await hub.given(an_organization()), await hub.given(an_organization())
    gauge = await hub.given(an_instrument(client))
    own = await hub.given(a_certificate(lab, gauge))
    filed = (await bring(hub, of_lab("x", "filed"), lab.id)).certificate
    given = foreign(read_dcc(of_lab("x")), "a.xml", 1)
    kind = ReplacementKind.SUBSTITUTED

    for number, old in (("new-1", own.number), ("new-2", filed.number)):
        new = replace(given, number=number, replaces_number=old, replacement_kind=kind)
        await bring_draft(hub, new, lab.id)

    assert await state_of(hub, own) == "ISSUED"
    assert await state_of(hub, filed) == "REPLACED"


async def test_no_file_joins_a_certificate_that_was_issued_here(hub: HubClient) -> None:
    lab, client = await hub.given(an_organization()), await hub.given(an_organization())
    gauge = await hub.given(an_instrument(client))
    own = await hub.given(a_certificate(lab, gauge))
    given = replace(foreign(read_dcc(of_lab("x")), "a.xml", 1), number=own.number, results=())

    with pytest.raises(Conflict):
        await bring_draft(hub, given, lab.id)


async def test_whoever_verifies_an_imported_certificate_is_told_so(hub: HubClient) -> None:
    lab, client = await hub.given(an_organization()), await hub.given(an_organization())
    gauge = await hub.given(an_instrument(client))
    own = await hub.given(a_certificate(lab, gauge))
    filed = (await bring(hub, of_lab(a_name("Labor"), " told  so "))).certificate

    told = [
        (await hub.ask(VERIFY, number=one.number, code=one.verify_code)).data["verifyCertificate"]
        for one in (own, filed)
    ]

    assert filed.number == "told so"
    assert [one["imported"] for one in told] == [False, True]


@pytest.mark.parametrize("number", ["  ", "n" * 256])
async def test_a_file_without_a_fit_number_is_bad_input(hub: HubClient, number: str) -> None:
    given = replace(foreign(read_dcc(of_lab(a_name("Labor"))), "a.xml", 1), number=number)

    with pytest.raises(BadInput):
        await bring_draft(hub, given, None)
