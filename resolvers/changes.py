"""Changes out: pages of the feed, and the feed as it grows."""

from collections.abc import AsyncIterable
from datetime import date
from typing import Annotated

import strawberry

from hub.changes import cursor, names_of, page, position
from hub.errors import Unauthenticated
from hub.events import Changes
from hub.exchange import ChangeType
from hub.policies.journal import concerns
from hub.tables.instrument import Instrument
from hub.tables.journal import FeedChange
from loaders.keyset import By
from schema import page as pages
from schema.changes import Change, ChangePage, InstrumentChange
from schema.context import Info
from schema.evolution import outdated

After = Annotated[
    str | None,
    strawberry.argument(description="从此游标之后开始：endCursor、cursor 或同步的 changeCursor"),
]
Types = Annotated[
    list[ChangeType] | None, strawberry.argument(description="只要这些种类的对象，默认本机构的全部")
]
First = Annotated[
    int | None,
    strawberry.argument(description="取前几次：0 至 100（系统账号 1000），默认 20"),
]


@strawberry.type
class ChangesQuery:
    """Changes by pages."""

    @strawberry.field(
        description="本机构各对象的变更，按提交后的次序，不丢失；省略 after 则从所保留的最早一次"
        "开始，first 为 0 时只取现在的 endCursor"
    )
    async def changes(
        self, info: Info, after: After = None, types: Types = None, first: First = None
    ) -> ChangePage | None:
        context = info.context
        begin = None if after is None else position(after)
        most = pages.page(
            FeedChange,
            [By("pos")],
            first=first,
            after=None,
            last=None,
            before=None,
            most=pages.most_of(context.actor),
        ).size
        found = await page(context.reader, context.feed_kept, names_of(types), begin, most)
        context.show(len(found.changes))
        return ChangePage(
            nodes=[Change.of(one) for one in found.changes],
            end_cursor=cursor(found.end),
            has_more=found.has_more,
            retained_until=found.kept_until,
        )


@strawberry.type
class ChangesSubscription:
    """Changes as they come."""

    @strawberry.subscription(
        description="与查询 changes 相同的变更，提交之后按次序送达；给出 after 则先补上其后的，"
        "不丢失、不重复，否则从现在开始",
        metadata={"weight": 1},
    )
    async def changes(
        self, info: Info, after: After = None, types: Types = None
    ) -> AsyncIterable[Change]:
        context = info.context
        _insist(info)
        names, begin = names_of(types), None
        if after is not None:
            begin = position(after)
            await page(context.reader, context.feed_kept, names, begin, 0)  # is it still good?
        return Changes(
            context.feed, context.actor, names, concerns, Change.of, context.renew, begin
        )

    @strawberry.subscription(
        description="本机构计量器具的变更，提交之后按次序送达，不丢失；"
        "与 changes(types: [INSTRUMENT]) 相同",
        deprecation_reason=outdated(date(2026, 11, 23), "Subscription.changes(types:)"),
        metadata={"weight": 1},
    )
    def instrument_changed(self, info: Info) -> AsyncIterable[InstrumentChange]:
        context = info.context
        _insist(info)
        names = {Instrument.__name__}
        return Changes(
            context.feed, context.actor, names, concerns, InstrumentChange.of, context.renew
        )


def _insist(info: Info) -> None:
    if info.context.actor.is_anonymous:
        raise Unauthenticated("请先登录再订阅", "sign in to subscribe")
