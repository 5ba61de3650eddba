"""Certificates with everything that belongs to them, as a DCC is made of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping
from sqlmodel import col

from hub.actions.certificate_draft import Party, PointDraft, ResultDraft, StandardDraft
from hub.db import Reader
from hub.exporters.dcc.whole import Whole
from hub.policy import readable
from hub.tables.base import Table
from hub.tables.certificate import (
    Certificate,
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    Part,
    StandardUsed,
)
from hub.tables.document import TechnicalDocument
from loaders.rows import Shared

D = TypeVar("D")
Rows = Mapping[UUID, Sequence[RowMapping]]
SAME = (
    "number", "kind", "state", "test_from", "test_to", "received_at", "issue_date", "valid_until",
    "recalibration_agreed", "location", "conclusion", "conclusion_class", "conclusion_reason",
    "replacement_kind",
)  # fmt: skip


class Wholes(Shared[UUID, Whole | None]):
    """Whole certificates by id, None for what is absent or hidden: six statements for them all.

    A certificate without technical documents of the library has its basis as printed.
    """

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    async def batch_load_fn(self, keys: list[UUID]) -> list[Whole | None]:
        """The certificates of all `keys`."""
        found = await self._by_id(Certificate, keys)
        replaced = {row["replaces_id"] for row in found.values() if row["replaces_id"]}
        earlier = await self._by_id(Certificate, replaced)
        documents = await self._documents(found)
        standards = await self._parts(StandardUsed, found)
        results = await self._parts(MeasurementResult, found)
        points = await self._parts(MeasurementPoint, found)
        return [
            _whole(
                found[key],
                earlier,
                documents[key],
                [_draft(StandardDraft, row) for row in standards[key]],
                _results(results[key], points[key]),
            )
            if key in found
            else None
            for key in keys
        ]

    async def _by_id(self, table: type[Table], keys: Iterable[UUID]) -> dict[UUID, RowMapping]:
        wanted = list(keys)
        if not wanted:
            return {}
        key: ColumnElement[Any] = getattr(table, "id")  # noqa: B009 -- not on every Table
        rows = await self._reader.many(readable(self._reader.actor, table).where(key.in_(wanted)))
        return {row["id"]: row for row in rows}

    async def _parts(self, table: type[Part], of: Iterable[UUID]) -> Rows:
        certificate = col(table.certificate_id)
        parts = readable(self._reader.actor, table).where(certificate.in_(list(of)))
        return _under(await self._reader.many(parts.order_by(certificate, col(table.position))))

    async def _documents(self, of: Iterable[UUID]) -> Rows:
        certificate = col(CertificateBasis.certificate_id)
        documents = (
            readable(self._reader.actor, TechnicalDocument)
            .join(CertificateBasis, col(CertificateBasis.document_id) == col(TechnicalDocument.id))
            .where(certificate.in_(list(of)))
            .add_columns(certificate)
            .order_by(certificate, col(CertificateBasis.position))
        )
        return _under(await self._reader.many(documents))


def _under(rows: Iterable[RowMapping]) -> Rows:
    found: dict[UUID, list[RowMapping]] = defaultdict(list)
    for row in rows:
        found[row["certificate_id"]].append(row)
    return found


def _whole(
    row: RowMapping,
    earlier: Mapping[UUID, RowMapping],
    documents: Sequence[RowMapping],
    standards: Sequence[StandardDraft],
    results: Sequence[ResultDraft],
) -> Whole:
    printed = row["basis_text"].split("; ") if row["basis_text"] else []
    replaced = earlier.get(row["replaces_id"])
    return Whole(
        **{name: row[name] for name in SAME},
        is_ours=row["source_system"] is None,
        issuer=Party(**row["issuer_stated"]),
        client=Party(**row["client_stated"]),
        item_snapshot=row["item"],
        printed_persons=row["persons"] or {},
        technical_basis=printed or [one["number"] for one in documents],
        standards_used=standards,
        environment=(row["environment"] or {}).get("conditions", []),
        results=results,
        replaces=replaced["number"] if replaced else None,
    )


def _results(rows: Sequence[RowMapping], points: Sequence[RowMapping]) -> list[ResultDraft]:
    under: dict[int, list[PointDraft]] = defaultdict(list)
    for point in points:
        under[point["result"]].append(_draft(PointDraft, point))
    return [_draft(ResultDraft, row, points=under[row["position"]]) for row in rows]


def _draft(kind: type[D], row: RowMapping, **given: Any) -> D:
    """What `row` says, as a draft whose members have the names of its columns."""
    names = [one.name for one in fields(kind) if one.name not in given]  # type: ignore[arg-type]  # D is one
    return kind(**{name: row[name] for name in names}, **given)
