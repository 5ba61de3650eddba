"""The feed as clients see it: what has become of their objects, in order, and where to go on."""

from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import LargeBinary, Text, cast, func

from hub.changes import KIND, TABLES, TYPES, VERSION, cursor
from hub.events import Change as FeedRow
from hub.exchange import ChangeKind, ChangeReason, ChangeType
from hub.jobs.webhooks import Event
from hub.tables.instrument import Instrument as InstrumentRow
from schema.context import Info
from schema.declare import Sql
from schema.ids import encode
from schema.instrument import Instrument
from schema.noun import Node
from schema.resolve import by_id
from schema.twins import base64url, constant


def cursor_sql(position: Sql) -> Sql:
    """The twin of `hub.changes.cursor`."""
    start = f'["{KIND}",{VERSION},'
    told = constant(start).op("||")(cast(position, Text)).op("||")(constant("]"))
    return base64url(func.convert_to(told, constant("UTF8"), type_=LargeBinary()))


@strawberry.type(description="本机构一个对象的一次变更")
class Change:
    """A committed change."""

    pos: str = strawberry.field(
        description="在变更序列中的位置，递增；全平台连续，本机构所见则有间隔"
    )
    cursor: str = strawberry.field(description="此变更的游标，不透明：由此往后续读或续订")
    type: ChangeType = strawberry.field(description="对象的种类")
    id: strawberry.ID = strawberry.field(description="对象的标识符")
    kind: ChangeKind = strawberry.field(description="变更种类")
    reason: ChangeReason | None = strawberry.field(description="删除的原因")
    merged_into: strawberry.ID | None = strawberry.field(
        description="并入的对象的标识符；删除的原因为 MERGED 时给出"
    )
    version: int = strawberry.field(description="变更后的版本号；每个对象的版本号依次到达")
    at: datetime = strawberry.field(description="变更时刻")
    key: strawberry.Private[UUID]

    @strawberry.field(description="当前的对象，可能已比此变更更新；已删除或无权查看则为空")
    async def node(self, info: Info) -> Node | None:
        if self.kind is ChangeKind.DELETE:
            return None
        found: Node | None = await by_id(info.context, TABLES[self.type], self.key)
        return found

    @classmethod
    def of(cls, change: FeedRow) -> "Change":
        """What its organisations are told of `change`."""
        is_gone = change["kind"] is ChangeKind.DELETE
        kept = change["merged_into_id"]
        return cls(
            pos=str(change["pos"]),
            cursor=cursor(change["pos"]),
            type=TYPES[change["object_type"]],
            id=encode(change["object_type"], change["object_id"]),
            kind=change["kind"],
            reason=(change["reason"] or ChangeReason.RETIRED) if is_gone else None,
            merged_into=encode(change["object_type"], kept) if kept else None,
            version=change["object_version"],
            at=change["at"],
            key=change["object_id"],
        )


@strawberry.type(description="一页变更")
class ChangePage:
    """Some changes, and where to go on."""

    nodes: list[Change] = strawberry.field(description="各次变更，按次序")
    end_cursor: str = strawberry.field(description="由此续读；本页为空时也在前进")
    has_more: bool = strawberry.field(description="此刻后面是否可能还有；为真则应立即续读")
    retained_until: datetime = strawberry.field(
        description="endCursor 至少到此时刻有效；之后须完整读取一遍再续读"
    )


@strawberry.type(description="本机构一件计量器具的变更")
class InstrumentChange:
    """A committed change."""

    pos: str = strawberry.field(description="在变更序列中的位置，连续递增")
    kind: ChangeKind = strawberry.field(description="变更种类")
    id: strawberry.ID = strawberry.field(description="器具标识符")
    version: int = strawberry.field(description="变更后的版本号")
    at: datetime = strawberry.field(description="变更时刻")
    key: strawberry.Private[UUID]

    @strawberry.field(description="当前的器具；已退出台账则为空")
    async def instrument(self, info: Info) -> Instrument | None:
        if self.kind is ChangeKind.DELETE:
            return None
        found: Instrument | None = await by_id(info.context, InstrumentRow, self.key)
        return found

    @classmethod
    def of(cls, change: FeedRow) -> "InstrumentChange":
        """What subscribers hear of `change`."""
        return cls(
            pos=str(change["pos"]),
            kind=change["kind"],
            id=encode("Instrument", change["object_id"]),
            version=change["object_version"],
            at=change["at"],
            key=change["object_id"],
        )


def event_of(change: FeedRow) -> Event:
    """What webhooks are told of `change`: what `changes` tells, nothing of the object itself."""
    told = Change.of(change)
    data = {
        "cursor": told.cursor,
        "objectType": told.type,
        "objectId": told.id,
        "kind": told.kind,
        "reason": told.reason,
        "mergedInto": told.merged_into,
        "version": told.version,
    }
    return Event(f"{told.type}.{told.kind}".lower(), data)
