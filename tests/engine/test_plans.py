"""Plans are shared by what is alike in requests, never by what one of them brought."""

import asyncio
from typing import Any

import pytest

from hub.tables.instrument import Instrument
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient, id_of
from tests.given import a_user, an_instrument, an_organization

PAGES = """
query($after: String) { instruments(first: 1, after: $after, order: [ASSET_NO_ASC]) {
  nodes { assetNo } pageInfo { endCursor } } }
"""
ONE = "query($id: ID!) { instrument(id: $id) { assetNo } }"
NODE = "query($id: ID!) { node(id: $id) { id ... on Instrument { assetNo } } }"


@pytest.fixture
async def ledger(hub: HubClient) -> tuple[User, Instrument, Instrument]:
    """A user and two instruments of the same organisation."""
    firm = an_organization()
    user = a_user(firm, Role.USER)
    one, two = an_instrument(firm, asset_no="A-1"), an_instrument(firm, asset_no="A-2")
    await hub.all_given(firm, user, one, two)
    return user, one, two


async def test_a_bad_cursor_does_not_spoil_the_plan_of_those_who_come_with_a_good_one(
    hub: HubClient, ledger: tuple[User, Instrument, Instrument]
) -> None:
    user, _, _ = ledger
    bad = await hub.ask(PAGES, as_=user, after="no cursor")
    first = await hub.ask(PAGES, as_=user)

    second = await hub.ask(
        PAGES, as_=user, after=first.data["instruments"]["pageInfo"]["endCursor"]
    )

    assert bad.codes == ["BAD_INPUT"]
    assert second.data["instruments"]["nodes"] == [{"assetNo": "A-2"}]
    assert len(second.statements) == 1


@pytest.mark.parametrize("document", [ONE, NODE])
async def test_an_id_that_is_none_does_not_spoil_the_plan_of_those_that_are(
    hub: HubClient, ledger: tuple[User, Instrument, Instrument], document: str
) -> None:
    user, one, two = ledger
    forged = "!" + id_of(one)[1:]
    bad = await hub.ask(document, as_=user, id=forged)

    found = [await hub.ask(document, as_=user, id=id_of(row)) for row in (one, two)]

    assert bad.codes == ["BAD_INPUT"]
    assert [next(iter(answer.data.values()))["assetNo"] for answer in found] == ["A-1", "A-2"]
    assert [len(answer.statements) for answer in found] == [1, 1]


async def test_what_one_caller_may_see_is_not_what_the_next_gets(
    hub: HubClient, ledger: tuple[User, Instrument, Instrument]
) -> None:
    user, one, _ = ledger
    rival_firm = an_organization()
    rival = a_user(rival_firm, Role.USER)
    await hub.all_given(rival_firm, rival)

    mine = await hub.ask(ONE, as_=user, id=id_of(one))
    theirs = await hub.ask(ONE, as_=rival, id=id_of(one))

    assert mine.data == {"instrument": {"assetNo": "A-1"}}
    assert theirs.data == {"instrument": None}


async def test_what_is_too_large_for_a_statement_is_answered_row_by_row(
    hub: HubClient,
    ledger: tuple[User, Instrument, Instrument],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, one, _ = ledger
    monkeypatch.setattr("hub.engine.sql.LARGEST", 10)

    answer = await hub.ask(ONE + " # small", as_=user, id=id_of(one))

    assert answer.data == {"instrument": {"assetNo": "A-1"}}
    assert len(answer.statements) == 2


async def test_an_alias_may_have_any_name(
    hub: HubClient, ledger: tuple[User, Instrument, Instrument]
) -> None:
    user, one, _ = ledger
    aliases = [f"{letter}{at}" for letter in "aertq" for at in range(1, 9)]
    fields = " ".join(f"{alias}: assetNo" for alias in aliases)

    answer = await hub.ask(
        f"query($id: ID!) {{ instrument(id: $id) {{ {fields} }} }}", as_=user, id=id_of(one)
    )

    assert answer.data["instrument"] == dict.fromkeys(aliases, "A-1")
    assert len(answer.statements) == 1


async def test_an_operation_runs_three_statements_at_a_time(
    hub: HubClient,
    ledger: tuple[User, Instrument, Instrument],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, one, _ = ledger
    value = hub.hub.reads.value
    running: list[int] = []
    most: list[int] = []

    async def counting(*given: Any) -> bytes | None:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(0.01)
        found = await value(*given)
        running.pop()
        return found

    monkeypatch.setattr(hub.hub.reads, "value", counting)
    roots = " ".join(f"i{at}: instrument(id: $id) {{ assetNo }}" for at in range(12))

    answer = await hub.ask(f"query($id: ID!) {{ {roots} }}", as_=user, id=id_of(one))

    assert len(answer.data) == 12
    assert max(most) == 3


async def test_what_is_too_wide_for_statements_is_resolved_field_by_field(
    hub: HubClient, ledger: tuple[User, Instrument, Instrument]
) -> None:
    user, one, _ = ledger
    edges = " ".join(f"o{at}: owner {{ id }}" for at in range(31))

    answer = await hub.ask(
        f"query($id: ID!) {{ instrument(id: $id) {{ {edges} }} }}", as_=user, id=id_of(one)
    )

    assert len(answer.data["instrument"]) == 31
    assert not any("row_to_json" in statement for statement in answer.statements)
