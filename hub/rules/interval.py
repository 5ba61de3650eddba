"""Whether a calibration interval should be shortened: NCSLI RP-1, method A3 (interval test)."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from hub.errors import Refused, Words
from hub.rules.rounding import round_to_decimals

WORKING = Context(prec=60)
LEAST_CHANGE_DAYS = 5
MAX_CALIBRATIONS = 1_000


@dataclass(frozen=True, slots=True)
class IntervalAdvice:
    """What the record of past calibrations says about an interval in days, and why.

    `rejection_confidence` is Q of the method: how sure it is that the target is missed.
    """

    rejection_confidence: Decimal
    calculated_days: Decimal
    recommended_days: int
    shortened: bool
    reason: Words


def advise_interval(
    in_tolerance: int,
    calibrations: int,
    interval_days: int,
    target: Decimal,
    confidence: Decimal = Decimal("0.5"),
) -> IntervalAdvice:
    """The advice after `in_tolerance` of `calibrations` were found good at `interval_days`.

    `target` is the wanted share of good ones. The interval is only ever shortened, to no less
    than half, and only when the rejection confidence exceeds `confidence` and the change is at
    least 5 days. Refused for counts or shares out of range.
    """
    _check(in_tolerance, calibrations, interval_days, target, confidence)
    missed = Fraction(in_tolerance, calibrations) - Fraction(target)
    certainty = 1 - 2 * binomial_cdf(in_tolerance, calibrations, Fraction(target))
    factor = max(_power_of_ten(missed * certainty), Decimal("0.5"))
    calculated = WORKING.multiply(interval_days, factor)
    shorten = certainty > Fraction(confidence) and interval_days - calculated >= LEAST_CHANGE_DAYS
    return IntervalAdvice(
        rejection_confidence=_decimal(certainty),
        calculated_days=calculated,
        recommended_days=int(round_to_decimals(calculated, 0)) if shorten else interval_days,
        shortened=shorten,
        reason=_reason(in_tolerance, calibrations, target, shorten),
    )


def binomial_cdf(successes: int, trials: int, probability: Fraction) -> Fraction:
    """The exact chance of at most `successes` in `trials` of `probability`, which is below 1."""
    good, everything = probability.numerator, probability.denominator
    bad = everything - good
    term = ways = bad**trials
    for k in range(successes):
        term = term * (trials - k) * good // ((k + 1) * bad)
        ways += term
    return Fraction(ways, everything**trials)


def _power_of_ten(exponent: Fraction) -> Decimal:
    return WORKING.power(10, _decimal(exponent))


def _decimal(value: Fraction) -> Decimal:
    return WORKING.divide(value.numerator, value.denominator)


def _check(
    in_tolerance: int, calibrations: int, interval_days: int, target: Decimal, confidence: Decimal
) -> None:
    if not 1 <= calibrations <= MAX_CALIBRATIONS:
        raise Refused(
            f"校准次数应在 1 到 {MAX_CALIBRATIONS} 之间",
            f"between 1 and {MAX_CALIBRATIONS} calibrations are needed",
            path=("calibrations",),
        )
    if not 0 <= in_tolerance <= calibrations:
        raise Refused(
            "合格次数应在 0 到校准次数之间",
            "the count in tolerance lies between 0 and the calibrations",
            path=("inTolerance",),
        )
    if interval_days < 1:
        raise Refused("周期至少为 1 天", "the interval is at least a day", path=("intervalDays",))
    if not 0 < target < 1:
        raise Refused("目标可靠度应在 0 与 1 之间", "target is between 0 and 1", path=("target",))
    if not 0 <= confidence < 1:
        raise Refused("置信度应在 0 与 1 之间", "confidence is below 1", path=("confidence",))


def _reason(in_tolerance: int, calibrations: int, target: Decimal, shorten: bool) -> Words:
    if shorten:
        return Words(
            f"{calibrations} 次中 {in_tolerance} 次合格，明显低于目标 {target}，建议缩短周期",
            f"{in_tolerance} of {calibrations} in tolerance is below the target {target}: shorten",
        )
    return Words(
        f"{calibrations} 次中 {in_tolerance} 次合格，没有足够理由缩短周期",
        f"{in_tolerance} of {calibrations} in tolerance is no sufficient reason to shorten",
    )
