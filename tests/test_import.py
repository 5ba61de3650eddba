"""Ledger files over the door: judged line by line, stored all together, or refused as a whole."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hub.importers.ledger.sheets import read_table
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_certificate, a_laboratory, a_user, an_instrument
from tests.importers import workbooks
from tests.importing import (
    IMPORT,
    LEDGERS,
    a_ledger,
    import_ledger,
    line,
    taken,
    written,
)
from tests.ledger_verbs import Firm, a_firm, done, retire

SAMPLE = "sample-ledger-1-200"
STORED = "SELECT * FROM instrument WHERE owner_id = :owner ORDER BY import_line"


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


def expected(name: str = SAMPLE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LEDGERS / f"{name}.expected.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("sample-ledger-1-200.csv", SAMPLE),
        ("sample-ledger-1-200.xlsx", SAMPLE),
        ("sample-ledger-2-2000.csv", "sample-ledger-2-2000"),
    ],
)
async def test_a_sample_ledger_is_taken_in_as_its_expected_file_says(
    hub: HubClient, firm: Firm, filename: str, name: str
) -> None:
    file = (LEDGERS / filename).read_bytes()

    report = taken(await import_ledger(hub, firm.user, file, filename, onError="REJECT_ROWS"))

    wanted = expected(name)
    counts = {"imported": "import", "skipped": "skip", "rejected": "reject"}
    told = {counts.get(key, key): value for key, value in report["counts"].items()}
    assert told == wanted["counts"]
    assert report["wrong"] == wanted["wrong"]
    assert report["headerLine"] == wanted["header_line"]
    assert report["stored"] == {
        "created": wanted["counts"]["import"],
        "updated": 0,
        "unchanged": 0,
    }
    rows = await hub.stored(STORED, owner=firm.owner.id)
    stated = [
        (one["line"], one.get("assetNo"), one["name"], one.get("lastDate"), one["status"])
        for one in wanted["imported"]
    ]
    assert stated == [
        (row.import_line, row.asset_no, row.name, row.last_date and str(row.last_date), row.status)
        for row in rows
    ]


@pytest.mark.parametrize("on_error", ["REJECT_ALL", "REJECT_ROWS"])
async def test_a_dry_run_tells_byte_for_byte_what_the_real_run_tells_and_writes_nothing(
    hub: HubClient, firm: Firm, on_error: str
) -> None:
    file = (LEDGERS / f"{SAMPLE}.csv").read_bytes()
    before = await written(hub, firm.owner)

    dry = await import_ledger(hub, firm.user, file, onError=on_error, dryRun=True)
    after = await written(hub, firm.owner)
    real = await import_ledger(hub, firm.user, file, onError=on_error)

    assert dry.response.content == real.response.content
    assert after == before
    assert taken(dry)["counts"]["rejected"] > 0


async def test_with_a_faulty_line_nothing_is_stored_unless_only_lines_are_to_be_rejected(
    hub: HubClient, firm: Firm
) -> None:
    file = a_ledger(line(1), line(2, name=""), line(3))

    all_ = taken(await import_ledger(hub, firm.user, file))
    lines_then = (await written(hub, firm.owner))[0]
    rows = taken(await import_ledger(hub, firm.user, file, onError="REJECT_ROWS"))

    assert all_["stored"] is None
    assert lines_then == 0
    assert rows["stored"] == {"created": 2, "updated": 0, "unchanged": 0}
    assert rows["wrong"] == all_["wrong"]
    assert rows["wrong"] == [{"line": 3, "outcome": "reject", "codes": ["MISSING_NAME"]}]


async def test_the_same_file_again_changes_nothing_and_is_no_news(
    hub: HubClient, firm: Firm
) -> None:
    file = (LEDGERS / f"{SAMPLE}.csv").read_bytes()
    first = taken(await import_ledger(hub, firm.user, file, onError="REJECT_ROWS"))
    before = await written(hub, firm.owner)

    again = taken(await import_ledger(hub, firm.user, file, onError="REJECT_ROWS"))

    many = first["stored"]["created"]
    assert again["stored"] == {"created": 0, "updated": 0, "unchanged": many}
    assert (await written(hub, firm.owner))[:4] == before[:4]


async def test_a_changed_file_changes_its_changed_lines_only(hub: HubClient, firm: Firm) -> None:
    taken(await import_ledger(hub, firm.user, a_ledger(line(1), line(2), line(3))))

    report = taken(
        await import_ledger(
            hub, firm.user, a_ledger(line(1), line(2, name="千分尺"), line(4, state="封存"))
        )
    )

    assert report["stored"] == {"created": 1, "updated": 1, "unchanged": 1}
    rows = await hub.stored(STORED + ", asset_no", owner=firm.owner.id)
    assert {(row.asset_no, row.name, row.version, row.status) for row in rows} == {
        ("G-1", "卡尺", 1, "IN_USE"),
        ("G-2", "千分尺", 2, "IN_USE"),
        ("G-3", "卡尺", 1, "IN_USE"),
        ("G-4", "卡尺", 1, "SEALED"),
    }


async def test_every_line_remembers_its_file_and_where_it_stood_there(
    hub: HubClient, firm: Firm
) -> None:
    file = a_ledger(line(1), "", line(2))

    taken(await import_ledger(hub, firm.user, file))

    rows = await hub.stored(STORED, owner=firm.owner.id)
    assert [row.import_line for row in rows] == [2, 4]
    assert {row.import_sha256 for row in rows} == {read_table(file, "x.csv").sha256}
    assert {row.source_system for row in rows} == {"ledger"}


async def test_what_a_certificate_says_of_the_last_test_is_not_turned_back(
    hub: HubClient, firm: Firm
) -> None:
    lab = await hub.given(a_laboratory())
    certified = an_instrument(
        firm.owner,
        asset_no="G-1",
        last_date=date(2024, 5, 1),
        due_date=date(2025, 4, 30),
        certificate_no="SZJL-1",
    )
    await hub.all_given(certified, a_certificate(lab.organization, certified))

    taken(await import_ledger(hub, firm.user, a_ledger(line(1))))

    (row,) = await hub.stored(STORED, owner=firm.owner.id)
    assert (row.name, row.last_date, row.due_date, row.certificate_no) == (
        "卡尺",
        date(2024, 5, 1),
        date(2025, 4, 30),
        "SZJL-1",
    )


async def test_a_line_that_was_retired_begins_anew(hub: HubClient, firm: Firm) -> None:
    old = await hub.given(an_instrument(firm.owner, asset_no="G-1"))
    done(await retire(hub, firm.user, old))

    report = taken(await import_ledger(hub, firm.user, a_ledger(line(1))))

    assert report["stored"]["created"] == 1


async def test_two_imports_of_one_file_at_once_store_it_once(hub: HubClient, firm: Firm) -> None:
    file = a_ledger(*map(line, range(300)))

    answers = await asyncio.gather(*(import_ledger(hub, firm.user, file) for _ in range(4)))

    stored = [taken(answer)["stored"] for answer in answers]
    assert sorted(one["created"] for one in stored) == [0, 0, 0, 300]
    assert (await written(hub, firm.owner))[:3] == (300, 300, 300)


async def test_a_request_that_comes_again_is_a_replay(hub: HubClient, firm: Firm) -> None:
    once: dict[str, Any] = {"idempotencyKey": "the-same-import-again"}
    file = a_ledger(line(1))

    first = taken(await import_ledger(hub, firm.user, file, **once))
    again = taken(await import_ledger(hub, firm.user, file, **once))
    other = await import_ledger(hub, firm.user, a_ledger(line(2)), **once)

    assert first["replayed"] is False
    assert again == {**first, "replayed": True}
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]


async def test_the_ledger_of_another_organisation_is_forbidden(hub: HubClient, firm: Firm) -> None:
    other = await a_firm(hub)
    before = await written(hub, other.owner)

    foreign = await import_ledger(hub, firm.user, a_ledger(line(1)), owner=other.owner.uscc)
    unknown = await import_ledger(hub, firm.user, a_ledger(line(1)), owner="91320500MAY4LR3A1Y")
    own = await import_ledger(
        hub, firm.user, a_ledger(line(1)), owner=f" {str(firm.owner.uscc).lower()} "
    )

    assert foreign.codes == ["FORBIDDEN"]
    assert (await written(hub, other.owner))[:4] == before[:4]
    assert unknown.codes == ["NOT_FOUND"]
    assert taken(own)["stored"]["created"] == 1


@pytest.mark.parametrize(
    ("role", "code"),
    [(None, "UNAUTHENTICATED"), (Role.LAB_STAFF, "FORBIDDEN"), (Role.REGULATOR, "FORBIDDEN")],
)
async def test_who_keeps_no_ledger_imports_none(
    hub: HubClient, firm: Firm, role: Role | None, code: str
) -> None:
    who = None if role is None else await hub.given(a_user(firm.owner, role))

    answer = await import_ledger(hub, who, a_ledger(line(1)))

    assert answer.codes == [code]
    assert (await written(hub, firm.owner))[0] == 0


async def test_an_upload_without_a_header_that_forms_cannot_set_is_forbidden(
    hub: HubClient, firm: Firm
) -> None:
    answer = await import_ledger(hub, firm.user, a_ledger(line(1)), headers={})

    assert answer.response.status_code == 403
    assert answer.codes == ["FORBIDDEN"]
    assert "X-Hub-Preflight" in answer.errors[0]["message"]
    assert (await written(hub, firm.owner))[0] == 0


@pytest.mark.parametrize(
    ("file", "filename"),
    [
        (b"", "empty.csv"),
        (b"   \n", "blank.csv"),
        (b"PK\x03\x04 no zip", "broken.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.xls"),
        (b"name,value\n1,2\n", "no ledger.csv"),
        (b"text", "named.xlsx"),
        (b"\xff\xfe\x00\xd8\x00", "half.csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_is_no_ledger_is_a_problem_in_words(
    hub: HubClient, firm: Firm, file: bytes, filename: str
) -> None:
    answer = await import_ledger(hub, firm.user, file, filename)

    assert answer.errors == []
    told = answer.data["importLedger"]
    (problem,) = told["problems"]
    assert problem["code"] == "BAD_INPUT"
    assert problem["message"]
    assert (told["counts"], told["stored"]) == (None, None)


@pytest.mark.parametrize(
    "hostile",
    [
        workbooks.far_cell,
        workbooks.tall_and_wide,
        workbooks.zip_bomb,
        workbooks.lying_zip,
        workbooks.entity_bomb,
        workbooks.many_parts,
    ],
)
async def test_the_hub_goes_on_answering_while_it_refuses_a_hostile_workbook(
    hub: HubClient, firm: Firm, hostile: Callable[[], bytes]
) -> None:
    upload = asyncio.create_task(import_ledger(hub, firm.user, hostile(), "台账.xlsx"))
    answers = 0
    while not upload.done():
        assert (await hub.ask("{ me { login } }", as_=firm.user)).errors == []
        answers += 1

    answer = await upload
    (problem,) = answer.data["importLedger"]["problems"]
    assert problem["code"] == "BAD_INPUT"
    assert answers > 0
    assert (await written(hub, firm.owner))[0] == 0


async def test_the_error_workbook_can_be_mended_and_handed_in_again(
    hub: HubClient, firm: Firm
) -> None:
    document = IMPORT.replace("replayed", "replayed errorWorkbook")
    file = a_ledger(line(1), line(2, name=""), line(3))

    report = taken(await import_ledger(hub, firm.user, file, document=document))
    marked = base64.b64decode(report["errorWorkbook"])
    again = taken(await import_ledger(hub, firm.user, marked, "marked.xlsx"))

    assert again["wrong"] == report["wrong"]
    assert again["counts"] == report["counts"]
