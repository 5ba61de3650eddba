"""The results of a DCC, table by table, each with its stage: before or after an adjustment."""

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from hub.importers.dcc.columns import has_roles
from hub.importers.dcc.draft import Problem
from hub.importers.dcc.elements import all_of, each_word, one, quantities, refs, text_of, word
from hub.importers.dcc.points import points
from hub.importers.dcc.table import Result
from hub.importers.dcc.validate import DCC
from hub.vocabulary import ResultKind, ResultStage

BEFORE = frozenset(("beforeAdjustment", "beforeRepair"))
AFTER = frozenset(("afterAdjustment", "afterRepair"))
CONDITIONS = "influenceConditions/influenceCondition"
UNCERTAINTY_METHOD = "basic_uncertainty"
NESTS = (f"{DCC}data", f"{DCC}list")


class Table(NamedTuple):
    """A `dcc:data` or `dcc:list` with quantities of its own, its section and its status."""

    element: etree._Element
    section: etree._Element
    status: str


def results(measurement: etree._Element) -> tuple[list[Result], list[Problem]]:
    """The results of a `dcc:measurementResult`, before an adjustment first, and their oddities."""
    found: list[Result] = []
    problems: list[Problem] = []
    method, read = _method(measurement), list(tables(measurement))
    implied = _implied({table.status for table in read})
    for table in read:
        rows, odd = points(table.element)
        problems += odd
        found.append(
            Result(
                name=text_of(table.section, "name"),
                table=text_of(table.element, "name"),
                ref_types=refs(table.section) + refs(table.element),
                kind=_kind(table.element),
                stage=stage_of(table.status) if table.status else implied,
                dcc_status=table.status,
                method=method,
                points=rows,
                quantities=quantities(table.element, but="list"),
            )
        )
    return found, problems


def tables(measurement: etree._Element) -> Iterator[Table]:
    """Each table of a `dcc:measurementResult`: the conditions that hold results, the results.

    Its status is the nearest: in the conditions of its lists, of its section, or the one that all
    conditions of the measurement share.
    """
    conditions = all_of(measurement, CONDITIONS)
    holding = [each for each in conditions if holds_results(each)]
    common = "" if holding else _only_status(conditions)
    for section in (*holding, *all_of(measurement, "results/result")):
        status = word(section, "status") or common
        yield from (Table(each, section, own) for each, own in _tables(section, status))


def holds_results(condition: etree._Element) -> bool:
    """Whether an influence condition is a table of results: the values before an adjustment."""
    return any(has_roles(table) for table, _ in _tables(condition))


def stage_of(status: str) -> ResultStage:
    """The stage that a DCC status names; ONLY for none."""
    if status in BEFORE:
        return ResultStage.AS_FOUND
    return ResultStage.AS_LEFT if status in AFTER else ResultStage.ONLY


def _tables(section: etree._Element, status: str = "") -> Iterator[tuple[etree._Element, str]]:
    for element in section.iterchildren(*NESTS):
        nearest = _only_status(all_of(element, CONDITIONS)) or status
        if one(element, "quantity") is not None:
            yield element, nearest
        yield from _tables(element, nearest)


def _only_status(conditions: list[etree._Element]) -> str:
    told = {word(each, "status") for each in conditions} - {None}
    return told.pop() or "" if len(told) == 1 else ""


def _implied(statuses: set[str]) -> ResultStage:
    """The stage of a table without status, beside tables that have one."""
    before, after = not BEFORE.isdisjoint(statuses), not AFTER.isdisjoint(statuses)
    if before == after:
        return ResultStage.ONLY
    return ResultStage.AS_LEFT if before else ResultStage.AS_FOUND


def _kind(table: etree._Element) -> ResultKind:
    named = {name for each in all_of(table, "quantity") for name in refs(each)}
    error = "basic_measurementError" in named
    return ResultKind.INDICATION_ERROR if error else ResultKind.VALUE


def _method(measurement: etree._Element) -> str:
    methods = (
        " ".join((text_of(each, "name").best, *each_word(each, "norm"))).strip()
        for each in all_of(measurement, "usedMethods/usedMethod")
        if UNCERTAINTY_METHOD not in refs(each)
    )
    return "；".join(dict.fromkeys(methods))
