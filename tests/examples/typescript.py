"""The TypeScript client, built from its lock and the committed SDL."""

import fcntl
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.examples.samples import EXAMPLES

UNREACHABLE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH")


def built(shared: Path) -> tuple[str, Path]:
    """Node and the program, which is built once a run; the test is skipped without Node or npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node and npm on this machine")
    copy = shared / "clients" / "typescript"
    with (shared / "clients.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (copy / "dist" / "main.js").exists():
            _build(npm, copy)
    return node, copy / "dist" / "main.js"


def _build(npm: str, copy: Path) -> None:
    made = shutil.ignore_patterns("node_modules", "dist", "gql")
    shutil.copytree(EXAMPLES / "typescript", copy, ignore=made, dirs_exist_ok=True)
    shutil.copy(EXAMPLES / "schema.graphqls", copy.parent)
    _npm(npm, copy, "ci", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1")
    _npm(npm, copy, "run", "build")
    shutil.rmtree(copy / "node_modules")


def _npm(npm: str, copy: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  the arguments are ours
        [npm, *arguments], cwd=copy, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("the package registry cannot be reached")
    assert done.returncode == 0, done.stdout + done.stderr
