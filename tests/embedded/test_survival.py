"""What the embedded servers survive: kill -9 of any process, stale files, strangers' pids."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from hub.embedded import supervisor
from hub.embedded.binaries import Account, run_as
from hub.embedded.supervisor import Embedded
from tests.embedded.given import (
    ask,
    database,
    guest,
    inhabitants,
    is_root,
    kept,
    kill,
    of_process,
    put,
    told,
    until,
)
from tests.patience import patiently

SLEEPING = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"


@asynccontextmanager
async def watched(data: Path) -> AsyncIterator[Embedded]:
    """The servers of `data` under watch, with one word committed in each."""
    with Embedded.open(data, fsync=False) as servers:
        await put(servers, "kept")
        watch = asyncio.create_task(servers.watch())
        yield servers
        watch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watch


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def a_stranger() -> "subprocess.Popen[bytes]":
    """Some other program of the account that PostgreSQL runs under."""
    account = Account.named("nobody") if is_root else None
    return subprocess.Popen(["/bin/sleep", "600"], cwd="/", **run_as(account))


async def back(data: Path, server: str, log_line: str, times: int) -> None:
    log = data / "log" / f"{server}.log"
    await until(lambda: log.read_text().count(log_line) == times)


async def test_postgres_comes_back_after_its_whole_tree_was_killed(data: Path) -> None:
    async with watched(data) as servers:
        kill(inhabitants(data / "postgres"))
        await back(data, "postgres", "ready to accept connections", 2)

        assert await kept(servers) == (["kept"], ["kept"])


async def test_postgres_comes_back_after_only_its_postmaster_was_killed(data: Path) -> None:
    async with watched(data) as servers, database(servers.database_url) as connection:
        busy = asyncio.create_task(connection.execute("select pg_sleep(60)"))
        async with patiently("a statement to sleep"):
            while not await ask(servers.database_url, SLEEPING):  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0)
        kill([postmaster(data)])
        await back(data, "postgres", "ready to accept connections", 2)

        with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
            await busy
        assert await kept(servers) == (["kept"], ["kept"])


async def test_valkey_comes_back_after_it_was_killed(data: Path) -> None:
    async with watched(data) as servers:
        kill(inhabitants(data / "valkey"))
        await back(data, "valkey", "Ready to accept connections", 2)

        assert await kept(servers) == (["kept"], ["kept"])


async def test_everything_killed_at_once_loses_nothing_committed(data: Path) -> None:
    with guest(data) as hub:
        told(hub)
        with Embedded.open(data, fsync=False) as servers:
            await put(servers, "kept")
            kill([hub.pid, *inhabitants(data / "postgres"), *inhabitants(data / "valkey")])

    with Embedded.open(data, fsync=False) as servers:
        assert await kept(servers) == (["kept"], ["kept"])


async def test_a_postmaster_that_is_a_zombie_is_not_taken_for_a_live_one(data: Path) -> None:
    with guest(data) as hub:
        urls = told(hub)
        os.kill(hub.pid, signal.SIGSTOP)  # it cannot reap its children any more
        await until(lambda: "T (stopped)" in of_process(hub.pid, "status"))
        dead = postmaster(data)
        kill([dead, *inhabitants(data / "valkey")])
        await until(lambda: not inhabitants(data / "postgres"))

        with Embedded.open(data, fsync=False) as servers:
            assert await ask(servers.database_url, "select 1") == 1
            assert "Z (zombie)" in of_process(dead, "status")
            assert servers.database_url == urls[0]
        os.kill(hub.pid, signal.SIGCONT)


async def test_a_pid_file_that_now_names_a_stranger_does_not_block(data: Path) -> None:
    with Embedded.open(data, fsync=False) as servers:
        await put(servers, "kept")
        pid_file = data / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        kill(inhabitants(data / "postgres"))
        await until(lambda: not inhabitants(data / "postgres"))
    with a_stranger() as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        with Embedded.open(data, fsync=False) as servers:
            assert (await kept(servers))[0] == ["kept"]

        assert stranger.poll() is None
        stranger.kill()


async def test_an_empty_pid_file_does_not_block(data: Path) -> None:
    Embedded.open(data, valkey=False, fsync=False).close()
    (data / "postgres" / "postmaster.pid").touch()

    with Embedded.open(data, valkey=False, fsync=False) as servers:
        assert await ask(servers.database_url, "select 1") == 1


async def test_a_watched_server_stays_down_once_the_hub_has_left(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "GLANCE_S", 0.01)
    servers = Embedded.open(data, postgres=False, fsync=False)
    watch = asyncio.create_task(servers.watch())
    servers.close()

    await until(lambda: caplog.text.count("started again") > 1)

    assert inhabitants(data / "valkey") == []
    watch.cancel()
    await asyncio.wait([watch])
