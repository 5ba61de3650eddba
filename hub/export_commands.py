"""The commands `hub export` and `hub export-dcc`: data out as a file.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""
# ruff: noqa: D400, D415 -- typer shows the docstrings of commands to people, in Chinese

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from hub.errors import BadInput, NotFound, Refused, Words
from hub.exchange import PACKED, ExportFormat, ExportNoun, ExportState
from hub.terminal import Data, configured, out, plainly, servers

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from hub.db import Database
    from hub.exporters.dcc.whole import Whole
    from hub.jobs.exports import Exporter

LOOK_EVERY = 0.5
"""Seconds between two looks at how far an export has come."""


def export_data(
    noun: Annotated[ExportNoun, typer.Argument(case_sensitive=False, help="对象的种类")],
    login: Annotated[str, typer.Option("--as", help="以谁的身份：只含其可见的行与字段")],
    file: Annotated[Path, typer.Option("--out", dir_okay=False, help="写入的文件")],
    format_: Annotated[
        ExportFormat, typer.Option("--format", case_sensitive=False, help="文件格式")
    ] = ExportFormat.CSV,
    data: Data = None,
) -> None:
    """导出一种对象的全部行；dcc 为证书的 XML（同 exportData）。退出码 1：无权导出，或未成功。"""
    from hub.db import Database
    from hub.engine.walk import EngineWalk
    from hub.jobs.exports import Exporter
    from hub.signer import Signer
    from hub.statements import Statements
    from resolvers.root import build
    from schema.bundle import Dccs
    from schema.view import Views

    core = build()._schema  # noqa: SLF001 -- the only way to graphql-core's schema
    chosen = configured(data)

    async def run(database_url: str) -> int:
        database, reads = Database(database_url, 4), Statements(database_url, 2)
        try:
            files = Dccs(database, Signer.of_settings(chosen))
            exporter = Exporter(database, EngineWalk(Views(core), reads), files)
            asked = await _asked(exporter, login, noun, format_)
            return await _fetched(database, await _done(exporter, asked), file)
        finally:
            await reads.close()
            await database.close()

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        rows = asyncio.run(run(database_url))
    out.print(f"[green]✓[/green] {file}：{rows:,} 行", soft_wrap=True)


async def _asked(exporter: "Exporter", login: str, noun: ExportNoun, format_: ExportFormat) -> UUID:
    from hub.actions.export import ask
    from hub.actions.session import actor_called
    from hub.times import utc_now

    actor = await actor_called(exporter.database, login)
    columns = exporter.walk.columns(actor, noun, format_)
    async with exporter.database.writer(actor) as db:
        row = await ask(db, noun=noun, format_=format_, columns=columns, now=utc_now())
    return row.id


async def _done(exporter: "Exporter", export_id: UUID) -> "RowMapping":
    """The export when it is done, by us or by a worker that was quicker. Refused if it failed."""
    work: asyncio.Task[None] | None = None
    with out.status("") as status:
        while True:
            row = await _found(exporter.database, export_id)
            if row["state"] not in (ExportState.QUEUED, ExportState.RUNNING):
                break
            if (work is None or work.done()) and (leased := await exporter.lease(export_id)):
                work = asyncio.create_task(exporter.work(leased))
            status.update(f"已写 {row['rows']:,} 行")
            await asyncio.sleep(LOOK_EVERY)
    if work is not None:
        await work
    if row["state"] != ExportState.DONE:
        failure = row["failure"]
        raise Refused(
            failure.label if failure else "导出已取消", f"the export came to {failure or 'an end'}"
        )
    return row


async def _found(database: "Database", export_id: UUID) -> "RowMapping":
    from sqlmodel import col

    from hub.actor import PLATFORM
    from hub.policy import readable
    from hub.tables.export import Export

    async with database.reader(PLATFORM) as db:
        row = await db.first(readable(PLATFORM, Export).where(col(Export.id) == export_id))
    if row is None:
        raise Refused("导出已被清理", "the export has been let go of", hint=Words("重试", "retry"))
    return row


async def _fetched(database: "Database", row: "RowMapping", file: Path) -> int:
    """Write the file; how many rows it has."""
    from hub.exporters.deflate import inflated
    from hub.web.downloads import parts_of

    with _opened(file) as opened:
        async for part in parts_of(database, row):
            opened.write(part if row["format"] in PACKED else inflated(part))
    rows: int = row["rows"]
    return rows


def export_dcc(
    number: Annotated[str, typer.Argument(help="证书编号")],
    issuer: Annotated[
        str | None, typer.Option(help="出具机构的统一社会信用代码；不止一家用过此编号时必填")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="写入的文件，默认打印")
    ] = None,
    data: Data = None,
) -> None:
    """导出数字校准证书（DCC 3.3.0）。退出码 1：没有这份证书，或它无法如此表示。"""
    from hub.db import Database
    from hub.exporters.dcc.write import write_dcc
    from hub.importers.ledger.intake import organization_id
    from hub.signer import Signer

    chosen = configured(data)

    async def run(database_url: str) -> bytes:
        database = Database(database_url, 2)
        try:
            issuer_id = await organization_id(database, issuer) if issuer else None
            found = await whole_certificate(database, number, issuer_id)
        finally:
            await database.close()
        return write_dcc(found, Signer.of_settings(chosen))

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        written = asyncio.run(run(database_url))
    if file is None:
        sys.stdout.write(written.decode() + "\n")
        return
    with _opened(file) as opened:
        opened.write(written)
    out.print(f"[green]✓[/green] {file}：{number}", soft_wrap=True)


async def whole_certificate(database: "Database", number: str, issuer_id: UUID | None) -> "Whole":
    """The certificate with this number.

    NotFound for none, BadInput for those of several laboratories without `issuer_id`, Refused for
    one that was not issued or was revoked.
    """
    from sqlmodel import col

    from hub.actor import PLATFORM
    from hub.exporters.dcc.whole import EXPORTED
    from hub.policy import readable
    from hub.rules.text import tidy
    from hub.tables.certificate import Certificate
    from loaders.certificate import Wholes

    wanted = readable(PLATFORM, Certificate).where(col(Certificate.number) == tidy(number))
    if issuer_id is not None:
        wanted = wanted.where(col(Certificate.issuer_id) == issuer_id)
    async with database.reader(PLATFORM) as reader:
        rows = await reader.all(wanted.limit(2))
        if len(rows) > 1:
            raise BadInput(
                f"不止一家机构出具过编号 {number} 的证书",
                f"several laboratories have issued a certificate {number}",
                hint=Words("请用 --issuer 给出其统一社会信用代码", "give its USCC with --issuer"),
            )
        whole = await Wholes(reader).load(rows[0]["id"]) if rows else None
    if whole is None:
        raise NotFound(f"没有编号 {number} 的证书", f"there is no certificate {number}")
    if whole.state not in EXPORTED:
        raise Refused(
            f"证书 {number} {whole.state.label}，不予导出",
            f"the certificate {number} is {whole.state}, and is not handed out",
        )
    return whole


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    """The file to write; what stands in the way of that is told in Chinese."""
    try:
        with file.open("wb") as opened:
            yield opened
    except OSError as error:
        raise typer.BadParameter(f"无法写入 {file}：{error.strerror}") from error
