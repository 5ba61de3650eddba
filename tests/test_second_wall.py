"""Wall two: what the database itself lets the hub's own role do, with wall one out of the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.actor import ANONYMOUS, PLATFORM
from hub.db import APP_ROLE
from hub.exchange import ConnectorKind
from hub.jobs.sequencer import sequence
from hub.tables import metadata
from hub.tables.certificate import (
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    StandardUsed,
)
from hub.tables.document import DocumentAdoption
from hub.tables.exchange import ExternalId
from hub.tables.organization import Organization
from hub.tables.standard import StandardInstrument
from hub.tables.user import User
from hub.vocabulary import AdoptionState
from hub.writer import STAFF_ROLE
from tests.doors import HubClient
from tests.given import (
    a_certificate,
    a_conflict,
    a_connector,
    a_delivery,
    a_document,
    a_laboratory,
    a_message,
    a_part,
    a_person,
    a_record,
    a_request,
    a_saved_query,
    a_standard,
    a_step,
    a_task,
    a_user,
    a_webhook,
    an_application,
    an_export,
    an_export_key,
    an_hour,
    an_instrument,
    an_item,
    an_organization,
)

SCOPED = (
    "instrument",
    "certificate",
    "certificate_basis",
    "certificate_standard_used",
    "measurement_result",
    "measurement_point",
    "document_adoption",
    "user_account",
    "external_id",
    "webhook",
    "webhook_delivery",
    "export",
    "export_part",
    "saved_query",
    "export_key",
    "connector",
    "connector_message",
    "connector_hour",
    "source_record",
    "conflict",
    "verification_request",
    "verification_request_item",
    "verification_task",
    "licence_application",
    "licence_step",
    "feed",
)
"""Tables whose rows belong to organisations: own rows only."""
OWNED = {"feed": "feed WHERE object_type <> 'FeeItem'"}
"""Which of the rows are of organisations, where some are everyone's."""
OWN = "idempotency_key"
"""The table whose rows belong to accounts."""
SIGNED_IN = ("personnel", "personnel_certificate", "certified_item")
"""Tables that are known to whoever signed in."""
LINKS = {"standard_instrument", "standard_operator"}
"""Bare pairs of ids, which lead nowhere without the rows that they join."""
UNSCOPED = {"audit_inbox", "audit_log", "audit_head", "inbox"} | LINKS
"""Tables without row level security that are not public: what they hold is written, not shown."""


@dataclass(frozen=True)
class Estate:
    """An organisation that has a row in every table, and another that has none."""

    owner: Organization
    user: User
    other: Organization


@pytest.fixture(scope="module")
async def estate(hub: HubClient) -> Estate:
    owner, other, lab = an_organization(), an_organization(), a_laboratory()
    user = a_user(owner)
    document, gauge = a_document(), an_instrument(owner)
    certificate = a_certificate(lab.organization, gauge)
    part: dict[str, Any] = {
        "certificate_id": certificate.id,
        "issuer_id": lab.organization.id,
        "client_id": owner.id,
        "position": 0,
    }
    adoption = DocumentAdoption(
        document_id=document.id, organization_id=owner.id, state=AdoptionState.ADOPTED
    )
    webhook, export, standard = a_webhook(owner), an_export(user), a_standard(owner)
    office, erp = a_connector(ConnectorKind.LICENSING), a_connector(ConnectorKind.ERP, owner)
    request, application = a_request(owner, lab.organization), an_application(office, owner)
    query = a_saved_query(user)
    await hub.all_given(
        *(owner, other, lab, user, document, gauge, certificate, adoption, a_person(owner)),
        *(webhook, a_delivery(webhook), export, a_part(export)),
        *(query, an_export_key(query)),
        standard,
        StandardInstrument(standard_id=standard.id, instrument_id=gauge.id),
        *(erp, a_message(erp), an_hour(erp), a_record(erp, gauge), a_conflict(erp, gauge)),
        *(request, an_item(request, gauge)),
        *(office, a_task(office, lab.organization, gauge), application, a_step(application)),
        ExternalId(
            organization_id=owner.id,
            object_type="Instrument",
            source="erp",
            external_id="1",
            object_id=gauge.id,
        ),
        CertificateBasis(document_id=document.id, **part),
        StandardUsed(name="n", **part),
        MeasurementResult(parameter="p", **part),
        MeasurementPoint(result=0, unit="mm", **part),
    )
    while await sequence(hub.hub.database):
        pass
    return Estate(owner, user, other)


@asynccontextmanager
async def scoped(
    hub: HubClient, scope: UUID | str | None, staff: bool = False
) -> AsyncIterator[AsyncConnection]:
    """A transaction of the hub's role in which `app.org` is `scope`; taken back at the end."""
    engine = hub.hub.database.engine(PLATFORM if staff else ANONYMOUS)
    async with engine.connect() as connection:
        if scope is not None:
            await connection.execute(
                text("SELECT set_config('app.org', :scope, true)"), {"scope": str(scope)}
            )
        yield connection
        await connection.rollback()


async def count(hub: HubClient, table: str, scope: UUID | str | None, staff: bool = False) -> int:
    async with scoped(hub, scope, staff) as connection:
        return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608


@pytest.mark.parametrize("table", SCOPED)
async def test_the_scope_alone_decides_which_rows_there_are(
    hub: HubClient, estate: Estate, table: str
) -> None:
    rows = OWNED.get(table, table)
    own = await count(hub, rows, estate.owner.id)
    others = await count(hub, rows, estate.other.id)
    nobodys = await count(hub, rows, uuid4())
    everything = await count(hub, table, "*", staff=True)

    # Of the other organisation itself the feed tells that it came to be.
    assert own >= 1
    assert others == (1 if table == "feed" else 0)
    assert nobodys == 0
    assert everything >= own


@pytest.mark.parametrize("table", [*SCOPED, *SIGNED_IN])
@pytest.mark.parametrize("scope", [None, ""])
async def test_without_a_scope_there_is_not_a_row(
    hub: HubClient, estate: Estate, table: str, scope: str | None
) -> None:
    assert await count(hub, table, scope) == 0


@pytest.mark.parametrize("table", SIGNED_IN)
async def test_people_are_known_under_any_scope(hub: HubClient, estate: Estate, table: str) -> None:
    assert await count(hub, table, estate.other.id) > 0


@pytest.mark.parametrize("table", sorted({*SCOPED, *SIGNED_IN} - {"feed", "user_account"}))
async def test_staff_without_a_scope_see_none_either(
    hub: HubClient, estate: Estate, table: str
) -> None:
    assert await count(hub, table, None, staff=True) == 0


async def test_a_scope_that_is_no_organisation_stops_the_statement(hub: HubClient) -> None:
    with pytest.raises(DBAPIError, match="uuid"):
        await count(hub, "instrument", "' OR true --")


async def test_no_row_can_be_written_for_another_organisation(
    hub: HubClient, estate: Estate
) -> None:
    insert = "INSERT INTO instrument SELECT (jsonb_populate_record(i, :new)).* FROM instrument i"
    theirs = {"id": str(uuid4()), "owner_id": str(estate.other.id), "ledger_key": "stolen"}
    writes: list[tuple[str, dict[str, Any]]] = [
        ("UPDATE instrument SET owner_id = :other", {"other": estate.other.id}),
        (insert.replace(":new", "CAST(:new AS jsonb)"), {"new": str(theirs).replace("'", '"')}),
    ]

    for sql, values in writes:
        async with scoped(hub, estate.owner.id) as connection:
            with pytest.raises(DBAPIError, match="row-level security"):
                await connection.execute(text(sql), values)


async def test_an_offer_gives_the_role_of_enterprises_no_row_and_its_owner_no_way_to_push_it(
    hub: HubClient, estate: Estate
) -> None:
    take = text("UPDATE instrument SET owner_id = :mine, offered_to_id = :mine")
    mine = {"mine": estate.other.id}
    scope = text("SELECT set_config('app.org', :scope, true)")

    async with scoped(hub, estate.owner.id) as connection:
        offer = text("UPDATE instrument SET offered_to_id = :mine")
        assert (await connection.execute(offer, mine)).rowcount == 1
        await connection.execute(scope, {"scope": str(estate.other.id)})
        assert (await connection.execute(take, mine)).rowcount == 0
        await connection.execute(scope, {"scope": str(estate.owner.id)})
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(take, mine)


@pytest.mark.parametrize("table", ["certificate", "external_id", "standard_instrument"])
async def test_what_refers_to_a_line_is_moved_by_its_owner_only(
    hub: HubClient, estate: Estate, table: str
) -> None:
    column = "object_id" if table == "external_id" else "instrument_id"
    move = text(f"UPDATE {table} SET {column} = {column}")  # noqa: S608 -- our own names

    async with scoped(hub, estate.owner.id) as connection:
        own = (await connection.execute(move)).rowcount
    async with scoped(hub, estate.other.id) as connection:
        foreign = (await connection.execute(move)).rowcount

    assert (own, foreign) == (1, 0)


async def test_a_foreign_row_is_neither_changed_nor_locked(hub: HubClient, estate: Estate) -> None:
    async with scoped(hub, estate.other.id) as connection:
        changed = await connection.execute(text("UPDATE instrument SET name = 'stolen'"))
        locked = await connection.execute(text("SELECT 1 FROM instrument FOR UPDATE"))

        assert (changed.rowcount, locked.all()) == (0, [])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_inbox SET login = 'nobody'",
        "DELETE FROM audit_inbox",
        "TRUNCATE audit_inbox",
        "INSERT INTO audit_log SELECT * FROM audit_log",
        "SELECT * FROM audit_log",
        "UPDATE audit_head SET seq = 0",
        "DELETE FROM instrument",
        "DELETE FROM certificate",
        "DELETE FROM inbox",
        "DELETE FROM webhook",
        "UPDATE export SET requester_id = NULL",
        "DELETE FROM connector",
        "UPDATE connector_message SET body = ''",
        "UPDATE connector_hour SET failures = 0",
        "UPDATE verification_request SET state = 'DONE'",
        "INSERT INTO verification_task SELECT * FROM verification_task",
        "UPDATE licence_application SET state = 'DECIDED'",
        "DELETE FROM export_part",
        "DELETE FROM export_key",
        "UPDATE saved_query SET author_id = NULL",
        "UPDATE export_key SET account_id = NULL",
        "UPDATE webhook_delivery SET body = ''",
        "UPDATE inbox SET object_version = 0",
        "INSERT INTO feed SELECT * FROM feed",
        "UPDATE feed SET at = now()",
        "UPDATE feed_head SET pos = 0",
        "SELECT * FROM access_token",
        "UPDATE access_token SET revoked_at = NULL",
        "DROP TABLE instrument",
        "ALTER TABLE instrument DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON instrument",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = '0'",
    ],
)
async def test_what_the_role_of_the_hub_may_not_do(
    hub: HubClient, estate: Estate, sql: str
) -> None:
    async with scoped(hub, estate.owner.id) as connection:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|row-level security"):
            await connection.execute(text(sql))


@pytest.mark.parametrize("role", [APP_ROLE, STAFF_ROLE])
async def test_nothing_can_be_deleted_but_what_has_been_moved_on_and_what_is_kept_for_a_time(
    hub: HubClient, role: str
) -> None:
    rows = await hub.stored(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND (has_table_privilege(:role, oid, 'DELETE') OR"
        "      has_table_privilege(:role, oid, 'TRUNCATE'))",
        role=role,
    )

    deletable = {"inbox", "feed", "idempotency_key", "webhook_delivery", "export", "export_part"}
    deletable |= {"connector_message", "connector_hour"}
    assert {row.relname for row in rows} == (deletable if role == STAFF_ROLE else set())


async def test_row_level_security_is_forced_on_every_table_that_is_not_public(
    hub: HubClient,
) -> None:
    rows = await hub.stored(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND relrowsecurity AND relforcerowsecurity"
    )

    public = {
        *("organization", "qualification", "capability", "measurement_standard", "catalogue_item"),
        *("technical_document", "document_replacement", "standard_document", "fee_document"),
        *("fee_item", "degree_of_equivalence", "feed_head", "access_token"),
    }
    assert {row.relname for row in rows} == {*SCOPED, *SIGNED_IN, OWN}
    assert set(metadata.tables) == {*SCOPED, *SIGNED_IN, OWN, *UNSCOPED, *public}


async def test_the_scope_of_one_request_is_gone_before_the_next(
    hub: HubClient, estate: Estate
) -> None:
    await hub.ask("{ instruments { nodes { id } } }", as_=estate.user)

    engine = hub.hub.database.engine(ANONYMOUS)
    connections = [await engine.connect() for _ in range(8)]
    left = [
        (await one.execute(text("SELECT current_setting('app.org', true)"))).scalar_one()
        for one in connections
    ]
    for one in connections:
        await one.close()

    assert {scope or "" for scope in left} == {""}


async def test_many_callers_at_once_on_few_connections_see_each_its_own(hub: HubClient) -> None:
    users = []
    for at in range(4):
        owner = await hub.given(an_organization())
        users.append(await hub.given(a_user(owner)))
        await hub.given(an_instrument(owner, name=f"of {at}"))
    document = "{ instruments { nodes { name } } }"

    asked = [(at, hub.ask(document, as_=user)) for _ in range(15) for at, user in enumerate(users)]
    answers = await asyncio.gather(*(question for _, question in asked))

    for (at, _), answer in zip(asked, answers, strict=True):
        assert answer.data["instruments"]["nodes"] == [{"name": f"of {at}"}]
