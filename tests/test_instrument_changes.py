"""Instruments as they are written: created, changed, moved between states, retired."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.times import today
from hub.vocabulary import Role
from schema.ids import encode
from tests.doors import HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, a_firm, create, done, problem, retire, update

TOMORROW = today() + timedelta(days=1)


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def journal(hub: HubClient, id_: Any, table: str = "inbox") -> Sequence[Any]:
    """What stands in the audit or in the inbox of one object."""
    columns = {"inbox": "kind, object_version", "audit_event": "action, login, fields"}[table]
    sql = f"SELECT {columns} FROM {table} WHERE object_id = :id ORDER BY id"  # noqa: S608  (ours)
    found: Sequence[Any] = await hub.stored(sql, id=id_)
    return [tuple(row) for row in found]


async def row_of(hub: HubClient, answer: dict[str, Any]) -> Any:
    key = answer["instrument"]["assetNo"]
    return (await hub.stored("SELECT * FROM instrument WHERE asset_no = :key", key=key))[-1]


async def test_a_new_instrument_is_stored_audited_and_announced(hub: HubClient, firm: Firm) -> None:
    answer = done(
        await create(
            hub,
            firm.user,
            name="卡尺",
            assetNo=" ａ-77 b",
            lastDate="2024-02-29",
            intervalMonths=12,
        )
    )

    assert answer["instrument"]["assetNo"] == "A-77B"
    assert answer["instrument"]["dueDate"] == "2025-02-27"
    assert answer["instrument"]["version"] == 1
    stored = await row_of(hub, answer)
    assert stored.owner_id == firm.owner.id
    assert await journal(hub, stored.id, "audit_event") == [
        ("createInstrument", firm.user.login_name, [])
    ]
    assert await journal(hub, stored.id) == [("UPSERT", 1)]


@pytest.mark.parametrize(
    ("content", "at_fault"),
    [
        ({"assetNo": "R-1"}, "name"),
        ({"assetNo": "R-1", "name": " "}, "name"),
        ({"assetNo": "R-1", "name": None}, "name"),
        ({"name": "n"}, "assetNo"),
        ({"name": "n", "assetNo": " "}, "assetNo"),
        ({"assetNo": "R-1", "name": "n", "intervalMonths": 0}, "intervalMonths"),
        ({"assetNo": "R-1", "name": "n", "intervalMonths": 121}, "intervalMonths"),
        ({"assetNo": "R-1", "name": "n", "lastDate": str(TOMORROW)}, "lastDate"),
        (
            {"assetNo": "R-1", "name": "n", "compulsory": True, "calibrationMode": "VERIFICATION"},
            "compulsoryPurpose",
        ),
        (
            {"assetNo": "R-1", "name": "n", "compulsory": True, "compulsoryPurpose": "SAFETY"},
            "calibrationMode",
        ),
        (
            {
                "assetNo": "R-1",
                "name": "n",
                "compulsory": True,
                "compulsoryPurpose": "SAFETY",
                "calibrationMode": "CALIBRATION",
            },
            "calibrationMode",
        ),
    ],
)
async def test_what_the_rules_refuse_is_a_problem_with_its_path_and_nothing_is_stored(
    hub: HubClient, firm: Firm, content: dict[str, Any], at_fault: str
) -> None:
    answer = await create(hub, firm.user, **content)

    assert problem(answer) == ("REFUSED", [at_fault])
    assert not await hub.stored(
        "SELECT 1 FROM instrument WHERE owner_id = :owner AND asset_no = 'R-1'",
        owner=firm.owner.id,
    )


async def test_a_compulsory_instrument_with_purpose_and_verification_is_taken(
    hub: HubClient, firm: Firm
) -> None:
    answer = await create(
        hub,
        firm.user,
        name="血压计",
        assetNo="C-1",
        compulsory=True,
        compulsoryPurpose="MEDICAL_HEALTH",
        calibrationMode="VERIFICATION",
    )

    assert done(answer)["instrument"]["version"] == 1


async def test_the_same_asset_number_is_a_conflict_in_one_ledger_and_none_in_two(
    hub: HubClient, firm: Firm
) -> None:
    other = await hub.given(a_user(await hub.given(an_organization())))
    done(await create(hub, firm.user, name="n", assetNo="K-1"))

    same = await create(hub, firm.user, name="n", assetNo="ｋ-1 ")
    elsewhere = await create(hub, other, name="n", assetNo="K-1")

    assert problem(same)[0] == "CONFLICT"
    assert done(elsewhere)["instrument"]["assetNo"] == "K-1"


async def test_without_an_asset_number_maker_and_serial_number_are_the_key(
    hub: HubClient, firm: Firm
) -> None:
    made = {"name": "n", "serialNo": "2024-1", "manufacturer": "样例厂"}
    done(await create(hub, firm.user, **made))

    again = await create(hub, firm.user, **made)
    other_maker = await create(hub, firm.user, **made | {"manufacturer": "别的厂"})

    assert problem(again)[0] == "CONFLICT"
    assert done(other_maker)["instrument"]["assetNo"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"purchasePrice": 10.5}, {"purchasePrice": "1e50"}, {"lastDate": "2024-2-30"}, {"name": "\0"}],
    ids=str,
)
async def test_a_value_of_the_wrong_form_is_bad_input(
    hub: HubClient, firm: Firm, wrong: dict[str, Any]
) -> None:
    answer = await create(hub, firm.user, **{"name": "n", "assetNo": "W-1"} | wrong)

    assert answer.codes == ["BAD_INPUT"]
    assert not answer.data


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
