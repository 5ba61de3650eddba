"""What the hub states goes out at least once, in order, and is given up for good reasons only."""

import json
from typing import Any
from uuid import UUID

import pytest

from examples.simulators.behaviour import Behaviour
from examples.simulators.system import System
from hub.actions.connector import queue
from hub.actions.session import actor_of_account
from hub.exchange import ConnectorKind
from tests.connectors.simulating import simulating
from tests.connectors.verbs import (
    Keeper,
    Worker,
    a_connector,
    a_worker,
    an_enterprise,
    connected,
    do,
    done,
    leases_over,
    messages,
    refused,
    seen,
    states,
)
from tests.doors import HubClient


async def queued(
    hub: HubClient,
    keeper: Keeper,
    subject: str = "s",
    *,
    served: UUID | None = None,
    **data: Any,
) -> UUID | None:
    """A message of an enterprise to whatever compulsory verification is done with."""
    actor = await actor_of_account(hub.hub.database, keeper.who.id)
    assert actor is not None
    async with hub.hub.database.writer(actor) as db:
        kind = ConnectorKind.SUBMISSION if served else ConnectorKind.ECQS
        return await queue(db, kind, served, type="test.said", subject=subject, data=data)


async def test_messages_of_a_subject_go_out_in_their_order_and_once(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    system = System("credential")
    async with simulating(system) as base:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        for number in range(5):
            for subject in ("s", "t"):
                await queued(hub, enterprise, subject, number=number)

        await worker.all()

    for subject in ("s", "t"):
        told = [one for one in system.messages.values() if one["subject"] == subject]
        assert [message["data"]["number"] for message in told] == [0, 1, 2, 3, 4]
    assert set(system.tries.values()) == {1}
    receipts = [out["receipt"] for out in await messages(hub, one, "OUT")]
    assert sorted(receipts) == [f"R-{number:06d}" for number in range(1, 11)]


async def test_what_was_taken_before_the_line_was_cut_is_taken_once(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    system = System("credential", behaviour=Behaviour(cut=True))
    async with simulating(system) as base:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        await queued(hub, enterprise)
        await worker.all()
        assert await states(hub, one, "OUT") == ["PENDING"]
        system.behaviour = Behaviour()
        await worker.later(minutes=20)

    assert await states(hub, one, "OUT") == ["DONE"]
    assert list(system.tries.values()) == [2]


async def test_later_messages_of_a_subject_wait_for_one_that_fails_and_others_do_not(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    class Choosy(System):
        """Fails of one message."""

        def react(self, message: Any) -> None:
            if message["data"].get("poison"):
                del self.messages[message["id"]]
                raise RuntimeError("this one is too much")

    system = Choosy("credential")
    async with simulating(system) as base:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        await queued(hub, enterprise, "s", poison=True)
        await queued(hub, enterprise, "s", number=2)
        await queued(hub, enterprise, "t", number=3)
        await worker.all()
        await worker.later(seconds=1)

    assert await states(hub, one, "OUT") == ["PENDING", "PENDING", "DONE"]
    assert [message["data"] for message in system.messages.values()] == [{"number": 3}]


async def test_a_refusal_for_good_is_kept_with_the_words_of_the_other_side_and_can_be_retried(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    system = System("credential", behaviour=Behaviour(refusing=True))
    async with simulating(system) as base:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        await queued(hub, enterprise)
        await worker.all()
        (message,) = await messages(hub, one, "OUT")
        assert (message["state"], message["problem"]["code"]) == ("REJECTED", "NOT_ACCEPTED")
        assert (await seen(hub, one))["health"] == "OK"
        await worker.later(days=10)
        assert await states(hub, one, "OUT") == ["REJECTED"]

        system.behaviour = Behaviour()
        done(await do(hub, steward.who, "retryConnectorMessage", id=message["id"]))
        await worker.all()

        assert await states(hub, one, "OUT") == ["DONE"]
        again = await do(hub, steward.who, "retryConnectorMessage", id=message["id"])
    assert refused(again) == ("REFUSED", [])


async def test_what_fails_for_three_days_is_a_dead_letter(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    system = System("credential", behaviour=Behaviour(down=True))
    async with simulating(system) as base:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        await queued(hub, enterprise)
        await worker.all()
        for _ in range(5):
            await worker.later(hours=12)
        assert await states(hub, one, "OUT") == ["PENDING"]
        for _ in range(3):
            await worker.later(hours=12)

        assert await states(hub, one, "OUT") == ["DEAD"]
        found = await seen(hub, one)
        assert (found["health"], found["standing"]["dead"]) == ("DOWN", 1)


@pytest.mark.parametrize("place", range(1, 4))
async def test_a_worker_that_is_cut_off_anywhere_leaves_what_it_sent_to_be_sent_again(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker, place: int
) -> None:
    system = System("credential")
    async with simulating(system) as base, a_worker(hub) as other:
        one = await connected(hub, steward, ConnectorKind.ECQS, system, base)
        for number in range(4):
            await queued(hub, enterprise, number=number)
        database, left = worker.agent.database, place

        class Gone(BaseException):
            """The worker is not there any more."""

        class Dying:
            """Ends the worker at the transaction `place`, before it begins."""

            def writer(self, *given: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Gone
                return database.writer(*given)

        (leased,) = await worker.agent.lease(64)
        object.__setattr__(worker.agent, "database", Dying())
        with pytest.raises(Gone):
            await worker.agent.turn(leased)
        await leases_over(hub)
        await other.all()

    assert await states(hub, one, "OUT") == ["DONE"] * 4
    assert [message["data"]["number"] for message in system.messages.values()] == [0, 1, 2, 3]


async def test_a_message_for_an_institute_goes_to_its_own_system_and_else_to_the_platforms(
    hub: HubClient, steward: Keeper, enterprise: Keeper, worker: Worker
) -> None:
    institute = await an_enterprise(hub)
    assert institute.owner is not None
    own, common = System("credential"), System("credential")
    async with simulating(own) as its, simulating(common) as ours:
        served = institute.owner.id
        await connected(hub, steward, ConnectorKind.SUBMISSION, common, ours)
        await queued(hub, enterprise, served=served, number=1)
        await connected(hub, institute, ConnectorKind.SUBMISSION, own, its)
        await queued(hub, enterprise, served=served, number=2)

        await worker.all()

    assert {"number": 1} in [one["data"] for one in common.messages.values()]
    assert [one["data"] for one in own.messages.values()] == [{"number": 2}]


async def test_who_leaves_a_message_reads_nothing_of_the_connector_and_its_messages(
    hub: HubClient, steward: Keeper, enterprise: Keeper
) -> None:
    one = await a_connector(hub, steward, ConnectorKind.ECQS, "http://127.0.0.1:9")
    key = await queued(hub, enterprise, secret="text")  # noqa: S106 -- no password

    answer = await hub.ask(
        "query { connectors { nodes { id } } connectorMessages { nodes { body } } }",
        as_=enterprise.who,
    )

    assert key is not None
    assert answer.data == {"connectors": {"nodes": []}, "connectorMessages": {"nodes": []}}
    (out,) = await messages(hub, one, "OUT")
    assert json.loads(out["body"]) == {"secret": "text"}
