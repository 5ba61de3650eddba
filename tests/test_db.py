"""The two walls, and what a write leaves behind."""

from hub.db import Database


async def test_both_database_roles_are_bound_by_row_level_security(database: Database) -> None:
    await database.check()
