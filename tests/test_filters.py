"""Filters and orders: what they let through, and where they are refused."""

from collections.abc import Callable
from typing import Any

import pytest

from hub.tables.instrument import Instrument
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import Answer, HubClient
from tests.given import a_user, an_instrument, an_organization

LIST = """
query($filter: InstrumentFilter, $order: [InstrumentOrder!], $after: String, $before: String) {
  instruments(filter: $filter, order: $order, after: $after, before: $before) { nodes { name } }
}
"""


@pytest.fixture(scope="module")
async def user(hub: HubClient) -> User:
    """A user with three instruments, one without a department."""
    firm = await hub.given(an_organization())
    found = await hub.given(a_user(firm, Role.USER))
    rows: list[Instrument] = [
        an_instrument(firm, name="N1", department="A", location="1"),
        an_instrument(firm, name="N2", department="B", location="2"),
        an_instrument(firm, name="N3", department=None, location="3"),
    ]
    await hub.all_given(*rows)
    return found


async def names(hub: HubClient, user: User, **asked: Any) -> list[str]:
    answer = await hub.ask(LIST, as_=user, order=["NAME_ASC"], **asked)
    assert answer.errors == []
    return [node["name"] for node in answer.data["instruments"]["nodes"]]


def bad_input(answer: Answer, path: list[str]) -> None:
    assert answer.codes == ["BAD_INPUT"]
    assert answer.data == {"instruments": None}
    assert answer.errors[0]["extensions"]["inputPath"] == path


async def test_not_lets_through_also_what_has_no_value(hub: HubClient, user: User) -> None:
    is_a = {"department": {"eq": "A"}}

    assert await names(hub, user, filter={"not": is_a}) == ["N2", "N3"]
    assert await names(hub, user, filter={"not": {"not": is_a}}) == ["N1"]
    assert await names(hub, user, filter={"not": {"or": [is_a, {"name": {"eq": "N2"}}]}}) == ["N3"]


@pytest.mark.parametrize(
    "condition",
    [{"eq": None}, {"in": None}, {"eq": "A", "contains": None}, {"isNull": None}, {}],
    ids=str,
)
@pytest.mark.parametrize(
    "around",
    [lambda one: one, lambda one: {"not": one}, lambda one: {"or": [{"name": {"eq": "N1"}}, one]}],
    ids=["plain", "not", "or"],
)
async def test_a_condition_that_says_nothing_does_not_let_every_row_through(
    hub: HubClient, user: User, condition: dict[str, Any], around: Callable[[Any], Any]
) -> None:
    answer = await hub.ask(LIST, as_=user, filter=around({"department": condition}))

    bad_input(answer, ["filter", "department"])
    assert "isNull" in answer.errors[0]["extensions"]["hint"]


@pytest.mark.parametrize("entry", ["status", "dueDate", "owner"])
async def test_nor_does_one_on_an_enum_a_day_or_an_edge(
    hub: HubClient, user: User, entry: str
) -> None:
    bad_input(await hub.ask(LIST, as_=user, filter={entry: {"eq": None}}), ["filter", entry])


async def test_a_variable_that_was_not_given_does_not_let_every_row_through(
    hub: HubClient, user: User
) -> None:
    document = """
    query($name: String) { instruments(filter: {name: {eq: $name}}) { nodes { name } } }
    """

    bad_input(await hub.ask(document, as_=user), ["filter", "name"])
    answer = await hub.ask(document, as_=user, name="N1")
    assert answer.data["instruments"]["nodes"] == [{"name": "N1"}]


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"name": {"eq": "N1"}}
    for _ in range(depth - 1):
        found = {"not": found}
    return found


LARGEST: dict[str, Callable[[int], dict[str, Any]]] = {
    "in": lambda by: {"name": {"in": ["N1"] * (1_000 + by)}},
    "in, in two places": lambda by: {
        "name": {"in": ["N1"] * 600},
        "department": {"in": ["A"] * (400 + by)},
    },
    "or": lambda by: {"or": [{"name": {"eq": "N1"}}] * (50 + by)},
    "or, in one another": lambda by: {"or": [{"or": [{"name": {"eq": "N1"}}] * (48 + by)}, {}]},
    "levels": lambda by: nested(5 + by),
}


@pytest.mark.parametrize("make", LARGEST.values(), ids=LARGEST)
async def test_a_filter_has_a_largest_size(
    hub: HubClient, user: User, make: Callable[[int], dict[str, Any]]
) -> None:
    assert "N1" in await names(hub, user, filter=make(0))

    answer = await hub.ask(LIST, as_=user, filter=make(1))

    bad_input(answer, ["filter"])
    assert answer.statements == []


@pytest.mark.parametrize(
    "order",
    [
        ["NAME_ASC", "NAME_ASC"],
        ["NAME_ASC", "NAME_DESC"],
        ["NAME_ASC", "STATUS_ASC", "DUE_DATE_ASC", "DEPARTMENT_ASC", "LAST_DATE_ASC"],
        ["NAME_ASC"] * 1_000,
    ],
    ids=["twice", "both ways", "five", "a bomb"],
)
async def test_an_order_has_at_most_four_keys_each_once(
    hub: HubClient, user: User, order: list[str]
) -> None:
    answer = await hub.ask(LIST, as_=user, order=order)

    bad_input(answer, ["order"])
    assert answer.statements == []


@pytest.mark.parametrize("side", ["after", "before"])
async def test_an_empty_cursor_does_not_begin_the_list_anew(
    hub: HubClient, user: User, side: str
) -> None:
    bad_input(await hub.ask(LIST, as_=user, **dict[str, Any]({side: ""})), [side])
