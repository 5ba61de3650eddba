"""How syncInstruments finds the instrument of a row: external ids, asset and serial numbers."""

from typing import Any

import pytest

from tests.doors import HubClient
from tests.ledger_verbs import Firm, a_firm, create, done, problem
from tests.sync_verbs import a_row, codes, lines, results, statuses, sync, traces

GAUGE = {"assetNo": "JL-1", "name": "压力表"}


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def keys(hub: HubClient, firm: Firm) -> list[tuple[str | None, str]]:
    """The asset numbers and keys of a ledger."""
    return [(one.asset_no, one.ledger_key) for one in await lines(hub, firm.owner)]


async def test_two_systems_know_an_instrument_each_by_its_own_id(
    hub: HubClient, firm: Firm
) -> None:
    made = await sync(hub, firm.user, {"externalId": "A", **GAUGE}, source="erp")
    met = await sync(hub, firm.user, {"externalId": "B", **GAUGE}, source="mes")

    by_erp = await sync(hub, firm.user, {"externalId": "A", "remark": "1"}, source="erp")
    by_mes = await sync(hub, firm.user, {"externalId": "B", "remark": "2"}, source="mes")
    crossed = await sync(hub, firm.user, {"externalId": "B", "remark": "3"}, source="erp")

    assert [statuses(one) for one in (made, met, by_erp, by_mes, crossed)] == [
        ["CREATED"], ["UNCHANGED"], ["UPDATED"], ["UPDATED"], ["REJECTED"]
    ]  # fmt: skip
    assert codes(crossed) == [["NAME_MISSING", "KEY_MISSING"]]
    assert [one.version for one in await lines(hub, firm.owner)] == [3]
    assert (await traces(hub, firm.owner)).named == 2


async def test_the_source_is_the_login_of_the_caller_unless_said_otherwise(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1))

    named = await sync(hub, firm.user, {"externalId": "E1"}, source=firm.user.login_name)
    null = await sync(hub, firm.user, {"externalId": "E1"}, source=None)

    assert statuses(named) == statuses(null) == ["UNCHANGED"]
    (line,) = await lines(hub, firm.owner)
    assert (line.source_system, line.source_key) == (firm.user.login_name, "E1")


async def test_an_asset_number_changes_under_the_external_id_and_frees_the_old_one(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1))

    renamed = await sync(hub, firm.user, a_row(1, assetNo="NEW-1"))
    again = await sync(hub, firm.user, a_row(1, assetNo="NEW-1"))
    other = await sync(hub, firm.user, a_row(2, assetNo="JL-0001"))

    assert [statuses(one) for one in (renamed, again, other)] == [
        ["UPDATED"], ["UNCHANGED"], ["CREATED"]
    ]  # fmt: skip
    assert results(renamed)[0]["changed"] == ["assetNo"]
    assert await keys(hub, firm) == [("JL-0001", "JL-0001"), ("NEW-1", "NEW-1")]


async def test_a_row_without_external_id_is_found_by_its_asset_number_however_spelt(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, {"assetNo": "计-00ａ b", "name": "n"})

    answer = await sync(hub, firm.user, {"assetNo": " 计-００A\u3000B ", "name": "n"})

    assert statuses(answer) == ["UNCHANGED"]
    assert await keys(hub, firm) == [("计-00AB", "计-00AB")]


async def test_without_asset_number_maker_and_serial_number_are_the_key(
    hub: HubClient, firm: Firm
) -> None:
    gauge = {"name": "n", "serialNo": "S-1", "manufacturer": "上仪"}
    made = await sync(
        hub, firm.user, {"externalId": "1", **gauge}, {"name": "n", "serialNo": "S-1"}
    )

    again = await sync(hub, firm.user, gauge)
    moved = await sync(hub, firm.user, {"externalId": "1", "serialNo": "S-2"})
    given = await sync(hub, firm.user, {"externalId": "1", "assetNo": "A-1"})
    taken = await sync(hub, firm.user, {"externalId": "1", "assetNo": None})

    assert [statuses(one) for one in (made, again, moved, given, taken)] == [
        ["CREATED", "CREATED"], ["UNCHANGED"], ["UPDATED"], ["UPDATED"], ["UPDATED"]
    ]  # fmt: skip
    assert {key for _, key in await keys(hub, firm)} == {"SN:上仪|S-2|1", "SN:|S-1|1"}


async def test_the_external_id_decides_before_the_asset_number(hub: HubClient, firm: Firm) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2))

    taken = await sync(hub, firm.user, a_row(1, assetNo="JL-0002"))
    by_hand = await sync(hub, firm.user, {"externalId": "E1", "assetNo": None, "serialNo": "S"})
    done(await create(hub, firm.user, name="n", serialNo="T"))
    serial = await sync(hub, firm.user, {"externalId": "E1", "serialNo": "T"})

    assert (statuses(taken), codes(taken)) == (["CONFLICT"], [["KEY_TAKEN"]])
    assert statuses(by_hand) == ["UPDATED"]
    assert (statuses(serial), codes(serial)) == (["CONFLICT"], [["KEY_TAKEN"]])


async def test_a_source_has_one_id_for_an_instrument(hub: HubClient, firm: Firm) -> None:
    await sync(hub, firm.user, a_row(1))

    answer = await sync(hub, firm.user, a_row(1, externalId="other"))
    elsewhere = await sync(hub, firm.user, a_row(1, externalId="other"), source="mes")

    assert (statuses(answer), codes(answer)) == (["CONFLICT"], [["EXTERNAL_ID_TAKEN"]])
    assert statuses(elsewhere) == ["UNCHANGED"]


async def test_an_instrument_made_by_hand_gets_its_external_id_without_a_new_version(
    hub: HubClient, firm: Firm
) -> None:
    made = done(await create(hub, firm.user, **GAUGE))["instrument"]
    before = await traces(hub, firm.owner)

    answer = await sync(hub, firm.user, {"externalId": "E1", **GAUGE})
    named = await sync(hub, firm.user, {"externalId": "E1", "ifVersion": 1, "remark": "r"})

    assert statuses(answer) == ["UNCHANGED"]
    assert results(named)[0]["instrument"]["id"] == made["id"]
    assert await traces(hub, firm.owner) == before._replace(
        versions=2, audited=2, announced=2, named=1, kept=3
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_row(1), a_row(1)),
        (a_row(1), {"assetNo": "jl-0001", "name": "n"}),
        (a_row(1), a_row(1, externalId="other")),
        (a_row(1), a_row(2, externalId="E1")),
        ({"name": "n", "serialNo": "S"}, {"name": "m", "serialNo": "S", "remark": "r"}),
    ],
)
@pytest.mark.parametrize("stored", [False, True])
async def test_of_two_rows_of_one_instrument_the_second_is_rejected(
    hub: HubClient, firm: Firm, first: dict[str, Any], second: dict[str, Any], stored: bool
) -> None:
    if stored:
        await sync(hub, firm.user, first)

    answer = await sync(hub, firm.user, first, second, onError="REJECT_ROWS")

    assert statuses(answer) == ["UNCHANGED" if stored else "CREATED", "REJECTED"]
    assert "DUPLICATE_ROW" in codes(answer)[1]
    assert len(await lines(hub, firm.owner)) == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([a_row(1, assetNo="X"), a_row(2, assetNo="X")], ["UPDATED", "REJECTED"]),
        ([a_row(1, assetNo="X"), a_row(3, assetNo="X")], ["UPDATED", "REJECTED"]),
        ([a_row(3, assetNo="X"), a_row(1, assetNo="X")], ["CREATED", "REJECTED"]),
        ([a_row(1, assetNo="X"), {"assetNo": "X", "name": "n"}], ["UPDATED", "REJECTED"]),
        (
            [
                {"externalId": "E1", "assetNo": None, "serialNo": "S"},
                {"externalId": "E2", "assetNo": None, "serialNo": "S"},
            ],
            ["UPDATED", "REJECTED"],
        ),
    ],
)
async def test_rows_that_would_come_to_share_a_key_are_told_apart_from_those_that_may(
    hub: HubClient, firm: Firm, rows: list[dict[str, Any]], expected: list[str]
) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2))

    answer = await sync(hub, firm.user, *rows, a_row(7), onError="REJECT_ROWS")

    assert statuses(answer) == [*expected, "CREATED"]
    assert len(codes(answer)[1]) == 1


async def test_an_external_id_has_1_to_255_characters(hub: HubClient, firm: Firm) -> None:
    answer = await sync(
        hub, firm.user, a_row(1, externalId=""), a_row(2, externalId="e" * 256),
        a_row(3, externalId="e" * 255), a_row(4, externalId=None), onError="REJECT_ROWS",
    )  # fmt: skip

    assert statuses(answer) == ["REJECTED", "REJECTED", "CREATED", "CREATED"]
    assert codes(answer)[:2] == [["EXTERNAL_ID_EMPTY"], ["EXTERNAL_ID_EMPTY"]]
    assert (await traces(hub, firm.owner)).named == 1


async def test_a_stale_version_is_a_conflict_that_tells_the_current_one_and_what_differs(
    hub: HubClient, firm: Firm
) -> None:
    await sync(hub, firm.user, a_row(1), a_row(2))
    await sync(hub, firm.user, a_row(1, remark="theirs"))

    stale = await sync(hub, firm.user, a_row(1, ifVersion=1, remark="mine", location="L"))
    fresh = await sync(hub, firm.user, a_row(1, ifVersion=2, remark="mine"))
    unknown = await sync(hub, firm.user, a_row(9, ifVersion=1))
    null = await sync(hub, firm.user, a_row(1, ifVersion=None))

    (result,) = results(stale)
    assert (result["status"], result["version"]) == ("CONFLICT", 2)
    assert result["changed"] == ["location", "remark"]
    assert result["instrument"]["remark"] == "theirs"
    assert (codes(stale), codes(unknown)) == ([["STALE_VERSION"]], [["NOT_THERE"]])
    assert statuses(unknown) == ["CONFLICT"]
    assert (statuses(fresh), results(fresh)[0]["version"]) == (["UPDATED"], 3)
    assert statuses(null) == ["UNCHANGED"]


async def test_a_bar_in_a_makers_name_does_not_run_into_the_serial_number(
    hub: HubClient, firm: Firm
) -> None:
    rows = [
        {"name": "n", "manufacturer": maker, "serialNo": serial}
        for maker, serial in (("a", "b|c"), ("a|b", "c"), ("a\\", "|c"), ("a", "\\|c"))
    ]

    answers = [await sync(hub, firm.user, *rows), await sync(hub, firm.user, *rows)]
    by_hand = await create(hub, firm.user, **rows[0])

    assert [statuses(one) for one in answers] == [["CREATED"] * 4, ["UNCHANGED"] * 4]
    assert problem(by_hand)[0] == "CONFLICT"


async def test_blanks_around_a_source_say_nothing(hub: HubClient, firm: Firm) -> None:
    row = {"externalId": "E1", "assetNo": "A-1", "name": "n"}
    await sync(hub, firm.user, row, source="erp")

    again = await sync(hub, firm.user, {**row, "assetNo": "A-2"}, source=" erp ")

    assert statuses(again) == ["UPDATED"]
