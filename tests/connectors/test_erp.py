"""What an enterprise's own system states becomes its ledger, field by field."""

import asyncio
from typing import Any

import pytest

from examples.simulators.erp import Erp
from hub.exchange import ConnectorKind
from tests.connectors.simulating import simulating
from tests.connectors.verbs import (
    Connected,
    Keeper,
    Worker,
    conflicts,
    connected,
    do,
    done,
    messages,
    refused,
    seen,
    states,
)
from tests.doors import HubClient, id_of, key
from tests.given import an_instrument, an_organization

LEDGER = """
query($first: Int!, $filter: InstrumentFilter) {
  instruments(first: $first, filter: $filter) { nodes {
    id version assetNo name modelSpec department location custodian status statusReason lastDate
    intervalMonths source { system key asOf fetchedAt }
  } }
}
"""
UPDATE = """
mutation($input: UpdateInstrumentInput!) {
  done: updateInstrument(input: $input) { instrument { id version } problems { code path } }
}
"""


def an_erp() -> Erp:
    """A system with an empty ledger."""
    found = Erp("credential")
    found.events.clear()
    found.ledger.clear()
    return found


async def ledger(hub: HubClient, keeper: Keeper, **conditions: Any) -> list[Any]:
    """The lines of an enterprise's ledger."""
    answer = await hub.ask(LEDGER, as_=keeper.who, first=100, filter=conditions or None)
    assert answer.errors == []
    return list(answer.data["instruments"]["nodes"])


async def changed(hub: HubClient, keeper: Keeper, line: Any, **content: Any) -> None:
    """Someone of the enterprise changes a line."""
    given = {"id": line["id"], "expectedVersion": line["version"], "idempotencyKey": key()}
    status = {name: content.pop(name) for name in ("status", "statusReason") if name in content}
    answer = await hub.ask(
        UPDATE, as_=keeper.who, input={**given, **status, "content": content or None}
    )
    assert done(answer)["instrument"] is not None


async def test_a_ledger_that_is_read_becomes_the_ledger_with_its_source(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = Erp("credential")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()

    lines = await ledger(hub, enterprise)
    assert {line["assetNo"] for line in lines} == {
        stated["assetNo"] for stated in erp.ledger.values()
    }
    (first,) = (line for line in lines if line["assetNo"] == "ERP-00001")
    assert first["department"] == erp.ledger["EQ-00001"]["department"]
    assert first["source"]["system"] == one.code
    assert first["source"]["key"] == "EQ-00001"
    assert first["source"]["asOf"] <= first["source"]["fetchedAt"]
    assert set(await states(hub, one)) == {"DONE"}
    found = await seen(hub, one)
    assert (found["health"], found["standing"]["waitingIn"], found["standing"]["errorRate"]) == (
        "OK",
        0,
        "0.0000",
    )


async def test_what_is_told_again_changes_nothing(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = Erp("credential")
    async with simulating(erp) as base:
        await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await worker.all()
        before = await ledger(hub, enterprise)
        for name in list(erp.ledger):
            erp.state(name)

        await worker.later(minutes=1)

    assert await ledger(hub, enterprise) == before


async def test_a_line_of_the_ledger_is_known_by_its_asset_number(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    assert enterprise.owner is not None
    line = await hub.given(
        an_instrument(
            enterprise.owner, asset_no="A-1", ledger_key="A-1", name="压力表", department=None
        )
    )
    erp = an_erp()
    erp.state("EQ-1", assetNo="a-1", name="压力表", department="一车间")
    async with simulating(erp) as base:
        await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()

    (found,) = await ledger(hub, enterprise)
    assert found["id"] == id_of(line)
    assert found["department"] == "一车间"


async def a_known_line(
    hub: HubClient, keeper: Keeper, worker: Worker, erp: Erp, base: str, **stated: Any
) -> tuple[Connected, Any]:
    """A connector, and the line that its system has stated."""
    erp.state("EQ-1", assetNo="A-1", name="压力表", **stated)
    one = await connected(hub, keeper, ConnectorKind.ERP, erp, base)
    await worker.all()
    (line,) = await ledger(hub, keeper)
    return one, line


async def test_where_both_have_changed_what_nobody_knows_best_someone_decides_once(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, line = await a_known_line(hub, enterprise, worker, erp, base, modelSpec="Y-100")
        await changed(hub, enterprise, line, modelSpec="Y-150")
        erp.state("EQ-1", modelSpec="Y-160")
        await worker.later(minutes=1)
        erp.state("EQ-1")
        await worker.later(minutes=1)

        (line,) = await ledger(hub, enterprise)
        (found,) = await conflicts(hub, enterprise)
        assert line["modelSpec"] == "Y-150"
        assert (found["field"], found["ours"], found["theirs"], found["base"]) == (
            "modelSpec",
            "Y-150",
            "Y-160",
            "Y-100",
        )
        assert (found["rule"], found["state"], found["connector"]["code"]) == (
            "BOTH_CHANGED",
            "OPEN",
            one.code,
        )
        assert await states(hub, one) == ["DONE", "CONFLICT", "DONE"]
        assert (await seen(hub, one))["standing"]["conflicts"] == 1

        taken = {"id": found["id"], "expectedVersion": found["version"], "take": "THEIRS"}
        decided = done(await do(hub, enterprise.who, "resolveConflict", **taken))["conflict"]
        erp.state("EQ-1")
        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    assert (decided["resolution"], decided["resolvedBy"]) == (
        "THEIRS",
        enterprise.who.login_name,
    )
    assert line["modelSpec"] == "Y-160"
    assert [one["state"] for one in await conflicts(hub, enterprise)] == ["RESOLVED"]


async def test_ours_stays_once_it_was_decided_so_until_the_source_says_something_else(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, modelSpec="Y-100")
        await changed(hub, enterprise, line, modelSpec="Y-150")
        erp.state("EQ-1", modelSpec="Y-160")
        await worker.later(minutes=1)
        (found,) = await conflicts(hub, enterprise)
        given = {"id": found["id"], "expectedVersion": found["version"], "take": "OURS"}
        done(await do(hub, enterprise.who, "resolveConflict", **given))
        erp.state("EQ-1")
        await worker.later(minutes=1)
        assert len(await conflicts(hub, enterprise)) == 1

        erp.state("EQ-1", modelSpec="Y-200")
        await worker.later(minutes=1)

    first, second = await conflicts(hub, enterprise)
    assert (first["resolution"], second["state"], second["theirs"]) == ("OURS", "OPEN", "Y-200")


async def test_the_enterprise_knows_best_where_its_instruments_are_and_the_change_is_shown(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, department="一车间")
        await changed(hub, enterprise, line, department="二车间")
        erp.state("EQ-1", department="三车间")

        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    (found,) = await conflicts(hub, enterprise)
    assert line["department"] == "三车间"
    assert (found["ours"], found["theirs"], found["rule"]) == ("二车间", "三车间", "AUTHORITY")
    assert (found["state"], found["resolution"]) == ("RESOLVED", "BY_RULE")


async def test_a_change_of_ours_stays_while_the_source_says_what_it_said(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, department="一车间")
        await changed(hub, enterprise, line, department="二车间")
        erp.state("EQ-1", custodian="李保管")

        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    assert (line["department"], line["custodian"]) == ("二车间", "李保管")
    assert await conflicts(hub, enterprise) == []


async def test_the_enterprise_never_writes_over_the_day_of_the_last_test(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, lastDate="2026-01-05")
        erp.state("EQ-1", lastDate="2026-02-05", location="2号厂房")

        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    (found,) = await conflicts(hub, enterprise)
    assert (line["lastDate"], line["location"]) == ("2026-01-05", "2号厂房")
    assert (found["field"], found["rule"]) == ("lastDate", "LESSER")


async def test_a_state_that_the_rules_do_not_allow_is_a_conflict_and_the_rest_is_taken(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, status="IN_USE")
        erp.state("EQ-1", status="SCRAPPED", location="废品库")
        await worker.later(minutes=1)
        (line,) = await ledger(hub, enterprise)
        assert (line["status"], line["location"]) == ("IN_USE", "废品库")
        (found,) = await conflicts(hub, enterprise)
        assert (found["field"], found["rule"]) == ("status", "REFUSED")
        assert "批准" in found["reason"]["zh"]

        given = {"id": found["id"], "expectedVersion": found["version"], "take": "THEIRS"}
        told = refused(await do(hub, enterprise.who, "resolveConflict", **given))
        erp.state("EQ-1", status="IN_USE")
        await worker.later(minutes=1)

    assert told == ("REFUSED", ["approved"])
    (found,) = await conflicts(hub, enterprise)
    assert (found["state"], found["resolution"]) == ("RESOLVED", "AGREED")


async def test_a_line_that_is_gone_there_leaves_the_ledger_once_its_rules_allow_it(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    assert enterprise.owner is not None
    erp = an_erp()
    async with simulating(erp) as base:
        one, line = await a_known_line(hub, enterprise, worker, erp, base)
        erp.drop("EQ-1")
        await worker.later(minutes=1)
        *_, message = await messages(hub, one)
        assert (message["state"], message["problem"]["path"]) == ("REJECTED", ["approved"])
        scrapped = {"status": "STOPPED", "statusReason": "停用"}
        await changed(hub, enterprise, line, **scrapped)
        (line,) = await ledger(hub, enterprise)
        await changed(hub, enterprise, line, status="SCRAPPED")

        done(await do(hub, enterprise.who, "retryConnectorMessage", id=message["id"]))
        await worker.all()

        assert await ledger(hub, enterprise) == []
        assert (await states(hub, one))[-1] == "DONE"
        erp.state("EQ-1", assetNo="A-1", name="压力表")
        await worker.later(minutes=1)

    (again,) = await ledger(hub, enterprise)
    assert again["id"] != line["id"]


async def test_decisions_and_statements_at_once_leave_one_of_both_and_no_error(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, line = await a_known_line(hub, enterprise, worker, erp, base, modelSpec="Y-0")
        await changed(hub, enterprise, line, modelSpec="ours")
        for number in range(1, 6):
            erp.state("EQ-1", modelSpec=f"Y-{number}")
            await worker.later(minutes=1)
            found = (await conflicts(hub, enterprise))[-1]
            given = {"id": found["id"], "expectedVersion": found["version"], "take": "OURS"}
            erp.state("EQ-1", modelSpec=f"Z-{number}")
            worker.clock.move(minutes=1)
            await worker.talk()

            told, _ = await asyncio.gather(
                do(hub, enterprise.who, "resolveConflict", **given), worker.apply()
            )

            assert told.errors == []

    assert {message["tries"] for message in await messages(hub, one)} == {0}
    assert [line["modelSpec"] for line in await ledger(hub, enterprise)] == ["ours"]


async def test_a_conflict_about_what_has_left_the_ledger_can_still_be_closed(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, modelSpec="Y-100")
        await changed(hub, enterprise, line, modelSpec="Y-150")
        erp.state("EQ-1", modelSpec="Y-160")
        await worker.later(minutes=1)
        erp.tell("instrument.gone", "instrument/EQ-1", externalId="EQ-1", approved=True)
        await worker.later(minutes=1)

    (found,) = await conflicts(hub, enterprise)
    given = {"id": found["id"], "expectedVersion": found["version"]}
    theirs = await do(hub, enterprise.who, "resolveConflict", **given, take="THEIRS")
    ours = await do(hub, enterprise.who, "resolveConflict", **given, take="OURS")

    assert found["instrument"] is None
    assert refused(theirs) == ("REFUSED", [])
    assert done(ours)["conflict"]["state"] == "RESOLVED"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"assetNo": "A-1", "name": "表"}, ["data", "externalId"]),
        ({"externalId": "1", "assetNo": "A-1", "name": "  "}, ["data", "name"]),
        ({"externalId": "1", "assetNo": "A-1"}, ["data", "name"]),
        ({"externalId": "1", "name": "表"}, ["assetNo"]),
        ({"externalId": "1", "assetNo": "A-1", "name": "表", "status": "LOST"}, ["data", "status"]),
        ({"externalId": "1", "assetNo": "A-1", "name": "表", "colour": "红"}, ["data", "colour"]),
        ({"externalId": "1", "assetNo": "A-1", "name": 1.5}, ["data", "name"]),
        (
            {"externalId": "1", "assetNo": "A-1", "name": "表", "lastDate": "昨天"},
            ["data", "lastDate"],
        ),
        (
            {"externalId": "1", "assetNo": "A-1", "name": "表", "purchasePrice": "NaN"},
            ["data", "purchasePrice"],
        ),
        (
            {"externalId": "1", "assetNo": "A-1", "name": "表", "lastDate": "2999-01-01"},
            ["lastDate"],
        ),
    ],
)
async def test_a_statement_that_cannot_be_is_kept_with_its_path_and_stops_no_other(
    hub: HubClient, enterprise: Keeper, worker: Worker, data: dict[str, Any], path: list[str]
) -> None:
    erp = an_erp()
    erp.tell("instrument.stated", "bad", **data)
    erp.state("EQ-2", assetNo="A-2", name="压力表")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()

    bad, good = await messages(hub, one)
    assert (bad["state"], bad["problem"]["path"], good["state"]) == ("REJECTED", path, "DONE")
    assert [line["assetNo"] for line in await ledger(hub, enterprise)] == ["A-2"]


async def test_two_ids_of_a_source_never_lead_to_one_line(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    erp.state("EQ-2", assetNo="A-1", name="电流表")
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()

    assert await states(hub, one) == ["DONE", "REJECTED"]
    assert [line["name"] for line in await ledger(hub, enterprise)] == ["压力表"]


async def test_an_enterprise_never_touches_the_ledger_of_another(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    owner = await hub.given(an_organization())
    other = await hub.given(an_instrument(owner, asset_no="A-1", ledger_key="A-1", name="别家的表"))
    erp = an_erp()
    erp.state("EQ-1", assetNo="A-1", name="压力表")
    async with simulating(erp) as base:
        await connected(hub, enterprise, ConnectorKind.ERP, erp, base)

        await worker.all()

    (line,) = await ledger(hub, enterprise)
    assert line["id"] != id_of(other)
