"""ZIP files that are made member by member, by whoever goes on where another has stopped.

APPNOTE 6.3.10 of PKWARE; names in UTF-8, ZIP64 where a number is too large for the old form.
"""

import re
import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from hub.exporters.deflate import RAW, deflated
from hub.exporters.lines import csv_lines
from hub.times import LOCAL

MANIFEST = ["id", "number", "file", "reason"]
"""The columns of the manifest: a certificate, and its file or why there is none."""
MANIFEST_NAME = "manifest.csv"
LEVEL = 6
ODD = re.compile(r"[^\w-]+")
LONGEST_NAME = 60
ID_DIGITS = 16
UTF8_NAMES, DEFLATE = 0x0800, 8
PLAIN, ZIP64 = 20, 45
"""What a reader has to know: version 2.0 (deflate), version 4.5 (ZIP64)."""
LOCAL_HEAD = struct.Struct("<4s5H3L2H")
CENTRAL_HEAD = struct.Struct("<4s6H3L5H2L")
ZIP64_END = struct.Struct("<4sQ2H2L4Q")
ZIP64_PLACE = struct.Struct("<4sLQL")
END = struct.Struct("<4s4H2LH")
FULL, FULL_SHORT = 0xFFFF_FFFF, 0xFFFF
READABLE = 0o644 << 16


class Entry(NamedTuple):
    """A member but for its data: name, CRC-32, and bytes with and without compression."""

    name: str
    crc: int
    packed: int
    size: int


class Member(NamedTuple):
    """A member with its deflated data."""

    entry: Entry
    data: bytes


def member(name: str, content: bytes) -> Member:
    """The member `name` that holds `content`."""
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    data = made.compress(content) + made.flush()
    return Member(Entry(name, zlib.crc32(content), len(data), len(content)), data)


def file_name(number: str, id_: str) -> str:
    """The name of the file of a certificate: safe on every system, and of this certificate alone.

    Of the number what is neither letter, digit nor `-` is `_`; the last digits of its id follow.
    """
    plain = ODD.sub("_", number).strip("_-")[:LONGEST_NAME]
    return f"{plain or 'certificate'}_{id_[-ID_DIGITS:]}.xml"


def local_head(entry: Entry, at: datetime) -> bytes:
    """What stands before the data of a member that was made at an instant."""
    name = entry.name.encode()
    numbers = (UTF8_NAMES, DEFLATE, *_dos(at), entry.crc, entry.packed, entry.size, len(name), 0)
    return LOCAL_HEAD.pack(b"PK\x03\x04", PLAIN, *numbers) + name


def central_head(entry: Entry, at: datetime, offset: int) -> bytes:
    """What the directory says of a member that begins at `offset`."""
    name, extra, version = entry.name.encode(), b"", PLAIN
    if offset >= FULL:
        extra, version, offset = struct.pack("<2HQ", 1, 8, offset), ZIP64, FULL
    numbers = (UTF8_NAMES, DEFLATE, *_dos(at), entry.crc, entry.packed, entry.size)
    rest = (len(name), len(extra), 0, 0, 0, READABLE, offset)
    made_by = 3 << 8 | version  # Unix, whose rights are told
    return CENTRAL_HEAD.pack(b"PK\x01\x02", made_by, version, *numbers, *rest) + name + extra


def end_of(entries: int, size: int, offset: int) -> bytes:
    """What follows a directory of so many `entries` and bytes that begins at `offset`."""
    large = b""
    if entries >= FULL_SHORT or size >= FULL or offset >= FULL:
        numbers = (ZIP64_END.size - 12, ZIP64, ZIP64, 0, 0, entries, entries, size, offset)
        large = ZIP64_END.pack(b"PK\x06\x06", *numbers)
        large += ZIP64_PLACE.pack(b"PK\x06\x07", 0, offset + size, 1)
    few = min(entries, FULL_SHORT)
    old = (0, 0, few, few, min(size, FULL), min(offset, FULL), 0)
    return large + END.pack(b"PK\x05\x06", *old)


def entries_in(directory: bytes) -> int:
    """How many members a piece of a directory tells of."""
    number = place = 0
    while place < len(directory):
        name, extra, note = CENTRAL_HEAD.unpack_from(directory, place)[10:13]
        place += CENTRAL_HEAD.size + name + extra + note
        number += 1
    return number


class Piece(NamedTuple):
    """Members after each other, what the directory says of them, and the manifest, deflated."""

    data: bytes
    directory: bytes
    listing: bytes


def piece(rows: Iterable[Any], at: datetime, offset: int, *, is_first: bool) -> Piece:
    """The piece of a bundle that begins at `offset`: of each row the `member`, if it has one."""
    rows = list(rows)
    data, directory = bytearray(), bytearray()
    for found in (row["member"] for row in rows if row["member"] is not None):
        directory += central_head(found.entry, at, offset + len(data))
        data += local_head(found.entry, at) + found.data
    lines = csv_lines(rows, MANIFEST, heading=is_first)
    return Piece(bytes(data), bytes(directory), deflated(lines) if lines else b"")


def _dos(at: datetime) -> tuple[int, int]:
    """Time and date as MS-DOS has them, of the calendar of the hub."""
    at = at.astimezone(LOCAL)
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    return time, at.year - 1980 << 9 | at.month << 5 | at.day
