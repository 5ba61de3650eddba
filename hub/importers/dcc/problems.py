"""What is odd about a DCC that its XML schema finds valid: dates, lists, units, uncertainties."""

from collections.abc import Iterator

from hub.errors import Words
from hub.importers.dcc.draft import DccDraft, Problem, ProblemCode, SignatureState
from hub.importers.dcc.dsi import Series, Uncertainty


def problems_of(draft: DccDraft) -> tuple[Problem, ...]:
    """The problems of a draft, each told once."""
    return tuple(dict.fromkeys((*_signature(draft), *_dates(draft), *_series(draft))))


def _signature(draft: DccDraft) -> Iterator[Problem]:
    signature = draft.signature
    if signature.state is SignatureState.INVALID and signature.reason is not None:
        zh, en = signature.reason
        words = Words(f"{zh}（{signature.detail}）", f"{en} ({signature.detail})")
        yield Problem(ProblemCode.SIGNATURE_INVALID, words, blocks=True)


def _dates(draft: DccDraft) -> Iterator[Problem]:
    """Received, tested from, tested to, issued: never backwards (ISO/IEC 17025:2017 7.8.2.1)."""
    days = (draft.received_at, draft.test_from, draft.test_to, draft.issue_date)
    known = [each for each in days if each is not None]
    if known != sorted(known):
        shown = " / ".join(str(each or "-") for each in days)
        yield Problem(
            ProblemCode.DATE_ORDER,
            Words(
                f"日期次序有误（收样/开始/结束/签发）：{shown}",
                f"dates out of order (received / begun / ended / issued): {shown}",
            ),
        )


def _series(draft: DccDraft) -> Iterator[Problem]:
    for quantity in draft.every_quantity():
        for series in quantity.series:
            yield from _of_series(series)


def _of_series(series: Series) -> Iterator[Problem]:
    if series.uneven:
        yield Problem(
            ProblemCode.LIST_LENGTH,
            Words(
                f"{len(series)} 个数值与其单位或不确定度的个数不符",
                f"{len(series)} values have another number of units or uncertainties",
            ),
            series.line,
        )
    for unit in dict.fromkeys(series.units):
        if unit.code is None:
            shown = unit.printed[:60]
            yield Problem(
                ProblemCode.UNIT_UNKNOWN,
                Words(
                    f"不认识的计量单位，按原样保留：{shown!r}",
                    f"unknown unit, kept as printed: {shown!r}",
                ),
            )
    if not all(map(_possible, series.uncertainties)):
        yield Problem(
            ProblemCode.UNCERTAINTY_RANGE,
            Words(
                "不确定度须大于 0，包含因子不小于 1，包含概率在 0 与 1 之间",
                "an uncertainty is above 0, a coverage factor at least 1, a probability up to 1",
            ),
            series.line,
        )


def _possible(stated: Uncertainty) -> bool:
    return (
        all(u is None or u > 0 for u in stated.values)
        and all(k is None or k >= 1 for k in stated.k)
        and all(p is None or 0 < p <= 1 for p in stated.p)
    )
