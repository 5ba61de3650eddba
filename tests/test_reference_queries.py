"""The public libraries, open to everyone: what laboratories may do, can do, charge and follow."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.tables.base import Row
from hub.tables.catalogue import CatalogueItem
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.document import DocumentReplacement
from hub.tables.standard import StandardDocument, StandardInstrument, StandardOperator
from hub.times import today
from hub.vocabulary import CompulsoryPurpose, QualificationState, Role
from tests.doors import HubClient, id_of
from tests.given import (
    Laboratory,
    a_capability,
    a_document,
    a_laboratory,
    a_person,
    a_qualification,
    a_standard,
    a_user,
    an_instrument,
    an_organization,
)
from tests.walk import fitting

STANDARD = """
query($id: ID!) { measurementStandard(id: $id) {
  code name owner { name } kind validTo state documents { number }
  members { role instrument { name } } operators { staffNo } keeper { staffNo }
  stability { value limit ok } repeatability { ok }
} }
"""
STAFF_ONLY = {"stability", "repeatability", "keeper", "operators"}


@pytest.fixture(scope="module")
async def lab(hub: HubClient) -> Laboratory:
    return await hub.given(a_laboratory())


async def test_what_a_laboratory_can_do_leads_to_its_right_its_fee_and_its_regulation(
    hub: HubClient, lab: Laboratory
) -> None:
    document = """
    query($id: ID!) { capability(id: $id) {
      code measuredObject parameter field ranges { lower upper unit } cmcForm
      cmc { value unit k } qualification { number holder { name } } basis { number state }
      feeItems { nodes { code price currency chargeUnit document { title } } } organization { uscc }
    } }
    """

    answer = await hub.ask(document, id=id_of(lab.capability))

    assert answer.extensions == {}
    assert answer.data["capability"] == {
        "code": lab.capability.code,
        "measuredObject": "一般压力表",
        "parameter": "压力",
        "field": "MECHANICS",
        "ranges": [{"lower": "0", "upper": "60", "unit": "MPa"}],
        "cmcForm": "CONSTANT",
        "cmc": {"value": "0.010", "unit": "MPa", "k": "2"},
        "qualification": {
            "number": lab.qualification.number,
            "holder": {"name": lab.organization.name},
        },
        "basis": {"number": lab.document.number, "state": "IN_FORCE"},
        "feeItems": {
            "nodes": [
                {
                    "code": lab.fee_item.code,
                    "price": "30.00",
                    "currency": "CNY",
                    "chargeUnit": "块",
                    "document": {"title": lab.fee_document.title},
                }
            ]
        },
        "organization": {"uscc": lab.organization.uscc},
    }


async def test_capabilities_are_found_by_object_right_and_laboratory(
    hub: HubClient, lab: Laboratory
) -> None:
    balance = a_capability(lab.qualification, measured_object="电子天平", on_site=True)
    other = a_capability(await hub.given(a_qualification(lab.organization)), code="other")
    await hub.all_given(balance, other)
    document = """
    query($filter: CapabilityFilter) { capabilities(filter: $filter) { nodes { code } } }
    """
    mine = {"organization": {"eq": id_of(lab.organization)}}
    filters: list[tuple[dict[str, Any], set[str]]] = [
        (mine, {lab.capability.code, balance.code, "other"}),
        (mine | {"measuredObject": {"contains": "天平"}}, {balance.code}),
        (mine | {"onSite": True}, {balance.code}),
        (
            mine | {"qualification": {"eq": id_of(lab.qualification)}},
            {lab.capability.code, balance.code},
        ),
        (mine | {"basis": {"eq": id_of(lab.document)}}, {lab.capability.code}),
        (mine | {"feeCode": {"isNull": True}}, {balance.code, "other"}),
    ]

    for filter_, codes in filters:
        assert set(await hub.listed(document, "code", filter=filter_)) == codes, filter_


async def test_the_libraries_can_be_turned_page_by_page_in_their_own_order(
    hub: HubClient, lab: Laboratory
) -> None:
    document = """
    query($after: String) { technicalDocuments(first: 2, after: $after) {
      nodes { number } pageInfo { endCursor hasNextPage }
    } }
    """
    await hub.all_given(*(a_document() for _ in range(3)))
    whole = await hub.listed("{ technicalDocuments(first: 100) { nodes { number } } }", "number")

    walked: list[str] = []
    after = None
    while len(walked) < len(whole):
        answer = await hub.ask(document, after=after)
        walked += [node["number"] for node in answer.data["technicalDocuments"]["nodes"]]
        after = answer.data["technicalDocuments"]["pageInfo"]["endCursor"]

    assert walked == whole == sorted(whole)


@pytest.mark.parametrize(
    ("stored", "last", "told"),
    [
        (QualificationState.VALID, 0, "VALID"),
        (QualificationState.VALID, -1, "EXPIRED"),
        (QualificationState.SUSPENDED, -1, "SUSPENDED"),
    ],
)
async def test_a_qualification_expires_after_its_last_day(
    hub: HubClient, lab: Laboratory, stored: QualificationState, last: int, told: str
) -> None:
    ends = today() + timedelta(days=last)
    one = await hub.given(a_qualification(lab.organization, state=stored, valid_to=ends))

    answer = await hub.ask(
        "query($id: ID!) { qualification(id: $id) { state validTo } }", id=id_of(one)
    )

    assert answer.data["qualification"] == {"state": told, "validTo": ends.isoformat()}


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"effective": today()}, "IN_FORCE"),
        ({"effective": today() + timedelta(days=1)}, "ADOPTED_UPCOMING"),
        ({"abolished": today()}, "ABOLISHED"),
        ({"abolished": today() + timedelta(days=1)}, "IN_FORCE"),
        ({"replaced_on": today()}, "REPLACED"),
    ],
    ids=str,
)
async def test_the_state_of_a_document_is_that_of_today(
    hub: HubClient, dates: dict[str, Any], told: str
) -> None:
    one = await hub.given(a_document(**dates))

    answer = await hub.ask(
        "query($id: ID!) { technicalDocument(id: $id) { state } }", id=id_of(one)
    )

    assert answer.data["technicalDocument"] == {"state": told}


async def test_a_document_shows_which_it_replaces_and_which_replace_it(hub: HubClient) -> None:
    old, older, new = a_document(), a_document(), a_document()
    links = [DocumentReplacement(document_id=new.id, replaced_id=one.id) for one in (old, older)]
    await hub.all_given(old, older, new)
    await hub.all_given(*links)
    document = """
    query($new: ID!, $old: ID!) {
      new: technicalDocument(id: $new) { replaces { number } supersededBy { number } }
      old: technicalDocument(id: $old) { replaces { number } supersededBy { number } }
    }
    """

    answer = await hub.ask(document, new=id_of(new), old=id_of(old))

    both = sorted([old.number, older.number])
    assert answer.data == {
        "new": {"replaces": [{"number": number} for number in both], "supersededBy": []},
        "old": {"replaces": [], "supersededBy": [{"number": new.number}]},
    }


async def a_whole_standard(hub: HubClient, lab: Laboratory) -> Row:
    """A standard with an instrument, an operator, a keeper, a regulation and its checks."""
    keeper = await hub.given(a_person(lab.organization, staff_no="K1"))
    gauge = await hub.given(an_instrument(lab.organization, name="活塞式压力计"))
    check = {"date": "2024-01-02", "value": "0.010", "limit": "0.020", "ok": True}
    one = a_standard(
        lab.organization, keeper_id=keeper.id, stability=[check], repeatability=[check]
    )
    await hub.given(one)
    await hub.all_given(
        StandardInstrument(standard_id=one.id, instrument_id=gauge.id),
        StandardOperator(standard_id=one.id, person_id=lab.tester.id),
        StandardDocument(standard_id=one.id, document_id=lab.document.id),
    )
    return one


async def test_of_a_standard_everyone_sees_what_it_is_and_its_laboratory_how_it_is_kept(
    hub: HubClient, lab: Laboratory
) -> None:
    one = await a_whole_standard(hub, lab)
    neighbour = await hub.given(a_user(await hub.given(an_organization())))

    nobodys, theirs, ours = [
        await hub.ask(fitting(STANDARD, hub.view(who)), as_=who, id=id_of(one))
        for who in (None, neighbour, lab.user)
    ]

    told = nobodys.data["measurementStandard"]
    assert (told["validTo"], told["documents"]) == ("2099-12-31", [{"number": lab.document.number}])
    withheld = STAFF_ONLY | {"members"}
    assert not withheld & told.keys()
    assert nobodys.extensions == {}
    assert not STAFF_ONLY & theirs.data["measurementStandard"].keys()
    assert theirs.data["measurementStandard"]["members"] is None
    assert theirs.noted("denied") == {"MeasurementStandard.members"}
    assert {name: ours.data["measurementStandard"][name] for name in withheld} == {
        "members": [{"role": "STANDARD", "instrument": {"name": "活塞式压力计"}}],
        "operators": [{"staffNo": lab.tester.staff_no}],
        "keeper": {"staffNo": "K1"},
        "stability": [{"value": "0.010", "limit": "0.020", "ok": True}],
        "repeatability": [{"ok": True}],
    }
    assert ours.extensions == {}


async def test_an_enterprise_user_is_not_shown_how_its_own_standard_is_kept(
    hub: HubClient, lab: Laboratory
) -> None:
    one = await a_whole_standard(hub, other := await hub.given(a_laboratory()))
    user = await hub.given(a_user(other.organization, Role.USER))

    whole = await hub.ask(STANDARD, as_=user, id=id_of(one))
    answer = await hub.ask(fitting(STANDARD, hub.view(user)), as_=user, id=id_of(one))

    assert whole.codes == ["VALIDATION_FAILED"] * len(STAFF_ONLY)
    assert not STAFF_ONLY & answer.data["measurementStandard"].keys()
    assert answer.data["measurementStandard"]["members"][0]["role"] == "STANDARD"


async def test_the_catalogue_tells_what_is_under_compulsory_administration(
    hub: HubClient,
) -> None:
    item = CatalogueItem(
        edition="2020",
        item_no=1,
        name="血压计(表)",
        kinds=["无创自动测量血压计"],
        supervision="V",
        purposes=[CompulsoryPurpose.MEDICAL_HEALTH],
    )
    await hub.given(item)

    answer = await hub.ask(
        """{ catalogueItems(filter: {edition: {eq: "2020"}, name: {contains: "血压"}}) { nodes {
          itemNo name kinds supervision purposes } } }"""
    )

    assert answer.data["catalogueItems"]["nodes"] == [
        {
            "itemNo": 1,
            "name": "血压计(表)",
            "kinds": ["无创自动测量血压计"],
            "supervision": "V",
            "purposes": ["MEDICAL_HEALTH"],
        }
    ]


async def test_degrees_of_equivalence_keep_the_digits_that_were_published(hub: HubClient) -> None:
    made: dict[str, Any] = {"comparison_code": "CCM.P-K1", "unit": r"\kilo\pascal", "k": Decimal(2)}
    rows = [
        DegreeOfEquivalence(position=1, laboratory="NIM", d=Decimal("0.010"), **made),
        DegreeOfEquivalence(position=2, laboratory="PTB", d=Decimal("-0.0050"), **made),
    ]
    await hub.all_given(*rows)

    answer = await hub.ask(
        """{ degreesOfEquivalence(
          filter: {comparisonCode: {eq: "CCM.P-K1"}}, order: [POSITION_DESC]
        ) { nodes { laboratory d k u en } } }"""
    )

    assert answer.data["degreesOfEquivalence"]["nodes"] == [
        {"laboratory": "PTB", "d": "-0.0050", "k": "2", "u": None, "en": None},
        {"laboratory": "NIM", "d": "0.010", "k": "2", "u": None, "en": None},
    ]
