"""What is true of an instrument: its key, its moves between states, compulsory verification."""

from dataclasses import dataclass
from datetime import date

from hub.errors import Refused
from hub.rules.text import tidy
from hub.vocabulary import (
    CalibrationMode,
    CompulsoryPurpose,
    DueState,
    InstrumentState,
    Term,
)

INTERVAL_MONTHS = range(1, 121)


class MoveCondition(Term):
    """状态转换条件: what a move asks for."""

    NOTHING = "NOTHING", "无"
    REASON = "REASON", "须说明原因"
    APPROVAL = "APPROVAL", "须经批准"
    VALID_CERTIFICATE = "VALID_CERTIFICATE", "须有有效证书或免检"
    CERTIFIED_SINCE_UNSEALING = "CERTIFIED_SINCE_UNSEALING", "须有启封之后的证书"


MOVES = {
    InstrumentState.IN_USE: {
        InstrumentState.STOPPED: MoveCondition.REASON,
        InstrumentState.SEALED: MoveCondition.REASON,
        InstrumentState.REPAIR: MoveCondition.NOTHING,
        InstrumentState.SCRAPPED: MoveCondition.APPROVAL,
    },
    InstrumentState.STOPPED: {
        InstrumentState.IN_USE: MoveCondition.VALID_CERTIFICATE,
        InstrumentState.SEALED: MoveCondition.NOTHING,
        InstrumentState.REPAIR: MoveCondition.NOTHING,
        InstrumentState.SCRAPPED: MoveCondition.NOTHING,
    },
    InstrumentState.SEALED: {
        InstrumentState.IN_USE: MoveCondition.CERTIFIED_SINCE_UNSEALING,
        InstrumentState.STOPPED: MoveCondition.NOTHING,
        InstrumentState.REPAIR: MoveCondition.NOTHING,
        InstrumentState.SCRAPPED: MoveCondition.NOTHING,
    },
    InstrumentState.REPAIR: {
        InstrumentState.STOPPED: MoveCondition.NOTHING,
        InstrumentState.SCRAPPED: MoveCondition.NOTHING,
    },
    InstrumentState.SCRAPPED: {},
}
RESTING = frozenset({InstrumentState.STOPPED, InstrumentState.SEALED, InstrumentState.SCRAPPED})
BEYOND = frozenset({DueState.OVERDUE, DueState.NOT_SCHEDULED})


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """What is known when an instrument is moved on `today`.

    `certified_on` and `valid_until` are of its newest certificate that found it good.
    """

    today: date
    reason: str | None = None
    approved: bool = False
    mode: CalibrationMode | None = None
    certified_on: date | None = None
    valid_until: date | None = None
    unsealed_on: date | None = None


def check_move(old: InstrumentState, new: InstrumentState, facts: MoveFacts) -> None:
    """Raise Refused unless an instrument may go from `old` to `new`, given `facts`."""
    condition = MOVES[old].get(new)
    if condition is None:
        raise Refused(
            f"器具不能由“{old.label}”转为“{new.label}”",
            f"an instrument cannot go from {old} to {new}",
            path=("status",),
        )
    if condition is MoveCondition.REASON and not (facts.reason or "").strip():
        raise Refused(
            f"转为“{new.label}”须说明原因", f"{new} needs a reason", path=("statusReason",)
        )
    if condition is MoveCondition.APPROVAL and not facts.approved:
        raise Refused(f"转为“{new.label}”须经批准", f"{new} needs an approval", path=("approved",))
    if condition is MoveCondition.VALID_CERTIFICATE:
        _check_certified(facts)
    if condition is MoveCondition.CERTIFIED_SINCE_UNSEALING:
        _check_certified_since_unsealing(facts)


def state_after_failure(state: InstrumentState) -> InstrumentState:
    """The state of an instrument once a 检定结果通知书 has found it unqualified."""
    return InstrumentState.STOPPED if state is InstrumentState.IN_USE else state


def is_listed_overdue(state: InstrumentState, due: DueState) -> bool:
    """Whether an instrument belongs on the list of the overdue: not while it rests."""
    return due is DueState.OVERDUE and state not in RESTING


def is_illegal_use(*, compulsory: bool, state: InstrumentState, due: DueState) -> bool:
    """Whether an instrument under compulsory verification is in use beyond it (计量法实施细则).

    One without any validity counts as overdue: it failed, or was never verified.
    """
    return compulsory and state is InstrumentState.IN_USE and due in BEYOND


def check_compulsory(
    *,
    compulsory: bool,
    purpose: CompulsoryPurpose | None,
    mode: CalibrationMode | None,
    interval_months: int | None,
    max_months: int | None,
) -> None:
    """Raise Refused unless the ledger line of an instrument keeps the law (计量法 Art. 9).

    Compulsory: a purpose, verification as its mode, and an interval no longer than the
    `max_months` of its regulation (None where no regulation is known). Anyone: 1 to 120 months.
    """
    if interval_months is not None and interval_months not in INTERVAL_MONTHS:
        raise Refused("周期应为 1 到 120 个月", "1 to 120 months", path=("intervalMonths",))
    if not compulsory:
        return
    if purpose is None:
        raise Refused(
            "强制检定器具须注明用途",
            "compulsory verification needs a purpose",
            path=("compulsoryPurpose",),
        )
    if mode is not CalibrationMode.VERIFICATION:
        raise Refused(
            "强制检定器具的溯源方式只能是检定",
            "an instrument under compulsory verification is verified, not calibrated",
            path=("calibrationMode",),
        )
    if interval_months is not None and max_months is not None and interval_months > max_months:
        raise Refused(
            f"强制检定周期不得超过检定规程规定的 {max_months} 个月",
            f"the regulation allows at most {max_months} months",
            path=("intervalMonths",),
        )


def check_interval(old: int | None, new: int | None) -> None:
    """Raise Refused where the interval of a compulsory instrument becomes longer, or none at all.

    Its owner may have it verified more often than before, not more seldom.
    """
    if old is not None and (new is None or new > old):
        raise Refused(
            f"强制检定器具的周期不得比现在的 {old} 个月更长",
            f"under compulsory verification the interval stays within {old} months",
            path=("intervalMonths",),
        )


def check_retire(state: InstrumentState, *, approved: bool) -> None:
    """Raise Refused unless an instrument may leave the ledger: scrapped before, or approved."""
    if state is not InstrumentState.SCRAPPED and not approved:
        raise Refused(
            "退出台账须经批准", "to leave the ledger needs an approval", path=("approved",)
        )


def check_restore(*, merged: bool, approved: bool) -> None:
    """Raise Refused unless a line may come back: approved, and not merged into another."""
    if merged:
        raise Refused(
            "此器具已并入另一件，不能恢复", "it was merged into another instrument", path=("id",)
        )
    if not approved:
        raise Refused(
            "恢复到台账须经批准",
            "to come back into the ledger needs an approval",
            path=("approved",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """What tells one instrument from all others, as a line of a ledger has it."""

    serial_no: str | None
    manufacturer: str | None
    compulsory_code: str | None
    compulsory: bool
    interval_months: int | None


IDENTITY = {
    "serial_no": ("出厂编号", "serial number"),
    "manufacturer": ("制造单位", "maker"),
    "compulsory_code": ("强管唯一性号", "compulsory code"),
}


def check_merge(keep: Plate, drop: Plate) -> None:
    """Raise Refused where two lines cannot be of one instrument, or `keep` asks less of it."""
    for name, (zh, en) in IDENTITY.items():
        ours, theirs = getattr(keep, name), getattr(drop, name)
        if ours and theirs and normal_key(ours) != normal_key(theirs):
            raise Refused(
                f"两件器具的{zh}不同，不是同一件",
                f"they differ in their {en}: not the same instrument",
                path=("drop",),
            )
    if not drop.compulsory:
        return
    if not keep.compulsory:
        raise Refused(
            "要并入的器具属强制检定，保留的一件不是",
            "the one to be dropped is under compulsory verification, the other is not",
            path=("keep",),
        )
    check_interval(drop.interval_months, keep.interval_months)


def normal_key(text: str) -> str:
    """The form in which an asset number is unique for its owner: half-width, no blanks, upper."""
    return tidy(text).replace(" ", "").upper()


def _check_certified(facts: MoveFacts) -> None:
    if facts.mode is CalibrationMode.EXEMPT:
        return
    if facts.valid_until is None or facts.valid_until < facts.today:
        raise Refused(
            "没有有效证书，不能投入使用", "no valid certificate: not to be used", path=("status",)
        )


def _check_certified_since_unsealing(facts: MoveFacts) -> None:
    if facts.unsealed_on is None:
        raise Refused("须填写启封日期", "the day of unsealing is needed", path=("unsealedOn",))
    if facts.certified_on is None or facts.certified_on < facts.unsealed_on:
        raise Refused(
            f"启封日期 {facts.unsealed_on} 之后没有证书，不能投入使用",
            f"no certificate since the unsealing on {facts.unsealed_on}: not to be used",
            path=("status",),
        )
    _check_certified(facts)
