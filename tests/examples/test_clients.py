"""The client programs do what their README says, against a hub that is running."""

import asyncio
import json
import re
from pathlib import Path

from python_calamine import CalamineWorkbook

from hub.demo import cast
from tests.doors import HubClient
from tests.examples.conftest import create_until_heard, python, run, started
from tests.examples.samples import EXAMPLES, SAMPLES
from tests.patience import patiently

LEDGER = EXAMPLES / "data" / "ledgers" / "sample-ledger-1-200.csv"


async def test_the_python_client_imports_a_ledger_and_reads_it_back(
    live: HubClient, tmp_path: Path
) -> None:
    expected = json.loads(LEDGER.with_suffix(".expected.json").read_text("utf-8"))
    counts, workbook = expected["counts"], tmp_path / "核对.xlsx"
    command = (*python(live, "import_ledger.py"), LEDGER, "--as-of", expected["as_of"])
    options = ("--owner", cast.RIVAL, "--workbook", workbook)

    status, told, errors = await run(live, "rival", *command, *options)
    _, again, _ = await run(live, "rival", *command, *options)

    assert (status, errors) == (1, "")
    assert (
        f"检查：导入 {counts['import']}，跳过 {counts['skip']}，拒绝 {counts['reject']}，"
        f"空行 {counts['blank']}，表头 {counts['header']}，有提示 {counts['warned']}\n"
    ) in told
    flagged = {int(line) for line in re.findall(r"(?m)^.. 第 (\d+) 行", told)}
    assert flagged == {each["line"] for each in expected["wrong"]}
    assert f"导入：新建 {counts['import']}，更新 0，未变 0\n" in told
    assert f"读回：{counts['import'] + 3} 行，导入之前 3 行\n" in told
    assert f"导入：新建 0，更新 0，未变 {counts['import']}\n" in again
    rows = CalamineWorkbook.from_path(workbook).get_sheet_by_index(0).to_python()
    assert "名称为空" in str(rows[40])


async def test_the_python_client_keeps_a_ledger_in_step_with_a_file(
    live: HubClient, tmp_path: Path
) -> None:
    head = "externalId,assetNo,name,intervalMonths,lastDate,location\n"
    lines = [f"{at},SYNC-{at:04},压力表,12,2026-01-05,一车间\n" for at in range(1_200)]
    ledger = tmp_path / "台账.csv"
    ledger.write_text(head + "".join(lines), "utf-8-sig")
    command = (*python(live, "sync_ledger.py"), ledger)

    first = await run(live, "rival", *command)
    again = await run(live, "rival", *command)
    lines[7] = lines[7].replace("一车间", "二车间")
    lines[1_100] = "1100,SYNC-1100, ,12,2026-01-05,一车间\n"
    ledger.write_text(head + "".join(lines), "utf-8-sig")
    rehearsed = await run(live, "rival", *command, "--dry-run")
    changed = await run(live, "rival", *command)

    assert first == (0, "CREATED 1200\n", "")
    assert again == (0, "UNCHANGED 1200\n", "")
    assert changed == rehearsed
    assert changed == (
        1,
        "第 1102 行 器具名称不能为空（NAME_MISSING）\nREJECTED 1，UNCHANGED 1198，UPDATED 1\n",
        "",
    )


async def test_the_python_client_says_in_chinese_why_it_is_refused(
    live: HubClient, tmp_path: Path
) -> None:
    nothing = tmp_path / "空.csv"
    nothing.write_text("没有表头\n", "utf-8")
    command = python(live, "import_ledger.py")

    stranger = await run(live, "rival", *command, LEDGER, "--owner", cast.ENTERPRISE)
    faulty = await run(live, "rival", *command, nothing)

    assert stranger == (1, "", "只能导入本机构的台账（FORBIDDEN）\n")
    assert faulty == (1, "", "前 12 行中没有找到表头\n")


async def test_the_python_client_prints_each_change_of_the_ledger(live: HubClient) -> None:
    process = await started(live, "enterprise", *python(live, "watch_changes.py"))
    assert process.stdout is not None

    try:
        async with patiently("the client to be connected"):
            assert (await process.stdout.readline()).decode() == "已连接，等待变更……\n"
        heard = asyncio.create_task(process.stdout.readline())
        await create_until_heard(live, heard)
    finally:
        process.terminate()
        await process.wait()

    assert re.fullmatch(r"#\d+ \S+ SZ-JL-\w+ 数显卡尺 IN_USE 第 1 版\n", heard.result().decode())


async def test_the_typescript_client_lists_every_due_instrument_over_all_pages(
    live: HubClient, typescript: tuple[str, Path]
) -> None:
    status, told, errors = await run(live, "analyst", *typescript, "due", "36500")

    *lines, total = told.splitlines()
    assert (status, errors) == (0, "")
    assert total == f"共 {len(lines)} 台"
    assert len(lines) > 100
    assert lines == sorted(lines, key=lambda line: line[:10])


async def test_the_typescript_client_creates_an_instrument_and_tells_the_problems(
    live: HubClient, typescript: tuple[str, Path]
) -> None:
    created = await run(live, "enterprise", *typescript, "create", "TS-1", "数显卡尺", "2026-01-05")
    refused = await run(live, "enterprise", *typescript, "create", "TS-2", "数显卡尺", "2099-01-05")

    assert created == (0, "已新建 TS-1 数显卡尺 有效期至 2027-01-04\n", "")
    assert refused == (1, "", "被拒绝：最近检定日期不能晚于今天（REFUSED lastDate）\n")


async def test_the_typescript_client_verifies_a_certificate_by_number_and_code(
    live: HubClient, typescript: tuple[str, Path]
) -> None:
    (text,) = SAMPLES["certificate-results"].operations.values()
    shown = await live.ask(text, as_="enterprise", number="SFJL-0001")
    (certificate,) = shown.data["certificates"]["nodes"]

    right = await run(live, "rival", *typescript, "verify", "SFJL-0001", certificate["verifyCode"])
    wrong = await run(live, "rival", *typescript, "verify", "SFJL-0002", certificate["verifyCode"])

    assert "state: 'ISSUED'" in right[1]
    assert wrong == (1, "", "证书编号与查询码不匹配（NOT_FOUND）\n")


def test_the_lock_pins_every_package_by_its_hash_and_names_no_registry() -> None:
    lock = (EXAMPLES / "typescript" / "package-lock.json").read_text("utf-8")

    assert lock.count('"integrity": "sha512-') > 100
    assert '"resolved"' not in lock
    assert not re.search(r"https?://registry\.", lock)
