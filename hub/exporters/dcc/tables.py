"""One table of results of a DCC: its quantities with limits, verdicts and conditions in place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from hub.actions.certificate_draft import PointDraft, ResultDraft
from hub.errors import Path, Words
from hub.exporters.dcc.columns import columns
from hub.exporters.dcc.quantities import quantity
from hub.exporters.dcc.xml import Element, dcc, inexpressible, some, text, word
from hub.importers.dcc.columns import CONFORMITY, VERDICTS, in_runs
from hub.importers.dcc.printed import Printed, is_whole
from hub.vocabulary import ResultStage, Verdict

WORDS = {verdict: word for word, verdict in VERDICTS.items()}
STATUSES = {
    ResultStage.AS_FOUND: ("beforeAdjustment", Words("调整前", "before adjustment")),
    ResultStage.AS_LEFT: ("afterAdjustment", Words("调整后", "after adjustment")),
}
Lists = Sequence[Printed]
"""The lists of one quantity."""


class Column(NamedTuple):
    """A column of a table, and the number of the quantity that it is or belongs to."""

    number: int
    lists: Lists


def table(result: ResultDraft, path: Path) -> Element | None:
    """The `dcc:list` of a result, as its file printed it or else by its points; None without any.

    Refused, with a path below `path`, for what a DCC cannot say.
    """
    _insist_on_verdicts(result.points, path)
    kept = [Printed.of(one) for one in result.quantities if is_whole(one)]
    lists = kept or columns(result, path)
    if not lists:
        return None
    tops, own = _placed([list(each) for _, each in groupby(lists, lambda one: one.quantity)])
    verdicts = _verdicts(tops, result.points)
    rules = dict.fromkeys(one.decision_rule for one in result.points if one.decision_rule)
    rule = "、".join(one.label for one in rules)
    return dcc(
        "list",
        *(
            quantity(each, *_around(inner, verdicts.get(each[0].quantity, ()), rule))
            for each, inner in tops
        ),
        *_around(own, (), rule, stage(result.stage)),
    )


def stage(of: ResultStage) -> Element | None:
    """The influence condition that tells at which stage results were found."""
    if of not in STATUSES:
        return None
    status, words = STATUSES[of]
    told = dcc("data", text("text", words))
    return dcc("influenceCondition", text("name", words), dcc("status", status), told)


def _insist_on_verdicts(points: Sequence[PointDraft], path: Path) -> None:
    for place, point in enumerate(points):
        if point.verdict is not None and point.verdict not in WORDS:
            raise inexpressible(
                f"判定“{point.verdict.label}”不在 DCC 的判定之列",
                f"the verdict {point.verdict} is none of a DCC",
                *(*path, "points", place, "verdict"),
            )


def _placed(quantities: Iterable[Lists]) -> tuple[list[tuple[Lists, list[Lists]]], list[Lists]]:
    """The columns, each with the quantities that belong to it, and those of the table itself."""
    tops: list[tuple[Lists, list[Lists]]] = []
    own: list[Lists] = []
    for lists in quantities:
        if lists[0].inner and tops:
            tops[-1][1].append(lists)
        elif lists[0].inner or lists[0].within:
            own.append(lists)
        else:
            tops.append((lists, []))
    return (tops, own) if tops else ([(lists, []) for lists in own], [])


def _verdicts(
    tops: Iterable[tuple[Lists, list[Lists]]], points: Sequence[PointDraft]
) -> Mapping[int, Sequence[Verdict]]:
    """The verdicts on the points of each run, by the quantity that they are told with.

    None where the verdicts of the file differed, so that the hub has not kept them.
    """
    runs, _ = in_runs(
        list(_columns(lists for lists, _ in tops)), lambda one: one.lists[0].ref_types
    )
    used = Counter(column.number for run in runs for column in run.values())
    found: dict[int, Sequence[Verdict]] = {}
    left = iter(points)
    for run in runs:
        first = next(iter(run.values()))
        count = len(first.lists[0].values)
        components = {one.component for one in first.lists}
        judged = [one.verdict for one in islice(left, count * len(components))][:count]
        bearer = next((one for one in run.values() if used[one.number] == 1), first)
        if given := [verdict for verdict in judged if verdict is not None]:
            found[bearer.number] = given if len(given) == len(judged) else ()
    return found


def _columns(quantities: Iterable[Lists]) -> Iterator[Column]:
    """The columns: each quantity is one, but of a `si:list` each list."""
    for lists in quantities:
        if lists[0].form == "list":
            yield from (Column(one.quantity, [one]) for one in lists)
        else:
            yield Column(lists[0].quantity, lists)


def _around(
    inner: Sequence[Lists],
    verdicts: Sequence[Verdict],
    rule: str,
    *conditions: Element | None,
) -> Iterator[Element | None]:
    """The conditions and meta data of a quantity or table: its `inner` quantities and verdicts."""
    about = _by_place(lists for lists in inner if lists[0].conditional)
    said = _by_place(lists for lists in inner if not lists[0].conditional)
    judging = next((place for place in said if CONFORMITY in place), (CONFORMITY,))
    told: tuple[Element | None, ...] = ()
    if verdicts:
        said.setdefault(judging, [])
        words = " ".join(WORDS[verdict] for verdict in verdicts)
        told = (word("convention", rule), dcc("conformityXMLList", words))
    yield some("influenceConditions", *conditions, *map(_condition, about, about.values()))
    yield some(
        "measurementMetaData",
        *(_meta(place, each, told if place == judging else ()) for place, each in said.items()),
    )


def _by_place(quantities: Iterable[Lists]) -> dict[tuple[str, ...], list[Lists]]:
    found: dict[tuple[str, ...], list[Lists]] = {}
    for lists in quantities:
        found.setdefault(lists[0].within, []).append(lists)
    return found


def _condition(place: Sequence[str], quantities: Iterable[Lists]) -> Element:
    name = " ".join(place)
    data = dcc("data", *map(quantity, quantities))
    return dcc("influenceCondition", text("name", name), data, refType=name)


def _meta(
    place: Sequence[str], quantities: Iterable[Lists], told: Iterable[Element | None]
) -> Element:
    data = some("data", *map(quantity, quantities))
    return dcc("metaData", *told, data, refType=" ".join(place))
