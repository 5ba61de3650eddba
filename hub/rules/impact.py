"""Which certificates an out-of-tolerance standard puts in doubt, however far down the chain."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

ONE_DAY = timedelta(days=1)


class Certified(NamedTuple):
    """One certificate, as far as traceability goes: the `standards` used on `item` on a day."""

    number: str
    item: str
    standards: tuple[str, ...]
    tested_on: date


@dataclass(frozen=True, slots=True)
class Affected:
    """A certificate in doubt: how many links below the faulty standard, and by which path.

    `path` runs from the faulty standard to the item. `recalibrated_on` is the day of the item's
    next certificate that is not in doubt itself, None where there is none.
    """

    certificate: Certified
    depth: int
    path: tuple[str, ...]
    recalibrated_on: date | None


class Doubt(NamedTuple):
    """A standard not to be trusted from a day to a day, both included (None: no end)."""

    standard: str
    start: date
    end: date | None
    path: tuple[str, ...]


def impact(
    certificates: Iterable[Certified], standard: str, start: date, end: date
) -> list[Affected]:
    """The certificates affected by a faulty `standard`, suspect from `start` to `end` (included).

    Depth 1 used it in that window; depth n + 1 used a standard whose own certificate is affected,
    from that certificate to the eve of the standard's next one, even after `end`. By depth, day
    and number, each once with its smallest depth; a circle of standards comes to its end.
    """
    chain = _Chain(certificates)
    found: dict[str, tuple[Certified, tuple[str, ...]]] = {}
    doubts = [Doubt(standard, start, end, (standard,))]
    while doubts:
        level: dict[str, tuple[Certified, tuple[str, ...]]] = {}
        for doubt in doubts:
            for each in chain.using(doubt):
                if each.number not in found:
                    level.setdefault(each.number, (each, (*doubt.path, each.item)))
        in_order = sorted(level.values(), key=_by_day)
        found |= {certificate.number: (certificate, path) for certificate, path in in_order}
        doubts = [chain.doubt(certificate, path) for certificate, path in in_order]
    return [
        Affected(certificate, len(path) - 1, path, chain.recalibrated_on(certificate, found))
        for certificate, path in found.values()
    ]


class _Chain:
    """Certificates by the standard they used and by the item they are of, in order of days."""

    def __init__(self, certificates: Iterable[Certified]) -> None:
        self._by_standard = defaultdict[str, list[Certified]](list)
        self._by_item = defaultdict[str, list[Certified]](list)
        for each in sorted(certificates, key=lambda each: (each.tested_on, each.number)):
            self._by_item[each.item].append(each)
            for standard in set(each.standards):
                self._by_standard[standard].append(each)

    def using(self, doubt: Doubt) -> list[Certified]:
        """The certificates that used the standard while it was in doubt."""
        used = self._by_standard.get(doubt.standard, [])
        first = bisect_left(used, doubt.start, key=_day)
        last = len(used) if doubt.end is None else bisect_right(used, doubt.end, key=_day)
        return used[first:last]

    def doubt(self, certificate: Certified, path: tuple[str, ...]) -> Doubt:
        """The doubt that an affected certificate casts on its item."""
        later = self._later(certificate)
        end = later[0].tested_on - ONE_DAY if later else None
        return Doubt(certificate.item, certificate.tested_on, end, path)

    def recalibrated_on(self, certificate: Certified, affected: Container[str]) -> date | None:
        """The day of the item's next certificate that is not among the `affected`."""
        later = self._later(certificate)
        return next((each.tested_on for each in later if each.number not in affected), None)

    def _later(self, certificate: Certified) -> list[Certified]:
        own = self._by_item[certificate.item]
        return own[bisect_right(own, certificate.tested_on, key=_day) :]


def _day(certificate: Certified) -> date:
    return certificate.tested_on


def _by_day(entry: tuple[Certified, tuple[str, ...]]) -> tuple[date, str]:
    return entry[0].tested_on, entry[0].number
