"""The sample ledgers come out exactly as their expected files say."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.importers.ledger.judge import LedgerDraft, judge
from hub.importers.ledger.report import error_workbook, report
from hub.importers.ledger.sheets import read_table
from hub.values import plain
from tests.importers.ledgers import AS_OF, table

SAMPLES = Path(__file__).parents[2] / "examples" / "data" / "ledgers"
SMALL, MIDDLE, LARGE = "sample-ledger-1-200", "sample-ledger-2-2000", "sample-ledger-3-20000"
PROMISED = ("as_of", "counts", "wrong", "imported", "header_line", "header_map")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledgers")
    generator = str(SAMPLES / "sample_ledger_generate.py")
    subprocess.run([sys.executable, generator, str(folder)], check=True)  # noqa: S603
    return folder


def import_report(path: Path) -> dict[str, Any]:
    read = read_table(path.read_bytes(), path.name)
    return report(judge(read, as_of=AS_OF), read)


def expected(folder: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
    return document


@pytest.mark.parametrize("name", [SMALL, MIDDLE])
def test_a_sample_ledger_gives_exactly_the_expected_report(name: str) -> None:
    answer = import_report(SAMPLES / f"{name}.csv")

    wanted = expected(SAMPLES, name)
    assert {key: answer[key] for key in (*PROMISED, "encoding")} == {
        key: wanted[key] for key in (*PROMISED, "encoding")
    }
    assert answer["ignored_footer_lines"] == wanted.get("ignored_footer_lines", [])


def test_the_workbook_gives_the_same_report_as_its_csv_twin() -> None:
    answer = import_report(SAMPLES / f"{SMALL}.xlsx")

    wanted = expected(SAMPLES, SMALL)
    assert {key: answer[key] for key in PROMISED} == {key: wanted[key] for key in PROMISED}
    assert answer["ignored_footer_lines"] == wanted["ignored_footer_lines"]
    assert answer["files"] == [wanted["files"][1]]


def test_twenty_thousand_lines_give_exactly_the_expected_report(made: Path) -> None:
    answer = import_report(made / f"{LARGE}.csv")

    wanted = expected(made, LARGE)
    assert {key: answer[key] for key in (*PROMISED, "encoding")} == {
        key: wanted[key] for key in (*PROMISED, "encoding")
    }


@pytest.mark.parametrize("name", [SMALL, MIDDLE])
def test_the_generator_still_makes_the_stored_samples(made: Path, name: str) -> None:
    again, stored = expected(made, name), expected(SAMPLES, name)

    assert again == stored
    assert (made / f"{name}.csv").read_bytes() == (SAMPLES / f"{name}.csv").read_bytes()


@pytest.mark.parametrize("file", [f"{SMALL}.csv", f"{SMALL}.xlsx", f"{MIDDLE}.csv"])
def test_the_error_workbook_can_be_imported_with_the_same_result(file: str) -> None:
    read = read_table((SAMPLES / file).read_bytes(), file)
    first = report(judge(read, as_of=AS_OF), read)

    marked = error_workbook(judge(read, as_of=AS_OF), read)

    again = read_table(marked, "marked.xlsx")
    second = report(judge(again, as_of=AS_OF), again)
    kept = ("counts", "wrong", "imported", "header_line", "ignored_footer_lines")
    assert {key: second[key] for key in kept} == {key: first[key] for key in kept}


@pytest.mark.parametrize("name", [SMALL, MIDDLE])
def test_a_ledger_of_canonical_values_is_imported_as_it_is(name: str) -> None:
    read = read_table((SAMPLES / f"{name}.csv").read_bytes(), "ledger.csv")
    drafts = [line.draft for line in judge(read, as_of=AS_OF).lines if line.draft]

    again = judge(table([CANONICAL, *map(canonical, drafts)]), as_of=AS_OF)

    assert [line.draft for line in again.lines[1:]] == drafts


CANONICAL = [
    *("管理编号", "名称", "型号", "出厂编号", "制造厂", "测量范围", "精度", "管理类别", "部门"),
    *(
        "位置",
        "保管人",
        "溯源方式",
        "周期",
        "检定日期",
        "有效期至",
        "证书号",
        "状态",
        "强检",
        "备注",
    ),
]


def canonical(draft: LedgerDraft) -> list[str | date | int | None]:
    limits = draft.range_lower, draft.range_upper
    lower, upper = (plain(limit) if limit is not None else "" for limit in limits)
    return [
        *(draft.asset_no, draft.name, draft.model_spec, draft.serial_no, draft.manufacturer),
        f"({lower}~{upper}){draft.range_unit}" if draft.range_unit else None,
        *(draft.accuracy, draft.management_class, draft.department, draft.location),
        *(draft.custodian, draft.mode and draft.mode.label, draft.interval_months),
        *(draft.last_date, draft.due_date, draft.certificate_no, draft.status.label),
        None if draft.compulsory is None else str(draft.compulsory),
        draft.remark,
    ]
