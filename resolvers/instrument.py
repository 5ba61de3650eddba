"""Queries and mutations on instruments."""

from datetime import date, timedelta
from typing import Annotated, Any

import strawberry
from sqlmodel import col

from hub.actions import instrument as actions
from hub.actions.instrument_merge import merge
from hub.actions.instrument_sync import INSTRUMENTS
from hub.errors import BadInput
from hub.tables.handed import InstrumentSync
from hub.tables.instrument import Instrument as InstrumentRow
from hub.vocabulary import InstrumentState
from hub.writer import Writer
from loaders.keyset import By
from loaders.rows import page_of
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.instrument import Instrument
from schema.instrument_input import (
    CreateInstrumentInput,
    InstrumentPayload,
    MergeInstrumentsInput,
    RestoreInstrumentInput,
    RetireInstrumentInput,
    SyncInstrumentRow,
    UpdateInstrumentInput,
    columns_of,
)
from schema.page import Connection, connect, page
from schema.payload import Done, perform
from schema.resolve import by_id
from schema.root import listing, lookup
from schema.sync import Naming, syncing

MOST_DAYS = 36_500


@strawberry.type
class InstrumentQuery:
    """Instruments."""

    instrument: Any = lookup(Instrument, "按标识符取计量器具")
    instruments: Any = listing(Instrument, "可见的计量器具：本机构的，或本实验室、本监管区划经手的")

    @strawberry.field(
        description="即将到期与已超期的在用器具，先到期的在前", metadata={"statements": 1}
    )
    async def due_instruments(
        self,
        info: Info,
        within_days: Annotated[
            int, strawberry.argument(description="多少天之内到期；已超期的总在其中")
        ] = 30,
        first: Annotated[int | None, strawberry.argument(description="取前几行，最多 100")] = None,
        after: Annotated[str | None, strawberry.argument(description="从此游标之后开始")] = None,
    ) -> Connection[Instrument] | None:
        if not 0 <= within_days <= MOST_DAYS:
            raise BadInput(
                f"天数须在 0 至 {MOST_DAYS} 之间",
                f"days go from 0 to {MOST_DAYS}",
                path=("withinDays",),
            )
        order = (By("due_date"), By("id"))
        asked = page(InstrumentRow, order, first=first, after=after, last=None, before=None)
        until: date = info.context.today + timedelta(days=within_days)
        conditions = [
            col(InstrumentRow.due_date) <= until,
            col(InstrumentRow.status) == InstrumentState.IN_USE,
        ]
        return connect(
            Instrument, await page_of(info.context.reader, InstrumentRow, asked, conditions), asked
        )


@strawberry.type
class InstrumentMutation:
    """Changes of instruments."""

    sync_instruments: Any = syncing(
        INSTRUMENTS,
        SyncInstrumentRow,
        InstrumentSync,
        Instrument,
        Naming("instrument", "台账", "器具"),
    )

    @strawberry.mutation(description="在本机构台账中新建一件计量器具")
    async def create_instrument(
        self,
        info: Info,
        input: Annotated[CreateInstrumentInput, GIVEN],
    ) -> InstrumentPayload | None:
        values = {"name": "", **columns_of(input.content)}

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.create(db, today=info.context.today, **values)
            return {"id": str(row.id)}

        done = await perform(info.context, "createInstrument", values, input.idempotency_key, work)
        return await payload(info, done)

    @strawberry.mutation(description="修改本机构台账中的一件计量器具，或改变其状态")
    async def update_instrument(
        self,
        info: Info,
        input: Annotated[UpdateInstrumentInput, GIVEN],
    ) -> InstrumentPayload | None:
        key = key_of(input.id, "Instrument", ("input", "id"))
        values = columns_of(input.content)
        moved = {
            "status": input.status,
            "status_reason": input.status_reason,
            "unsealed_on": input.unsealed_on,
        }
        values |= {name: value for name, value in moved.items() if value is not None}
        given = [key, input.expected_version, values, input.approved]

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.update(
                db,
                key,
                input.expected_version,
                today=info.context.today,
                approved=input.approved,
                **values,
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "updateInstrument", given, input.idempotency_key, work)
        return await payload(info, done)

    @strawberry.mutation(description="使一件计量器具退出台账；记录保留，编号可再用")
    async def retire_instrument(
        self,
        info: Info,
        input: Annotated[RetireInstrumentInput, GIVEN],
    ) -> InstrumentPayload | None:
        key = key_of(input.id, "Instrument", ("input", "id"))
        given = [key, input.expected_version, input.reason, input.approved]

        async def work(db: Writer) -> dict[str, Any]:
            await actions.retire(
                db, key, input.expected_version, input.reason, approved=input.approved
            )
            return {}

        done = await perform(info.context, "retireInstrument", given, input.idempotency_key, work)
        return await payload(info, done)

    @strawberry.mutation(
        description="使退出台账的一件计量器具回到台账：先为停用，有有效证书才能投入使用"
    )
    async def restore_instrument(
        self,
        info: Info,
        input: Annotated[RestoreInstrumentInput, GIVEN],
    ) -> InstrumentPayload | None:
        key = key_of(input.id, "Instrument", ("input", "id"))
        given = [key, input.expected_version, input.reason, input.approved]

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.restore(
                db, key, input.expected_version, input.reason, approved=input.approved
            )
            return {"id": str(row.id)}

        done = await perform(info.context, "restoreInstrument", given, input.idempotency_key, work)
        return await payload(info, done)

    @strawberry.mutation(
        description="合并本机构台账中其实是同一件的两行：证书、外部编号归于保留的一行，"
        "日期以其证书为准；另一行退出台账，不能恢复"
    )
    async def merge_instruments(
        self,
        info: Info,
        input: Annotated[MergeInstrumentsInput, GIVEN],
    ) -> InstrumentPayload | None:
        keep = key_of(input.keep, "Instrument", ("input", "keep")), input.keep_version
        drop = key_of(input.drop, "Instrument", ("input", "drop")), input.drop_version

        async def work(db: Writer) -> dict[str, Any]:
            return {"id": str((await merge(db, keep, drop)).id)}

        given = [keep, drop]
        done = await perform(info.context, "mergeInstruments", given, input.idempotency_key, work)
        return await payload(info, done)


async def payload(info: Info, done: Done) -> InstrumentPayload:
    """What a mutation of an instrument answers."""
    found = await by_id(info.context, InstrumentRow, done.key)
    return InstrumentPayload(instrument=found, problems=done.problems, replayed=done.replayed)
