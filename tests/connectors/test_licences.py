"""Stages of licensing, pushed in whatever order: where an application stands, and who sees it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from hub.errors import BadInput, Refused
from hub.exchange import ConnectorKind, MessageOutcome
from hub.integrations.inbox import store
from hub.integrations.kinds import actor_of, flow_of
from hub.integrations.port import Applied, Event, Link
from hub.tables.connector import Connector
from hub.tables.organization import Organization
from hub.vocabulary import Role
from hub.writer import Writer
from tests.connectors.flows import told
from tests.doors import HubClient
from tests.given import a_connector, a_uscc, a_user, an_organization
from tests.ledger_verbs import Firm, a_firm

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
COURSE = ("APPLIED", "PREREVIEW", "ACCEPTED", "REVIEW", "DECIDED", "DELIVERED")
SEEN = """
query($no: String!) { licenceApplications(filter: {acceptanceNo: {eq: $no}}) { nodes {
  acceptanceNo item itemCode applicant { id } applicantUscc applicantName state stateAt result
  source { system key } stages { stage seq at handler result opinion fits }
} } }
"""


@pytest.fixture
async def office(hub: HubClient) -> Connector:
    return await hub.given(a_connector(ConnectorKind.LICENSING, base_url=None, credential=None))


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def push(
    hub: HubClient,
    by: Connector,
    of: Organization,
    number: str,
    stage: str,
    seq: int,
    stated: int = 0,
    **data: Any,
) -> Applied:
    """Push a stage, which the other system has stated so many minutes after the beginning."""
    given = {
        "acceptanceNo": number,
        "item": "计量标准器具核准",
        "itemCode": "JL-01",
        "applicantUscc": of.uscc,
        "applicantName": of.name,
        "stage": stage,
        "stageSeq": seq,
        "time": (BEGAN + timedelta(days=seq)).isoformat(),
        "handler": "周受理",
        "result": "GRANTED" if stage == "DECIDED" else None,
        "opinion": None,
        **data,
    }
    at = BEGAN + timedelta(minutes=stated)
    return await told(hub, by, "licence.stage", f"licence/{number}", at=at, **given)


async def seen(hub: HubClient, who: Any, number: str) -> Any:
    """The application as someone sees it, None where it is hidden."""
    answer = await hub.ask(SEEN, as_=who, no=number)
    assert answer.errors == []
    return next(iter(answer.data["licenceApplications"]["nodes"]), None)


def a_number() -> str:
    return f"SL-{uuid4().hex}"


async def test_stages_that_are_pushed_as_they_come_lead_to_the_last(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()

    for seq, stage in enumerate(COURSE, start=1):
        await push(hub, office, firm.owner, number, stage, seq)

    found = await seen(hub, firm.user, number)
    assert (found["state"], found["result"]) == ("DELIVERED", "GRANTED")
    assert found["stateAt"] == "2026-03-08T01:00:00+00:00"
    assert [one["stage"] for one in found["stages"]] == list(COURSE)
    assert all(one["fits"] for one in found["stages"])
    assert found["source"] == {"system": office.code, "key": number}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_pushed_in_any_order_and_twice_they_lead_to_the_same(
    hub: HubClient, office: Connector, firm: Firm, order: tuple[int, ...]
) -> None:
    number = a_number()

    for place in (*order, *order):
        await push(hub, office, firm.owner, number, COURSE[place], place + 1)

    found = await seen(hub, firm.user, number)
    assert found["state"] == "ACCEPTED"
    assert [(one["stage"], one["fits"]) for one in found["stages"]] == [
        ("APPLIED", True),
        ("PREREVIEW", True),
        ("ACCEPTED", True),
    ]


async def test_a_stage_that_cannot_follow_is_kept_and_shown_and_changes_nothing(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()
    await push(hub, office, firm.owner, number, "APPLIED", 1)

    applied = await push(hub, office, firm.owner, number, "DECIDED", 5)

    assert applied.outcome is MessageOutcome.APPLIED
    assert applied.words is not None
    assert "cannot follow" in applied.words.en
    found = await seen(hub, firm.user, number)
    assert (found["state"], found["result"]) == ("APPLIED", None)
    assert [(one["stage"], one["fits"]) for one in found["stages"]] == [
        ("APPLIED", True),
        ("DECIDED", False),
    ]


async def test_without_its_first_stage_an_application_is_shown_without_a_state(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()

    await push(hub, office, firm.owner, number, "REVIEW", 4)

    found = await seen(hub, firm.user, number)
    assert (found["state"], found["stateAt"], len(found["stages"])) == (None, None, 1)


async def test_the_same_stage_again_is_known_and_changes_no_version(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()

    outcomes = [
        (await push(hub, office, firm.owner, number, "APPLIED", 1, stated)).outcome
        for stated in (0, 0, 9)
    ]

    assert outcomes == [MessageOutcome.APPLIED, *[MessageOutcome.UNCHANGED] * 2]
    ((version,),) = await hub.stored(
        "SELECT version FROM licence_application WHERE acceptance_no = :no", no=number
    )
    assert version == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["older first", "newer first"])
async def test_of_two_statements_of_a_stage_the_newer_counts(
    hub: HubClient, office: Connector, firm: Firm, order: tuple[int, int]
) -> None:
    number = a_number()

    outcomes = [
        (
            await push(
                hub, office, firm.owner, number, "APPLIED", 1, stated, opinion=f"第 {stated} 次"
            )
        ).outcome
        for stated in order
    ]

    found = await seen(hub, firm.user, number)
    assert [one["opinion"] for one in found["stages"]] == ["第 1 次"]
    second = MessageOutcome.APPLIED if order == (0, 1) else MessageOutcome.STALE
    assert outcomes == [MessageOutcome.APPLIED, second]


async def test_what_is_said_of_the_application_is_by_the_newest_statement_in_any_order(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    statements = [("APPLIED", 1, 0, "旧名"), ("PREREVIEW", 2, 5, "新名"), ("ACCEPTED", 3, 3, "中")]

    names = set()
    for order in permutations(statements):
        number = a_number()
        for stage, seq, stated, name in order:
            given = {"applicantName": name}
            await push(hub, office, firm.owner, number, stage, seq, stated, **given)
        names.add((await seen(hub, firm.user, number))["applicantName"])

    assert names == {"新名"}


async def test_the_applicant_and_oversight_see_an_application_and_no_one_else(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()
    await push(hub, office, firm.owner, number, "APPLIED", 1)
    authority = await hub.given(an_organization())
    see = {
        "own": firm.user,
        "rival": (await a_firm(hub)).user,
        "regulator": await hub.given(a_user(authority, Role.REGULATOR, district="3205")),
        "elsewhere": await hub.given(a_user(authority, Role.REGULATOR, district="3206")),
        "steward": await hub.given(a_user(authority, Role.DATA_STEWARD)),
        "auditor": await hub.given(a_user(authority, Role.AUDITOR)),
        "operator": await hub.given(a_user(authority, Role.OPERATOR)),
    }

    who = {name for name, user in see.items() if await seen(hub, user, number)}

    assert who == {"own", "regulator", "steward"}


async def test_an_application_of_no_one_we_know_is_the_stewards_until_the_next_stage_tells_whose(
    hub: HubClient, office: Connector
) -> None:
    number, stranger = a_number(), an_organization(uscc=a_uscc())
    steward = await hub.given(a_user(await hub.given(an_organization()), Role.DATA_STEWARD))
    await push(hub, office, stranger, number, "APPLIED", 1)
    before = await seen(hub, steward, number)

    await hub.given(stranger)
    user = await hub.given(a_user(stranger))
    await push(hub, office, stranger, number, "PREREVIEW", 2)

    assert (before["applicant"], before["applicantUscc"]) == (None, stranger.uscc)
    assert len((await seen(hub, user, number))["stages"]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage": "FINISHED"},
        {"stage": None},
        {"stageSeq": 0},
        {"stageSeq": "1"},
        {"stageSeq": True},
        {"stageSeq": 2**40},
        {"time": "2026-03-02T09:00:00"},
        {"time": "yesterday"},
        {"acceptanceNo": ""},
        {"handler": {"name": "x"}},
        {"opinion": "x" * 5000},
        {"applicantName": "a\0b"},
    ],
    ids=str,
)
async def test_a_stage_that_cannot_be_understood_is_rejected_with_its_place(
    hub: HubClient, office: Connector, firm: Firm, wrong: dict[str, Any]
) -> None:
    (member,) = wrong
    given: dict[str, Any] = {"stage": "APPLIED", "seq": 1, **wrong}

    with pytest.raises(BadInput) as refusal:
        await push(hub, office, firm.owner, a_number(), **given)

    assert refusal.value.path == ("data", member)


async def test_an_application_has_so_many_stages_and_no_more(
    hub: HubClient, office: Connector, firm: Firm
) -> None:
    number = a_number()
    for seq in range(1, 101):
        await push(hub, office, firm.owner, number, "APPLIED", seq)

    with pytest.raises(Refused, match="at most 100"):
        await push(hub, office, firm.owner, number, "APPLIED", 101)

    assert len((await seen(hub, firm.user, number))["stages"]) == 100


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
async def test_an_instant_beyond_the_calendar_is_refused_where_it_stands(
    hub: HubClient, office: Connector, firm: Firm, time: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        await push(hub, office, firm.owner, a_number(), "APPLIED", 1, time=time)

    assert refusal.value.path == ("data", "time")


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("110101199003072316", "1****************6"),
        ("11010119900307231x", "1****************X"),
        ("E12345678", "*********"),
    ],
)
async def test_nothing_is_kept_of_the_resident_id_of_an_applicant_but_its_ends(
    hub: HubClient, office: Connector, code: str, kept: str
) -> None:
    number = a_number()
    event = {
        "id": number,
        "type": "licence.stage",
        "at": BEGAN.isoformat(),
        "subject": f"licence/{number}",
        "data": {
            "acceptanceNo": number,
            "item": "注册计量师注册",
            "applicantUscc": code,
            "applicantName": "张三",
            "stage": "APPLIED",
            "stageSeq": 1,
            "time": BEGAN.isoformat(),
        },
    }
    link = Link(office.id, office.code, office.kind, office.organization_id)
    async with hub.hub.database.writer(actor_of(link)) as db:
        await store(db, link, [event], BEGAN)
        await told_again(db, link, event["data"])

    ((body,),) = await hub.stored("SELECT body FROM connector_message WHERE key = :no", no=number)
    ((stored,),) = await hub.stored(
        "SELECT applicant_uscc FROM licence_application WHERE acceptance_no = :no", no=number
    )
    assert code not in body
    assert kept in body
    assert stored == kept


async def told_again(db: Writer, link: Link, data: Any) -> None:
    """The event is applied as it came."""
    flow = flow_of(link.kind, "licence.stage")
    assert flow is not None
    await flow.handle(db, link, Event("1", "licence.stage", BEGAN, "licence/1", None, data))
