"""Random standards and people: what is stored of them, and what a system then states."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from hub.vocabulary import MetrologyField, StandardKind, StandardState

TEXTS = [None, "", " ", "0.5级", "O'Neil \\u0000 é", "\u3000两端\u3000", "计" * 255]
LONG_TEXTS = ["x" * 256, "计" * 256]
DAYS = [None, "2020-01-01", "2024-02-29", "9999-12-31", "0001-01-01"]
CHECKS = [None, [], [{"date": "2024-03-05", "value": "0.10", "limit": "0.2", "ok": True}]]
RANGES = [
    None,
    [],
    [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
    [{"raw": "0~1", "unit": None}],
]
Values = Mapping[str, Sequence[Any]]
STANDARD_FIT: Values = {
    "name": ["压力表标准装置", "é", "  装置 ", "\u200b", "n" * 255],
    "kind": [*StandardKind, StandardKind.WORKING, StandardKind.WORKING],
    "field": [None, *MetrologyField],
    "accuracyClass": TEXTS,
    "assessmentCertificateNo": TEXTS,
    "measuringRanges": RANGES,
    "maxPermissibleErrors": [None, [], [{"kind": "REDUCED", "value": "1.60", "unit": None}]],
    "uncertainty": [None, {"u": "0.020", "k": "2"}, {"u": "0.02", "k": "2.0", "unit": "MPa"}],
    "stability": CHECKS,
    "repeatability": CHECKS,
    "validFrom": DAYS[:2],
    "validTo": [None, "2024-02-29", "9999-12-31"],
    "keeperStaffNo": [None, "KEEPER"],
    "authorizedItems": [None, [], ["压力表"], ["压力表", ""]],
    "state": [None, *StandardState],
}
STANDARD_ODD: Values = {
    **dict.fromkeys(("accuracyClass", "assessmentCertificateNo"), LONG_TEXTS),
    "code": ["", None, " ", "\u3000\u200b", "y" * 256],
    "name": ["", None, " ", "\u3000", "\x85\u2028", "n" * 256],
    "kind": [None],
    "measuringRanges": [
        [{"lower": "2", "upper": "1"}],
        [{"raw": "x" * 256}],
        [{"raw": "x"}] * 51,
    ],
    "maxPermissibleErrors": [[{"kind": "FORMULA", "expression": "x" * 256}]],
    "uncertainty": [
        {"u": "0", "k": "2"}, {"u": "1", "k": "0.999"}, {"u": "1", "k": "2", "unit": "x" * 256},
    ],
    "stability": [[{"value": "1"}] * 51],
    "validFrom": DAYS,
    "validTo": DAYS,
    "keeperStaffNo": ["nobody", ""],
    "authorizedItems": [["x" * 256], ["x"] * 51],
}  # fmt: skip
PERSON_FIT: Values = {
    "name": ["张示范", " 张 示范 ", "Ａnna", "é\u200b", "O'Neil", "n" * 255],
    "title": TEXTS,
}
PERSON_ODD: Values = {
    "staffNo": ["", None, " ", "\u3000\u200b", "y" * 256],
    "name": ["", None, " ", "\u3000", "\x85\u2028", "n" * 256],
    "title": LONG_TEXTS,
}


@dataclass(frozen=True)
class Case:
    """A row: its number, the columns stored of it, whether it is registered, what is stated."""

    at: int
    stored: dict[str, Any] | None
    is_registered: bool
    stated: dict[str, Any]


@dataclass(frozen=True)
class Author:
    """Draws rows of a register of `key`; the same seed draws the same ones."""

    seed: int
    key: str
    fit: Values
    odd: Values
    store: Callable[[Random], dict[str, Any]]

    def cases(self, number: int) -> list[Case]:
        """Rows of which some state everything, and some a little."""
        random = Random(self.seed)  # noqa: S311 -- a seed that can be told again
        return [self._case(random, at) for at in range(number)]

    def _case(self, random: Random, at: int) -> Case:
        stored = self.store(random) if random.random() < 0.7 else None
        names = list(self.fit)
        if stored is not None and random.random() < 0.6:
            names = random.sample(names, random.randint(1, len(names)))
        stated = {name: random.choice(self.fit[name]) for name in names}
        if stored is None or random.random() < 0.4:
            stated[self.key] = random.choice([f"K-{at}", f"Ｋ－{at}", f" K-{at}\u200b", f"计 {at}"])
        for name in random.sample(sorted(self.odd), random.choice([0, 0, 0, 1, 1, 2])):
            if name in stated:
                stated[name] = random.choice(self.odd[name])
        if stored is not None:
            stated["externalId"] = f"E{at}"
        return Case(at, stored, random.random() < 0.5, stated)


def a_stored_standard(random: Random) -> dict[str, Any]:
    """Columns of a standard that is there already."""
    one = random.choice
    return {
        "name": one(["压力表标准装置", "é"]),
        "kind": one(list(StandardKind)),
        "field": one([None, MetrologyField.LENGTH]),
        "accuracy_class": one([None, "", "0.5级"]),
        "measuring_ranges": one([[], [{"lower": "0", "upper": "1.60", "unit": "MPa"}]]),
        "uncertainty": one([None, {"u": "0.020", "k": "2"}]),
        "stability": one(CHECKS[1:]),
        "valid_from": one([None, date(2020, 1, 1), date(2024, 2, 29)]),
        "valid_to": one([None, date(2024, 2, 29)]),
        "authorized_items": one([[], ["压力表"]]),
        "state": one(list(StandardState)),
    }  # fmt: skip


def a_stored_person(random: Random) -> dict[str, Any]:
    """Columns of a person who is there already."""
    one = random.choice
    return {
        "name": one(["张示范", "Anna", "O'Neil"]),
        "title": one([None, "", "0.5级"]),
        "registered_at": one([None, None, date(2020, 1, 1)]),
        "phone": one([None, "13812345678"]),
    }
