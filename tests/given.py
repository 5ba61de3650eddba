"""Builders: rows that a test needs, complete and unlike all others, not yet stored.

`HubClient.given` stores what they make. Everything but what a test says is constructed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from hub.actions.instrument import ledger_key
from hub.exchange import (
    ConflictRule,
    ConnectorKind,
    ExportFormat,
    ExportNoun,
    MessageDirection,
)
from hub.rules.organization import ALPHABET, uscc_check_digit
from hub.tables.base import Table
from hub.tables.capability import Capability
from hub.tables.certificate import Certificate
from hub.tables.connector import (
    Conflict,
    Connector,
    ConnectorHour,
    ConnectorMessage,
    SourceRecord,
)
from hub.tables.document import TechnicalDocument
from hub.tables.export import Export, ExportPart
from hub.tables.fee import FeeDocument, FeeItem
from hub.tables.instrument import Instrument
from hub.tables.licence import LicenceApplication, LicenceStep
from hub.tables.organization import Organization
from hub.tables.personnel import CertifiedItem, Personnel, PersonnelCertificate
from hub.tables.qualification import Qualification
from hub.tables.saved_query import ExportKey, SavedQuery
from hub.tables.standard import MeasurementStandard
from hub.tables.user import User
from hub.tables.verification import RequestItem, VerificationRequest, VerificationTask
from hub.tables.webhook import Webhook, WebhookDelivery
from hub.vocabulary import (
    CertificateKind,
    CmcForm,
    Conclusion,
    DocumentKind,
    FeeNature,
    LicenceStage,
    MetrologyField,
    OrgKind,
    PersonnelCertificateKind,
    QualificationKind,
    Role,
    StandardKind,
)

OBJECT = "一般压力表"
SINCE, UNTIL = date(2020, 1, 1), date(2099, 12, 31)
_serial = count(10_000)
T = TypeVar("T", bound=Table)


def _row(table: type[T], given: dict[str, Any], values: dict[str, Any]) -> T:
    """A row of `given`, with `values` instead where they say otherwise; SQLModel drops typos."""
    if unknown := values.keys() - table.model_fields.keys():
        raise TypeError(f"{table.__name__} has no {', '.join(unknown)}")
    return table(**given | values)


def a_uscc(district: str = "320505") -> str:
    """A unified social credit code with a right check digit, of no one else."""
    number = uuid4().int
    body = "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(9))
    return f"91{district}{body}" + uscc_check_digit(f"91{district}{body}")


def a_name(word: str) -> str:
    """`word` with a tail that makes it unlike all others."""
    return f"{word} {uuid4().hex[:12]}"


def an_organization(*kinds: OrgKind, district: str = "320505", **values: Any) -> Organization:
    """An organisation, an enterprise unless `kinds` say otherwise."""
    given = {
        "uscc": a_uscc(district),
        "uscc_check_passed": True,
        "name": a_name("示范机构"),
        "kinds": list(kinds or [OrgKind.ENTERPRISE]),
        "district": district,
    }
    return _row(Organization, given, values)


def a_user(of: Organization, *roles: Role, **values: Any) -> User:
    """An account of `of`, an enterprise's user unless `roles` say otherwise."""
    given = {
        "login_name": f"user-{uuid4().hex}",
        "organization_id": of.id,
        "roles": list(roles or [Role.USER]),
    }
    return _row(User, given, values)


def an_instrument(of: Organization, **values: Any) -> Instrument:
    """A line in the ledger of `of`, in use."""
    given = {"owner_id": of.id, "asset_no": f"A-{next(_serial)}", "name": OBJECT, "ledger_key": ""}
    row = _row(Instrument, given, values)
    row.ledger_key = ledger_key(row.asset_no, row.serial_no, row.manufacturer)
    return row


def a_document(kind: DocumentKind = DocumentKind.JJG, **values: Any) -> TechnicalDocument:
    """A document in force since 2020."""
    given = {
        "number": f"{kind} {next(_serial)}-2020",
        "kind": kind,
        "title_zh": "一般压力表检定规程",
        "issued": SINCE,
        "effective": SINCE,
    }
    return _row(TechnicalDocument, given, values)


def a_qualification(of: Organization, **values: Any) -> Qualification:
    """An authorisation of `of`, valid for long."""
    given = {
        "number": a_name("(示范)法计"),
        "holder_id": of.id,
        "kind": QualificationKind.LEGAL_INSTITUTE,
        "valid_from": SINCE,
        "valid_to": UNTIL,
    }
    return _row(Qualification, given, values)


def a_capability(under: Qualification, **values: Any) -> Capability:
    """A CMC line under a qualification."""
    given = {
        "code": f"C-{next(_serial)}",
        "qualification_id": under.id,
        "organization_id": under.holder_id,
        "field": MetrologyField.MECHANICS,
        "measured_object": OBJECT,
        "parameter": "压力",
        "ranges": [{"lower": "0", "upper": "60", "unit": "MPa"}],
        "cmc_form": CmcForm.CONSTANT,
        "cmc": {"value": "0.010", "unit": "MPa", "k": "2"},
    }
    return _row(Capability, given, values)


def a_fee_document(**values: Any) -> FeeDocument:
    """A notice that fixes fees."""
    given = {"title": a_name("收费标准"), "number": "苏价费〔2016〕1号"}
    return _row(FeeDocument, given, values)


def a_fee_item(of: FeeDocument, **values: Any) -> FeeItem:
    """A line of a fee document, in effect since 2020."""
    given = {
        "document_id": of.id,
        "code": f"F-{next(_serial)}",
        "instrument_name": OBJECT,
        "charge_unit": "块",
        "price": Decimal("30.00"),
        "effective_from": SINCE,
        "nature": FeeNature.GOVERNMENT_PRICED,
    }
    return _row(FeeItem, given, values)


def a_person(of: Organization, **values: Any) -> Personnel:
    """Someone in the employ of `of`, registered there."""
    given = {
        "employer_id": of.id,
        "staff_no": f"S-{next(_serial)}",
        "name": "张示范",
        "registered_at": SINCE,
        "registration_valid_to": UNTIL,
    }
    return _row(Personnel, given, values)


def a_credential(
    of: Personnel, kind: PersonnelCertificateKind, **values: Any
) -> PersonnelCertificate:
    """A certificate of a person for pressure gauges."""
    given = {
        "person_id": of.id,
        "kind": kind,
        "number": f"PC-{uuid4().hex}",
        "items": [OBJECT],
        "issued_at": SINCE,
        "valid_to": UNTIL,
    }
    return _row(PersonnelCertificate, given, values)


def a_certified_item(of: Personnel, capability: Capability, **values: Any) -> CertifiedItem:
    """An item that a person is authorised for."""
    given = {
        "person_id": of.id,
        "capability_id": capability.id,
        "item": capability.measured_object,
        "valid_from": SINCE,
    }
    return _row(CertifiedItem, given, values)


def a_standard(of: Organization, **values: Any) -> MeasurementStandard:
    """A measurement standard of `of`, assessed for long."""
    given = {
        "owner_id": of.id,
        "code": f"1251{next(_serial)}",
        "name": "压力表标准装置",
        "kind": StandardKind.PUBLIC,
        "assessment_certificate_no": a_name("量标"),
        "valid_from": SINCE,
        "valid_to": UNTIL,
    }
    return _row(MeasurementStandard, given, values)


def a_certificate(by: Organization, of: Instrument, **values: Any) -> Certificate:
    """A verification certificate, issued by `by` for the instrument `of`; not the newest."""
    given = {
        "number": f"SZJL-{uuid4().hex}",
        "verify_code": "BN69TR24GER",
        "verify_key_id": "k1",
        "issuer_id": by.id,
        "client_id": of.owner_id,
        "instrument_id": of.id,
        "item": {"name": of.name, "assetNo": of.asset_no, "serialNo": of.serial_no},
        "issuer_stated": {"name": by.name, "country": by.country},
        "client_stated": {"name": "苏州示范制造有限公司", "country": "CN"},
        "kind": CertificateKind.VERIFICATION_CERTIFICATE,
        "test_from": date(2024, 3, 5),
        "test_to": date(2024, 3, 5),
        "issue_date": date(2024, 3, 6),
        "valid_until": date(2024, 9, 4),
        "conclusion": Conclusion.QUALIFIED,
    }
    return _row(Certificate, given, values)


def a_webhook(of: Organization, **values: Any) -> Webhook:
    """A webhook of `of`, whose secret opens with no key."""
    given = {
        "owner_id": of.id,
        "name": a_name("webhook"),
        "url": "https://erp.example.com/hub",
        "target": "erp.example.com:443",
        "position": 0,
        "secret": "k0:AAAA",
    }
    return _row(Webhook, given, values)


def a_delivery(of: Webhook, **values: Any) -> WebhookDelivery:
    """What a webhook is to be sent, not before 2099."""
    given = {
        "webhook_id": of.id,
        "owner_id": of.owner_id,
        "position": next(_serial),
        "message_id": f"msg_{uuid4().hex}",
        "event": "instrument.upsert",
        "body": "{}",
        "next_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return _row(WebhookDelivery, given, values)


def an_export(by: User, **values: Any) -> Export:
    """An export that `by` has asked for."""
    given = {
        "owner_id": by.organization_id,
        "requester_id": by.id,
        "roles": by.roles,
        "noun": ExportNoun.INSTRUMENT,
        "format": ExportFormat.CSV,
        "position": 0,
        "expires_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return _row(Export, given, values)


def a_part(of: Export, **values: Any) -> ExportPart:
    """The first part of the file of `of`."""
    given = {"export_id": of.id, "number": 0, "owner_id": of.owner_id, "data": b""}
    return _row(ExportPart, given, values)


def a_saved_query(by: User, **values: Any) -> SavedQuery:
    """The asset numbers of a ledger, saved by `by`."""
    given = {
        "owner_id": by.organization_id,
        "author_id": by.id,
        "name": f"ledger-{next(_serial)}",
        "title": "台账",
        "document": "{ instruments { nodes { assetNo } } }",
        "variables": {},
    }
    return _row(SavedQuery, given, values)


def an_export_key(to: SavedQuery, **values: Any) -> ExportKey:
    """A key to a saved query, which nobody has."""
    given = {
        "query_id": to.id,
        "owner_id": to.owner_id,
        "account_id": to.author_id,
        "digest": uuid4().bytes * 2,
        "expires_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return _row(ExportKey, given, values)


def a_connector(kind: ConnectorKind, of: Organization | None = None, **values: Any) -> Connector:
    """A connector of `of`, or the platform's; its secret and credential open with no key."""
    given = {
        "code": f"c{uuid4().hex[:16]}",
        "kind": kind,
        "name": a_name(kind.label),
        "organization_id": None if of is None else of.id,
        "base_url": "https://other.example.com",
        "credential": "k0:AAAA",
        "secret": "k0:AAAA",
        "next_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return _row(Connector, given, values)


def a_message(of: Connector, **values: Any) -> ConnectorMessage:
    """What a connector has said, not to be looked at before 2099."""
    given = {
        "connector_id": of.id,
        "organization_id": of.organization_id,
        "direction": MessageDirection.IN,
        "key": f"evt_{uuid4().hex}",
        "type": "instrument.stated",
        "subject": "instrument/1",
        "body": "{}",
        "next_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    return _row(ConnectorMessage, given, values)


def an_hour(of: Connector, **values: Any) -> ConnectorHour:
    """The first hour of 2026, in which a connector took one try."""
    given = {"connector_id": of.id, "hour": datetime(2026, 1, 1, tzinfo=UTC), "tries": 1}
    return _row(ConnectorHour, given, values)


def a_record(of: Connector, one: Instrument, **values: Any) -> SourceRecord:
    """What a connector has last said of `one`."""
    given = {
        "connector_id": of.id,
        "organization_id": of.organization_id,
        "subject": f"instrument/{uuid4().hex}",
        "object_type": "Instrument",
        "object_id": one.id,
    }
    return _row(SourceRecord, given, values)


def a_conflict(of: Connector, one: Instrument, **values: Any) -> Conflict:
    """Two values of the place of `one`."""
    given = {
        "owner_id": one.owner_id,
        "connector_id": of.id,
        "instrument_id": one.id,
        "field": "location",
        "ours": "一号厂房",
        "theirs": "二号厂房",
        "as_of": datetime(2026, 1, 1, tzinfo=UTC),
        "rule": ConflictRule.BOTH_CHANGED,
    }
    return _row(Conflict, given, values)


def a_request(by: Organization, of: Organization, **values: Any) -> VerificationRequest:
    """What `by` asks of the institute `of`, through its own system."""
    given = {
        "no": a_name("Q"),
        "applicant_id": by.id,
        "institute_id": of.id,
        "channel": ConnectorKind.SUBMISSION,
        "size": 1,
    }
    return _row(VerificationRequest, given, values)


def an_item(of: VerificationRequest, one: Instrument, **values: Any) -> RequestItem:
    """The first instrument of a request."""
    given = {
        "request_id": of.id,
        "position": 0,
        "applicant_id": of.applicant_id,
        "institute_id": of.institute_id,
        "instrument_id": one.id,
        "item": {
            "name": one.name,
            "serialNo": one.serial_no,
            "manufacturer": one.manufacturer,
            "filingNo": one.compulsory_code,
        },
    }
    return _row(RequestItem, given, values)


def a_task(by: Connector, of: Organization, one: Instrument, **values: Any) -> VerificationTask:
    """A task for the institute `of`, about `one`."""
    given = {
        "task_no": a_name("T"),
        "connector_id": by.id,
        "channel": by.kind,
        "institute_id": of.id,
        "owner_id": one.owner_id,
        "instrument_id": one.id,
        "item": {"name": one.name, "serialNo": one.serial_no},
    }
    return _row(VerificationTask, given, values)


def an_application(by: Connector, of: Organization, **values: Any) -> LicenceApplication:
    """An application of `of`, just made."""
    given = {
        "acceptance_no": a_name("SL"),
        "connector_id": by.id,
        "item": "计量标准器具核准",
        "applicant_id": of.id,
        "applicant_uscc": of.uscc,
        "applicant_name": of.name,
        "state": LicenceStage.APPLIED,
    }
    return _row(LicenceApplication, given, values)


def a_step(of: LicenceApplication, **values: Any) -> LicenceStep:
    """The first stage of an application."""
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    given = {
        "application_id": of.id,
        "seq": 1,
        "stage": LicenceStage.APPLIED,
        "applicant_id": of.applicant_id,
        "at": at,
        "fits": True,
        "stated_at": at,
    }
    return _row(LicenceStep, given, values)


@dataclass(frozen=True)
class Laboratory:
    """An institute that may verify pressure gauges, with people for each of the three signatures.

    `tester` and `checker` are registered and certified, `approver` is a signatory; `user` is the
    account of the approver.
    """

    organization: Organization
    qualification: Qualification
    document: TechnicalDocument
    fee_document: FeeDocument
    fee_item: FeeItem
    capability: Capability
    standard: MeasurementStandard
    tester: Personnel
    checker: Personnel
    approver: Personnel
    user: User
    papers: tuple[Table, ...]

    @property
    def rows(self) -> tuple[Table, ...]:
        """All of it, in the order in which it can be stored."""
        people = (self.tester, self.checker, self.approver, self.user)
        basis = (self.document, self.fee_document, self.fee_item, self.capability, self.standard)
        return (self.organization, self.qualification, *basis, *people, *self.papers)


def a_laboratory(**values: Any) -> Laboratory:
    """A laboratory; `values` are of its organisation."""
    kinds = (OrgKind.LEGAL_VERIFICATION_INSTITUTE, OrgKind.CALIBRATION_LAB)
    organization = an_organization(*kinds, **values)
    qualification = a_qualification(organization)
    document, fee_document = a_document(), a_fee_document()
    fee_item = a_fee_item(fee_document)
    capability = a_capability(qualification, basis_id=document.id, fee_code=fee_item.code)
    tester, checker, approver = (
        a_person(organization, name=name) for name in ("赵检定", "钱核验", "孙批准")
    )
    return Laboratory(
        organization=organization,
        qualification=qualification,
        document=document,
        fee_document=fee_document,
        fee_item=fee_item,
        capability=capability,
        standard=a_standard(organization),
        tester=tester,
        checker=checker,
        approver=approver,
        user=a_user(organization, Role.LAB_APPROVER, person_id=approver.id),
        papers=(
            a_credential(tester, PersonnelCertificateKind.REGISTERED_METROLOGIST_2),
            a_credential(checker, PersonnelCertificateKind.REGISTERED_METROLOGIST_1),
            a_credential(approver, PersonnelCertificateKind.SIGNATORY),
            a_certified_item(tester, capability),
            a_certified_item(checker, capability),
        ),
    )
