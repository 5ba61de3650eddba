"""Instruments as they are changed and retired, by whom, and by how many at once."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.times import today
from hub.vocabulary import Role
from schema.ids import encode
from tests.doors import HubClient, id_of, key
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, a_firm, create, done, journal, problem, retire, update

TOMORROW = today() + timedelta(days=1)


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (None, "UNAUTHENTICATED"),
        ([Role.LAB_STAFF], "FORBIDDEN"),
        ([Role.REGULATOR], "FORBIDDEN"),
        ([Role.AUDITOR], "FORBIDDEN"),
        ([Role.OPERATOR], "FORBIDDEN"),
        ([Role.DATA_STEWARD], "FORBIDDEN"),
    ],
)
async def test_who_keeps_no_ledger_may_not_write_one(
    hub: HubClient, firm: Firm, roles: list[Role] | None, code: str
) -> None:
    who = None if roles is None else await hub.given(a_user(firm.owner, *roles))
    one = await hub.given(an_instrument(firm.owner))

    answers = [
        await create(hub, who, name="n", assetNo="F-1"),
        await update(hub, who, one, content={"name": "n"}),
        await retire(hub, who, one),
    ]

    assert [answer.codes for answer in answers] == [[code]] * 3
    assert await journal(hub, one.id) == [("UPSERT", 1)]


async def test_a_change_raises_the_version_and_says_which_fields_changed(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(an_instrument(firm.owner, department="一车间", location="A栋"))

    answer = await update(hub, firm.user, one, content={"department": None, "name": one.name})

    assert done(answer)["instrument"] == {
        **done(answer)["instrument"],
        "version": 2,
        "department": None,
    }
    (stored,) = await hub.stored("SELECT * FROM instrument WHERE id = :id", id=one.id)
    assert (stored.location, stored.version) == ("A栋", 2)
    assert (await journal(hub, one.id, "audit_event"))[1:] == [
        ("updateInstrument", firm.user.login_name, ["department"])
    ]
    assert (await journal(hub, one.id))[1:] == [("UPSERT", 2)]


async def test_a_change_that_changes_nothing_is_no_new_version(hub: HubClient, firm: Firm) -> None:
    one = await hub.given(an_instrument(firm.owner))

    answer = await update(hub, firm.user, one, content={"name": one.name})

    assert done(answer)["instrument"]["version"] == 1
    assert await journal(hub, one.id) == [("UPSERT", 1)]


async def test_a_version_that_has_moved_on_is_a_conflict_that_names_the_newest(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(an_instrument(firm.owner))
    done(await update(hub, firm.user, one, content={"name": "new"}))

    for answer in (
        await update(hub, firm.user, one, content={"name": "newer"}),
        await retire(hub, firm.user, one),
    ):
        assert problem(answer) == ("CONFLICT", ["expectedVersion"])
        assert "2" in answer.data["done"]["problems"][0]["message"]

    assert [kind for kind, _ in await journal(hub, one.id)] == ["UPSERT", "UPSERT"]


CONFLICT = """
mutation($input: UpdateInstrumentInput!) {
  done: updateInstrument(input: $input) { problems { code currentVersion changed } }
}
"""


async def test_a_conflict_names_the_version_there_is_and_what_of_the_change_differs_from_it(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(
        an_instrument(firm.owner, asset_no="CF-1", department="一车间", remark="r")
    )
    done(await update(hub, firm.user, one, content={"department": "二车间"}))
    content = {
        "assetNo": " cf－1 ",
        "department": "三车间",
        "remark": "r",
        "resolution": {"value": "0.10", "unit": "mm"},
        "name": None,
    }
    given = {"id": id_of(one), "expectedVersion": 1, "content": content, "status": "STOPPED"}

    answer = await hub.ask(CONFLICT, as_=firm.user, input=given | {"idempotencyKey": key()})

    (told,) = answer.data["done"]["problems"]
    assert (told["code"], told["currentVersion"]) == ("CONFLICT", 2)
    assert set(told["changed"]) == {"department", "resolution", "name", "status"}


async def test_of_many_changes_at_once_of_one_version_one_is_made(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(an_instrument(firm.owner))

    answers = await asyncio.gather(
        *(update(hub, firm.user, one, content={"name": f"N{at}"}) for at in range(12))
    )

    made = [answer for answer in answers if answer.data["done"]["instrument"]]
    assert len(made) == 1
    refusals = {problem(answer)[0] for answer in answers if answer not in made}
    assert refusals == {"CONFLICT"}
    (stored,) = await hub.stored("SELECT name, version FROM instrument WHERE id = :id", id=one.id)
    assert tuple(stored) == (made[0].data["done"]["instrument"]["name"], 2)


async def test_a_new_interval_dates_the_end_anew(hub: HubClient, firm: Firm) -> None:
    one = await hub.given(
        an_instrument(
            firm.owner,
            last_date=date(2024, 1, 31),
            interval_months=12,
            due_date=date(2025, 1, 30),
        )
    )

    answer = await update(hub, firm.user, one, content={"intervalMonths": 1})

    assert done(answer)["instrument"]["dueDate"] == "2024-02-28"


@pytest.mark.parametrize(
    ("content", "at_fault"),
    [
        ({"compulsory": True, "calibrationMode": "VERIFICATION"}, "compulsoryPurpose"),
        ({"compulsory": True, "compulsoryPurpose": "SAFETY"}, "calibrationMode"),
        ({"intervalMonths": 121}, "intervalMonths"),
        ({"name": None}, "name"),
        ({"assetNo": None}, "assetNo"),
        ({"lastDate": str(TOMORROW)}, "lastDate"),
    ],
)
async def test_a_change_against_the_rules_is_refused_and_leaves_the_row_alone(
    hub: HubClient, firm: Firm, content: dict[str, Any], at_fault: str
) -> None:
    one = await hub.given(an_instrument(firm.owner))

    answer = await update(hub, firm.user, one, content=content)

    assert problem(answer) == ("REFUSED", [at_fault])
    assert await journal(hub, one.id) == [("UPSERT", 1)]


async def test_writing_to_a_foreign_instrument_is_like_writing_to_an_absent_one(
    hub: HubClient, firm: Firm
) -> None:
    stranger = await hub.given(a_user(await hub.given(an_organization())))
    one = await hub.given(an_instrument(firm.owner))
    both = id_of(one), encode("Instrument", uuid4())
    document = """
    mutation($id: ID!, $key: String!) {
      updateInstrument(input: {id: $id, expectedVersion: 1, idempotencyKey: $key}) { replayed }
    }
    """
    ending = """
    mutation($id: ID!, $key: String!) {
      retireInstrument(input: {id: $id, expectedVersion: 1, reason: "x", idempotencyKey: $key}) {
        replayed
      }
    }
    """
    for verb in (document, ending):
        same = {"x-request-id": "the-same-for-both"}

        foreign, absent = [
            await hub.ask(verb, as_=stranger, headers=same, id=id_, key=str(uuid4()))
            for id_ in both
        ]

        assert foreign.codes == ["NOT_FOUND"]
        assert foreign.response.content == absent.response.content
    assert await journal(hub, one.id) == [("UPSERT", 1)]


async def test_a_laboratory_sees_what_it_certified_and_still_cannot_write_it(
    hub: HubClient, firm: Firm
) -> None:
    lab = await hub.given(a_laboratory())
    both = await hub.given(a_user(lab.organization, Role.LAB_STAFF, Role.USER))
    one = await hub.given(an_instrument(firm.owner))
    await hub.given(a_certificate(lab.organization, one))

    seen = await hub.ask(
        "query($id: ID!) { instrument(id: $id) { name } }", as_=both, id=id_of(one)
    )
    written = await update(hub, both, one, content={"name": "ours now"})

    assert seen.data["instrument"] == {"name": one.name}
    assert written.codes == ["NOT_FOUND"]


async def test_a_retired_instrument_is_gone_its_key_is_free_and_the_feed_hears_of_it(
    hub: HubClient, firm: Firm
) -> None:
    one = await hub.given(an_instrument(firm.owner, asset_no="T-1"))

    retired = done(await retire(hub, firm.user, one))

    assert retired["instrument"] is None
    seen = await hub.ask("query($id: ID!) { node(id: $id) { id } }", as_=firm.user, id=id_of(one))
    assert seen.data == {"node": None}
    assert (await update(hub, firm.user, one, version=2)).codes == ["NOT_FOUND"]
    assert (await journal(hub, one.id))[1:] == [("DELETE", 2)]
    (stored,) = await hub.stored("SELECT * FROM instrument WHERE id = :id", id=one.id)
    assert (stored.status, stored.status_reason) == ("SCRAPPED", "遗失")
    assert done(await create(hub, firm.user, name="n", assetNo="T-1"))["instrument"]


async def test_the_end_of_a_line_needs_a_reason(hub: HubClient, firm: Firm) -> None:
    one = await hub.given(an_instrument(firm.owner))

    answer = await retire(hub, firm.user, one, reason=" ")

    assert problem(answer) == ("REFUSED", ["reason"])


async def test_a_refused_mutation_leaves_the_answers_of_its_neighbours(
    hub: HubClient, firm: Firm
) -> None:
    document = """
    mutation($mine: String!, $absent: ID!) {
      made: createInstrument(
        input: {content: {name: "n", assetNo: "M-1"}, idempotencyKey: $mine}
      ) { instrument { assetNo } }
      refused: retireInstrument(
        input: {id: $absent, expectedVersion: 1, reason: "x", idempotencyKey: $mine}
      ) { replayed }
    }
    """

    absent = encode("Instrument", uuid4())
    answer = await hub.ask(document, as_=firm.user, mine=str(uuid4()), absent=absent)

    assert answer.data == {"made": {"instrument": {"assetNo": "M-1"}}, "refused": None}
    assert len(answer.codes) == 1


async def test_a_new_serial_number_is_a_new_key_and_frees_the_old_one(
    hub: HubClient, firm: Firm
) -> None:
    made = done(await create(hub, firm.user, name="n", serialNo="OLD"))["instrument"]
    done(await update(hub, firm.user, made["id"], content={"serialNo": "NEW"}))

    again = await create(hub, firm.user, name="n", serialNo="NEW")
    other = await create(hub, firm.user, name="n", serialNo="OLD")

    assert problem(again)[0] == "CONFLICT"
    assert done(other)["instrument"]["version"] == 1
