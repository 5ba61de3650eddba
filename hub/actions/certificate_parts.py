"""What belongs to a certificate: its basis, the standards used, its results with their points."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hub.actions.certificate_draft import ResultDraft, StandardDraft
from hub.tables.certificate import (
    Certificate,
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    StandardUsed,
)
from hub.tables.document import TechnicalDocument
from hub.writer import Writer

STATED = ("parameter", "kind", "stage", "method", "quantities")


async def attach_parts(
    db: Writer,
    row: Certificate,
    documents: Sequence[TechnicalDocument],
    standards: Sequence[StandardDraft],
    results: Sequence[ResultDraft],
) -> None:
    """Store what belongs to a certificate: basis, standards used, results and their points."""
    owners: dict[str, Any] = {
        "certificate_id": row.id,
        "issuer_id": row.issuer_id,
        "client_id": row.client_id,
    }
    parts: list[Any] = [
        CertificateBasis(**owners, position=place, document_id=one.id)
        for place, one in enumerate(documents)
    ]
    parts += [
        StandardUsed(**owners, position=place, **asdict(one)) for place, one in enumerate(standards)
    ]
    points: list[MeasurementPoint] = []
    for place, result in enumerate(results):
        stated = {name: getattr(result, name) for name in STATED}
        parts.append(MeasurementResult(**owners, position=place, **stated))
        for point in result.points:
            points.append(
                MeasurementPoint(**owners, position=len(points), result=place, **asdict(point))
            )
    await db.attach([*parts, *points])
