"""The simulated systems: they keep the wire's rules, and break each one that they are asked to."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.simulators.behaviour import Behaviour
from examples.simulators.ecqs import Ecqs
from examples.simulators.erp import LINES, Erp
from examples.simulators.licensing import COURSE, Licensing
from examples.simulators.push import Push
from examples.simulators.submission import Submission
from examples.simulators.system import System
from hub.integrations.signing import signed_at
from tests.connectors.simulating import on_loopback, simulating
from tests.patience import patiently

CREDENTIAL = "only-for-tests"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 -- of no one but this test
AUTHORIZED = {"authorization": f"Bearer {CREDENTIAL}"}
GAUGE = {
    "name": "一般压力表",
    "catalogueItem": "33",
    "catalogueKind": "33-1",
    "serialNo": "7",
    "manufacturer": "示范仪表厂",
    "purpose": "SAFETY",
}


def message(kind: str, subject: str, **data: Any) -> dict[str, Any]:
    """A message as the hub sends it."""
    at = "2026-11-23T08:00:00+00:00"
    return {"id": f"msg-{kind}-{subject}", "type": kind, "at": at, "subject": subject, "data": data}


@pytest.fixture
def ecqs() -> Ecqs:
    return Ecqs(CREDENTIAL)


@pytest.fixture
async def http(ecqs: Ecqs) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        simulating(ecqs) as url,
        httpx.AsyncClient(base_url=url, headers=AUTHORIZED, timeout=30) as client,
    ):
        yield client


async def test_a_message_that_comes_twice_has_one_effect_and_the_same_receipt(
    http: httpx.AsyncClient, ecqs: Ecqs
) -> None:
    filing = message("instrument.filing", "instrument/1", **GAUGE)

    answers = [(await http.post("/messages", json=filing)).json() for _ in range(2)]

    assert answers[0] == answers[1] == {"id": filing["id"], "receipt": "R-000001"}
    assert [one["type"] for one in ecqs.events] == ["filing.accepted"]
    assert ecqs.tries[filing["id"]] == 2


async def test_what_lacks_something_is_returned_with_the_reason(
    http: httpx.AsyncClient, ecqs: Ecqs
) -> None:
    filing = message("instrument.filing", "instrument/1", **GAUGE | {"serialNo": None})

    await http.post("/messages", json=filing)

    assert [(one["type"], one["data"]) for one in ecqs.events] == [
        ("filing.returned", {"reason": "缺少 serialNo"})
    ]


@pytest.mark.parametrize(
    ("make", "kind"), [(Ecqs, "appointment"), (Submission, "submission")], ids=lambda one: str(one)
)
async def test_a_request_is_accepted_and_a_task_dispatched_for_each_instrument(
    make: type[System], kind: str
) -> None:
    system = make(CREDENTIAL)
    asked = {"no": "Q-1", "institute": "9132", "latestDate": None, "instruments": [GAUGE, GAUGE]}

    system.take(message(f"{kind}.request", "request/Q-1", **asked))

    kinds = [one["type"] for one in system.events]
    assert kinds == [f"{kind}.accepted", "task.dispatched", "task.dispatched"]
    assert len({one["data"]["taskNo"] for one in system.events[1:]}) == 2


async def test_pages_follow_each_other_until_there_are_no_more() -> None:
    erp = Erp(CREDENTIAL)
    seen: list[str] = []
    after, more = None, True

    while more:
        page = erp.page(after, 7)
        seen += [one["id"] for one in page["items"]]
        after, more = page["next"], page["more"]

    assert seen == [one["id"] for one in erp.events]
    assert len(seen) == LINES


async def test_without_the_credential_nothing_is_told(http: httpx.AsyncClient) -> None:
    wrong = {"authorization": "Bearer else"}

    statuses = [
        (await http.get("/events", headers=wrong)).status_code,
        (await http.post("/messages", headers=wrong, json={})).status_code,
    ]

    assert statuses == [401, 401]


async def test_a_duplicated_and_reordered_page_has_each_event_twice_newest_first(
    http: httpx.AsyncClient, ecqs: Ecqs
) -> None:
    told = [ecqs.tell("task.cancelled", "task/1")["id"] for _ in range(3)]

    await http.post("/behave", json={"duplicated": True, "reordered": True})
    page = (await http.get("/events")).json()

    assert [one["id"] for one in page["items"]] == [one for one in told[::-1] for _ in range(2)]
    assert page["total"] == 6


async def test_a_wrong_total_is_one_too_many(http: httpx.AsyncClient, ecqs: Ecqs) -> None:
    ecqs.tell("task.cancelled", "task/1")

    await http.post("/behave", json={"wrong_totals": True})
    page = (await http.get("/events")).json()

    assert (len(page["items"]), page["total"]) == (1, 2)


async def test_down_is_503_and_refusing_is_422_and_neither_takes_a_message(
    http: httpx.AsyncClient, ecqs: Ecqs
) -> None:
    filing = message("instrument.filing", "instrument/1", **GAUGE)

    await http.post("/behave", json={"down": True})
    down = await http.post("/messages", json=filing)
    await http.post("/behave", json={"refusing": True})
    refused = await http.post("/messages", json=filing)

    assert (down.status_code, refused.status_code) == (503, 422)
    assert refused.json().keys() == {"code", "reason"}
    assert ecqs.messages == {}


async def test_a_cut_takes_the_message_and_drops_the_connection(
    http: httpx.AsyncClient, ecqs: Ecqs
) -> None:
    await http.post("/behave", json={"cut": True})

    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/messages", json=message("instrument.filing", "instrument/1", **GAUGE))

    assert len(ecqs.messages) == 1


async def test_garbage_is_a_page_for_people(http: httpx.AsyncClient) -> None:
    await http.post("/behave", json={"garbage": True})

    answer = await http.get("/events")

    assert answer.status_code == 200
    assert answer.text.startswith("<html>")


async def test_a_slow_system_still_answers(http: httpx.AsyncClient, ecqs: Ecqs) -> None:
    ecqs.behaviour = Behaviour(slow=0.01)

    assert (await http.get("/events")).json()["total"] == 0


async def test_a_behaviour_that_there_is_not_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.post("/behave", json={"sulking": True})

    assert (answer.status_code, "sulking" in answer.text) == (400, True)


async def test_stages_are_pushed_signed_until_the_hub_has_them() -> None:
    heard: list[dict[str, Any]] = []
    statuses = [503, *(202 for _ in COURSE)]

    async def door(request: Request) -> Response:
        body = await request.body()
        signed_at(SECRET, request.headers, body)
        heard.append(await request.json())
        return Response(status_code=statuses[len(heard) - 1])

    app = Starlette(routes=[Route("/exchange/1/messages", door, methods=["POST"])])
    async with on_loopback(app) as url:
        push = Push(f"{url}/exchange/1/messages", SECRET)
        licensing = Licensing(CREDENTIAL, push)
        async with simulating(licensing):
            licensing.apply("9132", "示范机构")
            async with patiently("all stages to be pushed"):
                while len(push.answers) < len(COURSE):  # noqa: ASYNC110 -- nothing tells of it
                    await asyncio.sleep(0.02)

    assert [one["data"]["stage"] for one in heard] == ["APPLIED", *COURSE]
    assert [one["id"] for one in push.answers] == [one["id"] for one in licensing.events]


async def test_a_simulator_runs_as_a_program_of_its_own() -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "examples.simulators.erp", "--port", "0"),
        *("--credential", CREDENTIAL),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert program.stdout is not None
        async with patiently("the simulator to be ready"):
            url = (await program.stdout.readline()).decode().removeprefix("ready ").strip()
        async with httpx.AsyncClient(base_url=url, headers=AUTHORIZED) as client:
            page = (await client.get("/events", params={"limit": 5})).json()
    finally:
        program.terminate()
        await program.wait()

    assert (page["total"], page["more"]) == (5, True)
