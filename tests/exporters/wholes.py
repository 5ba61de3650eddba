"""Certificates to be written as DCCs: one that a file stated, one that was drawn."""

from dataclasses import fields
from datetime import date
from typing import Any

from hub.actions.certificate_draft import Party
from hub.actions.certificate_intake import ForeignCertificate
from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.write import write_dcc
from hub.importers.dcc.intake import foreign
from hub.importers.dcc.read import read_dcc
from hub.vocabulary import CertificateKind

ALIKE = {one.name for one in fields(Whole)} & {one.name for one in fields(ForeignCertificate)}


def whole_of(stated: ForeignCertificate) -> Whole:
    """The certificate that a file states, as the hub would hold it."""
    given = {name: getattr(stated, name) for name in ALIKE}
    return Whole(
        **given,
        is_ours=False,
        item_snapshot=stated.item,
        printed_persons=stated.persons,
        technical_basis=stated.basis,
        valid_until=stated.recalibration_date,
        recalibration_agreed=stated.recalibration_date is not None,
        replaces=stated.replaces_number,
    )


def a_whole(**changes: Any) -> Whole:
    """A calibration certificate of a laboratory in Suzhou, with some of its members changed."""
    given: dict[str, Any] = {
        "number": "SZJL2026-0001",
        "kind": CertificateKind.CALIBRATION_CERTIFICATE,
        "issuer": Party(name="苏州示范计量院", country="CN", uscc="91320500MAY4LR3A1Y"),
        "client": Party(name="示范制造有限公司", country="CN", address="苏州市吴中区 1 号"),
        "item_snapshot": {"name": "数字压力计", "serialNo": "YL-7", "assetNo": "SZ-1"},
        "printed_persons": {"testedBy": "赵检定", "checkedBy": "钱核验", "approvedBy": "孙批准"},
        "test_from": date(2026, 3, 4),
        "test_to": date(2026, 3, 5),
        "issue_date": date(2026, 3, 6),
    }
    return Whole(**given | changes)


def again(whole: Whole) -> ForeignCertificate:
    """What the DCC of a certificate states when it is read."""
    data = write_dcc(whole)
    return foreign(read_dcc(data), "again.xml", len(data))
