"""The feed as it is stored: pages of it for those who may read them, and the cursors between."""

import base64
import binascii
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select, true
from sqlmodel import col

from hub.actor import PLATFORM, Actor
from hub.db import Database, Reader
from hub.errors import BadInput, ChangeTokenExpired, Unauthenticated, Words
from hub.events import Change, Stretch
from hub.exchange import ChangeType
from hub.policy import readable
from hub.tables.base import Row
from hub.tables.capability import Capability
from hub.tables.certificate import Certificate
from hub.tables.document import DocumentAdoption
from hub.tables.fee import FeeItem
from hub.tables.instrument import Instrument
from hub.tables.journal import FeedChange, FeedHead
from hub.tables.licence import LicenceApplication
from hub.tables.organization import Organization
from hub.tables.personnel import Personnel
from hub.tables.qualification import Qualification
from hub.tables.standard import MeasurementStandard
from hub.tables.verification import VerificationRequest, VerificationTask

KIND, VERSION = "changes", 1
"""What a cursor says that it is."""
LAST = 2**53
"""The last position that there can be."""
MOST_PASSED = 50_000
"""Positions that one page goes through, so that who hears of little costs little too."""
TABLES: dict[ChangeType, type[Row]] = {
    ChangeType.INSTRUMENT: Instrument,
    ChangeType.CERTIFICATE: Certificate,
    ChangeType.MEASUREMENT_STANDARD: MeasurementStandard,
    ChangeType.CAPABILITY: Capability,
    ChangeType.QUALIFICATION: Qualification,
    ChangeType.PERSONNEL: Personnel,
    ChangeType.DOCUMENT_ADOPTION: DocumentAdoption,
    ChangeType.ORGANIZATION: Organization,
    ChangeType.VERIFICATION_REQUEST: VerificationRequest,
    ChangeType.VERIFICATION_TASK: VerificationTask,
    ChangeType.LICENCE_APPLICATION: LicenceApplication,
    ChangeType.FEE_ITEM: FeeItem,
}
TYPES = {table.__name__: type_ for type_, table in TABLES.items()}
"""The types by the names under which the feed knows them."""


def names_of(types: Collection[ChangeType] | None) -> frozenset[str]:
    """The names under which the feed knows `types`, or all of nouns that organisations own."""
    if types is None:
        types = [one for one, table in TABLES.items() if table.OWNERS]
    return frozenset(name for name, one in TYPES.items() if one in types)


def cursor(pos: int) -> str:
    """The cursor of a place in the feed: what follows it are the changes after `pos`."""
    return base64.urlsafe_b64encode(orjson.dumps([KIND, VERSION, pos])).rstrip(b"=").decode()


def position(text: str) -> int:
    """The place that a cursor stands for. BadInput for a text that `cursor` has not made."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        _, _, pos = orjson.loads(raw)
        if isinstance(pos, int) and 0 <= pos <= LAST and cursor(pos) == text:
            return pos
    except (binascii.Error, ValueError, TypeError):
        pass
    raise BadInput(
        "游标无效，或不属于变更序列",
        "this is not a cursor of the changes",
        hint=Words(
            "请使用 changes 的 endCursor、cursor，或同步返回的 changeCursor",
            "use an endCursor or cursor of changes, or the changeCursor of a sync",
        ),
        path=("after",),
    )


class Page(NamedTuple):
    """Changes in order, and the position `end` where to go on, also where there are none.

    There is more if `has_more`. What follows `end` is kept at least until `kept_until`.
    """

    changes: Sequence[Change]
    end: int
    has_more: bool
    kept_until: datetime


async def page(
    reader: Reader, kept: timedelta, types: Collection[str], after: int | None, most: int
) -> Page:
    """The first changes of `types` after a position that the reader's actor may read.

    Without a position they are those from the oldest on, and an empty page stands where the feed
    ends now. They are read together with the end of the feed: what is numbered later comes after
    it. Each is kept for the time `kept`. Unauthenticated for who has not signed in,
    ChangeTokenExpired where some after the position are kept no longer.
    """
    if reader.actor.is_anonymous:
        raise Unauthenticated("请先登录再读取变更", "sign in to read changes")
    found = await reader.all(_statement(reader.actor, types, after, most))
    head, floor, now = (found[0][name] for name in ("head", "floor", "now"))
    begin = after
    if begin is None:
        begin = floor if most else head
    if not floor <= begin <= head:
        raise ChangeTokenExpired(cursor(head))
    rows = [row for row in found if row["pos"] is not None]
    end = min(begin + MOST_PASSED, head)
    if len(rows) > most:
        rows = rows[:most]
        end = rows[-1]["pos"] if rows else begin
    if end == head:
        return Page(rows, end, has_more=False, kept_until=now + kept)
    seen = max((row["at"] for row in rows), default=now - kept)
    return Page(rows, end, has_more=True, kept_until=max(now, seen + kept))


def _statement(actor: Actor, types: Collection[str], after: int | None, most: int) -> Select[Any]:
    """One row at least: where the feed ends and begins, beside each change, one more than asked."""
    head = readable(actor, FeedHead).cte("head")
    begin: ColumnElement[int] = head.c.floor if after is None else literal(after, BigInteger)
    place = col(FeedChange.pos)
    passed = (place > begin) & (place <= begin + MOST_PASSED)
    found = (
        readable(actor, FeedChange)
        .where(passed, col(FeedChange.object_type).in_(sorted(types)))
        .order_by(place)
        .limit(most + 1)
        .lateral("found")
    )
    about = (head.c.pos.label("head"), head.c.floor, func.now().label("now"))
    return select(*about, found).select_from(head.outerjoin(found, true())).order_by(found.c.pos)


class StoredFeed:
    """The feed in the database. Unavailable or Busy while that cannot answer."""

    def __init__(self, database: Database, kept: timedelta) -> None:
        self._database = database
        self._kept = kept

    async def head(self) -> int:
        """The last position given out."""
        async with self._database.reader(PLATFORM) as db:
            row = await db.first(readable(PLATFORM, FeedHead))
        return row["pos"] if row else 0

    async def after(self, pos: int, most: int) -> Sequence[Change]:
        """The first changes after `pos`, in order, at most so many."""
        place = col(FeedChange.pos)
        statement = readable(PLATFORM, FeedChange).where(place > pos).order_by(place).limit(most)
        async with self._database.reader(PLATFORM) as db:
            return await db.all(statement)

    async def heard(self, actor: Actor, types: Collection[str], pos: int, most: int) -> Stretch:
        """What `actor` hears of changes of `types` after `pos`, at most so many of them."""
        async with self._database.reader(actor) as db:
            found = await page(db, self._kept, types, pos, most)
        return Stretch(found.changes, found.end)
