"""What a D-SI quantity is: series of values as printed, with units and stated uncertainty."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeVar

from hub.importers.dcc.dsi_units import code_of

T = TypeVar("T")


class Unit(NamedTuple):
    r"""A unit as printed (`\kelvin`) and its code (K), None when it is not a D-SI unit."""

    printed: str
    code: str | None

    @classmethod
    def of(cls, printed: str) -> "Unit":
        """The unit that is printed so."""
        return cls(printed, code_of(printed))

    def __str__(self) -> str:
        return self.code or self.printed


class Component(StrEnum):
    """Which part of a quantity a series holds; anything but VALUE belongs to a complex one."""

    VALUE = "VALUE"
    REAL = "REAL"
    IMAGINARY = "IMAGINARY"
    MAGNITUDE = "MAGNITUDE"
    PHASE = "PHASE"


class UncertaintyKind(StrEnum):
    """How an uncertainty is stated; ELLIPSOID and RECTANGLE are regions of several dimensions."""

    EXPANDED = "EXPANDED"
    STANDARD = "STANDARD"
    INTERVAL = "INTERVAL"
    ELLIPSOID = "ELLIPSOID"
    RECTANGLE = "RECTANGLE"


Numbers = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """One statement of uncertainty; each tuple has one item for all values, or one per value.

    `values` are U (EXPANDED) or u (STANDARD, INTERVAL) in the unit of the series; `covariance`
    holds the columns of the matrix of a region, one series per cell.
    """

    kind: UncertaintyKind
    values: Numbers
    k: Numbers
    p: Numbers
    distribution: tuple[str, ...]
    minimum: Numbers = ()
    maximum: Numbers = ()
    covariance: "tuple[tuple[Series, ...], ...]" = ()


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one D-SI element; `printed` token by token, `values` None where NaN is printed.

    `units` has one item for all values, or one per value. A hybrid gives one series per unit.
    """

    element: str
    printed: tuple[str, ...]
    values: Numbers
    units: tuple[Unit, ...]
    component: Component = Component.VALUE
    uncertainties: tuple[Uncertainty, ...] = ()
    labels: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    significant_digits: tuple[str, ...] = ()
    line: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def unit(self) -> Unit | None:
        """The unit of all values, or None when they have several (or none)."""
        return self.units[0] if len(set(self.units)) == 1 else None

    @property
    def uncertainty(self) -> Uncertainty | None:
        """The uncertainty of each value by itself, None when only a region is stated."""
        return next((each for each in self.uncertainties if each.values), None)

    @property
    def uneven(self) -> bool:
        """Whether a list beside the values has neither one item nor as many as there are values."""
        lists: list[Sequence[object]] = [self.units]
        for each in self.uncertainties:
            lists += [each.values, each.k, each.p, each.distribution, each.minimum, each.maximum]
        return any(len(items) not in (0, 1, len(self)) for items in lists)


def pick(items: Sequence[T], index: int, count: int) -> T | None:
    """The item that belongs to value `index` of `count`: one item stands for all values."""
    if len(items) == 1:
        return items[0]
    return items[index] if len(items) == count else None
