"""The life of one operation, whatever the wire: context, document, deadline, answer in JSON."""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog
from graphql import OperationType, VariableNode

from hub.actor import Actor
from hub.engine.plan import Plans
from hub.engine.price import Cost
from hub.engine.sharing import representative
from hub.engine.tree import Field
from hub.errors import (
    BadRequest,
    Busy,
    Code,
    CostExceeded,
    HubError,
    Unauthenticated,
    Unavailable,
    Words,
)
from hub.events import LOOK_EVERY, Changes
from hub.settings import Settings
from hub.web.answers import encode
from hub.web.body import Asked, RequestRefused
from hub.web.channels import BYTES_AT_ONCE, Channels, Shared, Source
from hub.web.documents import Documents
from hub.web.door import Caller, Door
from hub.web.execution import Execution, Result
from hub.web.explaining import Asker, Explaining, OwnBriefing
from hub.web.faults import TimedOut, foreign, own
from hub.web.pace import Pace
from hub.web.problems import Problems, Rejected
from hub.web.tabling import Tabling
from schema.evolution import version

ANY_KIND = frozenset(OperationType)
MOST_STREAMS = 20
"""Subscriptions of one principal that a process runs at a time, over all its connections."""
LOOK_AFTER, KNOWN_FOR = 0.8, 0.2
"""Seconds for which a caller may listen without another look at its token, and that what is known
of that may be old: whoever is locked out hears of nothing a second later."""
RESUMED_BY = "after"
"""The argument of a subscription that says where it begins."""
EVENTS_AT_ONCE = 50
AT_ONCE = Cost(points=10_000, rows=10_000, values=5_000)
"""What is resolved together of the events of a subscription, and what they may cost."""
Admit = Callable[[], Awaitable["Outcome | None"]]


class Outcome(NamedTuple):
    """One answer of an operation."""

    body: bytes
    """The whole answer as JSON."""
    errors: list[dict[str, Any]]
    """Its errors as told."""
    has_data: bool
    """Whether `data` is there and not null."""
    ran: bool
    """Whether execution began; if not, `data` is absent."""
    headers: Mapping[str, str] = MappingProxyType({})
    """What the answer says besides: what it may have cost, and what it did cost."""

    @property
    def locks_out(self) -> bool:
        """Whether it says that the caller has no business here (any more)."""
        return any(
            error["extensions"]["code"] in (Code.UNAUTHENTICATED, Code.FORBIDDEN)
            for error in self.errors
        )


class Operations:
    """Runs operations through a door. Built once for a process."""

    def __init__(self, door: Door, settings: Settings) -> None:
        if door.schema.extensions or door.schema.directives:
            raise ValueError("Strawberry's extensions and operation directives are not run here")
        self._door = door
        self._documents = Documents()
        self._versioned = b'"extensions":{"schemaVersion":%b' % encode(version(door.schema))
        self._plans = Plans()
        self._open = settings.outsider_introspection
        self._seconds = settings.operation_seconds
        self._upload_seconds = settings.upload_seconds
        self._streams: Counter[Hashable] = Counter()
        self._channels = Channels()
        self._pace = Pace()
        self.problems = Problems(settings)
        self._explaining = Explaining(self._documents, self._plans, self.problems)
        self.tabling = Tabling(self._documents, self._plans)

    async def answer(
        self,
        asked: Asked,
        caller: Caller,
        kinds: Collection[OperationType],
        actor: Actor | None = None,
    ) -> Outcome:
        """The answer of a query or mutation; every failure is one. RequestRefused for its kind.

        It is asked on behalf of `actor`, if there is one, whatever token the caller has.
        """
        structlog.contextvars.bind_contextvars(request_id=caller.request_id)
        try:
            seconds = self._upload_seconds if asked.has_files else self._seconds
            entered = self._enter(caller)
            if actor is not None:
                entered = self._door.acting(actor, caller.language)
            async with asyncio.timeout(seconds), entered as context:
                execution = self._prepare(asked, caller, context, kinds)
                return self._outcome(execution, await execution.result(), caller, context)
        except RequestRefused:
            raise
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            return self.refuse(error, caller)

    async def events(
        self,
        asked: Asked,
        caller: Caller,
        kinds: Collection[OperationType] = ANY_KIND,
        subscribed: asyncio.Event | None = None,
    ) -> AsyncGenerator[Outcome | Shared, None]:
        """Every answer of an operation: one of a query or mutation, one an event of a subscription.

        Those that others get too come together. The last one is an outcome with `ran` false if the
        operation was refused or broke off. While an answer is on its way, the context holds no
        connection: a client may take it as slowly as it likes. `subscribed` is set once a
        subscription has begun: from then on it hears of everything.
        """
        structlog.contextvars.bind_contextvars(request_id=caller.request_id)
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._seconds):
                    context = await stack.enter_async_context(self._enter(caller))
                    run = self._prepare(asked, caller, context, kinds)
                    principal = self._door.principal(context)
                    streams = run.plan.kind is OperationType.SUBSCRIPTION
                    if streams:
                        stack.enter_context(self._counted(principal))
                    begun = await (run.events(self._seconds) if streams else run.result())
                    if isinstance(begun, Changes):
                        head = await stack.enter_async_context(begun.feed.following())
                        pos = head if begun.begin is None else begun.begin
                    await self._door.rest(context)
                if isinstance(begun, Result):
                    yield self._outcome(run, begun, caller, context)
                    return
                if subscribed:
                    subscribed.set()
                admit = self.watch(caller, principal, KNOWN_FOR)
                if isinstance(begun, Changes):
                    follow = self._channel(begun, run, asked, caller, context)
                    async with aclosing(_admitted(follow(pos, head), admit)) as told:
                        async for one in told:
                            yield one
                    return
                async with aclosing(begun):
                    async for result in begun:
                        await self._door.rest(context)
                        if (refusal := await admit()) and refusal.locks_out:
                            yield refusal
                            return
                        yield self._outcome(run, result, caller, context)
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            yield self.refuse(error, caller)

    def watch(self, caller: Caller, known: Hashable = None, patience: float | None = None) -> Admit:
        """A function that says whether the door lets the caller in, and still as who it was.

        It returns None if so, otherwise the refusal. Who the caller was is `known`, or what the
        first look has found. What is known of its token is at most `patience` seconds old.
        """

        async def admit() -> Outcome | None:
            nonlocal known
            try:
                async with asyncio.timeout(self._seconds), self._enter(caller, patience) as context:
                    found = self._door.principal(context)
                    if known not in (None, found):
                        raise _another()
                    known = found
                    return None
            except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
                return self.refuse(error, caller)

        return admit

    @property
    def draining(self) -> asyncio.Event:
        """Set when the process is about to stop."""
        return self._door.draining

    def refuse(self, error: Exception, caller: Caller) -> Outcome:
        """The answer to a request that came to nothing."""
        causes = error.errors if isinstance(error, Rejected) else [error]
        errors = [self.problems.tell(cause, caller) for cause in causes]
        body = b'{"errors":%b,%b}}' % (encode(errors), self._versioned)
        return Outcome(body, errors, has_data=False, ran=False)

    @contextmanager
    def _counted(self, principal: Hashable) -> Iterator[None]:
        """Count one more subscription of `principal` while inside. Busy for one too many."""
        if self._streams[principal] >= MOST_STREAMS:
            raise Busy(
                f"一个账号最多同时进行 {MOST_STREAMS} 个订阅",
                f"an account runs at most {MOST_STREAMS} subscriptions at a time",
                hint=Words("请先结束不用的订阅", "end a subscription that is not needed"),
            )
        self._streams[principal] += 1
        try:
            yield
        finally:
            self._streams[principal] -= 1
            if not self._streams[principal]:
                del self._streams[principal]

    def _enter(
        self, caller: Caller, patience: float | None = None
    ) -> AbstractAsyncContextManager[Any]:
        return self._door.operation(caller.headers, caller.token, caller.language, patience)

    def _channel(
        self, changes: Changes[Any], run: Execution, asked: Asked, caller: Caller, context: Any
    ) -> Callable[[int, int], AsyncGenerator[Shared, None]]:
        """The answers to `changes` from a position on, shared with all whose cannot differ."""
        asked = _wherever_begun(asked, run.plan.fields)
        actor = representative(run.plan.fields, self._door.asker(context))
        fits = (all_ // max(1, each) for all_, each in zip(AT_ONCE, run.plan.cost, strict=True))
        together = Caller({}, None, caller.language, secrets.token_hex(8))
        answer = partial(self._told, asked, together, actor)
        said = (
            caller.language,
            asked.query,
            asked.operation_name,
            repr(asked.variables),
            repr(asked.extensions),
        )
        source = Source(changes, actor, answer, max(1, min(EVENTS_AT_ONCE, *fits)))
        return partial(self._channels.follow, (actor, *said), source)

    async def _told(
        self, asked: Asked, caller: Caller, actor: Actor, events: Sequence[Any]
    ) -> list[bytes]:
        """The answers to the first of several events, as many as go out in one piece.

        Unavailable and Busy when they have to wait; TimeoutError, TimedOut and CostExceeded where
        fewer may do. What one alone comes to is its answer.
        """
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._door.acting(actor, caller.language) as context,
            ):
                run = self._prepare(asked, caller, context, ANY_KIND)
                contexts = [self._door.apart(context) for _ in events]
                results = await run.told(events, contexts, self._pace)
        except (TimeoutError, CostExceeded) as error:
            if len(events) > 1:
                raise
            return [self.refuse(error, caller).body]
        _insist(results)
        bodies: list[bytes] = []
        size = 0
        for result, apart in zip(results, contexts, strict=True):
            await self._pace.turn()
            body = self._outcome(run, result, caller, apart).body
            size += len(body)
            if bodies and size > BYTES_AT_ONCE:
                break
            bodies.append(body)
        return bodies

    def _prepare(
        self, asked: Asked, caller: Caller, context: Any, kinds: Collection[OperationType]
    ) -> Execution:
        insider = self._open or self._door.trusted(context)
        schema = self._door.schema_for(context)
        reading = self._documents.read(asked.query, schema, insider=insider)
        kind = reading.operation(asked.operation_name).operation.kind
        if kind not in kinds:
            raise _wrong_kind(kind)
        made = Execution(self._door, self._plans, reading, asked, context, insider=insider)
        asker = Asker(
            caller, self._door.asker(context), schema, self._door.today(context), insider=insider
        )
        self._door.brief(context, OwnBriefing(made.plan, asker, self._explaining, self.tabling))
        return made

    def _outcome(
        self, execution: Execution, result: Result, caller: Caller, context: Any
    ) -> Outcome:
        if result.data is None and all(error.path is None for error in result.errors):
            return self.refuse(Rejected(result.errors), caller)
        data = result.data if isinstance(result.data, bytes) else encode(result.data)
        parts = [b'{"data":', data]
        errors = [self.problems.tell(error, caller) for error in result.errors]
        if errors:
            parts += [b',"errors":', encode(errors)]
        requested = execution.plan.cost.points
        parts.append(
            b',%b,"cost":{"requested":%d,"actual":%d}' % (self._versioned, requested, result.points)
        )
        if extensions := self._door.extensions(context):
            parts += [b",", encode(extensions)[1:-1]]
        parts.append(b"}}")
        headers = {"x-cost-requested": str(requested), "x-cost-actual": str(result.points)}
        has_data = result.data is not None
        return Outcome(b"".join(parts), errors, has_data=has_data, ran=True, headers=headers)


def _wherever_begun(asked: Asked, roots: Iterable[Field]) -> Asked:
    """`asked` without the place that it begins at, where a variable brings that and nothing else.

    An event is the same for all who hear it, wherever they began.
    """
    given = asked.variables or {}
    for argument in (one for root in roots for node in root.nodes for one in node.arguments or ()):
        if argument.name.value == RESUMED_BY and isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            if name in given and len(re.findall(rf"\${name}\b", asked.query)) == 2:
                given = {**given, name: ""}
    return asked._replace(variables=given)


def _insist(results: Sequence[Result]) -> None:
    """Raise what is no answer yet: an outage, and what is too much for several events at once."""
    passing: tuple[type[HubError], ...] = (Unavailable, Busy)
    if len(results) > 1:
        passing += (TimedOut, CostExceeded)
    for error in (error for result in results for error in result.errors):
        refusal = own(error) or foreign(error)
        if isinstance(refusal, passing):
            raise refusal


async def _admitted(
    shared: AsyncGenerator[Shared, None], admit: Admit
) -> AsyncGenerator[Outcome | Shared, None]:
    """What is `shared`, for as long as `admit` lets the caller in; the refusal if it does not.

    While nobody can tell, the caller waits.
    """
    clock = asyncio.get_running_loop().time
    looked = -LOOK_AFTER
    async with aclosing(shared):
        async for told in shared:
            if clock() > looked + LOOK_AFTER:
                looking = clock()
                while refusal := await admit():
                    if refusal.locks_out:
                        yield refusal
                        return
                    await asyncio.sleep(LOOK_EVERY)
                    looking = clock()
                looked = looking
            yield told


def _another() -> Unauthenticated:
    return Unauthenticated(
        "账号的机构或权限已变更",
        "the organisation or the rights of this account have changed",
        hint=Words("请重新订阅", "subscribe again"),
    )


def _wrong_kind(kind: OperationType) -> BadRequest:
    if kind is OperationType.MUTATION:
        return RequestRefused(
            405,
            "GET 只能用于查询，变更请用 POST",
            "GET serves queries only; send mutations by POST",
            headers={"allow": "POST"},
        )
    return BadRequest(
        "订阅请使用 WebSocket（graphql-transport-ws）或 Accept: text/event-stream",
        "subscriptions are served over WebSocket (graphql-transport-ws) or text/event-stream",
    )
