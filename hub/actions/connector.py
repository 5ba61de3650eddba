"""What can be done with connectors: create, update, rotate the secret; say something to one."""

import base64
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from hub.actor import Actor, Can
from hub.errors import BadInput, Refused, Words
from hub.exchange import (
    ConnectorHealth,
    ConnectorKind,
    MessageDirection,
    MessageState,
)
from hub.policies.connector import KEEPERS
from hub.policy import readable
from hub.rules.text import check_lengths, tidy
from hub.rules.webhook import target_of
from hub.sealing import Vault
from hub.tables.connector import Connector, ConnectorMessage, SourceRecord
from hub.times import utc_now
from hub.writer import Writer, check_version

CODE = re.compile(r"[a-z][a-z0-9-]{1,31}", re.ASCII)
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 -- how Standard Webhooks spells secrets
MOST = 10
"""Connectors of one organisation."""
LONGEST_CREDENTIAL = 4_096
OF_ORGANIZATIONS = frozenset({ConnectorKind.ERP, ConnectorKind.SUBMISSION})
OF_THE_PLATFORM = frozenset(ConnectorKind) - {ConnectorKind.ERP}
WAKE = sa.text("NOTIFY connector")
HEALED: dict[str, Any] = {
    "failures": 0,
    "failing_since": None,
    "blocked_until": None,
    "health": ConnectorHealth.OK,
}
# The address of an institute's connector, or of the platform's, is no secret of theirs: callers of
# other organisations leave messages for it, and read nothing else of it.
ADDRESS = sa.text(
    """
    SELECT id, organization_id FROM shown.connector_address
    WHERE kind = :kind AND (organization_id = :served OR organization_id IS NULL)
      AND id = coalesce(CAST(:only AS uuid), id)
    ORDER BY organization_id NULLS LAST, state, id LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Told:
    """A connector and its new secret, in clear for the only time."""

    row: Connector
    secret: str = field(repr=False)


async def create(
    db: Writer,
    *,
    code: str,
    kind: ConnectorKind,
    name: str,
    base_url: str | None,
    credential: str | None,
    allowed: Collection[str],
    vault: Vault,
    now: datetime,
) -> Told:
    """A new connector of the actor's organisation, or of the platform by those who keep its own.

    BadInput for a URL or credential that cannot be, Refused for a kind that is not theirs, without
    a name or beyond `MOST`, Conflict for a code that is taken.
    """
    db.actor.must(Can.CONNECTOR_WRITE)
    owner = _owner(db.actor, kind)
    await db.serialize(f"connectors {owner}")
    mine = readable(db.actor, Connector).where(col(Connector.organization_id) == owner)
    if owner is not None and len(await db.all(mine)) >= MOST:
        raise Refused(
            f"每个机构至多 {MOST} 个连接", f"an organisation has at most {MOST} connectors"
        )
    if not CODE.fullmatch(code):
        raise BadInput(
            "代码须以小写字母开头，由 2 至 32 个小写字母、数字与连字符组成",
            "a code has 2 to 32 lower-case letters, digits and hyphens, a letter first",
            path=("code",),
        )
    row = Connector(
        code=code,
        kind=kind,
        name=_name(name),
        organization_id=owner,
        secret="",
        next_at=now,
    )
    if base_url is not None:
        row.base_url = _base(base_url, allowed)
        row.credential = _sealed(credential, row.id, vault)
    raw = secrets.token_bytes(SECRET_BYTES)
    row.secret = vault.seal(raw, str(row.id))
    await db.add(row, action="createConnector")
    await db.execute(WAKE)
    return Told(row, _shown(raw))


async def update(
    db: Writer,
    connector_id: UUID,
    expected_version: int,
    *,
    allowed: Collection[str],
    vault: Vault,
    now: datetime,
    **values: Any,
) -> Connector:
    """Change name, base URL, credential or state of a connector, and try it again at once.

    A base URL elsewhere needs its credential told anew. NotFound, Conflict when the version has
    moved on, BadInput for a URL or credential that cannot be.
    """
    row = await _own(db, connector_id, expected_version)
    if "name" in values:
        values["name"] = _name(values["name"])
    if "base_url" in values:
        values["base_url"] = _base(values["base_url"], allowed)
        moved = values["base_url"] != row.base_url
        if moved and "credential" not in values:
            raise Refused(
                "更改地址时须一并给出凭据",
                "a new address needs its credential",
                path=("credential",),
            )
        if moved:  # a cursor of another system leads nowhere; what is read again is known by its id
            values |= {"cursor": None, "leased_until": None}
            await _forget_places(db, row.id)
    if "credential" in values:
        values["credential"] = _sealed(values["credential"], row.id, vault)
    if {"base_url", "credential", "state"} & values.keys():
        values |= {**HEALED, "rereads": 0, "next_at": now}
    changed = await db.change(row, action="updateConnector", **values)
    await db.execute(WAKE)
    return changed


async def rotate(db: Writer, connector_id: UUID, expected_version: int, *, vault: Vault) -> Told:
    """Give a connector another secret for what it pushes; the one before opens nothing any more.

    NotFound, Conflict when the version has moved on.
    """
    row = await _own(db, connector_id, expected_version)
    raw = secrets.token_bytes(SECRET_BYTES)
    sealed = vault.seal(raw, str(row.id))
    return Told(await db.change(row, action="rotateConnectorSecret", secret=sealed), _shown(raw))


async def retry(db: Writer, message_id: UUID, *, now: datetime) -> ConnectorMessage:
    """Have a message applied or sent again that was not taken. NotFound, Refused for any other."""
    db.actor.must(Can.CONNECTOR_WRITE)
    wanted = readable(db.actor, ConnectorMessage).where(col(ConnectorMessage.id) == message_id)
    row = await db.one(wanted)
    if row.state not in (MessageState.REJECTED, MessageState.DEAD):
        raise Refused(
            f"报文的状态为“{row.state.label}”，不能重试",
            f"a message that is {row.state} cannot be tried again",
            hint=Words("只有 REJECTED 与 DEAD 可重试", "only REJECTED and DEAD ones can"),
        )
    again = {"state": MessageState.PENDING, "tries": 0, "tried_since": None, "done_at": None}
    await db.execute(
        sa.update(ConnectorMessage)
        .where(col(ConnectorMessage.id) == row.id)
        .values(**again, next_at=now, version=row.version + 1, updated_at=sa.func.now())
    )
    db.audit("retryConnectorMessage", object_type=ConnectorMessage.__name__, object_id=row.id)
    await db.execute(WAKE)
    return row


async def queue(
    db: Writer,
    kind: ConnectorKind,
    organization_id: UUID | None,
    *,
    type: str,
    subject: str,
    data: Mapping[str, Any],
    only: UUID | None = None,
) -> UUID | None:
    """The id of a message that is sent once this transaction has committed; `data` fits JSON.

    It goes to the connector of that kind of the organisation, or else to the platform's, and waits
    where that is paused and there is no other; messages of one subject go out in their order. What
    answers a connector goes to that one, `only`. None, and nothing is kept, where there is no such
    connector.
    """
    found = await db.rows(ADDRESS, kind=kind.value, served=organization_id, only=only)
    if not found:
        return None
    now, key = utc_now(), uuid7()
    message = {
        "id": key,
        "version": 1,
        "connector_id": found[0]["id"],
        "organization_id": found[0]["organization_id"],
        "direction": MessageDirection.OUT,
        "key": str(key),
        "type": type,
        "subject": subject,
        "at": now,
        "body": orjson.dumps(data).decode(),
        "state": MessageState.PENDING,
        "tries": 0,
        "next_at": now,
    }
    await db.execute(insert(ConnectorMessage).values(message))
    await db.execute(WAKE)
    return key


async def _forget_places(db: Writer, connector_id: UUID) -> None:
    """Another system numbers its events anew; which is older is told by their instants."""
    this = col(SourceRecord.connector_id) == connector_id
    await db.execute(sa.update(SourceRecord).where(this).values(seq=None))


async def _own(db: Writer, connector_id: UUID, expected_version: int) -> Connector:
    db.actor.must(Can.CONNECTOR_WRITE)
    row = await db.one(readable(db.actor, Connector).where(col(Connector.id) == connector_id))
    check_version(row, expected_version)
    return row


def _owner(actor: Actor, kind: ConnectorKind) -> UUID | None:
    """Whose a connector of `kind` is that the actor makes. Refused where it cannot be theirs."""
    keeps = actor.has(KEEPERS)
    if kind not in (OF_THE_PLATFORM if keeps else OF_ORGANIZATIONS):
        whose = Words("平台", "the platform") if keeps else Words("机构", "an organisation")
        raise Refused(
            f"{whose.zh}没有“{kind.label}”这种连接",
            f"{whose.en} has no connector of kind {kind}",
            path=("kind",),
        )
    return None if keeps else actor.acts_for()


def _base(url: str, allowed: Collection[str]) -> str:
    """A base URL as it is stored: no slash at its end. BadInput for one nothing is sent to."""
    base = url.rstrip("/")
    try:
        target_of(base, allowed)
    except BadInput as refusal:
        refusal.path = ("baseUrl",)
        raise
    if "?" in base or "#" in base:
        raise BadInput(
            "地址中不能带 ? 或 #", "a base URL has no query and no fragment", path=("baseUrl",)
        )
    return base


def _sealed(credential: str | None, connector_id: UUID, vault: Vault) -> str:
    """A credential as it is stored. BadInput for one that fits no header."""
    told = credential or ""
    if not 0 < len(told) <= LONGEST_CREDENTIAL or not (told.isascii() and told.isprintable()):
        raise BadInput(
            f"凭据须为 1 至 {LONGEST_CREDENTIAL} 个可见的 ASCII 字符",
            f"a credential has 1 to {LONGEST_CREDENTIAL} visible characters of ASCII",
            path=("credential",),
        )
    return vault.seal(told.encode(), about_credential(connector_id))


def about_credential(connector_id: UUID) -> str:
    """What the sealed credential of a connector is about."""
    return f"credential {connector_id}"


def _name(text: str) -> str:
    name = tidy(text)
    check_lengths({"name": name})
    if not name:
        raise Refused("连接须有名称", "a connector needs a name", path=("name",))
    return name


def _shown(secret: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(secret).decode()
