"""Instruments as they are read: one, many by filter and order, those that fall due."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.tables.organization import Organization
from hub.tables.user import User
from hub.times import today
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    InstrumentState,
    ManagementClass,
    MpeKind,
    Role,
)
from schema.ids import encode
from tests.doors import HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization

ONE = "query($id: ID!) { instrument(id: $id) { name version } }"
ALL = """
query($filter: InstrumentFilter, $order: [InstrumentOrder!]) {
  instruments(filter: $filter, order: $order, first: 100) { nodes { name } }
}
"""
DUE = "query($days: Int!) { dueInstruments(withinDays: $days) { nodes { name dueState } } }"


@dataclass(frozen=True)
class Ledger:
    """An enterprise with a user and the instruments `caliper`, `gauge`, `scale` and `meter`."""

    owner: Organization
    user: User
    caliper_id: str

    async def names(self, hub: HubClient, **variables: Any) -> list[str]:
        """The names that the user is shown."""
        answer = await hub.ask(ALL, as_=self.user, **variables)
        return [one["name"] for one in answer.data["instruments"]["nodes"]]


@pytest.fixture(scope="module")
async def ledger(hub: HubClient) -> Ledger:
    owner = an_organization()
    caliper = an_instrument(
        owner,
        name="caliper",
        asset_no="100%A",
        serial_no="S-1",
        management_class=ManagementClass.B,
        interval_months=12,
        due_date=date(2025, 3, 4),
        status=InstrumentState.SEALED,
    )
    gauge = an_instrument(
        owner,
        name="gauge",
        asset_no="100A",
        management_class=ManagementClass.A,
        compulsory=True,
        compulsory_purpose=CompulsoryPurpose.SAFETY,
        calibration_mode=CalibrationMode.VERIFICATION,
        interval_months=6,
        due_date=date(2024, 9, 4),
    )
    scale = an_instrument(
        owner, name="scale", asset_no="B-1", interval_months=6, due_date=date(2024, 9, 4)
    )
    meter = an_instrument(owner, name="meter", asset_no="B-2")
    user = a_user(owner)
    await hub.all_given(owner, user, caliper, gauge, scale, meter)
    return Ledger(owner, user, id_of(caliper))


async def test_every_zero_of_a_measured_value_comes_back(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner))
    one = await hub.given(
        an_instrument(
            owner,
            resolution_value=Decimal("0.010"),
            resolution_unit="mm",
            measuring_ranges=[{"lower": "-0.10", "upper": "28.050", "unit": "MPa", "raw": "…"}],
            max_permissible_errors=[{"kind": "ABSOLUTE", "value": "0.020", "unit": "mm"}],
            uncertainty={"u": "0.0100", "k": "2.0", "p": "0.95", "unit": "mm"},
            purchase_price=Decimal("10.50"),
        )
    )

    answer = await hub.ask(
        """query($id: ID!) { instrument(id: $id) {
          resolution { value unit } scaleInterval { value } purchase { price }
          measuringRanges { lower upper unit } maxPermissibleErrors { kind value }
          uncertainty { u k p unit }
        } }""",
        as_=user,
        id=id_of(one),
    )

    assert answer.data["instrument"] == {
        "resolution": {"value": "0.010", "unit": "mm"},
        "scaleInterval": None,
        "purchase": {"price": "10.50"},
        "measuringRanges": [{"lower": "-0.10", "upper": "28.050", "unit": "MPa"}],
        "maxPermissibleErrors": [{"kind": MpeKind.ABSOLUTE, "value": "0.020"}],
        "uncertainty": {"u": "0.0100", "k": "2.0", "p": "0.95", "unit": "mm"},
    }


async def test_a_foreign_instrument_and_an_absent_one_cannot_be_told_apart(
    hub: HubClient, ledger: Ledger
) -> None:
    stranger = await hub.given(a_user(await hub.given(an_organization())))
    both = ledger.caliper_id, encode("Instrument", uuid4())
    same = {"x-request-id": "the-same-for-both"}

    foreign, absent = [await hub.ask(ONE, as_=stranger, headers=same, id=id_) for id_ in both]

    assert foreign.data == {"instrument": None}
    assert foreign.response.content == absent.response.content
    assert foreign.response.headers == absent.response.headers


@pytest.mark.parametrize(
    "id_", ["", "no-id", "AAAA", "Ａ" * 30, encode("Certificate", UUID(int=7))]
)
async def test_what_is_no_id_of_an_instrument_is_bad_input(
    hub: HubClient, ledger: Ledger, id_: str
) -> None:
    answer = await hub.ask(ONE, as_=ledger.user, id=id_)

    assert answer.data == {"instrument": None}
    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["id"]


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ({}, {"caliper", "gauge", "scale", "meter"}),
        ({"name": {"eq": "gauge"}}, {"gauge"}),
        ({"name": {"eq": "Gauge"}}, set()),
        ({"name": {"in": ["gauge", "scale", "none"]}}, {"gauge", "scale"}),
        ({"name": {"in": []}}, set()),
        ({"name": {"contains": "al"}}, {"caliper", "scale"}),
        ({"name": {"startsWith": "s", "contains": "al"}}, {"scale"}),
        ({"assetNo": {"startsWith": "100%"}}, {"caliper"}),
        ({"assetNo": {"contains": "0_A"}}, set()),
        ({"serialNo": {"isNull": True}}, {"gauge", "scale", "meter"}),
        ({"serialNo": {"isNull": False}}, {"caliper"}),
        ({"compulsory": True}, {"gauge"}),
        ({"compulsory": False}, {"caliper", "scale", "meter"}),
        ({"managementClass": {"in": ["A", "B"]}}, {"caliper", "gauge"}),
        ({"managementClass": {"isNull": True}}, {"scale", "meter"}),
        ({"status": {"eq": "SEALED"}}, {"caliper"}),
        ({"intervalMonths": {"gt": 6}}, {"caliper"}),
        ({"intervalMonths": {"gte": 6, "lt": 12}}, {"gauge", "scale"}),
        ({"dueDate": {"lte": "2024-09-04"}}, {"gauge", "scale"}),
        ({"dueDate": {"gt": "2024-09-04"}}, {"caliper"}),
        ({"or": [{"compulsory": True}, {"dueDate": {"isNull": True}}]}, {"gauge", "meter"}),
        ({"or": []}, set()),
        ({"not": {"name": {"eq": "gauge"}}}, {"caliper", "scale", "meter"}),
        ({"not": {"or": [{"compulsory": True}, {"status": {"eq": "SEALED"}}]}}, {"scale", "meter"}),
        ({"compulsory": False, "intervalMonths": {"eq": 6}}, {"scale"}),
    ],
)  # fmt: skip
async def test_a_filter_keeps_exactly_the_rows_that_meet_all_of_it(
    hub: HubClient, ledger: Ledger, filter_: dict[str, Any], names: set[str]
) -> None:
    found = await ledger.names(hub, filter=filter_)

    assert set(found) == names


async def test_instruments_can_be_filtered_by_their_owner(hub: HubClient, ledger: Ledger) -> None:
    mine, absent = id_of(ledger.owner), encode("Organization", uuid4())

    found = await ledger.names(hub, filter={"owner": {"in": [mine, absent]}})

    assert len(found) == 4
    assert await ledger.names(hub, filter={"owner": {"eq": absent}}) == []
    assert await ledger.names(hub, filter={"owner": {"isNull": True}}) == []


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (["NAME_ASC"], ["caliper", "gauge", "meter", "scale"]),
        (["NAME_DESC"], ["scale", "meter", "gauge", "caliper"]),
        (["ID_DESC"], ["meter", "scale", "gauge", "caliper"]),
        (["DUE_DATE_ASC", "NAME_ASC"], ["gauge", "scale", "caliper", "meter"]),
        (["DUE_DATE_ASC", "NAME_DESC"], ["scale", "gauge", "caliper", "meter"]),
        (["DUE_DATE_DESC", "NAME_ASC"], ["caliper", "gauge", "scale", "meter"]),
    ],
)
async def test_orders_work_one_after_the_other_and_rows_without_a_value_come_last(
    hub: HubClient, ledger: Ledger, order: list[str], names: list[str]
) -> None:
    assert await ledger.names(hub, order=order) == names


async def test_an_instrument_of_none_but_an_own_ledger_is_listed(
    hub: HubClient, ledger: Ledger
) -> None:
    other = await hub.given(an_organization())
    neighbour = await hub.given(a_user(other, Role.ORG_ADMIN))
    await hub.given(an_instrument(other, name="neighbour's"))

    answer = await hub.ask(ALL, as_=neighbour)

    assert answer.data["instruments"]["nodes"] == [{"name": "neighbour's"}]
    assert "neighbour's" not in await ledger.names(hub)


async def test_a_laboratory_sees_the_instruments_that_it_certified_and_no_others(
    hub: HubClient, ledger: Ledger
) -> None:
    lab = await hub.given(a_laboratory())
    one = await hub.given(an_instrument(ledger.owner, name="handed in", status="STOPPED"))
    await hub.given(a_certificate(lab.organization, one))

    answer = await hub.ask(ALL, as_=lab.user)

    assert answer.data["instruments"]["nodes"] == [{"name": "handed in"}]


async def test_due_are_those_in_use_that_end_within_the_days_or_have_ended(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner))
    day = today()
    ends = {"late": -400, "yesterday": -1, "today": 0, "on the last day": 30, "later": 31}
    due = [
        an_instrument(owner, name=name, due_date=day + timedelta(days=days))
        for name, days in reversed(ends.items())
    ]
    resting = an_instrument(owner, name="resting", due_date=day, status=InstrumentState.STOPPED)
    await hub.all_given(*due, resting, an_instrument(owner, name="never dated"))

    answer = await hub.ask(DUE, as_=user, days=30)

    assert [(one["name"], one["dueState"]) for one in answer.data["dueInstruments"]["nodes"]] == [
        ("late", "OVERDUE"),
        ("yesterday", "OVERDUE"),
        ("today", "DUE_SOON"),
        ("on the last day", "DUE_SOON"),
    ]


@pytest.mark.parametrize("days", [4_000_000, 2_147_483_647, -4_000_000])
async def test_days_beyond_the_calendar_are_bad_input(
    hub: HubClient, ledger: Ledger, days: int
) -> None:
    answer = await hub.ask(DUE, as_=ledger.user, days=days)

    assert answer.codes == ["BAD_INPUT"]


async def test_a_compulsory_instrument_in_use_beyond_its_validity_is_flagged(
    hub: HubClient, ledger: Ledger
) -> None:
    answer = await hub.ask(
        "{ instruments(first: 100) { nodes { name illegalUse } } }",
        as_=ledger.user,
    )

    flagged = {one["name"]: one["illegalUse"] for one in answer.data["instruments"]["nodes"]}
    assert flagged["gauge"] is True
    assert flagged["scale"] is False


@pytest.mark.parametrize("filter_", [{"name": {"eq": "gauge"}}, {"not": {"compulsory": True}}])
async def test_who_is_not_signed_in_sees_no_line_and_has_nothing_to_filter_by(
    hub: HubClient, filter_: dict[str, Any]
) -> None:
    document = """
    query($filter: InstrumentFilter) {
      instruments(filter: $filter) { nodes { id } pageInfo { hasNextPage } }
    }
    """

    plain = await hub.ask(document)
    filtered = await hub.ask(document, filter=filter_)

    assert plain.data["instruments"] == {"nodes": [], "pageInfo": {"hasNextPage": False}}
    assert filtered.codes == ["BAD_INPUT"]
    assert filtered.data is None
