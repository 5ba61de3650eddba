"""What is in the files: the rows as GraphQL shows them, in each format."""

import gzip
import zlib
from decimal import Decimal

import pytest

from hub.exchange import ExportNoun
from hub.tables.instrument import Instrument
from hub.vocabulary import OrgKind, Role
from tests.doors import HubClient, id_of
from tests.exports.verbs import (
    Requester,
    a_requester,
    exported,
    file,
    read_csv,
    read_xlsx,
    rows,
    selected,
    shown,
    table,
)
from tests.given import a_certificate, a_person, a_user, an_instrument, an_organization

FORMULAS = ["=1+1", "+1 psi", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"]


def a_line(firm: Requester, **values: object) -> Instrument:
    return an_instrument(
        firm.owner,
        **{
            "name": '压力表 "A", 0.4 级\n（现场）',
            "resolution_value": Decimal("0.0500"),
            "resolution_unit": "MPa",
            "purchase_price": Decimal("1200.00"),
            "measuring_ranges": [{"lower": "-0.10", "upper": "2.50", "unit": "MPa"}],
            "photo_urls": ["https://a/1", "https://a/2"],
            **values,
        },
    )


@pytest.fixture
async def ledger(hub: HubClient, firm: Requester) -> list[Instrument]:
    """A few pages of a ledger."""
    lines = [a_line(firm) for _ in range(230)]
    await hub.all_given(*lines)
    return lines


async def test_json_lines_hold_every_row_once_as_graphql_shows_it(
    hub: HubClient, firm: Requester, ledger: list[Instrument]
) -> None:
    export = await exported(hub, firm.user)

    found = await rows(hub, export)

    assert found == await shown(hub, firm.user)
    assert [one["id"] for one in found] == [id_of(line) for line in ledger]
    assert export["rows"] == len(ledger)
    assert found[0]["resolution"] == {"value": "0.0500", "unit": "MPa"}


async def test_csv_opens_in_a_spreadsheet_and_holds_the_same_cells(
    hub: HubClient, firm: Requester, ledger: list[Instrument]
) -> None:
    export = await exported(hub, firm.user, format_="CSV")

    content = (await file(hub, export)).content
    heading, *lines = read_csv(content)

    expected = table(await shown(hub, firm.user), export["columns"])
    assert content.startswith(b"\xef\xbb\xbfid,")
    assert content.endswith(b"\r\n")
    assert heading == export["columns"] == selected(hub, firm.user, "INSTRUMENT").columns
    assert lines == [[_text(one) for one in row] for row in expected]


async def test_a_workbook_holds_the_same_cells_and_keeps_the_zeros_of_decimals(
    hub: HubClient, firm: Requester, ledger: list[Instrument]
) -> None:
    export = await exported(hub, firm.user, format_="XLSX")

    response = await file(hub, export)
    heading, *lines = read_xlsx(response.content)

    expected = table(await shown(hub, firm.user), export["columns"])
    assert heading == export["columns"]
    assert lines == [[None if one == "" else one for one in row] for row in expected]
    assert lines[0][heading.index("resolution.value")] == "0.0500"
    assert str(len(response.content)) == export["size"]


@pytest.mark.parametrize("format_", ["JSONL", "CSV", "XLSX"])
async def test_an_empty_ledger_is_a_file_without_rows(hub: HubClient, format_: str) -> None:
    firm = await a_requester(hub)

    export = await exported(hub, firm.user, format_=format_)
    content = (await file(hub, export)).content

    if format_ == "JSONL":
        assert content == b""
    else:
        read = read_csv if format_ == "CSV" else read_xlsx
        assert read(content) == [export["columns"]]
    assert export["rows"] == 0


async def test_what_looks_like_a_formula_is_quoted_in_csv_and_numbers_are_not(
    hub: HubClient, firm: Requester
) -> None:
    for text in [*FORMULAS, "-40.50"]:
        await hub.given(a_line(firm, name=text))

    export = await exported(hub, firm.user, format_="CSV")
    heading, *lines = read_csv((await file(hub, export)).content)

    names = [line[heading.index("name")] for line in lines]
    assert names == [*(f"'{text}" for text in FORMULAS), "-40.50"]


async def test_a_workbook_has_no_formula_whatever_the_text(hub: HubClient, firm: Requester) -> None:
    for text in FORMULAS[:4]:
        await hub.given(a_line(firm, name=text))

    export = await exported(hub, firm.user, format_="XLSX")
    heading, *lines = read_xlsx((await file(hub, export)).content)

    assert [line[heading.index("name")] for line in lines] == FORMULAS[:4]


@pytest.mark.parametrize("noun", [noun.value for noun in ExportNoun])
async def test_every_noun_can_be_exported_as_its_list_shows_it(hub: HubClient, noun: str) -> None:
    firm = await a_requester(hub, Role.SYSTEM)
    laboratory = await hub.given(an_organization(OrgKind.CALIBRATION_LAB))
    line = await hub.given(a_line(firm))
    await hub.given(a_certificate(laboratory, line))
    await hub.given(a_person(firm.owner))

    export = await exported(hub, firm.user, noun)

    assert await rows(hub, export) == await shown(hub, firm.user, noun)


async def test_names_of_other_employers_people_are_masked_as_in_graphql(hub: HubClient) -> None:
    firm, rival = await a_requester(hub), await a_requester(hub)
    own = await hub.given(a_person(firm.owner, name="张建国"))
    foreign = await hub.given(a_person(rival.owner, name="李秀兰"))

    found = await rows(hub, await exported(hub, firm.user, "PERSONNEL"))

    names = {one["id"]: one["name"] for one in found}
    assert names[id_of(own)] == "张建国"
    assert names[id_of(foreign)] == "李**"
    assert found == await shown(hub, firm.user, "PERSONNEL")


async def test_nothing_of_anothers_ledger_is_in_the_file(
    hub: HubClient, firm: Requester, ledger: list[Instrument]
) -> None:
    rival = await a_requester(hub)
    await hub.given(a_line(rival))

    found = await rows(hub, await exported(hub, rival.user))

    assert {one["owner"]["id"] for one in found} == {id_of(rival.owner)}


async def test_the_same_file_comes_whole_as_one_gzip_member_and_plain(
    hub: HubClient, firm: Requester, ledger: list[Instrument]
) -> None:
    export = await exported(hub, firm.user)

    async with hub.http.stream("GET", export["url"]) as response:
        raw = b"".join([part async for part in response.aiter_raw()])
    plain = await file(hub, export, **{"accept-encoding": "identity"})

    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert response.headers["content-encoding"] == "gzip"
    assert member.decompress(raw) == gzip.decompress(raw) == plain.content
    assert (member.eof, member.unused_data) == (True, b"")
    assert "content-encoding" not in plain.headers
    assert plain.headers["content-length"] == export["size"]


async def test_the_file_has_a_name_and_is_not_shown_in_a_browser(
    hub: HubClient, firm: Requester
) -> None:
    export = await exported(hub, firm.user, "FEE_ITEM", "CSV")

    headers = (await hub.http.head(export["url"])).headers

    assert headers["content-disposition"].startswith('attachment; filename="fee-item-')
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-length" not in headers
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_regulator_exports_the_ledgers_of_its_district(hub: HubClient) -> None:
    inside, outside = await a_requester(hub), await hub.given(an_organization(district="110101"))
    office = await hub.given(an_organization())
    regulator = await hub.given(a_user(office, Role.REGULATOR, district="3205"))
    line = await hub.given(a_line(inside))
    await hub.given(an_instrument(outside))

    found = await rows(hub, await exported(hub, regulator))

    owners = {one["owner"]["id"] for one in found}
    assert id_of(line) in {one["id"] for one in found}
    assert id_of(outside) not in owners


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
