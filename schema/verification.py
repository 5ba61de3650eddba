"""Requests for verification and their tasks as clients see them, and how they are asked for."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from sqlmodel import col

from hub.actions.filing import MOST
from hub.actions.verification import MESSAGES
from hub.exchange import ConnectorKind
from hub.tables.verification import RequestItem as ItemRow
from hub.tables.verification import VerificationRequest as RequestRow
from hub.tables.verification import VerificationTask as TaskRow
from hub.vocabulary import RequestState, TaskState
from loaders.keyset import By
from schema.certificate import Certificate
from schema.costs import Listed
from schema.declare import O, column, many, one
from schema.inputs import may
from schema.instrument import Instrument
from schema.noun import Noun, Part, noun
from schema.organization import Organization
from schema.page import Connection
from schema.payload import Problem
from schema.source import Source, source
from schema.values import Value, say, value

LazyTask = Annotated["VerificationTask", strawberry.lazy("schema.verification")]


@value("申请或任务所说的器具")
class VerificationItem(Value):
    """An instrument as it was told."""

    name: str | None = say("器具名称")
    model_spec: str | None = say("型号规格")
    serial_no: str | None = say("出厂编号")
    manufacturer: str | None = say("制造单位")
    asset_no: str | None = say("管理编号")
    filing_no: str | None = say("备案编号（强管唯一性号）")


@noun(ItemRow, "报检申请中的一件器具")
class VerificationRequestItem(Part):
    """An instrument of a request."""

    position: int = column(O, "序号，从 0 起")
    item: VerificationItem = column(O, "申请时的台账内容", shape=VerificationItem)
    instrument: Instrument | None = one(
        O, "器具；承检机构在出具证书之前看不到台账", by=col(ItemRow.instrument_id)
    )


@noun(RequestRow, "报检申请：请一家机构检定或校准本机构的器具")
class VerificationRequest(Noun):
    """What an enterprise asks of an institute."""

    no: str = column(O, "申请编号", match=True, order=True)
    applicant: Organization = one(O, "申请单位", by=col(RequestRow.applicant_id), match=True)
    institute: Organization = one(O, "承检机构", by=col(RequestRow.institute_id), match=True)
    channel: ConnectorKind = column(
        O, "经由的系统：ECQS 预约强制检定，SUBMISSION 向承检机构数据报检", match=True
    )
    state: RequestState = column(O, "状态", match=True)
    size: int = column(O, "器具件数")
    on_site: bool = column(O, "是否现场检定；否则送检", match=True)
    latest_date: date | None = column(O, "最迟日期", match=True, order=True)
    note: str | None = column(O, "说明")
    external_no: str | None = column(O, "对方系统的编号，如预约单号", match=True)
    reason: str | None = column(O, "退回或撤回的原因，如器具已移交其他机构")
    decided_at: datetime | None = column(O, "受理、退回或撤回的时刻")
    items: list[VerificationRequestItem] = many(
        O, "各件器具", by=col(ItemRow.request_id), order=(By("position"),), most=MOST
    )
    tasks: Connection[LazyTask] = many(O, "由此下发的任务", by=col(TaskRow.request_id))


@noun(TaskRow, "检定任务：由强制检定业务系统或承检机构的系统下发，按任务编号幂等")
class VerificationTask(Noun):
    """A task that another system has given to an institute."""

    task_no: str = column(O, "任务编号", match=True, order=True)
    channel: ConnectorKind = column(O, "下发任务的系统", match=True)
    institute: Organization = one(O, "承检机构", by=col(TaskRow.institute_id), match=True)
    owner: Organization | None = one(
        O, "器具所属机构；未能对应到器具时为空", by=col(TaskRow.owner_id), match=True
    )
    instrument: Instrument | None = one(
        O,
        "器具：按备案编号、否则按出厂编号与制造单位对应；对应不到或不止一件时为空",
        by=col(TaskRow.instrument_id),
        match=True,
    )
    request: VerificationRequest | None = one(O, "报检申请", by=col(TaskRow.request_id), match=True)
    item: VerificationItem = column(O, "任务所说的器具", shape=VerificationItem)
    state: TaskState = column(O, "状态", match=True)
    due_date: date | None = column(O, "要求完成的日期", match=True, order=True)
    reason: str | None = column(O, "取消、或结果未被接收的原因")
    certificate: Certificate | None = one(
        O, "已上报的证书或结果通知书", by=col(TaskRow.certificate_id)
    )
    reported_at: datetime | None = column(O, "上报的时刻")
    source: Source | None = source(O)


@strawberry.input(description="强制检定备案申报")
class FileInstrumentsInput:
    """Instruments to be filed."""

    ids: list[strawberry.ID] = strawberry.field(
        description="本机构台账中的强制检定器具，1 至 100 件；有一件不合要求则都不申报"
    )
    on_site: bool = strawberry.field(default=False, description="送检方式：是否现场检定")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="报检：预约强制检定，或向承检机构数据报检")
class RequestVerificationInput:
    """Instruments to be verified or calibrated."""

    instruments: list[strawberry.ID] = strawberry.field(
        description="本机构台账中的器具，1 至 100 件；强制检定的须已备案"
    )
    institute: strawberry.ID = strawberry.field(description="承检机构")
    on_site: bool = strawberry.field(default=False, description="是否现场检定")
    latest_date: date | None = may("最迟日期")
    note: str | None = may("说明")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.input(description="撤回报检申请")
class WithdrawRequestInput:
    """A request that is no longer wanted."""

    id: strawberry.ID = strawberry.field(description="本机构提出的报检申请，尚未下发任务")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    reason: str = strawberry.field(description="撤回的原因")
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


@strawberry.type(description="撤回报检申请的结果")
class WithdrawRequestPayload:
    """The request as it is now, or why it was not withdrawn."""

    request: VerificationRequest | None = strawberry.field(description="申请；被拒绝时为空")
    problems: list[Problem] = strawberry.field(description="拒绝的原因；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="备案申报的结果")
class FilingPayload:
    """The instruments as they are now, or why nothing was filed."""

    instruments: list[Instrument] = strawberry.field(
        description="已申报的器具；被拒绝时为空列表", metadata={"listed": Listed(MOST)}
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因，逐件逐项；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")


@strawberry.type(description="报检的结果")
class VerificationPayload:
    """The requests that were made, or why none was."""

    requests: list[VerificationRequest] = strawberry.field(
        description="强制检定的与其他的各成一份申请；被拒绝时为空列表",
        metadata={"listed": Listed(len(MESSAGES))},
    )
    problems: list[Problem] = strawberry.field(description="拒绝的原因，逐件；成功时为空列表")
    replayed: bool = strawberry.field(description="是否为同一幂等键的重复请求")
