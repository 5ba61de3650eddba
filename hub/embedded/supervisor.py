"""The servers of a hub that was given none: started or attached to, watched, left."""

import asyncio
import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from hub.embedded.postgres import Postgres
from hub.embedded.server import Server
from hub.embedded.valkey import Valkey
from hub.errors import Unavailable

GLANCE_S = 1.0
AFTER_FAILURE_S = 5.0
_log = logging.getLogger(__name__)


class Embedded:
    """One hub's hold on the servers of a data folder; several hubs may share them."""

    def __init__(self, postgres: Postgres, valkey: Valkey) -> None:
        self._postgres = postgres
        self._valkey = valkey
        self._held: list[Server] = []
        self._leaving = ExitStack()

    @classmethod
    def open(
        cls,
        data: Path,
        *,
        account: str = "nobody",
        postgres: bool = True,
        valkey: bool = True,
        fsync: bool = True,
        version: int = 18,
    ) -> Self:
        """The servers of the folder `data`, ready for work, started unless they run already.

        Root runs them under `account`. `version` is the PostgreSQL: 16 or 18. Raises Unavailable,
        in words for people, when a folder, program, account or disk does not allow it.
        """
        ours = cls(
            Postgres(data, account, fsync=fsync, version=version),
            Valkey(data, account, fsync=fsync),
        )
        wanted: list[tuple[Server, bool]] = [(ours._postgres, postgres), (ours._valkey, valkey)]
        with ExitStack() as leaving:
            for server, is_wanted in wanted:
                if is_wanted:
                    server.open()
                    leaving.callback(server.close)
                    ours._held.append(server)
            ours._leaving = leaving.pop_all()
        return ours

    @property
    def database_url(self) -> str:
        """The database `hub` for SQLAlchemy with asyncpg, password included."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """Valkey for redis-py, password included."""
        return self._valkey.url

    async def watch(self) -> None:
        """Start again, for ever, whichever server does not listen any more."""
        async with asyncio.TaskGroup() as group:
            for server in self._held:
                group.create_task(_keep(server))

    def close(self) -> None:
        """Leave the servers; the last hub that leaves stops them. Raises Unavailable."""
        self._leaving.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def _keep(server: Server) -> None:
    while True:
        await asyncio.sleep(GLANCE_S)
        if await asyncio.to_thread(server.answers):
            continue
        _log.warning("%s does not listen any more and is started again", server.title)
        try:
            await asyncio.to_thread(server.revive)
        except Unavailable as error:
            _log.error("%s / %s", error.words.zh, error.words.en)
            await asyncio.sleep(AFTER_FAILURE_S)
