"""Two hubs over one database, one with its engine and one without, and what they answer alike."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from graphql import OperationType

from hub.actions.session import issue_token
from hub.actor import ANONYMOUS
from hub.engine.plan import Plan, Plans
from hub.settings import Settings
from hub.web.app import Hub
from hub.web.body import Asked
from hub.web.door import Caller
from hub.web.operations import Operations, Outcome
from tests.doors import counted
from tests.engine.operations import Drawn, operations
from tests.engine.shrink import shrunk
from tests.engine.world import World, stored

QUERIES = frozenset({OperationType.QUERY})
WHOLE, PARTLY, NOT = "wholly compiled", "partly compiled", "not compiled"
REFUSED, FAILED = "refused", "with errors"


class Watched(Plans):
    """Plans that remember which one was asked for last."""

    last: Plan | None = None

    def find(self, *given: Any) -> Plan:
        """The plan for a request."""
        self.last = None
        self.last = super().find(*given)
        return self.last


class Number(NamedTuple):
    """A number of JSON as it is written, which is no text."""

    digits: str


class Object(NamedTuple):
    """An object of JSON, the order of its members kept."""

    members: tuple[tuple[str, Any], ...]


def read(body: bytes) -> dict[str, Any]:
    """The members of an answer; below them the order of members and the digits of numbers count."""
    found = json.loads(
        body,
        object_pairs_hook=lambda pairs: Object(tuple(pairs)),
        parse_int=Number,
        parse_float=Number,
    )
    return dict(found.members)


class Answer(NamedTuple):
    """What is to be equal: data, errors whatever their order, and what was withheld.

    Where there are errors, `withheld` is empty: what graphql-core had looked at of a subtree when
    it was lost depends on which field came first.
    """

    data: Any
    errors: list[str]
    withheld: dict[str, Any]


def answer_of(body: bytes) -> Answer:
    """What is to be equal of an answer."""
    told = read(body)
    withheld = dict(told["extensions"].members) if "extensions" in told else {}
    withheld.pop("cost", None)
    data = told.get("data", "absent")
    errors = [_error(error, data) for error in told.get("errors", [])]
    return Answer(data, sorted(errors), {} if errors else withheld)


def _error(error: Object, data: Any) -> str:
    """An error as it is told.

    Where several items of a list fail and the list is null for it, GraphQL tells of any of them
    (June 2018, 6.4.4): its number does not count.
    """
    members = dict(error.members)
    path = []
    for step in members.get("path", ()):
        path.append("any" if isinstance(step, Number) and data is None else step)
        data = _step(data, step)
    return repr(members | {"path": path})


def _step(data: Any, step: Any) -> Any:
    if isinstance(data, Object):
        return dict(data.members).get(step)
    return data[int(step.digits)] if isinstance(data, list) else None


def too_dear(body: bytes) -> str | None:
    """What is wrong with the price of an operation that ran: it is to be no less than the cost."""
    cost = json.loads(body)["extensions"]["cost"]
    return None if cost["actual"] <= cost["requested"] else f"it cost more than its price: {cost}"


@dataclass
class Twins:
    """The two hubs, and the tokens of the callers."""

    hubs: tuple[Hub, Hub]
    world: World
    settings: Settings
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._tokens: dict[str, str | None] = {}
        self._operations = [Operations(hub, self.settings) for hub in self.hubs]
        self._plans = Watched()
        self._operations[0]._plans = self._plans  # to see how a case was planned

    async def caller(self, name: str) -> Caller:
        """The caller called `name`."""
        if name not in self._tokens:
            self._tokens[name] = await self._token(self.world.callers[name])
        token = self._tokens[name]
        for hub in self.hubs:
            if token is not None:
                await hub.identities.actor_of(token)  # which is no part of the operation
        return Caller({}, token, "en", "request")

    async def _token(self, login: str | None) -> str | None:
        if login is None:
            return None
        hour = timedelta(hours=1)
        issued = await issue_token(self.hubs[0].database, login, ttl=hour, now=datetime.now(UTC))
        return issued.token

    async def schema(self, name: str) -> Any:
        """The schema that the caller called `name` sees."""
        token = (await self.caller(name)).token
        hub = self.hubs[0]
        return hub.views.of(ANONYMOUS if token is None else await hub.identities.actor_of(token))

    async def answers(self, drawn: Drawn, name: str) -> tuple[Outcome, Outcome]:
        """What the two hubs answer to an operation."""
        caller = await self.caller(name)
        asked = Asked(drawn.document, drawn.variables, drawn.name)
        one, other = await asyncio.gather(
            *(each.answer(asked, caller, QUERIES) for each in self._operations)
        )
        return one, other

    async def differ(self, drawn: Drawn, name: str, *, counts: bool = False) -> str | None:
        """How the answers differ; None where they are the same. Counted if it `counts`."""
        with counted(self.hubs[0]) as resolved:
            one, other = await self.answers(drawn, name)
        if counts:
            self._count(one, bool(resolved))
        for outcome in (one, other):
            if outcome.ran and (dear := too_dear(outcome.body)):
                return dear
        compiled, reference = answer_of(one.body), answer_of(other.body)
        if compiled == reference:
            return None
        return f"compiled:\n{one.body.decode()}\nby graphql-core:\n{other.body.decode()}"

    def _count(self, outcome: Outcome, resolved: bool) -> None:
        plan = self._plans.last
        self.counts["all"] += 1
        if plan is None or not outcome.ran:
            self.counts[REFUSED] += 1
            return
        self.counts[FAILED] += bool(outcome.errors)
        whole = plan.is_whole and not resolved
        self.counts[WHOLE if whole else PARTLY if plan.statements else NOT] += 1


@asynccontextmanager
async def twins(
    database_url: str, redis_url: str, settings: Settings, seed: int
) -> AsyncIterator[Twins]:
    """The two hubs over the world of `seed`, in a database that is empty."""
    hubs = (
        Hub(settings, database_url, redis_url),
        Hub(settings, database_url, redis_url, compiles=False),
    )
    async with hubs[0].running(()), hubs[1].running(()):
        yield Twins(hubs, await stored(hubs[0].database, seed), settings)


class Difference(NamedTuple):
    """An operation whose answers differ, made small, and how they do."""

    caller: str
    seed: int
    drawn: Drawn
    told: str

    def __str__(self) -> str:
        """All that is needed to look into it."""
        variables = json.dumps(self.drawn.variables, ensure_ascii=False)
        return f"{self.caller}, seed {self.seed}\n{self.drawn.document}\n{variables}\n{self.told}"


async def differences(both: Twins, name: str, seed: int, number: int) -> AsyncIterator[Difference]:
    """Compare `number` random operations of the caller `name`: those whose answers differ."""
    random = Random(f"{seed} {name}")  # noqa: S311 -- a seed that can be told again
    schema = await both.schema(name)

    async def fails(drawn: Drawn) -> bool:
        return await both.differ(drawn, name) is not None

    for drawn in islice(operations(random, schema, both.world.stored), number):
        if await both.differ(drawn, name, counts=True):
            small = await shrunk(drawn, schema, fails)
            yield Difference(name, seed, small, await both.differ(small, name) or "not again")
