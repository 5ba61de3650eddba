"""Signs heads of the audit chain into a file that is kept elsewhere, and tells whether it did."""

import errno
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hub.errors import BadInput
from hub.keys import made_once
from hub.rules.audit import Anchor, Head
from hub.settings import Settings


class Notary:
    """Appends signed heads to a file, one JSON object a line: {at, seq, hash, signature}."""

    def __init__(self, key: Ed25519PrivateKey, file: Path) -> None:
        self._key = key
        self._file = file

    @classmethod
    def of_settings(cls, chosen: Settings) -> "Notary":
        """The notary of the settings; key and file are in the data folder unless they say where."""
        made = chosen.data / "keys" / "audit.pem"
        pem = chosen.audit_key.read_text() if chosen.audit_key else made_once(made, _fresh)
        return cls(_private(pem), anchor_file(chosen))

    @property
    def public_key(self) -> str:
        """The PEM text that anchors are checked with; to be kept with them, not with the hub."""
        form = PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(Encoding.PEM, form).decode()

    def anchor(self, head: Head, at: datetime) -> None:
        """Append a head, and see it on the disk. OSError.

        It begins a line, also behind what a killed process or a full disk has left of another.
        """
        said = {"at": at.isoformat(), "seq": head.seq, "hash": head.hash.hex()}
        signature = b64encode(self._key.sign(orjson.dumps(said))).decode()
        line = orjson.dumps(said | {"signature": signature}) + b"\n"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            end = os.fstat(opened).st_size
            if end and os.pread(opened, 1, end - 1) != b"\n":
                line = b"\n" + line
            if os.write(opened, line) < len(line):
                raise OSError(errno.ENOSPC, "an anchor was written in part", str(self._file))
            os.fsync(opened)
        finally:
            os.close(opened)


def anchor_file(chosen: Settings) -> Path:
    """Where anchors are appended."""
    return chosen.audit_anchors or chosen.data / "audit" / "anchors.jsonl"


def anchors_in(file: Path, public_key: str) -> Sequence[Anchor]:
    """The heads that were signed into a file. BadInput, naming the line, for a forged one.

    What is left of a line that was cut off counts for nothing.
    """
    key = _public(public_key)
    lines = enumerate(file.read_bytes().split(b"\n"), 1)
    return [_anchor(key, line, number) for number, line in lines if _is_whole(line)]


def _is_whole(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _anchor(key: Ed25519PublicKey, line: bytes, number: int) -> Anchor:
    try:
        said = orjson.loads(line)
        signature = b64decode(said.pop("signature"), validate=True)
        key.verify(signature, orjson.dumps(said))
        head = Head(said["seq"], bytes.fromhex(said["hash"]))
        return Anchor(datetime.fromisoformat(said["at"]), head)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature) as error:
        raise BadInput(
            f"第 {number} 行不是本平台签名的锚点",
            f"line {number} is no anchor that was signed here",
            path=("anchors", number),
        ) from error


def _fresh() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _private(pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise _unusable() from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable()
    return key


def _public(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise _unusable() from error
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable()
    return key


def _unusable() -> BadInput:
    return BadInput("审计锚点的密钥须为 Ed25519 的 PEM", "the key of anchors is Ed25519, in PEM")
