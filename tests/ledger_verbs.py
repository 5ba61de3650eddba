"""The mutations of instruments, as the tests send them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.user import User
from tests.doors import Answer, HubClient, id_of, key
from tests.given import a_user, an_organization
from tests.walk import fitting

SHOWN = """
  instrument { id version name assetNo status statusReason dueDate intervalMonths department }
  problems { code message path hint severity }
  replayed
"""
CREATE = f"""
mutation($input: CreateInstrumentInput!) {{ done: createInstrument(input: $input) {{ {SHOWN} }} }}
"""
UPDATE = f"""
mutation($input: UpdateInstrumentInput!) {{ done: updateInstrument(input: $input) {{ {SHOWN} }} }}
"""
RETIRE = f"""
mutation($input: RetireInstrumentInput!) {{ done: retireInstrument(input: $input) {{ {SHOWN} }} }}
"""


@dataclass(frozen=True)
class Firm:
    """An enterprise and its user."""

    owner: Organization
    user: User


async def a_firm(hub: HubClient) -> Firm:
    """An enterprise and its user, stored."""
    owner = await hub.given(an_organization())
    return Firm(owner, await hub.given(a_user(owner)))


async def create(hub: HubClient, as_: User | None, key_: str = "", **content: Any) -> Answer:
    """Create a line in the ledger of who asks."""
    given = {"content": content, "idempotencyKey": key_ or key()}
    return await hub.ask(fitting(CREATE, hub.view(as_)), as_=as_, input=given)


async def update(
    hub: HubClient,
    as_: User | None,
    one: Instrument | str,
    version: int = 1,
    key_: str = "",
    **changes: Any,
) -> Answer:
    """Change a line; `changes` are the members of the input besides id, version and key."""
    id_ = one if isinstance(one, str) else id_of(one)
    given = {"id": id_, "expectedVersion": version, "idempotencyKey": key_ or key()}
    return await hub.ask(fitting(UPDATE, hub.view(as_)), as_=as_, input=given | changes)


async def retire(
    hub: HubClient,
    as_: User | None,
    one: Instrument | str,
    version: int = 1,
    reason: str = "遗失",
    *,
    approved: bool = True,
) -> Answer:
    """Take a line out of the ledger, with an approval unless said otherwise."""
    id_ = one if isinstance(one, str) else id_of(one)
    given = {"id": id_, "expectedVersion": version, "reason": reason, "idempotencyKey": key()}
    return await hub.ask(
        fitting(RETIRE, hub.view(as_)), as_=as_, input=given | {"approved": approved}
    )


def done(answer: Answer) -> dict[str, Any]:
    """What a mutation answers, which was not refused."""
    assert answer.body.get("errors") is None
    found: dict[str, Any] = answer.data["done"]
    assert found["problems"] == []
    return found


def problem(answer: Answer) -> tuple[str, list[str]]:
    """Code and path of the one problem of a mutation that did nothing."""
    found = answer.data["done"]
    assert found["instrument"] is None
    (one,) = found["problems"]
    assert one["severity"] == "ERROR"
    return one["code"], one["path"]


async def journal(hub: HubClient, id_: Any, table: str = "inbox") -> Sequence[Any]:
    """What stands in the audit or in the inbox of one object."""
    columns = {"inbox": "kind, object_version", "audit_event": "action, login, fields"}[table]
    sql = f"SELECT {columns} FROM {table} WHERE object_id = :id ORDER BY id"  # noqa: S608  (ours)
    found: Sequence[Any] = await hub.stored(sql, id=id_)
    return [tuple(row) for row in found]
