"""A small world, drawn from a seed: plausible and odd rows of every table, callers of all kinds.

The same seed makes the same rows under the same ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from sqlalchemy import select, text

from hub.actor import PLATFORM, SIGN_IN
from hub.db import Database
from hub.exchange import ChangeType, ConflictState, ConnectorKind, MessageDirection
from hub.tables.base import Table
from hub.tables.capability import Capability
from hub.tables.catalogue import CatalogueItem
from hub.tables.certificate import (
    Certificate,
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    StandardUsed,
)
from hub.tables.comparison import DegreeOfEquivalence
from hub.tables.connector import Conflict, Connector, ConnectorMessage
from hub.tables.document import DocumentAdoption, DocumentReplacement, TechnicalDocument
from hub.tables.export import Export
from hub.tables.fee import FeeDocument, FeeItem
from hub.tables.instrument import Instrument
from hub.tables.licence import LicenceApplication, LicenceStep
from hub.tables.organization import Organization
from hub.tables.personnel import CertifiedItem, Personnel, PersonnelCertificate
from hub.tables.qualification import Qualification
from hub.tables.saved_query import SavedQuery
from hub.tables.standard import (
    MeasurementStandard,
    StandardDocument,
    StandardInstrument,
    StandardOperator,
)
from hub.tables.user import User
from hub.tables.verification import VerificationRequest, VerificationTask
from hub.tables.webhook import Webhook, WebhookDelivery
from hub.vocabulary import (
    CompulsoryPurpose,
    IdentMethod,
    LicenceStage,
    OrgKind,
    PersonnelCertificateKind,
    Role,
    UserState,
)
from schema.declare import NOUNS
from tests.engine.drawn import MONEY, Draw
from tests.given import (
    a_capability,
    a_certificate,
    a_certified_item,
    a_conflict,
    a_connector,
    a_credential,
    a_delivery,
    a_document,
    a_fee_document,
    a_fee_item,
    a_message,
    a_person,
    a_qualification,
    a_request,
    a_saved_query,
    a_standard,
    a_step,
    a_task,
    a_user,
    a_webhook,
    an_application,
    an_export,
    an_export_key,
    an_instrument,
    an_item,
    an_organization,
)

T = TypeVar("T", bound=Table)
Stored = Mapping[type[Table], Sequence[Mapping[str, Any]]]

FEE_CODES = ["F-1", "F-2", "F-3", "F'\"4"]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When files expired: links to them would differ from one hub to the other."""
TOO_MANY = 23
"""More papers of one person than a list of them may have."""


@dataclass(frozen=True)
class World:
    """The rows of the nouns as they are stored, and the logins of callers by what they are."""

    stored: Stored
    callers: Mapping[str, str | None]


@dataclass
class Maker:
    """Makes the rows of a world, table by table."""

    random: Random
    made: dict[type[Table], list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = Draw(self.random)

    def keep(self, row: T) -> T:
        """Keep `row` as one of the world."""
        self.made.setdefault(type(row), []).append(row)
        return row

    def values(self, table: type[Table], **given: Any) -> dict[str, Any]:
        """Drawn values for a row of `table` with an id."""
        return self.draw.row(table, id=self.draw.key(), **given)

    def of(self, table: type[T], likely: float = 1) -> T | None:
        """One of the rows of `table` so far, or none."""
        return self.draw.maybe(self.draw.one(self.made[table]), likely)  # type: ignore[no-any-return]  # of `table`

    def id_of(self, table: type[Table], likely: float = 0.7) -> Any:
        """The id of one of the rows of `table` so far, or none."""
        found: Any = self.of(table, likely)
        return None if found is None else found.id

    def number(self, word: str) -> str:
        """A number that nothing else of its table has."""
        return f"{word}-{self.random.getrandbits(48):x}"


def rows_of(seed: int) -> dict[type[Table], list[Any]]:
    """The rows of the world of `seed`, table by table, in the order in which they can be stored."""
    make = Maker(Random(seed))  # noqa: S311 -- a seed that can be told again
    _organizations(make)
    _libraries(make)
    _people(make)
    _standards(make)
    _certificates(make)
    _users(make)
    _webhooks(make)
    _exports(make)
    _saved_queries(make)
    _connectors(make)
    _flows(make)
    return make.made


def _organizations(make: Maker) -> None:
    for at in range(10):
        is_lab, is_abroad = at < 2, at == 9
        values = make.values(
            Organization,
            uscc=None if is_abroad else f"91{make.random.randrange(10**15):015}X",
            name=make.draw.one(["示范机构", "Taishan", 'O\'Neil & 计量 "一"']) + f" {at}",
            kinds=[OrgKind.CALIBRATION_LAB] if is_lab else make.draw.some(list(OrgKind)),
            parent_id=make.id_of(Organization, 0.5) if at else None,
            district=("320505", "320600")[at % 2],
        )
        values["country"] = "DE" if is_abroad else "CN"
        row = make.keep(an_organization(**values))
        if at > 6:
            row.district = make.draw.one([None, "320506"])


def _libraries(make: Maker) -> None:
    for _ in range(14):
        document = make.keep(
            a_document(**make.values(TechnicalDocument, number=make.number("JJG")))
        )
        for older in make.draw.some(make.made[TechnicalDocument][:-1], 2):
            make.keep(DocumentReplacement(document_id=document.id, replaced_id=older.id))
        for lab in make.draw.some(make.made[Organization][:3], 2):
            values = make.values(DocumentAdoption, state=make.draw.one(["ADOPTED", "TRANSITION"]))
            values |= {"document_id": document.id, "organization_id": lab.id}
            make.keep(DocumentAdoption(**values))
    for _ in range(3):
        values = make.values(FeeDocument, title=make.number("收费标准"))
        make.keep(a_fee_document(**values))
    for _ in range(14):
        values = make.values(
            FeeItem,
            code=make.draw.one(FEE_CODES),
            price=Decimal(make.draw.one(MONEY)),
            measuring_range=make.number("范围"),
        )
        make.keep(a_fee_item(make.draw.one(make.made[FeeDocument]), **values))
    for lab in make.made[Organization][:3]:
        for _ in range(2):
            number = make.number("法计")
            right = make.keep(a_qualification(lab, **make.values(Qualification, number=number)))
            for _ in range(5):
                values = make.values(
                    Capability,
                    code=make.number("C"),
                    basis_id=make.id_of(TechnicalDocument),
                    fee_code=make.draw.one([*FEE_CODES, None, "none"]),
                )
                make.keep(a_capability(right, **values))
    for at in range(7):
        values = make.values(CatalogueItem, edition=make.draw.one(["2020", "1987"]))
        values |= {"name": f"压力表 {at}", "purposes": make.draw.some(list(CompulsoryPurpose))}
        make.keep(CatalogueItem(**values))
        make.keep(
            DegreeOfEquivalence(
                **make.values(
                    DegreeOfEquivalence,
                    comparison_code=make.draw.one(["CCM.P-K1", "APMP.L-K1"]),
                    laboratory=make.draw.one(["NIM", "PTB", "NIST"]),
                    position=at,
                )
            )
        )


def _people(make: Maker) -> None:
    for at in range(12):
        employer = make.made[Organization][at % 4]
        name = make.draw.one(["张三", "欧阳 示范", 'O\'Neil "Q"', "李", "é 𝟛"])
        values = make.values(Personnel, name=name, staff_no=make.number("S"))
        values |= {
            "resident_id": make.draw.one(["000000194912310027", "11010519491231002X", None]),
            "phone": make.draw.one(["13812345678", "+86 139-1234-5678", "0512-67061234", "１３８"]),
            "email": make.draw.one(["z@example.com", "张三@示范.cn", "no address", None]),
        }
        person = make.keep(a_person(employer, **values))
        for paper in range(TOO_MANY if at == 0 else make.random.randint(0, 3)):
            number = make.draw.one([f"{at}-{paper}", make.number("PC")])
            kind = make.draw.one(list(PersonnelCertificateKind))
            values = make.values(PersonnelCertificate, number=number, kind=kind)
            make.keep(a_credential(person, **values))
        for capability in make.draw.some(make.made[Capability], 3):
            values = make.values(CertifiedItem, item=make.number("项目"))
            make.keep(a_certified_item(person, capability, **values))


def _standards(make: Maker) -> None:
    for at in range(24):
        owner = make.made[Organization][at % 5]
        values = make.values(
            Instrument,
            asset_no=make.draw.one(["A-1", "A-2", "a-1", "计-7", None, f"A-{at}"]),
            custodian_id=make.id_of(Personnel, 0.5),
            filing_reason=make.draw.one([None, "材料不全"]),
        )
        values["retired_at"] = make.draw.instant() if at % 8 == 7 else None
        row = an_instrument(owner, **values | {"serial_no": "SN-1"})
        row.serial_no, row.ledger_key = values.get("serial_no"), make.number("key")
        make.keep(row)
    for at in range(9):
        owner = make.made[Organization][at % 3]
        values = make.values(MeasurementStandard, code=make.number("1251"))
        values["keeper_id"] = make.id_of(Personnel)
        standard = make.keep(a_standard(owner, **values))
        make.made.setdefault(StandardInstrument, []).extend(
            StandardInstrument(
                standard_id=standard.id,
                instrument_id=one.id,
                role=make.draw.one(["STANDARD", "AUXILIARY"]),
            )
            for one in make.draw.some(make.made[Instrument], 4)
        )
        for one in make.draw.some(make.made[Personnel], 3):
            make.keep(StandardOperator(standard_id=standard.id, person_id=one.id))
        for one in make.draw.some(make.made[TechnicalDocument], 3):
            make.keep(StandardDocument(standard_id=standard.id, document_id=one.id))


def _certificates(make: Maker) -> None:
    for at in range(40):
        lab, of = make.made[Organization][at % 2], make.draw.one(make.made[Instrument])
        tester, checker, approver = make.random.sample(make.made[Personnel], 3)
        values = make.values(
            Certificate,
            number=make.draw.one(["SZJL", "DC'Y", "证"]) + f"-{make.number('')}",
            instrument_id=make.draw.maybe(of.id, 0.8),
            client_id=of.owner_id,
            authorization_id=make.id_of(Qualification),
            capability_id=make.id_of(Capability),
            tested_by_id=make.draw.maybe(tester.id),
            checked_by_id=make.draw.maybe(checker.id),
            approved_by_id=make.draw.maybe(approver.id),
            replaces_id=make.id_of(Certificate, 0.4) if at else None,
            fee_item_id=make.id_of(FeeItem),
            recalibration_agreed=True,
            fee=make.draw.one([None, Decimal("0.00"), Decimal("180.00")]),
        )
        row = make.keep(a_certificate(lab, of, **values))
        _parts(make, {"certificate_id": row.id, "issuer_id": lab.id, "client_id": of.owner_id})


def _parts(make: Maker, owned: dict[str, Any]) -> None:
    for at, document in enumerate(make.draw.some(make.made[TechnicalDocument], 3)):
        make.keep(CertificateBasis(document_id=document.id, position=at, **owned))
    for at in range(make.random.randint(0, 2)):
        values = make.draw.row(StandardUsed, name=make.draw.one(["压力表标准装置", ""]))
        standard = make.id_of(MeasurementStandard)
        make.keep(StandardUsed(**values, standard_id=standard, position=at, **owned))
    points = 0
    for at in range(make.random.randint(0, 3)):
        values = make.draw.row(MeasurementResult, parameter="示值误差")
        make.keep(MeasurementResult(**values, position=at, **owned))
        for _ in range(make.random.randint(0, 4)):
            values = make.draw.row(MeasurementPoint, unit="MPa", result=at)
            make.keep(MeasurementPoint(**values, position=points, **owned))
            points += 1


ROLES: dict[str, tuple[int, tuple[Role, ...]]] = {
    "user": (2, (Role.USER,)),
    "administrator": (2, (Role.ORG_ADMIN,)),
    "system": (3, (Role.SYSTEM,)),
    "laboratory": (0, (Role.LAB_STAFF,)),
    "approver": (1, (Role.LAB_APPROVER, Role.USER)),
    "regulator": (6, (Role.REGULATOR,)),
    "steward": (6, (Role.DATA_STEWARD,)),
    "operator": (6, (Role.OPERATOR,)),
    "auditor": (6, (Role.AUDITOR,)),
    "person": (3, (Role.USER,)),
}
"""The callers who sign in: of which organisation, and with which roles."""
ANYONE = "anonymous"
CALLERS = (ANYONE, *ROLES)


def _users(make: Maker) -> None:
    for name, (at, roles) in ROLES.items():
        values = make.values(
            User,
            login_name=name,
            roles=list(roles),
            state=UserState.ACTIVE,
            locked_until=None,
            district="3205" if name == "regulator" else None,
            ident_methods=make.draw.some(list(IdentMethod)),
        )
        of = make.made[Organization][at]
        people = [one for one in make.made[Personnel] if one.employer_id == of.id]
        values["person_id"] = people[0].id if name in ("person", "approver") else None
        make.keep(a_user(of, **values))


def _webhooks(make: Maker) -> None:
    for at in range(6):
        owner = make.made[Organization][at % 4]
        values = make.values(Webhook, name=make.number("erp"), position=make.random.getrandbits(40))
        values |= {"types": make.draw.some(list(ChangeType), 3), "retired_at": None}
        webhook = make.keep(a_webhook(owner, **values))
        for place in range(make.random.randint(0, 4)):
            position = make.draw.maybe(place, 0.8)
            make.keep(a_delivery(webhook, **make.values(WebhookDelivery, position=position)))


def _exports(make: Maker) -> None:
    for by in make.made[User]:
        for _ in range(make.random.randint(0, 3)):
            numbers = {"position": make.random.getrandbits(40), "size": make.random.getrandbits(50)}
            values = make.values(Export, lease=None, expires_at=LONG_AGO, **numbers)
            values |= {"owner_id": by.organization_id, "requester_id": by.id}
            make.keep(an_export(by, **values))


def _saved_queries(make: Maker) -> None:
    for by in make.made[User]:
        values = make.values(SavedQuery, name=make.number("query"), retired_at=None)
        values |= {"owner_id": by.organization_id, "author_id": by.id}
        query = make.keep(a_saved_query(by, **values))
        for _ in range(make.random.randint(0, 2)):
            make.keep(an_export_key(query))


def _connectors(make: Maker) -> None:
    """Without anything that is counted from now, which differs from one hub to the other."""
    for at in range(7):
        kind = make.draw.one(list(ConnectorKind))
        owner = make.draw.maybe(make.made[Organization][at % 4])
        values = make.values(Connector, code=make.number("c"), kind=kind, base_url=None)
        values["organization_id"] = None if owner is None else owner.id
        connector = make.keep(a_connector(**values))
        for _ in range(make.random.randint(0, 4)):
            values = make.values(
                ConnectorMessage, key=make.number("evt"), direction=MessageDirection.OUT
            )
            make.keep(a_message(connector, **values))
        for one in make.draw.some(make.made[Instrument], 3):
            values = make.values(Conflict, state=ConflictState.RESOLVED)
            make.keep(a_conflict(connector, one, **values))


def _flows(make: Maker) -> None:
    """Requests, their instruments and tasks; applications and their stages."""
    firms, lines = make.made[Organization], make.made[Instrument]
    for at in range(6):
        by, of = make.draw.one(firms[2:6]), make.draw.one(firms[:2])
        connector = make.draw.one(make.made[Connector])
        values = make.values(VerificationRequest, no=make.number("Q"))
        request = make.keep(a_request(by, of, **values))
        for place, one in enumerate(make.draw.some(lines, 3)):
            make.keep(an_item(request, one, position=place))
            values = make.values(VerificationTask, task_no=make.number("T"))
            values["request_id"] = request.id
            make.keep(a_task(connector, of, one, **values))
        values = make.values(LicenceApplication, acceptance_no=make.number("SL"))
        application = make.keep(an_application(connector, by, **values))
        for seq, stage in enumerate(make.draw.some(list(LicenceStage), 3), at):
            values = make.draw.row(LicenceStep, seq=seq, stage=stage)
            make.keep(a_step(application, **values))


async def stored(database: Database, seed: int) -> World:
    """Store the world of `seed` in an empty database."""
    rows = rows_of(seed)
    async with database.writer(SIGN_IN) as db:
        for made in rows.values():
            await db.attach(made)
    nouns = [table for table in rows if table in NOUNS]
    return World(await _read(database, nouns), {ANYONE: None} | {name: name for name in ROLES})


async def _read(database: Database, tables: Sequence[type[Table]]) -> Stored:
    """Every row of `tables`, as the role that sees all organisations reads it."""
    found: dict[type[Table], Sequence[Mapping[str, Any]]] = {}
    async with database.engine(PLATFORM).connect() as connection:
        await connection.execute(text("SELECT set_config('app.org', '*', true)"))
        for table in tables:
            result = await connection.execute(select(table).order_by(text("id")))
            found[table] = [dict(row) for row in result.mappings()]
    return found
