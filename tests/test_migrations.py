"""Migrations: they lead to the tables of the code, back, and there again, on both PostgreSQLs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.actor import SIGN_IN
from hub.db import Database
from hub.embedded.supervisor import Embedded
from hub.migration import migrate
from hub.tables import metadata
from tests.embedded.given import a_place
from tests.given import an_instrument, an_organization

KINDS = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
SHAPE = """
SELECT table_name, column_name, data_type, is_nullable, column_default, generation_expression
FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'audit_event'
ORDER BY 1, 2
"""
RULES = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tablename, policyname, roles::text || cmd || qual FROM pg_policies
UNION ALL SELECT relname, 'rights', relacl::text || relrowsecurity || relforcerowsecurity
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


@pytest.fixture(params=[18, 16], ids=lambda version: f"PostgreSQL {version}")
def empty_url(request: pytest.FixtureRequest, servers: Embedded) -> Iterator[str]:
    """An empty database, on the server of the run or on one of the older version."""
    with server_of(request.param, servers) as url:
        own = make_url(url).set(database=f"hub_migrated_{uuid4().hex}")
        asyncio.run(run(url, f"CREATE DATABASE {own.database}"))
        yield own.render_as_string(hide_password=False)


@contextmanager
def server_of(version: int, servers: Embedded) -> Iterator[str]:
    if version == 18:
        yield servers.database_url
        return
    with (
        a_place() as place,
        Embedded.open(place / "data", valkey=False, fsync=False, version=version) as older,
    ):
        yield older.database_url


async def run(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of one statement outside any transaction."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        found = await connection.execute(text(statement))
        rows = [tuple(row) for row in found] if found.returns_rows else []
    await engine.dispose()
    return rows


def config(url: str) -> Config:
    """Alembic on the database at `url`."""
    made = Config()
    made.set_main_option("script_location", str(files("migrations")))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = url
    return made


def shape(url: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Every column and every rule of the database."""
    return asyncio.run(run(url, SHAPE)), asyncio.run(run(url, RULES))


def test_up_down_and_up_again_is_the_schema_of_the_tables(empty_url: str) -> None:
    migrate(empty_url)
    command.check(config(empty_url))
    first = shape(empty_url)

    command.downgrade(config(empty_url), "base")
    left = asyncio.run(run(empty_url, KINDS))
    migrate(empty_url)
    migrate(empty_url)

    command.check(config(empty_url))
    assert shape(empty_url) == first
    assert left == [(2,)]  # Alembic's own table and its key
    assert {table for table, *_ in first[0]} == {*metadata.tables, "alembic_version"}
    asyncio.run(works(empty_url))


FIRST_RELEASE = "2c5e8a91f4b7"
"""The version from which on databases hold what has to be kept."""
ID = "'00000000-0000-7000-8000-000000000001'"
WORDS = {"verify_state": "UNVERIFIED", "kind": "VERIFICATION_CERTIFICATE", "location": "LAB"}
WORDS |= {"conclusion": "RESULT_ONLY", "state": "ISSUED", "status": "IN_USE", "role": "WORKING"}
WORDS |= {"filing_state": "NONE"}
PLAIN = {"integer": "1", "boolean": "false", "ARRAY": "'{}'", "jsonb": "'[]'", "uuid": ID}
NEEDED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = '{}' AND is_nullable = 'NO'
AND column_default IS NULL AND is_generated = 'NEVER' AND is_identity = 'NO'
"""


async def fill(url: str, *tables: str) -> None:
    """A row in each of the tables, as they are at this version."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL ROLE hub_staff"))
        await connection.execute(text("SET LOCAL app.org = '*'"))
        for table in tables:
            needed = (await connection.execute(text(NEEDED.format(table)))).all()
            values = [
                f"'{WORDS[name]}'" if name in WORDS else PLAIN.get(kind, "'x'")
                for name, kind in needed
            ]
            names = ", ".join(name for name, _ in needed)
            insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"  # noqa: S608
            await connection.execute(text(insert))
    await engine.dispose()


def test_a_database_with_rows_in_it_goes_up_and_down_and_keeps_them(empty_url: str) -> None:
    migrate(empty_url, FIRST_RELEASE)
    asyncio.run(fill(empty_url, "organization", "instrument", "certificate", "audit_event"))

    migrate(empty_url)
    command.downgrade(config(empty_url), FIRST_RELEASE)
    migrate(empty_url)

    counts = "SELECT (SELECT count(*) FROM {}) + (SELECT count(*) FROM audit_inbox)"
    asyncio.run(run(empty_url, "ALTER TABLE certificate NO FORCE ROW LEVEL SECURITY"))
    assert asyncio.run(run(empty_url, counts.format("certificate"))) == [(2,)]


async def works(url: str) -> None:
    """Write and read a row as the hub does."""
    database = Database(url, 2)
    await database.check()
    owner = an_organization()
    async with database.writer(SIGN_IN) as db:
        await db.add(owner, action="given")
        await db.add(an_instrument(owner), action="given")
    await database.close()


def test_there_is_one_line_of_versions_and_each_can_be_read_by_date() -> None:
    scripts = ScriptDirectory.from_config(config("unused"))

    versions = list(scripts.walk_revisions())
    assert len(scripts.get_heads()) == 1
    assert all(version.doc for version in versions)
    names = [version.path.rsplit("/", 1)[1] for version in versions]
    assert names == sorted(names, reverse=True)
