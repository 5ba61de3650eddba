"""The fee basis: what a service costs on a day, and where that is written."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.vocabulary import FeeNature, PriceKind
from tests.doors import HubClient, id_of
from tests.given import a_fee_document, a_fee_item

PRICE = """
query($code: String!, $on: Date, $compulsory: Boolean! = false) {
  price(code: $code, on: $on, compulsory: $compulsory) { price nature document { title } }
}
"""


async def priced(hub: HubClient, code: str, *lines: dict[str, Any]) -> None:
    """Store lines of one code, each in a document of its own."""
    for line in lines:
        notice = await hub.given(a_fee_document(title=f"{code} {line['price']}"))
        await hub.given(a_fee_item(notice, code=code, **line))


async def test_a_price_holds_from_its_first_to_its_last_day(hub: HubClient) -> None:
    old = {"effective_from": date(2020, 1, 1), "effective_to": date(2022, 6, 30)}
    new = {"effective_from": date(2022, 7, 1)}
    await priced(hub, "P-1", {"price": Decimal("30.00")} | old, {"price": Decimal("45.50")} | new)
    days = ["2019-12-31", "2020-01-01", "2022-06-30", "2022-07-01", "2099-01-01", None]

    told = [await hub.ask(PRICE, code="P-1", on=day) for day in days]

    shown = [one.data["price"] and one.data["price"]["price"] for one in told]
    assert shown == [None, "30.00", "30.00", "45.50", "45.50", "45.50"]
    assert told[1].data["price"]["document"] == {"title": "P-1 30.00"}


async def test_an_unknown_code_has_no_price(hub: HubClient) -> None:
    assert (await hub.ask(PRICE, code="none")).data == {"price": None}


async def test_two_prices_on_one_day_are_a_refusal_and_not_a_guess(hub: HubClient) -> None:
    both = {"effective_from": date(2020, 1, 1), "effective_to": None}
    await priced(hub, "P-2", {"price": Decimal(1), **both}, {"price": Decimal(2), **both})

    answer = await hub.ask(PRICE, code="P-2", on="2024-01-01")

    assert answer.data == {"price": None}
    assert answer.codes == ["REFUSED"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["code"]


async def test_compulsory_verification_is_free_and_has_a_line_of_its_own(hub: HubClient) -> None:
    free = {"nature": FeeNature.COMPULSORY_FREE, "effective_from": date(2017, 4, 1)}
    await priced(hub, "P-3", {"price": Decimal("0.00"), **free}, {"price": Decimal(8)})

    answers = [await hub.ask(PRICE, code="P-3", compulsory=one) for one in (True, False)]

    assert [one.data["price"]["price"] for one in answers] == ["0.00", "8.00"]


async def test_a_line_that_is_negotiated_has_no_price(hub: HubClient) -> None:
    await priced(hub, "P-4", {"price": None, "price_kind": PriceKind.NEGOTIATED})

    assert (await hub.ask(PRICE, code="P-4")).data == {"price": None}


async def test_fee_items_are_found_by_document_instrument_and_price(hub: HubClient) -> None:
    notice = await hub.given(a_fee_document())
    rows = [
        a_fee_item(notice, code="A", price=Decimal("10.00")),
        a_fee_item(notice, code="B", price=Decimal("20.00"), instrument_name="电子天平"),
        a_fee_item(notice, code="C", price=None, price_kind=PriceKind.NEGOTIATED),
    ]
    await hub.all_given(*rows)
    document = """
    query($filter: FeeItemFilter, $order: [FeeItemOrder!]) {
      feeItems(filter: $filter, order: $order) { nodes { code } }
    }
    """
    mine = {"document": {"eq": id_of(notice)}}

    dearest_first = await hub.listed(document, "code", filter=mine, order=["PRICE_DESC"])
    assert dearest_first == ["B", "A", "C"]
    dear = mine | {"price": {"gte": "20"}}
    assert await hub.listed(document, "code", filter=dear) == ["B"]
    balance = mine | {"instrumentName": {"startsWith": "电子"}}
    assert await hub.listed(document, "code", filter=balance) == ["B"]


@pytest.mark.parametrize("order", [["PRICE_ASC"], ["PRICE_DESC"], ["EFFECTIVE_FROM_DESC"]])
async def test_a_list_ordered_by_amount_or_day_can_be_turned_page_by_page(
    hub: HubClient, order: list[str]
) -> None:
    notice = await hub.given(a_fee_document())
    negotiated = {"price": None, "price_kind": PriceKind.NEGOTIATED, "effective_from": None}
    prices = [Decimal("9.90"), Decimal("10.00"), Decimal("100.05"), Decimal("10.00")]
    rows = [a_fee_item(notice, price=price) for price in prices]
    await hub.all_given(*rows, *(a_fee_item(notice, **negotiated) for _ in range(2)))
    document = """
    query($in: ID!, $order: [FeeItemOrder!], $first: Int!, $after: String) {
      feeItems(filter: {document: {eq: $in}}, order: $order, first: $first, after: $after) {
        nodes { id price } pageInfo { endCursor }
      }
    }
    """
    asked: dict[str, Any] = {"in": id_of(notice), "order": order}

    whole = (await hub.ask(document, first=100, **asked)).data["feeItems"]["nodes"]
    walked: list[Any] = []
    after = None
    for _ in whole:
        page = (await hub.ask(document, first=1, after=after, **asked)).data["feeItems"]
        walked += page["nodes"]
        after = page["pageInfo"]["endCursor"]

    assert walked == whole
    assert [one["price"] for one in whole[-2:]] == [None, None]
