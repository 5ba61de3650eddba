"""What a hub needs of its machine, looked at one by one."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import redis
from sqlalchemy.engine import make_url

from hub.embedded.supervisor import Embedded
from hub.errors import HubError, Unavailable, Words
from hub.settings import Settings

FREE_BYTES = 500_000_000
OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
OLDEST_REDIS = 7


class Finding(NamedTuple):
    """One thing looked at, whether it is good, and what was found."""

    what: str
    good: bool
    told: str


def examine(chosen: Settings) -> Iterator[Finding]:
    """Look at Python, the data folder, the port, PostgreSQL and Valkey, the cheap ones first."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= OLDEST_PYTHON, f"{version}，需要 3.11 或更新")
    yield _folder(chosen.data)
    yield _disk(chosen.data)
    yield _port(chosen.host, chosen.port)
    database, valkey = chosen.database_url, chosen.redis_url
    if database is None or valkey is None:
        try:
            with Embedded.open(
                chosen.data,
                account=chosen.embedded_user,
                postgres=database is None,
                valkey=valkey is None,
            ) as embedded:
                yield from _servers(
                    database.get_secret_value() if database else embedded.database_url,
                    valkey.get_secret_value() if valkey else embedded.redis_url,
                )
        except HubError as error:
            hint = f"（{error.hint.zh}）" if error.hint else ""
            yield Finding("内置服务器", good=False, told=f"{error.words.zh}{hint}")
        return
    yield from _servers(database.get_secret_value(), valkey.get_secret_value())


def _folder(data: Path) -> Finding:
    nearest = data.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    good = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return Finding("数据文件夹", good, f"{data} {'可写' if good else '不可写'}")


def _disk(data: Path) -> Finding:
    nearest = data.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    free = shutil.disk_usage(nearest).free
    return Finding("磁盘", free > FREE_BYTES, f"可用 {free // 1_000_000} MB，至少需要 500 MB")


def must_be_free(host: str, port: int) -> None:
    """Raise Unavailable, naming the address, unless it can be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"{host}:{port} 不可监听：{error.strerror}",
                f"cannot listen on {host}:{port}: {error.strerror}",
                hint=Words("换一个端口，如 --port 8001", "take another port, like --port 8001"),
            ) from error


def _port(host: str, port: int) -> Finding:
    try:
        must_be_free(host, port)
    except Unavailable as error:
        return Finding("端口", good=False, told=error.words.zh)
    return Finding("端口", good=True, told=f"{host}:{port} 空闲")


def _servers(database_url: str, redis_url: str) -> Iterator[Finding]:
    yield _ask("PostgreSQL", lambda: asyncio.run(_postgres(database_url)), OLDEST_POSTGRES)
    yield _ask("Valkey/Redis", lambda: _valkey(redis_url), OLDEST_REDIS)


def _ask(what: str, version: Callable[[], str], oldest: int) -> Finding:
    try:
        found = version()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is what the doctor tells
        return Finding(what, good=False, told=f"{type(error).__name__}: {error}")
    good = int(found.split(".")[0]) >= oldest
    return Finding(what, good, f"{found}，需要 {oldest} 或更新")


async def _postgres(url: str) -> str:
    parsed = make_url(url)
    connection = await asyncpg.connect(
        user=parsed.username,
        password=parsed.password,
        database=parsed.database,
        host=parsed.host or str(parsed.query.get("host", "127.0.0.1")),
        port=parsed.port or int(str(parsed.query.get("port", "5432"))),
        timeout=5,
    )
    try:
        return str(await connection.fetchval("SHOW server_version")).split(" ")[0]
    finally:
        await connection.close()


def _valkey(url: str) -> str:
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        told = client.info("server")
    return str(told.get("valkey_version") or told["redis_version"])
