"""Filing 备案 of instruments under compulsory verification: what it needs, and its moves."""

from collections.abc import Mapping
from typing import Any

from hub.errors import Refused, Words
from hub.rules.problem import Problem, error
from hub.vocabulary import FilingState, InstrumentState

NEEDED = {
    "name": "器具名称",
    "catalogue_item": "项别",
    "catalogue_kind": "种别",
    "model_spec": "型号规格",
    "measuring_ranges": "测量范围",
    "accuracy_class": "准确度等级",
    "serial_no": "出厂编号",
    "manufacturer": "生产厂家",
    "origin": "产地",
    "location": "安装/使用地点",
    "install_district": "使用地点行政区划",
    "compulsory_purpose": "用途",
}
"""What e-CQS asks for of a ledger line, besides its number, one, and how it is presented."""
FILED = frozenset({FilingState.SUBMITTED, FilingState.ACCEPTED})
MOVES = {
    FilingState.NONE: {FilingState.SUBMITTED, FilingState.ACCEPTED, FilingState.RETURNED},
    FilingState.SUBMITTED: {FilingState.ACCEPTED, FilingState.RETURNED},
    FilingState.RETURNED: {FilingState.SUBMITTED, FilingState.ACCEPTED},
    FilingState.ACCEPTED: {FilingState.RETURNED},
}
"""The platform of compulsory verification is the authority: it may accept and return at any time,
also what was filed with it directly. An owner submits what is not filed yet, or was returned."""


def check_move(old: FilingState, new: FilingState, *path: str | int) -> None:
    """Raise Refused unless a filing may go from `old` to `new`."""
    if new not in MOVES[old]:
        raise Refused(
            f"备案不能由“{old.label}”转为“{new.label}”",
            f"a filing cannot go from {old} to {new}",
            path=path,
        )


def check_stays_compulsory(state: FilingState) -> None:
    """Raise Refused where what is filed, or is about to be, is said not to be compulsory."""
    if state in FILED:
        raise Refused(
            f"备案状态为“{state.label}”，不能改为非强制检定",
            f"its filing is {state}: it stays under compulsory verification",
            path=("compulsory",),
            hint=Words(
                "请先由受理备案的机关退回备案", "have the filing returned by its authority first"
            ),
        )


def problems(line: Mapping[str, Any], *path: str | int) -> list[Problem]:
    """What stands against filing a ledger line, given by its columns; `path` leads to it."""
    if not line["compulsory"]:
        zh, en = "不是强制检定器具，无须备案", "not under compulsory verification: nothing to file"
        return [error("NOT_COMPULSORY", zh, en, *path)]
    if line["status"] is InstrumentState.SCRAPPED:
        return [error("SCRAPPED", "器具已报废", "it is scrapped", *path)]
    found = [
        error("FILING_INCOMPLETE", f"备案须填写{label}", f"a filing needs {name}", *path, name)
        for name, label in NEEDED.items()
        if not line[name]
    ]
    state = line["filing_state"]
    if FilingState.SUBMITTED not in MOVES[state]:
        zh, en = f"备案状态为“{state.label}”，不能再申报", f"cannot be filed while {state}"
        found.append(error("FILING_STATE", zh, en, *path))
    return found
