"""Tokens looked up once in two seconds, not once a request."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from hub.actions.session import issue_token, revoke
from hub.actor import SIGN_IN
from hub.db import Database
from hub.errors import Unauthenticated, Unavailable
from hub.web import identities
from hub.web.identities import Identities
from tests.accounts import Accounts


@pytest.fixture(scope="module")
async def accounts(database: Database) -> Accounts:
    return await Accounts.of(database)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def questions(database: Database) -> Iterator[list[str]]:
    """The look-ups of tokens that reach PostgreSQL meanwhile."""
    asked: list[str] = []
    engine = database.engine(SIGN_IN).sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "access_token" in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


async def a_token(accounts: Accounts) -> str:
    """A token of a new account, good for an hour."""
    user = await accounts.given()
    hour = timedelta(hours=1)
    issued = await issue_token(accounts.database, user.login_name, ttl=hour, now=datetime.now(UTC))
    return issued.token


async def test_a_token_is_looked_up_again_after_two_seconds(accounts: Accounts) -> None:
    token, clock = await a_token(accounts), Clock()
    known = Identities(accounts.database, clock)

    with questions(accounts.database) as asked:
        first = await known.actor_of(token)
        clock.seconds += 1.99
        again = await known.actor_of(token)
        assert len(asked) == 1
        clock.seconds += 0.01
        await known.actor_of(token)

    assert first == again
    assert len(asked) == 2


async def test_who_has_less_patience_asks_again_sooner(accounts: Accounts) -> None:
    token, clock = await a_token(accounts), Clock()
    known = Identities(accounts.database, clock)
    await known.actor_of(token)
    clock.seconds += 0.5

    with questions(accounts.database) as asked:
        await known.actor_of(token)
        assert not asked
        await known.actor_of(token, patience=0.5)

    assert len(asked) == 1


async def test_a_known_token_is_answered_without_a_turn_of_the_loop(accounts: Accounts) -> None:
    token = await a_token(accounts)
    known = Identities(accounts.database)
    actor = await known.actor_of(token)

    with pytest.raises(StopIteration) as answered:
        known.actor_of(token).send(None)

    assert answered.value.value is actor


async def test_many_who_come_at_once_share_one_question(accounts: Accounts) -> None:
    token, other = await a_token(accounts), await a_token(accounts)
    known = Identities(accounts.database)

    with questions(accounts.database) as asked:
        actors = await asyncio.gather(*(known.actor_of(each) for each in 50 * [token, other]))

    assert len(asked) == 1
    assert len({actor.user_id for actor in actors}) == 2


async def test_the_tokens_in_use_are_looked_up_together_from_then_on(accounts: Accounts) -> None:
    clock = Clock()
    known = Identities(accounts.database, clock)
    busy, idle = [await a_token(accounts) for _ in range(3)], await a_token(accounts)
    for token in [*busy, idle]:
        await known.actor_of(token)
        clock.seconds += 0.1

    clock.seconds += 2
    with questions(accounts.database) as asked:
        for token in busy:
            await known.actor_of(token)
        clock.seconds += 2
        for token in busy:
            await known.actor_of(token)
        assert len(asked) == 2
        await known.actor_of(idle)

    assert len(asked) == 3


async def test_one_who_leaves_does_not_take_the_answer_from_the_others(accounts: Accounts) -> None:
    token = await a_token(accounts)
    known = Identities(accounts.database)
    first, second = (asyncio.create_task(known.actor_of(token)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()

    assert (await second).user_id is not None
    assert first.cancelled()


async def test_a_revoked_token_is_refused_everywhere_within_two_seconds(accounts: Accounts) -> None:
    token, clock = await a_token(accounts), Clock()
    here, elsewhere = (Identities(accounts.database, clock) for _ in range(2))
    await here.actor_of(token)
    await elsewhere.actor_of(token)

    await revoke(accounts.database, token)
    here.forget(token)

    with pytest.raises(Unauthenticated):
        await here.actor_of(token)
    clock.seconds += 2
    with pytest.raises(Unauthenticated):
        await elsewhere.actor_of(token)


async def test_a_token_of_no_one_is_refused_again_without_a_question(accounts: Accounts) -> None:
    known = Identities(accounts.database)
    stray = "hub_" + 43 * "B"

    with questions(accounts.database) as asked:
        for token in (stray, stray, "hub_", "", "令牌"):
            with pytest.raises(Unauthenticated):
                await known.actor_of(token)

    assert len(asked) == 1


async def test_what_the_database_could_not_answer_is_asked_again(accounts: Accounts) -> None:
    away = Database("postgresql+asyncpg://hub@127.0.0.1:1/hub", 1)
    known = Identities(away)
    token = await a_token(accounts)

    with pytest.raises(Unavailable):
        await known.actor_of(token)
    known._database = accounts.database

    assert (await known.actor_of(token)).user_id is not None
    await away.close()


async def test_memory_is_bounded_and_the_oldest_is_asked_for_again(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities, "MOST", 2)
    known = Identities(accounts.database)
    first, second, third = [await a_token(accounts) for _ in range(3)]

    with questions(accounts.database) as asked:
        for token in (first, second, third, third, second, first):
            await known.actor_of(token)

    assert len(asked) == 4
