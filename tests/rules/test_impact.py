"""Impact of a standard found out of tolerance."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.impact import Certified, impact
from tests.rules.vectors import load

SAMPLE = load("sample-traceability.json")
CERTIFICATES = [
    Certified(each["no"], each["item"], tuple(each["standards"]), date.fromisoformat(each["date"]))
    for each in SAMPLE["certificates"]
]
START, END = date(2024, 1, 1), date(2024, 12, 31)
ITEMS = st.sampled_from("ABCDEF")
CHAINS = st.lists(
    st.tuples(ITEMS, st.lists(ITEMS, max_size=3), st.integers(0, 700)), max_size=25
).map(
    lambda rows: [
        Certified(str(number), item, tuple(standards), START + timedelta(days=day))
        for number, (item, standards, day) in enumerate(rows)
    ]
)


@pytest.mark.parametrize("query", SAMPLE["queries"])
def test_the_sample_queries_are_answered(query: dict[str, Any]) -> None:
    start, end = (date.fromisoformat(query[each]) for each in ("suspectFrom", "suspectTo"))

    affected = {
        each.certificate.number: each
        for each in impact(CERTIFICATES, query["standard"], start, end)
    }

    assert sorted(affected) == sorted(query["certificates"])
    instruments = {each["id"] for each in SAMPLE["instruments"]}
    items = {each.certificate.item for each in affected.values()}
    assert sorted(items & instruments) == sorted(query["instruments"])
    for number, detail in query["details"].items():
        assert affected[number].depth == detail["depth"]
        assert list(affected[number].path) == detail["path"]


def test_an_instrument_calibrated_again_with_good_standards_says_since_when() -> None:
    used = Certified("1", "gauge", ("bad",), date(2024, 2, 1))
    doubtful = Certified("2", "gauge", ("bad",), date(2024, 6, 1))
    good = Certified("3", "gauge", ("good",), date(2025, 2, 1))

    affected = impact([good, doubtful, used], "bad", START, END)

    assert [each.certificate.number for each in affected] == ["1", "2"]
    assert [each.recalibrated_on for each in affected] == [date(2025, 2, 1)] * 2


def test_standards_that_calibrate_each_other_come_to_an_end() -> None:
    ring = [
        Certified("1", "B", ("A",), date(2024, 1, 10)),
        Certified("2", "A", ("B",), date(2024, 2, 10)),
        Certified("3", "B", ("A",), date(2024, 3, 10)),
        Certified("4", "gauge", ("B", "A"), date(2024, 4, 10)),
    ]

    affected = impact(ring, "A", START, date(2024, 1, 31))

    depths = [(each.certificate.number, each.depth) for each in affected]
    assert depths == [("1", 1), ("2", 2), ("3", 3), ("4", 3)]


def test_doubt_ends_on_the_eve_of_the_next_certificate() -> None:
    chain = [
        Certified("working", "W", ("R",), date(2024, 3, 1)),
        Certified("again", "W", ("other",), date(2025, 3, 1)),
        Certified("last", "gauge", ("W",), date(2025, 2, 28)),
        Certified("safe", "scale", ("W",), date(2025, 3, 1)),
    ]

    affected = impact(chain, "R", START, END)

    assert [each.certificate.number for each in affected] == ["working", "last"]


@given(CHAINS, ITEMS)
def test_every_affected_certificate_has_a_reason_and_is_told_once(
    chain: list[Certified], standard: str
) -> None:
    affected = impact(chain, standard, START, END)

    numbers = [each.certificate.number for each in affected]
    assert len(numbers) == len(set(numbers))
    for each in affected:
        *_, used, item = each.path
        assert each.path[0] == standard
        assert len(each.path) == each.depth + 1
        assert item == each.certificate.item
        assert used in each.certificate.standards


@given(CHAINS, ITEMS, st.integers(0, 365))
def test_a_longer_window_never_affects_less(
    chain: list[Certified], standard: str, days: int
) -> None:
    short = impact(chain, standard, START, END)
    long = impact(chain, standard, START, END + timedelta(days=days))

    numbers = {each.certificate.number: each.depth for each in long}
    assert all(numbers[each.certificate.number] <= each.depth for each in short)
