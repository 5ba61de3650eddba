"""The benches run, its servers agree, and its table says what is past its goal."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.contenders import HUB, LIMIT, STOCK
from bench.operations import DOCUMENTS
from bench.table import Sample, written

ROOT = Path(__file__).parents[1]
COLUMNS = ("operation", "figure", LIMIT, HUB, STOCK, "goal", "not done above")


def a_sample(contender: str, operation: str = "Q1", *, server: float, rate: float) -> Sample:
    return Sample(
        round=0,
        operation=operation,
        contender=contender,
        server=server,
        postgres=1.0,
        p50=1.0,
        p99=1.0,
        rate=rate,
        load=0.5,
    )


def test_a_quick_run_shows_that_all_servers_agree_and_prints_the_table() -> None:
    command = [sys.executable, "-m", "bench", "requests", "--quick"]

    ran = subprocess.run(  # noqa: S603 -- our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    for name in DOCUMENTS:
        assert f"{name}: the same data from LIMIT, hub, stock" in lines
        (line,) = (line for line in lines if line.startswith(f"| **{name}**"))
        assert len(line.split("|")) == len(COLUMNS) + 2


def test_a_quick_run_of_streams_shows_that_everybody_hears_every_event() -> None:
    command = [sys.executable, "-m", "bench", "streams", "--quick"]

    ran = subprocess.run(  # noqa: S603 -- our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "S1: the same data from hub, stock" in ran.stdout.splitlines()
    assert "| server CPU, us per delivery |" in ran.stdout


def test_a_quick_crowd_hears_of_every_change_once() -> None:
    command = [sys.executable, "-m", "bench", "crowd", "--quick"]

    ran = subprocess.run(  # noqa: S603 -- our own program
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "40 deliveries, 0 twice, none missing" in ran.stdout


@pytest.mark.parametrize(
    ("server", "rate", "told"),
    [
        (1.6, 800, ("1.60 |", "0.80 |")),
        (1.7, 799, ("1.70 * |", "0.80 * |")),
        (2.8, 900, ("2.80 NOT DONE |", "0.90 |")),
    ],
)
def test_the_table_marks_what_is_past_its_goal_and_what_is_not_done(
    server: float, rate: float, told: tuple[str, str]
) -> None:
    samples = [
        a_sample(LIMIT, server=1.0, rate=1_000),
        a_sample(HUB, server=server, rate=rate),
        a_sample(STOCK, server=50.0, rate=10),
    ]

    lines = written(samples, LIMIT, HUB).splitlines()

    (cpu,) = (line for line in lines if "| server CPU" in line)
    (throughput,) = (line for line in lines if "| requests/s" in line)
    assert told[0] in cpu
    assert told[1] in throughput


def test_the_table_goes_by_the_median_of_the_rounds() -> None:
    rounds = [a_sample(HUB, server=one, rate=1_000) for one in (1.0, 1.2, 9.0)]

    table = written([a_sample(LIMIT, server=1.0, rate=1_000), *rounds], LIMIT, HUB)

    assert "| 1.20 |" in table
