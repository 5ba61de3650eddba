"""The end of a bundle: its manifest and its directory, made of what each part has left of them."""

import zlib
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, func, insert, literal, select
from sqlmodel import col

from hub.actor import PLATFORM
from hub.exporters.bundle import (
    MANIFEST_NAME,
    Entry,
    central_head,
    end_of,
    entries_in,
    local_head,
)
from hub.exporters.deflate import LAST, inflated
from hub.policy import readable
from hub.tables.export import ExportPart
from hub.writer import Writer


class _Left(NamedTuple):
    """What the parts have left: the manifest as a member, entries and bytes of the directory."""

    manifest: Entry
    entries: int
    directory: int


async def closed(db: Writer, export: RowMapping, parts: int, size: int) -> dict[str, int]:
    """Store what follows the `parts` of a bundle, of `size` bytes; how many they are by then.

    They are many small parts, so that the end of a large bundle takes no more memory than another.
    """
    left = await _left(db, export, parts)
    at = export["created_at"]
    head, tail = local_head(left.manifest, at), central_head(left.manifest, at, size)
    begins = size + len(head) + left.manifest.packed
    directory = left.directory + len(tail)
    tail += end_of(left.entries + 1, directory, begins)
    await _store(db, export, parts, head)
    await _copy(db, export, parts, col(ExportPart.listing), parts + 1)
    await _store(db, export, 2 * parts + 1, LAST)
    await _copy(db, export, parts, col(ExportPart.directory), 2 * parts + 2)
    await _store(db, export, 3 * parts + 2, tail)
    return {"parts": 3 * parts + 3, "size": begins + left.directory + len(tail)}


async def _left(db: Writer, export: RowMapping, parts: int) -> _Left:
    crc = packed = size = entries = directory = 0
    columns = (col(ExportPart.listing), col(ExportPart.directory))
    for number in range(parts):
        this = readable(PLATFORM, ExportPart).where(_of(export), col(ExportPart.number) == number)
        (row,) = await db.rows(this.with_only_columns(*columns))
        lines = inflated(row["listing"])
        crc, size, packed = zlib.crc32(lines, crc), size + len(lines), packed + len(row["listing"])
        entries += entries_in(row["directory"])
        directory += len(row["directory"])
    return _Left(Entry(MANIFEST_NAME, crc, packed + len(LAST), size), entries, directory)


async def _store(db: Writer, export: RowMapping, number: int, data: bytes) -> None:
    values = {"export_id": export["id"], "number": number, "owner_id": export["owner_id"]}
    await db.execute(insert(ExportPart).values(**values, data=data))


async def _copy(db: Writer, export: RowMapping, parts: int, column: Any, first: int) -> None:
    """Store a column of all parts as parts of their own, from the number `first` on."""
    number = col(ExportPart.number)
    copied = select(
        col(ExportPart.export_id),
        number + literal(first),
        col(ExportPart.owner_id),
        func.coalesce(column, b""),
    ).where(_of(export), number < parts)
    names = ["export_id", "number", "owner_id", "data"]
    await db.execute(insert(ExportPart).from_select(names, copied))


def _of(export: RowMapping) -> Any:
    return col(ExportPart.export_id) == export["id"]
