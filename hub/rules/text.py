"""One spelling for what people type, and how long it may be."""

from collections.abc import Mapping
from typing import Any

from hub.errors import BadInput, Path

FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
FOLDED = FULL_WIDTH | ZERO_WIDTH
BLANKS = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""All that `str.split` parts words at, but the space itself."""
UNTIDY = BLANKS + "".join(map(chr, (*FULL_WIDTH, *ZERO_WIDTH)))
TIDIER = " " * len(BLANKS) + "".join(map(chr, FULL_WIDTH.values()))
"""What stands for each character of `UNTIDY` where SQL translates them; nothing for the last."""
LONGEST = 255
MOST_ITEMS = 50
"""Items of a list that people fill in: ranges, errors, photographs."""
LONG_TEXTS = {
    "remark": 4_000,
    "status_reason": 4_000,
    "conclusion_reason": 4_000,
    "reason": 4_000,
    "method": 4_000,
    "note": 4_000,
    "photo_urls": 2_048,
    "install_district": 6,
}
"""The longest text by the name of its column; `LONGEST` for all others."""


def tidy(text: str) -> str:
    """`text` half-width, without zero-width characters, trimmed, each run of blanks one space.

    Nothing else is folded: ℃, ², Ⅲ stay as they are.
    """
    return " ".join(text.translate(FOLDED).split())


def check_items(values: Mapping[str, Any], *names: str) -> None:
    """Raise BadInput where one of the lists `names` among `values` has too many items."""
    for name in names:
        if len(values.get(name) or ()) > MOST_ITEMS:
            raise BadInput(f"至多 {MOST_ITEMS} 项", f"at most {MOST_ITEMS} items", path=(name,))


def check_lengths(values: Mapping[str, Any], *path: str | int) -> None:
    """Raise BadInput for a text among `values`, or in what they hold, that is too long."""
    for name, value in values.items():
        _check_length(value, LONG_TEXTS.get(name, LONGEST), (*path, name))


def _check_length(value: Any, most: int, path: Path) -> None:
    if isinstance(value, str) and len(value) > most:
        raise BadInput(
            f"文字长度不得超过 {most} 个字符", f"a text has at most {most} characters", path=path
        )
    if isinstance(value, Mapping):
        check_lengths(value, *path)
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            _check_length(one, most, (*path, place))
