"""The 61 audits of graphql-http, run by Node against a live hub."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

AUDITS = Path(__file__).parent / "audits"


async def run(*command: str) -> tuple[int, bytes]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=AUDITS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out


@pytest.fixture(scope="module")
async def node() -> str:
    """Node with the audits installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("node and npm are not installed")
    if not (AUDITS / "node_modules" / "graphql-http").exists():
        status, _ = await run(npm, "ci", "--ignore-scripts", "--prefer-offline")
        if status:
            pytest.skip("npm ci could not fetch graphql-http")
    return found


async def test_all_61_audits_pass_for_an_outsider(node: str, port: int) -> None:
    status, out = await run(node, "run.mjs", f"http://127.0.0.1:{port}/graphql")

    results = json.loads(out)
    assert status == 0
    assert [result for result in results if result["status"] != "ok"] == []
    kinds = Counter(result["name"].split()[0] for result in results)
    assert kinds == {"MUST": 13, "SHOULD": 23, "MAY": 25}
