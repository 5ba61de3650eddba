"""Random lines of a ledger: what is stored of them, and what a system then states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hub.times import today
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    InstrumentRole,
    InstrumentState,
    ManagementClass,
    MetrologyField,
    VerificationForm,
)

DAY = timedelta(days=1)
FREE = ["一车间", "", " ", None, "O'Neil \\u0000 é", "\u3000两端\u3000"]
ODD_TEXTS = ["x" * 255, "计" * 255, "x" * 256, "计" * 256]
TEXTS = (
    "fixedAssetNo", "modelSpec", "origin", "accuracyClass", "catalogueItem", "catalogueKind",
    "compulsoryCode", "department", "location", "custodian", "purchaseSupplier",
)  # fmt: skip
FIT: Mapping[str, Sequence[Any]] = {
    **dict.fromkeys(TEXTS, FREE),
    "name": ["压力表", "é", "  表 ", "\u200b", "\ufeff", "n" * 255],
    "manufacturer": ["上仪", "", None, "a|b"],
    "serialNo": ["S-1", "S-1", "s 2"],
    "remark": [None, "r", ""],
    "installDistrict": ["320505", None, ""],
    "measuringRanges": [
        [], None, [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
        [{"lower": "0", "upper": "1.6", "unit": "MPa"}],
        [{"lower": "1.0", "upper": "1.00"}, {"upper": "-3", "quantity": None}], [{"raw": "0~1"}],
    ],
    "maxPermissibleErrors": [None, [], [{"kind": "REDUCED", "value": "1.60", "unit": None}]],
    "uncertainty": [None, {"u": "0.020", "k": "2"}, {"u": "0.02", "k": "2.0", "unit": "MPa"}],
    "resolution": [None, {"value": "0.10", "unit": "MPa"}, {"value": "0.1", "unit": "MPa"}],
    "scaleInterval": [None, {"value": "1E+2"}, {"value": "100"}, {"value": "0"}],
    "field": [None, *MetrologyField],
    "managementClass": [None, *ManagementClass],
    "role": [None, *InstrumentRole],
    "verificationForm": [None, *VerificationForm],
    "compulsory": [False, None],
    "compulsoryPurpose": [None, *CompulsoryPurpose],
    "calibrationMode": [None, *CalibrationMode],
    "intervalMonths": [None, 1, 6, 12, 12, 120],
    "lastDate": [None, "2024-02-29", "2024-01-31", "2024-03-05", str(today()), "0001-01-01"],
    "purchaseDate": [None, "2020-01-01", "9999-12-31"],
    "purchasePrice": [None, "5", "5.00", "0", "-0", "1E3", "999999999999.99", "12.30"],
    "photoUrls": [None, [], ["x"], ["x", ""]],
}  # fmt: skip
ODD: Mapping[str, Sequence[Any]] = {
    **dict.fromkeys((*TEXTS, "manufacturer"), ODD_TEXTS),
    "name": ["", None, " ", "\u3000", "\x85\u2028", "\x1f\xa0", "n" * 256],
    "assetNo": ["", None, " ", "\u3000\u200b", "y" * 256],
    "serialNo": ["", None, " ", "\xa0", "s" * 256],
    "remark": ["r" * 4_000, "r" * 4_001],
    "installDistrict": ["3205050"],
    "measuringRanges": [
        [{"lower": "2", "upper": "1"}], [{"lower": "-1"}, {"lower": "10", "upper": "3"}],
        [{"raw": "x" * 256}],
    ],
    "maxPermissibleErrors": [[{"kind": "FORMULA", "expression": "x" * 256}]],
    "uncertainty": [
        {"u": "0", "k": "2"}, {"u": "-1", "k": "2"}, {"u": "1", "k": "0.999"},
        {"u": "1", "k": "2", "unit": "x" * 256},
    ],
    "resolution": [{"value": "1", "unit": "x" * 256}],
    "scaleInterval": [{"value": "1", "unit": "x" * 256}],
    "compulsory": [True],
    "intervalMonths": [0, -1, 121, 2**31 - 1, -(2**31)],
    "lastDate": [str(today() + DAY), "9999-12-31"],
    "purchasePrice": ["5.005", "-0.01", "1000000000000", "999999999999.995", "1E-30", "1E60"],
    "photoUrls": [["x", "u" * 2_048], ["x", "u" * 2_049]],
}  # fmt: skip
"""Values at a limit, or beyond it."""


@dataclass(frozen=True)
class Case:
    """A line: its number, the columns that are stored of it, its certificate, what is stated."""

    at: int
    stored: dict[str, Any] | None
    certificate: dict[str, Any] | None
    stated: dict[str, Any]


class Cases:
    """Draws lines; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 -- a seed that can be told again

    def mixed(self, number: int) -> list[Case]:
        """Lines of which each states some members."""
        return [self._case(at, self._some()) for at in range(number)]

    def uniform(self, number: int) -> list[Case]:
        """Lines that all state the same members, every one there is."""
        return [self._case(at, [*FIT, "assetNo", "status"]) for at in range(number)]

    def _some(self) -> list[str]:
        few = self._random.sample([*FIT, "status"], self._random.randint(1, 9))
        often = ("name", "assetNo", "lastDate", "intervalMonths", "compulsory")
        return [*{*few, *(name for name in often if self._random.random() < 0.5)}]

    def _case(self, at: int, names: Sequence[str]) -> Case:
        stored = self._stored(at) if self._random.random() < 0.7 else None
        if stored is None:
            names = [*{*names, "name", "assetNo"}]
        stated = {name: self._fit(at, name) for name in sorted(names)}
        for name in self._random.sample(sorted(ODD), self._random.choice([0, 0, 0, 1, 1, 2])):
            if name in stated:
                stated[name] = self._random.choice(ODD[name])
        if stored is not None:
            stated["externalId"] = f"E{at}"
        certificate = self._certificate() if stored and self._random.random() < 0.3 else None
        return Case(at, stored, certificate, stated)

    def _fit(self, at: int, name: str) -> Any:
        if name == "assetNo":
            spelt = [f"JL-{at}", f"jl-{at}", f"ｊｌ－{at}", f" 计 {at}\u200b", f"ß{at}", f"a{at}|1"]
            return self._random.choice(spelt)
        if name == "status":
            return self._random.choice([None, *InstrumentState])
        if name == "serialNo":
            return f"{self._random.choice(FIT[name])}/{at}"
        if name == "compulsory" and self._random.random() < 0.3:
            return True
        return self._random.choice(FIT[name])

    def _stored(self, at: int) -> dict[str, Any]:
        """Columns of a line that is there already: from hand, or from a file that breaks rules."""
        one = self._random.choice
        last, months = one([None, date(2024, 2, 29), date(2024, 3, 5), today()]), one([None, 6, 12])
        moved = one([None, None, datetime(2024, 6, 1, tzinfo=UTC)])
        numbered = self._random.random() < 0.7
        return {
            "asset_no": f"JL-{at}" if numbered else None,
            "serial_no": None if numbered and one([True, False]) else f"S-1/{at}",
            "manufacturer": one([None, "", "上仪", "a|b"]),
            "name": one(["压力表", "é"]),
            "location": one([None, "", "一车间"]),
            "remark": one([None, "r"]),
            "measuring_ranges": one([[], [{"lower": "0", "upper": "1.60", "unit": "MPa"}]]),
            "max_permissible_errors": one([[], [{"kind": "REDUCED", "value": "1.60"}]]),
            "uncertainty": one([None, {"u": "0.020", "k": "2"}]),
            "resolution_value": one([None, Decimal("0.10"), Decimal("0.1")]),
            "resolution_unit": one([None, "MPa"]),
            "purchase_price": one([None, Decimal("5.00"), Decimal("12.30")]),
            "photo_urls": one([[], ["x"]]),
            "role": one(list(InstrumentRole)),
            "field": one([None, MetrologyField.LENGTH]),
            "compulsory": one([False, False, True]),
            "compulsory_purpose": one([None, CompulsoryPurpose.SAFETY]),
            "calibration_mode": one([None, CalibrationMode.VERIFICATION]),
            "interval_months": months,
            "last_date": last,
            "due_date": one([None, date(2025, 3, 4)]),
            "status": one(list(InstrumentState)),
            "status_moved_at": moved,
        }

    def _certificate(self) -> dict[str, Any]:
        return {
            "test_to": self._random.choice([None, date(2024, 3, 5), date(2024, 1, 31)]),
            "valid_until": self._random.choice([None, date(2025, 1, 1)]),
            "conclusion": self._random.choice(["QUALIFIED", "UNQUALIFIED"]),
            "source_system": self._random.choice([None, None, "dcc"]),
            "state": self._random.choice(["ISSUED", "ISSUED", "REVOKED"]),
        }
