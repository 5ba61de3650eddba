"""Queries and mutations on filings, requests for verification, and tasks."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from hub.actions import filing, verification
from hub.tables.instrument import Instrument as InstrumentRow
from hub.tables.verification import VerificationRequest as RequestRow
from hub.writer import Writer
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.verification import (
    FileInstrumentsInput,
    FilingPayload,
    RequestVerificationInput,
    VerificationPayload,
    VerificationRequest,
    VerificationTask,
    WithdrawRequestInput,
    WithdrawRequestPayload,
)


@strawberry.type
class VerificationQuery:
    """Requests and tasks."""

    verification_request: Any = lookup(VerificationRequest, "按标识符取报检申请")
    verification_requests: Any = listing(
        VerificationRequest, "可见的报检申请：本机构提出的、本机构承检的，或监管区划内的"
    )
    verification_task: Any = lookup(VerificationTask, "按标识符取检定任务")
    verification_tasks: Any = listing(
        VerificationTask, "可见的检定任务：本机构承检的、本机构器具的，或监管区划内的"
    )


@strawberry.type
class VerificationMutation:
    """What an enterprise asks for."""

    @strawberry.mutation(description="向强制检定业务系统申报备案；受理或退回之后见器具的 filing")
    async def file_instruments(
        self, info: Info, input: Annotated[FileInstrumentsInput, GIVEN]
    ) -> FilingPayload | None:
        keys = _keys(input.ids, "ids")

        async def work(db: Writer) -> dict[str, Any]:
            now = info.context.now
            rows = await filing.file(db, keys, on_site=input.on_site, now=now)
            return {"ids": [str(row.id) for row in rows]}

        given = [keys, input.on_site]
        done = await perform(info.context, "fileInstruments", given, input.idempotency_key, work)
        return FilingPayload(
            instruments=await _found(info, done, InstrumentRow),
            problems=done.problems,
            replayed=done.replayed,
        )

    @strawberry.mutation(
        description="报检：强制检定器具经强制检定业务系统预约，其他器具向承检机构的系统数据报检"
    )
    async def request_verification(
        self, info: Info, input: Annotated[RequestVerificationInput, GIVEN]
    ) -> VerificationPayload | None:
        keys = _keys(input.instruments, "instruments")
        institute = key_of(input.institute, "Organization", ("input", "institute"))
        wishes: dict[str, Any] = {
            "on_site": input.on_site,
            "latest_date": None if input.latest_date is UNSET else input.latest_date,
            "note": None if input.note is UNSET else input.note,
        }

        async def work(db: Writer) -> dict[str, Any]:
            today = info.context.today
            rows = await verification.request(db, keys, institute, today=today, **wishes)
            return {"ids": [str(row.id) for row in rows]}

        name, given = "requestVerification", [keys, institute, wishes]
        done = await perform(info.context, name, given, input.idempotency_key, work)
        return VerificationPayload(
            requests=await _found(info, done, RequestRow),
            problems=done.problems,
            replayed=done.replayed,
        )

    @strawberry.mutation(
        description="撤回报检申请，并告知所经由的系统；其中的器具可再报检。已下发任务的不能撤回"
    )
    async def withdraw_request(
        self, info: Info, input: Annotated[WithdrawRequestInput, GIVEN]
    ) -> WithdrawRequestPayload | None:
        key = key_of(input.id, "VerificationRequest", ("input", "id"))
        given = [key, input.expected_version, input.reason]

        async def work(db: Writer) -> dict[str, Any]:
            row = await verification.withdraw(db, key, input.expected_version, input.reason)
            return {"ids": [str(row.id)]}

        done = await perform(info.context, "withdrawRequest", given, input.idempotency_key, work)
        return WithdrawRequestPayload(
            request=next(iter(await _found(info, done, RequestRow)), None),
            problems=done.problems,
            replayed=done.replayed,
        )


def _keys(ids: list[strawberry.ID], name: str) -> list[UUID]:
    return [key_of(one, "Instrument", ("input", name, place)) for place, one in enumerate(ids)]


async def _found(info: Info, done: Done, table: Any) -> list[Any]:
    """The nouns that a mutation tells of, in its order."""
    keys = [UUID(one) for one in done.answer.get("ids", [])]
    found = await asyncio.gather(*(by_id(info.context, table, key) for key in keys))
    return [one for one in found if one is not None]
