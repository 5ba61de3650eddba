"""A certificate as the hub holds it, with everything that belongs to it: what a DCC is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.actions.certificate_draft import Party, ResultDraft, StandardDraft
from hub.vocabulary import (
    CertificateKind,
    CertificateState,
    Conclusion,
    Location,
    ReplacementKind,
)

EXPORTED = frozenset({CertificateState.ISSUED, CertificateState.REPLACED})
"""The states in which a certificate is a document that may be handed out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A certificate; it `is_ours` when it was issued here, not taken in from a file.

    `item_snapshot`, `printed_persons` and `environment` are as `hub.tables.certificate` has them.
    """

    number: str
    kind: CertificateKind
    state: CertificateState = CertificateState.ISSUED
    is_ours: bool = True
    issuer: Party
    client: Party
    item_snapshot: Mapping[str, Any]
    printed_persons: Mapping[str, str]
    technical_basis: Sequence[str] = ()
    standards_used: Sequence[StandardDraft] = ()
    received_at: date | None = None
    test_from: date | None
    test_to: date | None
    issue_date: date | None = None
    valid_until: date | None = None
    recalibration_agreed: bool = False
    location: Location = Location.LAB
    environment: Sequence[Mapping[str, Any]] = ()
    results: Sequence[ResultDraft] = ()
    conclusion: Conclusion = Conclusion.RESULT_ONLY
    conclusion_class: str | None = None
    conclusion_reason: str | None = None
    replaces: str | None = None
    replacement_kind: ReplacementKind | None = None
