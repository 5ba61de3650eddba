"""Which of two events is older, and how a connector fares."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.exchange import ConnectorHealth
from hub.rules.connector import AHEAD, Place, check_time, health, is_older, newest
from hub.rules.webhook import BREAKS_AFTER

NOW = datetime(2026, 11, 23, tzinfo=UTC)
INSTANTS = st.integers(0, 5).map(lambda hours: NOW + timedelta(hours=hours))
NUMBERED = st.builds(Place, st.integers(0, 5), INSTANTS)
UNNUMBERED = st.builds(Place, st.none(), INSTANTS)


@given(st.lists(NUMBERED, min_size=1), st.randoms())
def test_in_whatever_order_events_come_the_last_one_stands(
    places: list[Place], order: object
) -> None:
    shuffled = list(places)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    last = shuffled[0]
    for place in shuffled:
        last = newest(place, last)

    assert last == max(places)


@given(st.lists(UNNUMBERED, min_size=2, max_size=2))
def test_events_without_a_number_go_by_their_instants(places: list[Place]) -> None:
    one, other = places

    assert is_older(one, other) == (one.at < other.at)


@given(NUMBERED, NUMBERED)
def test_of_two_events_one_at_most_is_older(one: Place, other: Place) -> None:
    assert not (is_older(one, other) and is_older(other, one))
    assert not is_older(one, one)


def test_a_clock_may_be_a_day_ahead_and_no_more() -> None:
    check_time(NOW + AHEAD, NOW)

    with pytest.raises(BadInput) as refused:
        check_time(NOW + AHEAD + timedelta(seconds=1), NOW)

    assert refused.value.path == ("at",)


def test_a_connector_is_down_once_it_is_only_probed() -> None:
    assert health(0, is_miscounting=False) is ConnectorHealth.OK
    assert health(0, is_miscounting=True) is ConnectorHealth.DEGRADED
    assert health(1, is_miscounting=False) is ConnectorHealth.DEGRADED
    assert health(BREAKS_AFTER, is_miscounting=False) is ConnectorHealth.DOWN
