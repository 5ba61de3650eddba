"""The points of a result as the columns of a table, every printed digit kept.

A table has runs of points: in one run all points have the same name, units and kinds of statement.
A number that a point does not have is NaN, as D-SI 2.2.1 allows.

Limits are limits of error, so they stand with the error, also where the certificate prints none:
beside the measured value a machine would take them for its bounds. Such an error is NaN and not
measured minus reference: no number is stated that the certificate does not state, and it is read
back as absent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from hub.actions.certificate_draft import PointDraft, ResultDraft
from hub.errors import Path
from hub.exporters.dcc.units import dsi_name
from hub.exporters.dcc.xml import inexpressible
from hub.importers.dcc.columns import CONFORMITY, LIMITS, ROLES
from hub.importers.dcc.dsi import UncertaintyKind
from hub.importers.dcc.dsi_read import NOT_A_NUMBER as NAN
from hub.importers.dcc.printed import Printed, Stated, Told
from hub.importers.dcc.table import LimitKind, Role
from hub.rules.result import ERROR_KINDS
from hub.rules.units import normal_unit, unit_of
from hub.values import plain
from hub.vocabulary import ResultKind

FORM = "realListXMLList"
REF_TYPES = {role: name for name, role in ROLES.items()}
SIDES = {is_upper: name for name, (kind, is_upper) in LIMITS.items() if kind is LimitKind.TOLERANCE}
PRINTED = (Role.NOMINAL, Role.REFERENCE, Role.MEASURED, Role.ERROR)
"""The roles in the order in which people print their columns."""
VALUES: dict[Role, Callable[[PointDraft], Decimal | None]] = {
    Role.ERROR: lambda point: point.error,
    Role.MEASURED: lambda point: point.measured,
    Role.REFERENCE: lambda point: point.reference,
    Role.NOMINAL: lambda point: point.nominal,
}


class Shape(NamedTuple):
    """What all points of a run share: their name, the D-SI unit of each role, what is stated.

    U belongs to the number `carrier`; with a `relative` unit it is relative to it.
    """

    name: str | None
    units: tuple[tuple[Role, str], ...]
    carrier: Role | None
    relative: str | None
    is_judged: bool


def columns(result: ResultDraft, path: Path) -> list[Printed]:
    """The columns of the points of `result`. Refused for a unit that D-SI does not have.

    `path` is where the result stands.
    """
    points = result.points
    roles = _roles(result)
    shapes = [
        _shape(point, result.kind, roles, (*path, "points", place))
        for place, point in enumerate(points)
    ]
    pairs = zip(shapes, points, strict=True)
    runs = [
        (shape, [point for _, point in run]) for shape, run in groupby(pairs, lambda one: one[0])
    ]
    found: list[Printed] = []
    for shape, run in runs:
        for role in (one for one in PRINTED if one in roles):
            found += _column(len(found), role, shape, run, is_first=role is roles[0])
    return found


def _roles(result: ResultDraft) -> list[Role]:
    """The roles of the columns; the first one bears the limits.

    What an older import kept of a file has its limits where that file had them: with the number
    that comes first.
    """
    points = result.points
    used = [role for role in Role if any(VALUES[role](point) is not None for point in points)]
    used = used or [Role.MEASURED]
    limited = any(
        limit is not None for point in points for limit in (point.mpe_lower, point.mpe_upper)
    )
    if limited and not result.quantities and Role.ERROR not in used:
        return [Role.ERROR, *used]
    return used


def _shape(point: PointDraft, kind: ResultKind, roles: Sequence[Role], path: Path) -> Shape:
    units = {}
    for role in roles:
        unit, member = _unit(point, role)
        units[role] = _name(unit, *path, member)
    carrier, relative = _stated_on(point, kind, units, (*path, "uUnit"))
    return Shape(point.quantity, tuple(units.items()), carrier, relative, point.verdict is not None)


def _unit(point: PointDraft, role: Role) -> tuple[str, str]:
    """The unit of one number of a point, and the member that gives it."""
    match role:
        case Role.ERROR:
            return point.error_unit or point.unit, "errorUnit"
        case Role.REFERENCE | Role.NOMINAL:
            return point.reference_unit or point.unit, "referenceUnit"
    return point.unit, "unit"


def _name(unit: str, *path: str | int) -> str:
    name = dsi_name(unit)
    if name is None:
        raise inexpressible(
            f"计量单位“{unit}”没有 D-SI 名称", f"the unit {unit!r} has no name in D-SI", *path
        )
    return name


def _stated_on(
    point: PointDraft, kind: ResultKind, units: dict[Role, str], path: Path
) -> tuple[Role | None, str | None]:
    r"""The number that U belongs to, and the unit of U where it is relative to that number.

    As in `hub.rules.result` it is the error where errors are reported, else the measured value. U
    in the hub's unit of that number is absolute, though D-SI calls other units the same (%RH is
    \percent like %). Refused where U is in the unit of no number and not relative, and where a
    relative U would have the D-SI unit of its number: a reader takes it for an absolute one.
    """
    if point.u is None:
        return None, None
    given = [role for role in units if VALUES[role](point) is not None] or list(units)
    if kind not in ERROR_KINDS:
        given.sort(key=lambda role: role is not Role.MEASURED)
    printed = point.u_unit or point.unit
    name = _name(printed, *path)
    if not _is_relative(printed):
        alike = [role for role in given if units[role] == name]
    else:
        own = [role for role in given if role in (given[0], Role.MEASURED)]
        alike = [role for role in own if _is_in(point, role, printed)]
    if alike:
        return alike[0], None
    if not _is_relative(printed):
        zh = f"U 的单位“{printed}”不是任一数值的单位"
        raise inexpressible(zh, f"U is in {printed!r}, which is the unit of no number", *path)
    if units[given[0]] == name:
        zh = f"相对值 U 的单位“{printed}”在 D-SI 中与其数值的单位相同，会被读作绝对值"
        en = f"U is relative, in {printed!r}: in D-SI that is the unit of its number too"
        raise inexpressible(zh, en, *path)
    return given[0], name


def _is_relative(unit: str) -> bool:
    known = unit_of(unit)
    return known is not None and known.is_relative


def _is_in(point: PointDraft, role: Role, unit: str) -> bool:
    own, _ = _unit(point, role)
    return normal_unit(own) == normal_unit(unit)


def _column(
    number: int, role: Role, shape: Shape, run: Sequence[PointDraft], *, is_first: bool
) -> Iterator[Printed]:
    """The column of one role of a run, with the limits if it is the first."""
    unit = dict(shape.units)[role]
    stated = _stated(run) if shape.carrier is role else None
    yield Printed(
        quantity=number,
        name=shape.name if is_first else None,
        ref_types=(REF_TYPES[role],),
        form=FORM,
        element=FORM,
        values=tuple(one or NAN for one in _texts(map(VALUES[role], run))),
        units=(unit,),
        uncertainty=None if shape.relative else stated,
        relative=_relative(number, stated, shape.relative) if stated and shape.relative else None,
    )
    if is_first:
        lower = _texts(point.mpe_lower for point in run)
        upper = _texts(point.mpe_upper for point in run)
        for is_upper, values in ((False, lower), (True, upper)):
            if any(values):
                number += 1
                yield _limits(number, is_upper, values, unit)


def _limits(number: int, is_upper: bool, values: Told, unit: str) -> Printed:
    return Printed(
        quantity=number,
        ref_types=(SIDES[is_upper],),
        within=(CONFORMITY,),
        inner=True,
        form=FORM,
        element=FORM,
        values=tuple(value or NAN for value in values),
        units=(unit,),
    )


def _stated(run: Sequence[PointDraft]) -> Stated:
    return Stated(
        kind=UncertaintyKind.EXPANDED,
        u=_texts(point.u for point in run),
        k=_texts(point.k for point in run),
        p=_texts(point.p for point in run),
    )


def _relative(number: int, stated: Stated, unit: str) -> Printed:
    """Relative uncertainties, which state k and p of themselves."""
    values = tuple(value or NAN for value in stated.u)
    return Printed(
        quantity=number, form=FORM, element=FORM, values=values, units=(unit,), uncertainty=stated
    )


def _texts(values: Iterable[Decimal | None]) -> Told:
    return tuple(None if value is None else plain(value) for value in values)
