"""The commands `hub audit verify` and `key`: whether the audit is whole, and how others can tell.

Heavy modules are imported inside the commands, so that `hub --help` stays quick.
"""
# ruff: noqa: D400, D415 -- typer shows the docstrings of commands to people, in Chinese

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import Refused, Words
from hub.terminal import Data, configured, err, out, plainly, servers

if TYPE_CHECKING:
    from hub.actions.audit import Verdict
    from hub.rules.audit import Anchor

audit = typer.Typer(no_args_is_help=True, help="审计：核验记录是否完整")


@audit.command()
def verify(
    anchors: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="另处保存的锚点文件，默认为设置所指的"),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="锚点的公钥 (PEM)，默认为本平台的"),
    ] = None,
    data: Data = None,
) -> None:
    """核验审计链：每条记录都在，未被改动，且与签名的锚点相符。退出码 1：不完整。"""
    from hub.actions.audit import verify as verified
    from hub.db import Database
    from hub.notary import Notary, anchor_file, anchors_in
    from hub.times import utc_now

    chosen = configured(data)
    file = anchors or anchor_file(chosen)
    with plainly():
        if chosen.audit_anchors and not file.exists():
            raise Refused(
                f"HUB_AUDIT_ANCHORS 所指的 {file} 不在",
                f"there is no {file}, which HUB_AUDIT_ANCHORS names",
                hint=Words("请检查存放它的磁盘是否已挂上", "is the disk that holds it mounted?"),
            )
        pem = key.read_text() if key else Notary.of_settings(chosen).public_key
        signed = anchors_in(file, pem) if file.exists() else ()

    async def run(database_url: str) -> "Verdict":
        database = Database(database_url, 2)
        try:
            return await verified(database, signed, now=utc_now())
        finally:
            await database.close()

    with plainly(), servers(chosen, valkey=False) as (database_url, _, _):
        verdict = asyncio.run(run(database_url))
    _tell(verdict, signed, file)


def _tell(verdict: "Verdict", signed: "Sequence[Anchor]", file: Path) -> None:
    if verdict.fault:
        fault = verdict.fault
        err.print(f"[red]第 {fault.seq} 条起不完整[/red]：{fault.fault.label}", soft_wrap=True)
        raise typer.Exit(1)
    out.print(f"[green]✓[/green] 第 {verdict.first}–{verdict.last} 条完整", soft_wrap=True)
    if signed:
        out.print(
            f"与 {len(signed)} 个锚点相符，最近一个在第 {signed[-1].head.seq} 条", soft_wrap=True
        )
    else:
        out.print(f"{file} 中没有锚点：末尾若被截断，无从得知", soft_wrap=True)


@audit.command()
def key(data: Data = None) -> None:
    """打印核验锚点所用的公钥；请与锚点一起保存在另处。"""
    from hub.notary import Notary

    with plainly():
        typer.echo(Notary.of_settings(configured(data)).public_key, nl=False)
