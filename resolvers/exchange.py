"""Ledger files in."""

from typing import Annotated

import strawberry
from sqlmodel import col
from starlette.datastructures import UploadFile

from hub.actor import Can
from hub.errors import BadInput, Conflict, NotFound, Refused
from hub.importers.ledger.intake import import_ledger
from hub.importers.ledger.sheets import read_upload
from hub.policy import readable
from hub.tables.organization import Organization
from schema.context import Info
from schema.exchange import ImportLedgerInput, LedgerImportPayload, import_payload
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
        owner = context.actor.acts_for()
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
