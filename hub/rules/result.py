"""What must hold of each measured point before a certificate may state it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hub.errors import Path
from hub.rules.exact import exactly, last_place
from hub.rules.problem import Problem, error
from hub.rules.uncertainty import meets_cmc
from hub.rules.units import normal_unit, unit_of
from hub.vocabulary import ResultKind, ResultStage, Verdict

ERROR_KINDS = frozenset({ResultKind.INDICATION_ERROR, ResultKind.DEVIATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measured point as the certificate will print it; every zero counts.

    `uncertainty` is U in `uncertainty_unit`, the unit of the value or a relative one, with
    coverage factor `k`. `cmc` is the capability at this point in the unit of U, for results under
    an accreditation.
    """

    unit: str
    measured: Decimal
    reference: Decimal | None = None
    error: Decimal | None = None
    uncertainty: Decimal | None = None
    uncertainty_unit: str | None = None
    k: Decimal | None = None
    cmc: Decimal | Fraction | None = None
    mpe_lower: Decimal | None = None
    mpe_upper: Decimal | None = None
    verdict: Verdict | None = None

    @property
    def is_beyond_limits(self) -> bool:
        """Whether the error, compared with its full value, lies outside the limits given for it."""
        lower, upper = self.mpe_lower, self.mpe_upper
        if self.error is None or (lower is not None and upper is not None and lower > upper):
            return False
        below = lower is not None and self.error < lower
        return below or (upper is not None and self.error > upper)


@dataclass(frozen=True, slots=True)
class Result:
    """The points of one parameter, of one kind, found at one stage."""

    kind: ResultKind
    stage: ResultStage
    points: tuple[Point, ...]


def result_problems(results: tuple[Result, ...]) -> Iterator[Problem]:
    """What is wrong with the points of `results`, with paths ("results", i, "points", j, …)."""
    for index, result in enumerate(results):
        for place, point in enumerate(result.points):
            path: Path = ("results", index, "points", place)
            yield from _error_problems(point, path)
            if point.verdict is Verdict.PASS and point.is_beyond_limits:
                zh = "误差超出最大允许误差，不能判为合格"
                en = "the error is beyond its limits, so this is no pass"
                yield error("VERDICT_AGAINST_LIMITS", zh, en, *path, "verdict")
            if point.uncertainty is not None:
                yield from _uncertainty_problems(result.kind, point, point.uncertainty, path)


def _error_problems(point: Point, path: Path) -> Iterator[Problem]:
    if point.error is None or point.reference is None:
        return
    with exactly():
        half_unit = Decimal(5).scaleb(last_place(point.error) - 1)
        gap = abs(point.error - (point.measured - point.reference))
    if gap > half_unit:
        zh = f"示值误差 {point.error} 与测得值减参考值不符"
        en = f"the error {point.error} is not measured minus reference"
        yield error("ERROR_MISMATCH", zh, en, *path, "error")


def _uncertainty_problems(
    kind: ResultKind, point: Point, uncertainty: Decimal, path: Path
) -> Iterator[Problem]:
    if uncertainty <= 0:
        yield error("U_NOT_POSITIVE", "扩展不确定度必须大于 0", "U must be above 0", *path, "u")
        return
    if point.k is None or point.k < 1:
        yield error("K_BELOW_ONE", "包含因子 k 不得小于 1", "k must be at least 1", *path, "k")
    if not (same := _same_unit(point)) and not _is_relative(point.uncertainty_unit):
        zh = f"U 的单位 {point.uncertainty_unit} 与测得值单位 {point.unit} 不同"
        en = f"U is in {point.uncertainty_unit}, the value in {point.unit}"
        yield error("U_UNIT", zh, en, *path, "u")
    stated = _stated(kind, point)
    if same and last_place(stated) != last_place(uncertainty):
        zh = f"结果 {stated} 与 U={uncertainty} 的末位不对齐"
        en = f"the result {stated} and U={uncertainty} do not end at the same place"
        yield error("U_PLACE", zh, en, *path, "u")
    if point.cmc is not None and not meets_cmc(uncertainty, point.cmc):
        zh = f"U={uncertainty} 小于认可的校准和测量能力 CMC"
        en = f"U={uncertainty} is below the accredited CMC"
        yield error("U_BELOW_CMC", zh, en, *path, "u")


def _stated(kind: ResultKind, point: Point) -> Decimal:
    """The number that U belongs to: the error where errors are reported, else the value."""
    if kind in ERROR_KINDS and point.error is not None:
        return point.error
    return point.measured


def _same_unit(point: Point) -> bool:
    if point.uncertainty_unit is None:
        return True
    return normal_unit(point.uncertainty_unit) == normal_unit(point.unit)


def _is_relative(unit: str | None) -> bool:
    known = None if unit is None else unit_of(unit)
    return known is not None and known.is_relative
