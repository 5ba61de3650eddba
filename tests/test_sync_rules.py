"""The rules of instruments, said in SQL for many rows and in Python for one, say the same.

`SYNC_SEED` draws the same lines again.
"""

import asyncio
import os
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from hub.actions.sync_rules import BLANK
from hub.actor import SIGN_IN
from hub.tables.exchange import ExternalId
from hub.tables.instrument import Instrument
from hub.vocabulary import InstrumentState
from schema.ids import decode, encode
from tests.doors import Answer, HubClient, key
from tests.given import a_certificate, a_laboratory, an_instrument
from tests.ledger_verbs import Firm, a_firm
from tests.sync_twin import Case, Cases
from tests.sync_verbs import results, sync

SEED = int(os.environ.get("SYNC_SEED") or secrets.randbits(32))
SHOWN = "{ instrument { id } problems { code path } }"
CREATE = f"mutation($i: CreateInstrumentInput!) {{ done: createInstrument(input: $i) {SHOWN} }}"
UPDATE = f"mutation($i: UpdateInstrumentInput!) {{ done: updateInstrument(input: $i) {SHOWN} }}"
LAST = "lastDate"
OWN = frozenset({"externalId", "status"})
"""Members of a row that are none of what owners say of an instrument."""
APART = {
    "id", "owner_id", "created_at", "updated_at", "version", "status",
    "source_system", "source_key", "source_fetched_at",
}  # fmt: skip
"""What is not to be equal of two stored lines, or is looked at by itself."""


class Twin:
    """A firm with the stored lines of some cases, whose ids in `source` are those of the cases."""

    def __init__(self, firm: Firm, cases: Sequence[Case]) -> None:
        self.firm = firm
        self.stored = {
            one.at: an_instrument(firm.owner, **one.stored) for one in cases if one.stored
        }

    async def store(self, hub: HubClient, cases: Sequence[Case]) -> None:
        """Store the lines, their certificates and their external ids."""
        lab = await hub.given(a_laboratory())
        ids = [
            ExternalId(
                organization_id=self.firm.owner.id,
                object_type="Instrument",
                source="erp",
                external_id=f"E{at}",
                object_id=one.id,
            )
            for at, one in self.stored.items()
        ]
        papers = [
            a_certificate(
                lab.organization, self.stored[one.at], **{"test_from": None, **one.certificate}
            )
            for one in cases
            if one.certificate
        ]
        async with hub.hub.database.writer(SIGN_IN) as db:
            for rows in ([*self.stored.values()], papers, ids):
                await db.attach(rows)

    async def lines(self, hub: HubClient) -> dict[UUID, dict[str, Any]]:
        """The ledger as it is stored by now."""
        sql = "SELECT * FROM instrument WHERE owner_id = :owner"
        rows = await hub.stored(sql, owner=self.firm.owner.id)
        return {row.id: dict(row._mapping) for row in rows}


async def a_twin(hub: HubClient, cases: Sequence[Case]) -> Twin:
    """A new firm for `cases`."""
    made = Twin(await a_firm(hub), cases)
    await made.store(hub, cases)
    return made


async def by_hand(hub: HubClient, twin: Twin, case: Case) -> Answer:
    """The line as its owner would create it, or change it in what the hub does not know better."""
    content = {
        name: one for name, one in case.stated.items() if name not in ("externalId", "status")
    }
    row = twin.stored.get(case.at)
    if row is None:
        given = {"content": content, "idempotencyKey": key()}
        return await hub.ask(CREATE, as_=twin.firm.user, i=given)
    if is_known_better(row, case):
        content.pop(LAST)
    changed: dict[str, Any] = {
        "id": encode("Instrument", row.id),
        "expectedVersion": 1,
        "content": content,
        "idempotencyKey": key(),
    }
    return await hub.ask(UPDATE, as_=twin.firm.user, i=changed)


def is_certified(case: Case) -> bool:
    """Whether a certificate of the hub tells of the last test of a line."""
    about = case.certificate
    return about is not None and (
        about["test_to"] is not None and not about["source_system"] and about["state"] == "ISSUED"
    )


def is_known_better(row: Instrument, case: Case) -> bool:
    """Whether the last date that a line states is passed over."""
    if LAST not in case.stated:
        return False
    stated = case.stated[LAST]
    newer = stated is not None and (row.last_date is None or stated > str(row.last_date))
    return is_certified(case) or (row.status_moved_at is not None and not newer)


def state_of(row: Instrument | None, case: Case) -> str:
    """The state that a line is to have."""
    stated = case.stated.get("status")
    if row is None:
        return stated or InstrumentState.IN_USE
    final = row.status_moved_at is not None or row.status is InstrumentState.SCRAPPED
    return row.status if final or stated is None else stated


def warnings(row: Instrument | None, case: Case) -> set[str]:
    """What a line is warned of."""
    if row is None:
        return set()
    found = set()
    last = str(row.last_date) if row.last_date else None
    if is_known_better(row, case) and case.stated[LAST] != last:
        found.add("LAST_TEST_KEPT")
    if case.stated.get("status") not in (None, state_of(row, case)):
        found.add("STATE_KEPT")
    return found


async def compare(hub: HubClient, cases: Sequence[Case]) -> None:
    """Sync the lines of `cases` in one firm, change them one by one in another, and compare."""
    synced, handled = await a_twin(hub, cases), await a_twin(hub, cases)
    rows = [one.stated for one in cases]

    answer = await sync(hub, synced.firm.user, *rows, source="erp", onError="REJECT_ROWS")
    turns = asyncio.Semaphore(4)

    async def one(case: Case) -> Answer:
        async with turns:
            return await by_hand(hub, handled, case)

    answers = await asyncio.gather(*map(one, cases))

    ours, theirs = await synced.lines(hub), await handled.lines(hub)
    for case, result, other in zip(cases, results(answer), answers, strict=True):
        told = f"SYNC_SEED={SEED}\n{case}\n{result}\n{other.body}"
        assert other.errors == [], told
        refused = other.data["done"]["problems"]
        errors = [each for each in result["problems"] if each["severity"] == "ERROR"]
        assert (result["status"] in ("REJECTED", "CONFLICT")) == bool(errors) == bool(refused), told
        if refused:
            member = refused[0]["path"][0]
            assert any(member.startswith("".join(each["path"][2:])) for each in errors), told
            continue
        row = synced.stored.get(case.at)
        assert {each["code"] for each in result["problems"]} == warnings(row, case), told
        own = ours[decode(result["instrument"]["id"])[1]]
        twin = theirs[decode(other.data["done"]["instrument"]["id"])[1]]
        assert {n: v for n, v in own.items() if n not in APART} == {
            n: v for n, v in twin.items() if n not in APART
        }, told
        assert str(own["resolution_value"]) == str(twin["resolution_value"]), told
        assert own["status"] == state_of(row, case), told
        before = row.status if row else own["status"]
        assert own["version"] == max(twin["version"], 1 + (own["status"] != before)), told
        assert result["version"] == own["version"], told


async def test_many_rows_with_some_members_each_come_to_what_each_comes_to_by_hand(
    hub: HubClient,
) -> None:
    cases = Cases(SEED).mixed(250)

    await compare(hub, cases)


async def test_rows_that_state_everything_come_to_what_each_comes_to_by_hand(
    hub: HubClient,
) -> None:
    cases = Cases(SEED).uniform(120)

    await compare(hub, cases)


async def test_blank_is_what_python_strips_nothing_more_and_nothing_less(hub: HubClient) -> None:
    ((found,),) = await hub.stored(
        "SELECT array_agg(n) FROM generate_series(1, 1114111) n"
        " WHERE n NOT BETWEEN 55296 AND 57343 AND chr(n) ~ :blank",
        blank=BLANK,
    )

    assert found == [n for n in range(1, 0x110000) if chr(n).isspace()]
    for text, blank in {"": True, " \n\u3000 ": True, "\n.\n": False, " \u200b": False}.items():
        ((is_blank,),) = await hub.stored("SELECT :text ~ :blank", text=text, blank=BLANK)
        assert is_blank is blank


@pytest.mark.parametrize(
    ("member", "stored", "given", "status"),
    [
        ("resolution", {"value": "0.10"}, {"value": "0.1"}, "UPDATED"),
        ("resolution", {"value": "0.10"}, {"value": "0.10"}, "UNCHANGED"),
        ("resolution", {"value": "1E+1"}, {"value": "10"}, "UNCHANGED"),
        ("measuringRanges", [{"lower": "0.0"}], [{"lower": "0"}], "UPDATED"),
        ("measuringRanges", [{"lower": "0.0"}], [{"lower": "0.0", "unit": None}], "UNCHANGED"),
        ("uncertainty", {"u": "0.1", "k": "2"}, {"k": "2", "u": "0.1"}, "UNCHANGED"),
        ("purchasePrice", "5", "5.00", "UNCHANGED"),
        ("purchasePrice", 5, "5", "UNCHANGED"),
        ("location", "", None, "UPDATED"),
        ("role", None, "WORKING", "UNCHANGED"),
        ("photoUrls", ["a", "b"], ["b", "a"], "UPDATED"),
    ],
)
async def test_zeros_count_in_what_is_measured_and_not_in_money(
    hub: HubClient, member: str, stored: Any, given: Any, status: str
) -> None:
    firm = await a_firm(hub)
    gauge = {"assetNo": "A", "name": "n"}
    await sync(hub, firm.user, {**gauge, member: stored})

    answer = await sync(hub, firm.user, {**gauge, member: given})

    (result,) = results(answer)
    assert (result["status"], result["changed"]) == (status, [member] * (status == "UPDATED"))
