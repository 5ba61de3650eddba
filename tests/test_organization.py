"""Organisations: known to all, with contacts for the few."""

from typing import Any

import pytest

from hub.tables.organization import Organization
from hub.vocabulary import OrgKind, Role
from tests.doors import HubClient, id_of
from tests.given import a_laboratory, a_user, an_organization
from tests.walk import fitting

ONE = """
query($id: ID!) { organization(id: $id) {
  uscc usccCheckPassed country name formerNames kinds district keyEnergyUser verifyState
  contactName contactPhone parent { name } children { nodes { name } }
} }
"""
LIST = """
query($filter: OrganizationFilter, $order: [OrganizationOrder!]) {
  organizations(filter: $filter, order: $order, first: 100) { nodes { name } }
}
"""
RESTRICTED = {"Organization.contactName", "Organization.contactPhone"}


@pytest.fixture(scope="module")
async def group(hub: HubClient) -> tuple[Organization, Organization]:
    """A parent and its child."""
    parent = an_organization(
        OrgKind.ENTERPRISE,
        OrgKind.MANUFACTURER,
        contact_name="欧阳修远",
        contact_phone="13812345678",
        former_names=["旧名"],
        key_energy_user=True,
    )
    child = an_organization(parent_id=parent.id)
    await hub.all_given(parent, child)
    return parent, child


async def shown(hub: HubClient, row: Organization, *roles: Role, **user: Any) -> Any:
    """What a user of `row` with `roles` is shown of it; anonymous without any."""
    who = await hub.given(a_user(row, *roles, **user)) if roles else None
    return await hub.ask(fitting(ONE, hub.view(who)), as_=who, id=id_of(row))


async def test_everyone_may_know_who_an_organisation_is(
    hub: HubClient, group: tuple[Organization, Organization]
) -> None:
    parent, _ = group

    answer = await shown(hub, parent)

    assert answer.data["organization"] == {
        "uscc": parent.uscc,
        "country": "CN",
        "name": parent.name,
        "formerNames": ["旧名"],
        "kinds": ["ENTERPRISE", "MANUFACTURER"],
        "district": "320505",
    }
    assert answer.extensions == {}


async def test_who_signed_in_knows_the_group_but_not_the_contact(
    hub: HubClient, group: tuple[Organization, Organization]
) -> None:
    parent, child = group

    answer = await shown(hub, parent, Role.USER)

    told = answer.data["organization"]
    assert (told["usccCheckPassed"], told["keyEnergyUser"]) == (True, True)
    assert told["children"] == {"nodes": [{"name": child.name}]}
    assert not {"contactName", "contactPhone"} & told.keys()
    assert answer.extensions == {}


@pytest.mark.parametrize(
    ("role", "district"),
    [
        (Role.ORG_ADMIN, None),
        (Role.LAB_STAFF, None),
        (Role.REGULATOR, "3205"),
        (Role.REGULATOR, "3206"),
    ],
)
async def test_the_contact_is_masked_for_those_whose_duty_it_is(
    hub: HubClient,
    group: tuple[Organization, Organization],
    role: Role,
    district: str | None,
) -> None:
    answer = await shown(hub, group[0], role, district=district)

    told = answer.data["organization"]
    assert (told["contactName"], told["contactPhone"]) == ("欧***", "138****5678")
    assert answer.noted("masked") == RESTRICTED


@pytest.mark.parametrize("role", [Role.USER, Role.SYSTEM, Role.AUDITOR, Role.OPERATOR])
async def test_there_is_no_contact_for_those_who_need_none(
    hub: HubClient, group: tuple[Organization, Organization], role: Role
) -> None:
    who = await hub.given(a_user(group[0], role))

    answer = await hub.ask(ONE, as_=who, id=id_of(group[0]))

    assert answer.codes == ["VALIDATION_FAILED"] * len(RESTRICTED)


@pytest.mark.parametrize(("district", "masked"), [("3205", True), ("3206", False), (None, False)])
async def test_a_regulator_sees_the_contacts_of_its_district_only(
    hub: HubClient,
    group: tuple[Organization, Organization],
    district: str | None,
    masked: bool,
) -> None:
    office = await hub.given(an_organization(OrgKind.REGULATOR))
    who = await hub.given(a_user(office, Role.REGULATOR, district=district))

    answer = await hub.ask(ONE, as_=who, id=id_of(group[0]))

    assert answer.data["organization"]["contactName"] == ("欧***" if masked else None)
    assert answer.noted("masked" if masked else "denied") == RESTRICTED


async def test_a_district_is_a_prefix_and_no_pattern(
    hub: HubClient, group: tuple[Organization, Organization]
) -> None:
    office = await hub.given(an_organization(OrgKind.REGULATOR))
    who = await hub.given(a_user(office, Role.REGULATOR, district="32%"))

    answer = await hub.ask(ONE, as_=who, id=id_of(group[0]))

    assert answer.data["organization"]["contactName"] is None


async def test_organisations_are_filtered_by_name_code_district_and_parent(
    hub: HubClient, group: tuple[Organization, Organization]
) -> None:
    parent, child = group
    who = await hub.given(a_user(child))
    filters: list[tuple[dict[str, Any], list[Organization]]] = [
        ({"name": {"eq": parent.name}}, [parent]),
        ({"uscc": {"in": [parent.uscc, child.uscc]}}, [parent, child]),
        ({"parent": {"eq": id_of(parent)}}, [child]),
        ({"district": {"startsWith": "3205"}, "name": {"eq": child.name}}, [child]),
        ({"district": {"startsWith": "3206"}, "name": {"eq": child.name}}, []),
        ({"keyEnergyUser": True, "uscc": {"eq": parent.uscc}}, [parent]),
    ]

    for filter_, rows in filters:
        answer = await hub.ask(LIST, as_=who, filter=filter_)
        found = {one["name"] for one in answer.data["organizations"]["nodes"]}
        assert found == {row.name for row in rows}, filter_


@pytest.mark.parametrize("filter_", [{"keyEnergyUser": True}, {"parent": {"isNull": True}}])
async def test_who_may_not_see_a_field_may_not_filter_by_it(
    hub: HubClient, filter_: dict[str, Any]
) -> None:
    answer = await hub.ask(LIST, filter={"or": [{"name": {"eq": "x"}}, {"not": filter_}]})

    assert answer.codes == ["BAD_INPUT"]
    assert answer.data is None


async def test_an_organisation_shows_what_it_is_entitled_to_and_can_do(hub: HubClient) -> None:
    lab = await hub.given(a_laboratory())
    document = """
    query($id: ID!) { organization(id: $id) {
      qualifications { nodes { number scope { nodes { code } } } }
      capabilities { nodes { code } } measurementStandards { nodes { code } }
    } }
    """

    answer = await hub.ask(document, id=id_of(lab.organization))

    codes = {"nodes": [{"code": lab.capability.code}]}
    assert answer.data["organization"] == {
        "qualifications": {"nodes": [{"number": lab.qualification.number, "scope": codes}]},
        "capabilities": codes,
        "measurementStandards": {"nodes": [{"code": lab.standard.code}]},
    }
    assert answer.extensions == {}
