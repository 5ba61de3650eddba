"""Compiled reads on connections of their own: scoped, bounded, cancelled, and back after a loss."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

import hub.statements
from hub.actor import Actor
from hub.db import scope_of
from hub.errors import Busy, Unavailable
from hub.statements import Statements
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_user, an_instrument, an_organization
from tests.patience import patiently

COUNT = "SELECT to_json(count(*)) FROM instrument"
SCOPED = """
SELECT CASE WHEN set_config('app.org', $1, true) IS NOT NULL
  AND set_config('app.user', $2, true) IS NOT NULL
  THEN (SELECT to_json(count(*)) FROM instrument) END
"""
CLERK = Actor(roles=frozenset({Role.USER}))
SLEEP = "SELECT to_json(pg_sleep($1)::text)"


@pytest.fixture
async def statements(database_url: str) -> AsyncIterator[Statements]:
    """One connection for callers of an organisation, one for staff."""
    found = Statements(database_url, 1)
    yield found
    await found.close()


@pytest.fixture
async def owner(hub: HubClient) -> Actor:
    """A user of an organisation with one instrument."""
    firm = an_organization()
    user = a_user(firm, Role.USER)
    await hub.all_given(firm, user, an_instrument(firm))
    return Actor(user_id=user.id, organization_id=firm.id, roles=frozenset({Role.USER}))


async def asked(database_url: str, question: str, *given: object) -> int:
    """What the server answers its administrator."""
    administrator = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        found: int = await administrator.fetchval(question, *given)
    finally:
        await administrator.close()
    return found


async def until(database_url: str, asleep: int) -> None:
    """Wait until so many statements of this database are asleep."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%to_json(pg_sleep%'"
        " AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()"
    )
    async with patiently(f"{asleep} statements to be asleep"):
        while await asked(database_url, question) != asleep:  # noqa: ASYNC110 -- no one tells us
            await asyncio.sleep(0.01)


async def test_a_statement_without_a_scope_sees_no_row(statements: Statements) -> None:
    assert await statements.value(CLERK, COUNT, []) == b"0"


async def test_the_scope_of_a_statement_ends_with_it(statements: Statements, owner: Actor) -> None:
    assert await statements.value(owner, SCOPED, scope_of(owner)) == b"1"

    assert await statements.value(owner, COUNT, []) == b"0"


async def test_who_waits_for_a_lock_waits_without_a_connection(database_url: str) -> None:
    statements = Statements(database_url, 2)

    async def late() -> None:
        async with statements.transaction(CLERK, "ledger"):
            pass

    async with statements.transaction(CLERK, "ledger"):
        waiting = [asyncio.create_task(late()) for _ in range(5)]
        await asyncio.sleep(0.1)
        meanwhile = await statements.value(CLERK, COUNT, [])
    await asyncio.gather(*waiting)
    await statements.close()

    assert meanwhile == b"0"


async def test_who_goes_away_takes_the_statement_along(
    statements: Statements, database_url: str
) -> None:
    asking = asyncio.create_task(statements.value(CLERK, SLEEP, [29]))
    await until(database_url, 1)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    await until(database_url, 0)
    assert await statements.value(CLERK, COUNT, []) == b"0"


async def test_who_finds_no_free_connection_is_told_that_we_are_busy(
    statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.statements, "PATIENCE", 0.05)
    asking = asyncio.create_task(statements.value(CLERK, SLEEP, [0.5]))
    await asyncio.sleep(0.1)

    with pytest.raises(Busy):
        await statements.value(CLERK, COUNT, [])

    await asking
    assert await statements.value(CLERK, COUNT, []) == b"0"


async def test_those_who_wait_for_a_connection_get_it_in_their_turn(
    statements: Statements,
) -> None:
    found = await asyncio.gather(*(statements.value(CLERK, COUNT, []) for _ in range(50)))

    assert found == [b"0"] * 50


async def test_who_asks_again_waits_behind_those_who_wait_already(statements: Statements) -> None:
    served: list[str] = []

    async def ask(name: str, times: int) -> None:
        for _ in range(times):
            await statements.value(CLERK, SLEEP, [0.05])
            served.append(name)

    await asyncio.gather(ask("greedy", 3), ask("first", 1), ask("second", 1))

    assert served == ["greedy", "first", "second", "greedy", "greedy"]


async def test_a_turn_that_is_not_taken_goes_to_the_next(statements: Statements) -> None:
    asking = asyncio.create_task(statements.value(CLERK, SLEEP, [0.3]))
    await asyncio.sleep(0.1)
    first, second = (asyncio.create_task(statements.value(CLERK, COUNT, [])) for _ in range(2))
    asking.add_done_callback(lambda _: first.cancel())

    await asking

    assert await second == b"0"


async def test_a_lost_connection_is_replaced(statements: Statements, database_url: str) -> None:
    pid = await statements.value(CLERK, "SELECT to_json(pg_backend_pid())", [])
    assert pid is not None
    await asked(database_url, "SELECT count(pg_terminate_backend($1))", int(pid))

    for _ in range(50):
        try:
            assert await statements.value(CLERK, COUNT, []) == b"0"
            break
        except Unavailable:
            await asyncio.sleep(0.02)
    else:
        pytest.fail("the connection is not replaced")


async def test_a_statement_that_is_ended_by_the_server_is_unavailable_for_the_moment(
    statements: Statements, database_url: str
) -> None:
    pid = await statements.value(CLERK, "SELECT to_json(pg_backend_pid())", [])
    assert pid is not None
    asking = asyncio.create_task(statements.value(CLERK, SLEEP, [29]))
    await asyncio.sleep(0.1)

    await asked(database_url, "SELECT count(pg_terminate_backend($1))", int(pid))

    with pytest.raises(Unavailable):
        await asking
    assert await statements.value(CLERK, COUNT, []) == b"0"


async def test_a_value_that_does_not_fit_leaves_the_connection_as_it_was(
    statements: Statements,
) -> None:
    with pytest.raises(asyncpg.DataError):
        await statements.value(CLERK, "SELECT to_json($1::int)", ["x"])
    with pytest.raises(asyncpg.DivisionByZeroError):
        await statements.value(CLERK, "SELECT to_json(1 / $1::int)", [0])

    assert await statements.value(CLERK, COUNT, []) == b"0"
