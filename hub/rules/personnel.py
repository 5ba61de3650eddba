"""Who is who and who may do what in a laboratory: resident ids, credentials, two persons."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.rules.problem import Problem, error, refuse_first
from hub.rules.text import tidy
from hub.vocabulary import PersonnelCertificateKind, PersonnelCertificateState, Term

RESIDENT_ID_LENGTH = 18
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
DIGITS = frozenset("0123456789")

REGISTERED = frozenset(
    {
        PersonnelCertificateKind.REGISTERED_METROLOGIST_1,
        PersonnelCertificateKind.REGISTERED_METROLOGIST_2,
    }
)
TESTERS = REGISTERED | {PersonnelCertificateKind.VERIFIER, PersonnelCertificateKind.TRAINED}
ENDED = frozenset(
    {
        PersonnelCertificateState.SUSPENDED,
        PersonnelCertificateState.REVOKED,
        PersonnelCertificateState.CANCELLED,
    }
)


class ResidentIdVerdict(Term):
    """居民身份证号校验结果: the first thing that is wrong."""

    OK = "OK", "正确"
    LENGTH = "LENGTH", "不是 18 位"
    CHARSET = "CHARSET", "含有不允许的字符"
    BIRTH_DATE = "BIRTH_DATE", "出生日期不存在"
    CHECK_DIGIT = "CHECK_DIGIT", "校验码不符"


def resident_id_verdict(text: str) -> ResidentIdVerdict:
    """The verdict on a resident id (GB 11643-1999); x counts as X, full-width digits do not."""
    code = text.strip().upper()
    if len(code) != RESIDENT_ID_LENGTH:
        return ResidentIdVerdict.LENGTH
    if not DIGITS.issuperset(code[:-1]) or code[-1] not in CHECK_CHARACTERS:
        return ResidentIdVerdict.CHARSET
    if not _is_date(code[6:14]):
        return ResidentIdVerdict.BIRTH_DATE
    total = sum(int(each) * weight for each, weight in zip(code, WEIGHTS, strict=False))
    right = CHECK_CHARACTERS[total % 11] == code[-1]
    return ResidentIdVerdict.OK if right else ResidentIdVerdict.CHECK_DIGIT


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate of a person: for which items, from when and until when (None: no end)."""

    kind: PersonnelCertificateKind
    items: frozenset[str]
    issued_on: date
    valid_to: date | None = None
    state: PersonnelCertificateState = PersonnelCertificateState.VALID

    def holds_on(self, day: date) -> bool:
        """Whether it was in effect on `day`, the last day of its validity included."""
        started = self.issued_on <= day and self.state not in ENDED
        return started and (self.valid_to is None or day <= self.valid_to)

    def covers(self, item: str) -> bool:
        """Whether `item` is among its items, however it is spelled."""
        return tidy(item) in {tidy(each) for each in self.items}


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration of a metrologist with one employer 注册计量师注册."""

    employer: UUID | str
    registered_on: date
    valid_to: date

    def holds_on(self, day: date) -> bool:
        """Whether it was in effect on `day`, the last day of its validity included."""
        return self.registered_on <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who tests, checks or approves, with what he or she may show for it."""

    key: UUID | str
    credentials: tuple[Credential, ...] = ()
    registration: Registration | None = None


def problems_of_tester(
    tester: Person, item: str, day: date, registered_with: UUID | str | None = None
) -> list[Problem]:
    """What stands against `tester` testing `item` on `day`.

    A certified item is always needed. `registered_with` names the employer where the law asks for
    a registered metrologist too: verification in legal and authorised institutes. A verifier's
    certificate 检定员证 of the older rules stands in for it.
    """
    certified = {
        each.kind
        for each in tester.credentials
        if each.kind in TESTERS and each.holds_on(day) and each.covers(item)
    }
    if not certified:
        zh = f"检定/校准员在 {day} 没有“{item}”的有效项目"
        en = f"the tester was not certified for {item} on {day}"
        return [error("TESTER_NOT_CERTIFIED", zh, en, "testedBy")]
    if registered_with is None or PersonnelCertificateKind.VERIFIER in certified:
        return []
    registration = tester.registration
    if (
        certified & REGISTERED
        and registration is not None
        and registration.employer == registered_with
        and registration.holds_on(day)
    ):
        return []
    zh = f"检定员在 {day} 未在本机构注册"
    en = f"the tester was not registered with the institute on {day}"
    return [error("TESTER_NOT_REGISTERED", zh, en, "testedBy")]


def problems_of_pair(tester: Person, checker: Person) -> list[Problem]:
    """What stands against the pair: nobody checks an own test (two-person rule, JJF 1069)."""
    if tester.key != checker.key:
        return []
    zh, en = "核验员不能与检定/校准员为同一人", "the checker must not be the tester"
    return [error("SAME_PERSON", zh, en, "checkedBy")]


def problems_of_approver(approver: Person, item: str, day: date) -> list[Problem]:
    """What stands against `approver` signing for `item` on `day`.

    He or she must be an authorised signatory; an authorisation without items covers all.
    """
    signs = PersonnelCertificateKind.SIGNATORY
    if any(
        each.kind is signs and each.holds_on(day) and (not each.items or each.covers(item))
        for each in approver.credentials
    ):
        return []
    zh = f"批准人在 {day} 不是“{item}”的授权签字人"
    en = f"the approver was no authorised signatory for {item} on {day}"
    return [error("APPROVER_NOT_AUTHORISED", zh, en, "approvedBy")]


def check_may_test(
    tester: Person, item: str, day: date, registered_with: UUID | str | None = None
) -> None:
    """Raise Refused for the first of `problems_of_tester`."""
    refuse_first(problems_of_tester(tester, item, day, registered_with))


def check_two_persons(tester: Person, checker: Person) -> None:
    """Raise Refused for the first of `problems_of_pair`."""
    refuse_first(problems_of_pair(tester, checker))


def check_may_approve(approver: Person, item: str, day: date) -> None:
    """Raise Refused for the first of `problems_of_approver`."""
    refuse_first(problems_of_approver(approver, item, day))


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
