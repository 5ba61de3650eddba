"""Connectors: which of two events is older, and how a connector fares."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hub.errors import BadInput
from hub.exchange import ConnectorHealth
from hub.rules.webhook import BREAKS_AFTER

AHEAD = timedelta(days=1)
"""So far may the clock of another system be ahead of ours."""
MOST_REREADS = 3
"""How often a page with a wrong total is read again."""


class Place(NamedTuple):
    """Where an event stands among those of its subject."""

    seq: int | None
    at: datetime


def is_older(event: Place, last: Place) -> bool:
    """Whether `event` says what was before `last`: by its number, else by its instant."""
    if event.seq is not None and last.seq is not None and event.seq != last.seq:
        return event.seq < last.seq
    return event.at < last.at


def newest(one: Place, other: Place) -> Place:
    """The one of two that is not older."""
    return other if is_older(one, other) else one


def check_time(at: datetime, now: datetime) -> None:
    """Raise BadInput for an event of the future: everything after it would be older."""
    if at > now + AHEAD:
        raise BadInput("事件的时刻在将来", "the event lies in the future", path=("at",))


def health(failures: int, *, is_miscounting: bool) -> ConnectorHealth:
    """How a connector fares that has failed so many times in a row.

    `is_miscounting` where its page has a wrong total however often it is read.
    """
    if failures >= BREAKS_AFTER:
        return ConnectorHealth.DOWN
    if failures or is_miscounting:
        return ConnectorHealth.DEGRADED
    return ConnectorHealth.OK
