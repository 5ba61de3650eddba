"""The registers kept beside the libraries: organisations, people, standards, accounts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col

from hub.actions.organization import OrganizationDraft, register_organization
from hub.actions.personnel import (
    PersonDraft,
    add_person,
    add_personnel_certificate,
    certify_item,
)
from hub.actions.qualification import QualificationDraft, register_qualification
from hub.actions.standard import MeasurementStandardDraft, register_standard
from hub.actions.user import create_user
from hub.actor import Actor
from hub.db import Database
from hub.demo.seed import SEEDER
from hub.errors import BadInput, Conflict, Forbidden, Refused
from hub.policy import readable
from hub.tables.personnel import CertifiedItem
from hub.tables.standard import StandardOperator
from hub.vocabulary import (
    IdentMethod,
    MetrologyField,
    OrgKind,
    PersonnelCertificateKind,
    QualificationKind,
    Role,
    StandardKind,
)
from hub.writer import Writer
from tests.fresh import empty_copy, taken_back

FIRM = OrganizationDraft(
    uscc="91320500MA4FE6801L",
    name="样例精工(苏州)有限公司",
    kinds=[OrgKind.ENTERPRISE],
    district="320506",
)
VERIFIER = PersonnelCertificateKind.VERIFIER


@pytest.fixture(scope="module")
def url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "registers")


@pytest.fixture(scope="module")
async def database(url: str) -> AsyncIterator[Database]:
    found = Database(url, 4)
    yield found
    await found.close()


@pytest.fixture
async def db(database: Database) -> AsyncIterator[Writer]:
    async with taken_back(database, SEEDER) as writer:
        yield writer


async def a_firm(db: Writer) -> UUID:
    return (await register_organization(db, FIRM)).id


async def a_person(db: Writer, staff_no: str = "1") -> UUID:
    person = PersonDraft(employer_id=await a_firm(db), staff_no=staff_no, name="周样例")
    return (await add_person(db, person)).id


async def test_a_code_is_normalised_and_registering_again_makes_no_new_version(
    db: Writer,
) -> None:
    first = await register_organization(db, FIRM)

    again = await register_organization(db, replace(FIRM, uscc=" ９１320500ma4fe6801l "))

    assert again is first
    assert (again.uscc, again.uscc_check_passed, again.version) == (FIRM.uscc, True, 1)


async def test_a_code_with_a_wrong_check_digit_is_stored_and_flagged(db: Writer) -> None:
    stored = await register_organization(db, replace(FIRM, uscc="91350203M0001QAY9B"))

    assert stored.uscc_check_passed is False


@pytest.mark.parametrize(
    "uscc", ["", "91320500MA4FE680", "91320500MA4FE680IL", "9132050OMA4FE6801L"]
)
async def test_a_code_of_another_form_is_refused(db: Writer, uscc: str) -> None:
    with pytest.raises(BadInput) as caught:
        await register_organization(db, replace(FIRM, uscc=uscc))

    assert caught.value.path == ("uscc",)


@pytest.mark.parametrize(
    "wrong", [{"name": "  "}, {"district": "3205"}, {"district": "苏州市区域"}]
)
async def test_an_organisation_has_a_name_and_a_district_of_six_digits(
    db: Writer, wrong: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as caught:
        await register_organization(db, replace(FIRM, **wrong))

    assert caught.value.path == tuple(wrong)


async def test_a_name_given_up_is_kept_as_a_former_one(db: Writer) -> None:
    await register_organization(db, FIRM)

    renamed = await register_organization(db, replace(FIRM, name="样例制造(苏州)有限公司"))

    assert (renamed.name, renamed.version) == ("样例制造(苏州)有限公司", 2)
    assert renamed.former_names == [FIRM.name]


async def test_a_person_is_added_once_and_kept_up_to_date(db: Writer) -> None:
    person = PersonDraft(
        employer_id=await a_firm(db),
        staff_no="S-01",
        name="周样例",
        resident_id="11010519491231002x",
    )
    first = await add_person(db, person)

    again = await add_person(db, replace(person, title="工程师"))

    assert again is first
    assert (again.version, again.title, again.resident_id) == (2, "工程师", "11010519491231002X")


@pytest.mark.parametrize("resident_id", ["110105194912310021", "11010519491331002X", "１１"])
async def test_a_resident_id_that_cannot_be_is_refused_without_being_repeated(
    db: Writer, resident_id: str
) -> None:
    person = PersonDraft(
        employer_id=await a_firm(db), staff_no="1", name="周样例", resident_id=resident_id
    )

    with pytest.raises(BadInput) as caught:
        await add_person(db, person)

    assert caught.value.path == ("residentId",)
    assert resident_id not in "".join(caught.value.words)


async def test_a_certificate_belongs_to_one_person(db: Writer) -> None:
    holder, other = await a_person(db, "1"), await a_person(db, "2")
    first = await add_personnel_certificate(db, holder, kind=VERIFIER, number="A 1", items=["秒表"])
    longer = await add_personnel_certificate(
        db, holder, kind=VERIFIER, number="A 1", items=["秒表"], valid_to=date(2030, 1, 1)
    )

    assert longer is first
    assert longer.version == 2
    with pytest.raises(Conflict, match="in conflict with stored data"):
        await add_personnel_certificate(db, other, kind=VERIFIER, number="A 1")


async def test_an_item_is_certified_once_for_a_person(db: Writer) -> None:
    person = await a_person(db)
    await certify_item(db, person, "秒表", valid_to=date(2026, 1, 1))

    await certify_item(db, person, " 秒表", valid_to=date(2030, 1, 1))

    items = await db.all(
        readable(SEEDER, CertifiedItem).where(col(CertifiedItem.person_id) == person)
    )
    assert [(item.item, item.valid_to) for item in items] == [("秒表", date(2030, 1, 1))]


async def test_a_qualification_cannot_end_before_it_begins(db: Writer) -> None:
    draft = QualificationDraft(
        holder_id=await a_firm(db),
        kind=QualificationKind.CNAS,
        number="L00000",
        valid_from=date(2026, 1, 1),
        valid_to=date(2025, 1, 1),
    )

    with pytest.raises(Refused) as caught:
        await register_qualification(db, draft)

    assert caught.value.path == ("validTo",)


async def test_a_standard_gains_operators_and_loses_none(db: Writer) -> None:
    people = [await a_person(db, str(number)) for number in range(3)]
    draft = MeasurementStandardDraft(
        owner_id=await a_firm(db),
        code="S-1",
        name="秒表检定装置",
        kind=StandardKind.WORKING,
        field=MetrologyField.TIME_FREQUENCY,
        measuring_ranges=[{"lower": "10", "upper": "3600", "unit": "s"}],
    )

    async def registered(*operators: UUID) -> int:
        row = await register_standard(db, draft, instruments={}, operators=operators, documents=())
        return row.version

    versions = [await registered(*people[:2]), await registered(*people[1:])]

    links = await db.all(readable(SEEDER, StandardOperator))
    assert versions == [1, 1]
    assert {link.person_id for link in links} == set(people)


async def test_an_account_is_made_once_for_a_login(db: Writer) -> None:
    firm = await a_firm(db)
    user = await create_user(
        db,
        login_name="zhou",
        organization_id=firm,
        roles={Role.USER, Role.ORG_ADMIN},
        password_hash="$argon2id$…",  # noqa: S106  (no hash of anything)
    )

    assert user.roles == [Role.ORG_ADMIN, Role.USER]
    assert user.ident_methods == [IdentMethod.PASSWORD]
    with pytest.raises(Conflict, match="in conflict with stored data"):
        await create_user(db, login_name="zhou", organization_id=firm, roles={Role.USER})


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"login_name": "周"}, "loginName"),
        ({"login_name": "Zhou"}, "loginName"),
        ({"roles": set()}, "roles"),
        ({"roles": {Role.ANONYMOUS, Role.USER}}, "roles"),
        ({"district": "苏州"}, "district"),
    ],
)
async def test_an_account_needs_a_login_a_role_and_a_true_district(
    db: Writer, given: dict[str, Any], path: str
) -> None:
    values: dict[str, Any] = {"login_name": "zhou", "roles": {Role.USER}} | given

    with pytest.raises(BadInput) as caught:
        await create_user(db, organization_id=uuid4(), **values)

    assert caught.value.path == (path,)


WRITES: list[Callable[[Writer], Awaitable[object]]] = [
    lambda db: register_organization(db, FIRM),
    lambda db: add_person(db, PersonDraft(employer_id=uuid4(), staff_no="1", name="周样例")),
    lambda db: add_personnel_certificate(db, uuid4(), kind=VERIFIER, number="1"),
    lambda db: certify_item(db, uuid4(), "秒表"),
    lambda db: register_qualification(
        db, QualificationDraft(holder_id=uuid4(), kind=QualificationKind.CNAS, number="1")
    ),
    lambda db: create_user(
        db, login_name="zhou", organization_id=uuid4(), roles={Role.DATA_STEWARD}
    ),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("role", [Role.USER, Role.ORG_ADMIN, Role.LAB_APPROVER, Role.REGULATOR])
async def test_registers_are_not_written_by_those_they_list(
    database: Database, role: Role, write: Callable[[Writer], Awaitable[object]]
) -> None:
    actor = Actor(login="someone", user_id=uuid4(), roles=frozenset({role}))

    with pytest.raises(Forbidden):
        async with database.writer(actor) as writer:
            await write(writer)
