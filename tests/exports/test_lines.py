"""Rows as text and back: nothing is lost between a row and a line, whatever the text is."""

import csv
import io
import zlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Forbidden, LinkExpired
from hub.exporters.deflate import HEAD, deflated, inflated, tail
from hub.exporters.lines import FORMULA, NUMBER, csv_lines, json_lines
from hub.keys import Keyring
from hub.links import LIFE, PATH, Links

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CELL = st.none() | st.booleans() | st.integers(-(2**31), 2**31 - 1) | TEXT
ROWS = st.lists(
    st.fixed_dictionaries({"a": CELL, "b": st.none() | st.fixed_dictionaries({"c": TEXT})})
)
KEYS = Keyring("k2", {"k2": b"2" * 32, "k1": b"1" * 32})
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@given(ROWS)
def test_each_row_is_a_line_of_json(rows: list[dict[str, object]]) -> None:
    lines = json_lines(rows).split(b"\n")

    assert [orjson.loads(line) for line in lines[:-1]] == rows
    assert lines[-1] == b""


@given(ROWS)
def test_each_row_is_a_record_of_csv_and_only_formulas_are_altered(
    rows: list[dict[str, object]],
) -> None:
    text = csv_lines(rows, ["a", "b.c"], heading=True).decode("utf-8-sig")
    heading, *records = csv.reader(io.StringIO(text, newline=""))

    assert heading == ["a", "b.c"]
    assert len(records) == len(rows)
    for record, row in zip(records, rows, strict=True):
        inner = row["b"]["c"] if isinstance(row["b"], dict) else None
        for field, value in zip(record, (row["a"], inner), strict=True):
            whole = "" if value is None else str(value)
            whole = whole.lower() if isinstance(value, bool) else whole
            assert field in {whole, f"'{whole}"}
            assert not FORMULA.match(field) or NUMBER.match(field)
            assert (field == whole) or FORMULA.match(whole)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (["甲", "乙"], "甲；乙"),
        ([], ""),
        ([{"lower": "0.10"}], '"[{""lower"":""0.10""}]"'),
        ("-40.50", "-40.50"),
        ("-40.50 ℃", "'-40.50 ℃"),
        (True, "true"),
    ],
)
def test_a_list_is_one_cell(value: object, cell: str) -> None:
    assert csv_lines([{"a": value, "b": 1}], ["a", "b"], heading=False).decode() == f"{cell},1\r\n"


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_may_take_for_a_formula_is_quoted(sign: str) -> None:
    text = csv_lines([{"a": f"{sign}1+1"}], ["a"], heading=False).decode()

    assert list(csv.reader(io.StringIO(text, newline=""))) == [[f"'{sign}1+1"]]


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_parts_are_one_gzip_member_that_tells_when_it_is_cut(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    stored = [deflated(part) for part in parts]

    file = HEAD + b"".join(stored) + tail(zlib.crc32(whole), len(whole))

    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert member.decompress(file) == whole
    assert (member.eof, member.unused_data) == (True, b"")
    assert [inflated(part) for part in stored] == parts
    cut = zlib.decompressobj(zlib.MAX_WBITS | 16)
    cut.decompress(file[:-1])
    assert not cut.eof


@given(st.uuids(), st.timedeltas(timedelta(), LIFE - timedelta(seconds=1)))
def test_a_link_leads_to_its_export_until_its_time_is_over(key: UUID, later: timedelta) -> None:
    link = Links(KEYS).path(key, NOW).removeprefix(PATH)

    assert Links(KEYS).read(link, NOW + later) == key
    with pytest.raises(LinkExpired):
        Links(KEYS).read(link, NOW + LIFE + timedelta(seconds=1))


@given(st.uuids(), st.data())
def test_a_link_with_one_character_changed_leads_nowhere(key: UUID, data: st.DataObject) -> None:
    link = Links(KEYS).path(key, NOW).removeprefix(PATH)
    at = data.draw(st.integers(0, len(link) - 1))
    other = data.draw(st.characters().filter(lambda one: one != link[at]))

    with pytest.raises(Forbidden):
        Links(KEYS).read(link[:at] + other + link[at + 1 :], NOW)


def test_links_outlive_the_key_that_they_were_signed_with_while_it_is_known() -> None:
    before = Links(Keyring("k1", {"k1": b"1" * 32})).path(UUID(int=7), NOW).removeprefix(PATH)

    assert Links(KEYS).read(before, NOW) == UUID(int=7)
    with pytest.raises(Forbidden):
        Links(Keyring("k2", {"k2": b"2" * 32})).read(before, NOW)


@given(st.text(max_size=80))
def test_no_text_but_ours_is_a_link(text: str) -> None:
    with pytest.raises(Forbidden):
        Links(KEYS).read(text, NOW)
