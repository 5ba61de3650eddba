"""How the embedded servers are reached, and by whom not."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hub.embedded.supervisor import Embedded
from tests.embedded.given import a_place, ask, database, inhabitants, kept, of_process, put


def listening(data: Path) -> list[str]:
    """The TCP addresses that any process of the servers listens on, as the kernel names them."""
    ours: set[str] = set()
    for server in ("postgres", "valkey"):
        for pid in inhabitants(data / server):
            with suppress(FileNotFoundError):  # a backend may end while we look
                ours |= {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    tables = [Path(f"/proc/net/{kind}").read_text().splitlines()[1:] for kind in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in ours]


@pytest.fixture(scope="module")
def running() -> Iterator[Embedded]:
    """Both servers, for the tests that only look."""
    with a_place() as place, Embedded.open(place / "data", fsync=False) as servers:
        yield servers


def home(servers: Embedded) -> Path:
    """The data folder of these servers."""
    return Path(str(make_url(servers.database_url).query["host"])).parent


@pytest.fixture
def deep(data: Path) -> Path:
    """A data folder whose path is too long for a socket."""
    return data.joinpath(*["a" * 60] * 2) / "data"


async def test_a_folder_with_a_short_path_is_served_on_unix_sockets_only(
    running: Embedded,
) -> None:
    await put(running, "kept")

    assert listening(home(running)) == []
    assert running.redis_url.startswith("unix://")


async def test_a_folder_with_a_long_path_is_served_on_127_0_0_1_only(deep: Path) -> None:
    with Embedded.open(deep, fsync=False) as servers:
        await put(servers, "kept")

        addresses = listening(deep)

        assert len(addresses) == 2
        assert all(address.startswith("0100007F:") for address in addresses)
        assert await kept(servers) == (["kept"], ["kept"])


async def test_a_port_is_kept_while_it_is_free_and_changed_when_it_is_taken(deep: Path) -> None:
    with Embedded.open(deep, postgres=False, fsync=False) as servers:
        first = servers.redis_url
    with Embedded.open(deep, postgres=False, fsync=False) as servers:
        assert servers.redis_url == first

    port = make_url(first).port
    assert port is not None
    with (
        socket.create_server(("127.0.0.1", port)) as taken,
        Embedded.open(deep, postgres=False, fsync=False) as servers,
    ):
        assert taken.getsockname()[1] != make_url(servers.redis_url).port


async def test_sqlalchemy_reads_the_url_even_with_odd_letters_in_the_path(data: Path) -> None:
    with Embedded.open(data / "数据 & 100%", fsync=False) as servers:
        engine = create_async_engine(servers.database_url)
        async with engine.connect() as connection:
            assert await connection.scalar(text("select current_database()")) == "hub"
        await engine.dispose()
        await put(servers, "kept")
        assert await kept(servers) == (["kept"], ["kept"])


async def test_nobody_enters_postgres_without_the_password(running: Embedded) -> None:
    url = make_url(running.database_url)
    host = str(url.query["host"])

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host=host, user="hub", password="wrong")  # noqa: S106
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(host=host, user="postgres", password=url.password, database="hub")


@pytest.mark.parametrize(
    ("words", "answer"), [("PING", "-NOAUTH"), ("AUTH wrong", "-WRONGPASS"), ("AUTH", "-ERR")]
)
def test_nobody_enters_valkey_without_the_password(
    running: Embedded, words: str, answer: str
) -> None:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(home(running) / "valkey" / "valkey.sock"))
        wire.sendall(f"{words}\r\n".encode())

        assert wire.recv(100).decode().startswith(answer)


def test_the_passwords_are_in_private_files_and_in_no_command_line(running: Embedded) -> None:
    data = home(running)
    passwords = {make_url(url).password for url in (running.database_url, running.redis_url)}
    pids = inhabitants(data / "postgres") + inhabitants(data / "valkey")
    lines = "".join(of_process(pid, "cmdline") for pid in pids)
    notes = list((data / "embedded").glob("*.json"))

    assert len(passwords) == len(notes) == 2
    assert not any(str(password) in lines for password in passwords)
    assert {stat.S_IMODE(note.stat().st_mode) for note in notes} == {0o600}


async def test_by_default_what_is_committed_is_on_the_disk(data: Path) -> None:
    with Embedded.open(data) as servers:
        async with database(servers.database_url) as connection:
            shown = {
                name: await connection.fetchval(f"show {name}")
                for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
            }
        async with Redis.from_url(servers.redis_url, decode_responses=True) as redis:
            valkey = await redis.config_get("append*")

    assert set(shown.values()) == {"on"}
    assert (valkey["appendonly"], valkey["appendfsync"]) == ("yes", "everysec")


@pytest.mark.parametrize("version", [16, 18])
async def test_order_time_and_letters_are_the_same_on_every_machine(
    data: Path, version: int
) -> None:
    with Embedded.open(data, valkey=False, fsync=False, version=version) as servers:
        url = servers.database_url
        assert str(await ask(url, "show server_version")).startswith(f"{version}.")
        assert await ask(url, "show timezone") == "UTC"
        assert await ask(url, "show server_encoding") == "UTF8"
        assert (
            await ask(
                url, "select string_agg(w, '' order by w) from unnest('{b,a,B,é,量}'::text[]) w"
            )
            == "Babé量"
        )
        assert await ask(url, "select lower('É')") == "é"


async def test_the_login_owns_its_database_and_may_make_others_but_is_no_superuser(
    running: Embedded,
) -> None:
    role = "select rolcreatedb and not rolsuper from pg_roles where rolname = current_user"
    owner = "select datdba::regrole::text from pg_database where datname = 'hub'"

    assert await ask(running.database_url, role)
    assert await ask(running.database_url, owner) == "hub"
