"""Queries and mutations on certificates."""

from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from hub.actions import certificate as actions
from hub.tables.certificate import Certificate as CertificateRow
from hub.writer import Writer
from loaders.keyset import By
from schema.certificate import Certificate
from schema.certificate_input import (
    CertificatePayload,
    IssueCertificateInput,
    VerifiedCertificate,
    draft_of,
)
from schema.context import Info
from schema.inputs import GIVEN
from schema.payload import perform
from schema.resolve import by_id
from schema.root import listing, lookup


@strawberry.type
class CertificateQuery:
    """Certificates."""

    certificate: Any = lookup(Certificate, "按标识符取证书")
    certificates: Any = listing(
        Certificate,
        "可见的证书，新的在前",
        order=(By("issue_date", descending=True), By("id", descending=True)),
    )

    @strawberry.field(
        description="证书真伪查询：编号与查询码相符才作答，无需登录；不符时一律 NOT_FOUND",
        metadata={"statements": 1, "weight": 5},
    )
    async def verify_certificate(
        self,
        info: Info,
        number: Annotated[str, strawberry.argument(description="证书编号")],
        code: Annotated[str, strawberry.argument(description="查询码，11 位，可含空格与连字符")],
        file_sha256: Annotated[
            str | None,
            strawberry.argument(name="fileSha256", description="文件的 SHA-256，用于核对未被改动"),
        ] = None,
    ) -> VerifiedCertificate | None:
        row = await actions.verify(info.context.database, number, code)
        return VerifiedCertificate.of(row, file_sha256)


@strawberry.type
class CertificateMutation:
    """Issuing."""

    @strawberry.mutation(
        description="签发证书：核对日期、标准、依据、人员与每个测量点，并更新台账的有效期"
    )
    async def issue_certificate(
        self, info: Info, input: Annotated[IssueCertificateInput, GIVEN]
    ) -> CertificatePayload | None:
        draft = draft_of(input)

        async def work(db: Writer) -> dict[str, Any]:
            row = await actions.issue(db, draft, info.context.keys, today=info.context.today)
            return {"id": str(row.id)}

        done = await perform(
            info.context, "issueCertificate", asdict(draft), input.idempotency_key, work
        )
        found = await by_id(info.context, CertificateRow, done.key)
        return CertificatePayload(certificate=found, problems=done.problems, replayed=done.replayed)
