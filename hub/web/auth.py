"""Signing in and out over HTTP: /auth/login for a token, /auth/logout for its end."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.actions.session import revoke, sign_in
from hub.db import Database
from hub.errors import BadInput, BadRequest, Unauthenticated, Words
from hub.settings import Settings
from hub.web.answers import API_HEADERS, encode
from hub.web.body import RequestRefused, read_body, read_json
from hub.web.door import Caller
from hub.web.failures import Failures
from hub.web.identities import Identities
from hub.web.negotiation import JSON, bearer, media
from hub.web.problems import Problems

LARGEST_BODY = 4_096
LONGEST_LOGIN = 64

Answer = Callable[[Request, Caller], Awaitable[Response]]


def _now() -> datetime:
    return datetime.now(UTC)


def auth_routes(
    database: Database,
    failures: Failures,
    identities: Identities,
    settings: Settings,
    now: Callable[[], datetime] = _now,
) -> list[Route]:
    """POST /auth/login: {login, password} to {token, expiresAt}; POST /auth/logout: 204.

    A refusal is {code, message, hint, requestId, retryAfter, inputPath}, the last ones if any.
    """

    async def login(request: Request, caller: Caller) -> Response:
        given = await _read(request)
        login, password = _text(given, "login"), _text(given, "password")
        if len(login) > LONGEST_LOGIN or not login.isprintable():
            raise _unfit(
                "login",
                f"应为 1–{LONGEST_LOGIN} 个可见字符",
                f"has to be 1 to {LONGEST_LOGIN} printable characters",
            )
        async with failures.watch(request.client.host if request.client else ""):
            issued = await sign_in(
                database, login, password, now=now(), request_id=caller.request_id
            )
        return _answer(200, {"token": issued.token, "expiresAt": issued.expires_at})

    async def logout(request: Request, caller: Caller) -> Response:
        token = bearer(request.headers.get("authorization"))
        if token is None:
            raise Unauthenticated(
                "请求未带令牌",
                "the request carries no token",
                hint=Words("请求头 Authorization: Bearer <令牌>", "send Authorization: Bearer"),
            )
        await revoke(database, token)
        identities.forget(token)
        return _answer(204)

    problems = Problems(settings)
    return [
        Route("/auth/login", _Post(login, problems)),
        Route("/auth/logout", _Post(logout, problems)),
    ]


class _Post:
    """The ASGI application of one address that answers to POST; what goes wrong is told."""

    def __init__(self, answer: Answer, problems: Problems) -> None:
        self._answer = answer
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that hangs up before it has asked gets nothing."""
        request = Request(scope, receive)
        caller = Caller.of(scope)
        try:
            if request.method != "POST":
                raise RequestRefused(
                    405, "只接受 POST", "only POST is served", headers={"allow": "POST"}
                )
            response = await self._answer(request, caller)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  whatever happened is told, never thrown
            response = self._refusal(error, caller)
        response.headers["x-request-id"] = caller.request_id
        await response(scope, receive, send)

    def _refusal(self, error: Exception, caller: Caller) -> Response:
        response = self._problems.refusal(error, caller)
        if response.status_code == 401:
            response.headers["www-authenticate"] = "Bearer"
        response.raw_headers.extend(API_HEADERS)
        return response


def _answer(status: int, content: Any = None) -> Response:
    body = None if content is None else encode(content)
    response = Response(body, status, media_type=None if content is None else JSON)
    response.raw_headers.extend(API_HEADERS)
    return response


async def _read(request: Request) -> dict[str, Any]:
    """The JSON object in the body of `request`. RequestRefused or BadRequest for anything else."""
    kind = media(request.headers.get("content-type", ""))
    encoding = request.headers.get("content-encoding", "identity").lower()
    if not (kind and kind.name == JSON and kind.is_utf8 and encoding == "identity"):
        raise RequestRefused(
            415,
            "请求体应为未压缩的 application/json，字符集 UTF-8",
            "the body has to be plain application/json in UTF-8",
        )
    value = read_json(await read_body(request.receive, request.headers, LARGEST_BODY))
    if not isinstance(value, dict):
        raise BadRequest("请求体应为 JSON 对象", "the body has to be a JSON object")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    text = given.get(name)
    if not isinstance(text, str) or not text:
        raise _unfit(name, "应为非空字符串", "has to be a string that is not empty")
    return text


def _unfit(name: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{name} {zh}", f"`{name}` {en}", path=(name,))
