"""What the tests of the embedded servers need: clients, other hubs, a look at the processes."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from hub.embedded.supervisor import Embedded
from tests.patience import patiently

TMP = Path("/tmp")  # noqa: S108 (short, which pytest's own folders are not)
MEMORY = Path("/dev/shm")  # noqa: S108 (mkdtemp makes private folders in it)
FAST = MEMORY if MEMORY.exists() and shutil.disk_usage(MEMORY).free > 1 << 30 else TMP
NOBODY = pwd.getpwnam("nobody").pw_uid
is_root = os.geteuid() == 0
as_root = pytest.mark.skipif(not is_root, reason="only root can become another account")


@contextmanager
def a_place(under: Path = FAST) -> Iterator[Path]:
    """A folder with a short name that all accounts may enter, gone at the end."""
    place = Path(tempfile.mkdtemp(prefix="hub-", dir=under))
    place.chmod(0o755)
    try:
        yield place
    finally:
        for server in ("postgres", "valkey"):
            kill(inhabitants(place / "data" / server))
        shutil.rmtree(place)


@asynccontextmanager
async def database(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the database at `url`."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        connection.terminate()


async def ask(url: str, sql: str) -> Any:
    """The first value that `sql` gives."""
    async with database(url) as connection:
        return await connection.fetchval(sql)


async def put(servers: Embedded, word: str) -> None:
    """Commit `word` in both servers."""
    async with database(servers.database_url) as connection:
        await connection.execute("create table if not exists note (word text)")
        await connection.execute("insert into note values ($1)", word)
    async with Redis.from_url(servers.redis_url) as redis:
        await redis.rpush("note", word)


async def kept(servers: Embedded) -> tuple[list[str], list[str]]:
    """The words that PostgreSQL and Valkey have."""
    async with database(servers.database_url) as connection:
        rows = await connection.fetch("select word from note")
    async with Redis.from_url(servers.redis_url, decode_responses=True) as redis:
        listed = await redis.lrange("note", 0, -1)
    return [row["word"] for row in rows], [str(word) for word in listed]


def inhabitants(folder: Path) -> list[int]:
    """The living processes that work in `folder`, oldest first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is a zombie
            if Path(os.readlink(process / "cwd")) == folder.resolve():
                found.append(int(process.name))
    return sorted(found)


def of_process(pid: int, file: str) -> str:
    """What the kernel says of a process in /proc/`pid`/`file`."""
    return Path(f"/proc/{pid}/{file}").read_text()


def owned(folder: Path, uid: int) -> Path:
    """A new folder that belongs to the account `uid`."""
    folder.mkdir()
    os.chown(folder, uid, -1)
    return folder


def owners(*paths: Path) -> set[int]:
    """The accounts that own these files, folders or processes."""
    return {path.stat().st_uid for path in paths}


def kill(pids: list[int]) -> None:
    """Kill these processes as the kernel does, without a word."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; a minute at most."""
    async with patiently("it to be true"):
        while not true():  # noqa: ASYNC110 (processes and files set no Event)
            await asyncio.sleep(0.02)


@contextmanager
def guest(data: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Another hub process on `data`, which leaves at the end; see guest.py for `words`."""
    command = [sys.executable, "-m", "tests.embedded.guest", str(data), *map(str, words)]
    with subprocess.Popen(  # noqa: S603 (our own module)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()  # else we would wait for it, whatever state the test left it in
            raise


def told(process: subprocess.Popen[str]) -> Any:
    """The answer of a guest: its two URLs, or the words of a refusal."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())
