"""What the command says when it is used wrongly, and that it says it plainly."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def hub(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", "from hub.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (("up", "--port", "70000"), {}, 2, "65535"),
        (("doctor",), {"HUB_PORT": "abc"}, 2, "HUB_PORT"),
        (("doctor",), {"HUB_POOL_SIZE": "0"}, 2, "HUB_POOL_SIZE"),
        (
            ("migrate",),
            {"HUB_DATABASE_URL": "postgresql+asyncpg://hub:x@127.0.0.1:1/hub"},
            1,
            "HUB_DATABASE_URL",
        ),
        (("import", "none.csv", "--owner", "91320500MAY4LR3A1Y"), {}, 2, "none.csv"),
    ],
)
def test_a_wrong_use_is_told_in_words_and_by_the_exit_code(
    arguments: tuple[str, ...], environment: dict[str, str], code: int, words: str
) -> None:
    done = hub(*arguments, **environment)

    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = hub("up", "--port", str(port), "--data", str(tmp_path / "data"))

    assert done.returncode == 1
    assert str(port) in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_report_of_an_unknown_kind_is_refused_before_anything_is_imported(
    tmp_path: Path,
) -> None:
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("管理编号,器具名称,规格型号,出厂编号\nA-1,卡尺,x,1\n")

    done = hub(
        "import", str(ledger), "--owner", "91320500MAY4LR3A1Y", "--report", "report.txt",
        "--data", str(tmp_path / "data"),
    )  # fmt: skip

    assert done.returncode == 2
    assert ".json" in done.stderr
    assert not (tmp_path / "data").exists()


def test_help_waits_for_no_library_that_only_a_command_needs() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, hub.cli; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert not {"asyncpg", "graphql", "pydantic", "sqlalchemy", "starlette"} & set(
        loaded.stdout.split()
    )


def test_help_lists_every_command() -> None:
    done = hub("--help")

    assert done.returncode == 0
    for command in (
        "up",
        "serve",
        "worker",
        "migrate",
        "token",
        "explain",
        "import",
        "import-dcc",
        "doctor",
    ):
        assert f" {command} " in done.stdout
