"""The door where other systems push what they state: POST /exchange/{connector}/messages."""

import asyncio
import base64
from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import BadInput, Busy, Unauthenticated, Words
from hub.exchange import ConnectorKind, MessageDirection, MessageState
from hub.integrations.inbox import store
from hub.integrations.port import Link
from hub.integrations.signing import signed_at
from hub.integrations.wire import MOST_BYTES, event_of
from hub.policy import readable
from hub.sealing import Vault
from hub.settings import Settings
from hub.tables.connector import Connector, ConnectorMessage
from hub.times import Clock, utc_now
from hub.web.answers import API_HEADERS, encode
from hub.web.body import RequestRefused, read_body, read_json
from hub.web.door import Caller
from hub.web.negotiation import JSON
from hub.web.problems import Problems

PATH = "/exchange/{connector}/messages"
SKEW = timedelta(minutes=5)
"""So old, or so far ahead, may a signature be (Standard Webhooks 1.0)."""
MOST_WAITING = 10_000
"""Events of one connector that may wait to be applied."""
PREFIX = "whsec_"
NOBODY = PREFIX + "A" * 44
"""What the signature of an unknown connector is checked with, as if it were its secret."""


def exchange_routes(
    database: Database, vault: Vault, settings: Settings, clock: Clock = utc_now
) -> list[Route]:
    """POST of one event: 202 once it is stored; a refusal is {code, message, hint, requestId}."""
    return [Route(PATH, Exchange(database, vault, settings, clock))]


class Exchange:
    """The ASGI application of the door; who signs with a connector's secret needs no token."""

    def __init__(self, database: Database, vault: Vault, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._problems = Problems(settings)
        self._seconds = settings.operation_seconds
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        caller = Caller.of(scope)
        try:
            response = await self._take(request)
        except Exception as error:  # noqa: BLE001 -- whatever happened is told, never thrown
            response = self._problems.refusal(error, caller)
        response.headers["x-request-id"] = caller.request_id
        response.raw_headers.extend(API_HEADERS)
        await response(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        if request.method != "POST":
            headers = {"allow": "POST"}
            raise RequestRefused(405, "只接受 POST", "only POST is served", headers=headers)
        async with asyncio.timeout(self._seconds):
            body = await read_body(request.receive, request.headers, MOST_BYTES)
        link = await self._signer(request, body)
        item = read_json(body)
        event = event_of(item)
        await self._check_room(link)
        async with self._database.writer(PLATFORM) as db:
            await store(db, link, [item], self._clock())
        return Response(encode({"id": event.id}), 202, media_type=JSON)

    async def _check_room(self, link: Link) -> None:
        """Raise Busy where too many events of a connector wait to be applied."""
        waiting = readable(PLATFORM, ConnectorMessage).where(
            col(ConnectorMessage.connector_id) == link.id,
            col(ConnectorMessage.direction) == MessageDirection.IN,
            col(ConnectorMessage.state) == MessageState.PENDING,
        )
        async with self._database.reader(PLATFORM) as db:
            beyond = await db.first(
                waiting.with_only_columns(col(ConnectorMessage.id)).offset(MOST_WAITING)
            )
        if beyond is not None:
            raise Busy(
                "待办理的报文太多，请稍后再推送",
                "too many events wait to be applied",
                retry_after=30,
            )

    async def _signer(self, request: Request, body: bytes) -> Link:
        """The connector that has signed a request. Unauthenticated, whatever is wrong with it."""
        found = await self._connector(request.path_params["connector"])
        secret = NOBODY if found is None else self._secret(found)
        try:
            at = signed_at(secret, request.headers, body)
        except BadInput as refusal:
            raise _unknown() from refusal
        if found is None or abs(self._clock() - at) > SKEW:
            raise _unknown()
        kind = ConnectorKind(found["kind"])
        return Link(found["id"], found["code"], kind, found["organization_id"])

    async def _connector(self, text: str) -> RowMapping | None:
        try:
            this = col(Connector.id) == UUID(text)
        except ValueError:
            return None
        async with self._database.reader(PLATFORM) as db:
            return await db.first(readable(PLATFORM, Connector).where(this))

    def _secret(self, connector: RowMapping) -> str:
        raw = self._vault.open(connector["secret"], str(connector["id"]))
        return PREFIX + base64.b64encode(raw).decode()


def _unknown() -> Unauthenticated:
    return Unauthenticated(
        "没有这个连接，或签名不符、已过期",
        "there is no such connector, or its signature does not fit or is too old",
        hint=Words(
            "以 Standard Webhooks 1.0 用推送密钥签名，时间戳与现在相差不超过 5 分钟",
            "sign by Standard Webhooks 1.0 with the secret for pushes, at most 5 minutes ago",
        ),
    )
