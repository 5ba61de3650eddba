"""Seeds a hub with the reference files and a small world to try it in; again changes nothing."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sqlmodel import col

from hub.actions import instrument
from hub.actions.ledger import take_in
from hub.actions.organization import register_organization
from hub.actions.reference import (
    upsert_catalogue,
    upsert_degrees,
    upsert_documents,
    upsert_fees,
)
from hub.actions.session import hash_password
from hub.actions.upsert import Tally
from hub.actions.user import create_user
from hub.actor import Actor
from hub.db import Database
from hub.demo import cast, plant
from hub.demo.certificates import issue_certificates
from hub.demo.laboratory import Span, personnel, services, standards
from hub.exchange import OnError
from hub.importers.dcc.intake import import_dcc
from hub.importers.ledger.intake import import_file
from hub.importers.reference.read import Reference, missing, read_reference
from hub.keys import Keyring
from hub.policy import readable
from hub.rules.instrument import normal_key
from hub.rules.password import check_password
from hub.tables.instrument import Instrument
from hub.tables.user import User
from hub.vocabulary import CalibrationMode, CompulsoryPurpose, InstrumentRole, Role
from hub.writer import Writer

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
SEEDER = Actor(
    login="demo", user_id=UUID(int=0), roles=frozenset({Role.DATA_STEWARD, Role.OPERATOR})
)
LEDGER = Path("ledgers", "sample-ledger-1-200.csv")
LEDGER_AS_OF = date(2024, 6, 30)
TESTED_BEFORE = timedelta(days=90)
PLANT = sha256(b"hub.demo.plant").hexdigest()
RIVAL_LEDGER = (("YL-001", "数显卡尺"), ("YL-002", "外径千分尺"), ("YL-003", "数字万用表"))


@dataclass(frozen=True, slots=True)
class Demo:
    """What stands in the hub after seeding.

    `users` by login and `organizations` by USCC; `passwords` in clear of the accounts that this
    run created, shown this one time.
    """

    users: Mapping[str, UUID]
    passwords: Mapping[str, str]
    organizations: Mapping[str, UUID]
    reference: Tally


async def seed(database: Database, *, data: Path = EXAMPLES, today: date, keys: Keyring) -> Demo:
    """Seed the demo from the example files in `data`.

    BadInput where a file is missing or a reference file is faulty, before anything is written.
    What people have changed in the demo's ledgers and certificates stays as they left it.
    """
    reference = await asyncio.to_thread(_read, data)
    span = Span.around(today)
    async with database.writer(SEEDER) as db:
        tally = await store_reference(db, reference)
        organizations = {
            draft.uscc: (await register_organization(db, draft)).id for draft in cast.ORGANIZATIONS
        }
        laboratory, enterprise = organizations[cast.LABORATORY], organizations[cast.ENTERPRISE]
        tally += await services(db, laboratory, reference.capabilities, span)
        people = await personnel(db, laboratory, span)
    users, passwords = await _accounts(database, organizations, people)
    await _own_instruments(database, organizations, today)
    async with database.writer(SEEDER) as db:
        await standards(db, laboratory, people, span)
    await _enterprise_ledger(database, enterprise, data / LEDGER, today)
    await issue_certificates(database, users["approver"], laboratory, people, keys, today)
    for file in _dcc_files(data):
        content = await asyncio.to_thread(file.read_bytes)
        await import_dcc(database, SEEDER, content, file.name, keys, client_id=enterprise)
    return Demo(users, passwords, organizations, tally)


def _read(data: Path) -> Reference:
    for file in (data / LEDGER, *_dcc_files(data)):
        if not file.is_file():
            raise missing(file)
    return read_reference(data / "reference")


def _dcc_files(data: Path) -> list[Path]:
    return [data / "dcc" / name for name in cast.DCC_FILES]


async def store_reference(db: Writer, reference: Reference) -> Tally:
    """Store the public libraries; capabilities belong to a laboratory and are left out."""
    return (
        await upsert_documents(db, reference.documents)
        + await upsert_catalogue(db, reference.catalogue)
        + await upsert_fees(db, reference.fee_documents, reference.fee_items)
        + await upsert_degrees(db, reference.degrees)
    )


async def _accounts(
    database: Database, organizations: Mapping[str, UUID], people: Mapping[str, UUID]
) -> tuple[dict[str, UUID], dict[str, str]]:
    """The demo's accounts by login, and the passwords of those that are new.

    The system account signs in with a token only.
    """
    logins = [account.login for account in cast.ACCOUNTS]
    wanted = readable(SEEDER, User).where(col(User.login_name).in_(logins))
    async with database.reader(SEEDER) as reader:
        users = {row["login_name"]: row["id"] for row in await reader.all(wanted)}
    missing = [account for account in cast.ACCOUNTS if account.login not in users]
    passwords = {
        account.login: secrets.token_urlsafe(12)
        for account in missing
        if Role.SYSTEM not in account.roles
    }
    for login, password in passwords.items():
        check_password(password, login)
    hashes = {login: await hash_password(password) for login, password in passwords.items()}
    async with database.writer(SEEDER) as db:
        for account in missing:
            user = await create_user(
                db,
                login_name=account.login,
                organization_id=organizations[account.uscc],
                roles=account.roles,
                password_hash=hashes.get(account.login),
                district=account.district,
                person_id=people[account.staff_no] if account.staff_no else None,
            )
            users[account.login] = user.id
    return users, passwords


async def _own_instruments(
    database: Database, organizations: Mapping[str, UUID], today: date
) -> None:
    """The laboratory's standards in its own ledger, and the few instruments of the rival."""
    laboratory, rival = organizations[cast.LABORATORY], organizations[cast.RIVAL]
    members = [member for apparatus in cast.STANDARDS for member in apparatus.members]
    await _fill(database, laboratory, {each.asset_no: _of_member(each) for each in members}, today)
    lines = {
        asset_no: {"name": name, "calibration_mode": CalibrationMode.CALIBRATION}
        for asset_no, name in RIVAL_LEDGER
    }
    await _fill(database, rival, lines, today)


def _of_member(member: cast.Member) -> dict[str, object]:
    """The ledger values of an instrument of a public standard, which is verified by law."""
    is_standard = member.role is InstrumentRole.STANDARD
    mode = CalibrationMode.VERIFICATION if is_standard else CalibrationMode.CALIBRATION
    return {
        "name": member.name,
        "model_spec": member.model_spec,
        "accuracy_class": member.accuracy,
        "role": member.role,
        "compulsory": is_standard,
        "compulsory_purpose": CompulsoryPurpose.PUBLIC_STANDARD if is_standard else None,
        "calibration_mode": mode,
    }


async def _fill(
    database: Database, owner: UUID, lines: Mapping[str, Mapping[str, object]], today: date
) -> None:
    keeper = _keeper(owner)
    mine = readable(keeper, Instrument).where(col(Instrument.owner_id) == owner)
    async with database.writer(keeper) as db:
        known = {row.asset_no for row in await db.all(mine)}
        for asset_no, values in lines.items():
            if normal_key(asset_no) not in known:
                await instrument.create(
                    db,
                    today=today,
                    asset_no=asset_no,
                    serial_no=f"{asset_no}-SN",
                    manufacturer="样例仪器制造有限公司",
                    interval_months=12,
                    last_date=today - TESTED_BEFORE,
                    **values,
                )


def _keeper(owner: UUID) -> Actor:
    """Whoever keeps the ledger of a demo organisation."""
    roles = frozenset({Role.ORG_ADMIN})
    return Actor("demo", user_id=SEEDER.user_id, organization_id=owner, roles=roles)


async def _enterprise_ledger(database: Database, owner: UUID, file: Path, today: date) -> None:
    """The ledger of the demo enterprise, the sample first, unless it keeps one already."""
    wanted = readable(SEEDER, Instrument).where(col(Instrument.owner_id) == owner)
    async with database.reader(SEEDER) as reader:
        kept = await reader.first(wanted)
    if kept is None:
        await import_file(
            database,
            file,
            uscc=cast.ENTERPRISE,
            today=today,
            as_of=LEDGER_AS_OF,
            on_error=OnError.REJECT_ROWS,
            dry_run=False,
        )
        await _whole_plant(database, owner, today)


async def _whole_plant(database: Database, owner: UUID, today: date) -> None:
    """Fill the ledger of the demo enterprise up to the size of a real one."""
    keeper = _keeper(owner)
    async with database.writer(keeper) as db:
        kept = await db.all(readable(keeper, Instrument).where(col(Instrument.owner_id) == owner))
        missing = plant.lines(max(0, plant.SIZE - len(kept)), today)
        await take_in(db, owner, missing, sha256=PLANT)
