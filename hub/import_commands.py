"""The commands `hub import` and `hub import-dcc`: files read, judged and told about line by line.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""
# ruff: noqa: D400, D415 -- typer shows the docstrings of commands to people, in Chinese

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hub.errors import HubError
from hub.terminal import Data, configured, err, out, plainly, servers

if TYPE_CHECKING:
    from hub.importers.ledger.intake import Intake

REPORTS = (".json", ".xlsx")


class OnErrorOption(StrEnum):
    """What becomes of the good lines when some are rejected."""

    REJECT_ALL = "reject-all"
    REJECT_ROWS = "reject-rows"


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; silent elsewhere."""
    with Progress(console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def must_be_writable(target: Path) -> None:
    """Exit 2, before anything is imported, for a report that could not be written afterwards."""
    if target.suffix.lower() not in REPORTS:
        raise typer.BadParameter(f"报告须为 .json 或 .xlsx：{target}")
    try:
        target.touch()
    except OSError as error:
        raise typer.BadParameter(f"报告无法写入 {target}：{error.strerror}") from error


def write_report(target: Path, intake: "Intake") -> None:
    """Write the report of an import: JSON, or a workbook with the faulty cells marked."""
    from hub.importers.ledger.report import error_workbook

    if target.suffix.lower() == ".xlsx":
        target.write_bytes(error_workbook(intake.judged, intake.table))
        return
    target.write_text(json.dumps(intake.report(), ensure_ascii=False, indent=1) + "\n")


def import_ledger(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="台账文件")],
    owner: Annotated[str, typer.Option(help="台账所属机构的统一社会信用代码")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="判定未来日期所用的日期，默认今天")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    on_error: Annotated[
        OnErrorOption, typer.Option(help="有不合格行时：全部不导入，或只拒绝这些行")
    ] = OnErrorOption.REJECT_ALL,
    report: Annotated[
        Path | None, typer.Option(help="报告：.json 为逐行结果，.xlsx 为标出问题的工作簿")
    ] = None,
    data: Data = None,
) -> None:
    """导入一份台账。退出码 1：有行被拒绝，或整份文件不可读。"""
    from hub.db import Database
    from hub.exchange import OnError
    from hub.importers.ledger.intake import import_file
    from hub.times import today

    chosen = configured(data)
    if report is not None:
        must_be_writable(report)

    async def run(database_url: str) -> "Intake":
        database = Database(database_url, 2)
        try:
            with progress("逐行检查") as on_progress:
                return await import_file(
                    database,
                    file,
                    uscc=owner,
                    today=today(),
                    as_of=as_of.date() if as_of else None,
                    on_error=OnError[on_error.name],
                    dry_run=dry_run,
                    on_progress=on_progress,
                )
        finally:
            await database.close()

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        intake = asyncio.run(run(database_url))
    told = intake.report()
    if report is not None:
        write_report(report, intake)
    counts, stored = told["counts"], told["stored"]
    out.print(f"{'检查' if dry_run else '导入'}：{json.dumps(counts, ensure_ascii=False)}")
    if stored is None:
        out.print("未写入任何行：有不合格行（--on-error reject-rows 可只拒绝这些行）")
    else:
        out.print(f"{'将写入（未写）' if dry_run else '写入'}：{json.dumps(stored)}")
    if counts["reject"]:
        raise typer.Exit(1)


def import_dcc(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="DCC 文件")],
    client: Annotated[
        str | None, typer.Option(help="委托单位的统一社会信用代码；默认按文件中的名称")
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(help="出具机构的统一社会信用代码；境内实验室必填，境外实验室默认按名称"),
    ] = None,
    data: Data = None,
) -> None:
    """导入数字校准证书（DCC 3.1.1–3.3.0）。退出码 1：有文件被拒绝。"""
    from hub.actor import PLATFORM
    from hub.db import Database
    from hub.importers.dcc.intake import import_dcc as take_in
    from hub.importers.ledger.intake import organization_id
    from hub.keys import Keyring

    chosen = configured(data)

    async def run(database_url: str) -> int:
        database = Database(database_url, 2)
        refused = 0
        keys = Keyring.of_settings(chosen)
        try:
            client_id = await organization_id(database, client) if client else None
            issuer_id = await organization_id(database, issuer) if issuer else None
            for file in files:
                content = await asyncio.to_thread(file.read_bytes)
                try:
                    taken = await take_in(
                        database,
                        PLATFORM,
                        content,
                        file.name,
                        keys,
                        client_id=client_id,
                        issuer_id=issuer_id,
                    )
                except HubError as error:
                    refused += 1
                    err.print(
                        f"[red]✗[/red] {file.name}：{error.words.zh} · {error.words.en}",
                        soft_wrap=True,
                    )
                else:
                    told = f"{taken.certificate.number} {taken.outcome.label}"
                    out.print(f"[green]✓[/green] {file.name}：{told}", soft_wrap=True)
        finally:
            await database.close()
        return refused

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        if asyncio.run(run(database_url)):
            raise typer.Exit(1)
