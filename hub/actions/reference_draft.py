"""The public libraries before they are stored: what a file states, row by row."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hub.vocabulary import CmcForm, DocumentKind, FeeNature, MetrologyField, PriceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """What every draft says of its source: the kind of evidence, and its key in the file."""

    source_system: str
    source_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft(Sourced):
    """A technical document; `replaces` are the normal numbers of those that it replaces."""

    number: str
    kind: DocumentKind
    title_zh: str
    title_en: str | None = None
    issued: date | None = None
    effective: date | None = None
    replaces: tuple[str, ...] = ()
    evidence: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueDraft(Sourced):
    """One item of an edition of the catalogue of compulsory instruments."""

    edition: str
    item_no: int | None = None
    name: str
    name_en: str | None = None
    kinds: list[str] = field(default_factory=list)
    supervision: str | None = None
    verification_form: str | None = None
    purposes: list[str] = field(default_factory=list)
    evidence: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeDocumentDraft(Sourced):
    """A fee notice; `number` is empty where it is not known."""

    title: str
    number: str = ""
    region: str | None = None
    year: int | None = None
    repealed_year: int | None = None
    state: str | None = None
    evidence: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeItemDraft(Sourced):
    """One priced line; `document` is the title or the number of its fee notice."""

    document: str
    code: str
    instrument_name: str
    accuracy: str = ""
    measuring_range: str = ""
    charge_unit: str
    price_kind: PriceKind = PriceKind.FIXED
    price: Decimal | None
    currency: str = "CNY"
    effective_from: date | None = None
    effective_to: date | None = None
    nature: FeeNature
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityDraft(Sourced):
    """One CMC line; `basis` is the normal number of its document."""

    code: str
    field: MetrologyField
    measured_object: str
    parameter: str
    basis: str | None = None
    ranges: list[dict[str, Any]]
    cmc_form: CmcForm
    cmc: dict[str, Any]
    fee_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DegreeDraft(Sourced):
    """One published degree of equivalence; `position` is its place in the comparison's list."""

    comparison_code: str
    position: int
    release_year: int | None = None
    doi: str | None = None
    kcrv_value: Decimal | None = None
    kcrv_unit: str | None = None
    kcrv_standard_uncertainty: Decimal | None = None
    laboratory: str
    laboratory_ror: str | None = None
    d: Decimal | None = None
    unit: str | None = None
    u: Decimal | None = None
    k: Decimal | None = None
    en: Decimal | None = None
