"""The port that every connector goes through: what is said to other systems and by them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from hub.errors import Words
from hub.exchange import ConnectorFailure, ConnectorKind, MessageOutcome
from hub.writer import Writer


@dataclass(frozen=True)
class Event:
    """What another system states: of `subject`, as it is there at `at`. `seq` rises per subject."""

    id: str
    type: str
    at: datetime
    subject: str
    seq: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Events in the order in which they are told, each as it came; `next` is where to go on."""

    items: Sequence[Any]
    next: str
    more: bool
    total: int


@dataclass(frozen=True)
class Outgoing:
    """What the hub states; `id` is the same at each try."""

    id: str
    type: str
    at: datetime
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Receipt:
    """That a message was taken, and what the other system calls that."""

    receipt: str | None


class System(Protocol):
    """One other system, spoken to over the wire."""

    async def events(self, after: str | None) -> Page:
        """The events that follow the place `after`; from the beginning for None. Failed."""
        ...

    async def send(self, message: Outgoing) -> Receipt:
        """The receipt of a message. Failed, or Declined where it will never be taken."""
        ...


class Failed(Exception):
    """Another system did not answer as it should; the same may go well later."""

    def __init__(self, failure: ConnectorFailure, status: int | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.status = status


class Declined(Exception):
    """Another system has refused a message for good; its own code and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class Applied(NamedTuple):
    """What became of an event, and why."""

    outcome: MessageOutcome
    words: Words | None = None


@dataclass(frozen=True)
class Link:
    """A connector as its handlers see it; it is the platform's where it has no organisation."""

    id: UUID
    code: str
    kind: ConnectorKind
    organization_id: UUID | None


Handler = Callable[[Writer, Link, Event], Awaitable[Applied]]
"""Applies an event, in the transaction that marks the message as done. A HubError is kept as its
problem, and nothing of what was done stays."""


class Flow(NamedTuple):
    """What handles the events of a type.

    Where they `add_up`, an event that is older than the last one of its subject is applied too;
    otherwise it is stale. What the hub notes itself of an answer `is_ours`: it has the instant of
    another clock, so it is never stale and makes nothing else so. `screen` leaves of its data what
    may be stored.
    """

    handle: Handler
    adds_up: bool = False
    is_ours: bool = False
    screen: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
