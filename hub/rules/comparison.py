"""How a laboratory did in a comparison: En, z and robust z (JJF 1117-2010, ISO 13528)."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple

from hub.errors import Refused
from hub.rules.exact import exactly
from hub.rules.rounding import round_to_decimals
from hub.vocabulary import ComparisonVerdict

WORKING = Context(prec=60)  # of quotients and roots; verdicts never look at them
NORMAL_IQR = Decimal("0.7413")


class Score(NamedTuple):
    """A score and its verdict, which is judged exactly on the unrounded score."""

    value: Decimal
    verdict: ComparisonVerdict

    @property
    def printed(self) -> Decimal:
        """The score as reports print it, with two decimals."""
        return round_to_decimals(self.value, 2)


class RobustScores(NamedTuple):
    """The median, the normalised interquartile range and one score for each value, in order."""

    median: Decimal
    niqr: Decimal
    scores: tuple[Score, ...]


def en_score(
    lab: Decimal,
    reference: Decimal,
    lab_uncertainty: Decimal,
    reference_uncertainty: Decimal,
    transfer_uncertainty: Decimal = Decimal(0),
) -> Score:
    """En of a laboratory's value; at most 1 either way is SATISFACTORY (JJF 1117-2010).

    All uncertainties are expanded with the same coverage, that of the transfer standard during the
    comparison is optional. The laboratory must not have had a part in the reference value. Refused
    when an uncertainty is negative or all are zero.
    """
    uncertainties = (lab_uncertainty, reference_uncertainty, transfer_uncertainty)
    if any(each < 0 for each in uncertainties):
        raise Refused("扩展不确定度不能为负", "an uncertainty is negative", path=("U",))
    with exactly():
        difference = lab - reference
        variance = sum((each * each for each in uncertainties), Decimal(0))
        within = difference * difference <= variance
    if not variance:
        raise Refused("扩展不确定度不能全为 0", "all uncertainties are zero", path=("U",))
    good, bad = ComparisonVerdict.SATISFACTORY, ComparisonVerdict.UNSATISFACTORY
    value = WORKING.divide(difference, WORKING.sqrt(variance))
    return Score(value, good if within else bad)


def z_score(value: Decimal, assigned: Decimal, sigma: Decimal) -> Score:
    """The z of a value: up to 2 SATISFACTORY, below 3 QUESTIONABLE, else UNSATISFACTORY.

    Refused unless the standard deviation `sigma` is above zero.
    """
    if sigma <= 0:
        raise Refused("标准差必须大于 0", "the standard deviation must be above 0", path=("sigma",))
    with exactly():
        difference = value - assigned
        size = abs(difference)
        if size <= 2 * sigma:
            verdict = ComparisonVerdict.SATISFACTORY
        elif size < 3 * sigma:
            verdict = ComparisonVerdict.QUESTIONABLE
        else:
            verdict = ComparisonVerdict.UNSATISFACTORY
    return Score(WORKING.divide(difference, sigma), verdict)


def robust_z(values: Sequence[Decimal]) -> RobustScores:
    """The z of every value against the median and 0.7413 IQR of all (ISO 13528).

    Quartiles by linear interpolation at h = (n - 1) p. Refused when there is nothing to compare:
    no values, or half of them equal so that the range is zero.
    """
    if not values:
        raise Refused("没有比对数据", "there are no values to compare", path=("values",))
    ordered = sorted(values)
    with exactly():
        median = _quartile(ordered, 2)
        niqr = NORMAL_IQR * (_quartile(ordered, 3) - _quartile(ordered, 1))
    if not niqr:
        raise Refused("四分位距为 0", "the interquartile range is zero", path=("values",))
    return RobustScores(median, niqr, tuple(z_score(each, median, niqr) for each in values))


def _quartile(ordered: Sequence[Decimal], quarter: int) -> Decimal:
    below, quarters = divmod((len(ordered) - 1) * quarter, 4)
    above = min(below + 1, len(ordered) - 1)
    step = ordered[above] - ordered[below]
    return ordered[below] + step * quarters * Decimal("0.25")
