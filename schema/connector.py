"""Connectors as those who keep them see them, what passed through, conflicts to be decided."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import RowMapping, Text, case, cast, func
from sqlmodel import col
from strawberry import UNSET

from hub.exchange import (
    ConflictResolution,
    ConflictRule,
    ConflictState,
    ConnectorDirection,
    ConnectorFailure,
    ConnectorHealth,
    ConnectorKind,
    ConnectorState,
    MessageDirection,
    MessageState,
    Take,
)
from hub.tables.connector import Conflict as ConflictRow
from hub.tables.connector import Connector as ConnectorRow
from hub.tables.connector import ConnectorMessage as MessageRow
from loaders.keyset import By
from loaders.standing import Standings
from schema.context import Context
from schema.declare import A, O, Sql, column, computed, made, many, one
from schema.inputs import may
from schema.instrument import Instrument
from schema.noun import Noun, noun
from schema.organization import Organization
from schema.page import Connection
from schema.payload import Problem
from schema.twins import constant
from schema.values import Value, value

LazyMessage = Annotated["ConnectorMessage", strawberry.lazy("schema.connector")]
LazyConflict = Annotated["Conflict", strawberry.lazy("schema.connector")]
TELLS_ONLY = frozenset({ConnectorKind.ERP, ConnectorKind.LICENSING})
RATE = Decimal("0.0001")
WEIGHT = 10
"""The points of a standing: it counts what waits."""


@value("连接眼下的状况")
class ConnectorStanding(Value):
    """How a connector stands."""

    lag_seconds: int = strawberry.field(
        description="落后的秒数：对方此刻之前的陈述至迟在这么多秒前已全部采用；尚未读完过的自建立时算起"
    )
    error_rate: Decimal | None = strawberry.field(
        description="近 24 小时通信失败的比例，0 至 1；没有通信时为空"
    )
    tries: int = strawberry.field(description="近 24 小时通信的次数")
    waiting_in: int = strawberry.field(description="收到而尚未办理的报文数")
    waiting_out: int = strawberry.field(description="尚未送出的报文数")
    rejected: int = strawberry.field(description="不能办理或被对方拒绝的报文数")
    dead: int = strawberry.field(description="重试期满仍未送达的报文数")
    conflicts: int = strawberry.field(description="待处理的冲突数")


async def standing(row: RowMapping, context: Context) -> ConnectorStanding:
    """How a connector stands at the instant of the operation."""
    standings = context.loader("standing", lambda: Standings(context.reader, context.now))
    found = await standings.load(row["id"])
    since = [found.waiting_since] if found.waiting_since else []
    if row["base_url"] is not None:
        since.append(row["caught_up_at"] or row["created_at"])
    behind = max(((context.now - one).total_seconds() for one in since), default=0.0)

    def count(state: MessageState, *directions: MessageDirection) -> int:
        return sum(found.counts.get((one, state), 0) for one in directions or MessageDirection)

    return ConnectorStanding(
        lag_seconds=max(0, int(behind)),
        error_rate=(Decimal(found.failures) / found.tries).quantize(RATE) if found.tries else None,
        tries=found.tries,
        waiting_in=count(MessageState.PENDING, MessageDirection.IN),
        waiting_out=count(MessageState.PENDING, MessageDirection.OUT),
        rejected=count(MessageState.REJECTED),
        dead=count(MessageState.DEAD),
        conflicts=found.conflicts,
    )


def direction_of(kind: ConnectorKind) -> ConnectorDirection:
    """Whether the hub tells a connector of a kind anything, or only hears from it."""
    return ConnectorDirection.IN if kind in TELLS_ONLY else ConnectorDirection.BOTH


def direction_sql(kind: Sql) -> Sql:
    """The twin of `direction_of`."""
    tells = kind.in_([constant(one) for one in sorted(TELLS_ONLY)])
    return case((tells, constant(ConnectorDirection.IN)), else_=constant(ConnectorDirection.BOTH))


def push_path(connector_id: UUID) -> str:
    """Where a connector pushes what it has to tell."""
    return f"/exchange/{connector_id}/messages"


def push_path_sql(connector_id: Sql) -> Sql:
    """The twin of `push_path`."""
    return func.concat(constant("/exchange/"), cast(connector_id, Text), constant("/messages"))


@noun(ConnectorRow, "连接：与一个外部系统的往来")
class Connector(Noun):
    """A connector to another system."""

    organization: Organization | None = one(
        O, "所属机构；平台自己的为空", by=col(ConnectorRow.organization_id)
    )
    code: str = column(O, "代码，机构内唯一；来自它的数据以此为 source.system", match=True)
    kind: ConnectorKind = column(O, "种类", match=True)
    name: str = column(O, "名称", match=True, order=True)
    direction: ConnectorDirection = computed(
        O, "往来的方向", direction_of, needs=[col(ConnectorRow.kind)], sql=direction_sql
    )
    base_url: str | None = column(O, "对方的地址；为空则只由对方推送")
    push_path: str = computed(
        O,
        "对方推送的路径，相对于平台的地址；以推送密钥签名",
        push_path,
        needs=[col(ConnectorRow.id)],
        sql=push_path_sql,
    )
    state: ConnectorState = column(O, "状态", match=True)
    health: ConnectorHealth = column(O, "健康状况", match=True)
    failures: int = column(O, "已连续失败的次数；成功一次即归零")
    failing_since: datetime | None = column(O, "自何时起没有成功过")
    blocked_until: datetime | None = column(O, "连续失败，至此时刻才再试探")
    last_success_at: datetime | None = column(O, "最近一次成功的时刻")
    last_failure: ConnectorFailure | None = column(O, "最近一次失败的原因", match=True)
    last_failure_at: datetime | None = column(O, "最近一次失败的时刻")
    last_status: int | None = column(O, "最近一次失败时答复的 HTTP 状态码")
    caught_up_at: datetime | None = column(O, "此时刻之前对方的陈述都已收到")
    standing: ConnectorStanding = made(O, "眼下的状况", standing, weight=WEIGHT)
    messages: Connection[LazyMessage] = many(
        O,
        "往来的报文，新的在前；不能办理的用 filter: {state: {eq: REJECTED}} 查找",
        by=col(MessageRow.connector_id),
        order=(By("id", descending=True),),
    )
    conflicts: Connection[LazyConflict] = many(
        O,
        "与本平台数据的冲突，新的在前",
        by=col(ConflictRow.connector_id),
        order=(By("id", descending=True),),
    )


@value("报文没有办理，或没有全部采用的原因")
class MessageProblem(Value):
    """Why a message was not taken."""

    code: str = strawberry.field(description="代码，不翻译；对方拒绝时是对方的代码")
    zh: str = strawberry.field(description="中文说明")
    en: str = strawberry.field(description="英文说明")
    path: list[str] = strawberry.field(description="指向报文中有问题的值")


@noun(MessageRow, "往来的一份报文")
class ConnectorMessage(Noun):
    """What a connector said, or was told."""

    connector: Connector | None = one(A, "所属连接", by=col(MessageRow.connector_id))
    direction: MessageDirection = column(A, "方向", match=True)
    key: str = column(A, "报文编号；接收的一方据此去重", match=True)
    type: str = column(A, "报文种类；读不懂的为 ?", match=True)
    subject: str = column(A, "所说的对象，按对方的编号", match=True)
    said_at: datetime | None = column(A, "所说的时刻", of=col(MessageRow.at))
    body: str | None = column(
        O, "内容，JSON；超过 256 KiB 或嵌套过深的只有开头，以 … 结尾；运维人员不可见"
    )
    state: MessageState = column(A, "状态", match=True)
    tries: int = column(A, "已试的次数")
    next_at: datetime = column(A, "待办理时，不早于此时刻")
    problem: MessageProblem | None = column(
        A, "没有办理，或没有全部采用的原因", shape=MessageProblem
    )
    receipt: str | None = column(A, "对方的回执")
    done_at: datetime | None = column(A, "办理的时刻")


@value("说明")
class Reason(Value):
    """Why something is so."""

    zh: str = strawberry.field(description="中文")
    en: str = strawberry.field(description="英文")


@noun(ConflictRow, "冲突：外部系统与本平台对同一项的值说法不一")
class Conflict(Noun):
    """Two values of one field."""

    owner: Organization = one(O, "所属机构", by=col(ConflictRow.owner_id))
    connector: Connector | None = one(
        O, "来源；无权查看连接的为空", by=col(ConflictRow.connector_id)
    )
    instrument: Instrument | None = one(
        O, "所涉的计量器具；已退出台账的为空", by=col(ConflictRow.instrument_id)
    )
    field: str = column(O, "所涉的字段", match=True)
    ours: str | None = column(O, "本平台的值，文字形式")
    theirs: str | None = column(O, "对方的值，文字形式")
    base: str | None = column(O, "对方此前的值，文字形式；此前没有说过的为空")
    as_of: datetime = column(O, "对方所说的时刻")
    rule: ConflictRule = column(O, "由来", match=True)
    reason: Reason | None = column(O, "规则不允许的原因，或未经处理而结束的原因", shape=Reason)
    state: ConflictState = column(O, "状态", match=True)
    resolution: ConflictResolution | None = column(O, "如何处理的", match=True)
    resolved_at: datetime | None = column(O, "处理的时刻")
    resolved_by: str | None = column(O, "由谁处理：登录名")


@strawberry.input(description="新建连接")
class CreateConnectorInput:
    """A new connector."""

    code: str = strawberry.field(
        description="代码：小写字母开头，2 至 32 个小写字母、数字与连字符，此后不变"
    )
    kind: ConnectorKind = strawberry.field(
        description="种类；机构可建 ERP 与 SUBMISSION，平台的管理者可建其余与 SUBMISSION"
    )
    name: str = strawberry.field(description="名称")
    base_url: str | None = may("对方的地址：https，端口 443 或 8443，公网地址；省略则只由对方推送")
    credential: str | None = may("访问对方的凭据，以 Authorization: Bearer 出示；此后不再显示")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="修改、暂停或恢复连接；省略的项不变")
class UpdateConnectorInput:
    """A change of a connector."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    name: str | None = may("名称")
    base_url: str | None = may("对方的地址；更改时须一并给出凭据")
    credential: str | None = may("访问对方的凭据；此后不再显示")
    state: ConnectorState | None = may("PAUSED 暂停：不再读取、发送与办理；ACTIVE 恢复")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")

    def values(self) -> dict[str, Any]:
        """The columns that it sets."""
        names = ("name", "base_url", "credential", "state")
        given = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value not in (None, UNSET)}


@strawberry.input(description="更换连接的推送密钥")
class RotateConnectorSecretInput:
    """A connector that is to have another secret."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="再次办理或发送一份报文")
class RetryConnectorMessageInput:
    """A message that was not taken."""

    id: strawberry.ID = strawberry.field(description="标识符")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="处理冲突")
class ResolveConflictInput:
    """Which of two values is right."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    take: Take = strawberry.field(
        description="取哪一方的值；取对方的值与自己修改台账一样受规则约束"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="修改连接的结果")
class ConnectorPayload:
    """The connector as it is now, or why nothing was done."""

    connector: Connector | None = strawberry.field(description="连接；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="新建连接或更换其推送密钥的结果")
class ConnectorSecretPayload:
    """The connector, and its new secret."""

    connector: Connector | None = strawberry.field(description="连接；被拒绝时为空")
    secret: str | None = strawberry.field(
        description="对方推送时签名的密钥 whsec_…，只在此显示一次；重复请求时为空，可再更换一次"
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="再次办理报文的结果")
class ConnectorMessagePayload:
    """The message as it is now, or why nothing was done."""

    message: ConnectorMessage | None = strawberry.field(description="报文；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="处理冲突的结果")
class ConflictPayload:
    """The conflict as it is now, or why nothing was done."""

    conflict: Conflict | None = strawberry.field(description="冲突；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
