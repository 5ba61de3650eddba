"""Ledgers of other systems kept in step: rows in, what became of each out."""

from typing import Any

import orjson
import strawberry
from sqlmodel import col

from hub.actions.sync import MOST_ROWS, Synced, problems, results
from hub.actions.sync_ledger import Ledger
from hub.changes import cursor
from hub.exchange import OnError, SyncStatus
from hub.statements import Transaction
from hub.tables.handed import InstrumentSync
from hub.vocabulary import InstrumentState
from schema.costs import Listed
from schema.declare import P, column, one
from schema.instrument import Instrument
from schema.instrument_input import InstrumentContent, may
from schema.noun import Part, noun
from schema.payload import Problem, in_words


@strawberry.input(description="台账中的一行；省略的项不变，null 清空")
class SyncInstrumentRow(InstrumentContent):
    """What a system states of one instrument."""

    external_id: str | None = may("来源系统中的编号；有则先按它、再按管理编号找器具")
    if_version: int | None = may("所见的版本号；台账中已是另一版时，此行为 CONFLICT")
    status: InstrumentState | None = may("状态；在本平台变更过之后以本平台为准")


@strawberry.input(description="同步台账")
class SyncInstrumentsInput:
    """Rows of a ledger."""

    rows: list[SyncInstrumentRow] = strawberry.field(
        description=f"台账的行，一次最多 {MOST_ROWS} 行"
    )
    owner: str | None = may("台账所属机构的统一社会信用代码；默认为本机构")
    source: str | None = may("来源系统的名称，外部编号在其中唯一；默认为当前账号的登录名")
    on_error: OnError = strawberry.field(
        default=OnError.REJECT_ALL, description="有不合格行时如何处理"
    )
    dry_run: bool = strawberry.field(
        default=False, description="只判定，不写入；结果与实际同步相同"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@noun(InstrumentSync, "台账中一行的同步结果")
class InstrumentSyncResult(Part):
    """What became of a row."""

    index: int = column(P, "在本次同步中的位置，从 0 起")
    external_id: str | None = column(P, "来源系统中的编号，与给出的相同")
    status: SyncStatus = column(P, "结果")
    version: int | None = column(P, "同步之后的版本号；CONFLICT 时为台账中的版本号")
    changed: list[str] = column(P, "与台账中不同的项")
    instrument: Instrument | None = one(
        P, "台账中的器具；被拒绝的新行与试运行的新行没有", by=col(InstrumentSync.object_id)
    )
    problems: list[Problem] = column(P, "问题；级别为 WARNING 的不妨碍写入", shape=Problem)


@strawberry.type(description="各种同步结果的行数")
class SyncCounts:
    """Rows by status."""

    created: int = strawberry.field(description="新建")
    updated: int = strawberry.field(description="更新")
    unchanged: int = strawberry.field(description="与已有内容相同")
    rejected: int = strawberry.field(description="拒绝")
    conflict: int = strawberry.field(description="冲突")


@strawberry.type(description="同步台账的结果")
class SyncInstrumentsPayload:
    """What became of the rows of a call."""

    results: list[InstrumentSyncResult] = strawberry.field(
        description="每行的结果，次序与给出的相同", metadata={"listed": Listed(MOST_ROWS)}
    )
    counts: SyncCounts = strawberry.field(description="各种结果的行数")
    change_cursor: str | None = strawberry.field(
        description="变更序列的游标：changes(after:) 由此往后读到本次同步的全部变更；未写入时为空"
    )
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


async def told(
    ledger: Ledger, synced: Synced, transaction: Transaction, language: str
) -> dict[str, Any]:
    """The members of the payload for what became of a call."""
    counts = {status.lower(): synced.counts.get(status, 0) for status in SyncStatus}
    worded = None
    if synced.is_faulty:
        worded = _worded(ledger, await results(transaction), language)
    return {
        "results": worded,
        "counts": SyncCounts(**counts),
        "change_cursor": None if synced.position is None else cursor(synced.position),
        "replayed": synced.replayed,
    }


def _worded(ledger: Ledger, results: bytes, language: str) -> bytes:
    """`results` with words for the numbers of problems."""
    rows = orjson.loads(results)
    for row in rows:
        found = problems(ledger, row["index"], row["problems"])
        row["problems"] = [in_words(one, language) for one in found]
    return orjson.dumps(rows)
