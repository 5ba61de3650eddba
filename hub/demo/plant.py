"""The rest of the demo enterprise's ledger: constructed lines up to the size of a real plant's."""

from collections.abc import Sequence
from datetime import date, timedelta

from hub.actions.ledger import LedgerLine
from hub.rules.due import valid_until
from hub.vocabulary import CalibrationMode, InstrumentState, ManagementClass

SIZE = 1_000
"""Lines of the ledger of the demo enterprise."""
KINDS = (
    ("数显卡尺", "0~150mm", "±0.03mm"),
    ("外径千分尺", "0~25mm", "±4μm"),
    ("一般压力表", "Y-100", "1.6级"),
    ("数字温度计", "XMT-101", "±0.5℃"),
    ("数字万用表", "UT61E", "±0.5%"),
    ("电子天平", "JA2003", "Ⅱ"),
    ("扭矩扳手", "20~100N·m", "±4%"),
    ("百分表", "0~10mm", "1级"),
)
PLACES = ("机加工一车间", "机加工二车间", "装配车间", "热处理车间", "质量部", "动力站")
INTERVAL = 12
TESTED_WITHIN = 240
"""Days: every line is valid for another season."""


def lines(many: int, today: date) -> Sequence[LedgerLine]:
    """So many lines, the same ones for the same day."""
    return [_line(at, today) for at in range(many)]


def _line(at: int, today: date) -> LedgerLine:
    name, model, accuracy = KINDS[at % len(KINDS)]
    tested = today - timedelta(days=1 + at * 7 % TESTED_WITHIN)
    return LedgerLine(
        line=at + 1,
        asset_no=f"ZZ-{at + 1:04}",
        name=name,
        model_spec=model,
        serial_no=f"ZZ{202000 + at}",
        manufacturer="样例仪器制造有限公司",
        measuring_ranges=[],
        accuracy_class=accuracy,
        management_class=ManagementClass.B if at % 3 else ManagementClass.C,
        department=PLACES[at % len(PLACES)],
        location=None,
        custodian=None,
        calibration_mode=CalibrationMode.CALIBRATION,
        interval_months=INTERVAL,
        last_date=tested,
        due_date=valid_until(tested, INTERVAL),
        certificate_no=None,
        status=InstrumentState.IN_USE,
        compulsory=False,
        remark=None,
    )
