"""What only syncStandards and syncPersonnel hold: keepers, withdrawals, names, restricted data."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.jobs.sequencer import sequence
from hub.vocabulary import PersonnelCertificateKind, Role
from tests.doors import HubClient, key
from tests.given import a_credential, a_person, a_standard, a_user
from tests.sync_registers import PERSONNEL, REGISTERS, STANDARDS, Lab, Register, a_lab
from tests.sync_verbs import codes, results, statuses
from tests.test_grants import scoped

CHANGES = """
query($after: String) { changes(after: $after, first: 50) { nodes { type kind version id } } }
"""


@pytest.fixture
async def lab(hub: HubClient) -> Lab:
    return await a_lab(hub)


async def test_all_that_a_standard_is_goes_in_and_comes_out(hub: HubClient, lab: Lab) -> None:
    keeper = await hub.given(a_person(lab.owner, staff_no="S001"))
    approver = await hub.given(a_user(lab.owner, Role.LAB_APPROVER))
    whole: dict[str, Any] = {
        "field": "MECHANICS",
        "measuringRanges": [{"lower": "0", "upper": "60.0", "unit": "MPa"}],
        "maxPermissibleErrors": [{"kind": "REDUCED", "value": "0.050"}],
        "uncertainty": {"u": "0.010", "k": "2"},
        "accuracyClass": "0.05级",
        "assessmentCertificateNo": "[2024]苏量标企证字第001号",
        "validFrom": "2024-03-05",
        "validTo": "2029-03-04",
        "stability": [{"date": "2025-03-05", "value": "0.0020", "limit": "0.005", "ok": True}],
        "authorizedItems": ["压力表"],
        "state": "SUSPENDED",
    }
    row = STANDARDS.a_row(1, **whole, keeperStaffNo="S001")

    made = await STANDARDS.sync(hub, lab.system, row)
    again = await STANDARDS.sync(hub, lab.system, row)
    shown = await hub.ask(
        """query($id: ID!) { measurementStandard(id: $id) {
            field measuringRanges { lower upper unit } maxPermissibleErrors { kind value }
            uncertainty { u k } accuracyClass assessmentCertificateNo validFrom validTo
            stability { date value limit ok } authorizedItems state keeper { name }
        } }""",
        as_=approver,
        id=results(made)[0]["object"]["id"],
    )

    assert (statuses(made), statuses(again)) == (["CREATED"], ["UNCHANGED"])
    expected = {**whole, "keeper": {"name": keeper.name}}
    assert shown.data["measurementStandard"] == expected


async def test_literals_are_the_same_input_as_variables(hub: HubClient, lab: Lab) -> None:
    once = key()
    stability = [{"date": "2025-03-05", "value": "0.0020", "limit": None, "ok": True}]
    row = STANDARDS.a_row(1, stability=stability, validTo="2029-03-04", field="LENGTH")
    await STANDARDS.sync(hub, lab.system, row, key_=once)

    literal = await hub.ask(
        """mutation($key: String!) { done: syncStandards(input: {idempotencyKey: $key, rows: [{
            stability: {ok: true, value: "0.0020", date: "2025-03-05"}, validTo: "2029-03-04",
            code: "K-0001", name: "压力表标准装置", kind: WORKING, field: LENGTH, externalId: "E1"
        }]}) { replayed } }""",
        as_=lab.system,
        key=once,
    )

    assert literal.data == {"done": {"replayed": True}}


async def test_a_keeper_is_one_of_the_own_people(hub: HubClient, lab: Lab) -> None:
    other = await a_lab(hub)
    await hub.all_given(a_person(other.owner, staff_no="S9"), a_person(lab.owner, staff_no="S1"))

    foreign = await STANDARDS.sync(hub, lab.system, STANDARDS.a_row(1, keeperStaffNo="S9"))
    own = await STANDARDS.sync(hub, lab.system, STANDARDS.a_row(1, keeperStaffNo="S1"))
    cleared = await STANDARDS.sync(hub, lab.system, {"externalId": "E1", "keeperStaffNo": None})

    assert codes(foreign) == [["KEEPER_UNKNOWN"]]
    assert (statuses(own), statuses(cleared)) == (["CREATED"], ["UPDATED"])
    (line,) = await STANDARDS.lines(hub, lab.owner)
    assert line.keeper_id is None


async def test_what_was_withdrawn_is_not_called_back(hub: HubClient, lab: Lab) -> None:
    await STANDARDS.sync(hub, lab.system, STANDARDS.a_row(1, state="WITHDRAWN"))

    answer = await STANDARDS.sync(
        hub, lab.system, STANDARDS.a_row(1, state="IN_USE", accuracyClass="1级")
    )

    assert (statuses(answer), codes(answer)) == (["UPDATED"], [["STATE_KEPT"]])
    (line,) = await STANDARDS.lines(hub, lab.owner)
    assert (line.state, line.accuracy_class) == ("WITHDRAWN", "1级")


async def test_that_a_standard_is_public_is_registered_and_not_stated(
    hub: HubClient, lab: Lab
) -> None:
    await hub.given(a_standard(lab.owner, code="K-0001", kind="PUBLIC"))
    row = STANDARDS.a_row

    answer = await STANDARDS.sync(
        hub,
        lab.system,
        row(1, kind="PUBLIC", accuracyClass="1级"),
        row(2, kind="PUBLIC"),
        row(3),
        onError="REJECT_ROWS",
    )
    down = await STANDARDS.sync(hub, lab.system, row(1, kind="WORKING"))
    up = await STANDARDS.sync(hub, lab.system, row(3, kind="PUBLIC"))

    assert statuses(answer) == ["UPDATED", "REJECTED", "CREATED"]
    assert [codes(one) for one in (down, up)] == [[["PUBLIC_REGISTERED"]]] * 2


async def test_who_holds_a_certificate_keeps_the_name_it_is_for(hub: HubClient, lab: Lab) -> None:
    row = PERSONNEL.a_row
    await PERSONNEL.sync(hub, lab.system, row(1), row(2))
    certified, _ = await PERSONNEL.lines(hub, lab.owner)
    person = a_person(lab.owner, id=certified.id)
    await hub.given(a_credential(person, PersonnelCertificateKind.TRAINED))

    answer = await PERSONNEL.sync(
        hub, lab.system, row(1, name="李四", title="所长"), row(2, name="李四")
    )

    assert codes(answer) == [["NAME_KEPT"], []]
    assert [one["changed"] for one in results(answer)] == [["title"], ["name"]]
    assert [one["object"]["name"] for one in results(answer)] == ["张示范", "李四"]


async def test_restricted_and_registered_data_are_no_members_of_a_row(
    hub: HubClient, lab: Lab
) -> None:
    members = ("residentId", "phone", "email", "birthDate", "registeredAt")

    answers = [
        await PERSONNEL.sync(hub, lab.system, PERSONNEL.a_row(1, **{name: "1"})) for name in members
    ]

    assert [one.codes for one in answers] == [["BAD_INPUT"]] * len(members)
    assert await PERSONNEL.lines(hub, lab.owner) == []


async def test_a_sync_leaves_what_it_does_not_state_as_the_register_has_it(
    hub: HubClient, lab: Lab
) -> None:
    await hub.given(
        a_person(
            lab.owner, staff_no="K-0001", phone="13812345678", resident_id="00000019491231002X"
        )
    )

    answer = await PERSONNEL.sync(hub, lab.system, PERSONNEL.a_row(1, title="所长"))

    assert statuses(answer) == ["UPDATED"]
    (line,) = await PERSONNEL.lines(hub, lab.owner)
    assert (line.phone, line.resident_id, line.title) == (
        "13812345678", "00000019491231002X", "所长"
    )  # fmt: skip


@pytest.mark.parametrize("register", REGISTERS, ids=lambda one: one.verb)
async def test_the_own_organisation_hears_of_what_a_sync_has_done_and_no_other(
    hub: HubClient, lab: Lab, register: Register
) -> None:
    other = await a_lab(hub)
    done = await register.sync(hub, lab.system, register.a_row(1), register.a_row(2))
    while await sequence(hub.hub.database):
        pass

    after = done.data["done"]["changeCursor"]
    own, foreign = [
        (await hub.ask(CHANGES, as_=one.system, after=after)).data["changes"]["nodes"]
        for one in (lab, other)
    ]

    ids = {one["object"]["id"] for one in results(done)}
    heard = [one for one in own if one["id"] in ids]
    assert [(one["kind"], one["version"]) for one in heard] == [("UPSERT", 1)] * 2
    assert {one["id"] for one in foreign}.isdisjoint(ids)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO measurement_standard (owner_id) VALUES (:other)",
        "UPDATE measurement_standard SET owner_id = :other WHERE owner_id = :own",
        "UPDATE public.personnel SET employer_id = :other",
        "UPDATE public.personnel SET registered_at = now()",
        "UPDATE public.personnel SET resident_id = '1'",
        "INSERT INTO public.personnel (employer_id) VALUES (:other)",
        "SELECT phone FROM public.personnel",
    ],
)
async def test_the_database_lets_nobody_write_for_others_or_what_is_registered(
    hub: HubClient, lab: Lab, sql: str
) -> None:
    other = await a_lab(hub)
    await STANDARDS.sync(hub, lab.system, STANDARDS.a_row(1))
    given = {
        name: one.owner.id for name, one in (("own", lab), ("other", other)) if f":{name}" in sql
    }

    async with scoped(hub, lab.owner.id) as connection:
        with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
            await connection.execute(text(sql), given)


async def test_foreign_standards_and_people_are_not_changed_by_the_role_of_enterprises(
    hub: HubClient, lab: Lab
) -> None:
    other = await a_lab(hub)
    await STANDARDS.sync(hub, other.system, STANDARDS.a_row(1))
    await PERSONNEL.sync(hub, other.system, PERSONNEL.a_row(1))

    async with scoped(hub, lab.owner.id) as connection:
        standards = await connection.execute(text("UPDATE measurement_standard SET name = 'x'"))
        people = await connection.execute(text("UPDATE public.personnel SET name = 'x'"))
        seen = await connection.execute(text("SELECT name FROM public.personnel"))

        assert (standards.rowcount, people.rowcount, seen.all()) == (0, 0, [])
