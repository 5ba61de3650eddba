"""How records of the audit hang together, and whether a chain of them is whole.

Each record's hash covers the one before, so that what is altered, taken out, put in or moved shows
(GB/T 22239-2019, 8.1.4.3 c: audit records are protected). A tail that was cut off, or a chain that
was made anew, shows against a head that somebody else has kept: an `Anchor`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from hub.vocabulary import Term

BEGINNING = bytes(32)
"""What the first record follows."""
COVERED = (
    "at",
    "subject_id",
    "login",
    "organization_id",
    "roles",
    "action",
    "object_type",
    "object_id",
    "fields",
    "purpose",
    "result",
    "request_id",
)


class Head(NamedTuple):
    """A place in a chain: the number and the hash of a record, zero and `BEGINNING` for none."""

    seq: int
    hash: bytes


class Anchor(NamedTuple):
    """A head that was signed, and when."""

    at: datetime
    head: Head


class AuditFault(Term):
    """审计链的问题."""

    MISSING = "MISSING", "缺少记录：被删除、截断或移走"
    ALTERED = "ALTERED", "记录或其散列被改动"
    REWRITTEN = "REWRITTEN", "与已签名的锚点不符：此前的链被重新生成"
    HEAD = "HEAD", "链尾与所记的不符"


class Fault(NamedTuple):
    """What is wrong with a chain, and from which record on."""

    seq: int
    fault: AuditFault


def chained(previous: bytes, seq: int, chained_at: datetime, event: Mapping[Any, Any]) -> bytes:
    """The hash (SHA-256) of an event as the record `seq`, behind one with the hash `previous`."""
    said = [seq, chained_at.astimezone(UTC), event["at"].astimezone(UTC)]
    said += [event[name] for name in COVERED[1:]]
    return hashlib.sha256(previous + orjson.dumps(said, default=str)).digest()


class Walk:
    """A walk along a chain, from behind the record `begin`, that ends at the first fault.

    `anchors` are hashes by number that were signed when those records were the newest.
    """

    def __init__(self, begin: Head, anchors: Mapping[int, bytes]) -> None:
        self.at = begin
        self._anchors = anchors

    def follow(self, records: Iterable[Mapping[Any, Any]]) -> Fault | None:
        """What is wrong with the next `records`; behind a fault nothing can be told."""
        for record in records:
            seq = self.at.seq + 1
            if record["seq"] != seq:
                return Fault(seq, AuditFault.MISSING)
            made = chained(self.at.hash, seq, record["chained_at"], record)
            if record["hash"] != made:
                return Fault(seq, AuditFault.ALTERED)
            if self._anchors.get(seq, made) != made:
                return Fault(seq, AuditFault.REWRITTEN)
            self.at = Head(seq, made)
        return None

    def end(self, head: Head) -> Fault | None:
        """What is wrong with the end of the chain, which should be `head` and reach all anchors."""
        if max([head.seq, *self._anchors]) > self.at.seq:
            return Fault(self.at.seq + 1, AuditFault.MISSING)
        return None if head == self.at else Fault(self.at.seq, AuditFault.HEAD)
