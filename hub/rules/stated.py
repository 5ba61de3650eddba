"""What other systems state of an instrument, field by field: as text, and as it is stored."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple

from hub.errors import BadInput
from hub.rules.instrument import normal_key
from hub.values import fen, plain
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    InstrumentRole,
    InstrumentState,
    ManagementClass,
    MetrologyField,
    VerificationForm,
)

LONGEST_NUMBER = 32


class Field(NamedTuple):
    """A field that may be stated: its column, and what is stored for a text that is not blank."""

    column: str
    read: Callable[[str], Any]


def _text(text: str) -> str:
    return text


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER or not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _price(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    return fen(Decimal(text))


TEXTS = (
    "name",
    "fixed_asset_no",
    "model_spec",
    "serial_no",
    "manufacturer",
    "origin",
    "accuracy_class",
    "catalogue_item",
    "catalogue_kind",
    "compulsory_code",
    "department",
    "location",
    "custodian",
    "install_district",
    "purchase_supplier",
    "remark",
)
WORDS: dict[str, type[StrEnum]] = {
    "field": MetrologyField,
    "management_class": ManagementClass,
    "role": InstrumentRole,
    "compulsory_purpose": CompulsoryPurpose,
    "verification_form": VerificationForm,
    "calibration_mode": CalibrationMode,
    "status": InstrumentState,
}


def _key(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(part.title() for part in rest)


READS: Mapping[str, Callable[[str], Any]] = {
    "asset_no": normal_key,
    **dict.fromkeys(TEXTS, _text),
    **WORDS,
    "compulsory": _flag,
    "interval_months": _whole,
    "last_date": date.fromisoformat,
    "purchase_date": date.fromisoformat,
    "purchase_price": _price,
}
FIELDS = {_key(column): Field(column, read) for column, read in READS.items()}
"""The fields of an instrument that a system may state, by their names."""
NEEDED = frozenset({"name", "role", "status", "compulsory"})
"""Fields that cannot be empty."""


def stated(data: Mapping[str, Any]) -> dict[str, str | None]:
    """What `data` states of the fields, as text. BadInput, at the field, for what cannot be."""
    found = {}
    for name, told in data.items():
        if name in FIELDS:
            value = stored(name, _plain(name, told))
            found[name] = said(value)
    return found


def stored(name: str, text: str | None) -> Any:
    """The value that is stored for the text of a field. BadInput where it cannot be read."""
    if text is None or not text.strip():
        if name in NEEDED:
            raise _bad(name, "不能为空", "cannot be empty")
        return None
    try:
        return FIELDS[name].read(text)
    except (ValueError, KeyError, InvalidOperation, BadInput) as error:
        raise _bad(name, "的值读不懂", "has a value that cannot be read") from error


def said(value: Any) -> str | None:
    """A stored value as text."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
    return str(value)


def _plain(name: str, told: Any) -> str | None:
    if isinstance(told, float | list | dict):
        raise _bad(
            name, "应为文字、整数或 true/false", "has to be a text, a whole number or true/false"
        )
    return said(told)


def _bad(name: str, zh: str, en: str) -> BadInput:
    return BadInput(f"{name} {zh}", f"{name} {en}", path=("data", name))
