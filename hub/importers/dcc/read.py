"""A Digital Calibration Certificate (PTB DCC 3.1.1 to 3.3.0) in, a draft of the certificate out.

Nothing is stored and nothing fetched here. A file that is not a valid DCC is refused; one that is
valid and odd (a broken signature, lists that do not fit) comes back with `problems`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256

from lxml import etree

from hub.importers.dcc.draft import DccDraft, Replaces, Statement
from hub.importers.dcc.elements import (
    QUANTITIES,
    all_of,
    day,
    each_word,
    identifications,
    one,
    quantity,
    report_ref,
    sure,
    text_of,
    word,
)
from hub.importers.dcc.environment import environment
from hub.importers.dcc.parts import (
    contact,
    equipment,
    items,
    laboratory,
    methods,
    persons,
    statements,
)
from hub.importers.dcc.problems import problems_of
from hub.importers.dcc.results import results, tables
from hub.importers.dcc.signature import check_signature
from hub.importers.dcc.validate import DCC, utf8, valid_tree
from hub.importers.dcc.values import Quantity
from hub.vocabulary import Location, ReplacementKind, Verdict

LOCATIONS = {
    "laboratory": Location.LAB,
    "customer": Location.ON_SITE,
    "laboratoryBranch": Location.BRANCH,
    "customerBranch": Location.CUSTOMER_BRANCH,
    "other": Location.OTHER,
}
REPLACEMENTS = {
    "amended": ReplacementKind.AMENDED,
    "substituted": ReplacementKind.SUBSTITUTED,
}
RECALIBRATION = "basic_recalibration"
OWNERS = frozenset(
    DCC + name
    for name in ("statement", "item", "measuringEquipment", "usedMethod", "influenceCondition")
)


def read_dcc(data: bytes) -> DccDraft:
    """The draft of the certificate that the file `data` holds.

    BadInput with line and reason when the file is not safe to read, not well formed, not a DCC of a
    supported version or not valid by its XML schema. A signature that does not hold is a problem
    that `blocks`: the caller refuses such a draft unless told otherwise.
    """
    text = utf8(data)
    root, version = valid_tree(text)
    draft = replace(_draft(root, version), file_sha256=sha256(data).hexdigest())
    draft = replace(draft, signature=check_signature(text, root))
    return replace(draft, problems=draft.problems + problems_of(draft))


def _draft(root: etree._Element, version: str) -> DccDraft:
    about = sure(one(root, "administrativeData"), "administrativeData")
    core = sure(one(about, "coreData"), "coreData")
    whole = sure(one(root, "measurementResults"), "measurementResults")
    measurements = all_of(whole, "measurementResult")
    read = [results(each) for each in measurements]
    said = statements(about)
    used = methods(root)
    return DccDraft(
        number=sure(word(core, "uniqueIdentifier"), "uniqueIdentifier"),
        schema_version=version,
        title=text_of(measurements[0], "name"),
        received_at=day(core, "receiptDate"),
        test_from=sure(day(core, "beginPerformanceDate"), "beginPerformanceDate"),
        test_to=sure(day(core, "endPerformanceDate"), "endPerformanceDate"),
        issue_date=day(core, "issueDate"),
        location=LOCATIONS[sure(word(core, "performanceLocation"), "performanceLocation")],
        country=sure(word(core, "countryCodeISO3166_1"), "countryCodeISO3166_1"),
        languages=each_word(core, "usedLangCodeISO639_1"),
        identifications=identifications(core),
        laboratory=laboratory(sure(one(about, "calibrationLaboratory"), "calibrationLaboratory")),
        client=contact(sure(one(about, "customer"), "customer")),
        items_name=text_of(one(about, "items"), "name"),
        items=items(about),
        persons=persons(about),
        statements=said,
        conformity=_conformity(said),
        recalibration_date=_recalibration(said),
        replaces=_replaces(one(core, "reportAmendedSubstituted")),
        previous_report=report_ref(one(core, "previousReport")),
        methods=used,
        technical_basis=tuple(dict.fromkeys(norm for each in used for norm in each.norms)),
        equipment=equipment(root),
        environment=tuple(
            condition for section in (whole, *measurements) for condition in environment(section)
        ),
        results=tuple(result for found, _ in read for result in found),
        other_quantities=tuple(_unowned(root, measurements)),
        problems=tuple(problem for _, problems in read for problem in problems),
    )


def _conformity(said: Iterable[Statement]) -> Verdict | None:
    """The verdict that all statements agree on, None when there is none or they differ."""
    verdicts = {verdict for each in said for verdict in each.conformity}
    return verdicts.pop() if len(verdicts) == 1 else None


def _recalibration(said: Iterable[Statement]) -> date | None:
    agreed = (each.date for each in said if RECALIBRATION in each.ref_types)
    return next((each for each in agreed if each), None)


def _replaces(element: etree._Element | None) -> Replaces | None:
    if element is None:
        return None
    change = sure(word(element, "typeOfChange"), "typeOfChange")
    number = sure(word(element, "replacedUniqueIdentifier"), "replacedUniqueIdentifier")
    return Replaces(REPLACEMENTS[change], number)


def _unowned(root: etree._Element, measurements: list[etree._Element]) -> Iterator[Quantity]:
    """The quantities below no statement, item, equipment, method, condition or table."""
    owned = {
        part
        for measurement in measurements
        for table in tables(measurement)
        for part in table.element
        if part.tag != f"{DCC}list"
    }
    for element in root.iter(*QUANTITIES):
        chain = (element, *element.iterancestors())
        if not any(each in owned or each.tag in OWNERS for each in chain):
            yield quantity(element, root)
