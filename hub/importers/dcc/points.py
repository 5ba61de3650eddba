"""The points of one table of a DCC: its columns put together row by row, nothing calculated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lxml import etree

from hub.errors import Words
from hub.importers.dcc.columns import ROLES, Said, Track, said, tracks
from hub.importers.dcc.draft import Problem, ProblemCode
from hub.importers.dcc.dsi import Component, Series, UncertaintyKind, Unit, pick
from hub.importers.dcc.dsi_read import line_of
from hub.importers.dcc.table import LimitKind, Point, PointLimits, PointUncertainty, Role
from hub.importers.dcc.values import Quantity, Reading
from hub.vocabulary import Verdict

UNPAIRED = Words(
    "表中各列的数值不能逐行对应，相应数值未列入测量点",
    "the columns of the table do not pair row by row; such values are left out of the points",
)
AMBIGUOUS = Words(
    "同一测量点的判定不一致，未列入测量点",
    "the verdicts on one point differ; they are left out of the points",
)
ONE = Decimal(1)

Chosen = dict[Role, Series]  # of each column of a track the series in one unit


def points(table: etree._Element) -> tuple[tuple[Point, ...], tuple[Problem, ...]]:
    """The points of a `dcc:list` or `dcc:data` by its own quantities, numbered from 1.

    What does not fit together stays empty in the points and is told in the problems.
    """
    runs, paired = tracks(table)
    shared = said(table)
    found: list[Point] = []
    odd: set[ProblemCode] = set() if paired else {ProblemCode.UNPAIRED}
    for track in runs:
        for component in _components(track):
            chosen = _chosen(track, component)
            found += _run(track, chosen, shared)
            odd.update(_oddities(track, chosen, shared))
    told = {ProblemCode.UNPAIRED: UNPAIRED, ProblemCode.VERDICT_AMBIGUOUS: AMBIGUOUS}
    return (
        tuple(replace(point, index=number) for number, point in enumerate(found, 1)),
        tuple(Problem(code, told[code], line_of(table)) for code in sorted(odd)),
    )


def _run(track: Track, chosen: Chosen, shared: Said) -> Iterator[Point]:
    count = _count(chosen)
    named = next(iter(track.values())).quantity
    numbers = {role: _readings(chosen.get(role), count) for role in Role}
    uncertainties = _uncertainties(chosen, count) or _relative(track, chosen, count)
    limits = _limits(track, chosen, shared, count)
    judged = _judged(track, shared, count)
    for index in range(count):
        yield Point(
            index=index,
            quantity=_name(named, next(iter(chosen.values())), index, count),
            ref_types=named.ref_types,
            nominal=numbers[Role.NOMINAL][index],
            reference=numbers[Role.REFERENCE][index],
            measured=numbers[Role.MEASURED][index],
            error=numbers[Role.ERROR][index],
            uncertainty=uncertainties[index] if uncertainties else None,
            limits=limits[index],
            verdict=next(iter(judged[index])) if len(judged[index]) == 1 else None,
        )


def _oddities(track: Track, chosen: Chosen, shared: Said) -> Iterator[ProblemCode]:
    count = _count(chosen)
    if any(len(series) not in (1, count) for series in chosen.values()):
        yield ProblemCode.UNPAIRED
    if any(len(each) > 1 for each in _judged(track, shared, count)):
        yield ProblemCode.VERDICT_AMBIGUOUS


def _components(track: Track) -> list[Component]:
    series = next(iter(track.values())).quantity.series
    return list(dict.fromkeys(each.component for each in series))


def _chosen(track: Track, component: Component) -> Chosen:
    """One series per column: in the unit most columns have, and of those where U is stated."""
    parts = {
        role: [each for each in column.quantity.series if each.component is component]
        for role, column in track.items()
    }
    parts = {role: series for role, series in parts.items() if series}

    def fitness(series: Series) -> tuple[int, bool]:
        found = (_in_unit(each, _unit(series)) for each in parts.values())
        fitting = [each for each in found if _unit(each) == _unit(series)]
        return len(fitting), any(each.uncertainty for each in fitting)

    unit = _unit(max(next(iter(parts.values())), key=fitness))
    return {role: _in_unit(series, unit) for role, series in parts.items()}


def _in_unit(series: Sequence[Series], unit: str) -> Series:
    return next((each for each in series if _unit(each) == unit), series[0])


def _unit(series: Series) -> str:
    return str(series.unit or "")


def _count(chosen: Chosen) -> int:
    return len(next(iter(chosen.values())))


def _readings(series: Series | None, count: int) -> list[Reading | None]:
    if series is None:
        return [None] * count
    return [_reading(series.values, series.units, index, count) for index in range(count)]


def _reading(
    values: Sequence[Decimal | None], units: Sequence[Unit], index: int, count: int
) -> Reading | None:
    value = pick(values, index, count)
    unit = pick(units, index, count)
    return None if value is None else Reading(value, unit or Unit.of(""))


def _uncertainties(chosen: Chosen, count: int) -> list[PointUncertainty | None]:
    """Those of the first number that has one: the error, or the measured value, and so on."""
    of = next((role for role, series in chosen.items() if series.uncertainty), None)
    stated = chosen[of].uncertainty if of else None
    if of is None or stated is None:
        return []
    expanded = stated.kind is UncertaintyKind.EXPANDED
    found: list[PointUncertainty | None] = []
    for index in range(count):
        u = _reading(stated.values, chosen[of].units, index, count)
        k = pick(stated.k, index, count) if expanded else ONE
        p = pick(stated.p, index, count) if expanded else None
        named = pick(stated.distribution, index, count)
        found.append(None if u is None else PointUncertainty(of, stated.kind, u, k, p, named))
    return found


def _relative(track: Track, chosen: Chosen, count: int) -> list[PointUncertainty | None]:
    """Relative uncertainties of the first number that has them, where no absolute ones are stated.

    Those in the unit of the number itself are left out: they could not be told from absolute ones.
    """
    for of, column in track.items():
        series = column.quantity.relative_uncertainty
        if series is not None and of in chosen and _unit(series) != _unit(chosen[of]):
            told = series.uncertainty
            about = (told.k, told.p, told.distribution) if told else ((), (), ())
            return [
                u and PointUncertainty(of, UncertaintyKind.EXPANDED, u, *_picked(about, at, count))
                for at, u in enumerate(_readings(series, count))
            ]
    return []


def _picked(lists: Iterable[Sequence[Any]], index: int, count: int) -> Iterator[Any]:
    return (pick(items, index, count) for items in lists)


def _limits(
    track: Track, chosen: Chosen, shared: Said, count: int
) -> list[tuple[PointLimits, ...]]:
    of = next((role for role, column in track.items() if column.said.limits), None)
    given = track[of].said.limits if of else shared.limits
    unit = _unit(chosen[of] if of in chosen else next(iter(chosen.values())))
    sides = {key: _readings(_in_unit(each.series, unit), count) for key, each in given.items()}
    kinds = [kind for kind in LimitKind if kind in {found for found, _ in sides}]
    none: list[Reading | None] = [None] * count
    return [
        tuple(
            PointLimits(
                kind,
                of,
                sides.get((kind, False), none)[index],
                sides.get((kind, True), none)[index],
            )
            for kind in kinds
        )
        for index in range(count)
    ]


def _judged(track: Track, shared: Said, count: int) -> list[set[Verdict | None]]:
    """For each point the different verdicts on it; None stands for one that cannot be told."""
    lists = [each for column in track.values() for each in column.said.verdicts]
    lists += shared.verdicts
    return [{pick(each, index, count) for each in lists} for index in range(count)]


def _name(named: Quantity, series: Series, index: int, count: int) -> str:
    """The name of the quantity, else its label, else its refTypes but for that of its role."""
    label = pick(series.labels, index, count) or ""
    names = " ".join(each for each in named.ref_types if each not in ROLES)
    name = named.name.best or label or names
    return name if series.component is Component.VALUE else f"{name} ({series.component})".strip()
