"""The columns of one table of a DCC, each with its role, and which of them make a run of points.

The roles are told by the refTypes of the PTB good practice examples: a table of results has a
`basic_referenceValue`, `basic_measuredValue`, `basic_measurementError` or `basic_nominalValue`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from lxml import etree

from hub.importers.dcc.dsi import pick
from hub.importers.dcc.dsi_read import words
from hub.importers.dcc.elements import all_of, quantities, quantity, refs, word
from hub.importers.dcc.table import LimitKind, Role
from hub.importers.dcc.values import Quantity
from hub.vocabulary import Verdict

ROLES = {
    "basic_measurementError": Role.ERROR,
    "basic_measuredValue": Role.MEASURED,
    "basic_referenceValue": Role.REFERENCE,
    "basic_nominalValue": Role.NOMINAL,
}
CONFORMITY = "basic_conformity"
CALIBRATION_POINT = "basic_calibrationValue"
LIMITS = {
    "basic_toleranceLimitLower": (LimitKind.TOLERANCE, False),
    "basic_toleranceLimitUpper": (LimitKind.TOLERANCE, True),
    "basic_acceptanceLimitLower": (LimitKind.ACCEPTANCE, False),
    "basic_acceptanceLimitUpper": (LimitKind.ACCEPTANCE, True),
}
VERDICTS = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "conditionalPass": Verdict.CONDITIONAL_PASS,
    "conditionalFail": Verdict.CONDITIONAL_FAIL,
    "noPass": Verdict.NO_PASS,
    "noFail": Verdict.NO_FAIL,
}


class Said(NamedTuple):
    """What the meta data of a quantity or table say: its limits by kind and "is the upper one".

    `verdicts` has a tuple per statement, each with one verdict for all values or one per value.
    """

    limits: dict[tuple[LimitKind, bool], Quantity]
    verdicts: tuple[tuple[Verdict, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A quantity of a table; `calibration` are the nominal points named in its meta data."""

    quantity: Quantity
    said: Said
    calibration: Quantity | None = None


T = TypeVar("T")
Track = dict[Role, Column]  # what makes one run of points; the first column counts them


def has_roles(table: etree._Element) -> bool:
    """Whether a table states results: one of its own quantities has a role."""
    return any(role_of(refs(each)) is not None for each in all_of(table, "quantity"))


def tracks(table: etree._Element) -> tuple[list[Track], bool]:
    """The runs of points of a table, and whether all its columns could be paired.

    A role that several columns have makes as many runs; a column alone in its role is in each. In
    a table without roles every column is a run of measured values.
    """
    columns = [each for element in all_of(table, "quantity") for each in _columns(element)]
    runs, paired = in_runs(columns, lambda each: each.quantity.ref_types)
    return [_with_nominal(run) for run in runs] if has_roles(table) else runs, paired


def in_runs(
    columns: Sequence[T], names: Callable[[T], Sequence[str]]
) -> tuple[list[dict[Role, T]], bool]:
    """The columns of each run of points by role, and whether all could be paired.

    `names` tells the refTypes of a column.
    """
    roles = [role_of(names(each)) for each in columns]
    by_role = {
        role: [each for each, its in zip(columns, roles, strict=True) if its is role]
        for role in Role
        if role in roles
    }
    if not by_role:
        return [{Role.MEASURED: each} for each in columns], True
    count = max(len(group) for group in by_role.values())
    paired = all(len(group) in (1, count) for group in by_role.values())
    return [_run(by_role, index, count) for index in range(count)], paired


def said(element: etree._Element) -> Said:
    """The limits and verdicts in the meta data directly below a quantity or table."""
    limits = {
        LIMITS[name]: each
        for meta in all_of(element, "measurementMetaData")
        for each in quantities(meta)
        for name in each.ref_types
        if name in LIMITS and each.series
    }
    given = (verdicts(each) for each in all_of(element, "measurementMetaData/metaData"))
    return Said(limits, tuple(each for each in given if each))


def verdicts(element: etree._Element) -> tuple[Verdict, ...]:
    """The verdicts that a statement or meta data element gives."""
    text = word(element, "conformityXMLList") or word(element, "conformity")
    return tuple(VERDICTS[each] for each in words(text))


def _run(by_role: dict[Role, list[T]], index: int, count: int) -> dict[Role, T]:
    picked = {role: pick(group, index, count) for role, group in by_role.items()}
    return {role: column for role, column in picked.items() if column is not None}


def _with_nominal(track: Track) -> Track:
    """The run with the nominal points that the meta data of one of its columns name."""
    points = next((each.calibration for each in track.values() if each.calibration), None)
    if points is not None and Role.NOMINAL not in track:
        track[Role.NOMINAL] = Column(points, Said({}, ()))
    return track


def _columns(element: etree._Element) -> Iterator[Column]:
    """The columns of one quantity: a `si:list` has several, which are not each other's units."""
    read = quantity(element, element)
    points = (each for each in quantities(element) if each.within[-1:] == (CALIBRATION_POINT,))
    column = Column(read, said(element), next(points, None))
    if read.form == "list":
        yield from (replace(column, quantity=replace(read, series=(one,))) for one in read.series)
    elif read.series:
        yield column


def role_of(ref_types: Sequence[str]) -> Role | None:
    """Which number of a point a column with these refTypes holds."""
    return next((ROLES[each] for each in ref_types if each in ROLES), None)
