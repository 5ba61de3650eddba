"""One question over the five libraries, in as many statements for many instruments as for one."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from hub.embedded.supervisor import Embedded
from hub.tables.base import Table
from hub.tables.certificate import CertificateBasis, MeasurementPoint, MeasurementResult
from hub.tables.user import User
from hub.vocabulary import PersonnelCertificateKind, Role
from hub.web.app import Hub
from tests.doors import HubClient, opened
from tests.given import (
    OBJECT,
    a_capability,
    a_certificate,
    a_certified_item,
    a_credential,
    a_document,
    a_fee_document,
    a_fee_item,
    a_laboratory,
    a_person,
    a_user,
    an_instrument,
    an_organization,
)

CROSSING = """
query($first: Int!) {
  instruments(first: $first, order: [ASSET_NO_ASC]) { nodes {
    name owner { name }
    certificates(first: 1) { nodes {
      number issuer { name } authorization { number }
      technicalBasis { number state }
      results { parameter points { measured u } }
      testedBy { name certificates { kind state } certifiedItems { item capability {
        code basis { number } feeItems(first: 2) { nodes { price document { title } } }
      } } }
      checkedBy { name }
    } }
  } }
}
"""
MANY = 10


async def a_crossing(hub: HubClient, instruments: int) -> User:
    """A user whose instruments each have a certificate, a tester and a price of their own."""
    owner, lab = an_organization(), a_laboratory()
    user = a_user(owner, Role.USER)
    await hub.all_given(owner, lab, user)
    for at in range(instruments):
        notice, basis = a_fee_document(), a_document()
        fee = a_fee_item(notice, code=f"{uuid4()}")
        capability = a_capability(lab.qualification, basis_id=basis.id, fee_code=fee.code)
        tester = a_person(lab.organization, name=f"检定员{at}")
        gauge = an_instrument(owner, asset_no=f"{at:03}")
        certificate = a_certificate(
            lab.organization,
            gauge,
            capability_id=capability.id,
            authorization_id=lab.qualification.id,
            tested_by_id=tester.id,
            checked_by_id=lab.checker.id,
        )
        part: dict[str, Any] = {
            "certificate_id": certificate.id,
            "issuer_id": lab.organization.id,
            "client_id": owner.id,
            "position": 0,
        }
        papers: list[Table] = [
            a_credential(tester, PersonnelCertificateKind.REGISTERED_METROLOGIST_2),
            a_certified_item(tester, capability),
            CertificateBasis(document_id=basis.id, **part),
            MeasurementResult(parameter="示值误差", **part),
            MeasurementPoint(
                result=0, unit="MPa", measured=Decimal("1.010"), u=Decimal("0.020"), **part
            ),
        ]
        await hub.all_given(notice, basis, fee, capability, tester, gauge, certificate, *papers)
    return user


@pytest.fixture(scope="module")
async def owner_of_one(hub: HubClient) -> User:
    return await a_crossing(hub, 1)


@pytest.fixture(scope="module")
async def owner_of_many(hub: HubClient) -> User:
    return await a_crossing(hub, MANY)


async def test_an_instrument_leads_to_everything_that_stands_behind_its_certificate(
    hub: HubClient, owner_of_one: User
) -> None:
    answer = await hub.ask(CROSSING, as_=owner_of_one, first=1)

    assert answer.errors == []
    (gauge,) = answer.data["instruments"]["nodes"]
    (certificate,) = gauge["certificates"]["nodes"]
    assert certificate["results"] == [
        {"parameter": "示值误差", "points": [{"measured": "1.010", "u": "0.020"}]}
    ]
    assert certificate["technicalBasis"][0]["state"] == "IN_FORCE"
    tester = certificate["testedBy"]
    assert tester["name"] == "检***"
    assert tester["certificates"] == [{"kind": "REGISTERED_METROLOGIST_2", "state": "VALID"}]
    (item,) = tester["certifiedItems"]
    assert item["item"] == OBJECT
    assert item["capability"]["basis"] == {"number": certificate["technicalBasis"][0]["number"]}
    (fee,) = item["capability"]["feeItems"]["nodes"]
    assert fee["price"] == "30.00"
    assert fee["document"]["title"].startswith("收费标准")


@pytest.fixture(scope="module")
async def resolving(
    hub: HubClient, servers: Embedded, database_url: str
) -> AsyncIterator[HubClient]:
    """A hub on the same database that compiles nothing."""
    other = Hub(hub.hub.settings, database_url, servers.redis_url, compiles=False)
    async with opened(other) as client:
        yield client


async def test_the_whole_crossing_is_one_statement(hub: HubClient, owner_of_many: User) -> None:
    answer = await hub.ask(CROSSING, as_=owner_of_many, first=MANY)

    shown = answer.data["instruments"]["nodes"]
    assert len(shown) == MANY
    for at, gauge in enumerate(shown):
        (certificate,) = gauge["certificates"]["nodes"]
        (item,) = certificate["testedBy"]["certifiedItems"]
        assert len(item["capability"]["feeItems"]["nodes"]) == 1, at
    assert len(answer.statements) == 1


async def test_resolved_field_by_field_ten_instruments_take_as_many_statements_as_one(
    resolving: HubClient, owner_of_one: User, owner_of_many: User
) -> None:
    one = await resolving.ask(CROSSING, as_=owner_of_one, first=MANY)
    many = await resolving.ask(CROSSING, as_=owner_of_many, first=MANY)

    assert len(one.data["instruments"]["nodes"]) == 1
    assert len(many.data["instruments"]["nodes"]) == MANY
    assert 1 < len(one.statements) == len(many.statements) <= 20
