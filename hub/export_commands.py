"""The command `hub export-dcc`: a certificate out as a digital calibration certificate.

Heavy modules are imported inside the command, so that `hub --help` stays quick.
"""
# ruff: noqa: D400, D415 -- typer shows the docstrings of commands to people, in Chinese

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from hub.errors import BadInput, NotFound, Refused, Words
from hub.terminal import Data, configured, out, plainly, servers

if TYPE_CHECKING:
    from hub.db import Database
    from hub.exporters.dcc.whole import Whole


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
    try:
        file.write_bytes(written)
    except OSError as error:
        raise typer.BadParameter(f"无法写入 {file}：{error.strerror}") from error
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
