"""Scalars and masks, value by value."""

from decimal import Decimal

import pytest
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode
from hypothesis import given
from hypothesis import strategies as st

from hub.times import instant_text
from hub.values import plain
from schema.masks import tail
from schema.scalars import literal_decimal, parse_decimal, parse_instant


@pytest.mark.parametrize(
    "text",
    ["1_0", "１０", "٣", " 1", "1 ", "1\n", "", ".", "+", "e5", "1e", "1e5_0", "NaN", "Infinity"],
)
def test_only_ascii_digits_make_a_decimal(text: str) -> None:
    with pytest.raises(GraphQLError, match="not a decimal number"):
        parse_decimal(text)
    with pytest.raises(GraphQLError, match="not a decimal number"):
        literal_decimal(StringValueNode(value=text))


@pytest.mark.parametrize("text", ["1e99999999999999999999", "1e61", "-1e-61", "9" * 61])
def test_a_decimal_of_unreasonable_size_is_refused(text: str) -> None:
    with pytest.raises(GraphQLError, match="not a decimal number"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["28.050", "-0.0", "+1", ".5", "5.", "1e-3", "1.50E+2", "007"])
def test_a_decimal_keeps_its_digits(text: str) -> None:
    assert parse_decimal(text).as_tuple() == Decimal(text).as_tuple()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9)))
def test_what_is_sent_as_a_decimal_comes_back_as_it_was(value: Decimal) -> None:
    if len(plain(value)) <= 60:
        assert parse_decimal(plain(value)).as_tuple() == value.as_tuple()


def test_a_literal_is_read_as_it_is_written() -> None:
    assert str(literal_decimal(FloatValueNode(value="28.050"))) == "28.050"
    assert parse_decimal(28) == literal_decimal(IntValueNode(value="28")) == Decimal(28)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-03-05T09:02:03.120+08:00", "2024-03-05T01:02:03.12+00:00"),
        ("2024-03-05T01:02:00Z", "2024-03-05T01:02:00+00:00"),
        ("0001-01-01T00:00:00.000001Z", "0001-01-01T00:00:00.000001+00:00"),
    ],
)
def test_an_instant_is_shown_at_utc_without_idle_zeros(given: str, shown: str) -> None:
    assert instant_text(parse_instant(given)) == shown


@pytest.mark.parametrize("text", ["0001-01-01T00:00+08:00", "9999-12-31T23:59-08:00"])
def test_an_instant_that_leaves_the_calendar_at_utc_is_refused(text: str) -> None:
    with pytest.raises(GraphQLError, match="an instant needs an offset"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("number", "shown"),
    [("", ""), ("7", "*"), ("1234", "****"), ("12345", "*2345"), ("NO-2024-0001", "********0001")],
)
def test_a_number_too_short_for_a_tail_is_hidden_whole(number: str, shown: str) -> None:
    assert tail(number) == shown
