"""What can be done with qualifications: enter what an organisation is entitled to."""

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from hub.actions.upsert import put
from hub.actor import Can
from hub.errors import Refused
from hub.rules.text import tidy
from hub.tables.qualification import Qualification
from hub.vocabulary import QualificationKind, QualificationState
from hub.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationDraft:
    """A qualification with the dates that its certificate states."""

    holder_id: UUID
    kind: QualificationKind
    number: str
    issuer: str | None = None
    scope_file: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    state: QualificationState = QualificationState.VALID
    source_system: str | None = None
    source_key: str | None = None


async def register_qualification(db: Writer, draft: QualificationDraft) -> Qualification:
    """The qualification of a holder, kind and number: added, or brought up to date.

    Refused where it would end before it begins, Conflict where its number is another's.
    """
    db.actor.must(Can.ORGANIZATION_WRITE)
    if draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from:
        raise Refused("有效期至早于生效日期", "it ends before it begins", path=("validTo",))
    values = asdict(draft) | {"number": tidy(draft.number)}
    key = ("kind", "number", "holder_id")
    return await put(db, Qualification, key, values, action="registerQualification")
