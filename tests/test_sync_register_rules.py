"""The rules of standards and people, said in SQL for many rows and in Python for one, are the same.

`SYNC_SEED` draws the same rows again.
"""

import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from hub.actions.personnel import PersonDraft, add_person
from hub.actions.standard import MeasurementStandardDraft, register_standard
from hub.actions.sync_rules import tidied
from hub.actor import PLATFORM, SIGN_IN
from hub.errors import BadInput, Refused
from hub.rules.text import check_lengths, tidy
from hub.tables.base import Row
from hub.tables.exchange import ExternalId
from hub.tables.organization import Organization
from hub.tables.personnel import Personnel
from hub.tables.standard import MeasurementStandard
from hub.vocabulary import PersonnelCertificateKind, StandardKind, StandardState
from hub.writer import Writer
from schema.ids import decode
from tests.doors import HubClient
from tests.given import a_credential, a_person, a_standard
from tests.sync_register_twin import (
    PERSON_FIT,
    PERSON_ODD,
    STANDARD_FIT,
    STANDARD_ODD,
    Author,
    Case,
    a_stored_person,
    a_stored_standard,
)
from tests.sync_registers import PERSONNEL, STANDARDS, Lab, Register, a_lab
from tests.sync_verbs import results

SEED = int(os.environ.get("SYNC_SEED") or secrets.randbits(32))
COLUMNS = {
    "accuracyClass": "accuracy_class",
    "assessmentCertificateNo": "assessment_certificate_no",
    "measuringRanges": "measuring_ranges",
    "maxPermissibleErrors": "max_permissible_errors",
    "validFrom": "valid_from",
    "validTo": "valid_to",
    "authorizedItems": "authorized_items",
    "keeperStaffNo": "keeper_id",
    "staffNo": "staff_no",
}
LISTS = frozenset(
    {
        "measuring_ranges",
        "max_permissible_errors",
        "stability",
        "repeatability",
        "authorized_items",
    }
)
APART = {
    "id", "owner_id", "employer_id", "keeper_id", "created_at", "updated_at", "version",
    "source_system", "source_key", "source_fetched_at",
}  # fmt: skip
"""What is not to be equal of two stored rows, or is looked at by itself."""
Judge = Callable[[Writer, Organization, Personnel, Row | None, Case], Awaitable[Row]]
"""Stores a row as a register does, if its rules let it."""


def stated_of(case: Case) -> dict[str, Any]:
    """What a case states, by column and as it is stored."""
    found = {}
    for key, given in case.stated.items():
        column, value = COLUMNS.get(key, key), given
        if column in LISTS:
            value = [bare(one) for one in given or ()]
        elif column == "uncertainty" and given:
            value = bare(given)
        elif column in ("valid_from", "valid_to") and given:
            value = date.fromisoformat(given)
        found[column] = value
    found.pop("externalId", None)
    return found


def bare(given: Any) -> Any:
    """An object without its nulls."""
    if not isinstance(given, dict):
        return given
    return {name: value for name, value in given.items() if value is not None}


async def judge_standard(
    db: Writer, owner: Organization, keeper: Personnel, row: Row | None, case: Case
) -> Row:
    """The standard as its register takes it."""
    stored = {} if row is None else row.model_dump()
    stated = stated_of(case)
    if "keeper_id" in stated and stated["keeper_id"] is not None:
        if stated["keeper_id"] != keeper.staff_no:
            raise Refused("没有此人", "nobody of the owner", path=("keeperStaffNo",))
        stated["keeper_id"] = keeper.id
    state = stated.get("state")
    if state is None or stored.get("state") is StandardState.WITHDRAWN:
        stated["state"] = stored.get("state", StandardState.IN_USE)
    values = {**stored, **stated}
    is_public, was_public = (one.get("kind") == StandardKind.PUBLIC for one in (values, stored))
    if values.get("kind") is None or is_public is not was_public:
        raise Refused("类别以登记为准", "no kind, or one that is registered", path=("kind",))
    for name in ("code", "name"):
        values[name] = values.get(name) or ""
    for name in LISTS & values.keys():
        values[name] = values[name] or []
    fields = MeasurementStandardDraft.__dataclass_fields__
    draft = {name: value for name, value in values.items() if name in fields}
    draft["owner_id"] = owner.id
    made = MeasurementStandardDraft(**draft)
    return await register_standard(db, made, instruments={}, operators=(), documents=())


async def judge_person(
    db: Writer, owner: Organization, keeper: Personnel, row: Row | None, case: Case
) -> Row:
    """The person as the register takes it; who is registered keeps the name."""
    stored = {} if row is None else row.model_dump()
    stated = stated_of(case)
    if row is not None and (case.is_registered or stored["registered_at"]):
        check_lengths({"name": stated.pop("name", None)})
    values = {**stored, **stated}
    fields = PersonDraft.__dataclass_fields__
    draft = {name: value for name, value in values.items() if name in fields}
    draft |= {"employer_id": owner.id, "name": values.get("name") or ""}
    draft["staff_no"] = values.get("staff_no") or ""
    return await add_person(db, PersonDraft(**draft))


class Twin:
    """A laboratory with the stored rows of some cases, known to `lims` by the numbers of these."""

    def __init__(self, lab: Lab, register: Register, cases: Sequence[Case]) -> None:
        self.lab = lab
        self.keeper = a_person(lab.owner, staff_no="KEEPER")
        self.register = register
        self.stored: dict[int, Row] = {
            one.at: self._row(one.at, one.stored) for one in cases if one.stored is not None
        }

    def _row(self, at: int, values: dict[str, Any]) -> Row:
        if self.register is STANDARDS:
            whole = {"assessment_certificate_no": None, "valid_from": None, "valid_to": None}
            return a_standard(self.lab.owner, code=f"K-{at}", **{**whole, **values})
        whole = {"registration_valid_to": None}
        return a_person(self.lab.owner, staff_no=f"K-{at}", **whole, **values)

    async def store(self, hub: HubClient, cases: Sequence[Case]) -> None:
        """Store the rows, their certificates and their external ids."""
        ids = [
            ExternalId(
                organization_id=self.lab.owner.id,
                object_type=self.register.noun,
                source="lims",
                external_id=f"E{at}",
                object_id=one.id,
            )
            for at, one in self.stored.items()
        ]
        people = [self.stored[one.at] for one in cases if one.stored and one.is_registered]
        held = [
            a_credential(one, PersonnelCertificateKind.TRAINED)
            for one in people
            if isinstance(one, Personnel)
        ]
        async with hub.hub.database.writer(SIGN_IN) as db:
            for rows in ([self.keeper], [*self.stored.values()], held, ids):
                await db.attach(rows)

    async def lines(self, hub: HubClient) -> dict[UUID, dict[str, Any]]:
        """What is stored by now."""
        found = await self.register.lines(hub, self.lab.owner)
        return {row.id: dict(row._mapping) for row in found}


async def a_twin(hub: HubClient, register: Register, cases: Sequence[Case]) -> Twin:
    """A new laboratory for `cases`."""
    made = Twin(await a_lab(hub), register, cases)
    await made.store(hub, cases)
    return made


async def by_hand(hub: HubClient, twin: Twin, judge: Judge, case: Case) -> UUID | None:
    """The row as its register takes it; None where a rule refuses it."""
    row = twin.stored.get(case.at)
    try:
        async with hub.hub.database.writer(PLATFORM) as db:
            return (await judge(db, twin.lab.owner, twin.keeper, row, case)).id
    except (Refused, BadInput):
        return None


OF_STANDARDS = Author(SEED, "code", STANDARD_FIT, STANDARD_ODD, a_stored_standard)
OF_PEOPLE = Author(SEED, "staffNo", PERSON_FIT, PERSON_ODD, a_stored_person)


@pytest.mark.parametrize(
    ("register", "author", "judge"),
    [(STANDARDS, OF_STANDARDS, judge_standard), (PERSONNEL, OF_PEOPLE, judge_person)],
    ids=["standards", "personnel"],
)
async def test_many_rows_come_to_what_each_comes_to_in_its_register(
    hub: HubClient, register: Register, author: Author, judge: Judge
) -> None:
    cases = author.cases(200)
    synced, handled = [await a_twin(hub, register, cases) for _ in range(2)]
    before = await synced.lines(hub)

    rows = [one.stated for one in cases]
    answer = await register.sync(
        hub, synced.lab.system, *rows, source="lims", onError="REJECT_ROWS"
    )
    ids = [await by_hand(hub, handled, judge, one) for one in cases]

    ours, theirs = await synced.lines(hub), await handled.lines(hub)
    for case, result, id_ in zip(cases, results(answer), ids, strict=True):
        told = f"SYNC_SEED={SEED}\n{case}\n{result}"
        assert (result["status"] == "REJECTED") == (id_ is None), told
        assert {one["severity"] for one in result["problems"]} <= (
            {"ERROR", "WARNING"} if id_ is None else {"WARNING"}
        ), told
        if id_ is None:
            row = synced.stored.get(case.at)
            assert row is None or ours[row.id] == before[row.id], told
            continue
        own, twin = ours[decode(result["object"]["id"])[1]], theirs[id_]
        assert {n: v for n, v in own.items() if n not in APART} == {
            n: v for n, v in twin.items() if n not in APART
        }, told
        if "keeper_id" in own:
            assert (own["keeper_id"] is None) == (twin["keeper_id"] is None), told
        if case.at in handled.stored and handled.stored[case.at].id == id_:
            assert own["version"] == twin["version"], told


@pytest.mark.parametrize("table", [MeasurementStandard, Personnel])
def test_both_nouns_are_owned_so_that_their_organisation_hears_of_them(table: type[Row]) -> None:
    assert len(table.OWNERS) == 1


async def test_tidy_is_said_in_sql_as_in_python(hub: HubClient) -> None:
    texts = [
        *("", " a  b ", "Ａ＇ｂ＼", "\u3000x\u200b\u2028y\x1f", "O'Neil \\ $name", "℃² Ⅲ\ufeff"),
        *(chr(n) + "x" + chr(n) for n in range(1, 0x2100) if not 0xD800 <= n < 0xE000),
    ]

    sql = f"SELECT x, {tidied('x')} FROM unnest(CAST(:texts AS text[])) AS i(x)"  # noqa: S608
    found = await hub.stored(sql.replace(":", "\\:").replace("\\:texts", ":texts"), texts=texts)

    assert dict(map(tuple, found)) == {one: tidy(one) for one in texts}
