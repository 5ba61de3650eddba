"""Alembic's way in: the tables as they should be, and the database of `HUB_DATABASE_URL`."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from hub.settings import settings
from hub.tables import metadata


def spell(kind: str, thing: object, autogen: object) -> str | Literal[False]:
    """Write SQLModel's text type as SQLAlchemy's own, so that a version needs only the latter."""
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    return False


def run(connection: Connection) -> None:
    """Run the migrations on `connection`, one transaction each."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        render_item=spell,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect(url: str) -> None:
    """Connect to `url` as its own login and run the migrations."""
    engine = create_async_engine(
        url, connect_args={"server_settings": {"lock_timeout": "4000", "timezone": "UTC"}}
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("url")
if given is None:
    configured = settings().database_url
    if configured is None:
        raise SystemExit("set HUB_DATABASE_URL, or use: hub migrate --data DIR")
    given = configured.get_secret_value()
asyncio.run(connect(given))
