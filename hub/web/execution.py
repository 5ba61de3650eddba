"""How one operation runs: graphql-core's executor under a deadline, and errors that name inputs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeGuard, TypeVar, cast

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
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

from hub.errors import BadInput, Path
from hub.web.body import Asked
from hub.web.costs import Counted, check, counted, price
from hub.web.documents import Reading
from hub.web.faults import own
from hub.web.problems import Rejected

_MOST_ERRORS = 20

T = TypeVar("T")
is_awaitable = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)

Events = AsyncGenerator[ExecutionResult, None]


class Run:
    """One operation with its variables coerced: Rejected when they do not fit.

    CostExceeded when it may yield too much. What a mutation yields is not counted as it runs: the
    caller is told what was done, however long that is.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        executor_class: type[Executor[Any]],
        reading: Reading,
        asked: Asked,
        context: Any,
        *,
        insider: bool,
    ) -> None:
        operation = reading.operation(asked.operation_name)
        if operation.operation is not OperationType.MUTATION:
            executor_class = counted(executor_class)
        executor = executor_class.build(
            schema,
            reading.document,
            context_value=context,
            raw_variable_values=asked.variables,
            operation_name=asked.operation_name,
            max_coercion_errors=_MOST_ERRORS,
            is_awaitable=is_awaitable,
            hide_suggestions=not insider,
            operation_extensions=asked.extensions,
        )
        if isinstance(executor, list):
            misfits = _misfits(schema, operation, asked.variables or {}, insider)
            raise Rejected(misfits or [_unfit(None, error, ()) for error in executor])
        check(price(executor))
        self._executor = executor

    async def result(self) -> ExecutionResult:
        """The answer of a query or mutation. CostExceeded instead of a part of one."""
        return await _whole(self._executor, execute_root_selection_set(self._executor))

    async def events(self, seconds: float) -> Events | ExecutionResult:
        """The events of a subscription, each made within `seconds`; a result if it cannot begin."""
        begun = create_source_event_stream(self._executor)
        stream: AsyncIterable[Any] | ExecutionResult = await _settled(begun)
        if isinstance(stream, ExecutionResult):
            return stream

        async def within(executor: Executor[Any]) -> ExecutionResult:
            async with asyncio.timeout(seconds):
                return await _whole(executor, execute_subscription_event(executor))

        return map_source_to_response_event(self._executor, stream, within)


async def _whole(
    executor: Executor[Any], begun: ExecutionResult | Awaitable[ExecutionResult]
) -> ExecutionResult:
    result = await _settled(begun)
    if isinstance(executor, Counted) and executor.refusal is not None:
        raise executor.refusal.with_traceback(None)
    return result


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
