"""The table of the figures: medians over the rounds, as ratios to LIMIT, beside the goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.operations import TITLES


@dataclass(frozen=True)
class Sample:
    """What one contender needed for one operation in one round; times in milliseconds.

    `server` and `postgres` are CPU time per request at 16 connections, p50 and p99 the latency at
    one connection, `rate` the requests per second at 16.
    """

    round: int
    operation: str
    contender: str
    server: float
    postgres: float
    p50: float
    p99: float
    rate: float
    load: float

    @property
    def total(self) -> float:
        """The CPU time of the server and of PostgreSQL."""
        return self.server + self.postgres


@dataclass(frozen=True)
class Figure:
    """One line of the table: the goal as a ratio to LIMIT, and what must not be passed."""

    name: str
    attribute: str
    goals: dict[str, float]
    bounds: dict[str, float]
    falls: bool = True
    """Whether less is better."""


EACH = ("Q1", "Q2", "Q3", "Q4")
FIGURES = (
    Figure(
        "server CPU, ms",
        "server",
        {"Q1": 1.6, "Q2": 1.4, "Q3": 1.25, "Q4": 1.4, "M1": 1.6},
        {"Q1": 2.7, "Q2": 3.0, "Q3": 3.0, "Q4": 3.0, "M1": 2.1},
    ),
    Figure("server + PostgreSQL CPU, ms", "total", dict.fromkeys(EACH, 1.15), {}),
    Figure("p50, ms", "p50", dict.fromkeys(EACH, 1.3), {}),
    Figure("p99, ms", "p99", dict.fromkeys(EACH, 2.0), {}),
    Figure("requests/s", "rate", {"Q1": 0.8, "Q2": 0.9, "Q3": 0.9, "Q4": 0.9}, {}, falls=False),
)


def written(samples: Sequence[Sample], limit: str, ours: str) -> str:
    """The table in Markdown. The first column of figures is LIMIT's own, the others are ratios.

    A ratio of `ours` is marked where it is past its goal, or past what must not be passed.
    """
    names = list(dict.fromkeys(one.contender for one in samples))
    others = [name for name in names if name != limit]
    head = ["", "", limit, *(f"{name} / {limit}" for name in others), "goal", "not done above"]
    lines = [head, ["---", "---", *["--:"] * (len(head) - 2)]]
    for operation in dict.fromkeys(one.operation for one in samples):
        lines += [_line(figure, operation, samples, limit, others, ours) for figure in FIGURES]
    told = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    loads = [one.load for one in samples]
    rounds = 1 + max(one.round for one in samples)
    return (
        f"{told}\n\nmedians of {rounds} rounds; load average {median(loads):.1f},"
        f" at most {max(loads):.1f}"
    )


def _line(
    figure: Figure,
    operation: str,
    samples: Sequence[Sample],
    limit: str,
    others: Sequence[str],
    ours: str,
) -> list[str]:
    def middle(name: str) -> float:
        return median(
            float(getattr(one, figure.attribute))
            for one in samples
            if (one.operation, one.contender) == (operation, name)
        )

    base = middle(limit)
    goal, bound = figure.goals.get(operation), figure.bounds.get(operation)
    ratios = []
    for name in others:
        ratio = middle(name) / base
        mark = _mark(ratio, goal, bound, falls=figure.falls) if name == ours else ""
        ratios.append(f"{ratio:.2f}{mark}")
    title = f"**{operation}** {TITLES[operation]}" if figure is FIGURES[0] else ""
    return [title, figure.name, f"{base:,.3g}" if base < 1000 else f"{base:,.0f}", *ratios,
            f"{goal:g}" if goal else "", f"{bound:g}" if bound else ""]  # fmt: skip


def _mark(ratio: float, goal: float | None, bound: float | None, *, falls: bool) -> str:
    if bound is not None and ratio > bound:
        return " NOT DONE"
    if goal is None:
        return ""
    return "" if (ratio <= goal) == falls or ratio == goal else " *"
