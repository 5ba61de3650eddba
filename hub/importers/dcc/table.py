"""The results of a DCC draft: a table of points with uncertainties, limits and verdicts."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from hub.importers.dcc.dsi import UncertaintyKind
from hub.importers.dcc.values import Quantity, Reading, Text
from hub.vocabulary import ResultKind, ResultStage, Verdict


class Role(StrEnum):
    """Which number of a point."""

    ERROR = "ERROR"
    MEASURED = "MEASURED"
    REFERENCE = "REFERENCE"
    NOMINAL = "NOMINAL"


class LimitKind(StrEnum):
    """What limits are: TOLERANCE bounds the true value, ACCEPTANCE (guarded) the measured one."""

    TOLERANCE = "TOLERANCE"
    ACCEPTANCE = "ACCEPTANCE"


class PointLimits(NamedTuple):
    """The limits of one point for the number `of` (None when the whole table states them)."""

    kind: LimitKind
    of: Role | None
    lower: Reading | None
    upper: Reading | None


class PointUncertainty(NamedTuple):
    """The uncertainty of the number `of`: U with k for EXPANDED.

    For STANDARD and INTERVAL it is the standard uncertainty, which is U for k = 1.
    """

    of: Role
    kind: UncertaintyKind
    u: Reading
    k: Decimal | None
    p: Decimal | None
    distribution: str | None


@dataclass(frozen=True, slots=True)
class Point:
    """One measured point, numbered from 1 within its result; nothing in it is calculated."""

    index: int
    quantity: str
    ref_types: tuple[str, ...]
    nominal: Reading | None
    reference: Reading | None
    measured: Reading | None
    error: Reading | None
    uncertainty: PointUncertainty | None
    limits: tuple[PointLimits, ...]
    verdict: Verdict | None

    @property
    def mpe(self) -> PointLimits | None:
        """The tolerance limits, or the acceptance limits where only those are given."""
        return self.limits[0] if self.limits else None


@dataclass(frozen=True, slots=True)
class Result:
    """One table of results: `points` by row, `quantities` every list below it as printed."""

    name: Text
    table: Text
    ref_types: tuple[str, ...]
    kind: ResultKind
    stage: ResultStage
    dcc_status: str
    method: str
    points: tuple[Point, ...]
    quantities: tuple[Quantity, ...]
