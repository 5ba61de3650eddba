"""Subscriptions and the rest of the hub: what a stream may hold, and for whom it goes on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import pytest
from sqlmodel import col

from hub.actor import SIGN_IN, Actor
from hub.jobs.sequencer import sequence
from hub.policy import readable
from hub.tables.user import User
from hub.tasks import end
from hub.web.body import Asked
from hub.web.channels import Shared
from hub.web.door import Caller
from hub.web.operations import Operations, Outcome
from tests.doors import HubClient, id_of
from tests.given import an_instrument
from tests.ledger_verbs import Firm, a_firm
from tests.patience import patiently

CHANGES = "subscription { instrumentChanged { id instrument { name owner { name } } } }"
LEDGER = "{ instruments { nodes { name } } }"

Told = Outcome | Shared
Stream = AsyncGenerator[Told, None]


@asynccontextmanager
async def asked(
    hub: HubClient, firm: Firm, document: str, many: int
) -> AsyncIterator[list[Stream]]:
    """So many streams of one account, none of which has been asked for its first answer."""
    operations = Operations(hub.hub, hub.hub.settings)
    caller = Caller({}, await hub.token(firm.user), "zh", "streams-test")
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                aclosing(operations.events(Asked(document), caller._replace(request_id=f"s{at}")))
            )
            for at in range(many)
        ]


async def first_of(hub: HubClient, firm: Firm, *streams: Stream) -> list[Told]:
    """The next answer of each stream: changes are made until all of them have one."""
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    try:
        async with patiently("an answer of each stream"):
            while not all(one.done() for one in waiting):
                await hub.given(an_instrument(firm.owner))
                await sequence(hub.hub.database)
                await asyncio.wait(waiting, timeout=0.1)
        return [one.result() for one in waiting]
    finally:
        await end(*waiting)


def lent(hub: HubClient) -> int:
    """How many connections of the pool of enterprises are in use."""
    pool: Any = hub.hub.database.engine(Actor()).pool
    return int(pool.checkedout())


async def test_clients_that_take_nothing_hold_no_connection(hub: HubClient, firm: Firm) -> None:
    many = hub.hub.settings.pool_size + 1

    async with asked(hub, firm, CHANGES, many) as streams:
        begun = await first_of(hub, firm, *streams)
        held = lent(hub)
        answer = await hub.ask(LEDGER, as_=firm.user)

    assert all(isinstance(told, Shared) for told in begun)
    assert held == 0
    assert answer.data["instruments"]["nodes"]


async def test_the_answer_of_a_query_holds_no_connection_on_its_way(
    hub: HubClient, firm: Firm
) -> None:
    async with asked(hub, firm, LEDGER, 1) as (stream,):
        async with patiently("the answer"):
            outcome = await anext(stream)
        held = lent(hub)

    assert isinstance(outcome, Outcome)
    assert outcome.has_data
    assert held == 0


async def test_a_stream_ends_when_its_account_moves_to_another_organisation(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_firm(hub)

    async with asked(hub, firm, CHANGES, 1) as (stream,):
        await first_of(hub, firm, stream)
        await moved(hub, firm.user, other)
        secret = await hub.given(an_instrument(firm.owner, name="secret"))
        async with patiently("the end of the stream"):  # a second later nothing more is heard
            outcome = (await first_of(hub, firm, stream))[0]
            while isinstance(outcome, Shared):
                outcome = (await first_of(hub, firm, stream))[0]
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

    assert not outcome.ran
    assert outcome.locks_out
    assert id_of(secret).encode() not in outcome.body


async def moved(hub: HubClient, user: User, to: Firm) -> None:
    """Let the account act for another organisation, as an operator does."""
    async with hub.hub.database.writer(SIGN_IN) as db:
        row = await db.one(readable(SIGN_IN, User).where(col(User.id) == user.id))
        await db.change(row, action="given", organization_id=to.owner.id)
    token = await hub.token(user)
    assert token is not None
    hub.hub.identities.forget(token)
