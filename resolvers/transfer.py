"""Instruments go from one ledger to another: offered by the one, accepted by the other."""

from typing import Annotated, Any

import strawberry

from hub.actions import instrument_transfer as actions
from hub.actor import PLATFORM
from hub.tables.instrument import Instrument as InstrumentRow
from hub.writer import Writer
from loaders.keyset import By, paged
from resolvers.instrument import payload
from schema.context import Info
from schema.ids import key_of
from schema.inputs import GIVEN
from schema.instrument_input import InstrumentPayload
from schema.page import Connection, connect, page
from schema.payload import perform
from schema.transfer import AcceptInstrumentInput, InstrumentOffer, TransferInstrumentInput


@strawberry.type
class TransferQuery:
    """What is offered."""

    @strawberry.field(
        description="其他机构移交、待本机构接收的器具；只有本机构的管理员与系统账号可见",
        metadata={"statements": 1},
    )
    async def offered_instruments(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="取前几行，最多 100")] = None,
        after: Annotated[str | None, strawberry.argument(description="从此游标之后开始")] = None,
    ) -> Connection[InstrumentOffer] | None:
        context, order = info.context, (By("id"),)
        asked = page(InstrumentRow, order, first=first, after=after, last=None, before=None)
        offered = paged(actions.offered(context.actor), InstrumentRow, asked)
        await context.reader.refresh()
        async with context.database.reader(PLATFORM) as reader:
            found = await reader.all(offered)
        return connect(InstrumentOffer, found, asked)


@strawberry.type
class TransferMutation:
    """Offers, and what is taken."""

    @strawberry.mutation(
        description="向另一机构移交一件计量器具：对方以 acceptInstrument 接收之后才转入其台账，"
        "此前仍是本机构的，可以撤回"
    )
    async def transfer_instrument(
        self, info: Info, input: Annotated[TransferInstrumentInput, GIVEN]
    ) -> InstrumentPayload | None:
        key, to = key_of(input.id, "Instrument", ("input", "id")), input.recipient

        async def work(db: Writer) -> dict[str, Any]:
            return {"id": str((await actions.offer(db, key, input.expected_version, to)).id)}

        given = [key, input.expected_version, to]
        name = "transferInstrument"
        done = await perform(info.context, name, given, input.idempotency_key, work)
        return await payload(info, done)

    @strawberry.mutation(
        description="接收其他机构移交的计量器具：转入本机构台账，原机构的部门、地点、保管人、"
        "购置与备案信息不随之转移，证书仍归原委托单位"
    )
    async def accept_instrument(
        self, info: Info, input: Annotated[AcceptInstrumentInput, GIVEN]
    ) -> InstrumentPayload | None:
        key = key_of(input.id, "Instrument", ("input", "id"))

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.accept(db, key, input.expected_version, input.asset_no)
            return {"id": str(row.id)}

        given = [key, input.expected_version, input.asset_no]
        name = "acceptInstrument"
        done = await perform(info.context, name, given, input.idempotency_key, work)
        return await payload(info, done)
