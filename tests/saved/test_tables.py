"""Tables over HTTP: what they hold, in which form, with which variables; what is refused."""

import asyncio
import gzip
import io
from typing import Any

import httpx
import openpyxl
import pytest

from hub.statements import Statements
from hub.vocabulary import Role
from hub.web import table_pages, tables
from tests.doors import HubClient, id_of
from tests.exports.verbs import Requester, a_requester, read_csv
from tests.given import a_certificate, a_laboratory, an_instrument
from tests.patience import patiently
from tests.saved.verbs import LEDGER, a_key, changed, saved, table

LINES = 230
"""More than two pages of an administrator."""
OWNED = """
query($first: Int!, $after: String) {
  instruments(first: $first, after: $after, order: [ID_ASC]) {
    nodes { assetNo name remark compulsory dueDate owner { name } photoUrls
            measuringRanges { lower upper unit } certificates(first: 1) { nodes { number } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
COLUMNS = [
    *("assetNo", "name", "remark", "compulsory", "dueDate", "owner.name", "photoUrls"),
    *("measuringRanges", "certificates.nodes"),
]


async def filled(hub: HubClient, firm: Requester, lines: int = LINES) -> None:
    await hub.all_given(*(an_instrument(firm.owner) for _ in range(lines)))


async def shown(hub: HubClient, firm: Requester, document: str = OWNED) -> list[Any]:
    """All rows as GraphQL shows them, page by page."""
    found: list[Any] = []
    after = None
    while True:
        answer = await hub.ask(document, as_=firm.user, first=100, after=after)
        assert answer.errors == []
        page = answer.data["instruments"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def sheet(response: httpx.Response) -> list[list[Any]]:
    opened = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert opened is not None
    return [list(row) for row in opened.iter_rows(values_only=True)]


async def test_all_pages_of_a_query_are_one_table_in_each_form(
    hub: HubClient, firm: Requester
) -> None:
    await filled(hub, firm)
    ranges = [{"lower": "0", "upper": "25.00", "unit": "mm"}]
    odd = {"name": "=1+1", "remark": "换\n行", "photo_urls": ["a", "b"], "measuring_ranges": ranges}
    await hub.given(an_instrument(firm.owner, **odd))
    await saved(hub, firm.user, document=OWNED, variables={"first": 5})

    array = await table(hub, firm.user, "ledger.json")
    lines = await table(hub, firm.user, "ledger.csv")
    book = await table(hub, firm.user, "ledger.xlsx")

    rows = await shown(hub, firm)
    assert array.json() == rows
    assert len(rows) == LINES + 1
    assert lines.content.startswith(b"\xef\xbb\xbfassetNo,name,")
    assert lines.content.count(b"\r\n") == LINES + 2
    heading, *cells = read_csv(lines.content)
    assert heading == COLUMNS == sheet(book)[0]
    assert cells[0][0] == rows[0]["assetNo"]
    assert cells[-1][1:3] == ["'=1+1", "换\n行"]
    assert cells[-1][5:8] == [
        firm.owner.name,
        "a；b",
        '[{"lower":"0","upper":"25.00","unit":"mm"}]',
    ]
    assert [row[0] for row in sheet(book)[1:]] == [one["assetNo"] for one in rows]
    assert sheet(book)[-1][1] == "=1+1"


async def test_a_table_without_rows_has_its_heading(hub: HubClient, firm: Requester) -> None:
    await saved(hub, firm.user, document=OWNED, variables={"first": 5})

    array, lines, book = [
        await table(hub, firm.user, f"ledger.{form}") for form in ("json", "csv", "xlsx")
    ]

    assert array.content == b"[]"
    assert read_csv(lines.content) == [COLUMNS] == sheet(book)


async def test_objects_of_several_types_are_one_table_whose_other_cells_are_empty(
    hub: HubClient, firm: Requester
) -> None:
    line = await hub.given(an_instrument(firm.owner))
    document = """
    query($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename ... on Instrument { assetNo } ... on Organization { name kinds }
      }
    }
    """
    nobody = id_of(an_instrument(firm.owner))
    ids = [id_of(line), id_of(firm.owner), nobody]
    await saved(hub, firm.user, document=document, variables={"ids": ids})

    lines = await table(hub, firm.user)
    array = await table(hub, firm.user, "ledger.json")

    heading, *rows = read_csv(lines.content)
    assert sorted(heading) == ["__typename", "assetNo", "kinds", "name"]
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [one["assetNo"] for one in told] == [line.asset_no, "", ""]
    assert [one["name"] for one in told] == ["", firm.owner.name, ""]
    assert array.json()[2] is None


async def test_variables_come_from_the_address_or_as_they_were_saved(
    hub: HubClient, firm: Requester
) -> None:
    await hub.all_given(
        an_instrument(firm.owner, name="卡尺"), an_instrument(firm.owner, name="千分尺 & 表")
    )
    given = {"name": "卡尺", "status": ["IN_USE"]}
    await saved(hub, firm.user, document=LEDGER, variables=given)

    async def names(**parameters: str) -> list[str]:
        response = await table(hub, firm.user, "ledger.json", **parameters)
        assert response.status_code == 200
        return [one["name"] for one in response.json()]

    assert await names() == ["卡尺"]
    assert await names(name="千分尺 & 表") == ["千分尺 & 表"]
    assert await names(status="STOPPED") == []
    assert await names(status='["STOPPED", "IN_USE"]') == ["卡尺"]


@pytest.mark.parametrize(
    ("parameters", "code", "path"),
    [
        ("colour=red", "BAD_REQUEST", ["colour"]),
        ("size=5", "BAD_REQUEST", ["size"]),
        ("_first=5", "BAD_REQUEST", ["_first"]),
        ("_after=x", "BAD_REQUEST", ["_after"]),
        ("status=BLUE", "BAD_INPUT", ["status"]),
        ("status=[BLUE", "BAD_REQUEST", ["status"]),
        ("name=a&name=b", "BAD_REQUEST", None),
        ("name=%ff", "BAD_REQUEST", None),
    ],
)
async def test_parameters_that_are_no_variables_are_refused(
    hub: HubClient, firm: Requester, parameters: str, code: str, path: list[str] | None
) -> None:
    await saved(hub, firm.user, document=LEDGER)

    response = await table(hub, firm.user, f"ledger.csv?{parameters}")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json().get("inputPath") == path


async def test_fragments_stay_where_rows_use_them_and_go_with_the_page_info(
    hub: HubClient, firm: Requester
) -> None:
    await filled(hub, firm, 120)
    document = """
    query Ledger($size: Int = 5, $after: String, $more: Boolean = true) {
      lines: instruments(first: $size, after: $after, order: [ID_ASC]) {
        rows: nodes { ...Line owner { ...Named } }
        pageInfo { ...Page @include(if: $more) }
      }
    }
    fragment Line on Instrument { no: assetNo owner { ...Named } }
    fragment Named on Organization { called: name }
    fragment Page on PageInfo { hasNextPage }
    """
    await saved(hub, firm.user, document=document)

    heading, *rows = read_csv((await table(hub, firm.user)).content)

    assert heading == ["no", "owner.called"]
    assert len(rows) == 120
    assert {row[1] for row in rows} == {firm.owner.name}


async def test_numbers_and_flags_are_written_as_json(hub: HubClient, firm: Requester) -> None:
    document = """
    query($days: Int!, $short: Boolean = true) {
      dueInstruments(withinDays: $days) { nodes { assetNo name @skip(if: $short) } }
    }
    """
    await saved(hub, firm.user, "due", document, variables={"days": 30})

    short = await table(hub, firm.user, "due.csv", days="7")
    long = await table(hub, firm.user, "due.csv", short="false")
    wrong = await table(hub, firm.user, "due.csv", days="07")

    assert read_csv(short.content) == [["assetNo"]]
    assert read_csv(long.content) == [["assetNo", "name"]]
    assert (wrong.status_code, wrong.json()["inputPath"]) == (400, ["days"])


async def test_an_answer_names_its_file_and_is_kept_by_nobody(
    hub: HubClient, firm: Requester
) -> None:
    await saved(hub, firm.user, "台账-A")

    response = await table(hub, firm.user, "台账-A.csv", headers={"origin": "https://evil.example"})

    told = response.headers
    assert told["content-disposition"] == (
        "attachment; filename=\"table.csv\"; filename*=UTF-8''%E5%8F%B0%E8%B4%A6-A.csv"
    )
    assert told["cache-control"] == "private, no-store"
    assert told["cross-origin-resource-policy"] == "same-origin"
    assert told["content-type"] == "text/csv; charset=utf-8"
    assert not [name for name in told if name.startswith("access-control-")]


async def test_a_year_in_chinese_digits_is_a_name(hub: HubClient, firm: Requester) -> None:
    await saved(hub, firm.user, "二〇二六年台账")

    assert (await table(hub, firm.user, "二〇二六年台账.csv")).status_code == 200


async def test_who_takes_gzip_gets_it(hub: HubClient, firm: Requester) -> None:
    await filled(hub, firm)
    await saved(hub, firm.user)

    plain = await table(hub, firm.user, headers={"accept-encoding": "identity"})
    async with hub.http.stream(
        "GET",
        "/export/ledger.csv",
        headers={"authorization": f"Bearer {await hub.token(firm.user)}"},
    ) as zipped:
        raw = b"".join([one async for one in zipped.aiter_raw()])

    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
async def test_head_tells_what_get_would(hub: HubClient, firm: Requester, form: str) -> None:
    await saved(hub, firm.user)
    bearing = {"authorization": f"Bearer {await hub.token(firm.user)}"}

    there = await hub.http.head(f"/export/ledger.{form}", headers=bearing)
    missing = await hub.http.head(f"/export/none.{form}", headers=bearing)

    assert (there.status_code, there.content) == (200, b"")
    assert there.headers["content-type"].startswith(tables.MEDIA[form])
    assert missing.status_code == 404


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
async def test_head_reads_one_page(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    await filled(hub, firm)
    await saved(hub, firm.user)
    bearing = {"authorization": f"Bearer {await hub.token(firm.user)}"}
    read, page = [], table_pages._page

    async def noted(*given: Any) -> Any:
        read.append(given)
        return await page(*given)

    monkeypatch.setattr(table_pages, "_page", noted)

    there = await hub.http.head(f"/export/ledger.{form}", headers=bearing)

    assert (there.status_code, len(read)) == (200, 1)
    assert "content-length" not in there.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_only_get_and_head_are_served(hub: HubClient, firm: Requester, method: str) -> None:
    response = await hub.http.request(method, "/export/ledger.csv")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "file",
    [
        *("other.csv", "ledger", "ledger.pdf", "ledger.CSV", "ledger.csv.csv", ".csv", ""),
        *("a/ledger.csv", "a%2Fledger.csv", "..%2Fledger.csv", "%2E%2E.csv", "ledger%00.csv"),
        *("ledger.csv/", "%ff.csv"),
    ],
)
async def test_other_names_lead_nowhere(hub: HubClient, firm: Requester, file: str) -> None:
    await saved(hub, firm.user)

    response = await table(hub, firm.user, file)

    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


async def test_a_name_is_looked_up_in_the_organisation_of_the_caller(
    hub: HubClient, firm: Requester
) -> None:
    rival, lab = await a_requester(hub), await a_requester(hub, Role.LAB_APPROVER)
    for one in (firm, rival, lab):
        await hub.given(an_instrument(one.owner, asset_no=str(one.owner.id)))
    await saved(hub, firm.user)
    await saved(hub, rival.user)
    await saved(hub, firm.user, "mine")

    own, theirs = await table(hub, firm.user), await table(hub, rival.user)
    foreign = [await table(hub, one.user, "mine.csv") for one in (rival, lab)]

    assert read_csv(own.content)[1:] == [[str(firm.owner.id)]]
    assert read_csv(theirs.content)[1:] == [[str(rival.owner.id)]]
    assert [one.status_code for one in foreign] == [404, 404]


async def test_a_document_that_fits_no_more_is_refused_when_it_is_run(
    hub: HubClient, firm: Requester
) -> None:
    query = await saved(hub, firm.user)
    sql = "UPDATE saved_query SET document = :document WHERE name = 'ledger' AND owner_id = :owner"

    async def with_document(document: str) -> httpx.Response:
        await changed(hub, sql, document=document, owner=firm.owner.id)
        return await table(hub, firm.user)

    unknown = await with_document("{ instruments { nodes { colour } } }")
    changing = await with_document('mutation { revokeExportKey(input: {id: "x"}) { replayed } }')
    alone = await with_document("{ cost { requested } }")

    assert query["name"] == "ledger"
    assert (unknown.status_code, unknown.json()["code"]) == (400, "VALIDATION_FAILED")
    assert changing.status_code == alone.status_code == 400
    assert alone.json()["code"] == "BAD_INPUT"


async def test_rows_that_are_dear_are_read_in_smaller_pages(
    hub: HubClient, firm: Requester
) -> None:
    await filled(hub, firm, 120)
    document = "{ instruments { nodes { assetNo certificates(first: 80) { nodes { id } } } } }"
    await saved(hub, firm.user, document=document)

    response = await table(hub, firm.user)

    assert len(read_csv(response.content)) == 121


async def test_what_a_page_is_refused_for_is_told_before_the_first_byte(
    hub: HubClient, firm: Requester
) -> None:
    lab = a_laboratory()
    line = an_instrument(lab.organization)
    await hub.all_given(lab, line, a_certificate(lab.organization, line))
    document = "{ certificates { nodes { number dcc } } }"
    await saved(hub, lab.user, "papers", document)

    response = await table(hub, lab.user, "papers.csv", headers={"accept-language": "en"})

    assert (response.status_code, response.json()["code"]) == (422, "REFUSED")
    assert response.headers["cache-control"] == "private, no-store"


async def test_more_rows_than_a_table_has_are_refused_and_referred_to_exports(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(hub, firm, 150)
    await saved(hub, firm.user)
    monkeypatch.setattr(table_pages, "MOST_ROWS", 149)

    refused = await table(hub, firm.user, "ledger.xlsx")
    monkeypatch.setattr(table_pages, "MOST_ROWS", 150)
    whole = await table(hub, firm.user, "ledger.xlsx")

    assert (refused.status_code, refused.json()["code"]) == (422, "REFUSED")
    assert "exportData" in refused.json()["hint"]
    assert len(sheet(whole)) == 151


async def test_a_table_that_takes_too_long_is_refused(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(hub, firm, 150)
    await saved(hub, firm.user)
    monkeypatch.setattr(table_pages, "MOST_SECONDS", 0.0)

    response = await table(hub, firm.user, "ledger.csv")

    assert (response.status_code, response.json()["code"]) == (422, "REFUSED")


async def test_an_account_reads_so_many_tables_at_a_time(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved(hub, firm.user)
    monkeypatch.setattr(tables, "MOST_AT_ONCE", 0)

    response = await table(hub, firm.user)

    assert (response.status_code, response.json()["code"]) == (503, "BUSY")
    assert response.headers["retry-after"] == "5"


async def test_the_tables_of_an_account_are_read_two_pages_at_a_time_and_hinder_no_other(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = await a_requester(hub)
    await saved(hub, firm.user)
    await saved(hub, rival.user)
    pages, two, going_on = [], asyncio.Event(), asyncio.Event()
    page = table_pages._page

    async def waiting(operations: Any, read: table_pages.Table, *given: Any) -> Any:
        if read.actor.user_id == firm.user.id:
            pages.append(read)
            if len(pages) == 2:
                two.set()
            await going_on.wait()
        return await page(operations, read, *given)

    monkeypatch.setattr(table_pages, "_page", waiting)

    async with asyncio.TaskGroup() as group:
        own = [group.create_task(table(hub, firm.user)) for _ in range(5)]
        async with patiently("two pages"):
            await two.wait()
        theirs = await table(hub, rival.user)
        begun = len(pages)
        going_on.set()

    assert (theirs.status_code, begun) == (200, 2)
    assert [one.result().status_code for one in own] == [200] * 5


async def test_a_page_that_takes_too_long_is_refused_without_a_word_of_its_size(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved(hub, firm.user)

    async def slow(*_: Any) -> bytes:
        raise TimeoutError

    monkeypatch.setattr(Statements, "value", slow)

    response = await table(hub, firm.user)

    assert (response.status_code, response.json()["code"]) == (504, "TIMEOUT")
    assert "每页" not in response.json()["hint"]


async def test_each_table_that_is_read_is_audited_under_its_account(
    hub: HubClient, firm: Requester
) -> None:
    query = await saved(hub, firm.user)
    opened = await a_key(hub, firm.user, query)

    await table(hub, firm.user)
    await table(hub, None, "ledger.csv", key=opened)
    await hub.http.head("/export/ledger.csv", params={"key": opened})

    rows = await hub.stored(
        "SELECT login, object_type FROM audit_event WHERE action = 'readSavedQuery'"
        " AND subject_id = :id",
        id=firm.user.id,
    )
    assert [tuple(row) for row in rows] == [(firm.user.login_name, "SavedQuery")] * 2
