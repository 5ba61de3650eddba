"""Numbers of documents, and when they are in force."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.document import kind_of, normal_number, parse_number, state_on
from hub.vocabulary import DocumentKind, DocumentState

DAYS = st.dates(date(1990, 1, 1), date(2050, 12, 31))


@pytest.mark.parametrize(
    ("written", "key", "kind"),
    [
        ("JJG 52-2013", "JJG 52-2013", "JJG"),
        ("JJG351-96", "JJG 351-1996", "JJG"),
        (" ｊｊｇ　３５１—９６ ", "JJG 351-1996", "JJG"),
        ("JJG（苏） 42–2010", "JJG(苏) 42-2010", "JJG"),
        ("JJF (苏)169-2015", "JJF(苏) 169-2015", "JJF"),
        ("JJG(交通)023-2020", "JJG(交通) 023-2020", "JJG"),
        ("JJF1059.1-2012", "JJF 1059.1-2012", "JJF"),
        ("JJG 2000-1990", "JJG 2000-1990", "JJG"),
        ("JJG 2001-1987", "JJG 2001-1987", "JJG_SYSTEM"),
        ("JJG2099-2024", "JJG 2099-2024", "JJG_SYSTEM"),
        ("JJG 2100-2024", "JJG 2100-2024", "JJG"),
        ("GB 17167-2006", "GB 17167-2006", "GB"),
        ("GB/T8170-2008", "GB/T 8170-2008", "GBT"),
        ("GBT 8170-2008", "GB/T 8170-2008", "GBT"),
        ("GB/T 32170.1－2015", "GB/T 32170.1-2015", "GBT"),
        ("DB3205/T1052-2022", "DB3205/T 1052-2022", "DB"),
        ("DB37/T 3909-2020", "DB37/T 3909-2020", "DB"),
        ("ISO/IEC 17025-2017", "ISO/IEC 17025:2017", "ISO"),
        ("ISO 13528:2022", "ISO 13528:2022", "ISO"),
        ("ISO/IEC Guide 98-3:2008", "ISO/IEC GUIDE 98-3:2008", "ISO"),
        ("OIML R111-1:2004", "OIML R 111-1:2004", "OIML"),
        ("SZJL-ZY-012 压力表", "SZJL-ZY-012 压力表", "INTERNAL"),
        ("JJG 52", "JJG 52", "INTERNAL"),
    ],
)
def test_a_number_has_one_spelling_and_a_kind(written: str, key: str, kind: str) -> None:
    assert normal_number(written) == key
    assert normal_number(key) == key
    assert kind_of(written) == kind


@given(
    st.sampled_from(["JJG", "JJF", "JJG(苏)", "JJF(交通)", "GB/T", "DB32/T"]),
    st.integers(1, 9999),
    st.integers(0, 3),
    st.integers(1950, 2049),
    st.booleans(),
    st.sampled_from(["", " ", "  ", "　"]),
    st.sampled_from(["-", "—", "–", "－", " - "]),
)
def test_however_a_number_is_written_its_key_is_the_same(
    prefix: str, serial: int, part: int, year: int, short: bool, blank: str, hyphen: str
) -> None:
    number = f"{serial}.{part}" if part else str(serial)
    shown = f"{year % 100:02}" if short else str(year)

    parsed = parse_number(f"{prefix}{blank}{number}{hyphen}{shown}")

    assert str(parsed) == f"{prefix} {number}-{year}"


@given(st.text())
def test_any_text_has_a_key_that_stays(text: str) -> None:
    once = normal_number(text)

    assert normal_number(once) == once
    assert kind_of(text) in DocumentKind


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2013-12-26", "ADOPTED_UPCOMING"),
        ("2013-12-27", "IN_FORCE"),
        ("2023-05-31", "IN_FORCE"),
        ("2023-06-01", "REPLACED"),
    ],
)
def test_a_document_is_in_force_until_its_successor_is(day: str, state: str) -> None:
    effective, replaced = date(2013, 12, 27), date(2023, 6, 1)

    found = state_on(date.fromisoformat(day), effective, replaced_on=replaced)

    assert found == state


def test_a_document_may_be_abolished_without_successor() -> None:
    found = state_on(date(2024, 1, 1), None, abolished_on=date(2024, 1, 1))

    assert found is DocumentState.ABOLISHED


@given(DAYS, DAYS, DAYS)
def test_exactly_one_of_two_editions_is_in_force(day: date, first: date, second: date) -> None:
    first, second = sorted((first, second))

    old = state_on(day, first, replaced_on=second)
    new = state_on(day, second)

    in_force = [each for each in (old, new) if each is DocumentState.IN_FORCE]
    assert len(in_force) == (day >= first)
    assert state_on(day, day + timedelta(days=1)) is DocumentState.ADOPTED_UPCOMING
