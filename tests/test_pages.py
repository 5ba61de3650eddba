"""Pages by cursor: a walk in either direction gives the whole list, once, in its order."""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from hub.tables.instrument import Instrument
from hub.tables.user import User
from hub.vocabulary import InstrumentState
from tests.doors import Answer, HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization

PAGE = """
query($first: Int, $after: String, $last: Int, $before: String, $order: [InstrumentOrder!]) {
  instruments(first: $first, after: $after, last: $last, before: $before, order: $order) {
    nodes { id } edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
ORDERS = [
    [],
    ["ID_DESC"],
    ["DUE_DATE_ASC"],
    ["DUE_DATE_DESC"],
    ["STATUS_ASC", "DUE_DATE_DESC"],
    ["DEPARTMENT_DESC", "DUE_DATE_ASC"],
    ["STATUS_ASC", "DEPARTMENT_ASC", "DUE_DATE_DESC", "ID_DESC"],
    ["UPDATED_AT_DESC"],
]
MANY = 43


@dataclass(frozen=True)
class Shelf:
    """An enterprise's user, and its instruments in no particular order."""

    user: User
    rows: Sequence[Instrument]

    def sorted(self, order: list[str]) -> list[str]:
        """The ids of all instruments in `order`; rows without a value come last."""
        keys = [*order, *([] if any(one.startswith("ID_") for one in order) else ["ID_ASC"])]
        rows = list(self.rows)
        for one in reversed(keys):
            name, way = one.lower().rsplit("_", 1)
            rows.sort(key=lambda row: value_of(row, name), reverse=way == "desc")
            rows.sort(key=lambda row: getattr(row, name) is None)
        return [id_of(row) for row in rows]


def value_of(row: Instrument, name: str) -> Any:
    value = getattr(row, name)
    return value.int if isinstance(value, UUID) else value or type_of(name)


def type_of(name: str) -> Any:
    return date.min if name == "due_date" else ""


@pytest.fixture(scope="module")
async def shelf(hub: HubClient) -> Shelf:
    chance = random.Random(3205)  # noqa: S311  (the same shelf on every run)
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner))
    days = [None, None, *(date(2025, 1, 1) + timedelta(days=at) for at in range(5))]
    rows = [
        an_instrument(
            owner,
            due_date=chance.choice(days),
            department=chance.choice([None, "A", "B", "C"]),
            status=chance.choice(list(InstrumentState)),
        )
        for _ in range(MANY)
    ]
    chance.shuffle(rows)
    await hub.all_given(*rows)
    stored = await hub.stored("SELECT id, updated_at FROM instrument")
    updated = {row.id: row.updated_at for row in stored}
    for row in rows:
        row.updated_at = updated[row.id]
    return Shelf(user, rows)


async def page(hub: HubClient, shelf: Shelf, **variables: Any) -> dict[str, Any]:
    answer = await hub.ask(PAGE, as_=shelf.user, **variables)
    assert not answer.errors
    found: dict[str, Any] = answer.data["instruments"]
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [node["id"] for node in found["nodes"]]


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(order) or "default")
async def test_a_walk_forward_is_the_sorted_list(
    hub: HubClient, shelf: Shelf, order: list[str], size: int
) -> None:
    walked: list[str] = []
    after = None
    while True:
        found = await page(hub, shelf, first=size, after=after, order=order)
        walked += ids(found)
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    assert walked == shelf.sorted(order)


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(order) or "default")
async def test_a_walk_backward_is_the_sorted_list_too(
    hub: HubClient, shelf: Shelf, order: list[str], size: int
) -> None:
    walked: list[str] = []
    before = None
    while True:
        found = await page(hub, shelf, last=size, before=before, order=order)
        walked[:0] = ids(found)
        assert found["pageInfo"]["hasNextPage"] is (before is not None)
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break

    assert walked == shelf.sorted(order)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(order) or "default")
async def test_two_cursors_cut_out_what_lies_between_them(
    hub: HubClient, shelf: Shelf, order: list[str]
) -> None:
    whole = await page(hub, shelf, first=100, order=order)
    cursors = [edge["cursor"] for edge in whole["edges"]]

    between = await page(
        hub, shelf, first=100, after=cursors[4], before=cursors[MANY - 5], order=order
    )

    assert ids(between) == shelf.sorted(order)[5 : MANY - 5]


async def test_a_row_that_comes_in_on_the_way_moves_no_other(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    shelf = Shelf(await hub.given(a_user(owner)), [])
    await hub.all_given(*(an_instrument(owner, name=f"N{at}") for at in range(4)))
    head = await page(hub, shelf, first=2, order=["NAME_ASC"])

    await hub.given(an_instrument(owner, name="N0a"))
    tail = await page(hub, shelf, first=2, after=head["pageInfo"]["endCursor"], order=["NAME_ASC"])

    assert not set(ids(head)) & set(ids(tail))
    assert len(ids(tail)) == 2
    assert tail["pageInfo"]["hasNextPage"] is False


async def test_no_rows_may_be_asked_for(hub: HubClient, shelf: Shelf) -> None:
    found = await page(hub, shelf, first=0)

    assert found["nodes"] == []
    assert found["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


@pytest.mark.parametrize(
    ("asked", "at_fault"),
    [
        ({"first": 101}, "first"),
        ({"last": 101}, "last"),
        ({"first": -1}, "first"),
        ({"last": -1}, "last"),
        ({"first": 1, "last": 1}, "last"),
    ],
)
async def test_a_page_of_a_size_that_makes_no_sense_is_bad_input(
    hub: HubClient, shelf: Shelf, asked: dict[str, Any], at_fault: str
) -> None:
    answer = await hub.ask(PAGE, as_=shelf.user, **asked)

    refused(answer, at_fault)


def cursor(*content: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()


FORGED = {
    "empty JSON": cursor(),
    "no base64": "?",
    "not ASCII": "游标",
    "no JSON": base64.urlsafe_b64encode(b"[[").decode(),
    "a number": base64.urlsafe_b64encode(b"5").decode(),
    "another column": cursor(["owner_id"], [str(uuid4())]),
    "a column of no table": cursor(["1; DROP TABLE instrument"], [1]),
    "a key too few": cursor(["due_date", "id"], ["2025-01-01"]),
    "no date": cursor(["due_date", "id"], ["soon", str(uuid4())]),
    "no uuid": cursor(["due_date", "id"], ["2025-01-01", "x"]),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_forged_cursor_is_bad_input(
    hub: HubClient, shelf: Shelf, side: str, forged: str
) -> None:
    answer = await hub.ask(
        PAGE, as_=shelf.user, order=["DUE_DATE_ASC"], **dict[str, Any]({side: forged})
    )

    refused(answer, side)


async def test_a_cursor_with_a_number_for_an_id_is_bad_input(hub: HubClient, shelf: Shelf) -> None:
    answer = await hub.ask(PAGE, as_=shelf.user, after=cursor(["id"], [5]))

    refused(answer, "after")


@pytest.mark.parametrize("other", [["DUE_DATE_DESC"], ["DUE_DATE_ASC", "NAME_ASC"], []])
async def test_a_cursor_of_another_order_is_bad_input(
    hub: HubClient, shelf: Shelf, other: list[str]
) -> None:
    found = await page(hub, shelf, first=1, order=["DUE_DATE_ASC"])

    answer = await hub.ask(PAGE, as_=shelf.user, order=other, after=found["pageInfo"]["endCursor"])

    refused(answer, "after")


def refused(answer: Answer, at_fault: str) -> None:
    assert answer.codes == ["BAD_INPUT"]
    assert answer.data == {"instruments": None}
    assert answer.errors[0]["extensions"]["inputPath"] == [at_fault]


async def test_every_parent_has_pages_of_its_own_beneath_it(hub: HubClient) -> None:
    lab, owner = a_laboratory(), an_organization()
    user = a_user(owner)
    await hub.all_given(lab, owner, user)
    counts = {f"N{at}": at for at in range(4)}
    for name, many in counts.items():
        one = await hub.given(an_instrument(owner, name=name))
        await hub.all_given(
            *(
                a_certificate(
                    lab.organization,
                    one,
                    number=f"{name}-{at}-{uuid4()}",
                    issue_date=date(2024, 4, at),
                )
                for at in range(1, many + 1)
            )
        )
    document = """
    { instruments(order: [NAME_ASC]) { nodes {
      name
      certificates(first: 2) { nodes { issueDate } pageInfo { hasNextPage endCursor } }
      oldest: certificates(last: 1) { nodes { issueDate } pageInfo { hasPreviousPage } }
    } } }
    """

    answer = await hub.ask(document, as_=user)

    for node in answer.data["instruments"]["nodes"]:
        many = counts[node["name"]]
        newest = [f"2024-04-0{at}" for at in range(many, 0, -1)]
        shown = [one["issueDate"] for one in node["certificates"]["nodes"]]
        assert shown == newest[:2]
        assert node["certificates"]["pageInfo"]["hasNextPage"] is (many > 2)
        assert [one["issueDate"] for one in node["oldest"]["nodes"]] == newest[-1:]
        assert node["oldest"]["pageInfo"]["hasPreviousPage"] is (many > 1)
