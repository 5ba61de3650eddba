"""The operations that are measured, and what each request of them asks: never the same twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from loaders.keyset import By
from schema.ids import encode
from schema.page import pack

SYNC_PAGE = 1_000
POINTS = 512
OWNERS = 8
SYNC_STEP = 250
GROUP = 20
WRITERS = 10
ROWS = 500
WRITTEN = "M1-"
"""How the asset numbers of the instruments begin that M1 writes."""

DOCUMENTS = {
    "Q1": """
query Q1($id: ID!) {
  instrument(id: $id) {
    id assetNo name modelSpec serialNo manufacturer status dueDate
    owner { name }
    certificates(first: 3) { nodes { number issueDate conclusion issuer { name } } }
  }
}""",
    "Q2": """
query Q2($owner: ID!) {
  instruments(first: 50, filter: {owner: {eq: $owner}}, order: [ASSET_NO_ASC]) {
    nodes {
      id assetNo name modelSpec serialNo manufacturer field accuracyClass status location
      intervalMonths dueDate
      owner { name }
      certificates(first: 3) { nodes { number issueDate validUntil issuer { name } } }
    }
  }
}""",
    "Q3": """
query Q3($first: Int!, $after: String) {
  instruments(first: $first, after: $after, order: [UPDATED_AT_ASC]) {
    nodes {
      id assetNo name modelSpec serialNo manufacturer field accuracyClass managementClass status
      location intervalMonths lastDate dueDate version updatedAt
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "Q4": """
query Q4($after: String) {
  organizations(first: 20, after: $after) {
    nodes {
      name
      instruments(first: 10) {
        nodes {
          name assetNo
          certificates(first: 3) { nodes { number issueDate issuer { name } } }
        }
      }
    }
  }
}""",
    "M1": """
mutation M1($input: SyncInstrumentsInput!) {
  syncInstruments(input: $input) { results { instrument { id assetNo version } } }
}""",
}
TITLES = {
    "Q1": "one instrument, its owner and latest 3 certificates",
    "Q2": "an organisation's first 50, with owner and 3 certificates each",
    "Q3": "a sync page of 1,000 x 16 fields",
    "Q4": "20 organisations x 10 instruments x 3 certificates",
    "M1": "500 rows of 10 members created or updated",
}
MARK = "@@@@@@@@"
"""Stands in a request for what is new each time that it is sent."""


@dataclass(frozen=True)
class Case:
    """One request: who asks, with which variables; `keys` are the same for the statement of LIMIT.

    LIMIT knows no node ids, cursors or accounts, so it is told the plain keys.
    """

    login: str
    variables: Mapping[str, Any]
    keys: Sequence[Any]

    def body(self, name: str, *, plain: bool) -> bytes:
        """The body of the request, with the plain keys for who needs them."""
        asked = {"operationName": name, "query": DOCUMENTS[name]}
        if plain and "input" in self.variables:  # the keys hold all of it
            return orjson.dumps({**asked, "keys": self.keys})
        keys = {"keys": self.keys} if plain else {}
        return orjson.dumps({**asked, "variables": self.variables, **keys})


async def cases(connection: Any) -> dict[str, list[Case]]:
    """What the requests of each operation ask, in the order in which they are sent."""
    largest = await connection.fetchrow(
        "SELECT login_name, organization_id AS id FROM user_account WHERE login_name = 'erp-1'"
    )
    return {
        "Q1": await _points(connection, *largest),
        "Q2": await _ledgers(connection),
        "Q3": await _pages(connection, *largest),
        "Q4": await _groups(connection),
        "M1": await _ledgers_to_write(connection),
    }


async def _points(connection: Any, login: str, owner: UUID) -> list[Case]:
    rows = await connection.fetch(
        "SELECT id FROM instrument WHERE owner_id = $1 ORDER BY md5(id::text) LIMIT $2",
        owner,
        POINTS,
    )
    return [Case(login, {"id": encode("Instrument", row["id"])}, [str(row["id"])]) for row in rows]


async def _ledgers(connection: Any) -> list[Case]:
    rows = await connection.fetch(
        "SELECT login_name, organization_id AS id FROM user_account"
        " WHERE roles = '{SYSTEM}' AND login_name <> 'erp-1' ORDER BY md5(login_name) LIMIT $1",
        OWNERS,
    )
    return [
        Case(row["login_name"], {"owner": encode("Organization", row["id"])}, [str(row["id"])])
        for row in rows
    ]


async def _pages(connection: Any, login: str, owner: UUID) -> list[Case]:
    """Every page is full: it starts at the beginning or after one of the rows that leave enough."""
    rows = await connection.fetch(
        "SELECT updated_at, id FROM instrument WHERE owner_id = $1 ORDER BY updated_at, id", owner
    )
    order = (By("updated_at"), By("id"))
    starts = rows[SYNC_STEP - 1 : len(rows) - SYNC_PAGE : SYNC_STEP]
    first = ["0001-01-01T00:00:00+00:00", str(UUID(int=0))]
    return [
        Case(login, {"first": SYNC_PAGE, "after": None}, [str(owner), *first, SYNC_PAGE]),
        *(
            Case(
                login,
                {"first": SYNC_PAGE, "after": pack(order, row)},
                [str(owner), row["updated_at"].isoformat(), str(row["id"]), SYNC_PAGE],
            )
            for row in starts
        ),
    ]


async def _groups(connection: Any) -> list[Case]:
    """A data steward, who oversees every organisation, turns the pages of all of them."""
    rows = await connection.fetch("SELECT id FROM organization ORDER BY id")
    starts = rows[GROUP - 1 : len(rows) - GROUP : GROUP]
    return [
        Case("steward", {"after": None}, [str(UUID(int=0))]),
        *(Case("steward", {"after": pack((By("id"),), row)}, [str(row["id"])]) for row in starts),
    ]


async def _ledgers_to_write(connection: Any) -> list[Case]:
    """The systems of ten enterprises, each with rows that differ from one request to the next."""
    rows = await connection.fetch(
        "SELECT login_name, organization_id AS id FROM user_account"
        " WHERE roles = '{SYSTEM}' AND login_name <> 'erp-1' ORDER BY login_name LIMIT $1",
        WRITERS,
    )
    return [_ledger_to_write(row["login_name"], row["id"]) for row in rows]


def _ledger_to_write(login: str, owner: UUID) -> Case:
    rows = [
        {
            "assetNo": f"{WRITTEN}{at:05}",
            "name": "指针式压力表",
            "modelSpec": "Y-100 (0~1.6) MPa",
            "serialNo": f"SN{at:08}",
            "manufacturer": "上海自动化仪表四厂",
            "managementClass": "ABC"[at % 3],
            "department": "设备动力部",
            "location": f"一车间 / R{at % 40}",
            "intervalMonths": (6, 12, 24)[at % 3],
            "remark": MARK,
        }
        for at in range(ROWS)
    ]
    given = {"rows": rows, "onError": "REJECT_ROWS", "idempotencyKey": MARK}
    return Case(login, {"input": given}, [str(owner), rows])
