"""How often an address may fail to sign in, with Valkey and without it."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hub.embedded.supervisor import Embedded
from hub.errors import Busy, HubError, Unauthenticated
from hub.web.failures import MOST, SECONDS, Failures, Throttled, block_of
from tests.patience import patiently


@pytest.fixture
async def valkey(servers: Embedded) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis_url) as client:
        yield client


@pytest.fixture
async def away() -> AsyncIterator[Redis]:
    """A client of a Valkey that is not there."""
    async with Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)) as client:
        yield client


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def an_address() -> str:
    """An address that no other test has."""
    return str(IPv4Address(uuid4().int >> 96))


async def ended(failures: Failures, host: str, error: HubError | None = None) -> HubError | None:
    """How one try of `host` ends that meets `error` inside."""
    try:
        async with failures.watch(host):
            if error is not None:
                raise error
    except HubError as raised:
        return raised
    return None


def wrong() -> Unauthenticated:
    return Unauthenticated("口令不正确", "wrong password")


async def test_the_twenty_first_failure_of_an_address_is_not_let_through(valkey: Redis) -> None:
    failures, host = Failures(valkey), an_address()

    ends = await asyncio.gather(*(ended(failures, host, wrong()) for _ in range(40)))

    late = [end for end in ends if isinstance(end, Throttled)]
    assert len(late) == 40 - MOST
    assert all(end.retry_after and 0 < end.retry_after <= SECONDS for end in late)
    assert isinstance(await ended(failures, an_address(), wrong()), Unauthenticated)


async def test_processes_share_the_count_and_it_expires(valkey: Redis) -> None:
    host = an_address()
    here, elsewhere = Failures(valkey), Failures(valkey)
    for _ in range(MOST):
        await ended(here, host, wrong())

    assert isinstance(await ended(elsewhere, host), Throttled)

    (key,) = [key async for key in valkey.scan_iter(f"*{host}")]
    assert 0 < await valkey.ttl(key) <= SECONDS
    await valkey.delete(key)
    assert await ended(elsewhere, host) is None


async def test_only_failures_count(valkey: Redis) -> None:
    failures, host = Failures(valkey), an_address()

    for _ in range(MOST):
        await ended(failures, host)
        await ended(failures, host, Busy("忙", "busy"))

    for _ in range(MOST):
        assert isinstance(await ended(failures, host, wrong()), Unauthenticated)
    assert isinstance(await ended(failures, host), Throttled)


async def test_a_try_given_back_after_the_window_leaves_no_key_behind(valkey: Redis) -> None:
    failures, host = Failures(valkey), an_address()

    async with failures.watch(host):
        await valkey.delete(f"hub:failures:{host}")

    assert [key async for key in valkey.scan_iter(f"*{host}")] == []


async def test_without_valkey_a_process_counts_by_itself(away: Redis) -> None:
    clock, host = Clock(), an_address()
    failures = Failures(away, clock)

    ends = await asyncio.gather(*(ended(failures, host, wrong()) for _ in range(MOST + 5)))
    clock.seconds += SECONDS - 1
    late = await ended(failures, host)
    clock.seconds += 1

    assert sum(isinstance(end, Throttled) for end in ends) == 5
    assert isinstance(late, Throttled)
    assert late.retry_after == 1
    for _ in range(MOST + 1):
        assert await ended(failures, host) is None


async def test_a_valkey_that_does_not_answer_holds_nobody_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        Redis(host="127.0.0.1", port=port) as client,
        patiently("an answer without Valkey"),
    ):
        assert await ended(Failures(client), an_address()) is None


@pytest.mark.parametrize(
    ("host", "block"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/hub.sock", "/run/hub.sock"),
    ],
)
def test_one_caller_has_one_block_of_addresses(host: str, block: str) -> None:
    assert block_of(host) == block
