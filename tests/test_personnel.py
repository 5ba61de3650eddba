"""People: in full to their employer, by surname to others, to no one without a name."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from hub.tables.organization import Organization
from hub.tables.personnel import Personnel
from hub.tables.user import User
from hub.times import today
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState, Role
from tests.doors import Answer, HubClient, id_of
from tests.given import (
    a_capability,
    a_certified_item,
    a_credential,
    a_person,
    a_qualification,
    a_user,
    an_organization,
)
from tests.walk import fitting

ONE = """
query($id: ID!) { person(id: $id) {
  name staffNo title employer { name } residentId phone email photoUrl education birthDate
  certificates { kind number items state } certifiedItems { item capability { code } }
  registration { registeredAt validTo } discipline { date text }
} }
"""
LIST = """
query($filter: PersonnelFilter) { personnel(filter: $filter, first: 100) { nodes { staffNo id } } }
"""
NOT_MASKED = {"Personnel.photoUrl", "Personnel.education", "Personnel.birthDate"}


@dataclass(frozen=True)
class Staff:
    """A laboratory and one of its people."""

    employer: Organization
    person: Personnel

    async def seen(self, hub: HubClient, *roles: Role, at_home: bool = True) -> Answer:
        """What someone with `roles` is shown of the person."""
        home = self.employer if at_home else await hub.given(an_organization(district="320600"))
        return await seen(hub, await hub.given(a_user(home, *roles)), self.person)


async def seen(hub: HubClient, who: User, person: Personnel) -> Answer:
    """What `who` is shown of `person`, of all that is there for it."""
    return await hub.ask(fitting(ONE, hub.view(who)), as_=who, id=id_of(person))


@pytest.fixture(scope="module")
async def staff(hub: HubClient) -> Staff:
    employer = an_organization()
    person = a_person(
        employer,
        name="欧阳修远",
        staff_no="S001",
        title="高级工程师",
        resident_id="000000194912310027",
        phone="13812345678",
        email="zhang@example.com",
        photo_url="/files/1",
        education="本科",
        birth_date=date(1949, 12, 31),
        discipline=[{"date": "2024-01-02", "text": "表扬"}],
    )
    qualification = a_qualification(employer)
    capability = a_capability(qualification, code="C-1")
    paper = a_credential(
        person, PersonnelCertificateKind.REGISTERED_METROLOGIST_2, number="ZJ-2024-0815"
    )
    item = a_certified_item(person, capability)
    await hub.all_given(employer, person, qualification, capability, paper, item)
    return Staff(employer, person)


async def test_without_signing_in_nobody_is_known(hub: HubClient, staff: Staff) -> None:
    one = await hub.ask("query($id: ID!) { person(id: $id) { id } }", id=id_of(staff.person))
    all_ = await hub.ask("{ personnel { nodes { id } } }")
    named = await hub.ask("{ personnel { nodes { id name } } }")

    assert one.data == {"person": None}
    assert all_.data == {"personnel": {"nodes": []}}
    assert named.codes == ["VALIDATION_FAILED"]


async def test_a_stranger_sees_a_surname_and_what_the_person_is_certified_for(
    hub: HubClient, staff: Staff
) -> None:
    answer = await staff.seen(hub, Role.USER, at_home=False)

    assert answer.data["person"] == {
        "name": "欧***",
        "staffNo": None,
        "title": None,
        "employer": {"name": staff.employer.name},
        "residentId": None,
        "phone": None,
        "email": None,
        "photoUrl": None,
        "education": None,
        "birthDate": None,
        "certificates": [
            {
                "kind": "REGISTERED_METROLOGIST_2",
                "number": "********0815",
                "items": ["一般压力表"],
                "state": "VALID",
            }
        ],
        "certifiedItems": [{"item": "一般压力表", "capability": {"code": "C-1"}}],
        "registration": {"registeredAt": "2020-01-01", "validTo": "2099-12-31"},
    }
    assert answer.noted("masked") == {"Personnel.name", "PersonnelCertificate.number"}
    assert answer.noted("denied") == NOT_MASKED | {
        f"Personnel.{name}" for name in ("staffNo", "title", "residentId", "phone", "email")
    }


@pytest.mark.parametrize(
    ("role", "masked", "disciplined"),
    [
        (Role.USER, False, False),
        (Role.ORG_ADMIN, True, False),
        (Role.LAB_STAFF, True, True),
        (Role.AUDITOR, False, False),
    ],
)
async def test_a_colleague_sees_the_name_and_never_the_whole_number(
    hub: HubClient, staff: Staff, role: Role, masked: bool, disciplined: bool
) -> None:
    answer = await staff.seen(hub, role)

    told = answer.data["person"]
    assert (told["name"], told["staffNo"], told["title"]) == ("欧阳修远", "S001", "高级工程师")
    assert told["certificates"][0]["number"] == "ZJ-2024-0815"
    restricted = [told[name] for name in ("residentId", "phone", "email")]
    expected = ["0****************7", "138****5678", "z***@example.com"] if masked else [None] * 3
    assert restricted == expected
    assert [one["text"] for one in told.get("discipline", [])] == ["表扬"] * disciplined
    assert ("discipline" in told) is disciplined
    assert answer.noted("denied") >= NOT_MASKED


async def test_a_record_of_discipline_has_its_date(hub: HubClient, staff: Staff) -> None:
    answer = await staff.seen(hub, Role.LAB_STAFF)

    assert answer.data["person"]["discipline"] == [{"date": "2024-01-02", "text": "表扬"}]


@pytest.mark.parametrize(("district", "in_full"), [("3205", True), ("3206", False)])
async def test_a_regulator_sees_the_people_of_its_district(
    hub: HubClient, staff: Staff, district: str, in_full: bool
) -> None:
    office = await hub.given(an_organization(district="320000"))
    who = await hub.given(a_user(office, Role.REGULATOR, district=district))

    answer = await hub.ask(ONE, as_=who, id=id_of(staff.person))

    told = answer.data["person"]
    assert told["name"] == ("欧阳修远" if in_full else "欧***")
    assert told["residentId"] == ("0****************7" if in_full else None)
    assert bool(told["discipline"]) is in_full


async def test_a_person_sees_its_own_data_in_full(hub: HubClient, staff: Staff) -> None:
    who = await hub.given(a_user(staff.employer, person_id=staff.person.id))

    answer = await seen(hub, who, staff.person)

    told = answer.data["person"]
    assert told["residentId"] == "000000194912310027"
    assert (told["phone"], told["email"]) == ("13812345678", "zhang@example.com")
    assert told["birthDate"] == "1949-12-31"
    assert answer.extensions == {}


async def test_who_may_not_read_a_name_cannot_find_it_by_filter_either(
    hub: HubClient, staff: Staff
) -> None:
    colleague = await hub.given(a_user(staff.employer))
    stranger = await hub.given(a_user(await hub.given(an_organization())))
    mine = {"employer": {"eq": id_of(staff.employer)}}
    by_name: list[dict[str, Any]] = [
        mine | {"name": {"eq": "欧阳修远"}},
        mine | {"name": {"startsWith": "欧阳"}},
        mine | {"staffNo": {"eq": "S001"}},
        mine | {"name": {"isNull": False}},
    ]

    for filter_ in by_name:
        found = [await hub.ask(LIST, as_=who, filter=filter_) for who in (colleague, stranger)]
        shown = [len(answer.data["personnel"]["nodes"]) for answer in found]
        assert shown == [1, 0], filter_


async def test_what_a_filter_leaves_over_tells_a_stranger_nothing(
    hub: HubClient, staff: Staff
) -> None:
    stranger = await hub.given(a_user(await hub.given(an_organization())))
    mine = {"employer": {"eq": id_of(staff.employer)}}
    right, wrong = ({"not": {"name": {"eq": name}}} for name in ("欧阳修远", "张三"))

    answers = [await hub.ask(LIST, as_=stranger, filter=mine | one) for one in (right, wrong)]

    assert answers[0].data == answers[1].data
    assert len(answers[0].data["personnel"]["nodes"]) == 1


@pytest.mark.parametrize("document", ["residentId", "phone", "email", "birthDate"])
async def test_nobody_searches_by_restricted_data(hub: HubClient, document: str) -> None:
    who = await hub.given(a_user(await hub.given(an_organization()), Role.DATA_STEWARD))

    answer = await hub.ask(
        f'{{ personnel(filter: {{{document}: {{eq: "1"}}}}) {{ nodes {{ id }} }} }}', as_=who
    )

    assert answer.codes == ["VALIDATION_FAILED"]


@pytest.mark.parametrize(
    ("stored", "ends", "told"),
    [
        (PersonnelCertificateState.VALID, 0, "VALID"),
        (PersonnelCertificateState.VALID, -1, "EXPIRED"),
        (PersonnelCertificateState.VALID, None, "VALID"),
        (PersonnelCertificateState.REVOKED, -1, "REVOKED"),
    ],
)
async def test_a_certificate_expires_after_its_last_day(
    hub: HubClient, stored: PersonnelCertificateState, ends: int | None, told: str
) -> None:
    home = await hub.given(an_organization())
    person = await hub.given(a_person(home))
    last = None if ends is None else today() + timedelta(days=ends)
    paper = a_credential(person, PersonnelCertificateKind.VERIFIER, state=stored, valid_to=last)
    await hub.given(paper)

    answer = await seen(hub, await hub.given(a_user(home)), person)

    assert answer.data["person"]["certificates"][0]["state"] == told


async def test_people_of_an_organisation_are_found_by_it(hub: HubClient, staff: Staff) -> None:
    who = await hub.given(a_user(await hub.given(an_organization())))

    answer = await hub.ask(LIST, as_=who, filter={"employer": {"eq": id_of(staff.employer)}})

    assert answer.data["personnel"]["nodes"] == [{"staffNo": None, "id": id_of(staff.person)}]
