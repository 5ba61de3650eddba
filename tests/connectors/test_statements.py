"""Ledgers that syncs load and connectors state: one source, whichever way it says it."""

from typing import Any
from urllib.parse import urlsplit

from hub.exchange import ConnectorKind
from schema.ids import key_of
from tests.connectors.simulating import simulating
from tests.connectors.test_erp import a_known_line, an_erp, changed, ledger
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
    states,
)
from tests.doors import HubClient, key
from tests.given import an_instrument
from tests.webhooks.verbs import run

SYNC = """
mutation($input: SyncInstrumentsInput!) {
  syncInstruments(input: $input) { results { externalId status } }
}
"""


async def synced(hub: HubClient, keeper: Keeper, one: Connected, **row: Any) -> str:
    """How a sync of the connector's system fares that states one line."""
    given = {"idempotencyKey": key(), "source": one.code, "rows": [row]}
    answer = await hub.ask(SYNC, as_=keeper.who, input=given)
    assert answer.errors == []
    return str(answer.data["syncInstruments"]["results"][0]["status"])


async def test_what_a_sync_has_loaded_leaves_the_ledger_when_its_system_says_so(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        await synced(hub, enterprise, one, externalId="EQ-1", assetNo="A-1", name="压力表")
        erp.tell("instrument.gone", "instrument/EQ-1", externalId="EQ-1", approved=True)

        await worker.later(minutes=1)

    assert await states(hub, one) == ["DONE"]
    assert await ledger(hub, enterprise) == []


async def test_what_was_gone_and_comes_back_is_known_by_its_id_again_to_syncs_too(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, _ = await a_known_line(hub, enterprise, worker, erp, base)
        erp.tell("instrument.gone", "instrument/EQ-1", externalId="EQ-1", approved=True)
        await worker.later(minutes=1)
        erp.state("EQ-1", department="二车间")
        await worker.later(minutes=1)
        row = {"externalId": "EQ-1", "assetNo": "A-9", "name": "压力表"}

        assert await synced(hub, enterprise, one, **row) == "UPDATED"
        erp.state("EQ-1", department="三车间")
        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    assert line["department"] == "三车间"


async def test_a_line_that_was_gone_and_restored_is_the_source_s_again(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, line = await a_known_line(hub, enterprise, worker, erp, base)
        erp.tell("instrument.gone", "instrument/EQ-1", externalId="EQ-1", approved=True)
        await worker.later(minutes=1)
        await run(
            hub,
            "UPDATE instrument SET retired_at = NULL WHERE id = :id",
            id=key_of(line["id"], "Instrument"),
        )
        erp.state("EQ-1", department="三车间")

        await worker.later(minutes=1)

    assert await states(hub, one) == ["DONE"] * 3
    (found,) = await ledger(hub, enterprise)
    assert (found["id"], found["department"]) == (line["id"], "三车间")


async def test_the_first_change_after_a_sync_is_taken_where_nobody_has_changed_the_line(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one = await connected(hub, enterprise, ConnectorKind.ERP, erp, base)
        for number in (1, 2):
            row = {"externalId": f"EQ-{number}", "assetNo": f"A-{number}", "name": "压力表"}
            await synced(hub, enterprise, one, **row, modelSpec="Y-100")
        (line,) = await ledger(hub, enterprise, assetNo={"eq": "A-2"})
        await changed(hub, enterprise, line, modelSpec="Y-150")
        for number in (1, 2):
            erp.state(f"EQ-{number}", modelSpec="Y-160", assetNo=f"A-{number}")

        await worker.later(minutes=1)

    lines = {line["assetNo"]: line["modelSpec"] for line in await ledger(hub, enterprise)}
    assert lines == {"A-1": "Y-160", "A-2": "Y-150"}
    assert [one["rule"] for one in await conflicts(hub, enterprise)] == ["BOTH_CHANGED"]


async def test_the_number_of_another_line_is_a_conflict_and_the_rest_is_taken(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, _ = await a_known_line(hub, enterprise, worker, erp, base)
        assert enterprise.owner is not None
        await hub.given(an_instrument(enterprise.owner, asset_no="A-2", ledger_key="A-2"))
        erp.state("EQ-1", assetNo="A-2", department="二车间")

        await worker.later(minutes=1)

    assert (await states(hub, one))[-1] == "CONFLICT"
    (conflict,) = await conflicts(hub, enterprise)
    assert (conflict["field"], conflict["theirs"], conflict["rule"]) == (
        "assetNo",
        "A-2",
        "REFUSED",
    )
    (line,) = await ledger(hub, enterprise, assetNo={"eq": "A-1"})
    assert line["department"] == "二车间"


async def test_the_day_of_unsealing_that_a_system_states_counts_by_the_rules(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    dated = {"lastDate": "2026-01-05", "intervalMonths": "12"}
    async with simulating(erp) as base:
        one, _ = await a_known_line(hub, enterprise, worker, erp, base, status="SEALED", **dated)
        erp.state("EQ-1", status="IN_USE", unsealedOn="2026-13-02")
        await worker.later(minutes=1)
        (*_, bad) = await messages(hub, one)
        assert bad["problem"]["path"] == ["data", "unsealedOn"]

        erp.state("EQ-1", status="IN_USE", unsealedOn="2026-01-02")
        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    assert line["status"] == "IN_USE"


async def test_a_decision_writes_over_no_change_that_it_was_not_shown(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        _, line = await a_known_line(hub, enterprise, worker, erp, base, modelSpec="Y-100")
        await changed(hub, enterprise, line, modelSpec="Y-150")
        erp.state("EQ-1", modelSpec="Y-160")
        await worker.later(minutes=1)
    (line,) = await ledger(hub, enterprise)
    await changed(hub, enterprise, line, modelSpec="Y-170")
    (conflict,) = await conflicts(hub, enterprise)
    given = {"id": conflict["id"], "expectedVersion": conflict["version"]}

    answer = await do(hub, enterprise.who, "resolveConflict", **given, take="THEIRS")

    assert refused(answer) == ("CONFLICT", ["take"])
    assert [one["modelSpec"] for one in await ledger(hub, enterprise)] == ["Y-170"]
    done(await do(hub, enterprise.who, "resolveConflict", **given, take="OURS"))


async def test_a_system_at_a_new_address_numbers_its_events_anew(
    hub: HubClient, enterprise: Keeper, worker: Worker
) -> None:
    erp = an_erp()
    async with simulating(erp) as base:
        one, _ = await a_known_line(hub, enterprise, worker, erp, base, department="一车间")
        erp.state("EQ-1", department="二车间")
        await worker.later(minutes=1)
    new = an_erp()
    new.state("EQ-1", assetNo="A-1", name="压力表", department="新车间")
    async with simulating(new) as base:
        hub.hub.webhook_allowed |= {urlsplit(base).netloc}
        given = {"id": one.id, "expectedVersion": 1, "credential": new.credential}
        done(await do(hub, enterprise.who, "updateConnector", **given, baseUrl=base))

        await worker.later(minutes=1)

    (line,) = await ledger(hub, enterprise)
    assert line["department"] == "新车间"
