"""What can be done with saved queries and their keys: save, delete, make a key, revoke it."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import col

from hub.actions.session import LONGEST_LIFE, actor_unchanged
from hub.actor import SIGN_IN, Actor, Can
from hub.db import Database
from hub.errors import Forbidden, Refused, Unauthenticated, Words
from hub.policy import readable
from hub.rules.saved_query import check_name, check_variables
from hub.rules.text import check_lengths, tidy
from hub.tables.saved_query import ExportKey, SavedQuery
from hub.vocabulary import Role
from hub.writer import Writer, check_version

MOST = 100
"""Saved queries of one organisation."""
MOST_KEYS = 20
"""Keys to one of them."""
KEY_BYTES = 32
PREFIX = "hubkey_"
FORM = re.compile(PREFIX + r"[0-9A-Za-z_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """A key as it is stored, and in clear for the only time."""

    row: ExportKey
    key: str = field(repr=False)


class Holder(NamedTuple):
    """On whose behalf a key opens which saved query."""

    actor: Actor
    query_id: UUID


async def save(
    db: Writer,
    *,
    name: str,
    title: str,
    document: str,
    variables: Mapping[str, Any],
    expected_version: int | None,
) -> SavedQuery:
    """A new saved query; with an `expected_version` the actor's own of this name, changed.

    The document is to be one that the actor may run. Refused for a name that is none and beyond
    `MOST`, Conflict for one that is taken or has changed, NotFound for none to change, Forbidden
    for a colleague's.
    """
    db.actor.must(Can.EXPORT_WRITE)
    owner, who = db.actor.acts_for(), db.actor.user_id
    assert who is not None  # noqa: S101 -- no one has a permission without an account
    check_name(name)
    check_variables(variables)
    content = {"title": tidy(title), "document": document, "variables": dict(variables)}
    check_lengths({"title": content["title"]})
    if expected_version is not None:
        row = await db.one(readable(db.actor, SavedQuery).where(col(SavedQuery.name) == name))
        _insist_on_author(db.actor, row)
        check_version(row, expected_version)
        return await db.change(row, action="saveQuery", **content)
    await db.serialize(f"saved queries {owner}")
    if len(await db.rows(_ids(db.actor))) >= MOST:
        raise Refused(
            f"每个机构至多 {MOST} 个已存查询", f"an organisation has at most {MOST} saved queries"
        )
    row = SavedQuery(
        owner_id=owner,
        author_id=who,
        name=name,
        title=tidy(title),
        document=document,
        variables=dict(variables),
    )
    return await db.add(row, action="saveQuery")


async def delete(db: Writer, query_id: UUID, expected_version: int, *, now: datetime) -> None:
    """Delete a saved query; its keys open nothing any more. The administrator may delete all.

    NotFound, Forbidden for a colleague's, Conflict when the version has moved on.
    """
    row = await _found(db, query_id)
    if Role.ORG_ADMIN not in db.actor.roles:
        _insist_on_author(db.actor, row)
    check_version(row, expected_version)
    await db.retire(row, action="deleteSavedQuery", retired_at=now)


async def create_key(db: Writer, query_id: UUID, *, now: datetime) -> Told:
    """A key with which the table of a saved query can be had for a year, as the actor.

    Only who has saved it makes keys to it: a colleague could change what they tell. NotFound,
    Forbidden, or Refused beyond `MOST_KEYS`.
    """
    row = await _found(db, query_id)
    _insist_on_author(db.actor, row)
    living = readable(db.actor, ExportKey).where(col(ExportKey.query_id) == row.id)
    if len(await db.all(living)) >= MOST_KEYS:
        raise Refused(
            f"每个已存查询至多 {MOST_KEYS} 把密钥",
            f"a saved query has at most {MOST_KEYS} keys",
            hint=Words("请先用 revokeExportKey 撤销不用的", "revoke one with revokeExportKey"),
        )
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    made = ExportKey(
        query_id=row.id,
        owner_id=row.owner_id,
        account_id=row.author_id,
        roles=sorted(db.actor.roles),
        district=db.actor.district,
        digest=digest(key),
        expires_at=now + LONGEST_LIFE,
    )
    return Told(await db.add(made, action="createExportKey"), key)


async def revoke_key(db: Writer, key_id: UUID, *, now: datetime) -> None:
    """End a key at once. NotFound, or Forbidden for a colleague's; the administrator ends all."""
    db.actor.must(Can.EXPORT_WRITE)
    row = await db.one(readable(db.actor, ExportKey).where(col(ExportKey.id) == key_id))
    if Role.ORG_ADMIN not in db.actor.roles and row.account_id != db.actor.user_id:
        raise _another()
    await db.retire(row, action="revokeExportKey", revoked_at=now)


async def holder(database: Database, key: str, *, now: datetime) -> Holder:
    """On whose behalf `key` opens which saved query.

    Unauthenticated for no key of ours, one that is expired or revoked or whose query was deleted,
    and one whose account is not active, or acts for another organisation, roles or district than
    when it was made.
    """
    living = (
        readable(SIGN_IN, ExportKey)
        .join(SavedQuery, col(SavedQuery.id) == col(ExportKey.query_id))
        .where(
            col(ExportKey.digest) == digest(key),
            col(ExportKey.expires_at) > now,
            col(SavedQuery.retired_at).is_(None),
        )
    )
    async with database.reader(SIGN_IN) as db:
        row = await db.first(living)
    if row is None:
        raise _no_key()
    then = (row["owner_id"], row["roles"], row["district"])
    actor = await actor_unchanged(database, row["account_id"], then)
    if actor is None:
        raise _no_key()
    return Holder(actor, row["query_id"])


def digest(key: str) -> bytes:
    """The SHA-256 under which `key` is kept. Unauthenticated for what cannot be a key."""
    if not FORM.fullmatch(key):
        raise _no_key()
    return hashlib.sha256(key.encode()).digest()


def _ids(actor: Actor) -> Any:
    return readable(actor, SavedQuery).with_only_columns(col(SavedQuery.id))


async def _found(db: Writer, query_id: UUID) -> SavedQuery:
    db.actor.must(Can.EXPORT_WRITE)
    return await db.one(readable(db.actor, SavedQuery).where(col(SavedQuery.id) == query_id))


def _insist_on_author(actor: Actor, row: SavedQuery) -> None:
    if row.author_id != actor.user_id:
        raise _another()


def _another() -> Forbidden:
    return Forbidden(
        "这是本机构另一账号保存的查询",
        "a colleague has saved this query",
        hint=Words("请另存为自己的查询", "save it as your own under another name"),
    )


def _no_key() -> Unauthenticated:
    return Unauthenticated(
        "密钥无效，或已过期、撤销，或其查询已删除，或其账号已停用、机构与角色已变更",
        "the key is not valid, or not any more",
        hint=Words("请用 createExportKey 另取一把", "make another one with createExportKey"),
    )
