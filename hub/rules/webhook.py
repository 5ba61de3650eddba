"""Webhooks: where the hub may send them, and when a delivery is tried again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from hub.errors import BadInput, Words

LONGEST_URL = 2_048
PORTS = {"https": 443, "http": 80}
OPEN_PORTS = frozenset({443, 8443})
UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out of the public IPv6 (RFC 4291)."""
NAT64 = IPv6Network("64:ff9b::/96")
NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)
"""Assignments of the IETF (RFC 6890, RFC 2928), relays of 6to4 (RFC 7526) and examples (RFC 9637),
which `ipaddress` takes for public in some versions of Python, or in all."""

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""How long after the first, second, … failure a delivery is tried again; the last one repeats."""
TRIED_FOR = timedelta(days=3)
BREAKS_AFTER = 5
"""Failures in a row after which a target is only probed."""
SHORTEST_BREAK, LONGEST_BREAK = timedelta(seconds=30), timedelta(minutes=10)
JITTER = 0.2


def allowed_in(text: str | None) -> frozenset[str]:
    """The targets of a list `host:port[,host:port…]`."""
    return frozenset(one.strip().lower() for one in (text or "").split(",") if one.strip())


def target_of(url: str, allowed: Collection[str]) -> str:
    """The `host:port` that `url` leads to.

    BadInput for a URL that nothing is sent to: not https, another port than 443 and 8443, a user
    or password in it, an address that is not public. Targets that are `allowed` may be any of it
    but have a user or password.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.host and parsed.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, UnicodeError):  # such as an `xn--` that stands for no name
        parsed, host = httpx.URL(), ""
    port = parsed.port or PORTS.get(parsed.scheme)
    if not host or port is None or parsed.scheme not in PORTS or len(url) > LONGEST_URL:
        raise _bad("不是完整的网址", "this is no complete URL")
    if parsed.userinfo:
        raise _bad("网址中不能带用户名或口令", "a URL has no user or password in it")
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if target not in allowed:
        _check_open(parsed.scheme, host, port)
    return target


def _check_open(scheme: str, host: str, port: int) -> None:
    if scheme != "https" or port not in OPEN_PORTS:
        raise _bad("须为 https，端口 443 或 8443", "it has to be https, at port 443 or 8443")
    last = host.rstrip(".").rpartition(".")[2]
    if ":" in host or last.isdigit() or last.startswith("0x"):
        try:
            is_open = is_public(ip_address(host))
        except ValueError:
            is_open = False  # an address in a form that some read and others do not: 127.1, 0x7f.1
    else:
        is_open = "." in host.rstrip(".")
    if not is_open:
        raise _bad("须为公网上的地址", "it has to be an address of the public Internet")


def _bad(zh: str, en: str) -> BadInput:
    return BadInput(
        f"地址不可用：{zh}",
        f"the hub cannot go there: {en}",
        hint=Words("例如 https://erp.example.com/hub", "such as https://erp.example.com/hub"),
        path=("url",),
    )


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public Internet, and so is the IPv4 that it stands for.

    IPv4 stands in mapped addresses (RFC 4291) and NAT64 (RFC 6052); what goes through a relay,
    6to4 (RFC 3056) and Teredo (RFC 4380), is never public.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in UNICAST or address.sixtofour or address.teredo:
            return False
    is_special = any(address in net for net in NOT_PUBLIC if net.version == address.version)
    return address.is_global and not address.is_multicast and not is_special


def next_try(first: datetime, now: datetime, failures: int, luck: float) -> datetime | None:
    """When a delivery is tried again that was tried at `first` and has failed so many times.

    None once its three days are over. `luck`, from 0 to 1, moves it by a fifth to either side.
    """
    at = now + _jittered(WAITS[min(failures, len(WAITS)) - 1], luck)
    return at if at <= first + TRIED_FOR else None


def blocked_until(now: datetime, failures: int, luck: float) -> datetime | None:
    """Until when nothing is sent to a target that has failed so many times in a row.

    None below `BREAKS_AFTER`; then 30 s, doubled by each further failure, at most 10 min.
    """
    if failures < BREAKS_AFTER:
        return None
    doubled = SHORTEST_BREAK * 2 ** min(failures - BREAKS_AFTER, 10)
    return now + _jittered(min(doubled, LONGEST_BREAK), luck)


def _jittered(wait: timedelta, luck: float) -> timedelta:
    return wait * (1 + JITTER * (2 * luck - 1))
