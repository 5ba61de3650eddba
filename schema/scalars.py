"""Scalars: decimals as text with their zeros, local dates, instants with an offset."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.file_uploads import Upload
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from hub.times import instant_text
from hub.values import plain

MAX_DIGITS = 60
# Decimal itself also takes "1_0", " 1 " and the digits of other scripts.
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,19})(\.\d{1,20})?", re.ASCII)


def parse_decimal(value: Any) -> Decimal:
    """A decimal from text or a whole number; JSON floats are refused, they have lost digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise GraphQLError('Decimal 须以字符串给出，如 "28.050" / give Decimal as a string')
    text = str(value)
    number = None
    if len(text) <= MAX_DIGITS and NUMBER.fullmatch(text):
        with suppress(InvalidOperation):
            number = Decimal(text)
    if number is None or not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise GraphQLError(f"不是十进制数 / not a decimal number: {text[:MAX_DIGITS]}")
    return number


def is_plain_decimal(text: str) -> bool:
    """Whether `text` is just what `plain` writes for the decimal that it stands for."""
    return PLAIN_NUMBER.fullmatch(text) is not None


def is_plain_date(text: str) -> bool:
    """Whether `text` is a day as it is written in an answer."""
    return _plain_date(text) is not None


def _plain_date(text: str) -> date | None:
    with suppress(ValueError):
        if len(text) == len("2024-03-05"):
            day = date.fromisoformat(text)
            return day if day.isoformat() == text else None  # it also takes 2024-W10-2
    return None


def literal_decimal(node: ValueNode, variables: Any = None) -> Decimal:
    """A decimal from a literal: its digits as written, quoted or not."""
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return parse_decimal(node.value)
    raise GraphQLError("Decimal 须为数字或字符串 / Decimal must be a number or a string")


def parse_date(value: Any) -> date:
    """A local calendar date, YYYY-MM-DD."""
    day = _plain_date(value) if isinstance(value, str) else None
    if day is None:
        raise GraphQLError(f"日期须为 YYYY-MM-DD / a date is YYYY-MM-DD: {str(value)[:40]}")
    return day


def parse_instant(value: Any) -> datetime:
    """An instant with its offset from UTC."""
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        if instant is not None and instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise GraphQLError(
        f"时刻须为带时区偏移的 ISO 8601 / an instant needs an offset: {str(value)[:40]}"
    )


SCALARS: dict[object, ScalarDefinition] = {
    JSON: strawberry.scalar(
        name="JSON",
        description="任意 JSON 值，以 JSON 本身给出，不是它的文字",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    Upload: strawberry.scalar(
        name="Upload", description="上传的文件，按 GraphQL multipart 请求规范给出"
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="十进制数，以字符串传输，末尾的零有意义：“28.050”与“28.05”不同",
        serialize=plain,
        parse_value=parse_decimal,
        parse_literal=literal_decimal,
    ),
    date: strawberry.scalar(
        name="Date",
        description="当地日历日期（Asia/Shanghai），YYYY-MM-DD，不作时区换算",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="带时区偏移的时刻，ISO 8601；给出时为 UTC",
        serialize=instant_text,
        parse_value=parse_instant,
    ),
}
