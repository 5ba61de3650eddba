"""Instruments as they are made: stored whole, or refused with a reason."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.times import today
from tests.doors import HubClient
from tests.given import a_user, an_organization
from tests.ledger_verbs import Firm, a_firm, create, done, journal, problem

TOMORROW = today() + timedelta(days=1)


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


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
    [{"purchasePrice": 10.5}, {"lastDate": "2024-2-30"}, {"name": "\0"}],
    ids=str,
)
async def test_a_value_of_the_wrong_form_is_bad_input(
    hub: HubClient, firm: Firm, wrong: dict[str, Any]
) -> None:
    answer = await create(hub, firm.user, **{"name": "n", "assetNo": "W-1"} | wrong)

    assert answer.codes == ["BAD_INPUT"]
    assert not any((answer.data or {}).values())


@pytest.mark.parametrize(
    "content",
    [
        {"measuringRanges": [{"lower": "10", "upper": "1", "unit": "mm"}]},
        {"uncertainty": {"u": "-1", "k": "2"}},
        {"uncertainty": {"u": "1", "k": "0"}},
    ],
    ids=str,
)
async def test_a_value_that_cannot_be_is_refused(
    hub: HubClient, firm: Firm, content: dict[str, Any]
) -> None:
    answer = await create(hub, firm.user, name="n", assetNo=f"V-{uuid4()}", **content)

    assert problem(answer)[0] == "REFUSED"


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"purchasePrice": "-0.01"}, ["purchasePrice"]),
        ({"purchasePrice": "0.001"}, ["purchasePrice"]),
        ({"purchasePrice": "1e50"}, ["purchasePrice"]),
        ({"assetNo": "A" * 256}, ["assetNo"]),
        ({"serialNo": "S" * 256}, ["serialNo"]),
        ({"name": "n" * 256}, ["name"]),
        ({"remark": "r" * 4_001}, ["remark"]),
        ({"installDistrict": "3205050"}, ["installDistrict"]),
        ({"photoUrls": ["https://a", "u" * 2_049]}, ["photoUrls", "1"]),
        ({"measuringRanges": [{"raw": "r" * 256}]}, ["measuringRanges", "0", "raw"]),
    ],
    ids=lambda value: "" if isinstance(value, dict) else ".".join(value),
)
async def test_a_text_or_a_price_that_does_not_fit_is_bad_input_with_its_path(
    hub: HubClient, firm: Firm, content: dict[str, Any], path: list[str]
) -> None:
    answer = await create(hub, firm.user, **{"name": "n", "assetNo": "F-1"} | content)

    assert problem(answer) == ("BAD_INPUT", path)


async def test_texts_and_prices_at_their_limits_are_taken(hub: HubClient, firm: Firm) -> None:
    content = {"assetNo": "Z" * 255, "remark": "r" * 4_000, "purchasePrice": "999999999999.99"}

    answer = await create(hub, firm.user, name="n" * 255, **content)

    assert done(answer)["instrument"]["version"] == 1
