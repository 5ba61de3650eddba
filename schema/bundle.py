"""Certificates as files of a bundle: each as the DCC that GraphQL would hand to who asks."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from hub.actor import Actor
from hub.db import Database
from hub.errors import CostExceeded, Refused
from hub.exporters.bundle import file_name, member
from hub.exporters.dcc.turns import written_dcc
from hub.exporters.dcc.whole import EXPORTED, Whole
from hub.signer import Signer
from loaders.certificate import Wholes
from schema.ids import key_of

AT_ONCE = 20
"""Certificates that are read together."""


class Dccs:
    """Writes the DCCs of certificates, those issued here signed by `signer` if there is one."""

    def __init__(self, database: Database, signer: Signer | None) -> None:
        self._database = database
        self._signer = signer

    async def of(self, actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Of each row with `id` and `number` its line of the manifest, and its `member` if any."""
        found: list[dict[str, Any]] = []
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            keys = [key_of(row["id"], "Certificate") for row in some]
            wholes = await self._wholes(actor, keys)
            for row, key, whole in zip(some, keys, wholes, strict=True):
                line = {"id": row["id"], "number": row["number"], "file": None, "reason": None}
                found.append(line | await self._file(key, whole))
        return found

    async def _wholes(
        self, actor: Actor, keys: Sequence[UUID]
    ) -> list[Whole | CostExceeded | None]:
        """What `actor` may read of each; CostExceeded for one that is too large to be read."""
        try:
            async with self._database.reader(actor) as reader:
                return list(await Wholes(reader).load_many(keys))
        except CostExceeded as error:
            if len(keys) == 1:
                return [error]
            half = len(keys) // 2
            return [
                *await self._wholes(actor, keys[:half]),
                *await self._wholes(actor, keys[half:]),
            ]

    async def _file(self, key: UUID, whole: Whole | CostExceeded | None) -> dict[str, Any]:
        if whole is None:
            return _none("已不可见")
        if isinstance(whole, CostExceeded):
            return _none(f"内容太多：{whole.words.zh}")
        if whole.state not in EXPORTED:
            return _none(whole.state.label)
        try:
            written = await written_dcc(whole, self._signer)
        except Refused as refusal:
            at = ".".join(map(str, refusal.path))
            return _none(f"{refusal.words.zh}（{at}）" if at else refusal.words.zh)
        except Exception as error:  # noqa: BLE001 -- no certificate keeps the others out
            structlog.get_logger("hub.exports").error(
                "certificate not written", certificate=str(key), error=repr(error)
            )
            return _none("内部错误，已记录")
        name = file_name(whole.number, key.hex)
        return {"file": name, "member": await asyncio.to_thread(member, name, written)}


def _none(reason: str) -> dict[str, Any]:
    return {"reason": reason, "member": None}
