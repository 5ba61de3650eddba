"""Prices on a day, amounts and taxes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Refused
from hub.rules.fee import FeeConflict, FeeLine, line_amount, money, price_on, split_gross
from hub.values import plain
from hub.vocabulary import FeeNature
from tests.rules.vectors import VECTORS, load, measured

SAMPLE = load("sample-fee-lookup.json")
DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))
MONEY = st.integers(0, 10**12).map(lambda cents: Decimal(cents).scaleb(-2))


def line(item: dict[str, Any]) -> FeeLine:
    """A line of the sample."""
    until = item["effectiveTo"]
    return FeeLine(
        item["code"],
        Decimal(item["price"]),
        date.fromisoformat(item["effectiveFrom"]),
        date.fromisoformat(until) if until else None,
        FeeNature.COMPULSORY_FREE if item.get("compulsory") else FeeNature.GOVERNMENT_PRICED,
    )


LINES = [line(item) for item in SAMPLE["items"]]


@pytest.mark.parametrize("query", SAMPLE["queries"])
def test_the_price_is_that_of_the_day(query: dict[str, Any]) -> None:
    day = date.fromisoformat(query["date"])

    found = price_on(LINES, query["code"], day, compulsory=query["compulsory"])

    assert (plain(found.price) if found else None) == query["price"]


def test_two_prices_on_one_day_are_a_conflict() -> None:
    twice = [
        FeeLine("F-1", Decimal(1), date(2020, 1, 1)),
        FeeLine("F-1", Decimal(2), date(2021, 1, 1)),
    ]

    assert price_on(twice, "F-1", date(2020, 12, 31)) == twice[0]
    with pytest.raises(FeeConflict) as conflict:
        price_on(twice, "F-1", date(2021, 1, 1))
    assert conflict.value.reason == "FEE_CONFLICT"


@given(DAYS, DAYS, DAYS)
def test_both_ends_of_a_validity_count(day: date, start: date, end: date) -> None:
    held = price_on([FeeLine("F-1", Decimal(1), start, end)], "F-1", day)

    assert (held is not None) == (start <= day <= end)


@pytest.mark.parametrize("vector", VECTORS["money"])
def test_money_is_rounded_half_up(vector: dict[str, Any]) -> None:
    amount = line_amount(
        Decimal(vector["unit_price"]), Decimal(vector["quantity"]), Decimal(vector["discount"])
    )

    assert plain(amount) == vector["amount_half_up"]


@pytest.mark.parametrize("vector", VECTORS["invoice_split"])
def test_a_gross_amount_is_split_into_net_and_tax(vector: dict[str, Any]) -> None:
    net, tax = split_gross(Decimal(vector["gross"]), Decimal(vector["rate"]))

    assert (plain(net), plain(tax)) == (vector["net"], vector["tax"])


@given(MONEY, st.decimals(0, 1, places=4))
def test_net_and_tax_add_up_to_gross(gross: Decimal, rate: Decimal) -> None:
    net, tax = split_gross(gross, rate)

    assert net + tax == gross
    assert 0 <= tax <= gross
    assert abs(net * (1 + rate) - gross) <= Decimal("0.005") * (1 + rate)


@given(measured(6, 10**9))
def test_an_amount_of_money_has_two_decimals_and_is_the_nearest(amount: Decimal) -> None:
    rounded = money(amount)

    assert rounded.as_tuple().exponent == -2
    assert abs(rounded - amount) <= Decimal("0.005")
    assert abs(rounded - amount) != Decimal("0.005") or abs(rounded) > abs(amount)


@pytest.mark.parametrize("numbers", [("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0")])
def test_an_amount_may_be_nothing(numbers: tuple[str, str, str]) -> None:
    assert plain(line_amount(*map(Decimal, numbers))) == "0.00"


@pytest.mark.parametrize(
    ("price", "quantity", "discount"), [("-1", "1", "1"), ("1", "-1", "1"), ("1", "1", "1.01")]
)
def test_a_line_below_zero_or_a_discount_above_one_is_refused(
    price: str, quantity: str, discount: str
) -> None:
    with pytest.raises(Refused):
        line_amount(Decimal(price), Decimal(quantity), Decimal(discount))


@pytest.mark.parametrize(("gross", "rate"), [("-1", "0.06"), ("1.005", "0.06"), ("1", "-0.06")])
def test_only_an_amount_of_money_is_split(gross: str, rate: str) -> None:
    with pytest.raises(Refused):
        split_gross(Decimal(gross), Decimal(rate))
