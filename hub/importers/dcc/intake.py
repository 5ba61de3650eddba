"""A digital calibration certificate all the way in: read, checked, stored as it is printed."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from hub.actions.certificate_draft import Party, PointDraft, ResultDraft, StandardDraft
from hub.actions.certificate_intake import ForeignCertificate, Taken, take_in
from hub.actor import Actor
from hub.db import Database
from hub.errors import BadInput, Words
from hub.importers.dcc.draft import Condition, Contact, DccDraft, Equipment
from hub.importers.dcc.dsi import UncertaintyKind
from hub.importers.dcc.printed import printed
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.table import Point, Result
from hub.importers.dcc.values import Reading
from hub.keys import Keyring
from hub.rules.organization import UsccVerdict, normal_uscc, uscc_verdict
from hub.values import plain
from hub.vocabulary import CertificateKind, Conclusion, Verdict

FROM_DCC = "dcc"
PARTS = ("testedBy", "checkedBy", "approvedBy")
"""What persons do for a certificate, as DCCs of the hub call their roles."""


async def import_dcc(
    database: Database,
    actor: Actor,
    data: bytes,
    filename: str,
    keys: Keyring,
    *,
    client_id: UUID | None = None,
    issuer_id: UUID | None = None,
) -> Taken:
    """Store the certificate in the file `data`; the same file again changes nothing.

    `issuer_id` says whose certificate it is, which a file alone proves of no laboratory that has a
    USCC. BadInput for a file of such a one without it, and for a file that is unsafe, not well
    formed, not valid by its XML schema, or changed after it was signed.
    """
    draft = read_dcc(data)
    for problem in draft.blocking:
        raise BadInput(
            problem.words.zh,
            problem.words.en,
            hint=Words("请向出具机构索取原始文件", "ask the issuer for the original file"),
            path=(filename,),
        )
    async with database.writer(actor) as db:
        given = foreign(draft, filename, len(data))
        return await take_in(db, given, keys, client_id=client_id, issuer_id=issuer_id)


def foreign(draft: DccDraft, filename: str, size: int) -> ForeignCertificate:
    """A draft by what the hub stores of a certificate."""
    return ForeignCertificate(
        number=draft.number,
        kind=CertificateKind.CALIBRATION_CERTIFICATE,
        issuer=_party(draft.laboratory, draft.country),
        client=_party(draft.client, draft.country),
        item=_item(draft),
        basis=draft.technical_basis,
        standards_used=[_standard(one) for one in draft.standards_used],
        received_at=draft.received_at,
        test_from=draft.test_from,
        test_to=draft.test_to,
        issue_date=draft.issue_date,
        recalibration_date=draft.recalibration_date,
        location=draft.location,
        environment=[_condition(one) for one in draft.environment],
        results=[_result(one) for one in draft.results],
        conclusion=CONCLUSIONS.get(draft.conformity, Conclusion.RESULT_ONLY),
        persons=_persons(draft),
        replaces_number=draft.replaces.number if draft.replaces else None,
        replacement_kind=draft.replaces.kind if draft.replaces else None,
        files=[
            {
                "name": Path(filename).name,
                "mediaType": "application/xml",
                "sha256": draft.file_sha256,
                "size": size,
                "signature": draft.signature.state.value,
            }
        ],
        warnings=[{"code": one.code.value, "message": one.words.zh} for one in draft.problems],
        source_system=FROM_DCC,
    )


CONCLUSIONS: dict[Verdict | None, Conclusion] = {
    Verdict.PASS: Conclusion.QUALIFIED,
    Verdict.CONDITIONAL_PASS: Conclusion.QUALIFIED,
    Verdict.FAIL: Conclusion.UNQUALIFIED,
    Verdict.CONDITIONAL_FAIL: Conclusion.UNQUALIFIED,
}


def _party(contact: Contact, country: str) -> Party:
    address = {name: text for name, text in contact.address.items() if name != "countryCode"}
    return Party(
        name=contact.name.best,
        country=contact.address.get("countryCode", country),
        address=", ".join(address.values()) or None,
        website=contact.link,
        uscc=_uscc(contact.code),
    )


def _uscc(code: str | None) -> str | None:
    """The code of an organisation where it has the form of a USCC; laboratories have others."""
    normal = normal_uscc(code or "")
    formed = uscc_verdict(normal) in (UsccVerdict.OK, UsccVerdict.CHECK_DIGIT)
    return normal if formed else None


def _item(draft: DccDraft) -> dict[str, Any]:
    if not draft.items:
        return {"name": draft.items_name.best}
    first = draft.items[0]
    return {
        "name": first.name.best or draft.items_name.best,
        "modelSpec": first.model,
        "serialNo": first.serial_no,
        "manufacturer": first.manufacturer.best or None,
        "assetNo": first.asset_no,
    }


def _persons(draft: DccDraft) -> dict[str, str]:
    """Names by what the person did: as the role says, if it is a word of ours.

    Otherwise the main signer approves, and the others keep the order given.
    """
    said = {one.role: one.name.best for one in draft.persons if one.role in PARTS}
    untold = [one for one in draft.persons if one.role not in PARTS]
    approving = ", ".join(one.name.best for one in untold if one.main_signer)
    others = [one.name.best for one in untold if not one.main_signer]
    named = dict(zip(PARTS[:2], others, strict=False))
    return named | ({"approvedBy": approving} if approving else {}) | said


def _standard(equipment: Equipment) -> StandardDraft:
    return StandardDraft(
        name=equipment.name.best or equipment.model or "-",
        certificate_no=equipment.certificate.number if equipment.certificate else None,
    )


def _condition(condition: Condition) -> dict[str, Any]:
    numbers = {"lower": condition.minimum, "upper": condition.maximum, "value": condition.value}
    given = {name: reading for name, reading in numbers.items() if reading is not None}
    unit = next(iter(given.values())).unit if given else None
    return {
        "quantity": condition.kind.value.lower(),
        "name": condition.name.best or None,
        **{name: plain(reading.value) for name, reading in given.items()},
        "unit": str(unit) if unit else None,
        "stage": condition.stage.value,
    }


def _result(result: Result) -> ResultDraft:
    return ResultDraft(
        parameter=result.name.best or result.table.best or "-",
        kind=result.kind,
        stage=result.stage,
        method=result.method or None,
        quantities=[
            one.stored()
            for number, quantity in enumerate(result.quantities)
            for one in printed(number, quantity)
        ],
        points=[_point(point) for point in result.points],
    )


def _point(point: Point) -> PointDraft:
    main = point.measured or point.error or point.reference or point.nominal
    unit = str(main.unit) if main else "1"
    u = point.uncertainty
    expanded = u is not None and u.kind is UncertaintyKind.EXPANDED
    mpe = point.mpe
    return PointDraft(
        unit=unit,
        quantity=point.quantity or None,
        nominal=_value(point.nominal),
        reference=_value(point.reference),
        measured=_value(point.measured),
        error=_value(point.error),
        reference_unit=_other(point.reference or point.nominal, unit),
        error_unit=_other(point.error, unit),
        u=u.u.value if u else None,
        u_unit=_other(u.u, unit) if u else None,
        k=u.k if u and expanded else Decimal(1) if u else None,
        p=u.p if u else None,
        mpe_lower=_value(mpe.lower) if mpe else None,
        mpe_upper=_value(mpe.upper) if mpe else None,
        verdict=point.verdict,
    )


def _value(reading: Reading | None) -> Decimal | None:
    return reading.value if reading else None


def _other(reading: Reading | None, unit: str) -> str | None:
    return str(reading.unit) if reading and str(reading.unit) != unit else None
