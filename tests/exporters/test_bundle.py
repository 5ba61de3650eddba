"""ZIP files made in pieces: what others read of them, their names, and numbers beyond 32 bits."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.exporters.bundle import (
    Entry,
    central_head,
    end_of,
    entries_in,
    file_name,
    local_head,
    member,
    piece,
)

AT = datetime(2026, 3, 5, 16, 30, 44, tzinfo=UTC)
ID = "01a2072ed5517745b92e6bc8355765f3"


def test_members_are_read_with_their_names_contents_and_times() -> None:
    contents = {"证书_1.xml": b"<a/>" * 1_000, "empty.xml": b"", "b.xml": b"x"}
    data, directory = b"", b""
    for name, content in contents.items():
        made = member(name, content)
        directory += central_head(made.entry, AT, len(data))
        data += local_head(made.entry, AT) + made.data

    whole = data + directory + end_of(entries_in(directory), len(directory), len(data))

    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert {one: opened.read(one) for one in opened.namelist()} == contents
        assert {one.date_time for one in opened.infolist()} == {(2026, 3, 6, 0, 30, 44)}


def test_a_member_beyond_four_gibibytes_is_found(tmp_path: Path) -> None:
    far, file = 5 * 2**30, tmp_path / "large.zip"
    first, last = member("a.xml", b"first"), member("b.xml", b"last")
    directory = central_head(first.entry, AT, 0) + central_head(last.entry, AT, far)

    with file.open("wb") as opened:  # what lies between is a hole that takes no space
        opened.write(local_head(first.entry, AT) + first.data)
        opened.seek(far)
        begins = far + opened.write(local_head(last.entry, AT) + last.data)
        opened.write(directory + end_of(2, len(directory), begins))

    with zipfile.ZipFile(file) as read:
        assert [read.read(name) for name in ("a.xml", "b.xml")] == [b"first", b"last"]


def test_more_members_than_sixteen_bits_count_are_all_found() -> None:
    number = 2**16 + 5
    content = member("", b"same")
    data, directory = bytearray(), bytearray()
    for at in range(number):
        entry = content.entry._replace(name=f"{at}.xml")
        directory += central_head(entry, AT, len(data))
        data += local_head(entry, AT) + content.data

    end = end_of(entries_in(bytes(directory)), len(directory), len(data))

    with zipfile.ZipFile(io.BytesIO(bytes(data + directory + end))) as opened:
        assert len(opened.namelist()) == number
        assert opened.read(f"{number - 1}.xml") == b"same"


@pytest.mark.parametrize("entries", [2**16 - 2, 2**16 - 1])
def test_the_old_form_is_kept_where_its_numbers_are_large_enough(entries: int) -> None:
    old = end_of(entries, 100, 1_000)

    assert old.startswith(b"PK\x05\x06") == (entries < 2**16 - 1)


@pytest.mark.parametrize("offset", [2**32 - 2, 2**32 - 1])
def test_an_offset_is_told_in_the_new_form_where_the_old_one_ends(
    offset: int, tmp_path: Path
) -> None:
    made, file = member("a.xml", b"there"), tmp_path / "large.zip"
    directory = central_head(made.entry, AT, offset)

    with file.open("wb") as opened:
        opened.seek(offset)
        begins = offset + opened.write(local_head(made.entry, AT) + made.data)
        opened.write(directory + end_of(1, len(directory), begins))

    assert (directory[-12:-8] == b"\x01\x00\x08\x00") == (offset == 2**32 - 1)
    with zipfile.ZipFile(file) as read:
        assert read.read("a.xml") == b"there"


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("SZJL-2026-0001", "SZJL-2026-0001"),
        ("苏检字（2026）第 7 号", "苏检字_2026_第_7_号"),
        ('..\\..\\a/b:c*?"<>|\n', "a_b_c"),
        ("CON.1", "CON_1"),
        ("-rf", "rf"),
        ("a\u202egpj", "a_gpj"),
        ("…", "certificate"),
        ("长" * 200, "长" * 60),
    ],
)
def test_a_file_has_a_name_that_is_safe_on_every_system(number: str, plain: str) -> None:
    assert file_name(number, ID) == f"{plain}_{ID[-16:]}.xml"


def test_the_manifest_of_a_piece_guards_against_formulas_and_has_one_heading() -> None:
    rows = [{"id": "1", "number": "=1+1", "file": None, "reason": "草稿", "member": None}]

    first, next_ = (piece(rows, AT, 0, is_first=one) for one in (True, False))

    assert first.data == first.directory == b""
    assert len(first.listing) > len(next_.listing)
    assert entries_in(b"") == 0


def test_an_entry_says_nothing_of_a_member_but_its_name_and_sizes() -> None:
    assert member("a", b"abc").entry == Entry("a", 0x352441C2, 5, 3)
