"""Saved queries: what they may be called, and how large they may be."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from hub.errors import Refused, Words

NAME = re.compile(r"[0-9A-Za-z_\-\u3007\u3400-\u9fff]{1,64}")
"""Letters, digits, `-`, `_` and Chinese characters with 〇, so that a name is a step of a path."""
LONGEST_VARIABLES = 10_000
"""Bytes of the variables as JSON."""


def check_name(name: str) -> None:
    """Raise Refused for what is no name of a saved query."""
    if not NAME.fullmatch(name):
        raise Refused(
            "名称应为 1–64 个字母、数字、汉字、“-”或“_”",
            "a name is 1 to 64 letters, digits, Chinese characters, '-' or '_'",
            hint=Words("它是地址 /export/名称.csv 的一部分", "it stands in /export/name.csv"),
            path=("name",),
        )


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raise Refused for variables that are too many to be kept."""
    if len(orjson.dumps(variables)) > LONGEST_VARIABLES:
        raise Refused(
            f"变量的 JSON 超过 {LONGEST_VARIABLES} 字节",
            f"the variables have more than {LONGEST_VARIABLES} bytes of JSON",
            path=("variables",),
        )
