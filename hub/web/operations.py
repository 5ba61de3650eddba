"""The life of one operation, whatever the wire: context, document, deadline, answer in JSON."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any, NamedTuple

import structlog
from graphql import ExecutionResult, OperationType

from hub.errors import BadRequest, Code
from hub.settings import Settings
from hub.web.answers import encode
from hub.web.body import Asked, RequestRefused
from hub.web.documents import Documents
from hub.web.door import Caller, Door
from hub.web.execution import Run
from hub.web.problems import Problems, Rejected

ANY_KIND = frozenset(OperationType)


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
        # The only way from Strawberry's schema to graphql-core's.
        self._schema = door.schema._schema  # noqa: SLF001
        self._door = door
        self._documents = Documents(self._schema)
        self._open = settings.outsider_introspection
        self._seconds = settings.operation_seconds
        self._upload_seconds = settings.upload_seconds
        self.problems = Problems(settings)

    async def answer(
        self, asked: Asked, caller: Caller, kinds: Collection[OperationType]
    ) -> Outcome:
        """The answer of a query or mutation; every failure is one. RequestRefused for its kind."""
        structlog.contextvars.bind_contextvars(request_id=caller.request_id)
        try:
            seconds = self._upload_seconds if asked.has_files else self._seconds
            async with asyncio.timeout(seconds), self._enter(caller) as context:
                run, _ = self._prepare(asked, context, kinds)
                return self._outcome(await run.result(), caller, context)
        except RequestRefused:
            raise
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            return self.refuse(error, caller)

    async def events(
        self, asked: Asked, caller: Caller, kinds: Collection[OperationType] = ANY_KIND
    ) -> AsyncGenerator[Outcome, None]:
        """Every answer of an operation: one of a query or mutation, one an event of a subscription.

        The last one has `ran` false if the operation was refused or broke off.
        """
        structlog.contextvars.bind_contextvars(request_id=caller.request_id)
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._seconds):
                    context = await stack.enter_async_context(self._enter(caller))
                    run, kind = self._prepare(asked, context, kinds)
                    streams = kind is OperationType.SUBSCRIPTION
                    begun = await (run.events(self._seconds) if streams else run.result())
                if isinstance(begun, ExecutionResult):
                    yield self._outcome(begun, caller, context)
                    return
                async with aclosing(begun):
                    async for result in begun:
                        yield self._outcome(result, caller, context)
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            yield self.refuse(error, caller)

    async def admit(self, caller: Caller) -> Outcome | None:
        """None when the door lets the caller in, otherwise the refusal."""
        try:
            async with asyncio.timeout(self._seconds), self._enter(caller):
                return None
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            return self.refuse(error, caller)

    def refuse(self, error: Exception, caller: Caller) -> Outcome:
        """The answer to a request that came to nothing."""
        causes = error.errors if isinstance(error, Rejected) else [error]
        errors = [self.problems.tell(cause, caller) for cause in causes]
        return Outcome(encode({"errors": errors}), errors, has_data=False, ran=False)

    def _enter(self, caller: Caller) -> AbstractAsyncContextManager[Any]:
        return self._door.operation(caller.headers, caller.token, caller.language)

    def _prepare(
        self, asked: Asked, context: Any, kinds: Collection[OperationType]
    ) -> tuple[Run, OperationType]:
        insider = self._open or self._door.trusted(context)
        reading = self._documents.read(asked.query, insider=insider)
        kind = reading.operation(asked.operation_name).operation
        if kind not in kinds:
            raise _wrong_kind(kind)
        executor_class = self._door.schema.execution_context_class
        run = Run(self._schema, executor_class, reading, asked, context, insider=insider)
        return run, kind

    def _outcome(self, result: ExecutionResult, caller: Caller, context: Any) -> Outcome:
        if result.data is None and all(error.path is None for error in result.errors or ()):
            return self.refuse(Rejected(result.errors or []), caller)
        answer: dict[str, Any] = {"data": result.data}
        errors = [self.problems.tell(error, caller) for error in result.errors or ()]
        if errors:
            answer["errors"] = errors
        if extensions := self._door.extensions(context):
            answer["extensions"] = extensions
        return Outcome(encode(answer), errors, has_data=result.data is not None, ran=True)


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
