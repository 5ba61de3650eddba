"""`hub serve` as an operator meets it: starting, dying, draining, and no database at all."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hub.embedded.supervisor import Embedded
from tests.doors import HubClient
from tests.given import a_user, an_organization
from tests.patience import PATIENCE

HUB = Path(sys.executable).with_name("hub")
CHANGES = {"query": "subscription { instrumentChanged { pos } }"}
Served = subprocess.Popen[str]
READY = re.compile(r"ready (http://[^/]+)/graphql \(pid (\d+)\)")


@contextmanager
def serve(data: Path, database_url: str, redis_url: str, workers: int) -> Iterator[Served]:
    """`hub serve` on a free port while inside."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "HUB_DATABASE_URL": database_url,
        "HUB_REDIS_URL": redis_url,
        "HUB_PORT": str(port),
        "HUB_DATA": str(data),
    }
    command = [str(HUB), "serve", "--workers", str(workers)]
    with subprocess.Popen(  # noqa: S603  (our own command)
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def ready(process: Served) -> tuple[str, int]:
    """The address and the pid of the next process that says it is ready."""
    assert process.stdout is not None
    found = READY.match(process.stdout.readline())
    assert found is not None
    return found[1], int(found[2])


def test_a_hub_whose_database_is_away_at_the_start_gives_up_and_says_why(
    servers: Embedded, tmp_path: Path
) -> None:
    nowhere = "postgresql+asyncpg://hub@127.0.0.1:1/hub"

    with serve(tmp_path, nowhere, servers.redis_url, workers=2) as process:
        out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert out == ""
    assert "服务进程无法启动" in err
    assert "the database does not answer" in err


def test_a_process_that_dies_is_started_again(
    servers: Embedded, database_url: str, tmp_path: Path
) -> None:
    with serve(tmp_path, database_url, servers.redis_url, workers=1) as process:
        url, first = ready(process)
        os.kill(first, signal.SIGKILL)
        _, second = ready(process)
        answer = httpx.get(f"{url}/readyz")
        process.terminate()
        process.communicate(timeout=60)

    assert first != second
    assert answer.json()["status"] == "ready"
    assert process.returncode == 0


def test_the_processes_of_a_hub_that_was_killed_end_and_leave_the_port(
    servers: Embedded, database_url: str, tmp_path: Path
) -> None:
    with serve(tmp_path, database_url, servers.redis_url, workers=2) as process:
        (url, first), (_, second) = ready(process), ready(process)
        process.kill()
        told = statuses(url)
        left = remaining({first, second})

    assert "draining" in told
    assert left == set()
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
        pass


async def test_a_hub_that_stops_says_so_and_waits_for_no_stream(
    hub: HubClient, servers: Embedded, database_url: str, tmp_path: Path
) -> None:
    user = await hub.given(a_user(await hub.given(an_organization())))
    headers = {
        "accept": "text/event-stream",
        "authorization": f"Bearer {await hub.token(user)}",
    }
    heard: list[str] = []
    listening = threading.Event()

    def listen(url: str) -> None:
        with httpx.stream(
            "POST", f"{url}/graphql", json=CHANGES, headers=headers, timeout=60
        ) as answer:
            listening.set()
            heard.extend(answer.iter_lines())

    with serve(tmp_path, database_url, servers.redis_url, workers=1) as process:
        url, _ = ready(process)
        listener = threading.Thread(target=listen, args=[url])
        listener.start()
        listening.wait(30)
        process.terminate()
        told = statuses(url)
        listener.join(60)
        _, err = process.communicate(timeout=60)

    assert "draining" in told
    assert "event: complete" not in heard
    assert "timeout graceful shutdown exceeded" not in err


def remaining(processes: set[int]) -> set[int]:
    """Those that live still when all patience is over."""
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last and (left := {one for one in processes if is_alive(one)}):
        time.sleep(0.05)
    return left


def is_alive(process: int) -> bool:
    """Whether there is such a process that is more than a name in the table."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text("ascii")
    except FileNotFoundError:
        return False


def statuses(url: str) -> set[str]:
    """What /readyz says until nobody answers any more. AssertionError where that never comes."""
    told: set[str] = set()
    last = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < last:
            told.add(httpx.get(f"{url}/readyz").json()["status"])
    except httpx.TransportError:
        return told
    raise AssertionError("the hub does not stop")
