"""Rules of webhooks: which addresses are public, when a delivery is tried again."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.rules.webhook import (
    BREAKS_AFTER,
    JITTER,
    LONGEST_BREAK,
    TRIED_FOR,
    allowed_in,
    blocked_until,
    is_public,
    next_try,
    target_of,
)

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
LUCK = st.floats(0, 1)
V4 = st.ip_addresses(v=4).map(lambda one: IPv4Address(int(one)))


@pytest.mark.parametrize("text", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "2a00::1"])
def test_addresses_of_the_internet_are_public(text: str) -> None:
    assert is_public(ip_address(text))


@given(V4, st.sampled_from(["::ffff:0:0", "64:ff9b::"]))
def test_an_address_that_stands_for_another_is_as_public_as_that(
    inner: IPv4Address, prefix: str
) -> None:
    outer = IPv6Address(int(IPv6Address(prefix)) | int(inner))

    assert is_public(outer) == is_public(inner)


@given(st.ip_addresses())
def test_what_is_public_is_public_to_the_library_too(address: IPv4Address | IPv6Address) -> None:
    meant = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address

    assert not is_public(address) or meant.is_global


@given(V4)
def test_what_goes_through_a_relay_is_not_public(inner: IPv4Address) -> None:
    assert not is_public(IPv6Address(int(IPv6Address("2002::")) | int(inner) << 80))


def test_the_first_retries_come_after_seconds_minutes_and_hours() -> None:
    waits = [next_try(NOW, NOW, failures, 0.5) for failures in range(1, 8)]

    seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000]
    assert waits == [NOW + timedelta(seconds=one) for one in seconds]


@given(st.lists(LUCK, min_size=40, max_size=40))
def test_a_delivery_is_tried_for_three_days_and_not_longer(lucks: list[float]) -> None:
    tries, now = [NOW], NOW
    for failures, luck in enumerate(lucks, 1):
        again = next_try(NOW, now, failures, luck)
        if again is None:
            break
        tries.append(now := again)

    assert again is None
    assert tries == sorted(tries)
    assert tries[-1] <= NOW + TRIED_FOR < tries[-1] + timedelta(hours=10) * (1 + JITTER)
    assert 9 <= len(tries) <= 14


@given(st.integers(1, 1_000_000), LUCK)
def test_a_target_is_left_alone_after_some_failures_and_never_for_long(
    failures: int, luck: float
) -> None:
    until = blocked_until(NOW, failures, luck)

    assert (until is None) == (failures < BREAKS_AFTER)
    assert until is None or NOW < until <= NOW + LONGEST_BREAK * (1 + JITTER)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://erp.example.com/hub?a=1", "erp.example.com:443"),
        ("https://ERP.example.com:8443", "erp.example.com:8443"),
        ("https://计量.example.com/", "xn--wc3as5j.example.com:443"),
        ("https://93.184.216.34/", "93.184.216.34:443"),
        ("https://[2606:2800:220:1::1]/", "[2606:2800:220:1::1]:443"),
    ],
)
def test_a_target_is_host_and_port(url: str, target: str) -> None:
    assert target_of(url, ()) == target


@pytest.mark.parametrize("url", ["https://xn--/", "https://xn--.com/", "https://[::", "erp", ""])
def test_what_is_no_complete_url_is_no_target(url: str) -> None:
    with pytest.raises(BadInput, match="no complete URL"):
        target_of(url, ())


def test_what_is_allowed_may_be_private_and_plain_but_carries_no_password() -> None:
    allowed = allowed_in("127.0.0.1:8900, Sandbox:80,[::1]:8900")

    assert target_of("http://127.0.0.1:8900/", allowed) == "127.0.0.1:8900"
    assert target_of("http://sandbox/", allowed) == "sandbox:80"
    assert target_of("http://[::1]:8900/", allowed) == "[::1]:8900"
    for url in ("http://127.0.0.1:8901/", "http://a:b@sandbox/", "ftp://127.0.0.1:8900/"):
        with pytest.raises(BadInput):
            target_of(url, allowed)
    assert allowed_in(None) == frozenset()
