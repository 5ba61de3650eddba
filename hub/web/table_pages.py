"""The rows of a saved query, page after page, each priced, authorized and bounded by itself."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import orjson
from graphql import OperationType
from sqlalchemy import RowMapping

from hub.actor import Actor
from hub.engine.table import ROWS
from hub.engine.walk import A_PAGE
from hub.errors import Code, Refused, Unauthenticated, Words
from hub.exporters.lines import Row
from hub.web.body import Asked
from hub.web.credentials import Standing
from hub.web.door import Caller
from hub.web.faults import TimedOut
from hub.web.operations import Operations, Outcome
from hub.web.tabling import Form
from schema.page import most_of

MOST_ROWS = 100_000
MOST_SECONDS = 60.0
"""What one table may take to be read; its turn and its client may take longer."""
PAGES_AT_ONCE = 2
"""Pages of one account that a process reads at a time."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds until a page is asked for again that a busy machine has refused."""
PASSING = frozenset({Code.BUSY, Code.UNAVAILABLE})
DEAR = frozenset({Code.COST_EXCEEDED, Code.TIMEOUT})
"""What a smaller page may do about."""
QUERY = frozenset({OperationType.QUERY})


class PageRefused(Exception):
    """A page came to nothing; why, as GraphQL has told it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told["extensions"]["code"])
        self.told = told


@dataclass(frozen=True)
class Table:
    """A saved query for one caller, with its variables; `turns` are those of its account."""

    row: RowMapping
    actor: Actor
    standing: Standing
    form: Form
    variables: Mapping[str, Any]
    columns: Sequence[str]
    turns: asyncio.Semaphore


async def pages(
    operations: Operations, table: Table, caller: Caller
) -> AsyncGenerator[list[Row], None]:
    """The rows page by page, each read as who the caller is by then; at least one page.

    Refused beyond `MOST_ROWS` and `MOST_SECONDS`, PageRefused for a page that came to nothing.
    """
    size, after, number, left = min(most_of(table.actor), A_PAGE), None, 0, MOST_SECONDS
    while True:
        async with table.turns:
            begun = monotonic()
            size, found = await _page(operations, table, caller, size, after, begun + left)
            left -= monotonic() - begun
        rows, after = _rows_of(found, table.form)
        number += len(rows)
        if number > MOST_ROWS or (after is not None and left < 0):
            raise _too_large()
        yield rows
        if after is None:
            return


async def _page(
    operations: Operations, table: Table, caller: Caller, size: int, after: str | None, until: float
) -> tuple[int, Any]:
    """A page of at most `size` rows, or of as many as one operation may cost; and that many.

    Where the machine is busy it is asked for again, but not after `until`.
    """
    pauses = iter(PAUSES)
    while True:
        outcome = await _outcome(
            operations, table, caller, table.form.asked(table.variables, size, after)
        )
        if not outcome.errors:
            return size, orjson.loads(outcome.body)["data"][ROWS]
        codes = {one["extensions"]["code"] for one in outcome.errors}
        if monotonic() > until:
            raise _refusal(outcome)
        if codes <= PASSING and (pause := next(pauses, None)):
            await asyncio.sleep(pause)
        elif codes & DEAR and size > 1 and table.form.is_paged:
            size //= 2
        else:
            raise _refusal(outcome)


async def _outcome(operations: Operations, table: Table, caller: Caller, asked: Asked) -> Outcome:
    """What is answered to who the caller is now; a refusal for who is another than it was."""
    try:
        if await table.standing.admit() != table.actor:
            raise _another()
    except Exception as error:  # noqa: BLE001 -- whatever happened is told, as it is of a page
        return operations.refuse(error, caller)
    return await operations.answer(asked, caller, QUERY, table.actor)


def _refusal(outcome: Outcome) -> Exception:
    first = outcome.errors[0]
    if first["extensions"]["code"] == Code.TIMEOUT:
        return _too_slow()
    return PageRefused(first)


def _rows_of(found: Any, form: Form) -> tuple[list[Row], str | None]:
    """The rows of an answer, and the cursor of the last one where others follow."""
    if found is None or not form.is_paged:
        return found or [], None
    info = found["pageInfo"]
    return found["nodes"], info["endCursor"] if info["hasNextPage"] else None


def _another() -> Unauthenticated:
    return Unauthenticated(
        "账号的机构或权限已变更", "the organisation or the rights of this account have changed"
    )


def _too_slow() -> TimedOut:
    return TimedOut(
        "处理超时",
        "the table took too long",
        hint=Words("请缩小范围，或少取几列", "ask for fewer rows or columns"),
    )


def _too_large() -> Refused:
    return Refused(
        f"超过 {MOST_ROWS} 行或 {MOST_SECONDS:.0f} 秒",
        f"more than {MOST_ROWS} rows or {MOST_SECONDS:.0f} seconds",
        hint=Words("请缩小范围，或用 exportData 整批导出", "ask for less, or use exportData"),
    )
