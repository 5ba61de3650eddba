"""Requests to addresses that others have given us: to the public Internet only, bounded."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from ipaddress import ip_address
from typing import Any, NamedTuple

import httpx

from hub.errors import BadInput
from hub.exchange import DeliveryFailure
from hub.rules.webhook import PORTS, is_public, target_of

SECONDS = 15.0
"""Longest try, from the look-up of the name to the end of the answer."""
MOST_READ = 65_536
"""Bytes of an answer that are read; what it says is in its status."""
MOST_LOOKUPS = 32
MOST_ADDRESSES = 4
"""Addresses of one name that are tried until one can be connected to."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses that a host and port have now. OSError where there are none."""


class Walled(httpx.TransportError):
    """A target that is not on the public Internet; nobody has connected to it."""


class Wall(httpx.AsyncBaseTransport):
    """Connects only to public addresses, and to `allowed` targets `host:port`.

    A name is looked up once for each request, and what was looked at is what is connected to: a
    name that changes in between leads nowhere else. TLS is by the name. No connection is kept.
    Each address has its share of the time that a request has to connect; one is for the answer.
    """

    def __init__(
        self,
        allowed: Collection[str],
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._lookups = ThreadPoolExecutor(MOST_LOOKUPS, "lookup")
        self._under_way: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}
        self._resolve = resolve or self._look_up
        self._inner = httpx.AsyncHTTPTransport(
            verify=tls or httpx.create_ssl_context(trust_env=False),
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the target. Walled, before anything is sent, for one that is refused."""
        host = request.url.raw_host.decode("ascii")
        addresses = await self._addresses(request.url, host)
        share = request.extensions["timeout"]["connect"] / (len(addresses) + 1)
        extensions = {"sni_hostname": host, "timeout": {"connect": share}}
        error: httpx.TransportError = Walled(f"{host} has no address")
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                error = failed
        raise error

    async def _addresses(self, url: httpx.URL, host: str) -> Sequence[str]:
        try:
            target = target_of(str(url), self._allowed)
        except BadInput as refusal:
            raise Walled(str(refusal)) from refusal
        try:
            found = await self._resolve(host, url.port or PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise Walled(f"{host} has no address") from error
        if target not in self._allowed and not all(is_public(ip_address(one)) for one in found):
            raise Walled(f"{host} is not public")
        return found[:MOST_ADDRESSES]

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        """A look-up keeps its thread to its own end, so whoever asks meanwhile shares it."""
        asked = (host, port)
        if asked not in self._under_way:
            self._under_way[asked] = asyncio.get_running_loop().run_in_executor(
                self._lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
            self._under_way[asked].add_done_callback(lambda _: self._under_way.pop(asked))
        found = await asyncio.shield(self._under_way[asked])
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def aclose(self) -> None:
        """Close what is open; look-ups that hang are left to end."""
        self._lookups.shutdown(wait=False, cancel_futures=True)
        await self._inner.aclose()


class Outcome(NamedTuple):
    """How a try ended: the status of the answer if there was one, and why it was no success."""

    status: int | None
    failure: DeliveryFailure | None


class Answer(NamedTuple):
    """What a target has answered."""

    status: int
    body: bytes


class Unanswered(Exception):
    """There was no whole answer, for this reason; None where it was larger than it may be."""

    def __init__(self, failure: DeliveryFailure | None) -> None:
        super().__init__(failure)
        self.failure = failure


class Outbound:
    """Asks targets behind the wall: no cookies are kept, and no `Location` is looked at."""

    def __init__(self, wall: Wall, seconds: float = SECONDS) -> None:
        self._wall = wall
        self._seconds = seconds
        self._timeout = {"timeout": {"connect": seconds}}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """What became of a post: a success is an answer 2xx within the time for a try.

        Redirects are failures. Of the answer `MOST_READ` bytes are read, for its sender's sake.
        """
        status: int | None = None
        try:
            request = httpx.Request(
                "POST", url, content=body, headers=headers, extensions=self._timeout
            )
            async with asyncio.timeout(self._seconds):
                answer = await self._wall.handle_async_request(request)
                status = answer.status_code
                await _read(answer)
        except (httpx.InvalidURL, UnicodeError):
            return Outcome(None, DeliveryFailure.ADDRESS)
        except (TimeoutError, httpx.TransportError) as error:
            if status is None:
                return Outcome(None, _failure(error))
        if not 200 <= (status or 0) < 300:
            return Outcome(status, DeliveryFailure.STATUS)
        return Outcome(status, None)

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int
    ) -> Answer:
        """The whole answer to a request. Unanswered within the time for a try, or beyond `most`.

        `most` counts the bytes of its body.
        """
        try:
            request = httpx.Request(
                method, url, content=body, headers=headers, extensions=self._timeout
            )
            async with asyncio.timeout(self._seconds):
                answer = await self._wall.handle_async_request(request)
                return Answer(answer.status_code, await _whole(answer, most))
        except (httpx.InvalidURL, UnicodeError):
            raise Unanswered(DeliveryFailure.ADDRESS) from None
        except (TimeoutError, httpx.TransportError) as error:
            raise Unanswered(_failure(error)) from error

    async def close(self) -> None:
        """Close what is open."""
        await self._wall.aclose()


async def _read(answer: httpx.Response) -> None:
    read = 0
    async with aclosing(answer):
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read >= MOST_READ:
                return


async def _whole(answer: httpx.Response, most: int) -> bytes:
    found = bytearray()
    async with aclosing(answer):
        async for chunk in answer.aiter_raw():
            found += chunk
            if len(found) > most:
                raise Unanswered(None)
    return bytes(found)


@asynccontextmanager
async def outbound(wall: Wall, seconds: float = SECONDS) -> AsyncIterator[Outbound]:
    """A way out through `wall`, closed at the end; a try lasts so many seconds at most."""
    way = Outbound(wall, seconds)
    try:
        yield way
    finally:
        await way.close()


def _failure(error: TimeoutError | httpx.TransportError) -> DeliveryFailure:
    """Why there was no answer."""
    if isinstance(error, Walled):
        return DeliveryFailure.ADDRESS
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return DeliveryFailure.TIMEOUT
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return DeliveryFailure.UNREACHABLE if cause is None else DeliveryFailure.TLS
