"""Exports as the tests ask for them, have them written, and read them back."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import openpyxl
import orjson
from sqlalchemy import text

from hub.actor import PLATFORM
from hub.exchange import ExportNoun
from hub.exporters.lines import cells, paths_of
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.vocabulary import Role
from schema.ids import key_of
from schema.selection import Selection, selection
from tests.doors import Answer, Asker, HubClient, key
from tests.given import a_user, an_organization

FIELDS = "id noun format columns state failure rows size changeCursor finishedAt expiresAt url"
SHOWN = f"export {{ {FIELDS} }} problems {{ code message path hint }} replayed"
ASK = f"mutation($input: ExportDataInput!) {{ done: exportData(input: $input) {{ {SHOWN} }} }}"
CANCEL = (
    f"mutation($input: CancelExportInput!) {{ done: cancelExport(input: $input) {{ {SHOWN} }} }}"
)
EXPORT = f"query($id: ID!) {{ export(id: $id) {{ {FIELDS} }} }}"


@dataclass(frozen=True)
class Requester:
    """An enterprise and the one of its accounts that exports."""

    owner: Organization
    user: User


async def a_requester(hub: HubClient, *roles: Role) -> Requester:
    """An enterprise and an account of it, its administrator unless `roles` say otherwise."""
    owner = await hub.given(an_organization())
    return Requester(owner, await hub.given(a_user(owner, *(roles or [Role.ORG_ADMIN]))))


async def ask(
    hub: HubClient, who: Asker, noun: str = "INSTRUMENT", format_: str = "JSONL", key_: str = ""
) -> Answer:
    """The answer to who asks for an export."""
    given = {"noun": noun, "format": format_, "idempotencyKey": key_ or key()}
    return await hub.ask(ASK, as_=who, input=given)


async def asked(
    hub: HubClient, who: Asker, noun: str = "INSTRUMENT", format_: str = "JSONL"
) -> Any:
    """An export that waits for a worker."""
    answer = await ask(hub, who, noun, format_)
    assert answer.errors == []
    assert answer.data["done"]["problems"] == []
    return answer.data["done"]["export"]


async def now(hub: HubClient, who: Asker, export: Any) -> Any:
    """An export as it is now."""
    answer = await hub.ask(EXPORT, as_=who, id=export["id"])
    assert answer.errors == []
    return answer.data["export"]


async def work(hub: HubClient) -> None:
    """Write all exports that wait."""
    exporter = hub.hub.exporter()
    while leased := await exporter.lease():
        await exporter.work(leased)


async def exported(
    hub: HubClient, who: Asker, noun: str = "INSTRUMENT", format_: str = "JSONL"
) -> Any:
    """An export that has been written."""
    export = await asked(hub, who, noun, format_)
    await work(hub)
    done = await now(hub, who, export)
    assert done["state"] == "DONE"
    return done


async def file(hub: HubClient, export: Any, **headers: str) -> httpx.Response:
    """What its link answers, to no one in particular."""
    return await hub.http.get(export["url"], headers=headers)


async def rows(hub: HubClient, export: Any) -> list[Any]:
    """The rows of an export in JSONL."""
    response = await file(hub, export)
    assert response.status_code == 200
    return [orjson.loads(line) for line in response.content.splitlines()]


def selected(hub: HubClient, who: User, noun: str) -> Selection:
    """What an export shows `who` of a noun."""
    return selection(hub.view(who), ExportNoun(noun))


async def shown(hub: HubClient, who: User, noun: str = "INSTRUMENT") -> list[Any]:
    """All rows of a noun, as GraphQL shows them to `who`, page by page."""
    found: list[Any] = []
    after = None
    while True:
        given: dict[str, Any] = {"first": 100} | ({"after": after} if after else {})
        answer = await hub.ask(selected(hub, who, noun).document, as_=who, **given)
        assert answer.errors == []
        page = answer.data["rows"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def table(rows: Sequence[Any], columns: Sequence[str]) -> list[list[Any]]:
    """The rows as cells."""
    paths = paths_of(columns)
    return [cells(row, paths) for row in rows]


def read_csv(content: bytes) -> list[list[str]]:
    """The cells of a CSV file, its heading first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[list[Any]]:
    """The cells of a workbook, its heading first."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [list(row) for row in sheet.iter_rows(values_only=True)]


async def stored(hub: HubClient, export: Any) -> Any:
    """The stored export."""
    id_ = key_of(export["id"], "Export")
    (row,) = await hub.stored("SELECT * FROM export WHERE id = :id", id=id_)
    return row


async def changed(hub: HubClient, sql: str, **values: Any) -> None:
    """Run a statement as the role that sees every organisation."""
    async with hub.hub.database.engine(PLATFORM).begin() as connection:
        await connection.execute(text("SELECT set_config('app.org', '*', true)"))
        await connection.execute(text(sql), values)


async def cancel(hub: HubClient, who: Asker, export: Any, key_: str = "") -> Answer:
    """The answer to who cancels an export."""
    given = {"id": export["id"], "idempotencyKey": key_ or key()}
    return await hub.ask(CANCEL, as_=who, input=given)
