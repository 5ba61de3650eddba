"""What is true of a measurement standard: its code and name, its validity, what it measures."""

from collections.abc import Mapping
from typing import Any

from hub.errors import Refused
from hub.rules.measures import check_measures
from hub.rules.text import check_items, check_lengths, tidy

LISTS = (
    "measuring_ranges",
    "max_permissible_errors",
    "stability",
    "repeatability",
    "authorized_items",
)


def check_standard(values: Mapping[str, Any]) -> None:
    """Raise Refused unless a standard of these `values`, by column, can be.

    BadInput for a text or a list that is too long.
    """
    check_lengths(values)
    check_items(values, *LISTS)
    if not tidy(values["code"]):
        raise Refused("计量标准代码不能为空", "a standard needs a code", path=("code",))
    if not values["name"].strip():
        raise Refused("计量标准名称不能为空", "a standard needs a name", path=("name",))
    check_measures(values)
    begins, ends = values.get("valid_from"), values.get("valid_to")
    if begins and ends and ends < begins:
        raise Refused("有效期至早于生效日期", "it ends before it begins", path=("validTo",))
