"""Brings a database to the newest version of the tables."""

from importlib.resources import files

import asyncpg

from hub.errors import Unavailable, Words


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the database at `url`; call it from a thread, not from a running event loop."""
    # Alembic takes a second to import and only this needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    try:
        command.upgrade(config, revision)
    except (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.InvalidAuthorizationSpecificationError,
    ) as error:
        raise Unavailable(
            f"无法连接数据库：{type(error).__name__}",
            f"the database cannot be reached: {type(error).__name__}",
            hint=Words("检查 HUB_DATABASE_URL", "check HUB_DATABASE_URL"),
        ) from error
