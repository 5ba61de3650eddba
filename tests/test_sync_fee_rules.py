"""The rules of fee items, said in SQL for many rows and in Python for one, say the same.

`SYNC_SEED` draws the same lines again.
"""

import os
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import pytest

from hub.actions.reference import upsert_fees
from hub.actions.reference_draft import FeeItemDraft
from hub.actor import PLATFORM
from hub.errors import BadInput, Refused
from hub.rules.fee import check_fee_item
from hub.rules.text import check_lengths
from hub.tables.fee import FeeDocument
from hub.values import fen
from hub.vocabulary import FeeNature, PriceKind
from tests.doors import HubClient
from tests.fee_office import FEES, Office, an_office, stored
from tests.given import a_fee_document, a_name
from tests.sync_verbs import results, statuses

SEED = int(os.environ.get("SYNC_SEED") or secrets.randbits(32))
BEGIN = date(2020, 1, 1)
TEXTS = ["压力表", " ", "", None, "\u3000", "é", "x" * 255, "x" * 256]
FIT: Mapping[str, Sequence[Any]] = {
    "instrumentName": ["压力表", "压力表", "压力表", *TEXTS],
    "chargeUnit": ["块", "块", "块", *TEXTS],
    "priceKind": [None, *PriceKind],
    "price": [None, "30", "30.00", "0", "-0.01", "5.005", "999999999999.99", "1000000000000"],
    "priceTo": [None, None, "30", "40.00", "5.005"],
    "effectiveTo": [None, None, "2020-01-01", "2024-12-31", "2019-12-31"],
    "nature": [*FeeNature, *FeeNature, None],
    "note": [None, "n", "n" * 4_000, "n" * 4_001],
}
COLUMNS = {
    "instrumentName": "instrument_name",
    "chargeUnit": "charge_unit",
    "priceKind": "price_kind",
    "priceTo": "price_to",
    "effectiveTo": "effective_to",
}
SHOWN = tuple(COLUMNS.get(name, name) for name in FIT if name != "priceTo")


@pytest.fixture
async def office(hub: HubClient) -> Office:
    return await an_office(hub)


def judged(at: int, notice: FeeDocument, given: Mapping[str, Any]) -> FeeItemDraft | None:
    """A line as the library takes it; None where it refuses a value."""
    values = {COLUMNS.get(name, name): value for name, value in given.items()}
    values["code"] = f"K-{at}"
    for name in ("instrument_name", "charge_unit"):
        values[name] = values[name] or ""
    values["price_kind"] = PriceKind(values["price_kind"] or PriceKind.FIXED)
    ends = values["effective_to"]
    values["effective_to"] = date.fromisoformat(ends) if ends else None
    try:
        check_lengths(values)
        for name in ("price", "price_to"):
            if values[name] is not None:
                values[name] = fen(Decimal(values[name]), name)
        check_fee_item(values)
    except (BadInput, Refused):
        return None
    values.pop("price_to")
    return values["nature"] and FeeItemDraft(
        document=notice.number,
        effective_from=BEGIN,
        source_system="a",
        source_key=str(at),
        **values,
    )


async def taken(hub: HubClient, draft: FeeItemDraft | None) -> bool:
    """Whether the library takes a line."""
    if draft is None:
        return False
    try:
        async with hub.hub.database.writer(PLATFORM) as db:
            await upsert_fees(db, (), [draft])
    except Refused:
        return False
    return True


async def test_many_lines_come_to_what_each_comes_to_in_the_library(
    hub: HubClient, office: Office
) -> None:
    random = Random(SEED)  # noqa: S311 -- a seed that can be told again
    library = await hub.given(a_fee_document(number=a_name("苏价")))
    rows = [{name: random.choice(FIT[name]) for name in FIT} for _ in range(200)]

    given = [{**office.line(at, str(BEGIN), code=f"K-{at}"), **row} for at, row in enumerate(rows)]
    answer = await FEES.sync(hub, office.steward, *given, onError="REJECT_ROWS")
    drafts = [judged(at, library, row) for at, row in enumerate(rows)]
    were_taken = [await taken(hub, one) for one in drafts]

    for row, result, was_taken in zip(rows, results(answer), were_taken, strict=True):
        assert (result["status"] == "CREATED") is was_taken, f"SYNC_SEED={SEED}\n{row}\n{result}"
    sql = f"SELECT code, {', '.join(SHOWN)} FROM fee_item WHERE document_id = :id ORDER BY code"  # noqa: S608
    ours, theirs = [
        list(map(tuple, await hub.stored(sql, id=one.id))) for one in (office.notice, library)
    ]
    assert ours == theirs, f"SYNC_SEED={SEED}"


class Line(NamedTuple):
    """A line of an item, by the days on which it holds."""

    item: int
    begins: date
    ends: date | None


class Model:
    """What the library is to hold, line by line, by external id."""

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}

    def take(self, rows: Mapping[int, Line]) -> list[str]:
        """Take rows in; an item whose lines would overlap takes none of its."""
        found = self._alone(rows)
        fit = {at: line for at, line in rows.items() if found[at] not in ("REJECTED", "CONFLICT")}
        standing: defaultdict[int, list[Line]] = defaultdict(list)
        for line in {**self.lines, **fit}.values():
            standing[line.item].append(line)
        for at, line in fit.items():
            if found[at] != "UNCHANGED" and overlap(standing[line.item]):
                found[at] = "REJECTED"
            else:
                self.lines[at] = line
        return [found[at] for at in rows]

    def _alone(self, rows: Mapping[int, Line]) -> dict[int, str]:
        """What becomes of each by itself, and beside others of the same line or first day."""
        days = {line[:2]: at for at, line in self.lines.items()}
        seen: set[Any] = set()
        found = {}
        for at, line in rows.items():
            same = at if at in self.lines else days.get(line[:2], line[:2])
            wrong = same in seen or (line.ends is not None and line.ends < line.begins)
            taken = at not in self.lines and line[:2] in days
            found[at] = "REJECTED" if wrong else "CONFLICT" if taken else self._right(at, line)
            seen.add(same)
        begun: set[Any] = set()
        for at, line in rows.items():
            if found[at] not in ("REJECTED", "CONFLICT"):
                found[at] = "REJECTED" if line[:2] in begun else found[at]
                begun.add(line[:2])
        return found

    def _right(self, at: int, line: Line) -> str:
        if at not in self.lines:
            return "CREATED"
        return "UNCHANGED" if self.lines[at] == line else "UPDATED"


def overlap(lines: Sequence[Line]) -> bool:
    """Whether two of them hold on one day."""
    return any(
        (one.ends is None or other.begins <= one.ends)
        and (other.ends is None or one.begins <= other.ends)
        for at, one in enumerate(lines)
        for other in lines[:at]
    )


@pytest.mark.parametrize("turn", range(4))
async def test_lines_of_an_item_are_taken_together_or_not_at_all(
    hub: HubClient, office: Office, turn: int
) -> None:
    random = Random(f"{SEED} {turn}")  # noqa: S311 -- a seed that can be told again
    model = Model()

    def some_day() -> date:
        return BEGIN + timedelta(days=random.randint(0, 12))

    for at in range(25):
        rows = {}
        for number in random.sample(range(12), random.randint(1, 7)):
            begins = some_day()
            ends = random.choice([None, some_day(), begins, begins + timedelta(days=2)])
            rows[number] = Line(number % 3, begins, ends)

        answer = await FEES.sync(
            hub,
            office.steward,
            *(
                office.line(
                    number,
                    str(line.begins),
                    code=f"K-{line.item}",
                    effectiveTo=str(line.ends) if line.ends else None,
                )
                for number, line in rows.items()
            ),
            onError="REJECT_ROWS",
        )

        note = f"SYNC_SEED={SEED} {turn} {at}\n{rows}\n{model.lines}\n{answer.body}"
        before = dict(model.lines)
        told = statuses(answer)
        assert told == model.take(rows), f"{note}\n{before}"
        lines = [(f"K-{one.item}", one.begins, one.ends) for one in model.lines.values()]
        found = [(code, begins, ends) for code, _, begins, ends in await stored(hub, office)]
        assert sorted(map(str, found)) == sorted(map(str, lines)), note
