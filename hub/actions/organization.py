"""What can be done with organisations: register one, or bring its entry up to date."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actor import Can
from hub.errors import BadInput, Words
from hub.policy import readable
from hub.rules.organization import UsccVerdict, normal_uscc, uscc_verdict
from hub.rules.text import tidy
from hub.tables.organization import Organization
from hub.vocabulary import OrgKind, VerifyState
from hub.writer import Writer

DISTRICT = re.compile(r"\d{6}", re.ASCII)
REFUSED = (UsccVerdict.LENGTH, UsccVerdict.CHARSET)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDraft:
    """An organisation as someone states it; `uscc` may be spelled as people type it."""

    uscc: str
    name: str
    kinds: Sequence[OrgKind]
    district: str | None = None
    address: str | None = None
    website: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    key_energy_user: bool | None = None
    parent_id: UUID | None = None
    verify_state: VerifyState = VerifyState.UNVERIFIED
    source_system: str | None = None
    source_key: str | None = None


async def register_organization(db: Writer, draft: OrganizationDraft) -> Organization:
    """The organisation of a USCC, added or brought up to date; a name given up is kept as former.

    A wrong check digit is stored and flagged, for such codes were issued. BadInput for a code of
    another form, an empty name or a district that is no six digits.
    """
    db.actor.must(Can.ORGANIZATION_WRITE)
    values = _columns(draft)
    same = col(Organization.uscc) == values["uscc"]
    found = await db.all(readable(db.actor, Organization).where(same).with_for_update())
    if not found:
        return await db.add(Organization(**values), action="registerOrganization")
    row = found[0]
    if row.name != values["name"]:
        values["former_names"] = [*row.former_names, row.name]
    return await db.change(row, action="registerOrganization", **values)


def _columns(draft: OrganizationDraft) -> dict[str, Any]:
    uscc, name = normal_uscc(draft.uscc), tidy(draft.name)
    verdict = uscc_verdict(uscc)
    if verdict in REFUSED:
        raise BadInput(
            f"统一社会信用代码“{uscc}”{verdict.label}",
            f"the code {uscc} is no unified social credit code: {verdict}",
            hint=Words("18 位，不含 I O S V Z", "18 characters, without I O S V Z"),
            path=("uscc",),
        )
    if not name:
        raise BadInput("机构名称不能为空", "an organisation needs a name", path=("name",))
    if draft.district is not None and not DISTRICT.fullmatch(draft.district):
        raise BadInput(
            f"行政区划“{draft.district}”不是 6 位数字",
            f"the district {draft.district} is no six digits",
            hint=Words("如苏州市 320500", "such as 320500 for Suzhou"),
            path=("district",),
        )
    return asdict(draft) | {
        "uscc": uscc,
        "uscc_check_passed": verdict is UsccVerdict.OK,
        "name": name,
        "kinds": list(draft.kinds),
    }
