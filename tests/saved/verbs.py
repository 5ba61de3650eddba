"""Saved queries as the tests save them, make keys to them, and have them as tables."""

import base64
from typing import Any

import httpx
from sqlalchemy import text

from hub.actions.session import hash_password
from hub.actor import PLATFORM
from hub.tables.user import User
from tests.accounts import PASSWORD
from tests.doors import Answer, Asker, HubClient, key

LEDGER = """
query($name: String, $status: [InstrumentState!], $size: Int) {
  instruments(first: $size, filter: {name: {eq: $name}, status: {in: $status}}, order: [ID_ASC]) {
    nodes { assetNo name owner { name } certificates(first: 1) { nodes { number } } }
    pageInfo { endCursor }
  }
}
"""
NUMBERS = "{ instruments(order: [ID_ASC]) { nodes { assetNo } } }"
PROBLEMS = "problems { code message path hint } replayed"
SHOWN = f"savedQuery {{ id name title document variables version }} {PROBLEMS}"
SAVE = f"mutation($input: SaveQueryInput!) {{ done: saveQuery(input: $input) {{ {SHOWN} }} }}"
DELETE = (
    "mutation($input: DeleteSavedQueryInput!)"
    f" {{ done: deleteSavedQuery(input: $input) {{ {SHOWN} }} }}"
)
MAKE_KEY = (
    "mutation($input: CreateExportKeyInput!)"
    f" {{ done: createExportKey(input: $input) {{ exportKey {{ id expiresAt }} key {PROBLEMS} }} }}"
)
REVOKE = (
    "mutation($input: RevokeExportKeyInput!)"
    f" {{ done: revokeExportKey(input: $input) {{ {PROBLEMS} }} }}"
)


async def save(
    hub: HubClient, who: Asker, name: str = "ledger", document: str = NUMBERS, **given: Any
) -> Answer:
    """The answer to who saves a query."""
    said = {"name": name, "title": "台账", "document": document, "idempotencyKey": key()}
    return await hub.ask(SAVE, as_=who, input=said | given)


async def saved(
    hub: HubClient, who: Asker, name: str = "ledger", document: str = NUMBERS, **given: Any
) -> Any:
    """A query that was saved."""
    answer = await save(hub, who, name, document, **given)
    assert answer.errors == []
    assert answer.data["done"]["problems"] == []
    return answer.data["done"]["savedQuery"]


async def delete(hub: HubClient, who: Asker, query: Any) -> Answer:
    """The answer to who deletes a saved query."""
    given = {"id": query["id"], "expectedVersion": query["version"], "idempotencyKey": key()}
    return await hub.ask(DELETE, as_=who, input=given)


async def make_key(hub: HubClient, who: Asker, query: Any, key_: str = "") -> Answer:
    """The answer to who makes a key."""
    given = {"savedQuery": query["id"], "idempotencyKey": key_ or key()}
    return await hub.ask(MAKE_KEY, as_=who, input=given)


async def a_key(hub: HubClient, who: Asker, query: Any) -> str:
    """A new key in clear."""
    answer = await make_key(hub, who, query)
    assert answer.errors == []
    found: str = answer.data["done"]["key"]
    return found


async def revoke(hub: HubClient, who: Asker, id_: str) -> Answer:
    """The answer to who revokes a key."""
    return await hub.ask(REVOKE, as_=who, input={"id": id_, "idempotencyKey": key()})


async def table(
    hub: HubClient, who: Asker, path: str = "ledger.csv", **given: Any
) -> httpx.Response:
    """What the address of a table answers to a token of `who`."""
    headers = given.pop("headers", {})
    if token := await hub.token(who):
        headers = {**headers, "authorization": f"Bearer {token}"}
    return await hub.http.get(f"/export/{path}", headers=headers, params=given or None)


async def with_password(hub: HubClient, who: User) -> User:
    """`who`, with a password from now on."""
    sql = "UPDATE user_account SET password_hash = :hash WHERE id = :id"
    await changed(hub, sql, hash=await hash_password(PASSWORD), id=who.id)
    return who


def basic(login: str, password: str = PASSWORD) -> dict[str, str]:
    """The header that Excel sends once it was given login and password."""
    said = base64.b64encode(f"{login}:{password}".encode()).decode()
    return {"authorization": f"Basic {said}"}


async def changed(hub: HubClient, sql: str, **values: Any) -> None:
    """Run a statement as the role that sees every organisation."""
    async with hub.hub.database.engine(PLATFORM).begin() as connection:
        await connection.execute(text("SELECT set_config('app.org', '*', true)"))
        await connection.execute(text(sql), values)


async def signs_in(hub: HubClient, who: User) -> list[str]:
    """How the passwords that were looked at for `who` were found."""
    rows = await hub.stored(
        "SELECT result FROM audit_event WHERE action = 'signIn'"
        " AND :id IN (subject_id, object_id) ORDER BY at",
        id=who.id,
    )
    return [row.result for row in rows]
