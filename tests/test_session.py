"""Signing in by password, and the life of tokens."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlmodel import col

from hub.actions.argon import AT_ONCE, HASHER, NO_ONES, WAITING, turn
from hub.actions.session import (
    Issued,
    actors_of,
    digest,
    hash_password,
    issue_token,
    revoke,
    sign_in,
)
from hub.actor import SIGN_IN, Actor
from hub.db import Database
from hub.errors import Busy, HubError, NotFound, Refused, Unauthenticated
from hub.policy import readable
from hub.tables import metadata
from hub.tables.user import User
from hub.vocabulary import Role, UserState
from tests.accounts import PASSWORD, Accounts

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
async def accounts(database: Database) -> Accounts:
    return await Accounts.of(database)


async def guess(
    accounts: Accounts, login: str, password: str, now: datetime = NOW
) -> HubError | None:
    """The refusal of one attempt; None where it succeeds."""
    try:
        await sign_in(accounts.database, login, password, now=now)
    except HubError as refusal:
        return refusal
    return None


async def signed_in(accounts: Accounts, user: User) -> Issued:
    return await sign_in(accounts.database, user.login_name, PASSWORD, now=NOW)


async def test_the_right_password_gives_a_token_for_the_account_and_its_roles(
    accounts: Accounts,
) -> None:
    roles = [Role.REGULATOR.value, Role.AUDITOR.value]
    user = await accounts.given(roles=roles, district="3205")

    issued = await signed_in(accounts, user)

    assert issued.expires_at == NOW + 12 * HOUR
    assert await acting(accounts, issued.token) == Actor(
        login=user.login_name,
        user_id=user.id,
        organization_id=user.organization_id,
        person_id=None,
        district="3205",
        roles=frozenset({Role.REGULATOR, Role.AUDITOR}),
    )


async def test_a_role_that_this_version_does_not_know_grants_nothing(accounts: Accounts) -> None:
    user = await accounts.given(roles=[Role.USER.value, "FROM_THE_FUTURE"])

    issued = await signed_in(accounts, user)

    actor = await acting(accounts, issued.token)
    assert actor is not None
    assert actor.roles == {Role.USER}


async def test_nothing_tells_an_unknown_login_from_a_known_one(accounts: Accounts) -> None:
    known = await accounts.given()
    closed = await accounts.given(state=UserState.CLOSED)
    locked = await accounts.given(state=UserState.LOCKED)
    guessed = await accounts.given(failed_logins=5, locked_until=NOW + MINUTE)
    system = await accounts.given(password_hash=None)
    broken = await accounts.given(password_hash="plain")  # noqa: S106

    refusals = [
        await guess(accounts, "nobody-of-this-name", PASSWORD),
        await guess(accounts, known.login_name, "wrong"),
        *[
            await guess(accounts, user.login_name, PASSWORD)
            for user in (closed, locked, guessed, system, broken)
        ],
    ]

    assert {type(refusal) for refusal in refusals} == {Unauthenticated}
    assert (
        len({(each.words, each.hint, each.path, each.retry_after) for each in refusals if each})
        == 1
    )


async def test_a_login_without_a_password_costs_as_much_as_one_with() -> None:
    assert not HASHER.check_needs_rehash(NO_ONES)
    async with turn() as argon:
        assert not await argon.matches(None, PASSWORD)


async def test_the_sixth_try_is_refused_even_with_the_right_password(accounts: Accounts) -> None:
    user = await accounts.given()

    for _ in range(5):
        assert await guess(accounts, user.login_name, "wrong")

    assert await guess(accounts, user.login_name, PASSWORD)
    assert await guess(accounts, user.login_name, PASSWORD, NOW + 14.9 * MINUTE)
    assert await guess(accounts, user.login_name, PASSWORD, NOW + 15 * MINUTE) is None
    assert (await accounts.row(user)).failed_logins == 0


async def test_after_a_lock_the_count_begins_anew(accounts: Accounts) -> None:
    user = await accounts.given(failed_logins=5, locked_until=NOW)

    assert await guess(accounts, user.login_name, "wrong")

    row = await accounts.row(user)
    assert (row.failed_logins, row.locked_until) == (1, None)


async def test_twenty_guesses_at_once_get_five_checked(accounts: Accounts) -> None:
    user = await accounts.given()

    await asyncio.gather(*(guess(accounts, user.login_name, f"guess {n}") for n in range(20)))

    attempts = ["LOCKED_OUT", *15 * ["NOT_ADMITTED"], *4 * ["WRONG_PASSWORD"]]
    assert await accounts.attempts(user) == attempts
    assert (await accounts.row(user)).locked_until == NOW + 15 * MINUTE


async def test_a_success_forgets_the_failures_before_it(accounts: Accounts) -> None:
    user = await accounts.given(failed_logins=4)

    await signed_in(accounts, user)

    row = await accounts.row(user)
    assert (row.failed_logins, row.last_login_at) == (0, NOW)
    assert await guess(accounts, user.login_name, "wrong")
    assert await guess(accounts, user.login_name, PASSWORD) is None


async def test_signing_in_is_no_new_version_of_the_account_and_no_news(accounts: Accounts) -> None:
    user = await accounts.given()

    await guess(accounts, user.login_name, "wrong")
    await signed_in(accounts, user)

    assert (await accounts.row(user)).version == 1
    news = (
        "SELECT id FROM inbox WHERE object_id = :id UNION ALL"
        " SELECT pos FROM feed WHERE object_id = :id"
    )
    assert len(await accounts.rows(news, id=user.id)) == 1


async def test_a_success_is_audited_for_the_account_and_a_failure_about_it(
    accounts: Accounts,
) -> None:
    user = await accounts.given(failed_logins=3)

    await sign_in(accounts.database, user.login_name, PASSWORD, now=NOW, request_id="request-1")
    await guess(accounts, user.login_name, "wrong")

    success, failure = await accounts.rows(
        "SELECT * FROM audit_event WHERE action = 'signIn'"
        " AND :id IN (subject_id, object_id) ORDER BY id",
        id=user.id,
    )
    assert (success.result, success.subject_id, success.login, success.request_id) == (
        "OK",
        user.id,
        user.login_name,
        "request-1",
    )
    assert success.roles == ["USER"]
    assert (failure.result, failure.login, failure.object_type, failure.object_id) == (
        "WRONG_PASSWORD",
        "sign-in",
        "User",
        user.id,
    )


async def test_a_password_typed_as_a_login_is_not_kept(accounts: Accounts) -> None:
    typed = f"secret-{uuid4().hex}"

    await guess(accounts, typed, "whatever")

    newest = (await accounts.rows("SELECT * FROM audit_event ORDER BY id DESC LIMIT 1"))[0]
    assert newest.result == "UNKNOWN_LOGIN"
    assert await found_in_any_table(accounts, typed) == []


async def test_a_hash_of_other_parameters_is_replaced_on_signing_in(accounts: Accounts) -> None:
    weak = PasswordHasher(memory_cost=8_192, time_cost=1, parallelism=1)
    user = await accounts.given(password_hash=weak.hash(PASSWORD))

    await signed_in(accounts, user)

    assert not HASHER.check_needs_rehash((await accounts.row(user)).password_hash)
    assert await guess(accounts, user.login_name, PASSWORD) is None


async def test_a_token_is_stored_nowhere_in_clear(accounts: Accounts) -> None:
    issued = await signed_in(accounts, await accounts.given())
    secret = issued.token.removeprefix("hub_")

    assert await found_in_any_table(accounts, secret) == []
    assert issued.token not in repr(issued)


async def found_in_any_table(accounts: Accounts, words: str) -> list[str]:
    """The tables with `words` in a row; the search is tried on something that is there."""
    return [name for name in metadata.tables if words in str(await accounts.rows(f"TABLE {name}"))]


async def test_the_search_for_secrets_finds_what_is_there(accounts: Accounts) -> None:
    user = await accounts.given()

    assert await found_in_any_table(accounts, user.login_name) == ["user_account"]


async def acting(accounts: Accounts, token: str, now: datetime = NOW) -> Actor | None:
    """The actor whose token it is, if it is anyone's."""
    key = digest(token)
    return (await actors_of(accounts.database, [key], now=now)).get(key)


async def refused(accounts: Accounts, token: str, now: datetime = NOW) -> bool:
    try:
        return await acting(accounts, token, now) is None
    except Unauthenticated:
        return True


async def test_a_token_ends_with_its_time(accounts: Accounts) -> None:
    issued = await signed_in(accounts, await accounts.given())

    assert not await refused(accounts, issued.token, NOW + 11.99 * HOUR)
    assert await refused(accounts, issued.token, NOW + 12 * HOUR)


async def test_a_token_ends_when_it_is_revoked_and_others_live_on(accounts: Accounts) -> None:
    user = await accounts.given()
    first, second = await signed_in(accounts, user), await signed_in(accounts, user)

    await revoke(accounts.database, first.token)
    await revoke(accounts.database, first.token)

    assert await refused(accounts, first.token)
    assert not await refused(accounts, second.token)
    revoked = "SELECT id FROM audit_event WHERE action = 'revokeToken' AND object_id = :id"
    assert len(await accounts.rows(revoked, id=user.id)) == 1


@pytest.mark.parametrize("state", [UserState.CLOSED, UserState.LOCKED])
async def test_a_token_ends_with_its_account(accounts: Accounts, state: UserState) -> None:
    user = await accounts.given()
    issued = await signed_in(accounts, user)

    async with accounts.database.writer(SIGN_IN) as db:
        row = await db.one(readable(SIGN_IN, User).where(col(User.id) == user.id))
        await db.change(row, action="given", state=state)

    assert await refused(accounts, issued.token)


async def test_guesses_at_the_password_do_not_throw_out_who_is_signed_in(
    accounts: Accounts,
) -> None:
    user = await accounts.given(failed_logins=4)
    issued = await issue_token(accounts.database, user.login_name, ttl=HOUR, now=NOW)

    await guess(accounts, user.login_name, "wrong")

    assert (await accounts.row(user)).locked_until is not None
    assert not await refused(accounts, issued.token)


@pytest.mark.parametrize(
    "token",
    ["", "hub_", "hub_" + "A" * 42, "hub_" + "A" * 43, "hub_" + "A" * 44, "x" * 5_000, "hub_' --"],
)
async def test_what_is_no_token_of_ours_is_refused(accounts: Accounts, token: str) -> None:
    assert await refused(accounts, token)


async def test_a_token_for_a_script_lives_as_long_as_asked(accounts: Accounts) -> None:
    user = await accounts.given(roles=[Role.SYSTEM.value], password_hash=None)

    issued = await issue_token(accounts.database, user.login_name, ttl=48 * HOUR, now=NOW)

    assert issued.expires_at == NOW + 48 * HOUR
    actor = await acting(accounts, issued.token, NOW + 47 * HOUR)
    assert actor is not None
    assert actor.user_id == user.id


async def test_no_token_is_issued_for_no_time_nor_for_ever_nor_for_no_one(
    accounts: Accounts,
) -> None:
    user, closed = await accounts.given(), await accounts.given(state=UserState.CLOSED)

    for ttl in (timedelta(0), -HOUR, timedelta(days=367), timedelta.max):
        with pytest.raises(Refused) as refusal:
            await issue_token(accounts.database, user.login_name, ttl=ttl, now=NOW)
        assert refusal.value.path == ("ttl",)
    with pytest.raises(Refused):
        await issue_token(accounts.database, closed.login_name, ttl=HOUR, now=NOW)
    with pytest.raises(NotFound):
        await issue_token(accounts.database, "nobody-of-this-name", ttl=HOUR, now=NOW)


async def test_more_than_twenty_who_wait_are_told_that_the_hub_is_busy(accounts: Accounts) -> None:
    user = await accounts.given(failed_logins=0)
    crowd = AT_ONCE + WAITING

    hashed = asyncio.gather(*(hash_password(PASSWORD) for _ in range(crowd)))
    await asyncio.sleep(0)
    late = await guess(accounts, user.login_name, "wrong")

    assert isinstance(late, Busy)
    assert late.retry_after == 1
    assert len(set(await hashed)) == crowd
    assert await accounts.attempts(user) == []
    assert await guess(accounts, user.login_name, PASSWORD) is None


async def test_those_who_leave_the_queue_make_room(accounts: Accounts) -> None:
    crowd = [asyncio.create_task(hash_password(PASSWORD)) for _ in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0)

    for each in crowd:
        each.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)

    assert len(await asyncio.gather(*(hash_password(PASSWORD) for _ in range(3)))) == 3
