"""Files of exports over HTTP: GET /files/export/{link}, streamed from the database in parts."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from sqlalchemy import RowMapping
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.actions.export import requester
from hub.actor import PLATFORM
from hub.db import Database
from hub.errors import Forbidden, LinkExpired, Words
from hub.exchange import PACKED, ExportFormat, ExportState
from hub.exporters.deflate import HEAD, inflated, tail
from hub.keys import Keyring
from hub.links import PATH, Links
from hub.policy import readable
from hub.settings import Settings
from hub.tables.export import Export, ExportPart
from hub.times import Clock, local_day, utc_now
from hub.web.answers import API_HEADERS
from hub.web.body import RequestRefused
from hub.web.door import Caller
from hub.web.problems import Problems

MEDIA = {
    ExportFormat.JSONL: "application/jsonl; charset=utf-8",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.DCC: "application/zip",
}


def download_routes(
    database: Database, keys: Keyring, settings: Settings, clock: Clock = utc_now
) -> list[Route]:
    """GET and HEAD of a link; a refusal is {code, message, hint, requestId}, 403, 405 or 410."""
    return [Route(PATH + "{link}", Downloads(database, Links(keys), Problems(settings), clock))]


class Downloads:
    """The ASGI application of the links; whoever holds one needs no token."""

    def __init__(self, database: Database, links: Links, problems: Problems, clock: Clock) -> None:
        self._database = database
        self._links = links
        self._problems = problems
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        caller = Caller.of(scope)
        try:
            response = await self._file(request)
        except Exception as error:  # noqa: BLE001 -- whatever happened is told, never thrown
            response = self._problems.refusal(error, caller)
        response.headers["x-request-id"] = caller.request_id
        response.raw_headers.extend(API_HEADERS)
        await response(scope, receive, send)

    async def _file(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise RequestRefused(405, "只接受 GET", "only GET is served", headers={"allow": "GET"})
        now = self._clock()
        row = await self._found(request.path_params["link"], now)
        headers = {
            "content-disposition": f'attachment; filename="{_name(row)}"',
            "vary": "accept-encoding",
        }
        form = ExportFormat(row["format"])
        zipped = form not in PACKED and takes_gzip(request.headers)
        if zipped:
            headers["content-encoding"] = "gzip"
        else:
            headers["content-length"] = str(row["size"])
        content = self._zipped(row) if zipped else self._plain(row)
        if request.method == "HEAD":
            content = _nothing()
        return StreamingResponse(content, 200, headers, media_type=MEDIA[form])

    async def _found(self, link: str, now: datetime) -> RowMapping:
        """The export that a link leads to. Forbidden, LinkExpired."""
        this = col(Export.id) == self._links.read(link, now)
        async with self._database.reader(PLATFORM) as db:
            row = await db.first(readable(PLATFORM, Export).where(this))
        if row is None or row["state"] != ExportState.DONE or row["expires_at"] <= now:
            raise LinkExpired
        if await requester(self._database, row) is None:
            raise Forbidden(
                "请求者的账号已停用，或其机构、角色已变更",
                "the account that asked for it is not active, or has other rights by now",
                hint=Words("请重新导出", "export once more"),
            )
        return row

    async def _zipped(self, row: RowMapping) -> AsyncIterator[bytes]:
        yield HEAD
        async for part in parts_of(self._database, row):
            yield part
        yield tail(row["crc"], row["size"])

    async def _plain(self, row: RowMapping) -> AsyncIterator[bytes]:
        async for part in parts_of(self._database, row):
            yield part if row["format"] in PACKED else inflated(part)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def parts_of(database: Database, row: RowMapping) -> AsyncIterator[bytes]:
    """The parts of a file in their order, each read when it is wanted."""
    for number in range(row["parts"]):
        this = (col(ExportPart.export_id) == row["id"]) & (col(ExportPart.number) == number)
        async with database.reader(PLATFORM) as db:
            found = await db.first(readable(PLATFORM, ExportPart).where(this))
        if found is None:  # it has been let go of while it was read; the client sees it end early
            raise LinkExpired
        yield found["data"]


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether a client says that it takes gzip (RFC 9110, 12.5.3)."""
    for one in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}
    return False


def _name(row: RowMapping) -> str:
    noun, form = row["noun"].lower().replace("_", "-"), row["format"].lower()
    if row["format"] == ExportFormat.DCC:
        noun, form = "dcc", "zip"
    return f"{noun}-{local_day(row['created_at']):%Y%m%d}.{form}"
