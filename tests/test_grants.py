"""What the database lets the role of enterprises write, and which columns it lets it read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.actor import ANONYMOUS, PLATFORM
from hub.db import APP_ROLE
from hub.tables.organization import Organization
from hub.tables.personnel import Personnel
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient, id_of
from tests.given import a_person, a_user, an_instrument, an_organization
from tests.ledger_verbs import create, done

RESTRICTED = {
    "staff_no": "S001",
    "title": "工程师",
    "resident_id": "000000194912310027",
    "phone": "13812345678",
    "email": "zhang@example.com",
    "photo_url": "/files/1",
    "education": "本科",
    "birth_date": date(1949, 12, 31),
    "discipline": [{"date": "2024-01-02", "text": "表扬"}],
    "source_system": "hr",
    "source_key": "S001",
}
RIGHTS = """
SELECT relname, kind FROM pg_class, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) kind
WHERE relkind IN ('r', 'v') AND relnamespace IN ('public'::regnamespace, 'shown'::regnamespace)
AND has_table_privilege(:role, oid, kind)
"""
READABLE = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
AND NOT has_table_privilege(:role, oid, 'SELECT') ORDER BY 1
"""


@dataclass(frozen=True)
class Estate:
    """An organisation with one of its people and an account, and a rival."""

    owner: Organization
    person: Personnel
    user: User
    rival: Organization


@pytest.fixture(scope="module")
async def estate(hub: HubClient) -> Estate:
    owner, rival = an_organization(), an_organization()
    person = a_person(owner, name="张示范", **RESTRICTED)
    user = a_user(owner, person_id=person.id, password_hash="$argon2id$secret")  # noqa: S106
    await hub.all_given(owner, rival, person, user, an_instrument(owner))
    return Estate(owner, person, user, rival)


@asynccontextmanager
async def scoped(
    hub: HubClient, organization: UUID | str, user: object = "", staff: bool = False
) -> AsyncIterator[AsyncConnection]:
    """A transaction under the scope of a caller; taken back at the end."""
    engine = hub.hub.database.engine(PLATFORM if staff else ANONYMOUS)
    async with engine.connect() as connection:
        await connection.execute(
            text("SELECT set_config('app.org', :org, true), set_config('app.user', :user, true)"),
            {"org": str(organization), "user": str(user)},
        )
        yield connection
        await connection.rollback()


async def rows(connection: AsyncConnection, sql: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(text(sql), values)).mappings()]


async def test_the_role_of_enterprises_writes_its_own_registers_webhooks_and_traces_only(
    hub: HubClient,
) -> None:
    found = await hub.stored(RIGHTS, role=APP_ROLE)
    unreadable = await hub.stored(READABLE, role=APP_ROLE)

    assert {(row.relname, row.kind) for row in found} == {
        ("instrument", "INSERT"),
        ("instrument", "UPDATE"),
        ("measurement_standard", "INSERT"),
        ("measurement_standard", "UPDATE"),
        ("external_id", "INSERT"),
        ("webhook", "INSERT"),
        ("webhook", "UPDATE"),
        ("webhook_delivery", "INSERT"),
        ("export", "INSERT"),
        ("saved_query", "INSERT"),
        ("export_key", "INSERT"),
        ("connector", "INSERT"),
        ("connector", "UPDATE"),
        ("connector_message", "INSERT"),
        ("source_record", "INSERT"),
        ("source_record", "UPDATE"),
        ("conflict", "INSERT"),
        ("conflict", "UPDATE"),
        ("verification_request", "INSERT"),
        ("verification_request_item", "INSERT"),
        ("idempotency_key", "INSERT"),
        ("audit_inbox", "INSERT"),
        ("inbox", "INSERT"),
    }
    hidden = {
        "access_token",
        "audit_inbox",
        "audit_log",
        "audit_head",
        "inbox",
        "personnel",
        "user_account",
    }
    assert {row.relname for row in unreadable} == hidden


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE personnel SET name = name",
        "UPDATE user_account SET roles = '{OPERATOR}'",
        "UPDATE organization SET name = name",
        "UPDATE fee_item SET price = 0",
        "UPDATE certificate SET conclusion = 'QUALIFIED'",
        "UPDATE measurement_point SET measured = 0",
        "INSERT INTO organization (id) VALUES (gen_random_uuid())",
        "SELECT * FROM audit_event",
        "SELECT login FROM audit_event",
        "SELECT organization_ids FROM inbox",
        "SELECT password_hash FROM public.user_account",
        "UPDATE webhook_delivery SET state = 'DELIVERED'",
        "DELETE FROM webhook_delivery",
        "UPDATE connector_message SET key = ''",
        "UPDATE verification_request SET decided_at = now()",
        "INSERT INTO verification_task SELECT * FROM verification_task",
        "INSERT INTO licence_step SELECT * FROM licence_step",
        "SELECT resident_id FROM public.personnel",
        "UPDATE idempotency_key SET input_sha256 = ''",
        "UPDATE shown.personnel SET name = name",
        "CREATE VIEW shown.mine AS SELECT 1",
    ],
)
async def test_an_enterprise_may_not(hub: HubClient, estate: Estate, sql: str) -> None:
    async with scoped(hub, estate.owner.id, estate.user.id) as connection:
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text(sql))


async def test_a_rival_reads_of_a_person_no_more_than_a_name(
    hub: HubClient, estate: Estate
) -> None:
    sql = "SELECT * FROM personnel WHERE id = :id"

    async with scoped(hub, estate.rival.id) as connection:
        (foreign,) = await rows(connection, sql, id=estate.person.id)
    async with scoped(hub, estate.owner.id) as connection:
        (own,) = await rows(connection, sql, id=estate.person.id)

    assert foreign["name"] == "张示范"
    assert {foreign[name] for name in RESTRICTED} == {None}
    assert {name: own[name] for name in RESTRICTED} == RESTRICTED


async def test_no_hash_of_a_password_is_read_under_any_scope(
    hub: HubClient, estate: Estate
) -> None:
    sql = "SELECT login_name, password_hash FROM user_account"

    async with scoped(hub, estate.owner.id, estate.user.id) as connection:
        own = await rows(connection, sql)
    async with scoped(hub, estate.rival.id) as connection:
        foreign = await rows(connection, sql)

    assert own == [{"login_name": estate.user.login_name, "password_hash": None}]
    assert foreign == []


async def test_a_person_still_reads_all_of_itself(hub: HubClient, estate: Estate) -> None:
    document = "query($id: ID!) { person(id: $id) { staffNo residentId birthDate } }"

    answer = await hub.ask(document, as_=estate.user, id=id_of(estate.person))

    assert answer.data["person"] == {
        "staffNo": "S001",
        "residentId": "000000194912310027",
        "birthDate": "1949-12-31",
    }


async def test_where_a_person_came_from_is_told_at_home_only(
    hub: HubClient, estate: Estate
) -> None:
    document = "query($id: ID!) { person(id: $id) { source { system key } } }"
    rival = await hub.given(a_user(estate.rival, Role.LAB_STAFF))

    at_home = await hub.ask(document, as_=estate.user, id=id_of(estate.person))
    elsewhere = await hub.ask(document, as_=rival, id=id_of(estate.person))

    assert at_home.data["person"]["source"] == {"system": "hr", "key": "S001"}
    assert elsewhere.data["person"]["source"] is None
    assert elsewhere.noted("denied") == {"Personnel.source"}


async def test_an_idempotency_key_is_seen_and_answered_by_its_account_only(
    hub: HubClient, estate: Estate
) -> None:
    done(await create(hub, estate.user, "key-of-the-owner", name="卡尺", assetNo="A-1"))
    sql = "UPDATE idempotency_key SET answer = '{}' RETURNING principal"
    forge = (
        "INSERT INTO idempotency_key (principal, key, input_sha256) VALUES (:principal, 'k', '')"
    )

    async with scoped(hub, estate.owner.id, estate.user.id) as connection:
        own = await rows(connection, sql)
    async with scoped(hub, estate.owner.id, uuid4()) as connection:
        others = await rows(connection, sql)
    async with scoped(hub, estate.owner.id) as connection:
        nobodys = await rows(connection, sql)
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(text(forge), {"principal": str(estate.user.id)})

    assert own == [{"principal": str(estate.user.id)}]
    assert others == nobodys == []


@pytest.mark.parametrize("scope", ["x", "213057c7-81c0-4d20-ad34-b24581587d3e", ""])
async def test_staff_see_rows_under_the_wide_scope_only(
    hub: HubClient, estate: Estate, scope: str
) -> None:
    count = "SELECT count(*) AS n FROM instrument"

    async with scoped(hub, scope, staff=True) as connection:
        narrow = await rows(connection, count)
    async with scoped(hub, "*", staff=True) as connection:
        wide = await rows(connection, count)

    assert narrow == [{"n": 0}]
    assert wide[0]["n"] >= 1
