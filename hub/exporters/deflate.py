"""Text that is compressed in parts, each on its own, which together are one gzip member.

Several members after each other would be a gzip file too (RFC 1952, 2.2), but some clients (httpx
among them) read the first alone and say nothing.
"""

import zlib

RAW = -zlib.MAX_WBITS
LEVEL = 4
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""The head of a member: deflate, no name, no time, no system (RFC 1952, 2.3)."""
LAST = b"\x03\x00"
"""A last block with nothing in it (RFC 1951, 3.2.6)."""


def deflated(data: bytes) -> bytes:
    """`data` as blocks of deflate that end at a byte, none of them the last."""
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return made.compress(data) + made.flush(zlib.Z_FULL_FLUSH)


def inflated(part: bytes) -> bytes:
    """What `deflated` was given."""
    return zlib.decompressobj(RAW).decompress(part)


def tail(crc: int, size: int) -> bytes:
    """What follows the parts of `size` bytes whose CRC-32 is `crc`."""
    return LAST + crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
