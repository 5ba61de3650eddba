"""The IDE's pure JavaScript, by node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["sample", "results", "explain"])
def test_the_javascript_tests_pass(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")

    file = Path(__file__).with_name(f"{name}.test.mjs")
    done = subprocess.run(  # noqa: S603  the arguments are ours
        [node, "--test", file], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
