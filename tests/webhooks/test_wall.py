"""Where a webhook never goes: hostile targets, counted by the connections that they see."""

import asyncio
import datetime
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hub.exchange import DeliveryFailure
from hub.integrations.outbound import Outcome, Resolve, Wall, outbound
from tests.webhooks.receiver import Receiver, receiving, status

REFUSED = Outcome(None, DeliveryFailure.ADDRESS)
BY_NUMBER = """
127.0.0.1 127.8.8.8 127.0.0.2 0.0.0.0 0 127.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001
①②⑦.⓪.⓪.① 127.0.0.1. 127。0。0。1 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 169.254.169.254
169.254.170.2 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255 [::] [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1]
[2002:7f00:1::] [2001:0:7f00:1::1] [2001:20::1] [2001:db8::1] [3fff::1] [fc00::1] [fd00:ec2::254]
[fe80::1] [fec0::1] [ff02::1] [ff0e::1] [100::1] [5f00::1]
""".split()  # noqa: SIM905 -- the list is long and wants to be read
BY_NAME = ["localhost", "localhost.", "ip6-localhost", "LOCALHOST", "a.localhost", "no.invalid"]
"""Hosts that lead home, or to no one; each is tried with the port on which we listen."""
ANSWERS = [
    ["127.0.0.1"],
    ["::1"],
    ["93.184.216.34", "127.0.0.1"],
    ["10.1.2.3"],
    ["fe80::1%lo"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::a00:1"],
    ["2002:a00:1::1"],
    ["169.254.169.254"],
    [],
]
"""What a hostile name server may answer."""


@dataclass
class Home:
    """A server on every address of this machine, and the connections that it has seen."""

    port: int
    seen: list[str] = field(default_factory=list)


@pytest.fixture
async def home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    """It listens on a port that webhooks may go to."""
    found = Home(0)

    async def take(given: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        found.seen.append(str(out.get_extra_info("peername")))
        out.close()

    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    async with await asyncio.start_server(take, sock=listener):
        found.port = listener.getsockname()[1]
        monkeypatch.setattr("hub.rules.webhook.OPEN_PORTS", frozenset({443, found.port}))
        yield found


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that the transport below the wall was asked to connect to; it connects to none."""
    found: list[str] = []

    async def note(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        found.append(request.url.host)
        return httpx.Response(204, stream=httpx.ByteStream(b""))

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", note)
    return found


async def post(url: str, resolve: Resolve | None = None, allowed: Sequence[str] = ()) -> Outcome:
    async with outbound(Wall(allowed, resolve), seconds=5) as way:
        return await way.post(url, b"{}", {})


def answering(*answers: Sequence[str]) -> Resolve:
    """A name server that gives these answers one after the other, and the last for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def test_there_is_someone_at_home_to_see_a_connection(home: Home) -> None:
    target = f"127.0.0.1:{home.port}"

    await post(f"http://{target}/", allowed=[target])

    assert len(home.seen) == 1


@pytest.mark.parametrize("host", [*BY_NUMBER, *BY_NAME])
async def test_a_hostile_host_sees_no_connection(home: Home, host: str) -> None:
    outcome = await post(f"https://{host}:{home.port}/hub")

    assert (outcome, home.seen) == (REFUSED, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/",
        "https://erp.example.com:22/",
        "https://erp.example.com:5432/",
        "https://user@erp.example.com/",
        "https://user:secret@erp.example.com/",
        "https://erp.example.com@127.0.0.1/",
        "ftp://erp.example.com:443/",
        "gopher://erp.example.com:443/",
        "https://" + "a" * 64 + ".example.com/",
        "https://xn--.example.com/",
    ],
)
async def test_a_hostile_url_is_not_even_looked_up(url: str, tried: list[str]) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    outcome = await post(url, resolve)

    assert (outcome, tried) == (REFUSED, [])
    assert asked == [] or "a" * 64 in url


@pytest.mark.parametrize("addresses", ANSWERS, ids=str)
async def test_a_name_with_one_address_that_is_not_public_leads_nowhere(
    home: Home, addresses: list[str]
) -> None:
    outcome = await post(f"https://erp.example.com:{home.port}/", answering(addresses))

    assert (outcome, home.seen) == (REFUSED, [])


async def test_a_name_that_changes_leads_to_what_was_looked_at_and_is_looked_at_each_time(
    tried: list[str],
) -> None:
    resolve = answering(["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34"], ["10.0.0.1"])
    async with outbound(Wall((), resolve)) as way:
        outcomes = [await way.post("https://erp.example.com/", b"{}", {}) for _ in range(4)]

    assert tried == ["93.184.216.34", "93.184.216.34"]
    assert [one.status for one in outcomes] == [204, None, 204, None]


async def test_a_redirect_home_is_not_followed(home: Home, receiver: Receiver) -> None:
    async def redirect(message: object, out: asyncio.StreamWriter) -> None:
        there = f"https://127.0.0.1:{home.port}/"
        out.write(f"HTTP/1.1 307 X\r\nlocation: {there}\r\ncontent-length: 0\r\n\r\n".encode())

    receiver.answer = redirect

    outcome = await post(receiver.url, allowed=[receiver.target])

    assert outcome == Outcome(307, DeliveryFailure.STATUS)
    assert home.seen == []


async def test_a_proxy_of_the_environment_is_not_asked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{home.port}")

    outcome = await post(f"https://10.0.0.1:{home.port}/")

    assert (outcome, home.seen) == (REFUSED, [])


async def test_what_is_allowed_by_host_and_port_is_reached_and_nothing_beside_it() -> None:
    async with receiving(2) as (one, other):
        reached = await post(one.url, allowed=[one.target])
        refused = await post(other.url, allowed=[one.target])

        assert (reached.status, refused) == (204, REFUSED)
        assert (len(one.heard), len(other.heard)) == (1, 0)


async def test_the_next_address_of_a_name_is_tried_where_one_cannot_be_connected_to() -> None:
    async with receiving() as (one,):
        name = f"erp.example.com:{one.port}"
        resolve = answering(["::1", "127.0.0.1"])

        outcome = await post(f"http://{name}/", resolve, [name])

        assert outcome.status == 204
        assert one.heard[0].headers["host"] == name


@contextmanager
def deaf(port: int) -> Iterator[str]:
    """An address of this machine where connecting at a port takes for ever: its queue is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.2", port))
        server.listen(0)
        stack.enter_context(socket.create_connection(("127.0.0.2", port)))
        yield "127.0.0.2"


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with receiving() as (one,):
        name = f"erp.example.com:{one.port}"
        with deaf(one.port) as silent:
            wall = Wall([name], answering([silent, "127.0.0.1"]))
            async with outbound(wall, seconds=3) as way:
                outcome = await way.post(f"http://{name}/", b"{}", {})

    assert outcome.status == 204


async def test_a_cookie_of_one_receiver_is_kept_for_none() -> None:
    async with receiving(2) as both:
        allowed = {one.target for one in both}
        for one in both:
            one.answer = status(204, "set-cookie: theirs=1; path=/")
        async with outbound(Wall(allowed)) as way:
            for one in (*both, *both):
                await way.post(one.url, b"{}", {})

    assert [len(one.heard) for one in both] == [2, 2]
    assert not any("cookie" in message.headers for one in both for message in one.heard)


async def test_a_look_up_that_hangs_takes_one_thread_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    answered = threading.Event()

    def hang(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        answered.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    async with outbound(Wall(()), seconds=0.1) as way:
        outcomes = [await way.post("https://erp.example.com/", b"{}", {}) for _ in range(4)]
        answered.set()

    assert outcomes == [Outcome(None, DeliveryFailure.TIMEOUT)] * 4
    assert asked == ["erp.example.com"]


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("erp.example.com", Outcome(204, None)),
        ("other.example.com", Outcome(None, DeliveryFailure.TLS)),
    ],
)
async def test_tls_is_by_the_name_though_the_address_is_connected_to(
    tmp_path: Path, name: str, outcome: Outcome
) -> None:
    certificate, key = a_certificate(tmp_path, "erp.example.com")
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate, key)
    asked: list[str | None] = []
    theirs.sni_callback = lambda _, server, __: asked.append(server)
    ours = ssl.create_default_context(cafile=str(certificate))
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, ssl=theirs)

    async with server:
        target = f"{name}:{server.sockets[0].getsockname()[1]}"
        wall = Wall([target], answering(["127.0.0.1"]), ours)
        async with outbound(wall, seconds=5) as way:
            found = await way.post(f"https://{target}/", b"{}", {})

    assert found == outcome
    assert asked == [name]


async def test_a_server_without_a_certificate_that_is_trusted_is_sent_nothing(
    tmp_path: Path,
) -> None:
    certificate, key = a_certificate(tmp_path, "erp.example.com")
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate, key)
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, ssl=theirs)

    async with server:
        target = f"erp.example.com:{server.sockets[0].getsockname()[1]}"
        found = await post(f"https://{target}/", answering(["127.0.0.1"]), [target])

    assert found.failure is DeliveryFailure.TLS
    assert receiver.heard == []


def a_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of a server called `name`, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files
