"""Rows of other systems kept in step: the root field of a ledger, what it takes and what it tells.

What all nouns have of it in common is said once here; a noun brings its `Ledger` and its row.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
import strawberry
from strawberry.types.field import StrawberryField

from hub.actions.sync import MOST_ROWS, Call, Synced, problems, results, sync
from hub.actions.sync_ledger import Ledger
from hub.changes import cursor
from hub.exchange import OnError, SyncStatus
from hub.statements import Transaction
from hub.tables.handed import RowSync
from schema.context import Context
from schema.costs import Listed
from schema.declare import P, column, one
from schema.handed import Act, Told, effect
from schema.inputs import may
from schema.noun import Part, noun
from schema.payload import Problem, check_key, in_words

EACH_ROW = "逐行新建、更新或不变，逐行回答；整批一次写入，可先 dryRun"


class Naming(NamedTuple):
    """What results call the object of a row, and the Chinese words for all and one of them."""

    member: str
    all: str
    one: str


@strawberry.type(description="各种同步结果的行数")
class SyncCounts:
    """Rows by status."""

    created: int = strawberry.field(description="新建")
    updated: int = strawberry.field(description="更新")
    unchanged: int = strawberry.field(description="与已有内容相同")
    rejected: int = strawberry.field(description="拒绝")
    conflict: int = strawberry.field(description="冲突")


def syncing(
    ledger: Ledger, row: type, table: type[RowSync], shown: type, words: Naming
) -> StrawberryField:
    """The root field that keeps the rows of `ledger` in step with another system.

    `row` is what such a system states of each, `table` what becomes of it, `shown` the noun.
    """
    name = ledger.action[0].upper() + ledger.action[1:]
    return effect(
        _input(name, row, words, is_owned=ledger.owner is not None),
        _payload(name, _result(table, shown, words), words),
        f"使本机构的{words.all}与另一系统一致：{EACH_ROW}",
        _act(ledger),
    )


def _input(name: str, row: type, words: Naming, *, is_owned: bool) -> Any:
    rows = strawberry.field(description=f"{words.all}的行，一次最多 {MOST_ROWS} 行")
    owner = may(f"{words.all}所属机构的统一社会信用代码；默认为本机构")
    source = may("来源系统的名称，外部编号在其中唯一；默认为当前账号的登录名")
    on_error = strawberry.field(default=OnError.REJECT_ALL, description="有不合格行时如何处理")
    dry_run = strawberry.field(default=False, description="只判定，不写入；结果与实际同步相同")
    key = strawberry.field(description="幂等键，每次新操作一个")
    members = {
        "rows": (list[row], rows),  # type: ignore[valid-type]  # a type that is made here
        "source": (str | None, source),
        "on_error": (OnError, on_error),
        "dry_run": (bool, dry_run),
        "idempotency_key": (str, key),
    }
    if is_owned:
        members["owner"] = (str | None, owner)
    return strawberry.input(_class(f"{name}Input", members), description=f"同步{words.all}")


def _result(table: type[RowSync], shown: type, words: Naming) -> Any:
    """What became of a row."""
    by = table.__dict__["object_id"]
    there = f"此行的{words.one}；被拒绝的新行与试运行的新行没有"
    warned = column(P, "问题；级别为 WARNING 的不妨碍写入", shape=Problem)
    members = {
        "index": (int, column(P, "在本次同步中的位置，从 0 起")),
        "external_id": (str | None, column(P, "来源系统中的编号，与给出的相同")),
        "status": (SyncStatus, column(P, "结果")),
        "version": (int | None, column(P, "同步之后的版本号；CONFLICT 时为已有的版本号")),
        "changed": (list[str], column(P, "与已有内容不同的项")),
        words.member: (shown | None, one(P, there, by=by)),
        "problems": (list[Problem], warned),
    }
    kind = _class(f"{table.__name__}Result", members, Part)
    return noun(table, f"同步{words.all}一行的结果")(kind)


def _payload(name: str, result: Any, words: Naming) -> Any:
    """What became of the rows of a call."""
    listed = strawberry.field(
        description="每行的结果，次序与给出的相同", metadata={"listed": Listed(MOST_ROWS)}
    )
    counts = strawberry.field(description="各种结果的行数")
    after = strawberry.field(
        description="变更序列的游标：changes(after:) 由此往后读到本次同步的全部变更；未写入时为空"
    )
    replayed = strawberry.field(description="是否为同一幂等键的重复请求")
    members = {
        "results": (list[result], listed),
        "counts": (SyncCounts, counts),
        "change_cursor": (str | None, after),
        "replayed": (bool, replayed),
    }
    return strawberry.type(_class(f"{name}Payload", members), description=f"同步{words.all}的结果")


def _class(name: str, members: Mapping[str, tuple[Any, Any]], *bases: type) -> type:
    """A class of this module with annotated members."""
    body: dict[str, Any] = {member: value for member, (_, value) in members.items()}
    body["__annotations__"] = {member: kind for member, (kind, _) in members.items()}
    made = type(name, bases, {**body, "__module__": __name__})
    setattr(sys.modules[__name__], name, made)
    return made


def _act(ledger: Ledger) -> Act:
    """Takes the rows of a call into the caller's ledger."""

    @asynccontextmanager
    async def act(context: Context, given: Mapping[str, Any]) -> AsyncIterator[Told]:
        check_key(given["idempotencyKey"])
        call = Call(
            uscc=given.get("owner"),
            source=(given.get("source") or context.actor.login).strip(),
            rows=given["rows"],
            on_error=OnError(given.get("onError") or OnError.REJECT_ALL),
            dry_run=bool(given.get("dryRun")),
            key=given["idempotencyKey"],
            today=context.today,
            request_id=context.request_id,
        )
        await context.renew()
        async with sync(context.statements, context.actor, ledger, call) as (synced, transaction):
            yield await _told(ledger, synced, transaction, context.language), transaction
        await context.renew()

    return act


async def _told(
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
