"""Ledger files as the tests hand them in, over the door and over the command line."""

from pathlib import Path
from typing import Any

from tests.doors import Answer, Asker, HubClient, key

LEDGERS = Path(__file__).parents[1] / "examples" / "data" / "ledgers"
AS_OF = "2024-06-30"
IMPORT = """
mutation($input: ImportLedgerInput!) {
  importLedger(input: $input) {
    counts { imported skipped rejected blank header warned }
    encoding headerLine wrong { line outcome codes }
    findings { line cell column code message value offered }
    stored { created updated unchanged } problems { code message path hint } replayed
  }
}
"""
HEADER = "管理编号,器具名称,出厂编号,制造厂,检定周期(月),检定日期,使用状态"
WRITTEN = """
SELECT (SELECT count(*) FROM instrument WHERE owner_id = :owner) AS lines,
       (SELECT coalesce(sum(version), 0) FROM instrument WHERE owner_id = :owner) AS versions,
       (SELECT count(*) FROM inbox WHERE organization_ids = ARRAY[:owner]
        AND object_type = 'Instrument') AS inbox,
       (SELECT count(*) FROM audit_event WHERE object_type = 'Instrument'
        AND organization_id = :owner) AS audited,
       (SELECT count(*) FROM idempotency_key) AS keys
"""


def a_ledger(*lines: str) -> bytes:
    """A file of the lines, below the header, in UTF-8."""
    return "\n".join([HEADER, *lines, ""]).encode()


def line(number: int, name: str = "卡尺", state: str = "在用") -> str:
    """A line without fault."""
    return f"G-{number},{name},S{number},样例厂,12,2024-03-05,{state}"


async def import_ledger(
    hub: HubClient,
    who: Asker,
    file: bytes,
    filename: str = "台账.csv",
    document: str = IMPORT,
    headers: dict[str, str] | None = None,
    **given: Any,
) -> Answer:
    """Upload a file into the ledger of who asks, as of 2024-06-30."""
    asked = {"asOf": AS_OF, "idempotencyKey": key()} | given
    return await hub.upload(document, file, filename, as_=who, headers=headers, input=asked)


def taken(answer: Answer) -> dict[str, Any]:
    """The report of an import that was not refused as a whole."""
    assert answer.body.get("errors") is None
    found: dict[str, Any] = answer.data["importLedger"]
    assert found["problems"] == []
    return found


async def written(hub: HubClient, owner: Any) -> tuple[int, ...]:
    """What is stored of an owner's ledger: lines, versions, news, audit rows; and all keys."""
    (row,) = await hub.stored(WRITTEN, owner=owner.id)
    return tuple(map(int, row))
