"""Node ids: opaque to clients, a type and a key to us."""

import base64
import binascii
from uuid import UUID

import strawberry

from hub.errors import BadInput, Path, Words

MOST_IDS = 100
STANDARD = str.maketrans("-_", "+/")


def encode(noun: str, key: UUID) -> strawberry.ID:
    """The id of the row `key` of `noun`."""
    packed = base64.urlsafe_b64encode(key.bytes + noun.encode()).rstrip(b"=")
    return strawberry.ID(packed.decode())


def decode(id_: str, path: Path = ("id",)) -> tuple[str, UUID]:
    """Noun and key of an id. BadInput where it is not one of ours."""
    try:
        standard = id_.translate(STANDARD) + "=" * (-len(id_) % 4)
        raw = binascii.a2b_base64(standard, strict_mode=True)
        return raw[16:].decode("ascii"), UUID(bytes=raw[:16])
    except (binascii.Error, ValueError) as error:
        raise BadInput(
            "标识符无效",
            "this is not an id of the hub",
            hint=Words("请使用查询结果中的 id", "use an id that a query returned"),
            path=path,
        ) from error


def key_of(id_: str, noun: str, path: Path = ("id",)) -> UUID:
    """The key of an id that must be of `noun`. BadInput where it is of another."""
    found, key = decode(id_, path)
    if found != noun:
        raise BadInput(
            f"标识符指向 {found}，此处需要 {noun}",
            f"this id is of {found}, expected {noun}",
            path=path,
        )
    return key
