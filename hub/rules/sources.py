"""Whose word counts for which field, and what becomes of a value that a source states."""

from enum import Enum
from typing import Any, NamedTuple

from hub.exchange import ConflictRule, ConnectorKind


class Authority(Enum):
    """Who knows a field best (domain 2.25)."""

    LABORATORY = "the laboratory that issued the certificate"
    ECQS = "the system of compulsory verification"
    REGISTRATION = "the registration authority"
    ENTERPRISE = "the enterprise"
    DOCUMENT = "the document of fees"


NOUNS = {
    "Certificate": Authority.LABORATORY,
    "Organization": Authority.REGISTRATION,
    "FeeItem": Authority.DOCUMENT,
}
"""The objects that someone knows best in all of their fields."""
FIELDS = {
    "Instrument": {
        **dict.fromkeys(("department", "location", "custodian", "status"), Authority.ENTERPRISE),
        **dict.fromkeys(("lastDate", "dueDate", "certificateNo"), Authority.LABORATORY),
        **dict.fromkeys(
            ("filing", "compulsory", "compulsoryPurpose", "compulsoryCode", "verificationForm"),
            Authority.ECQS,
        ),
    },
}
"""The fields of other objects that someone knows best; of the rest nobody does."""
SPEAKS_FOR = {
    ConnectorKind.ECQS: Authority.ECQS,
    ConnectorKind.SUBMISSION: Authority.LABORATORY,
    ConnectorKind.ERP: Authority.ENTERPRISE,
}


class Weight(Enum):
    """What the word of a source counts for a field against one of ours."""

    MORE = "more"
    AS_MUCH = "as much"
    LESS = "less"


class Verdict(Enum):
    """What becomes of a value that a source states."""

    SAME = "both say the same"
    KEEP = "the source says what it said before: ours stays"
    TAKE = "theirs is taken"
    TAKE_ANYWAY = "theirs is taken though ours was changed too; a conflict shows it"
    CONFLICT = "ours stays, and someone decides"


class Judged(NamedTuple):
    """A verdict, and the rule that makes a conflict of it."""

    verdict: Verdict
    rule: ConflictRule | None = None


class NeverSaid:
    """Stands for what a source had said of a field before it said anything of it."""


NEVER_SAID = NeverSaid()


def weight(noun: str, field: str, kind: ConnectorKind) -> Weight:
    """What the word of a connector of `kind` counts for a field of an object."""
    best = NOUNS.get(noun) or FIELDS.get(noun, {}).get(field)
    if best is None:
        return Weight.AS_MUCH
    return Weight.MORE if SPEAKS_FOR.get(kind) is best else Weight.LESS


def judge(counts: Weight, base: Any, ours: Any, theirs: Any) -> Judged:
    """What becomes of `theirs`, where the source said `base` before and the hub has `ours`.

    `base` is NEVER_SAID the first time; None is a value like others: that there is none. What is
    empty here is filled by anyone the first time; who counts less writes over nothing after that.
    """
    if ours == theirs:
        return Judged(Verdict.SAME)
    if base == theirs:
        return Judged(Verdict.KEEP)
    if ours is None and base is NEVER_SAID:
        return Judged(Verdict.TAKE)
    if counts is Weight.LESS:
        return Judged(Verdict.CONFLICT, ConflictRule.LESSER)
    if ours == base:
        return Judged(Verdict.TAKE)
    if counts is Weight.MORE:
        return Judged(Verdict.TAKE_ANYWAY, ConflictRule.AUTHORITY)
    return Judged(Verdict.CONFLICT, ConflictRule.BOTH_CHANGED)
