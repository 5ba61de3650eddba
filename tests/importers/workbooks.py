"""Workbooks for the tests, good and hostile, written part by part with zipfile."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STRING = 't="s"'
HEADER = ["管理编号", "器具名称", "出厂编号", "检定周期(月)", "检定日期"]


def worksheet(rows: str, after: str = "") -> str:
    """A worksheet part around its row elements."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def row(number: int, values: Sequence[str]) -> str:
    """One row element of texts from column A on."""
    cells = (text(f"{chr(65 + at)}{number}", value) for at, value in enumerate(values))
    return f'<row r="{number}">{"".join(cells)}</row>'


def text(reference: str, value: str) -> str:
    """One cell element with a text of its own."""
    return cell(reference, f"<is><t>{escape(value)}</t></is>", 't="inlineStr"')


def cell(reference: str, inside: str, attributes: str = "") -> str:
    """One cell element."""
    return f'<c r="{reference}" {attributes}>{inside}</c>'


def book(
    sheets: Mapping[str, str],
    *,
    workbook: str = "<workbookPr/>",
    more: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """An .xlsx file of worksheet parts by the names of their sheets, and of `more` parts."""
    numbered = list(enumerate(sheets, 1))
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r0"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet"'
            f' Target="worksheets/sheet{at}.xml"/>'
            for at, _ in numbered
        )
        + "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{workbook}<sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{at}" r:id="r{at}"/>' for at, name in numbered
        )
        + "</sheets></workbook>",
        **{f"xl/worksheets/sheet{at}.xml": sheets[name] for at, name in numbered},
        **(more or {}),
    }
    return archive(parts)


def archive(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip file of `parts`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for path, part in parts.items():
            target.writestr(path, part)
    return file.getvalue()


def ledger(*rows: Sequence[str]) -> bytes:
    """A plain workbook of one sheet: the header above `rows`."""
    lines = [row(at, values) for at, values in enumerate([HEADER, *rows], 1)]
    return book({"台账": worksheet("".join(lines))})


def far_cell() -> bytes:
    """4.6 KB that make calamine ask for 549 GB (tafia/calamine#693)."""
    last = f'<row r="1048576">{cell("XFD1048576", "<v>1</v>")}</row>'
    return book({"台账": worksheet(row(1, HEADER) + last)})


def tall_and_wide() -> bytes:
    """Each cell within the limits of its own, but a rectangle of 200,000 rows by 1,000 columns."""
    last = f'<row r="200000">{cell("ALL200000", "<v>1</v>")}</row>'
    return book({"台账": worksheet(row(1, HEADER) + last)})


def endless_row() -> bytes:
    """20,000 cells in one row, none of which says where it stands."""
    return book({"台账": worksheet(f'<row r="1">{"<c><v>1</v></c>" * 20_000}</row>')})


def zip_bomb() -> bytes:
    """65 KB that unpack to 64 MB."""
    return book({"台账": worksheet(" " * (64 << 20))})


def lying_zip() -> bytes:
    """A part of 40 MB whose directory entry says 100 bytes."""
    data = bytearray(book({"台账": worksheet(" " * (40 << 20))}))
    name = b"xl/worksheets/sheet1.xml"
    for at in (data.find(name) - 30 + 22, data.rfind(name) - 46 + 24):
        data[at : at + 4] = struct.pack("<I", 100)
    return bytes(data)


def entity_bomb() -> bytes:
    """A billion laughs."""
    laughs = "".join(f'<!ENTITY l{at} "{10 * f"&l{at - 1};"}">' for at in range(1, 10))
    sheet = worksheet(row(1, HEADER) + f'<row r="2">{cell("A2", "<v>&l9;</v>")}</row>')
    return book({"台账": f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{laughs}]>{sheet}'})


def outside_entity() -> bytes:
    """A cell that asks for a file of the server."""
    doctype = '<!DOCTYPE worksheet [<!ENTITY file SYSTEM "file:///etc/hostname">]>'
    sheet = worksheet(row(1, HEADER) + f'<row r="2">{cell("A2", "<v>&file;</v>")}</row>')
    return book({"台账": doctype + sheet})


def repeated_text() -> bytes:
    """One text of 32,000 letters that 50,000 cells share: 1.6 GB once they are read."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 32_000}</t></si></sst>'
    rows = "".join(
        f'<row r="{at}">{cell(f"A{at}", "<v>0</v>", STRING)}</row>' for at in range(2, 50_000)
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    )
    more = {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": relations}
    return book({"台账": worksheet(row(1, HEADER) + rows)}, more=more)


def many_parts() -> bytes:
    """An archive of 5,000 parts."""
    return book(
        {"台账": worksheet(row(1, HEADER))}, more={f"xl/p{at}.xml": "<a/>" for at in range(5000)}
    )


def many_merges() -> bytes:
    """A small sheet with 200,000 merged ranges."""
    merges = '<mergeCell ref="A1:XFD1048576"/>' * 200_000
    return book({"台账": worksheet(row(1, HEADER), f"<mergeCells>{merges}</mergeCells>")})


def wide_merges() -> bytes:
    """Twelve merged ranges that each spread one value over 1,000 columns by 5,000 rows."""
    rows = row(1, ["x"]) + f'<row r="5000">{cell("ALL5000", "<v>1</v>")}</row>'
    merges = '<mergeCell ref="A1:ALL5000"/>' * 12
    return book({"台账": worksheet(rows, f"<mergeCells>{merges}</mergeCells>")})
