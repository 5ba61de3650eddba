"""What measuring ranges and uncertainties can be, of instruments as of standards."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hub.errors import Refused


def check_measures(values: Mapping[str, Any]) -> None:
    """Raise Refused for a range or an uncertainty among `values` that cannot be."""
    for place, limits in enumerate(values.get("measuring_ranges") or ()):
        lower, upper = limits.get("lower"), limits.get("upper")
        if lower is not None and upper is not None and Decimal(lower) > Decimal(upper):
            raise Refused(
                "测量范围的下限大于上限",
                "the lower limit of a range is above the upper one",
                path=("measuringRanges", place, "lower"),
            )
    stated = values.get("uncertainty") or {}
    if "u" in stated and Decimal(stated["u"]) <= 0:
        raise Refused("扩展不确定度须大于 0", "U must be above 0", path=("uncertainty", "u"))
    if "k" in stated and Decimal(stated["k"]) < 1:
        raise Refused("包含因子须不小于 1", "k must be 1 at least", path=("uncertainty", "k"))
