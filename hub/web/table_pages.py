"""The rows of a saved query, page after page, each priced, authorized and bounded by itself."""

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
from hub.web.credentials import Standing
from hub.web.door import Caller
from hub.web.operations import Operations, Outcome
from hub.web.tabling import Form
from schema.page import most_of

MOST_ROWS = 100_000
MOST_SECONDS = 60.0
"""What one table may take to be read; how long its client takes does not count."""
QUERY = frozenset({OperationType.QUERY})


class PageRefused(Exception):
    """A page came to nothing; why, as GraphQL has told it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told["extensions"]["code"])
        self.told = told


@dataclass(frozen=True)
class Table:
    """A saved query for one caller, with its variables."""

    row: RowMapping
    actor: Actor
    standing: Standing
    form: Form
    variables: Mapping[str, Any]
    columns: Sequence[str]


async def pages(
    operations: Operations, table: Table, caller: Caller
) -> AsyncGenerator[list[Row], None]:
    """The rows page by page, each read as who the caller is by then; at least one page.

    Refused beyond `MOST_ROWS` and `MOST_SECONDS`, Unauthenticated for who is another by then,
    PageRefused for a page that came to nothing.
    """
    size, after, number, spent = min(most_of(table.actor), A_PAGE), None, 0, 0.0
    while True:
        begun = monotonic()
        if await table.standing.admit() != table.actor:
            raise _another()
        size, found = await _page(operations, table, caller, size, after)
        spent += monotonic() - begun
        rows, after = _rows_of(found, table.form)
        number += len(rows)
        if number > MOST_ROWS or (after is not None and spent > MOST_SECONDS):
            raise _too_large()
        yield rows
        if after is None:
            return


async def _page(
    operations: Operations, table: Table, caller: Caller, size: int, after: str | None
) -> tuple[int, Any]:
    """A page of at most `size` rows, or of as many as one operation may cost; and that many."""
    while True:
        asked = table.form.asked(table.variables, size, after)
        outcome = await operations.answer(asked, caller, QUERY, table.actor)
        if not outcome.errors:
            return size, orjson.loads(outcome.body)["data"][ROWS]
        if size == 1 or not table.form.is_paged or not _is_dear(outcome):
            raise PageRefused(outcome.errors[0])
        size //= 2


def _rows_of(found: Any, form: Form) -> tuple[list[Row], str | None]:
    """The rows of an answer, and the cursor of the last one where others follow."""
    if found is None or not form.is_paged:
        return found or [], None
    info = found["pageInfo"]
    return found["nodes"], info["endCursor"] if info["hasNextPage"] else None


def _is_dear(outcome: Outcome) -> bool:
    return any(one["extensions"]["code"] == Code.COST_EXCEEDED for one in outcome.errors)


def _another() -> Unauthenticated:
    return Unauthenticated(
        "账号的机构或权限已变更", "the organisation or the rights of this account have changed"
    )


def _too_large() -> Refused:
    return Refused(
        f"超过 {MOST_ROWS} 行或 {MOST_SECONDS:.0f} 秒",
        f"more than {MOST_ROWS} rows or {MOST_SECONDS:.0f} seconds",
        hint=Words("请缩小范围，或用 exportData 整批导出", "ask for less, or use exportData"),
    )
