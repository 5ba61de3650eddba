"""Requests for verification: through which system they go, and what is decided on them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.errors import NotFound, Refused
from hub.exchange import ConnectorKind, MessageOutcome
from hub.tables.connector import Connector
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.times import today
from hub.vocabulary import FilingState, InstrumentState, OrgKind, Role
from tests.connectors.flows import (
    a_filed,
    ask_for,
    disconnect,
    done,
    given_filed,
    refused,
    sent,
    the_platforms,
    told,
)
from tests.doors import Answer, HubClient, id_of, key
from tests.given import a_connector, a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, a_firm, update

INSTITUTE = OrgKind.LEGAL_VERIFICATION_INSTITUTE
SEEN = """
query($id: ID!) { verificationRequest(id: $id) {
  no state reason externalNo decidedAt applicant { id } institute { id }
  items { item { name serialNo filingNo } instrument { id } } tasks { nodes { taskNo } }
} }
"""

WITHDRAW = """
mutation($input: WithdrawRequestInput!) { done: withdrawRequest(input: $input) {
  request { state reason } problems { code path } replayed
} }
"""


@pytest.fixture
async def ecqs(hub: HubClient) -> Connector:
    return await the_platforms(hub, ConnectorKind.ECQS)


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


@pytest.fixture
async def institute(hub: HubClient) -> Organization:
    return await hub.given(an_organization(INSTITUTE))


@pytest.fixture
async def own_system(hub: HubClient, institute: Organization) -> Connector:
    return await hub.given(a_connector(ConnectorKind.SUBMISSION, institute))


async def test_compulsory_instruments_and_others_go_each_through_their_own_system(
    hub: HubClient, ecqs: Connector, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    filed, plain = a_filed(firm.owner), an_instrument(firm.owner, serial_no="7")
    await hub.all_given(filed, plain)
    latest = (today() + timedelta(30)).isoformat()

    made = done(
        await ask_for(hub, firm.user, institute, plain, filed, onSite=True, latestDate=latest)
    )

    assert [(one["channel"], one["state"], one["size"]) for one in made["requests"]] == [
        ("ECQS", "SUBMITTED", 1),
        ("SUBMISSION", "SUBMITTED", 1),
    ]
    ((kind, subject, data),) = await sent(hub, ecqs)
    assert (kind, subject) == ("appointment.request", f"request/{made['requests'][0]['no']}")
    assert data == {
        "no": made["requests"][0]["no"],
        "applicant": {"uscc": firm.owner.uscc, "name": firm.owner.name},
        "institute": institute.uscc,
        "onSite": True,
        "latestDate": latest,
        "note": None,
        "instruments": [
            {
                "name": filed.name,
                "modelSpec": "Y-100",
                "serialNo": filed.serial_no,
                "manufacturer": "示范仪表厂",
                "assetNo": filed.asset_no,
                "filingNo": filed.compulsory_code,
            }
        ],
    }
    ((kind, _, data),) = await sent(hub, own_system)
    assert kind == "submission.request"
    assert [one["serialNo"] for one in data["instruments"]] == ["7"]


async def test_what_stands_against_each_instrument_is_told_and_nothing_is_asked_for(
    hub: HubClient, ecqs: Connector, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    good = an_instrument(firm.owner)
    unfiled = a_filed(firm.owner, FilingState.SUBMITTED)
    scrapped = an_instrument(firm.owner, status=InstrumentState.SCRAPPED)
    asked = an_instrument(firm.owner)
    await hub.all_given(good, unfiled, scrapped, asked)
    done(await ask_for(hub, firm.user, institute, asked))

    problems = refused(await ask_for(hub, firm.user, institute, good, unfiled, scrapped, asked))

    assert problems == [
        ("NOT_FILED", ["instruments", "1"]),
        ("SCRAPPED", ["instruments", "2"]),
        ("REQUESTED_ALREADY", ["instruments", "3"]),
    ]
    assert len(await sent(hub, own_system)) == 1


@pytest.mark.parametrize(
    ("kinds", "given", "path"),
    [
        ([OrgKind.ENTERPRISE], {}, "institute"),
        ([OrgKind.CALIBRATION_LAB], {}, "institute"),
        ([INSTITUTE], {"latestDate": "2020-01-01"}, "latestDate"),
        ([INSTITUTE], {"note": "字" * 5000}, "note"),
    ],
    ids=["no institute", "not connected", "over", "too long"],
)
async def test_a_request_that_cannot_be_made_leaves_nothing_behind(
    hub: HubClient, firm: Firm, kinds: list[OrgKind], given: dict[str, Any], path: str
) -> None:
    await disconnect(hub, await the_platforms(hub, ConnectorKind.SUBMISSION))
    institute = await hub.given(an_organization(*kinds))
    line = await hub.given(an_instrument(firm.owner))

    ((_, found),) = refused(await ask_for(hub, firm.user, institute, line, **given))

    assert found == [path]
    assert (
        await hub.stored(
            "SELECT id FROM verification_request WHERE applicant_id = :id", id=firm.owner.id
        )
        == []
    )


async def test_only_authorities_are_asked_for_compulsory_verification(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    laboratory = await hub.given(an_organization(OrgKind.CALIBRATION_LAB))
    filed = await hub.given(a_filed(firm.owner))

    problems = refused(await ask_for(hub, firm.user, laboratory, filed))

    assert problems == [("REFUSED", ["institute"])]


async def test_two_requests_for_one_instrument_at_once_make_one(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    line = await hub.given(an_instrument(firm.owner))

    answers = await asyncio.gather(*(ask_for(hub, firm.user, institute, line) for _ in range(4)))

    made = [len(answer.data["done"]["requests"]) for answer in answers]
    assert sorted(made) == [0, 0, 0, 1]
    assert len(await sent(hub, own_system)) == 1


async def test_an_accepted_request_has_the_number_of_the_other_system(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made = await asked(hub, firm, institute)

    applied = await told(
        hub, own_system, "submission.accepted", f"request/{made['no']}", externalNo="BJ-1"
    )

    assert applied.outcome is MessageOutcome.APPLIED
    seen = (await hub.ask(SEEN, as_=firm.user, id=made["id"])).data["verificationRequest"]
    assert (seen["state"], seen["externalNo"], seen["reason"]) == ("ACCEPTED", "BJ-1", None)
    assert seen["decidedAt"] is not None


async def test_after_a_return_the_same_instrument_may_be_asked_for_again(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    line = await hub.given(an_instrument(firm.owner))
    made = done(await ask_for(hub, firm.user, institute, line))["requests"][0]

    await told(hub, own_system, "submission.returned", f"request/{made['no']}", reason="超出范围")
    again = done(await ask_for(hub, firm.user, institute, line))["requests"]

    seen = (await hub.ask(SEEN, as_=firm.user, id=made["id"])).data["verificationRequest"]
    assert (seen["state"], seen["reason"]) == ("RETURNED", "超出范围")
    assert len(again) == 1


async def test_a_late_acceptance_opens_no_second_request_for_the_same_instrument(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    line = await hub.given(an_instrument(firm.owner))
    made = done(await ask_for(hub, firm.user, institute, line))["requests"][0]
    subject = f"request/{made['no']}"
    await told(hub, own_system, "submission.returned", subject, reason="超出范围")
    done(await ask_for(hub, firm.user, institute, line))

    with pytest.raises(Refused, match="asked for again"):
        await told(hub, own_system, "submission.accepted", subject, externalNo="BJ-1")

    seen = (await hub.ask(SEEN, as_=firm.user, id=made["id"])).data["verificationRequest"]
    assert seen["state"] == "RETURNED"


async def test_a_task_of_a_returned_request_does_not_open_it_again(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made = await asked(hub, firm, institute)
    await told(hub, own_system, "submission.returned", f"request/{made['no']}", reason="超出范围")

    for then in ("task.dispatched", "task.cancelled"):
        await told(hub, own_system, then, f"task/{made['no']}", requestNo=made["no"])

    seen = (await hub.ask(SEEN, as_=firm.user, id=made["id"])).data["verificationRequest"]
    assert seen["state"] == "RETURNED"


async def test_an_acceptance_that_comes_after_the_task_is_dated_too(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made = await asked(hub, firm, institute)
    await told(hub, own_system, "task.dispatched", f"task/{made['no']}", requestNo=made["no"])

    await told(hub, own_system, "submission.accepted", f"request/{made['no']}", externalNo="BJ-2")

    seen = (await hub.ask(SEEN, as_=firm.user, id=made["id"])).data["verificationRequest"]
    assert (seen["state"], seen["externalNo"]) == ("DISPATCHED", "BJ-2")
    assert seen["decidedAt"] is not None


async def test_a_system_decides_on_nothing_that_was_not_asked_through_it(
    hub: HubClient, ecqs: Connector, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made = await asked(hub, firm, institute)
    rival = await hub.given(an_organization(INSTITUTE))
    rivals = await hub.given(a_connector(ConnectorKind.SUBMISSION, rival))

    with pytest.raises(NotFound):
        await told(hub, rivals, "submission.returned", f"request/{made['no']}", reason="x")
    with pytest.raises(NotFound):
        await told(hub, ecqs, "appointment.returned", f"request/{made['no']}", reason="x")


async def test_what_has_been_begun_cannot_be_returned(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made = await asked(hub, firm, institute)
    task = {"requestNo": made["no"], "name": "x"}
    await told(hub, own_system, "task.dispatched", f"task/{made['no']}", **task)

    with pytest.raises(Refused, match="cannot be returned"):
        await told(hub, own_system, "submission.returned", f"request/{made['no']}", reason="x")


async def test_the_institute_sees_what_is_asked_of_it_but_not_the_ledger(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    line = await hub.given(an_instrument(firm.owner, serial_no="SN-7"))
    made = done(await ask_for(hub, firm.user, institute, line))["requests"][0]
    staff = await hub.given(a_user(institute, Role.LAB_STAFF))
    admin = await hub.given(a_user(institute, Role.ORG_ADMIN))
    rival = (await a_firm(hub)).user

    seen = {
        who: (await hub.ask(SEEN, as_=who, id=made["id"])).data["verificationRequest"]
        for who in (firm.user.login_name, staff.login_name, admin.login_name, rival.login_name)
    }

    assert seen[rival.login_name] is None
    assert seen[firm.user.login_name]["items"][0]["instrument"] == {"id": id_of(line)}
    for user in (staff, admin):
        (item,) = seen[user.login_name]["items"]
        assert item["item"] == {"name": line.name, "serialNo": "SN-7", "filingNo": None}
        assert item["instrument"] is None


async def test_a_request_names_the_number_that_was_accepted_whatever_the_ledger_says_since(
    hub: HubClient, ecqs: Connector, firm: Firm, institute: Organization
) -> None:
    line = a_filed(firm.owner)
    await given_filed(hub, ecqs, line)
    number = line.compulsory_code
    changed = await update(hub, firm.user, line, 1, content={"compulsoryCode": "自编"})
    assert changed.data["done"]["problems"] == []

    done(await ask_for(hub, firm.user, institute, line))

    ((_, _, data),) = await sent(hub, ecqs)
    assert [one["filingNo"] for one in data["instruments"]] == [number]


@pytest.mark.parametrize("state", [FilingState.SUBMITTED, FilingState.ACCEPTED])
async def test_what_is_filed_stays_under_compulsory_verification(
    hub: HubClient, firm: Firm, state: FilingState
) -> None:
    line = await hub.given(a_filed(firm.owner, state))

    answer = await update(hub, firm.user, line, 1, content={"compulsory": False})

    (problem,) = answer.data["done"]["problems"]
    assert problem["code"] == "REFUSED"
    assert problem["path"][-1] == "compulsory"


async def test_a_withdrawn_request_is_told_to_its_system_and_its_instrument_is_free_again(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    line = await hub.given(an_instrument(firm.owner))
    made = done(await ask_for(hub, firm.user, institute, line))["requests"][0]

    withdrawn = done(await withdraw(hub, firm.user, made))["request"]
    done(await ask_for(hub, firm.user, institute, line))

    assert (withdrawn["state"], withdrawn["reason"]) == ("WITHDRAWN", "重复申请")
    told_ = (await sent(hub, own_system))[1]
    assert told_ == (
        "submission.withdrawn",
        f"request/{made['no']}",
        {"no": made["no"], "externalNo": None, "reason": "重复申请"},
    )
    late = await told(
        hub, own_system, "submission.accepted", f"request/{made['no']}", externalNo="1"
    )
    assert late.outcome is MessageOutcome.UNCHANGED


async def test_nobody_withdraws_what_has_been_begun_was_changed_or_is_of_others(
    hub: HubClient, firm: Firm, institute: Organization, own_system: Connector
) -> None:
    made, rival = await asked(hub, firm, institute), await a_firm(hub)
    staff = await hub.given(a_user(institute, Role.ORG_ADMIN))

    answers = [
        await withdraw(hub, rival.user, made),
        await withdraw(hub, staff, made),
        await withdraw(hub, firm.user, made, expectedVersion=9),
        await withdraw(hub, firm.user, made, reason=" "),
    ]
    await told(hub, own_system, "task.dispatched", f"task/{made['no']}", requestNo=made["no"])
    answers.append(await withdraw(hub, firm.user, made, expectedVersion=2))

    codes = [answer.codes or [code for code, _ in refused(answer)] for answer in answers]
    assert codes == [["NOT_FOUND"], ["NOT_FOUND"], ["CONFLICT"], ["REFUSED"], ["REFUSED"]]
    assert len(await sent(hub, own_system)) == 1


async def withdraw(hub: HubClient, who: User, made: Any, **given: Any) -> Answer:
    """Withdraw a request."""
    given = {
        "id": made["id"],
        "expectedVersion": 1,
        "reason": "重复申请",
        "idempotencyKey": key(),
        **given,
    }
    return await hub.ask(WITHDRAW, as_=who, input=given)


async def asked(hub: HubClient, firm: Firm, institute: Organization) -> Any:
    """A request for one instrument."""
    line = await hub.given(an_instrument(firm.owner))
    return done(await ask_for(hub, firm.user, institute, line))["requests"][0]
