"""A running small hub with the IDE, a browser page, and a fresh build of web/."""

import fcntl
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn

from tests.web_ide.browser import BINARY, Page, new_page
from tests.web_ide.small_hub import small_hub

ROOT = Path(__file__).parents[2]
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


@pytest.fixture(scope="session")
def hub_url() -> Iterator[str]:
    """Address of a small hub that answers on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(small_hub(), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """An empty page of a fresh browser; skips where there is no Chromium."""
    if BINARY is None:
        pytest.skip("no Chromium on this machine")
    async with new_page(tmp_path / "profile") as page:
        yield page


@pytest.fixture(scope="session")
def rebuilt(shared: Path) -> Path:
    """A build from the lock, made once a run, and axe.min.js beside it; skips without npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no node and npm on this machine")
    copy = shared / "rebuilt"
    with (shared / "rebuilt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy / "axe.min.js").exists():
            _rebuild(npm, copy)
    return copy


def _rebuild(npm: str, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ROOT / "web", copy / "web", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(ROOT / "examples", copy / "examples")
    _npm(npm, copy, "ci", "--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=500")
    _npm(npm, copy, "run", "build")
    shutil.copy(copy / "web/node_modules/axe-core/axe.min.js", copy)
    shutil.rmtree(copy / "web/node_modules")


def _npm(npm: str, copy: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  the arguments are ours
        [npm, *arguments], cwd=copy / "web", capture_output=True, text=True, check=False
    )
    if any(word in done.stderr for word in UNREACHABLE):
        pytest.skip("the package registry cannot be reached")
    assert done.returncode == 0, done.stdout + done.stderr
