"""The demo: what it lets one see, that it may be seeded again, and who plays in it."""

import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import RowMapping, Select
from sqlmodel import col

from hub.actor import Actor
from hub.db import Database
from hub.demo import cast, plant
from hub.demo.seed import EXAMPLES, SEEDER, Demo, seed
from hub.errors import BadInput
from hub.keys import Keyring
from hub.policy import readable
from hub.rules.organization import UsccVerdict, uscc_verdict
from hub.rules.personnel import ResidentIdVerdict, resident_id_verdict
from hub.tables.base import Table
from hub.tables.capability import Capability
from hub.tables.certificate import Certificate, CertificateBasis, StandardUsed
from hub.tables.document import TechnicalDocument
from hub.tables.fee import FeeDocument, FeeItem
from hub.tables.instrument import Instrument
from hub.tables.personnel import CertifiedItem
from hub.tables.qualification import Qualification
from hub.tables.standard import MeasurementStandard, StandardInstrument, StandardOperator
from hub.tables.user import User
from hub.vocabulary import CertificateState, Conclusion, InstrumentState, QualificationKind, Role
from tests.fresh import count, empty_copy

T = TypeVar("T", bound=Table)

KEYS = Keyring.of("k1:" + "5a" * 32)
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "demo")


@pytest.fixture(scope="module")
async def database(url: str) -> AsyncIterator[Database]:
    found = Database(url, 4)
    yield found
    await found.close()


@pytest.fixture(scope="module")
async def demo(database: Database) -> Demo:
    return await seed(database, today=TODAY, keys=KEYS)


@pytest.fixture
def enterprise(demo: Demo) -> Actor:
    return acting(demo, "enterprise")


def acting(demo: Demo, login: str) -> Actor:
    """The actor behind a login of the demo."""
    account = next(each for each in cast.ACCOUNTS if each.login == login)
    return Actor(
        login=login,
        user_id=demo.users[login],
        organization_id=demo.organizations[account.uscc],
        district=account.district,
        roles=account.roles,
    )


async def read(database: Database, actor: Actor, statement: Select[Any]) -> Sequence[RowMapping]:
    async with database.reader(actor) as reader:
        return await reader.all(statement)


async def rows(database: Database, actor: Actor, table: type[T], **same: Any) -> list[RowMapping]:
    """What `actor` sees of `table` with these values."""
    wanted = readable(actor, table).where(
        *(col(getattr(table, name)) == value for name, value in same.items())
    )
    return list(await read(database, actor, wanted))


async def one(database: Database, actor: Actor, table: type[T], **same: Any) -> RowMapping:
    found = await rows(database, actor, table, **same)
    assert len(found) == 1, (table, same, len(found))
    return found[0]


async def test_one_walks_from_an_instrument_to_the_document_that_prices_its_tester(
    database: Database, enterprise: Actor
) -> None:
    instrument = await one(database, enterprise, Instrument, asset_no="SZ-JL-00079")
    certificate = await one(database, enterprise, Certificate, instrument_id=instrument["id"])
    items = await rows(database, enterprise, CertifiedItem, person_id=certificate["tested_by_id"])
    capability = await one(
        database,
        enterprise,
        Capability,
        id=next(each["capability_id"] for each in items if each["item"] == "外径千分尺"),
    )
    fees = await rows(database, enterprise, FeeItem, code=capability["fee_code"])
    documents = [
        await one(database, enterprise, FeeDocument, id=fee["document_id"]) for fee in fees
    ]

    assert capability["code"] == "LEN-001"
    assert {document["title"] for document in documents} == {"样例收费文件一", "样例收费文件二"}


async def test_a_certificate_leads_to_its_basis_authority_price_and_standard(
    database: Database, enterprise: Actor
) -> None:
    certificate = await one(database, enterprise, Certificate, number="SFJL-0001")
    basis = await one(database, enterprise, CertificateBasis, certificate_id=certificate["id"])
    document = await one(database, enterprise, TechnicalDocument, id=basis["document_id"])
    authority = await one(database, enterprise, Qualification, id=certificate["authorization_id"])
    fee = await one(database, enterprise, FeeItem, id=certificate["fee_item_id"])
    used = await one(database, enterprise, StandardUsed, certificate_id=certificate["id"])
    standard = await one(database, enterprise, MeasurementStandard, id=used["standard_id"])

    assert document["number"] == "JJG 21-2008"
    assert authority["kind"] is QualificationKind.LEGAL_INSTITUTE
    assert (fee["code"], certificate["fee"]) == ("F-001", fee["price"])
    assert used["valid_until"] == standard["valid_to"]


async def test_compulsory_verification_is_free_by_the_notice_that_says_so(
    database: Database, enterprise: Actor
) -> None:
    certificate = await one(database, enterprise, Certificate, number="SFJL-0004")
    fee = await one(database, enterprise, FeeItem, id=certificate["fee_item_id"])
    notice = await one(database, enterprise, FeeDocument, id=fee["document_id"])

    assert str(certificate["fee"]) == "0.00"
    assert notice["number"] == "财税〔2017〕20号"


async def test_a_failed_instrument_is_stopped_and_an_amended_certificate_is_replaced(
    database: Database, enterprise: Actor
) -> None:
    failed = await one(database, enterprise, Certificate, number="SFJL-0005")
    gauge = await one(database, enterprise, Instrument, id=failed["instrument_id"])
    first = await one(database, enterprise, Certificate, number="SFJL-0010")
    second = await one(database, enterprise, Certificate, number="SFJL-0011")

    assert failed["conclusion"] is Conclusion.UNQUALIFIED
    assert gauge["status"] is InstrumentState.STOPPED
    assert first["state"] is CertificateState.REPLACED
    assert second["replaces_id"] == first["id"]


async def test_every_capability_is_held_staffed_and_priced(database: Database, demo: Demo) -> None:
    laboratory = demo.organizations[cast.LABORATORY]
    capabilities = await rows(database, SEEDER, Capability, organization_id=laboratory)
    staffed = {each["capability_id"] for each in await rows(database, SEEDER, CertifiedItem)}
    prices = {each["code"] for each in await rows(database, SEEDER, FeeItem)}

    assert len(capabilities) == 16
    assert len({each["field"] for each in capabilities}) == 10
    assert {each["id"] for each in capabilities} == staffed
    assert {each["fee_code"] for each in capabilities} <= prices


async def test_a_standard_has_instruments_and_at_least_two_operators(
    database: Database, demo: Demo
) -> None:
    lab = acting(demo, "lab")
    standards = await rows(database, lab, MeasurementStandard)

    assert len(standards) == len(cast.STANDARDS)
    for standard in standards:
        same = {"standard_id": standard["id"]}
        assert await rows(database, lab, StandardInstrument, **same)
        assert len(await rows(database, lab, StandardOperator, **same)) >= 2


async def test_an_enterprise_sees_its_ledger_and_certificates_and_not_the_rivals(
    database: Database, demo: Demo, enterprise: Actor
) -> None:
    mine = demo.organizations[cast.ENTERPRISE]
    rival = acting(demo, "rival")

    instruments = await rows(database, enterprise, Instrument)
    certificates = await rows(database, enterprise, Certificate)

    assert len(instruments) == plant.SIZE == 1_000
    assert {each["owner_id"] for each in instruments} == {mine}
    assert {each["client_id"] for each in certificates} == {mine}
    assert len(certificates) == 11 + len(cast.DCC_FILES)
    assert [each["number"] for each in await rows(database, rival, Certificate)] == ["SFJL-0012"]


async def test_the_analyst_reads_every_organisation_and_the_regulator_its_district(
    database: Database, demo: Demo
) -> None:
    owners = {
        login: {each["owner_id"] for each in await rows(database, acting(demo, login), Instrument)}
        for login in ("analyst", "regulator", "operator", "auditor")
    }

    assert owners["analyst"] == {
        demo.organizations[uscc] for uscc in (cast.ENTERPRISE, cast.RIVAL, cast.LABORATORY)
    }
    assert owners["regulator"] == owners["analyst"]
    assert owners["operator"] == owners["auditor"] == set()


async def test_each_login_of_the_contract_is_there_with_its_password_shown_once(
    database: Database, demo: Demo
) -> None:
    contract = "enterprise erp rival lab approver regulator auditor analyst operator"
    logins = set(contract.split())
    users = {each["login_name"]: each for each in await rows(database, SEEDER, User)}

    assert set(users) == set(demo.users) == logins
    assert set(demo.passwords) == logins - {"erp"}
    assert users["erp"]["roles"] == [Role.SYSTEM]
    assert all(users[login]["password_hash"] for login in demo.passwords)


async def test_seeding_again_changes_nothing(database: Database, demo: Demo, url: str) -> None:
    audited = "SELECT count(*) FROM audit_event"
    versions = "SELECT (SELECT sum(version) FROM instrument) + (SELECT sum(version) FROM fee_item)"
    before = await count(url, audited), await count(url, versions)

    again = await seed(database, today=TODAY + timedelta(days=9), keys=KEYS)

    assert (await count(url, audited), await count(url, versions)) == before
    assert (again.users, again.organizations) == (demo.users, demo.organizations)
    assert again.passwords == {}
    assert (again.reference.created, again.reference.updated) == (0, 0)


def test_everyone_in_the_demo_has_well_formed_and_impossible_numbers() -> None:
    assert {uscc_verdict(draft.uscc) for draft in cast.ORGANIZATIONS} == {UsccVerdict.OK}
    assert {resident_id_verdict(each.resident_id) for each in cast.PEOPLE} == {ResidentIdVerdict.OK}
    assert {each.resident_id[:6] for each in cast.PEOPLE} == {"000000"}


async def test_a_faulty_file_is_named_and_writes_nothing(database_url: str, tmp_path: Path) -> None:
    data = Path(shutil.copytree(EXAMPLES, tmp_path / "data"))
    file = data / "reference" / "regulations.csv"
    file.write_text(file.read_text("utf-8").replace("JJG 4-2015,", "JJG 4,"), "utf-8")
    before = await count(database_url, "SELECT count(*) FROM technical_document")
    database = Database(database_url, 2)

    with pytest.raises(BadInput) as caught:
        await seed(database, data=data, today=TODAY, keys=KEYS)

    assert caught.value.path == ("regulations.csv", 4, "number")
    assert await count(database_url, "SELECT count(*) FROM technical_document") == before
    await database.close()


async def test_a_missing_example_is_named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"sample-ledger-1-200\.csv is missing"):
        await seed(database, data=tmp_path, today=TODAY, keys=KEYS)
