"""What the certificates of the hub say of the last test of an instrument, carried to its ledger.

They are those of its owner. Of a former owner's the line keeps what the last of them found, so that
the rules hold whoever owns it; nobody is shown more of it, and it dates nothing anew.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from hub.actor import PLATFORM
from hub.policy import readable
from hub.rules import due
from hub.rules.instrument import state_after_failure
from hub.tables.certificate import Certificate
from hub.tables.instrument import Instrument
from hub.vocabulary import CertificateKind, CertificateState, Conclusion
from hub.writer import Writer

COUNTS: ColumnElement[bool] = (col(Certificate.state) == CertificateState.ISSUED) & col(
    Certificate.source_system
).is_(None)
"""Certificates that date an instrument: in force, and issued here by the laboratory itself."""


@dataclass(frozen=True, slots=True)
class LastTest:
    """The newest test that a certificate tells of; `failed` where it found the instrument unfit.

    Its `number` is None where the certificate is a former owner's.
    """

    tested_on: date
    number: str | None
    valid_until: date | None
    failed: bool

    def due_date(self, interval_months: int | None) -> date | None:
        """The last valid day: the certificate's own, else by the ledger's interval."""
        if self.failed:
            return None
        if self.valid_until is None and interval_months is not None:
            return due.valid_until(self.tested_on, interval_months)
        return self.valid_until

    def left_behind(self) -> dict[str, Any]:
        """What the next owner's line keeps of it, as `former_test`."""
        valid_until = None if self.valid_until is None else self.valid_until.isoformat()
        tested_on = self.tested_on.isoformat()
        return {"testedOn": tested_on, "validUntil": valid_until, "failed": self.failed}


async def last_test(db: Writer, instrument: Instrument) -> LastTest | None:
    """The last test of an instrument, whoever owned it then; None where the hub knows of none.

    Of two tests on one day the one that came last counts, and of one of a former owner's the worse.
    """
    found = await db.all(
        readable(PLATFORM, Certificate)
        .where(
            col(Certificate.instrument_id) == instrument.id,
            col(Certificate.client_id) == instrument.owner_id,
            col(Certificate.test_to).is_not(None),
            COUNTS,
        )
        .order_by(col(Certificate.test_to).desc(), col(Certificate.id).desc())
        .limit(1)
    )
    return last_of(*map(_told, found), former_test(instrument))


def former_test(instrument: Instrument) -> LastTest | None:
    """The last test of an instrument in the hands of former owners."""
    told = instrument.former_test
    if told is None:
        return None
    until = told["validUntil"]
    valid_until = None if until is None else date.fromisoformat(until)
    return LastTest(date.fromisoformat(told["testedOn"]), None, valid_until, told["failed"])


def last_of(*tests: LastTest | None) -> LastTest | None:
    """The last of some tests; of one day the worse."""
    known = [one for one in tests if one is not None]
    return max(
        known, key=lambda one: (one.tested_on, one.failed, one.number is not None), default=None
    )


async def date_instrument(db: Writer, instrument: Instrument, issued: Certificate) -> None:
    """Carry the last test over to the ledger once a certificate has been issued.

    A result notice stops the instrument, unless it has passed a later test since.
    """
    tested = await last_test(db, instrument)
    if tested is None:
        return
    changes = told_by(tested, instrument)
    if issued.kind is CertificateKind.RESULT_NOTICE and not await _passed_since(
        db, instrument, issued
    ):
        changes |= {
            "status": state_after_failure(instrument.status),
            "status_reason": issued.conclusion_reason,
            "status_moved_at": datetime.now(UTC),
        }
    await db.change(instrument, action="issueCertificate", **changes)


def told_by(tested: LastTest, instrument: Instrument) -> dict[str, Any]:
    """What the last test says of the dates of an instrument, by the columns of its line.

    One of a former owner says only that it failed: its dates went along with the line.
    """
    if tested.number is None:
        return {"due_date": None} if tested.failed else {}
    return {
        "last_date": tested.tested_on,
        "due_date": tested.due_date(instrument.interval_months),
        "certificate_no": tested.number,
    }


async def _passed_since(db: Writer, instrument: Instrument, notice: Certificate) -> bool:
    """Whether a later test than that of a notice found the instrument good."""
    later = await db.all(
        readable(PLATFORM, Certificate).where(
            col(Certificate.instrument_id) == instrument.id,
            col(Certificate.client_id) == instrument.owner_id,
            col(Certificate.test_to) > notice.test_to,
            COUNTS,
        )
    )
    former = former_test(instrument)
    tests = [*map(_told, later), *([former] if former else [])]
    return any(not one.failed and one.tested_on > _told(notice).tested_on for one in tests)


def has_failed(certificate: Certificate) -> bool:
    """Whether a certificate found its instrument unfit."""
    is_notice = certificate.kind is CertificateKind.RESULT_NOTICE
    return is_notice or certificate.conclusion is Conclusion.UNQUALIFIED


def _told(one: Certificate) -> LastTest:
    if one.test_to is None:
        raise ValueError(f"certificate {one.number} tells of no test")
    return LastTest(one.test_to, one.number, one.valid_until, has_failed(one))
