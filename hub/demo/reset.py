"""Makes a demo new: everything in it goes, and it is seeded again. No other database is touched."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import col

from hub.db import Database, translated
from hub.demo.logins import Login, seeded
from hub.demo.seed import SEEDER
from hub.errors import Refused, Words
from hub.importers.reference.records import CONSTRUCTED
from hub.keys import Keyring
from hub.policy import readable
from hub.tables import metadata
from hub.tables.journal import AuditEvent, AuditHead, AuditRecord, FeedHead
from hub.tables.organization import Organization

STAYS = {one.__tablename__ for one in (FeedHead, AuditEvent, AuditRecord, AuditHead)}
EMPTIED = [table.name for table in metadata.sorted_tables if table.name not in STAYS]
NO_OTHER_NOW = "SET LOCAL lock_timeout = '10s'"
EMPTY = f"TRUNCATE {', '.join(EMPTIED)} RESTART IDENTITY"
FORGET = "UPDATE feed_head SET floor = pos"


async def reset(database_url: str, keys: Keyring) -> list[Login]:
    """Empty the demo at `database_url` and seed it again; its logins, with new tokens.

    The feed goes on from its position, so that who follows it is told to read everything again;
    the audit stays.
    Refused, with nothing changed, unless every organisation with a code came with the demo. Killed
    in the middle it leaves a demo, empty or in part, that can be reset again.
    """
    await _insist_on_a_demo(database_url)
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with translated(), engine.begin() as connection:
        for statement in (NO_OTHER_NOW, EMPTY, FORGET):
            await connection.execute(text(statement))
    return await seeded(database_url, keys)


async def _insist_on_a_demo(database_url: str) -> None:
    foreign = readable(SEEDER, Organization).where(
        col(Organization.uscc).is_not(None),
        col(Organization.source_system).is_distinct_from(CONSTRUCTED),
    )
    database = Database(database_url, 1)
    try:
        async with database.reader(SEEDER) as reader:
            found = await reader.first(foreign)
    finally:
        await database.close()
    if found is not None:
        raise Refused(
            f"这不是演示数据库：其中有“{found['name']}”，未作任何改动",
            "this is no demo: it has an organisation of its own; nothing was changed",
            hint=Words("请检查 --data 与 HUB_DATABASE_URL", "check --data and HUB_DATABASE_URL"),
        )
