"""Tasks that other systems dispatch, and the results that the hub reports for them."""

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col

from hub.actor import PLATFORM
from hub.errors import BadInput, Refused
from hub.exchange import ConnectorKind, MessageOutcome
from hub.policy import readable
from hub.tables.connector import Connector
from hub.tables.instrument import Instrument
from hub.vocabulary import OrgKind, Role
from tests.connectors.flows import (
    a_filed,
    ask_for,
    disconnect,
    done,
    given_filed,
    issue_now,
    sent,
    the_platforms,
    told,
)
from tests.doors import HubClient, id_of
from tests.given import a_connector, a_user, an_instrument, an_organization
from tests.issuing import Bench, a_bench, issued, results

SEEN = """
{ verificationTasks(first: 50) { nodes {
  taskNo state dueDate reason reportedAt item { name filingNo serialNo }
  owner { id } instrument { id } request { no state } certificate { number }
} } }
"""


@pytest.fixture
async def ecqs(hub: HubClient) -> Connector:
    return await the_platforms(hub, ConnectorKind.ECQS)


@pytest.fixture
async def bench(hub: HubClient) -> Bench:
    return await a_bench(hub)


@pytest.fixture
async def own_system(hub: HubClient, bench: Bench) -> Connector:
    return await hub.given(a_connector(ConnectorKind.SUBMISSION, bench.lab.organization))


async def dispatch(
    hub: HubClient, by: Connector, bench: Bench, number: str = "", **data: Any
) -> MessageOutcome:
    """Dispatch a task to the laboratory."""
    given = {"institute": bench.lab.organization.uscc, **data}
    subject = f"task/{number or uuid4()}"
    return (await told(hub, by, "task.dispatched", subject, **given)).outcome


async def changed(hub: HubClient, line: Instrument, **values: Any) -> None:
    """The owner changes a line."""
    async with hub.hub.database.writer(PLATFORM) as db:
        this = readable(PLATFORM, Instrument).where(col(Instrument.id) == line.id)
        await db.change(await db.one(this), action="given", **values)


async def tasks(hub: HubClient, bench: Bench) -> list[Any]:
    """The tasks as the laboratory's administrator sees them."""
    admin = await hub.given(a_user(bench.lab.organization, Role.LAB_REVIEWER))
    answer = await hub.ask(SEEN, as_=admin)
    assert answer.errors == []
    found: list[Any] = answer.data["verificationTasks"]["nodes"]
    return found


async def instrument_of(hub: HubClient, bench: Bench) -> Any:
    """The instrument of the one task."""
    rows = await hub.stored(
        "SELECT instrument_id FROM verification_task WHERE institute_id = :id",
        id=bench.lab.organization.id,
    )
    ((found,),) = rows
    return found


async def test_a_task_is_about_the_instrument_of_its_filing_number(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge, other = a_filed(bench.client), a_filed(bench.client)
    await given_filed(hub, ecqs, gauge, other)
    told_: dict[str, Any] = {
        "filingNo": gauge.compulsory_code,
        "serialNo": other.serial_no,
        "manufacturer": "x",
    }

    await dispatch(hub, ecqs, bench, dueDate="2026-12-31", **told_)

    assert await instrument_of(hub, bench) == gauge.id
    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["dueDate"]) == ("DISPATCHED", "2026-12-31")
    assert seen["owner"] == {"id": id_of(bench.client)}


async def test_without_a_filing_number_serial_number_and_maker_tell(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = a_filed(bench.client)
    await given_filed(hub, ecqs, gauge)

    await dispatch(hub, ecqs, bench, serialNo=gauge.serial_no, manufacturer="示范仪表厂")

    assert await instrument_of(hub, bench) == gauge.id


@pytest.mark.parametrize("was_accepted", [True, False])
@pytest.mark.parametrize("written", ["compulsory_code", "serial_no"])
async def test_what_an_owner_writes_into_its_ledger_draws_no_task_to_it(
    hub: HubClient, ecqs: Connector, bench: Bench, written: str, was_accepted: bool
) -> None:
    line, text = a_filed(bench.client), f"X-{uuid4()}"
    await (given_filed(hub, ecqs, line) if was_accepted else hub.all_given(line))
    await changed(hub, line, **{written: text})

    await dispatch(hub, ecqs, bench, filingNo=text, serialNo=text, manufacturer="示范仪表厂")

    assert await instrument_of(hub, bench) is None


async def test_a_task_about_nothing_that_is_known_is_shown_as_it_was_told(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    await dispatch(hub, ecqs, bench, name="出租车计价器", filingNo="QG-none", serialNo="1")

    (seen,) = await tasks(hub, bench)
    assert seen["item"] == {"name": "出租车计价器", "filingNo": "QG-none", "serialNo": "1"}
    assert (seen["owner"], seen["instrument"]) == (None, None)


async def test_a_task_is_one_for_its_number_however_often_it_is_told(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    outcomes = [
        await dispatch(hub, ecqs, bench, "RW-1", name="压力表", dueDate=day)
        for day in ("2026-12-01", "2026-12-01", "2026-12-24")
    ]

    (seen,) = await tasks(hub, bench)
    assert outcomes == [
        MessageOutcome.APPLIED,
        MessageOutcome.UNCHANGED,
        MessageOutcome.APPLIED,
    ]
    assert seen["dueDate"] == "2026-12-24"


async def test_a_cancelled_task_stays_cancelled_even_if_it_was_heard_of_for_the_first_time(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    institute = bench.lab.organization.uscc

    await told(hub, ecqs, "task.cancelled", "task/RW-2", institute=institute, reason="已报废")

    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["reason"]) == ("CANCELLED", "已报废")


async def test_an_institutes_own_system_gives_tasks_to_no_other_and_learns_of_no_ledger(
    hub: HubClient, bench: Bench, own_system: Connector
) -> None:
    gauge = await hub.given(a_filed(bench.client))
    rival = await hub.given(an_organization(OrgKind.LEGAL_VERIFICATION_INSTITUTE))

    with pytest.raises(Refused):
        await told(hub, own_system, "task.dispatched", "task/1", institute=rival.uscc)
    guess: dict[str, Any] = {"serialNo": gauge.serial_no, "manufacturer": gauge.manufacturer}
    await dispatch(hub, own_system, bench, filingNo=gauge.compulsory_code, **guess)

    (seen,) = await tasks(hub, bench)
    assert (seen["owner"], seen["instrument"]) == (None, None)


@pytest.mark.parametrize(
    ("subject", "data"),
    [
        ("task/", {}),
        ("request/1", {}),
        ("task/1", {"institute": 7}),
        ("task/1", {"institute": None}),
        ("task/1", {"institute": "91320500MAY4LR3A1Y"}),
        ("task/1", {"dueDate": "31.12.2026"}),
        ("task/1", {"dueDate": "20261231"}),
        ("task/1", {"dueDate": "2026-W01-1"}),
        ("task/1", {"serialNo": ["7"]}),
    ],
    ids=str,
)
async def test_a_task_that_cannot_be_understood_is_rejected(
    hub: HubClient, ecqs: Connector, bench: Bench, subject: str, data: dict[str, Any]
) -> None:
    given = {"institute": bench.lab.organization.uscc, **data}

    with pytest.raises((BadInput, Refused)):
        await told(hub, ecqs, "task.dispatched", subject, **given)

    assert await tasks(hub, bench) == []


async def test_a_request_is_done_once_the_results_of_all_its_tasks_are_reported(
    hub: HubClient, bench: Bench, own_system: Connector
) -> None:
    one, two = (an_instrument(bench.client, serial_no=s, manufacturer="甲厂") for s in "12")
    await hub.all_given(one, two)
    made = done(await ask_for(hub, bench.client_user, bench.lab.organization, one, two))
    no = made["requests"][0]["no"]
    for line in (one, two):
        told_ = {"serialNo": line.serial_no, "manufacturer": "甲厂"}
        await dispatch(hub, own_system, bench, f"{no}-{line.serial_no}", requestNo=no, **told_)

    states = []
    for line in (one, two):
        issued(await issue_now(hub, bench.lab, line))
        states.append({seen["request"]["state"] for seen in await tasks(hub, bench)})

    assert states == [{"DISPATCHED"}, {"DONE"}]


async def test_a_certificate_is_reported_with_its_issue(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-3")

    certificate = issued(await issue_now(hub, bench.lab, gauge))

    ((kind, subject, data),) = await sent(hub, ecqs)
    assert (kind, subject) == ("result.report", "task/RW-3")
    standard = bench.lab.standard
    assert data == {
        "taskNo": "RW-3",
        "certificateNo": certificate["number"],
        "kind": "VERIFICATION_CERTIFICATE",
        "conclusion": "QUALIFIED",
        "conclusionClass": None,
        "reason": None,
        "testDate": certificate["testTo"],
        "issueDate": certificate["testTo"],
        "validUntil": certificate["validUntil"],
        "persons": {"testedBy": "赵检定", "checkedBy": "钱核验", "approvedBy": "孙批准"},
        "standards": [
            {
                "name": standard.name,
                "certificateNo": standard.assessment_certificate_no,
                "validUntil": "2099-12-31",
            }
        ],
    }
    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["certificate"]["number"]) == ("REPORTED", certificate["number"])
    assert seen["reportedAt"] is not None


async def test_a_certificate_that_is_refused_reports_nothing(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-4")

    answer = await issue_now(hub, bench.lab, gauge, testedBy=id_of(bench.lab.checker))

    assert answer.data["issueCertificate"]["certificate"] is None
    assert await sent(hub, ecqs) == []


async def test_a_calibration_is_no_result_of_compulsory_verification(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-5")
    calibration: dict[str, Any] = {
        "kind": "CALIBRATION_CERTIFICATE",
        "conclusion": "RESULT_ONLY",
        "intervalMonths": None,
        "results": results(verdict=None),
    }

    issued(await issue_now(hub, bench.lab, gauge, **calibration))

    assert await sent(hub, ecqs) == []
    (seen,) = await tasks(hub, bench)
    assert seen["state"] == "DISPATCHED"


async def test_a_certificate_of_another_laboratory_answers_no_task(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-6")
    other = await a_bench(hub)

    issued(await issue_now(hub, other.lab, gauge))

    assert await sent(hub, ecqs) == []


async def test_what_replaces_a_reported_certificate_is_reported_too(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-7")
    cancelled: dict[str, Any] = {
        "filingNo": gauge.compulsory_code,
        "institute": bench.lab.organization.uscc,
    }
    await told(hub, ecqs, "task.cancelled", "task/RW-8", **cancelled)
    first = issued(await issue_now(hub, bench.lab, gauge))

    correction = {"replaces": first["id"], "replacementKind": "AMENDED"}
    second = issued(await issue_now(hub, bench.lab, gauge, **correction))

    numbers = [data["certificateNo"] for _, _, data in await sent(hub, ecqs)]
    assert numbers == [first["number"], second["number"]]
    states = {seen["taskNo"]: seen["state"] for seen in await tasks(hub, bench)}
    assert states == {"RW-7": "REPORTED", "RW-8": "CANCELLED"}


async def test_a_reported_task_is_not_cancelled_and_tells_why_its_result_was_not_taken(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-9")
    issued(await issue_now(hub, bench.lab, gauge))
    institute = bench.lab.organization.uscc

    with pytest.raises(Refused, match="cannot be cancelled"):
        await told(hub, ecqs, "task.cancelled", "task/RW-9", institute=institute)
    await told(hub, ecqs, "result.report.refused", "task/RW-9", code="X", reason="任务已关闭")

    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["reason"]) == ("REPORTED", "任务已关闭")


async def tasked(hub: HubClient, by: Connector, bench: Bench, number: str) -> Instrument:
    """A filed instrument of the client, with a task for the laboratory."""
    gauge = a_filed(bench.client)
    await given_filed(hub, by, gauge)
    await dispatch(hub, by, bench, number, filingNo=gauge.compulsory_code)
    return gauge


async def test_a_result_goes_to_the_system_that_has_dispatched_the_task_and_to_no_other(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    dispatcher = await hub.given(a_connector(ConnectorKind.ECQS))
    await tasked(hub, dispatcher, bench, "RW-10")
    gauge = await tasked(hub, dispatcher, bench, "RW-11")
    await hub.given(a_connector(ConnectorKind.ECQS, bench.lab.organization))

    issued(await issue_now(hub, bench.lab, gauge))

    assert [subject for _, subject, _ in await sent(hub, dispatcher)] == ["task/RW-11"]
    assert await sent(hub, ecqs) == []


async def test_a_task_whose_system_has_no_address_any_more_stays_open(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    dispatcher = await hub.given(a_connector(ConnectorKind.ECQS))
    gauge = await tasked(hub, dispatcher, bench, "RW-12")
    await disconnect(hub, dispatcher)

    issued(await issue_now(hub, bench.lab, gauge))

    assert await sent(hub, ecqs) == []
    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["certificate"]) == ("DISPATCHED", None)


@pytest.mark.parametrize("then", ["task.dispatched", "task.cancelled"])
async def test_what_a_task_is_about_stays_until_another_is_told_of(
    hub: HubClient, bench: Bench, own_system: Connector, then: str
) -> None:
    line = await hub.given(an_instrument(bench.client, serial_no="7", manufacturer="甲厂"))
    made = await asked(hub, bench, line)
    about: dict[str, Any] = {"serialNo": "7", "manufacturer": "甲厂"}
    await dispatch(hub, own_system, bench, "RW-13", requestNo=made["no"], **about)

    await told(hub, own_system, then, "task/RW-13", reason="仪器故障")

    (row,) = await links(hub, bench)
    assert (row.instrument_id, row.owner_id) == (line.id, bench.client.id)
    (seen,) = await tasks(hub, bench)
    state = "DISPATCHED" if then == "task.dispatched" else "SUBMITTED"
    assert seen["request"] == {"no": made["no"], "state": state}


async def test_a_task_that_goes_over_to_another_request_leaves_the_one_before_as_it_was(
    hub: HubClient, bench: Bench, own_system: Connector
) -> None:
    lines = [an_instrument(bench.client, serial_no=s, manufacturer="甲厂") for s in "12"]
    await hub.all_given(*lines)
    one, other = [await asked(hub, bench, line) for line in lines]
    about: dict[str, Any] = {"manufacturer": "甲厂"}
    await dispatch(hub, own_system, bench, "RW-14", requestNo=one["no"], serialNo="1", **about)

    await dispatch(hub, own_system, bench, "RW-14", requestNo=other["no"], serialNo="2", **about)

    (row,) = await links(hub, bench)
    assert row.instrument_id == lines[1].id
    states = [await state_of(hub, request) for request in (one, other)]
    assert states == ["SUBMITTED", "DISPATCHED"]


async def test_a_reported_task_keeps_all_but_its_date_and_reason(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-15")
    other = a_filed(bench.client)
    await given_filed(hub, ecqs, other)
    issued(await issue_now(hub, bench.lab, gauge))
    await told(hub, ecqs, "filing.returned", f"instrument/{gauge.id}", reason="x")

    again: dict[str, Any] = {"filingNo": other.compulsory_code, "name": "x"}
    await dispatch(hub, ecqs, bench, "RW-15", dueDate="2027-01-01", **again)

    (row,) = await links(hub, bench)
    assert (row.instrument_id, row.owner_id) == (gauge.id, bench.client.id)
    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["dueDate"]) == ("REPORTED", "2027-01-01")
    assert seen["item"]["filingNo"] == gauge.compulsory_code


async def test_a_crowd_of_lines_that_say_the_same_hides_nothing_that_was_accepted(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge, rival = a_filed(bench.client), await hub.given(an_organization())
    same = ("compulsory_code", "serial_no", "manufacturer")
    copied: dict[str, Any] = {name: getattr(gauge, name) for name in same}
    await hub.all_given(*[an_instrument(rival, **copied) for _ in range(25)])
    await given_filed(hub, ecqs, gauge)

    await dispatch(hub, ecqs, bench, filingNo=gauge.compulsory_code)

    assert await instrument_of(hub, bench) == gauge.id


async def test_an_owner_writes_no_instrument_away_from_its_tasks(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = a_filed(bench.client)
    await given_filed(hub, ecqs, gauge)
    number = gauge.compulsory_code
    await changed(hub, gauge, compulsory_code="X", serial_no="Y", manufacturer="Z")

    await dispatch(hub, ecqs, bench, filingNo=number)

    assert await instrument_of(hub, bench) == gauge.id


async def test_what_was_accepted_is_found_however_it_is_spelt(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = a_filed(bench.client, serial_no="sn－ａ １", manufacturer="Acme")
    await given_filed(hub, ecqs, gauge)

    await dispatch(hub, ecqs, bench, serialNo="SN-A1", manufacturer="ＡＣＭＥ")

    assert await instrument_of(hub, bench) == gauge.id


@pytest.mark.parametrize(
    ("days_ago", "changes", "state"),
    [
        (60, {}, "REPORTED"),
        (100, {}, "DISPATCHED"),
        (60, {"intervalMonths": 1}, "DISPATCHED"),
    ],
    ids=["of late", "of another period", "expired"],
)
@pytest.mark.parametrize("is_first", [True, False], ids=["certificate first", "task first"])
async def test_only_a_certificate_of_late_that_is_valid_answers_a_task_whichever_came_first(
    hub: HubClient,
    ecqs: Connector,
    bench: Bench,
    days_ago: int,
    changes: dict[str, Any],
    state: str,
    is_first: bool,
) -> None:
    gauge = a_filed(bench.client)
    await given_filed(hub, ecqs, gauge)
    if is_first:
        issued(await issue_now(hub, bench.lab, gauge, days_ago, **changes))

    await dispatch(hub, ecqs, bench, "RW-20", filingNo=gauge.compulsory_code)
    if not is_first:
        issued(await issue_now(hub, bench.lab, gauge, days_ago, **changes))

    (seen,) = await tasks(hub, bench)
    assert seen["state"] == state
    assert len(await sent(hub, ecqs)) == (state == "REPORTED")


async def test_a_certificate_answers_of_a_systems_tasks_the_one_that_is_due_first_and_no_other(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-21")
    for number, day in (("RW-22", "2099-01-01"), ("RW-23", "2098-01-01")):
        await dispatch(hub, ecqs, bench, number, filingNo=gauge.compulsory_code, dueDate=day)

    issued(await issue_now(hub, bench.lab, gauge))
    await dispatch(hub, ecqs, bench, "RW-24", filingNo=gauge.compulsory_code)

    assert [subject for _, subject, _ in await sent(hub, ecqs)] == ["task/RW-23"]


async def test_what_is_reported_of_a_certificate_is_the_same_when_its_task_comes_later(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-25")
    other = await hub.given(a_connector(ConnectorKind.ECQS))
    await told(hub, other, "filing.returned", f"instrument/{gauge.id}", reason="x")
    await told(hub, other, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-2")

    issued(await issue_now(hub, bench.lab, gauge))
    await dispatch(hub, other, bench, "RW-25", filingNo="QG-2")

    ((_, _, first),), ((_, _, second),) = await sent(hub, ecqs), await sent(hub, other)
    assert first == second


async def test_a_new_report_clears_why_the_one_before_was_not_taken(
    hub: HubClient, ecqs: Connector, bench: Bench
) -> None:
    gauge = await tasked(hub, ecqs, bench, "RW-26")
    first = issued(await issue_now(hub, bench.lab, gauge))
    await told(hub, ecqs, "result.report.refused", "task/RW-26", code="X", reason="编号有误")

    correction = {"replaces": first["id"], "replacementKind": "AMENDED"}
    issued(await issue_now(hub, bench.lab, gauge, **correction))

    (seen,) = await tasks(hub, bench)
    assert (seen["state"], seen["reason"]) == ("REPORTED", None)


async def asked(hub: HubClient, bench: Bench, line: Instrument) -> Any:
    """A request of the client to the laboratory for one instrument."""
    made = await ask_for(hub, bench.client_user, bench.lab.organization, line)
    return done(made)["requests"][0]


async def links(hub: HubClient, bench: Bench) -> Any:
    """What the tasks of the laboratory are linked with."""
    return await hub.stored(
        "SELECT instrument_id, owner_id, request_id FROM verification_task"
        " WHERE institute_id = :id ORDER BY task_no",
        id=bench.lab.organization.id,
    )


async def state_of(hub: HubClient, made: Any) -> str:
    """The state of a request."""
    found = await hub.stored("SELECT state FROM verification_request WHERE no = :no", no=made["no"])
    return str(found[0].state)
