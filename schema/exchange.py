"""Ledger files of other systems, and the report of their import."""

import asyncio
import base64
from datetime import date
from typing import Any

import strawberry
from strawberry.file_uploads import Upload

from hub.exchange import OnError
from hub.importers.ledger.intake import Intake
from hub.importers.ledger.report import error_workbook
from schema.payload import Problem


@strawberry.input(description="导入台账文件")
class ImportLedgerInput:
    """A ledger file to be taken in."""

    file: Upload = strawberry.field(description="台账文件：CSV、TSV 或 XLSX，按 multipart 上传")
    owner: str | None = strawberry.field(
        default=None, description="台账所属机构的统一社会信用代码；默认为本机构"
    )
    as_of: date | None = strawberry.field(
        default=None, description="判定未来日期所用的日期，默认今天"
    )
    on_error: OnError = strawberry.field(
        default=OnError.REJECT_ALL, description="有不合格行时如何处理"
    )
    dry_run: bool = strawberry.field(
        default=False, description="只检查，不写入；报告与实际导入相同"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="台账文件中的一个问题")
class LedgerFinding:
    """One fault of one cell."""

    line: int = strawberry.field(description="行号，从 1 起，每条记录都计")
    cell: str | None = strawberry.field(description="单元格，如 E12")
    column: str = strawberry.field(description="列名")
    code: str = strawberry.field(description="代码，不翻译")
    message: str = strawberry.field(description="说明")
    value: str = strawberry.field(description="原值")
    offered: str | None = strawberry.field(description="建议值，或先出现的行号")


@strawberry.type(description="被标记的一行")
class LedgerLineOutcome:
    """A flagged line."""

    line: int = strawberry.field(description="行号")
    outcome: str = strawberry.field(description="import 导入，skip 跳过，reject 拒绝")
    codes: list[str] = strawberry.field(description="代码")


@strawberry.type(description="各种处理结果的行数")
class LedgerCounts:
    """Lines by outcome."""

    imported: int = strawberry.field(description="导入")
    skipped: int = strawberry.field(description="跳过的完全重复行")
    rejected: int = strawberry.field(description="拒绝")
    blank: int = strawberry.field(description="空行")
    header: int = strawberry.field(description="重复的表头")
    warned: int = strawberry.field(description="导入但有提示")


@strawberry.type(description="写入台账的行数")
class LedgerStored:
    """What changed in the ledger."""

    created: int = strawberry.field(description="新建")
    updated: int = strawberry.field(description="更新")
    unchanged: int = strawberry.field(description="与已有内容相同")


@strawberry.type(description="台账导入的报告")
class LedgerImportPayload:
    """The report of an import, line by line."""

    counts: LedgerCounts | None = strawberry.field(description="各种处理结果的行数")
    encoding: str | None = strawberry.field(description="文件编码")
    header_line: int | None = strawberry.field(description="表头所在行")
    wrong: list[LedgerLineOutcome] = strawberry.field(description="被标记的行")
    findings: list[LedgerFinding] = strawberry.field(description="各个问题及其单元格")
    stored: LedgerStored | None = strawberry.field(
        description="写入的行数；因 REJECT_ALL 未写入时为空"
    )
    dry_run: bool = strawberry.field(description="是否只是检查")
    problems: list[Problem] = strawberry.field(description="整份文件被拒绝的原因")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
    intake: strawberry.Private[Intake | None] = None
    marked: strawberry.Private[asyncio.Task[str] | None] = None

    @strawberry.field(
        description="标出问题单元格的工作簿（XLSX，Base64）：改正后可再次导入",
        metadata={"weight": 20},
    )
    async def error_workbook(self) -> str | None:
        if self.intake is None:
            return None
        if self.marked is None:  # made once, however many aliases ask for it
            self.marked = asyncio.create_task(asyncio.to_thread(_marked, self.intake))
        return await self.marked


def _marked(intake: Intake) -> str:
    return base64.b64encode(error_workbook(intake.judged, intake.table)).decode()


def import_payload(
    intake: Intake | None, problems: list[Problem], *, dry_run: bool, language: str
) -> LedgerImportPayload:
    """The answer of an import, or of a file that could not be read at all."""
    report: dict[str, Any] = intake.report() if intake else {}
    counts, stored = report.get("counts"), report.get("stored")
    spoken = "en" if language.startswith("en") else "zh"
    return LedgerImportPayload(
        counts=counts
        and LedgerCounts(
            imported=counts["import"],
            skipped=counts["skip"],
            rejected=counts["reject"],
            blank=counts["blank"],
            header=counts["header"],
            warned=counts["warned"],
        ),
        encoding=report.get("encoding"),
        header_line=report.get("header_line"),
        wrong=[LedgerLineOutcome(**one) for one in report.get("wrong", [])],
        findings=[
            LedgerFinding(
                message=one[spoken],
                **{key: one[key] for key in ("line", "cell", "column", "code", "value", "offered")},
            )
            for one in report.get("findings", [])
        ],
        stored=stored and LedgerStored(**stored),
        dry_run=dry_run,
        problems=problems,
        replayed=intake.replayed if intake else False,
        intake=intake,
    )
