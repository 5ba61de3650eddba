"""GraphQL over HTTP at /graphql: POST, GET for queries, uploads and event streams; its routes."""

import asyncio
import math
from collections.abc import Mapping
from functools import cached_property

from graphql import OperationType
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from hub.errors import Words
from hub.settings import Settings
from hub.web import sse
from hub.web.answers import send_answer
from hub.web.body import Asked, RequestRefused, read_asked, read_body, read_json, read_query_string
from hub.web.door import Caller, Patience
from hub.web.negotiation import EVENTS, JSON, MULTIPART, answer_type, bearer, body_type
from hub.web.operations import Operations, Outcome
from hub.web.presence import Attendance, Presence
from hub.web.sockets import GraphQLSockets
from hub.web.uploads import asked_with_files, read_form

PATH = "/graphql"
_KINDS = {
    "GET": frozenset({OperationType.QUERY}),
    "POST": frozenset({OperationType.QUERY, OperationType.MUTATION}),
}
_PATIENCE = Patience()


def routes(
    operations: Operations, settings: Settings, patience: Patience = _PATIENCE
) -> list[BaseRoute]:
    """The routes of /graphql, over HTTP and WebSocket."""
    return [
        Route(PATH, GraphQLOverHttp(operations, settings, patience)),
        WebSocketRoute(PATH, GraphQLSockets(operations, patience)),
    ]


class Front(Starlette):
    """Starlette, past whose middleware and router GraphQL over HTTP goes straight to its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket or the lifespan."""
        if scope["type"] == "http" and (app := self._express.get(scope["path"])):
            await app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    @cached_property
    def _express(self) -> dict[str, "GraphQLOverHttp"]:
        return {
            route.path: route.app
            for route in self.routes
            if isinstance(route, Route) and isinstance(route.app, GraphQLOverHttp)
        }


class GraphQLOverHttp:
    """The ASGI application of the HTTP side."""

    def __init__(self, operations: Operations, settings: Settings, patience: Patience) -> None:
        self._operations = operations
        self._settings = settings
        self._patience = patience
        self._attendance = Attendance()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that hangs up gets nothing, and its work is stopped."""
        caller = Caller.of(scope)
        answered_as = JSON
        files: list[FormData] = []
        try:
            answered_as = _answered_as(scope["method"], caller.headers)
            caller = caller._replace(token=bearer(caller.headers.get("authorization")))
            asked = await self._read(scope, caller.headers, receive, files)
            async with Presence(self._attendance, receive):
                if answered_as == EVENTS:
                    await self._stream(asked, caller, scope, send)
                    return
                outcome = await self._operations.answer(asked, caller, _KINDS[scope["method"]])
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            outcome = self._operations.refuse(error, caller)
            await self._send(scope, send, caller, answered_as, outcome, error)
        else:
            await self._send(scope, send, caller, answered_as, outcome)
        finally:
            for form in files:
                await form.close()

    async def _read(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, files: list[FormData]
    ) -> Asked:
        if scope["method"] == "GET":
            return read_query_string(scope["query_string"])
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestRefused(
                415,
                "不支持压缩的请求体",
                "compressed bodies are not read",
                headers={"accept-encoding": "identity"},
            )
        kind = body_type(headers.get("content-type", ""))
        if kind == JSON:
            text = await read_body(receive, headers, self._settings.max_body_bytes)
            return read_asked(read_json(text))
        if kind == MULTIPART:
            form = await read_form(receive, headers, self._settings)
            files.append(form)
            return asked_with_files(form)
        raise RequestRefused(
            415,
            "Content-Type 应为 application/json 或 multipart/form-data，字符集 UTF-8",
            "Content-Type has to be application/json or multipart/form-data in UTF-8",
        )

    async def _stream(self, asked: Asked, caller: Caller, scope: Scope, send: Send) -> None:
        admit = self._operations.watch(caller)
        if refusal := await admit():
            await self._send(scope, send, caller, JSON, refusal)
            return
        kinds = _KINDS[scope["method"]] | {OperationType.SUBSCRIPTION}
        subscribed = asyncio.Event()

        async def stopping() -> None:
            # Queries and mutations are waited for, as over plain HTTP.
            await subscribed.wait()
            await self._operations.draining.wait()

        await sse.stream(
            self._operations.events(asked, caller, kinds, subscribed),
            send,
            admit,
            self._patience.keep_alive,
            caller.request_id,
            stopping(),
        )

    async def _send(
        self,
        scope: Scope,
        send: Send,
        caller: Caller,
        answered_as: str,
        outcome: Outcome,
        error: Exception | None = None,
    ) -> None:
        headers = {"x-request-id": caller.request_id, **outcome.headers}
        status = 200
        if isinstance(error, RequestRefused):
            status = error.status
            headers |= error.headers
        elif not outcome.has_data:
            status = self._operations.problems.status(outcome.errors[0], answered_as)
        if status == 401:
            headers["www-authenticate"] = "Bearer"
        if outcome.errors and (wait := outcome.errors[0]["extensions"].get("retryAfter")):
            headers["retry-after"] = str(math.ceil(wait))
        media_type = JSON if answered_as == EVENTS else answered_as
        await send_answer(scope, send, status, media_type, outcome.body, headers)


def _answered_as(method: str, headers: Mapping[str, str]) -> str:
    if method not in _KINDS:
        raise RequestRefused(
            405,
            "只接受 GET 与 POST",
            "only GET and POST are served",
            headers={"allow": "GET, POST"},
        )
    found = answer_type(headers.get("accept") or "*/*")
    if found is None:
        raise RequestRefused(
            406,
            "无法按 Accept 头作答",
            "no type in the Accept header can be answered",
            hint=Words("请接受 application/json", "accept application/json"),
        )
    return found
