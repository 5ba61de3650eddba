"""How often one address may fail to sign in, counted for all processes together in Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import ClassVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from hub.errors import Code, HubError, Unauthenticated, Words

MOST = 20
SECONDS = 900
MOST_ADDRESSES = 10_000
PATIENCE = 0.5
"""How long Valkey may take, in seconds, before a process counts by itself."""

TAKE = """
local taken = tonumber(redis.call('GET', KEYS[1]) or '0')
if taken >= tonumber(ARGV[1]) then return redis.call('PTTL', KEYS[1]) end
redis.call('INCR', KEYS[1])
if taken == 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
"""


class Throttled(HubError):
    """Too much of something from one caller; it may go on after `retry_after`."""

    code: ClassVar[Code] = Code.THROTTLED


class Failures:
    """The failures of each address in the last 15 minutes, 20 at most."""

    def __init__(self, valkey: Redis, clock: Callable[[], float] = time.monotonic) -> None:
        self._take = valkey.register_script(TAKE)
        self._give_back = valkey.register_script(GIVE_BACK)
        self._alone = _Alone(clock)

    @asynccontextmanager
    async def watch(self, host: str) -> AsyncIterator[None]:
        """Count what happens inside as a failure of `host` if it ends in Unauthenticated.

        Throttled, before it begins, when `host` has no failure left. A try is counted first and
        given back afterwards, so that many at once cannot pass the limit.
        """
        address = block_of(host)
        await self._begin(address)
        try:
            yield
        except Unauthenticated:
            raise
        except Exception:
            await self._end_well(address)
            raise
        await self._end_well(address)

    async def _begin(self, address: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                wait = await self._take(keys=[_key(address)], args=[MOST, SECONDS]) / 1000
        except (RedisError, OSError):
            wait = self._alone.take(address)
        if wait:
            raise Throttled(
                "该地址登录失败次数过多，请稍后再试",
                "too many failures to sign in from this address",
                hint=Words(
                    f"每个地址 15 分钟内最多失败 {MOST} 次",
                    f"an address may fail {MOST} times in 15 minutes",
                ),
                retry_after=max(wait, 1),
            )

    async def _end_well(self, address: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._give_back(keys=[_key(address)])
        except (RedisError, OSError):
            self._alone.give_back(address)


class _Alone:
    """The same count for one process, while Valkey is away."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, address: str) -> float:
        """Count one; the seconds to wait instead where there is none left."""
        end, taken = self._windows.get(address, (0.0, 0))
        wait = end - self._clock()
        if taken == 0 or wait <= 0:
            self._windows.pop(address, None)
            if len(self._windows) >= MOST_ADDRESSES:
                del self._windows[next(iter(self._windows))]
            end, taken = self._clock() + SECONDS, 0
        elif taken >= MOST:
            return wait
        self._windows[address] = (end, taken + 1)
        return 0.0

    def give_back(self, address: str) -> None:
        """Take one off the count."""
        end, taken = self._windows.get(address, (0.0, 0))
        if taken:
            self._windows[address] = (end, taken - 1)


def block_of(host: str) -> str:
    """What one caller has of addresses: an IPv4 address; of IPv6, 2^64 of them."""
    try:
        address = ip_address(host)
    except ValueError:  # a unix socket has no address
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


def _key(address: str) -> str:
    return f"hub:failures:{address}"
