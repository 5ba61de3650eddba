"""A certificate before it is stored: what a laboratory hands in, or a file states."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from hub.errors import Path
from hub.rules.problem import Problem, error
from hub.rules.result import Point, Result
from hub.vocabulary import (
    CertificateKind,
    Conclusion,
    DecisionRule,
    Location,
    ReplacementKind,
    ResultKind,
    ResultStage,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation as a certificate names it; `uscc` where it has one."""

    name: str
    country: str
    address: str | None = None
    website: str | None = None
    uscc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDraft:
    """One measured point as it is to be printed; every zero counts."""

    unit: str
    quantity: str | None = None
    nominal: Decimal | None = None
    reference: Decimal | None = None
    measured: Decimal | None = None
    error: Decimal | None = None
    reference_unit: str | None = None
    error_unit: str | None = None
    u: Decimal | None = None
    u_unit: str | None = None
    k: Decimal | None = None
    p: Decimal | None = None
    mpe_lower: Decimal | None = None
    mpe_upper: Decimal | None = None
    verdict: Verdict | None = None
    decision_rule: DecisionRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDraft:
    """One measured parameter with its points."""

    parameter: str
    kind: ResultKind = ResultKind.VALUE
    stage: ResultStage = ResultStage.ONLY
    method: str | None = None
    quantities: Sequence[dict[str, Any]] = ()
    points: Sequence[PointDraft] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardDraft:
    """A standard used: one of the library by `standard_id`, or as the certificate states it."""

    standard_id: UUID | None = None
    name: str | None = None
    measuring_range: str | None = None
    accuracy: str | None = None
    certificate_no: str | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDraft:
    """A certificate to be issued by the actor's laboratory.

    The instrument is named by its id, or by its owner's USCC and asset number. `interval_months`
    is the interval of the regulation; a verification is valid until test date + interval - 1 day.
    """

    number: str
    kind: CertificateKind
    instrument_id: UUID | None = None
    client_uscc: str | None = None
    asset_no: str | None = None
    authorization_id: UUID | None = None
    capability_id: UUID | None = None
    technical_basis: Sequence[str] = ()
    standards_used: Sequence[StandardDraft] = ()
    received_at: date | None = None
    test_from: date
    test_to: date | None = None
    issue_date: date
    interval_months: int | None = None
    valid_until: date | None = None
    recalibration_agreed: bool = False
    location: Location = Location.LAB
    environment: Sequence[dict[str, Any]] = ()
    results: Sequence[ResultDraft] = ()
    conclusion: Conclusion
    conclusion_class: str | None = None
    conclusion_reason: str | None = None
    decision_rule: DecisionRule | None = None
    tested_by_id: UUID
    checked_by_id: UUID
    approved_by_id: UUID
    fee_item_id: UUID | None = None
    fee: Decimal | None = None
    replaces_id: UUID | None = None
    replacement_kind: ReplacementKind | None = None
    files: Sequence[dict[str, Any]] = ()

    @property
    def tested_on(self) -> date:
        """The last day of the test."""
        return self.test_to or self.test_from


class QuantityValue(NamedTuple):
    """A value with its unit as printed."""

    value: Decimal
    unit: str


def rule_result(draft: ResultDraft, cmc: QuantityValue | None = None) -> Result:
    """The points with a measured value, as the rules of results look at them.

    `cmc` is a capability that is the same at every point; it binds the U that is in its unit.
    """
    points = tuple(
        Point(
            unit=one.unit,
            measured=one.measured,
            reference=one.reference,
            error=one.error,
            uncertainty=one.u,
            uncertainty_unit=one.u_unit,
            k=one.k,
            cmc=cmc.value if cmc and cmc.unit == (one.u_unit or one.unit) else None,
            mpe_lower=one.mpe_lower,
            mpe_upper=one.mpe_upper,
            verdict=one.verdict,
        )
        for one in draft.points
        if one.measured is not None
    )
    return Result(draft.kind, draft.stage, points)


def number_problems(results: Sequence[ResultDraft]) -> Iterator[Problem]:
    """What no measured point may state, whatever else the certificate says."""
    for index, result in enumerate(results):
        for place, point in enumerate(result.points):
            yield from _point_problems(point, ("results", index, "points", place))


def _point_problems(point: PointDraft, path: Path) -> Iterator[Problem]:
    if point.p is not None and not 0 < point.p <= 1:
        zh, en = "包含概率 p 应大于 0 且不大于 1", "p is above 0 and at most 1"
        yield error("BAD_INPUT", zh, en, *path, "p")
    lower, upper = point.mpe_lower, point.mpe_upper
    if lower is not None and upper is not None and lower > upper:
        zh, en = "允许误差下限大于上限", "the lower limit of error is above the upper"
        yield error("BAD_INPUT", zh, en, *path, "mpe_lower")
    if point.measured is not None:
        return  # the rules of results look at the others
    if point.u is not None and point.u <= 0:
        yield error("U_NOT_POSITIVE", "扩展不确定度必须大于 0", "U must be above 0", *path, "u")
    if point.k is not None and point.k < 1:
        yield error("K_BELOW_ONE", "包含因子 k 不得小于 1", "k must be at least 1", *path, "k")
