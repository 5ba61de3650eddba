"""What can be done to the public libraries: take in documents, fees, capabilities, comparisons."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, or_

from hub.actions.reference_draft import (
    CapabilityDraft,
    CatalogueDraft,
    DegreeDraft,
    DocumentDraft,
    FeeDocumentDraft,
    FeeItemDraft,
)
from hub.actions.upsert import Tally, upsert
from hub.actor import Can
from hub.errors import Refused
from hub.policy import readable
from hub.rules.document import kind_of
from hub.rules.fee import check_fee_item
from hub.tables.capability import Capability
from hub.tables.catalogue import CatalogueItem
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.document import DocumentReplacement, TechnicalDocument
from hub.tables.fee import FeeDocument, FeeItem
from hub.tables.qualification import Qualification
from hub.writer import Writer

TITLE_UNKNOWN = "名称未收录"
FEE_LINE = (
    "document_id",
    "code",
    "instrument_name",
    "accuracy",
    "measuring_range",
    "effective_from",
)


async def upsert_documents(db: Writer, drafts: Sequence[DocumentDraft]) -> Tally:
    """Take in documents, what each replaces, and from when a replaced one is out of force.

    A replaced document that the library does not have is entered by its number alone. One that is
    replaced by several ends on the first of their effective dates.
    """
    db.actor.must(Can.REFERENCE_WRITE)
    await db.serialize(f"upsert {TechnicalDocument.__name__}")
    successors, known = await _successors(db, drafts)
    fresh = [
        (draft.number, replaced)
        for draft in drafts
        for replaced in draft.replaces
        if draft.number not in successors[replaced]
    ]
    for draft in drafts:
        for replaced in draft.replaces:
            successors[replaced][draft.number] = draft.effective
    drafted = {draft.number for draft in drafts}
    wanted = [_columns(draft, "replaces") for draft in drafts]
    wanted += [{"number": number} for number in successors if number in known - drafted]
    wanted += _named_only(drafts, known | drafted)
    for row in wanted:
        row["replaced_on"] = min(filter(None, successors[row["number"]].values()), default=None)
    tally = await upsert(
        db,
        TechnicalDocument,
        ("number",),
        wanted,
        action="upsertDocuments",
        touched={(number,) for number, _ in fresh},
    )
    ids = await _document_ids(db, [number for link in fresh for number in link])
    await db.attach(
        DocumentReplacement(document_id=ids[number], replaced_id=ids[replaced])
        for number, replaced in fresh
    )
    return tally


async def upsert_catalogue(db: Writer, drafts: Sequence[CatalogueDraft]) -> Tally:
    """Take in items of the catalogue of compulsory instruments."""
    db.actor.must(Can.REFERENCE_WRITE)
    rows = map(asdict, drafts)
    return await upsert(db, CatalogueItem, ("edition", "name"), rows, action="upsertCatalogue")


async def upsert_fees(
    db: Writer, documents: Sequence[FeeDocumentDraft], items: Sequence[FeeItemDraft]
) -> Tally:
    """Take in fee notices and their lines.

    Refused for a line whose notice is not known and by the rules of fee items, Conflict where two
    lines of one key would hold on the same day.
    """
    db.actor.must(Can.REFERENCE_WRITE)
    action = "upsertFees"
    rows = map(asdict, documents)
    tally = await upsert(db, FeeDocument, ("title", "number"), rows, action=action)
    ids = await _fee_document_ids(db, {item.document for item in items})
    lines = [
        _columns(item, "document") | {"document_id": _found(ids, item.document, place, "document")}
        for place, item in enumerate(items)
    ]
    for line in lines:
        check_fee_item(line)
    return tally + await upsert(db, FeeItem, FEE_LINE, lines, action=action)


async def upsert_capabilities(
    db: Writer, qualification_id: UUID, drafts: Sequence[CapabilityDraft]
) -> Tally:
    """Take in the CMC lines of a qualification.

    NotFound for an unknown qualification, Refused for a line whose basis is not in the library.
    """
    db.actor.must(Can.REFERENCE_WRITE)
    wanted = readable(db.actor, Qualification).where(col(Qualification.id) == qualification_id)
    qualification = await db.one(wanted, lock=False)
    ids = await _document_ids(db, filter(None, (draft.basis for draft in drafts)))
    rows = [
        _columns(draft, "basis")
        | {
            "qualification_id": qualification.id,
            "organization_id": qualification.holder_id,
            "basis_id": draft.basis and _found(ids, draft.basis, place, "basis"),
        }
        for place, draft in enumerate(drafts)
    ]
    return await upsert(
        db, Capability, ("qualification_id", "code"), rows, action="upsertCapabilities"
    )


async def upsert_degrees(db: Writer, drafts: Sequence[DegreeDraft]) -> Tally:
    """Take in published degrees of equivalence."""
    db.actor.must(Can.REFERENCE_WRITE)
    key = ("comparison_code", "laboratory", "position")
    return await upsert(db, DegreeOfEquivalence, key, map(asdict, drafts), action="upsertDegrees")


async def _successors(
    db: Writer, drafts: Sequence[DocumentDraft]
) -> tuple[defaultdict[str, dict[str, date | None]], set[str]]:
    """By number, the known successors with their effective dates; and the numbers known."""
    numbers = {number for draft in drafts for number in (draft.number, *draft.replaces)}
    known = {key: number for number, key in (await _document_ids(db, numbers)).items()}
    links = await db.all(
        readable(db.actor, DocumentReplacement).where(
            col(DocumentReplacement.replaced_id).in_(known)
        )
    )
    later = readable(db.actor, TechnicalDocument).where(
        col(TechnicalDocument.id).in_({link.document_id for link in links})
    )
    by_id = {document.id: document for document in await db.all(later)}
    found: defaultdict[str, dict[str, date | None]] = defaultdict(dict)
    for link in links:
        successor = by_id[link.document_id]
        found[known[link.replaced_id]][successor.number] = successor.effective
    return found, set(known.values())


def _named_only(drafts: Sequence[DocumentDraft], known: set[str]) -> list[dict[str, Any]]:
    """Rows for documents that are only named, as replaced by one of `drafts`."""
    named = {
        replaced: draft for draft in drafts for replaced in draft.replaces if replaced not in known
    }
    return [
        {
            "number": number,
            "kind": kind_of(number),
            "title_zh": TITLE_UNKNOWN,
            "evidence": draft.evidence,
            "note": f"仅见于 {draft.number} 的代替信息",
            "source_system": draft.source_system,
            "source_key": draft.source_key,
        }
        for number, draft in named.items()
    ]


async def _document_ids(db: Writer, numbers: Iterable[str]) -> dict[str, UUID]:
    wanted = readable(db.actor, TechnicalDocument).where(
        col(TechnicalDocument.number).in_(set(numbers))
    )
    return {row.number: row.id for row in await db.all(wanted)}


async def _fee_document_ids(db: Writer, names: set[str]) -> dict[str, UUID]:
    """The ids of fee notices by their titles and by their numbers."""
    named = or_(col(FeeDocument.title).in_(names), col(FeeDocument.number).in_(names))
    found = await db.all(readable(db.actor, FeeDocument).where(named))
    return {row.title: row.id for row in found} | {row.number: row.id for row in found}


def _found(ids: Mapping[str, UUID], name: str, place: int, column: str) -> UUID:
    if name not in ids:
        raise Refused(
            f"资料库中没有“{name}”", f"{name} is not in the library", path=(place, column)
        )
    return ids[name]


def _columns(draft: Any, *others: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(draft).items() if name not in others}
