"""syncInstruments, as the tests send it, and what it leaves behind."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.tables.organization import Organization
from tests.doors import Answer, Asker, HubClient, key

SYNC = """
mutation($input: SyncInstrumentsInput!) {
  done: syncInstruments(input: $input) {
    results {
      index externalId status version changed
      instrument { id version name assetNo status lastDate dueDate remark }
      problems { code message path severity }
    }
    counts { created updated unchanged rejected conflict }
    changeCursor
    replayed
  }
}
"""
BRIEFLY = """
mutation($input: SyncInstrumentsInput!) {
  done: syncInstruments(input: $input) {
    results { index status version problems { code } }
    counts { created updated unchanged rejected conflict }
    replayed
  }
}
"""
TRACES = """
SELECT (SELECT coalesce(sum(version), 0) FROM instrument WHERE owner_id = :owner) AS versions,
       (SELECT count(*) FROM audit_event WHERE organization_id = :owner
        AND object_type = 'Instrument') AS audited,
       (SELECT count(*) FROM inbox WHERE organization_ids @> ARRAY[CAST(:owner AS uuid)]
        AND object_type = 'Instrument') AS announced,
       (SELECT count(*) FROM external_id WHERE organization_id = :owner) AS named,
       (SELECT count(*) FROM idempotency_key WHERE principal IN (
           SELECT CAST(id AS text) FROM user_account WHERE organization_id = :owner)) AS kept
"""


class Traces(NamedTuple):
    """What syncs leave behind in an organisation: sums and counts of rows."""

    versions: int
    audited: int
    announced: int
    named: int
    kept: int


NOTHING = Traces(0, 0, 0, 0, 0)


async def sync(
    hub: HubClient, as_: Asker, *rows: dict[str, Any], key_: str = "", **options: Any
) -> Answer:
    """Sync `rows` into the ledger of who asks; `options` are the other members of the input."""
    return await hub.ask(SYNC, as_=as_, input=the_input(*rows, key_=key_, **options))


async def sync_briefly(
    hub: HubClient, as_: Asker, *rows: dict[str, Any], key_: str = "", **options: Any
) -> Answer:
    """The same, asking for little of each row."""
    return await hub.ask(BRIEFLY, as_=as_, input=the_input(*rows, key_=key_, **options))


def the_input(*rows: dict[str, Any], key_: str = "", **options: Any) -> dict[str, Any]:
    """The input of a sync of `rows`."""
    return {"rows": list(rows), "idempotencyKey": key_ or key(), **options}


def results(answer: Answer) -> list[dict[str, Any]]:
    """What became of each row of a call that was not refused, in the order of the rows."""
    assert not answer.errors, answer.errors
    found: list[dict[str, Any]] = answer.data["done"]["results"]
    assert [one["index"] for one in found] == list(range(len(found)))
    return found


def statuses(answer: Answer) -> list[str]:
    """What became of each row."""
    return [one["status"] for one in results(answer)]


def codes(answer: Answer) -> list[list[str]]:
    """The codes of the problems of each row."""
    found: Sequence[Any] = results(answer)
    return [[problem["code"] for problem in one["problems"]] for one in found]


def a_row(at: int, **members: Any) -> dict[str, Any]:
    """The row `at` of a ledger that another system keeps."""
    return {"externalId": f"E{at}", "assetNo": f"JL-{at:04}", "name": f"压力表 {at}", **members}


def a_ledger(size: int, **members: Any) -> list[dict[str, Any]]:
    """So many rows, each with `members` as well."""
    return [a_row(at, **members) for at in range(size)]


async def traces(hub: HubClient, of: Organization) -> Traces:
    """What stands in the tables for `of` by now."""
    (found,) = await hub.stored(TRACES, owner=of.id)
    return Traces(*map(int, found))


async def lines(hub: HubClient, of: Organization) -> list[Any]:
    """The ledger of `of` as it is stored, by asset number."""
    sql = "SELECT * FROM instrument WHERE owner_id = :owner ORDER BY asset_no, serial_no"
    return list(await hub.stored(sql, owner=of.id))
