"""What waits for a line: it follows a merger, and ends where the line comes into other hands."""

import pytest

from hub.exchange import ConnectorKind, MessageOutcome
from hub.tables.connector import Connector
from hub.tables.instrument import Instrument
from hub.vocabulary import Role
from tests.career_verbs import a_keeper, accept, line, merge, offer
from tests.connectors.flows import (
    a_filed,
    ask_for,
    done,
    given_filed,
    issue_now,
    sent,
    the_platforms,
    told,
)
from tests.connectors.test_tasks import dispatch, instrument_of, tasked, tasks
from tests.doors import HubClient, id_of
from tests.given import a_conflict, a_connector, a_record, a_user, an_instrument, an_organization
from tests.issuing import Bench, a_bench, issued
from tests.ledger_verbs import Firm
from tests.ledger_verbs import done as changed

REQUESTS = """
{ verificationRequests(first: 10) { nodes { no state reason } } }
"""
CONFLICTS = """
SELECT instrument_id, state, ours, resolution, resolved_by, reason FROM conflict
WHERE owner_id = :owner ORDER BY id
"""
GONE = "器具已移交其他机构"


@pytest.fixture
async def ecqs(hub: HubClient) -> Connector:
    return await the_platforms(hub, ConnectorKind.ECQS)


@pytest.fixture
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def client(hub: HubClient, bench: Bench) -> Firm:
    return Firm(bench.client, await hub.given(a_user(bench.client, Role.ORG_ADMIN)))


async def merged(hub: HubClient, client: Firm, keep: Instrument, drop: Instrument) -> None:
    versions = [(await line(hub, one)).version for one in (keep, drop)]
    seen = dict(zip(("keepVersion", "dropVersion"), versions, strict=True))
    changed(await merge(hub, client.user, keep, drop, **seen))


async def handed_over(hub: HubClient, client: Firm, taker: Firm, one: Instrument) -> None:
    version = (await line(hub, one)).version
    changed(await offer(hub, client.user, one, taker.owner.uscc, version=version))
    changed(await accept(hub, taker.user, one, version=version + 1))


def a_twin(of: Instrument) -> Instrument:
    """Another line for the same instrument, that says less of it."""
    same = ("compulsory", "compulsory_purpose", "calibration_mode")
    return Instrument(
        owner_id=of.owner_id,
        name=of.name,
        asset_no=f"T-{of.asset_no}",
        ledger_key=f"T-{of.asset_no}",
        **{name: getattr(of, name) for name in same},
    )


async def test_the_task_of_a_line_that_was_merged_is_answered_for_the_line_that_stays(
    hub: HubClient, ecqs: Connector, bench: Bench, client: Firm
) -> None:
    gauge = await tasked(hub, ecqs, bench, "TI-1")
    keep = await hub.given(a_twin(gauge))
    await merged(hub, client, keep, gauge)

    paper = issued(await issue_now(hub, bench.lab, keep))
    correction = {"replaces": paper["id"], "replacementKind": "AMENDED"}
    second = issued(await issue_now(hub, bench.lab, keep, **correction))

    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["certificate"]["number"]) == ("REPORTED", second["number"])
    assert len(await sent(hub, ecqs)) == 2


async def test_the_filing_of_a_line_that_was_merged_is_that_of_the_line_that_stays(
    hub: HubClient, ecqs: Connector, bench: Bench, client: Firm
) -> None:
    gauge = a_filed(bench.client)
    await given_filed(hub, ecqs, gauge)
    keep = await hub.given(a_twin(gauge))
    await merged(hub, client, keep, gauge)

    await dispatch(hub, ecqs, bench, filingNo=gauge.compulsory_code)

    assert await instrument_of(hub, bench) == keep.id
    assert (await line(hub, keep)).filing_state == "ACCEPTED"


async def test_a_request_for_two_lines_that_are_one_is_about_the_line_that_stays(
    hub: HubClient, bench: Bench, client: Firm
) -> None:
    system = await hub.given(a_connector(ConnectorKind.SUBMISSION, bench.lab.organization))
    plate = {"serial_no": "S-1", "manufacturer": "甲厂"}
    keep, drop = (an_instrument(bench.client, **plate) for _ in range(2))
    drop.asset_no = drop.ledger_key = "TI-2"
    await hub.all_given(keep, drop)
    asked = done(await ask_for(hub, client.user, bench.lab.organization, keep, drop))
    await merged(hub, client, keep, drop)

    (no,) = [one["no"] for one in asked["requests"]]
    told_ = {"serialNo": "S-1", "manufacturer": "甲厂"}
    await dispatch(hub, system, bench, "TI-2", requestNo=no, **told_)

    assert await instrument_of(hub, bench) == keep.id


async def test_conflicts_and_what_a_system_has_said_follow_a_merger(
    hub: HubClient, client: Firm
) -> None:
    system, both = (a_connector(ConnectorKind.ERP, client.owner, code=one) for one in ("a", "b"))
    keep = an_instrument(client.owner, model_spec="Y-60", department="一车间")
    drop = an_instrument(client.owner, model_spec="Y-100", remark="旧")
    await hub.all_given(system, both, keep, drop)
    given = [
        a_conflict(system, drop, field="department", ours=None, theirs="二车间"),
        a_conflict(system, drop, field="modelSpec", ours="Y-100", theirs="Y-60"),
        a_conflict(both, drop, field="remark", ours="旧", theirs="新"),
        a_conflict(both, keep, field="remark", ours=None, theirs="另"),
    ]
    said = [a_record(of, one) for of, one in ((system, drop), (both, drop), (both, keep))]
    await hub.all_given(*given, *said)

    await merged(hub, client, keep, drop)

    found = [tuple(row)[:4] for row in await hub.stored(CONFLICTS, owner=client.owner.id)]
    assert found == [
        (keep.id, "OPEN", "一车间", None),
        (drop.id, "RESOLVED", "Y-60", "AGREED"),
        (drop.id, "RESOLVED", "旧", "OURS"),
        (keep.id, "OPEN", None, None),
    ]
    records = "SELECT object_id FROM source_record WHERE organization_id = :owner ORDER BY id"
    known = [row.object_id for row in await hub.stored(records, owner=client.owner.id)]
    assert known == [keep.id, drop.id, keep.id]


async def test_a_certificate_for_the_next_owner_answers_no_task_of_the_former(
    hub: HubClient, ecqs: Connector, bench: Bench, client: Firm
) -> None:
    gauge = await tasked(hub, ecqs, bench, "TI-3")
    await handed_over(hub, client, await a_keeper(hub), gauge)

    issued(await issue_now(hub, bench.lab, gauge))
    again = await dispatch(hub, ecqs, bench, "TI-3", filingNo=gauge.compulsory_code)
    later = await dispatch(hub, ecqs, bench, "TI-4", filingNo=gauge.compulsory_code)

    first, second = sorted(await tasks(hub, bench), key=lambda one: str(one["taskNo"]))
    assert await sent(hub, ecqs) == []
    assert (first["state"], first["reason"], first["certificate"]) == ("CANCELLED", GONE, None)
    assert first["owner"] == {"id": id_of(bench.client)}
    assert (again, later) == (MessageOutcome.UNCHANGED, MessageOutcome.APPLIED)
    assert (second["owner"], second["instrument"]) == (None, None)


async def test_what_was_reported_for_the_former_owner_stays_as_it_was(
    hub: HubClient, ecqs: Connector, bench: Bench, client: Firm
) -> None:
    gauge = await tasked(hub, ecqs, bench, "TI-5")
    paper = issued(await issue_now(hub, bench.lab, gauge))
    await handed_over(hub, client, await a_keeper(hub), gauge)

    again = await dispatch(hub, ecqs, bench, "TI-5", filingNo=gauge.compulsory_code)

    (seen,) = await tasks(hub, bench)
    assert again is MessageOutcome.UNCHANGED
    assert (seen["state"], seen["certificate"]["number"]) == ("REPORTED", paper["number"])
    assert seen["owner"] == {"id": id_of(bench.client)}


async def test_a_merger_of_the_next_owner_takes_no_task_of_the_former(
    hub: HubClient, ecqs: Connector, bench: Bench, client: Firm
) -> None:
    gauge = await tasked(hub, ecqs, bench, "TI-6")
    owner = await hub.given(an_organization())
    taker = Firm(owner, await hub.given(a_user(owner, Role.ORG_ADMIN, Role.LAB_STAFF)))
    await handed_over(hub, client, taker, gauge)
    gauge.owner_id = owner.id
    keep = await hub.given(a_twin(gauge))

    await merged(hub, taker, keep, gauge)

    assert await instrument_of(hub, bench) == gauge.id


async def test_a_request_is_withdrawn_once_all_that_it_is_about_has_other_owners(
    hub: HubClient, bench: Bench, client: Firm
) -> None:
    system = await hub.given(a_connector(ConnectorKind.SUBMISSION, bench.lab.organization))
    one, two = an_instrument(bench.client), an_instrument(bench.client)
    await hub.all_given(one, two)
    asked = done(await ask_for(hub, client.user, bench.lab.organization, one, two))
    (no,) = [request["no"] for request in asked["requests"]]
    taker = await a_keeper(hub)

    seen = []
    for gone in (one, two):
        await handed_over(hub, client, taker, gone)
        answer = await hub.ask(REQUESTS, as_=client.user)
        seen += answer.data["verificationRequests"]["nodes"]
    late = await told(hub, system, "submission.accepted", f"request/{no}", externalNo="E-1")
    theirs = done(await ask_for(hub, taker.user, bench.lab.organization, one))

    assert [(request["state"], request["reason"]) for request in seen] == [
        ("SUBMITTED", None),
        ("WITHDRAWN", GONE),
    ]
    assert late.outcome is MessageOutcome.UNCHANGED
    assert theirs["requests"][0]["state"] == "SUBMITTED"


async def test_an_open_conflict_ends_with_a_transfer_and_says_why(
    hub: HubClient, client: Firm
) -> None:
    system = await hub.given(a_connector(ConnectorKind.ERP, client.owner))
    one = await hub.given(an_instrument(client.owner))
    await hub.given(a_conflict(system, one))
    taker = await a_keeper(hub)

    await handed_over(hub, client, taker, one)

    (found,) = await hub.stored(CONFLICTS, owner=client.owner.id)
    assert (found.state, found.resolution, found.resolved_by) == ("RESOLVED", "OURS", None)
    assert found.reason["zh"] == GONE
