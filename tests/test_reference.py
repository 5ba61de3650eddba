"""The public libraries taken in: counted, kept apart, linked, priced, and never written twice."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import RowMapping
from sqlmodel import col

from hub.actions.organization import OrganizationDraft, register_organization
from hub.actions.qualification import QualificationDraft, register_qualification
from hub.actions.reference import (
    upsert_capabilities,
    upsert_catalogue,
    upsert_degrees,
    upsert_documents,
    upsert_fees,
)
from hub.actions.reference_draft import DocumentDraft, FeeDocumentDraft, FeeItemDraft
from hub.actions.upsert import Tally
from hub.actor import Actor
from hub.db import Database
from hub.demo.seed import SEEDER, store_reference
from hub.errors import Conflict, Forbidden, NotFound, Refused
from hub.importers.reference.read import Reference, read_reference
from hub.policy import readable
from hub.rules.document import state_on
from hub.rules.fee import FeeLine, price_on
from hub.tables.base import Table
from hub.tables.capability import Capability
from hub.tables.catalogue import CatalogueItem
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.document import DocumentReplacement, TechnicalDocument
from hub.tables.fee import FeeItem
from hub.vocabulary import (
    DocumentKind,
    DocumentState,
    FeeNature,
    OrgKind,
    QualificationKind,
    Role,
)
from hub.writer import Writer
from tests.fresh import count, empty_copy, taken_back

T = TypeVar("T", bound=Table)

FOLDER = Path(__file__).parents[1] / "examples" / "data" / "reference"
SAMPLES = json.loads((FOLDER / "sample-fee-lookup.json").read_text("utf-8"))
REFERENCE = read_reference(FOLDER)
MADE: Any = {"source_system": "constructed", "source_key": "test"}
AUDITED = "SELECT count(*) FROM audit_event"


@pytest.fixture(scope="module")
def url(database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, "reference")


@pytest.fixture(scope="module")
async def database(url: str) -> AsyncIterator[Database]:
    found = Database(url, 4)
    yield found
    await found.close()


@pytest.fixture(scope="module")
async def stored(database: Database) -> Tally:
    """The reference files, in the database."""
    async with database.writer(SEEDER) as db:
        return await store_reference(db, REFERENCE)


@pytest.fixture
async def db(database: Database, stored: Tally) -> AsyncIterator[Writer]:
    """A write that is taken back at the end of the test."""
    async with taken_back(database, SEEDER) as writer:
        yield writer


async def rows(db: Writer, table: type[T], **same: Any) -> Sequence[RowMapping]:
    columns = [col(getattr(table, name)) for name in table.model_fields]
    wanted = readable(db.actor, table).where(
        *(col(getattr(table, name)) == value for name, value in same.items())
    )
    return await db.rows(wanted.with_only_columns(*columns))


async def document(db: Writer, number: str) -> RowMapping:
    (found,) = await rows(db, TechnicalDocument, number=number)
    return found


def a_document(number: str, *replaces: str, effective: date | None = None) -> DocumentDraft:
    return DocumentDraft(
        number=number,
        kind=DocumentKind.JJG,
        title_zh=f"规程 {number}",
        effective=effective,
        replaces=replaces,
        **MADE,
    )


def a_line(document: str, from_: date, to: date | None = None, **more: Any) -> FeeItemDraft:
    values: dict[str, Any] = {
        "document": document,
        "code": "T-001",
        "instrument_name": "样例器具",
        "charge_unit": "台",
        "price": Decimal("10.00"),
        "effective_from": from_,
        "effective_to": to,
        "nature": FeeNature.MARKET,
    }
    return FeeItemDraft(**values | more, **MADE)


A_NOTICE = FeeDocumentDraft(title="样例文件", **MADE)


async def test_every_row_of_every_file_is_stored(stored: Tally, url: str) -> None:
    counted = {
        table: await count(url, f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in ("catalogue_item", "fee_document", "fee_item", "degree_of_equivalence")
    }
    titled = await count(
        url, "SELECT count(*) FROM technical_document WHERE title_zh <> '名称未收录'"
    )

    assert counted == {
        "catalogue_item": 55 + 30,
        "fee_document": 9,
        "fee_item": 41 + 4,
        "degree_of_equivalence": 604,
    }
    assert titled == 168
    assert (stored.updated, stored.unchanged) == (0, 0)


async def test_real_and_constructed_rows_are_told_apart_by_their_source(
    db: Writer,
) -> None:
    lines = await rows(db, FeeItem, source_system="constructed")
    items = await rows(db, CatalogueItem, name="体温计", edition="2020")
    degrees = await rows(db, DegreeOfEquivalence, source_system="repository")

    assert {line["source_key"].partition("#")[0] for line in lines} == {"sample-fee-lookup.json"}
    assert [item["evidence"] for item in items] == ["item: stored-page; form: recalled"]
    assert len(degrees) == 604


async def test_the_same_files_again_make_no_new_version(
    database: Database, stored: Tally, url: str
) -> None:
    before = await count(url, AUDITED)

    async with database.writer(SEEDER) as writer:
        again = await store_reference(writer, REFERENCE)

    assert again == Tally(unchanged=stored.created)
    assert await count(url, AUDITED) == before


async def test_a_corrected_row_is_one_new_version_and_its_neighbours_stay(db: Writer) -> None:
    drafts = [replace(REFERENCE.documents[0], title_en="Steel rules"), *REFERENCE.documents[1:]]

    tally = await upsert_documents(db, drafts)

    assert (tally.created, tally.updated) == (0, 1)
    changed = await document(db, REFERENCE.documents[0].number)
    assert (changed["title_en"], changed["version"]) == ("Steel rules", 2)


async def test_a_measured_value_that_only_gains_a_zero_is_a_change(db: Writer) -> None:
    first = REFERENCE.degrees[0]

    tally = await upsert_degrees(db, [replace(first, d=Decimal("0.40"))])

    assert tally == Tally(updated=1)
    (row,) = await rows(db, DegreeOfEquivalence, comparison_code=first.comparison_code, position=1)
    assert str(row["d"]) == "0.40"


async def test_a_document_may_replace_several_which_end_when_it_takes_effect(db: Writer) -> None:
    successor = await document(db, "JJG 961-2017")
    links = await rows(db, DocumentReplacement, document_id=successor["id"])
    old = await document(db, "JJG 1026-2007")

    assert {link["replaced_id"] for link in links} == {
        old["id"],
        (await document(db, "JJG 961-2001"))["id"],
    }
    assert old["replaced_on"] == successor["effective"] == date(2018, 5, 20)
    last, first = date(2018, 5, 19), date(2018, 5, 20)
    assert state_on(last, None, replaced_on=old["replaced_on"]) is DocumentState.IN_FORCE
    assert state_on(first, None, replaced_on=old["replaced_on"]) is DocumentState.REPLACED


async def test_a_document_that_is_listed_and_replaced_keeps_what_is_listed(db: Writer) -> None:
    monitor = await document(db, "JJG 760-2003")

    assert monitor["title_zh"] == "心电监护仪"
    assert monitor["replaced_on"] == date(2020, 3, 31)


async def test_a_document_known_by_number_only_gets_its_title_when_it_comes(db: Writer) -> None:
    await upsert_documents(db, [a_document("JJG 9001-2020", "JJG 9001-2000")])
    named = await document(db, "JJG 9001-2000")

    tally = await upsert_documents(db, [a_document("JJG 9001-2000")])

    assert named["title_zh"] == "名称未收录"
    assert named["kind"] is DocumentKind.JJG
    assert tally == Tally(updated=1)
    assert (await document(db, "JJG 9001-2000"))["title_zh"] == "规程 JJG 9001-2000"


async def test_a_document_split_in_two_ends_with_the_first_of_its_successors(db: Writer) -> None:
    parts = [
        a_document("JJG 9002-2021", "JJG 9000-2000", effective=date(2021, 6, 1)),
        a_document("JJG 9003-2020", "JJG 9000-2000", effective=date(2020, 6, 1)),
    ]
    await upsert_documents(db, [parts[0]])
    alone = (await document(db, "JJG 9000-2000"))["replaced_on"]

    await upsert_documents(db, [parts[1]])

    assert alone == date(2021, 6, 1)
    assert (await document(db, "JJG 9000-2000"))["replaced_on"] == date(2020, 6, 1)


async def test_a_document_that_turns_out_to_replace_another_gets_a_new_version(db: Writer) -> None:
    await upsert_documents(db, [a_document("JJG 9004-2020"), a_document("JJG 9004-2010")])

    linked = [a_document("JJG 9004-2020", "JJG 9004-2010"), a_document("JJG 9004-2010")]
    first = await upsert_documents(db, linked)
    second = await upsert_documents(db, linked)

    assert (first, second) == (Tally(updated=1, unchanged=1), Tally(unchanged=2))
    assert (await document(db, "JJG 9004-2020"))["version"] == 2


@pytest.mark.parametrize("query", SAMPLES["queries"])
async def test_the_price_at_a_date_is_the_one_of_the_file(
    db: Writer, query: dict[str, Any]
) -> None:
    lines = [
        FeeLine(
            row["code"], row["price"], row["effective_from"], row["effective_to"], row["nature"]
        )
        for row in await rows(db, FeeItem, code=query["code"])
    ]

    found = price_on(
        lines, query["code"], date.fromisoformat(query["date"]), compulsory=query["compulsory"]
    )

    assert (found and str(found.price)) == query["price"]


async def test_a_price_that_ends_makes_room_for_its_successor(db: Writer) -> None:
    await upsert_fees(db, [A_NOTICE], [a_line("样例文件", date(2020, 1, 1))])

    tally = await upsert_fees(
        db,
        [A_NOTICE],
        [
            a_line("样例文件", date(2020, 1, 1), date(2023, 12, 31)),
            a_line("样例文件", date(2024, 1, 1), price=Decimal("12.00")),
        ],
    )

    assert tally == Tally(created=1, updated=1, unchanged=1)


async def test_two_prices_of_one_line_on_one_day_are_a_conflict(
    database: Database, stored: Tally, url: str
) -> None:
    before = await count(url, "SELECT count(*) FROM fee_document")
    lines = [a_line("样例文件", date(2020, 1, 1)), a_line("样例文件", date(2021, 1, 1))]

    with pytest.raises(Conflict, match="in conflict with stored data"):
        async with database.writer(SEEDER) as writer:
            await upsert_fees(writer, [A_NOTICE], lines)

    assert await count(url, "SELECT count(*) FROM fee_document") == before


async def test_a_line_of_an_unknown_notice_is_refused_by_its_place(db: Writer) -> None:
    lines = [a_line("样例文件", date(2020, 1, 1)), a_line("没有的文件", date(2020, 1, 1))]

    with pytest.raises(Refused) as caught:
        await upsert_fees(db, [A_NOTICE], lines)

    assert caught.value.path == (1, "document")


async def test_capabilities_come_under_a_qualification_and_its_holder(db: Writer) -> None:
    holder = await register_organization(
        db,
        OrganizationDraft(
            uscc="91320500MAF5E8KC2B", name="样例实验室", kinds=[OrgKind.CALIBRATION_LAB]
        ),
    )
    qualification = await register_qualification(
        db, QualificationDraft(holder_id=holder.id, kind=QualificationKind.CNAS, number="L00000")
    )

    tally = await upsert_capabilities(db, qualification.id, REFERENCE.capabilities)
    again = await upsert_capabilities(db, qualification.id, REFERENCE.capabilities)

    assert (tally, again) == (Tally(created=16), Tally(unchanged=16))
    (micrometer,) = await rows(db, Capability, code="LEN-001")
    assert micrometer["organization_id"] == holder.id
    assert micrometer["basis_id"] == (await document(db, "JJG 21-2008"))["id"]
    stray = replace(REFERENCE.capabilities[0], basis="JJG 9999-1999")
    with pytest.raises(Refused) as caught:
        await upsert_capabilities(db, qualification.id, [stray])
    assert caught.value.path == (0, "basis")


async def test_capabilities_of_no_qualification_are_not_stored(db: Writer) -> None:
    with pytest.raises(NotFound):
        await upsert_capabilities(db, uuid4(), REFERENCE.capabilities)


WRITES: list[Callable[[Writer, Reference], Awaitable[Tally]]] = [
    lambda db, given: upsert_documents(db, given.documents),
    lambda db, given: upsert_catalogue(db, given.catalogue),
    lambda db, given: upsert_fees(db, given.fee_documents, given.fee_items),
    lambda db, given: upsert_degrees(db, given.degrees),
    lambda db, given: upsert_capabilities(db, uuid4(), given.capabilities),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("role", [Role.USER, Role.LAB_APPROVER, Role.REGULATOR, Role.OPERATOR])
async def test_only_a_data_steward_writes_the_libraries(
    database: Database, role: Role, write: Callable[[Writer, Reference], Awaitable[Tally]]
) -> None:
    actor = Actor(login="someone", user_id=uuid4(), roles=frozenset({role}))

    with pytest.raises(Forbidden):
        async with database.writer(actor) as writer:
            await write(writer, REFERENCE)
