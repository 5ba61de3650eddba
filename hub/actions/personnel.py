"""What can be done with personnel: enter a person, the certificates held, the items certified."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from hub.actions.upsert import put
from hub.actor import Can
from hub.errors import BadInput, Words
from hub.rules.personnel import ResidentIdVerdict, resident_id_verdict
from hub.rules.text import check_lengths, tidy
from hub.tables.personnel import CertifiedItem, Personnel, PersonnelCertificate
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState
from hub.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """A person in the employ of an organisation, with the registration there if there is one."""

    employer_id: UUID
    staff_no: str
    name: str
    title: str | None = None
    resident_id: str | None = None
    phone: str | None = None
    email: str | None = None
    education: str | None = None
    birth_date: date | None = None
    registered_at: date | None = None
    registration_valid_to: date | None = None
    source_system: str | None = None
    source_key: str | None = None


async def add_person(db: Writer, draft: PersonDraft) -> Personnel:
    """The person of an employer and staff number: added, or brought up to date.

    BadInput for a text that is too long, an empty name or staff number, or a resident id that
    cannot be one.
    """
    db.actor.must(Can.ORGANIZATION_WRITE)
    check_lengths(asdict(draft))
    values = asdict(draft) | {"staff_no": tidy(draft.staff_no), "name": tidy(draft.name)}
    for column, words in (
        ("staff_no", Words("工号", "staff number")),
        ("name", Words("姓名", "name")),
    ):
        if not values[column]:
            raise BadInput(f"{words.zh}不能为空", f"the {words.en} is empty", path=(column,))
    if draft.resident_id is not None:
        values["resident_id"] = _resident_id(draft.resident_id)
    return await put(db, Personnel, ("employer_id", "staff_no"), values, action="addPerson")


async def add_personnel_certificate(
    db: Writer,
    person_id: UUID,
    *,
    kind: PersonnelCertificateKind,
    number: str,
    items: Sequence[str] = (),
    issued_at: date | None = None,
    valid_to: date | None = None,
    state: PersonnelCertificateState = PersonnelCertificateState.VALID,
) -> PersonnelCertificate:
    """A certificate that a person holds: added, or brought up to date. Conflict for another's."""
    db.actor.must(Can.ORGANIZATION_WRITE)
    values = {
        "person_id": person_id,
        "kind": kind,
        "number": tidy(number),
        "items": [tidy(item) for item in items],
        "issued_at": issued_at,
        "valid_to": valid_to,
        "state": state,
    }
    key = ("kind", "number", "person_id")
    return await put(db, PersonnelCertificate, key, values, action="addPersonnelCertificate")


async def certify_item(
    db: Writer,
    person_id: UUID,
    item: str,
    *,
    capability_id: UUID | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> CertifiedItem:
    """What a person may verify or calibrate, by name and by capability where there is one."""
    db.actor.must(Can.ORGANIZATION_WRITE)
    values = {
        "person_id": person_id,
        "item": tidy(item),
        "capability_id": capability_id,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    return await put(db, CertifiedItem, ("person_id", "item"), values, action="certifyItem")


def _resident_id(text: str) -> str:
    """The id in upper case. What was typed is not repeated in the refusal."""
    verdict = resident_id_verdict(text)
    if verdict is not ResidentIdVerdict.OK:
        raise BadInput(
            f"身份证号{verdict.label}", f"no resident id: {verdict}", path=("residentId",)
        )
    return text.strip().upper()
