"""Ledger files in, changes out."""

from collections.abc import AsyncIterable
from typing import Annotated

import strawberry
from sqlmodel import col
from starlette.datastructures import UploadFile

from hub.actions.instrument import owner_of
from hub.actor import Actor, Can
from hub.errors import BadInput, Conflict, NotFound, Refused, Unauthenticated
from hub.events import Change, Changes
from hub.importers.ledger.intake import import_ledger
from hub.importers.ledger.sheets import read_upload
from hub.policies.journal import concerns
from hub.policy import readable
from hub.tables.instrument import Instrument as InstrumentRow
from hub.tables.organization import Organization
from schema.context import Info
from schema.exchange import (
    ImportLedgerInput,
    InstrumentChange,
    LedgerImportPayload,
    import_payload,
)
from schema.inputs import GIVEN
from schema.payload import check_key, problems_of


@strawberry.type
class ExchangeMutation:
    """Files in."""

    @strawberry.mutation(
        description="导入台账文件：逐行判定并报告；可先 dryRun。须以 multipart 上传，"
        "并带请求头 X-Hub-Preflight",
        metadata={"weight": 100},
    )
    async def import_ledger(
        self, info: Info, input: Annotated[ImportLedgerInput, GIVEN]
    ) -> LedgerImportPayload | None:
        context = info.context
        context.actor.must(Can.INSTRUMENT_WRITE)
        check_key(input.idempotency_key)
        owner = owner_of(context.actor)
        if input.owner is not None:
            found = await context.reader.first(
                readable(context.actor, Organization).where(
                    col(Organization.uscc) == input.owner.strip().upper()
                )
            )
            if found is None:
                raise NotFound("没有此统一社会信用代码的机构", "no organisation has this USCC")
            owner = found["id"]
        await context.reader.refresh()
        file: object = input.file
        if not isinstance(file, UploadFile):
            raise BadInput(
                "file 须以 multipart 上传", "upload the file as multipart", path=("input", "file")
            )
        intake = None
        problems = []
        try:
            table = await read_upload(await file.read(), file.filename or "ledger")
            intake = await import_ledger(
                context.database,
                context.actor,
                table,
                owner_id=owner,
                today=context.today,
                as_of=input.as_of,
                on_error=input.on_error,
                dry_run=input.dry_run,
                key=input.idempotency_key,
            )
        except (BadInput, Refused, Conflict) as refusal:
            problems = problems_of(refusal, context.language)
        return import_payload(intake, problems, dry_run=input.dry_run, language=context.language)


@strawberry.type
class ExchangeSubscription:
    """Changes out."""

    @strawberry.subscription(
        description="本机构计量器具的变更，提交之后按次序送达，不丢失", metadata={"weight": 1}
    )
    def instrument_changed(self, info: Info) -> AsyncIterable[InstrumentChange]:
        context = info.context
        if context.actor.is_anonymous:
            raise Unauthenticated("请先登录再订阅", "sign in to subscribe")
        return Changes(context.feed, context.actor, _heard, InstrumentChange.of, context.renew)


def _heard(actor: Actor, change: Change) -> bool:
    return change["object_type"] == InstrumentRow.__name__ and concerns(actor, change)
