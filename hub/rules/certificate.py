"""What is true of a certificate: its verify code, its moves, and what stands against issuing it."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub.errors import BadInput, Refused
from hub.rules.document import state_on
from hub.rules.due import valid_until
from hub.rules.instrument import INTERVAL_MONTHS
from hub.rules.personnel import (
    Person,
    problems_of_approver,
    problems_of_pair,
    problems_of_tester,
)
from hub.rules.problem import Problem, error, warning
from hub.rules.result import Result, result_problems
from hub.rules.text import tidy
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    Conclusion,
    DecisionRule,
    DocumentKind,
    DocumentState,
    OrgKind,
    ResultStage,
    Verdict,
)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_BITS, CODE_LENGTH = 50, 10
READ_AS = str.maketrans("OIL", "011")
LONGEST_NUMBER = 64

MOVES = {
    CertificateState.DRAFT: {CertificateState.CHECKED},
    CertificateState.CHECKED: {CertificateState.APPROVED},
    CertificateState.APPROVED: {CertificateState.ISSUED},
    CertificateState.ISSUED: {CertificateState.REPLACED, CertificateState.REVOKED},
    CertificateState.REPLACED: set[CertificateState](),
    CertificateState.REVOKED: set[CertificateState](),
}
VERIFICATIONS = frozenset({CertificateKind.VERIFICATION_CERTIFICATE, CertificateKind.RESULT_NOTICE})
AUTHORITIES = frozenset({OrgKind.LEGAL_VERIFICATION_INSTITUTE, OrgKind.AUTHORIZED_INSTITUTE})
GOOD = frozenset({Conclusion.QUALIFIED, Conclusion.CLASS})


@dataclass(frozen=True, slots=True)
class StandardUsed:
    """A measurement standard as used, with the last day of its own certificate."""

    name: str
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Basis:
    """A document that a certificate refers to, with the days that bound its force."""

    number: str
    kind: DocumentKind
    effective_on: date | None = None
    abolished_on: date | None = None
    replaced_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """All that the rules of issuing look at.

    `interval_months` is that of the verification regulation, None where it sets none. `item` is
    what the persons must be certified for, None while the instrument is not known: then it is
    left to `person_problems`. `recalibration_agreed`: the client asked for a date on
    a calibration certificate (ISO/IEC 17025:2017, 7.8.4.3).
    """

    kind: CertificateKind
    today: date
    issuer: UUID | str
    issuer_kinds: frozenset[OrgKind]
    received_on: date | None
    test_dates: tuple[date, ...]
    issued_on: date
    interval_months: int | None = None
    valid_until: date | None = None
    recalibration_agreed: bool = False
    conclusion: Conclusion
    reason: str | None = None
    decision_rule: DecisionRule | None = None
    item: str | None
    tested_by: Person
    checked_by: Person
    approved_by: Person
    standards: tuple[StandardUsed, ...]
    basis: tuple[Basis, ...]
    results: tuple[Result, ...]


def verify_code(key: bytes, number: str, issue_date: date) -> str:
    """The 11 characters that, with its number, prove a certificate genuine.

    Ten Crockford characters of the top 50 bits of HMAC-SHA256 over number|date, and a check
    character by ISO 7064 MOD 37,36.
    """
    digest = hmac.new(key, f"{number}|{issue_date.isoformat()}".encode(), hashlib.sha256).digest()
    bits = int.from_bytes(digest, "big") >> (len(digest) * 8 - CODE_BITS)
    shifts = range(CODE_BITS - 5, -1, -5)
    body = "".join(CROCKFORD[bits >> shift & 31] for shift in shifts)
    return body + check_character(body)


def check_character(text: str) -> str:
    """The ISO 7064 MOD 37,36 check character of `text`, digits and capital letters only."""
    product = 36
    for each in text:
        product = ((product + CHECK_ALPHABET.index(each)) % 36 or 36) * 2 % 37
    return CHECK_ALPHABET[(37 - product) % 36]


def normal_code(text: str) -> str:
    """A code as a person types it: blanks and hyphens dropped, upper case, O read as 0, I L as 1.

    The check character stays as it is, for it may be any letter.
    """
    code = tidy(text).upper().replace(" ", "").replace("-", "")
    return code[:CODE_LENGTH].translate(READ_AS) + code[CODE_LENGTH:]


def code_is_well_formed(code: str) -> bool:
    """Whether `code` could be a verify code at all; a typing slip is told without a look-up."""
    body, check = code[:CODE_LENGTH], code[CODE_LENGTH:]
    is_body = len(body) == CODE_LENGTH and all(each in CROCKFORD for each in body)
    return is_body and check == check_character(body)


def codes_match(given: str, expected: str) -> bool:
    """Whether two codes are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def normal_number(text: str, most: int = LONGEST_NUMBER) -> str:
    """The number of a certificate, tidied. BadInput for none, or one longer than `most`."""
    number = tidy(text)
    if not 0 < len(number) <= most:
        raise BadInput(
            f"证书编号须为 1 至 {most} 个字符",
            f"a certificate number has 1 to {most} characters",
            path=("number",),
        )
    return number


def check_move(old: CertificateState, new: CertificateState) -> None:
    """Raise Refused unless a certificate may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise Refused(
            f"证书不能由“{old.label}”转为“{new.label}”",
            f"a certificate cannot go from {old} to {new}",
            path=("state",),
        )


def check_issue(facts: IssueFacts) -> list[Problem]:
    """Everything that stands against issuing a certificate, empty when nothing does.

    Errors stop it; a warning (BASIS_SUPERSEDED) is printed with it.
    """
    if not facts.test_dates:
        return [error("TEST_DATE_MISSING", "没有检定/校准日期", "no test date", "testDates")]
    tested_on = max(facts.test_dates)
    return [
        *_date_problems(facts),
        *_validity_problems(facts, tested_on),
        *_conclusion_problems(facts),
        *_missing(facts),
        *_standard_problems(facts, tested_on),
        *_basis_problems(facts, tested_on),
        *person_problems(facts),
        *problems_of_pair(facts.tested_by, facts.checked_by),
        *result_problems(facts.results),
    ]


def _date_problems(facts: IssueFacts) -> Iterator[Problem]:
    if facts.received_on is not None and facts.received_on > min(facts.test_dates):
        zh, en = "收样日期晚于检定/校准日期", "received after the test"
        yield error("RECEIVED_AFTER_TEST", zh, en, "receivedAt")
    if max(facts.test_dates) > facts.issued_on:
        zh, en = "签发日期早于检定/校准日期", "issued before the test"
        yield error("ISSUED_BEFORE_TEST", zh, en, "issueDate")
    if facts.test_dates[0] > facts.test_dates[-1]:
        zh, en = "检定/校准结束日期早于开始日期", "the test ends before it begins"
        yield error("TEST_ENDS_BEFORE_START", zh, en, "testTo")
    if max(facts.test_dates) > facts.today:
        zh, en = "检定/校准日期晚于今天", "the test date is in the future"
        yield error("TEST_IN_FUTURE", zh, en, "testTo")
    if facts.issued_on > facts.today:
        zh, en = "签发日期晚于今天", "the date of issue is in the future"
        yield error("ISSUED_IN_FUTURE", zh, en, "issueDate")


def _validity_problems(facts: IssueFacts, tested_on: date) -> Iterator[Problem]:
    if facts.interval_months is not None and facts.interval_months not in INTERVAL_MONTHS:
        yield error(
            "INTERVAL_OUT_OF_RANGE", "周期应为 1 到 120 个月", "1 to 120 months", "intervalMonths"
        )
        return
    if facts.kind is CertificateKind.VERIFICATION_CERTIFICATE:
        months = facts.interval_months
        expected = None if months is None else valid_until(tested_on, months)
        if facts.valid_until != expected:
            zh = f"有效期至应为 {expected or '空'}（检定日期加周期减一天）"
            en = f"valid until must be {expected}: test date plus interval minus a day"
            yield error("VALID_UNTIL_WRONG", zh, en, "validUntil")
        return
    may_state = facts.kind is CertificateKind.CALIBRATION_CERTIFICATE and facts.recalibration_agreed
    if facts.valid_until is not None and not may_state:
        zh, en = (
            f"{facts.kind.label}不应给出有效期",
            "only a verification certificate has a validity",
        )
        yield error("VALID_UNTIL_NOT_ALLOWED", zh, en, "validUntil")
        return
    if facts.valid_until is None:
        return
    longest = valid_until(tested_on, INTERVAL_MONTHS[-1])
    if not tested_on <= facts.valid_until <= longest:
        zh, en = (
            f"有效期至应在 {tested_on} 至 {longest} 之间",
            f"valid until goes from {tested_on} to {longest}",
        )
        yield error("VALID_UNTIL_OUT_OF_RANGE", zh, en, "validUntil")


def _conclusion_problems(facts: IssueFacts) -> Iterator[Problem]:
    if facts.kind is CertificateKind.VERIFICATION_CERTIFICATE:
        if facts.conclusion not in GOOD:
            zh, en = "检定证书的结论应为合格", "a verification certificate is of a qualified item"
            yield error("CONCLUSION_NOT_QUALIFIED", zh, en, "conclusion")
        if _has_failed_point(facts.results):
            zh, en = "检定证书中有不合格的检定点", "a verification certificate has a failed point"
            yield error("POINT_FAILED", zh, en, "results")
    elif facts.kind is CertificateKind.RESULT_NOTICE:
        if facts.conclusion is not Conclusion.UNQUALIFIED:
            zh, en = "检定结果通知书的结论应为不合格", "a result notice is of an unqualified item"
            yield error("CONCLUSION_NOT_UNQUALIFIED", zh, en, "conclusion")
        if not (facts.reason or "").strip():
            zh, en = "检定结果通知书须说明不合格原因", "a result notice states its reason"
            yield error("REASON_MISSING", zh, en, "conclusionReason")
    elif facts.conclusion is not Conclusion.RESULT_ONLY and facts.decision_rule is None:
        zh, en = "符合性结论须说明判定规则", "a statement of conformity names its decision rule"
        yield error("DECISION_RULE_MISSING", zh, en, "decisionRule")


def _has_failed_point(results: tuple[Result, ...]) -> bool:
    return any(
        point.verdict is Verdict.FAIL or point.is_beyond_limits
        for result in results
        if result.stage is not ResultStage.AS_FOUND
        for point in result.points
    )


def _missing(facts: IssueFacts) -> Iterator[Problem]:
    """A verification rests on measured points and on the standards that they were measured with."""
    if facts.kind not in VERIFICATIONS:
        return
    if not any(result.points for result in facts.results):
        yield error("RESULTS_MISSING", "检定须有测量结果", "a verification has results", "results")
    if not facts.standards:
        zh, en = "检定须注明所用计量标准", "a verification names the standards used"
        yield error("STANDARDS_MISSING", zh, en, "standardsUsed")


def _standard_problems(facts: IssueFacts, tested_on: date) -> Iterator[Problem]:
    for index, standard in enumerate(facts.standards):
        if standard.valid_until is None or standard.valid_until < tested_on:
            zh = f"计量标准“{standard.name}”在 {tested_on} 不在有效期内"
            en = f"the standard {standard.name} was not valid on {tested_on}"
            yield error("STANDARD_EXPIRED", zh, en, "standardsUsed", index)


def _basis_problems(facts: IssueFacts, tested_on: date) -> Iterator[Problem]:
    numbers = [each.number for each in facts.basis]
    for index, basis in enumerate(facts.basis):
        if basis.number in numbers[:index]:
            zh, en = f"技术依据 {basis.number} 重复", f"the basis {basis.number} is given twice"
            yield error("BASIS_TWICE", zh, en, "technicalBasis", index)
        state = state_on(tested_on, basis.effective_on, basis.abolished_on, basis.replaced_on)
        if state is not DocumentState.IN_FORCE:
            zh = f"技术依据 {basis.number} 在 {tested_on} 的状态为“{state.label}”"
            en = f"the basis {basis.number} was {state} on {tested_on}"
            yield warning("BASIS_SUPERSEDED", zh, en, "technicalBasis", index)
    is_verification = facts.kind in VERIFICATIONS
    if is_verification and not any(each.kind is DocumentKind.JJG for each in facts.basis):
        zh, en = "检定须依据检定规程 (JJG)", "a verification follows a regulation (JJG)"
        yield error("BASIS_NOT_JJG", zh, en, "technicalBasis")


def person_problems(facts: IssueFacts) -> Iterator[Problem]:
    """What stands against the persons for the item; nothing while the item is not known."""
    if facts.item is None:
        return
    tested_on = max(facts.test_dates)
    by_authority = facts.kind in VERIFICATIONS and facts.issuer_kinds & AUTHORITIES
    yield from problems_of_tester(
        facts.tested_by, facts.item, tested_on, facts.issuer if by_authority else None
    )
    yield from problems_of_approver(facts.approved_by, facts.item, facts.issued_on)
