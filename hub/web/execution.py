"""How one operation runs: by its plan, or by graphql-core under a deadline; misfits of inputs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple, TypeGuard, TypeVar, cast

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Undefined,
    type_from_ast,
)
from graphql.execution import (
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
    map_source_to_response_event,
)
from graphql.utilities import validate_input_value
from strawberry.execution import optimized_is_awaitable

from hub.actor import Actor
from hub.engine.execute import Planned, Run
from hub.engine.plan import Plan, Plans, Prepared, Request
from hub.engine.rows import Declined
from hub.errors import BadInput, Path
from hub.events import Changes
from hub.web.body import Asked
from hub.web.documents import Reading
from hub.web.door import Door
from hub.web.faults import own
from hub.web.pace import Pace
from hub.web.problems import Rejected

_MOST_ERRORS = 20

T = TypeVar("T")
is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)


class Result(NamedTuple):
    """What an operation came to: `data` as a value or as its JSON, and the points that it cost."""

    data: Any
    errors: list[GraphQLError]
    points: int


Events = AsyncGenerator[Result, None]


class Found(NamedTuple):
    """An operation of a document, its plan, and what that is run with."""

    prepared: Prepared
    plan: Plan
    request: Request


def planned(
    plans: Plans, reading: Reading, asked: Asked, actor: Actor, today: date, *, insider: bool
) -> Found:
    """The operation that `asked` names, with its plan for `actor` on the calendar day `today`.

    Rejected when there is no such one, and when its variables do not fit.
    """
    prepared = reading.operation(asked.operation_name)
    given = asked.variables or {}
    coerced = prepared.variables.coerce(given, _MOST_ERRORS)
    if coerced is None:
        operation = prepared.operation
        raise Rejected(_misfits(operation.schema, operation.definition, given, insider))
    return Found(prepared, plans.find(prepared, coerced, actor), Request(coerced, actor, today))


class Execution:
    """One operation with its plan. Rejected when its variables do not fit.

    CostExceeded when it may cost more than its caller may spend at once.
    """

    def __init__(
        self,
        door: Door,
        plans: Plans,
        reading: Reading,
        asked: Asked,
        context: Any,
        *,
        insider: bool,
    ) -> None:
        found = planned(
            plans, reading, asked, door.asker(context), door.today(context), insider=insider
        )
        self.prepared, self.plan, request = found
        self.plan.insist()
        self._door = door
        self._reading = reading
        self._asked = asked
        self._context = context
        self._insider = insider
        self._run = Run(self.plan, request, door.reads)

    async def result(self) -> Result:
        """The answer of a query or mutation."""
        if self.plan.is_whole and self._door.compiles:
            with suppress(Declined):
                data, errors = await self._run.whole(self._context)
                return Result(data, errors, self._run.points)
        executor = self._executor()
        result = await _settled(execute_root_selection_set(executor))
        return self._of(result)

    async def events(self, seconds: float) -> Events | Changes[Any] | Result:
        """The events of a subscription, each made within `seconds`; a result if it cannot begin.

        Where they are changes from the feed, it is for `told` to make answers of them.
        """
        executor = self._executor()
        begun = create_source_event_stream(executor)
        stream: AsyncIterable[Any] | ExecutionResult = await _settled(begun)
        if isinstance(stream, ExecutionResult):
            return self._of(stream)
        if isinstance(stream, Changes):
            return stream

        async def within(executor: Executor[Any]) -> ExecutionResult:
            async with asyncio.timeout(seconds):
                return await _settled(execute_subscription_event(executor))

        results = map_source_to_response_event(executor, stream, within)
        return (self._of(result) async for result in results)

    async def told(
        self, events: Iterable[Any], contexts: Iterable[Any], pace: Pace
    ) -> list[Result]:
        """What is answered to several events of a subscription, each with a context of its own.

        They are read together, and resolved one after the other at a `pace`.
        """
        executor = self._executor()
        if isinstance(executor, Planned):
            executor.turn = pace.turn

        async def one(event: Any, context: Any) -> Result:
            await pace.turn()
            own = executor.build_per_event_executor(event)
            own.context_value = context
            return self._of(await _settled(execute_subscription_event(own)))

        return await asyncio.gather(*map(one, events, contexts))

    def _of(self, result: ExecutionResult) -> Result:
        resolved = sum(
            one.cost.points for one in self.plan.prices if one.field.key not in self._run.answered
        )
        return Result(result.data, list(result.errors or ()), self._run.points + resolved)

    def _executor(self) -> Executor[Any]:
        operation = self.prepared.operation
        executor = self._door.schema.execution_context_class.build(
            operation.schema,
            self._reading.document,
            context_value=self._context,
            raw_variable_values=self._asked.variables,
            operation_name=self._asked.operation_name,
            max_coercion_errors=_MOST_ERRORS,
            is_awaitable=is_awaitable,
            hide_suggestions=not self._insider,
            operation_extensions=self._asked.extensions,
        )
        if isinstance(executor, list):
            raise Rejected([_unfit(None, error, ()) for error in executor])
        if isinstance(executor, Planned) and self._door.compiles:
            executor.run, executor.plan = self._run, self.plan
        return executor


async def _settled(value: T | Awaitable[T]) -> T:
    return await value if is_awaitable(value) else cast("T", value)


def _misfits(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    insider: bool,
) -> list[GraphQLError]:
    """What is wrong with the variables, each with the path that leads to it."""
    found: list[GraphQLError] = []
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        value = variables.get(name, Undefined)
        if value is Undefined and definition.default_value:
            continue
        type_ = cast("GraphQLInputType", type_from_ast(schema, definition.type))
        faults = _faults(value, type_, insider)
        found.extend(_unfit(definition, error, (name, *path)) for error, path in faults)
    return found[:_MOST_ERRORS]


class _Enough(Exception):
    """No more errors are wanted."""


def _faults(
    value: Any, type_: GraphQLInputType, insider: bool
) -> list[tuple[GraphQLError, list[str | int]]]:
    """The first faults of one value, each with the path inside it."""
    found: list[tuple[GraphQLError, list[str | int]]] = []

    def note(error: GraphQLError, path: list[str | int]) -> None:
        found.append((error, path))
        if len(found) == _MOST_ERRORS:
            raise _Enough

    with suppress(_Enough):
        validate_input_value(value, type_, note, hide_suggestions=not insider)
    return found


def _unfit(place: Node | None, error: GraphQLError, path: Path) -> GraphQLError:
    """`error` at `place`, meaning a BadInput; a scalar that refuses in two languages is quoted."""
    words = refusal.words if (refusal := own(error)) else None
    dotted = ".".join(map(str, path))
    where = f" ${dotted}" if dotted else ""
    meaning = BadInput(
        f"变量{where} 的值不可用：{words.zh if words else error.message}",
        f"variable{where}: {words.en if words else error.message}",
        hint=refusal.hint if refusal else None,
        path=path,
    )
    return GraphQLError(error.message, place, original_error=meaning)
