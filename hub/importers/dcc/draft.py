"""What a DCC says, in the hub's words and before anything is stored: drafts and problems."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from hub.errors import Words
from hub.importers.dcc.table import Result
from hub.importers.dcc.values import (
    HasQuantities,
    Identification,
    Quantity,
    Reading,
    ReportRef,
    Text,
)
from hub.vocabulary import Location, ReplacementKind, ResultStage, Verdict


@dataclass(frozen=True, slots=True)
class Contact:
    """An organisation or a person; `address` holds city, street, … by their DCC names."""

    name: Text
    code: str | None
    email: str | None
    phone: str | None
    link: str | None
    address: dict[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """A responsible person; `seal`, `signature` and `time_stamp` as the person announces them."""

    name: Text
    role: str | None
    main_signer: bool
    seal: bool
    signature: bool
    time_stamp: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A calibrated item. The three numbers are the first of their issuer in `identifications`."""

    name: Text
    manufacturer: Text
    model: str | None
    serial_no: str | None
    asset_no: str | None
    lab_no: str | None
    identifications: tuple[Identification, ...]
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Equipment:
    """Measuring equipment; `is_standard` when the file calls it a standard used."""

    name: Text
    manufacturer: Text
    model: str | None
    serial_no: str | None
    ref_types: tuple[str, ...]
    is_standard: bool
    certificate: ReportRef | None
    identifications: tuple[Identification, ...]
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """A method used, with the norms it follows."""

    name: Text
    description: Text
    ref_types: tuple[str, ...]
    norms: tuple[str, ...]
    references: tuple[str, ...]
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on the whole certificate."""

    name: Text
    declaration: Text
    ref_types: tuple[str, ...]
    norms: tuple[str, ...]
    references: tuple[str, ...]
    convention: str | None
    traceable: bool | None
    valid: bool | None
    date: date | None
    period: str | None
    conformity: tuple[Verdict, ...]
    authority: Text
    quantities: tuple[Quantity, ...]


class ConditionKind(StrEnum):
    """What an influence condition is about; OTHER keeps its printed units."""

    TEMPERATURE = "TEMPERATURE"
    HUMIDITY = "HUMIDITY"
    PRESSURE = "PRESSURE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Condition:
    """An influence condition; the numbers in ℃, % or kPa by kind, `quantities` as printed.

    `dcc_status` is empty unless the condition belongs to before or after an adjustment or repair.
    """

    kind: ConditionKind
    name: Text
    ref_types: tuple[str, ...]
    dcc_status: str
    stage: ResultStage
    minimum: Reading | None
    maximum: Reading | None
    value: Reading | None
    quantities: tuple[Quantity, ...]


class SignatureState(StrEnum):
    """VALID is about integrity alone: unchanged since the holder of the key signed it."""

    NONE = "NONE"
    VALID = "VALID"
    INVALID = "INVALID"


class SignatureCheck(StrEnum):
    """The check that an invalid signature failed."""

    CONTENT_DIGEST = "CONTENT_DIGEST"
    SIGNATURE_VALUE = "SIGNATURE_VALUE"
    CERTIFICATE = "CERTIFICATE"
    COVERAGE = "COVERAGE"
    FORM = "FORM"


@dataclass(frozen=True, slots=True)
class Signature:
    """The verdict on the XML signature of the file, and what its certificate says of the signer.

    The signer is not trusted by this: no chain, no revocation was looked at. `signed_at` is the
    signer's own word.
    """

    state: SignatureState
    failed: SignatureCheck | None = None
    reason: Words | None = None
    detail: str = ""
    signer: str | None = None
    issuer: str | None = None
    fingerprint: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    signed_at: datetime | None = None


class ProblemCode(StrEnum):
    """What is odd about a DCC that is valid by its schema."""

    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    DATE_ORDER = "DATE_ORDER"
    LIST_LENGTH = "LIST_LENGTH"
    UNPAIRED = "UNPAIRED"
    UNIT_UNKNOWN = "UNIT_UNKNOWN"
    UNCERTAINTY_RANGE = "UNCERTAINTY_RANGE"
    VERDICT_AMBIGUOUS = "VERDICT_AMBIGUOUS"


class Problem(NamedTuple):
    """A flag on a draft. One that `blocks` is refused unless the caller is told otherwise."""

    code: ProblemCode
    words: Words
    line: int | None = None
    blocks: bool = False


class Replaces(NamedTuple):
    """The certificate that this one takes the place of."""

    kind: ReplacementKind
    number: str


@dataclass(frozen=True, slots=True)
class DccDraft:
    """A whole DCC. `other_quantities` are those that belong to none of the parts above it."""

    number: str
    schema_version: str
    title: Text
    received_at: date | None
    test_from: date
    test_to: date
    issue_date: date | None
    location: Location
    country: str
    languages: tuple[str, ...]
    identifications: tuple[Identification, ...]
    laboratory: Contact
    client: Contact
    items_name: Text
    items: tuple[Item, ...]
    persons: tuple[Person, ...]
    statements: tuple[Statement, ...]
    conformity: Verdict | None
    recalibration_date: date | None
    replaces: Replaces | None
    previous_report: ReportRef | None
    methods: tuple[Method, ...]
    technical_basis: tuple[str, ...]
    equipment: tuple[Equipment, ...]
    environment: tuple[Condition, ...]
    results: tuple[Result, ...]
    other_quantities: tuple[Quantity, ...]
    problems: tuple[Problem, ...] = ()
    signature: Signature = Signature(SignatureState.NONE)
    file_sha256: str = ""

    @property
    def standards_used(self) -> tuple[Equipment, ...]:
        """The equipment called a standard, or all of it in a file that calls none so."""
        return tuple(each for each in self.equipment if each.is_standard) or self.equipment

    def every_quantity(self) -> Iterator[Quantity]:
        """Every quantity of the file, part by part; one that two parts hold comes twice."""
        parts: tuple[Iterable[HasQuantities], ...] = (
            self.items, self.statements, self.methods, self.equipment, self.environment,
            self.results,
        )  # fmt: skip
        for part in parts:
            for each in part:
                yield from each.quantities
        yield from self.other_quantities

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """The problems for which an import is refused unless the caller insists."""
        return tuple(problem for problem in self.problems if problem.blocks)
