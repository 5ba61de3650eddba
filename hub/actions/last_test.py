"""What the certificates of the hub say of the last test of an instrument, carried to its ledger."""

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
    """The newest test that a certificate tells of; `failed` where it found the instrument unfit."""

    tested_on: date
    number: str
    valid_until: date | None
    failed: bool

    def due_date(self, interval_months: int | None) -> date | None:
        """The last valid day: the certificate's own, else by the ledger's interval."""
        if self.failed:
            return None
        if self.valid_until is None and interval_months is not None:
            return due.valid_until(self.tested_on, interval_months)
        return self.valid_until


async def last_test(db: Writer, instrument: Instrument) -> LastTest | None:
    """The last test by the certificates of its owner in force; None where the hub holds none.

    Of two tests on one day the one that came last counts.
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
    return _told(found[0]) if found else None


async def date_instrument(db: Writer, instrument: Instrument, issued: Certificate) -> None:
    """Carry the last test over to the ledger once a certificate has been issued.

    A result notice stops the instrument, unless it has passed a later test since.
    """
    tested = await last_test(db, instrument)
    if tested is None:
        return
    changes = told_by(tested, instrument)
    if issued.kind is CertificateKind.RESULT_NOTICE and not await _passed_since(db, issued):
        changes |= {
            "status": state_after_failure(instrument.status),
            "status_reason": issued.conclusion_reason,
            "status_moved_at": datetime.now(UTC),
        }
    await db.change(instrument, action="issueCertificate", **changes)


def told_by(tested: LastTest, instrument: Instrument) -> dict[str, Any]:
    """What the last test says of the dates of an instrument, by the columns of its line."""
    return {
        "last_date": tested.tested_on,
        "due_date": tested.due_date(instrument.interval_months),
        "certificate_no": tested.number,
    }


async def _passed_since(db: Writer, notice: Certificate) -> bool:
    """Whether a certificate in force found the instrument good in a later test."""
    later = await db.all(
        readable(PLATFORM, Certificate).where(
            col(Certificate.instrument_id) == notice.instrument_id,
            col(Certificate.client_id) == notice.client_id,
            col(Certificate.test_to) > notice.test_to,
            COUNTS,
        )
    )
    return not all(map(has_failed, later))


def has_failed(certificate: Certificate) -> bool:
    """Whether a certificate found its instrument unfit."""
    is_notice = certificate.kind is CertificateKind.RESULT_NOTICE
    return is_notice or certificate.conclusion is Conclusion.UNQUALIFIED


def _told(one: Certificate) -> LastTest:
    if one.test_to is None:
        raise ValueError(f"certificate {one.number} tells of no test")
    return LastTest(one.test_to, one.number, one.valid_until, has_failed(one))
