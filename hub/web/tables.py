"""Saved queries as tables over HTTP: GET /export/{name}.csv, .xlsx and .json, page after page.

Whatever is refused before the first byte has a status and words. Afterwards the transfer is broken
off, so that nobody takes a part for the whole.
"""

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from graphql import GraphQLSchema
from sqlmodel import col
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from hub.actor import Actor, Can
from hub.db import Database
from hub.engine.table import KEY
from hub.errors import BadRequest, Busy, NotFound, Words
from hub.exporters.lines import Row
from hub.exporters.sheet import workbook
from hub.exporters.stream import CsvText, JsonText, Text, Zipped
from hub.policy import readable
from hub.rules.saved_query import NAME
from hub.tables.saved_query import SavedQuery
from hub.web.answers import API_HEADERS
from hub.web.body import RequestRefused
from hub.web.credentials import CHALLENGE, Credentials, Standing
from hub.web.door import Caller
from hub.web.downloads import takes_gzip
from hub.web.operations import Operations
from hub.web.presence import Attendance, Presence
from hub.web.table_pages import PAGES_AT_ONCE, PageRefused, Table, pages
from hub.web.tabling import with_parameters

PATH = "/export/"
MOST_AT_ONCE = 10
"""Tables of one account that a process reads at a time."""
MOST_PARAMETERS = 64
VARY = "accept-encoding, authorization"
A_PIECE = 2**16
CSV, XLSX, JSON = "csv", "xlsx", "json"
MEDIA = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    JSON: "application/json",
}
FILE = re.compile(rf"({NAME.pattern})\.({'|'.join(MEDIA)})")
OWN_HEADERS = (
    *(header for header in API_HEADERS if header[0] != b"cache-control"),
    (b"cache-control", b"private, no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class _Asked(NamedTuple):
    """What an address asks for."""

    name: str
    form: str
    key: str | None
    parameters: Mapping[str, str]


def table_routes(
    database: Database,
    operations: Operations,
    credentials: Credentials,
    schema_of: Callable[[Actor], GraphQLSchema],
) -> list[Route]:
    """GET and HEAD of a table; a refusal is {code, message, hint, requestId}."""
    app = SavedTables(database, operations, credentials, schema_of)
    return [Route(PATH + "{file:path}", app)]


class SavedTables:
    """The ASGI application of the tables."""

    def __init__(
        self,
        database: Database,
        operations: Operations,
        credentials: Credentials,
        schema_of: Callable[[Actor], GraphQLSchema],
    ) -> None:
        self._database = database
        self._operations = operations
        self._credentials = credentials
        self._schema_of = schema_of
        self._attendance = Attendance()
        self._running: Counter[UUID | None] = Counter()
        self._turns: WeakValueDictionary[UUID | None, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that hangs up gets nothing, and its work is stopped."""
        request, caller = Request(scope, receive), Caller.of(scope)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with AsyncExitStack() as stack:
                async with Presence(self._attendance, receive):
                    response = await self._response(request, caller, stack)
                await self._finished(response, caller)(scope, receive, sending)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 -- whatever happened is told, never thrown
            if begun:  # what is not completed, the server breaks off
                self._note(error, caller)
                return
            await self._finished(self._refusal(error, caller), caller)(scope, receive, send)

    def _finished(self, response: Response, caller: Caller) -> Response:
        response.headers["x-request-id"] = caller.request_id
        response.raw_headers.extend(OWN_HEADERS)
        return response

    async def _response(self, request: Request, caller: Caller, stack: AsyncExitStack) -> Response:
        """The answer, its first page read; what `stack` holds is needed until it is sent."""
        asked = _asked(request)
        standing = await self._credentials.standing(
            request.headers.get("authorization"),
            asked.key,
            request.client.host if request.client else "",
            caller.request_id,
        )
        table = await self._table(asked, standing)
        stack.enter_context(self._counted(table.actor))
        found = await stack.enter_async_context(aclosing(pages(self._operations, table, caller)))
        first = await anext(found)
        headers = {"content-disposition": _disposition(asked), "vary": VARY}
        if request.method == "HEAD":
            return StreamingResponse(_nothing(), 200, headers, media_type=MEDIA[asked.form])
        await self._audit(table, caller)
        if asked.form == XLSX:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-table-"))
            file = await _workbook(Path(folder) / "table.xlsx", table.columns, first, found)
            content, headers["content-length"] = _pieces(file), str(file.stat().st_size)
        else:
            text: Text = CsvText(table.columns) if asked.form == CSV else JsonText()
            if takes_gzip(request.headers):
                text, headers["content-encoding"] = Zipped(text), "gzip"
            content = _written(text, first, found)
        return StreamingResponse(content, 200, headers, media_type=MEDIA[asked.form])

    async def _table(self, asked: _Asked, standing: Standing) -> Table:
        """The table that is asked for. NotFound, Forbidden; what is refused of its document."""
        actor = await standing.admit()
        actor.must(Can.EXPORT_WRITE)
        called = readable(actor, SavedQuery).where(col(SavedQuery.name) == asked.name)
        async with self._database.reader(actor) as db:
            row = await db.first(called)
        if row is None or standing.query_id not in (None, row["id"]):
            raise _unknown()
        form = self._operations.tabling.form(row["document"], self._schema_of(actor))
        variables = with_parameters(form, row["variables"], asked.parameters)
        turns = self._turns.setdefault(actor.user_id, asyncio.Semaphore(PAGES_AT_ONCE))
        return Table(row, actor, standing, form, variables, form.columns(variables), turns)

    @contextmanager
    def _counted(self, actor: Actor) -> Iterator[None]:
        """Count one more table of an account while inside. Busy for one too many."""
        if self._running[actor.user_id] >= MOST_AT_ONCE:
            raise Busy(
                f"一个账号最多同时取 {MOST_AT_ONCE} 张表",
                f"an account reads at most {MOST_AT_ONCE} tables at a time",
                retry_after=5,
            )
        self._running[actor.user_id] += 1
        try:
            yield
        finally:
            self._running[actor.user_id] -= 1
            if not self._running[actor.user_id]:
                del self._running[actor.user_id]

    async def _audit(self, table: Table, caller: Caller) -> None:
        async with self._database.writer(table.actor, caller.request_id) as db:
            db.audit("readSavedQuery", object_type=SavedQuery.__name__, object_id=table.row["id"])

    def _refusal(self, error: Exception, caller: Caller) -> Response:
        problems = self._operations.problems
        if isinstance(error, PageRefused):
            response = problems.told(error.told)
        else:
            response = problems.refusal(error, caller)
        if response.status_code == 401:
            response.headers["www-authenticate"] = CHALLENGE
        return response

    def _note(self, error: Exception, caller: Caller) -> None:
        told = error.told if isinstance(error, PageRefused) else self._tell(error, caller)
        structlog.get_logger("hub.tables").warning(
            "table broken off", code=told["extensions"]["code"], request_id=caller.request_id
        )

    def _tell(self, error: Exception, caller: Caller) -> Mapping[str, Any]:
        return self._operations.problems.tell(error, caller)


def _asked(request: Request) -> _Asked:
    """What an address asks for. RequestRefused for another method, NotFound, BadRequest."""
    # A log of addresses is written from the scope at the end: it is to tell no key.
    said, request.scope["query_string"] = request.scope["query_string"], b""
    if request.method not in {"GET", "HEAD"}:
        raise RequestRefused(
            405, "只接受 GET", "only GET is served", headers={"allow": "GET, HEAD"}
        )
    found = FILE.fullmatch(request.path_params["file"])
    if found is None:
        raise _unknown()
    parameters = _parameters(said)
    return _Asked(found[1], found[2], parameters.pop(KEY, None), parameters)


def _parameters(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        raise BadRequest("URL 参数无法解读", "the URL parameters cannot be read") from None
    if len(dict(pairs)) < len(pairs):
        raise BadRequest("有 URL 参数重复", "a URL parameter is repeated")
    return dict(pairs)


async def _workbook(
    file: Path, columns: Sequence[str], first: Sequence[Row], pages: AsyncIterator[list[Row]]
) -> Path:
    async with workbook(file, columns) as add:
        await add(first)
        async for rows in pages:
            await add(rows)
    return file


async def _pieces(file: Path) -> AsyncGenerator[bytes, None]:
    with file.open("rb") as opened:
        while piece := await asyncio.to_thread(opened.read, A_PIECE):
            yield piece


async def _written(
    text: Text, first: Sequence[Row], pages: AsyncIterator[list[Row]]
) -> AsyncGenerator[bytes, None]:
    yield await asyncio.to_thread(text.add, first)
    async for rows in pages:
        yield await asyncio.to_thread(text.add, rows)
    yield text.end()


async def _nothing() -> AsyncGenerator[bytes, None]:
    return
    yield b""


def _disposition(asked: _Asked) -> str:
    """The name of the file, Chinese too (RFC 6266, 4.3)."""
    if asked.name.isascii():
        return f'attachment; filename="{asked.name}.{asked.form}"'
    named = quote(f"{asked.name}.{asked.form}")
    return f"attachment; filename=\"table.{asked.form}\"; filename*=UTF-8''{named}"


def _unknown() -> NotFound:
    return NotFound(
        "本机构没有此已存查询",
        "your organisation has no saved query of this name",
        hint=Words("地址形如 /export/名称.csv、.xlsx、.json", "such as /export/name.csv"),
    )
