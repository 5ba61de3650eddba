"""Text ledgers of every encoding and delimiter, and files that are none."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.importers.ledger.judge import judge
from hub.importers.ledger.report import report
from hub.importers.ledger.sheets import MAX_BYTES, read_table, read_upload
from tests.importers.ledgers import AS_OF, HEADER, row

TITLES = ",".join(HEADER)
LINE = "A-1,卡尺,S1,样例量具一厂,(0~150)mm,B,校准,12,2024-03-05,,在用,否,"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
FORMS = [
    (encoding, delimiter)
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16")
    for delimiter in ",;\t"
]


def text_of(records: list[list[str]], delimiter: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(records)
    return file.getvalue()


@settings(deadline=None)
@given(st.lists(st.lists(TEXT, max_size=14), max_size=6))
def test_every_encoding_and_delimiter_gives_the_same_ledger(below: list[list[str]]) -> None:
    good = ["" if cell is None else str(cell) for cell in row()]
    records = [["计量器具台账"], HEADER, good, *below]

    reports = []
    for encoding, delimiter in FORMS:
        table = read_table(text_of(records, delimiter).encode(encoding), "台账.csv")
        reports.append(report(judge(table, as_of=AS_OF), table))

    kept = ("counts", "wrong", "imported", "findings", "header_line", "header_map")
    assert all(each[key] == reports[0][key] for each in reports for key in kept)


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig (csv)"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16-le (csv)"),
    ],
)
def test_the_report_says_which_encoding_was_used(encoding: str, label: str) -> None:
    assert read_table(f"{TITLES}\n{LINE}\n".encode(encoding), "台账.csv").encoding == label


def test_every_record_counts_a_quoted_cell_with_line_breaks_once() -> None:
    data = f'标题\r\n\r\n{TITLES}\r\n{LINE}"第一行\r\n第二行"\r\n\r\n{LINE}\r\n'.encode()

    result = judge(read_table(data, "台账.csv"), as_of=AS_OF)

    assert [line.outcome for line in result.lines] == [
        *("heading", "heading", "heading", "import", "blank", "reject")
    ]
    assert result.lines[3].draft is not None
    assert result.lines[3].draft.remark == "第一行 第二行"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(end: str) -> None:
    assert len(read_table(end.join([TITLES, LINE, LINE]).encode(), "台账.csv").records) == 3


def test_columns_beyond_the_header_and_missing_ones_do_no_harm() -> None:
    data = f"{TITLES}\n{LINE}备注,多,余,列\nA-2,卡尺\n".encode()

    result = judge(read_table(data, "台账.csv"), as_of=AS_OF)

    assert [line.outcome for line in result.lines] == ["heading", "import", "import"]
    assert result.lines[2].codes == ["INTERVAL_MISSING", "LAST_DATE_MISSING", "STATUS_MISSING"]


def test_a_semicolon_inside_a_title_line_does_not_decide_the_delimiter() -> None:
    data = f"台账;2024;品质部;;;;;;;;;;;;;;;;;\n{TITLES}\n{LINE}\n".encode()

    assert len(read_table(data, "台账.csv").records[1]) == len(HEADER)


def test_a_text_that_begins_like_a_zip_file_is_a_text() -> None:
    assert read_table(f"PK 台账\n{TITLES}\n".encode(), "台账.csv").sheet is None


def test_a_stray_nul_byte_is_dropped() -> None:
    data = f"{TITLES}\n{LINE}空\0字节\n".encode()

    draft = judge(read_table(data, "台账.csv"), as_of=AS_OF).lines[1].draft

    assert draft is not None
    assert draft.remark == "空字节"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空"),
        (b" \r\n\r\n", "空"),
        (b"\xef\xbb\xbf" + TITLES.encode("gb18030"), "UTF-8"),
        (b"\xff\xfe" + TITLES.encode("utf-16-le") + b"x", "UTF-16-LE"),
        (b"\xfe\xff" + TITLES.encode("utf-16-be"), "GB18030"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "GB18030"),
        ("assetno,name".encode("utf-16-le"), "空字节"),
        ("assetno,name".encode("utf-32"), "空字节"),
        (b"<html><table><tr><td>1</td></tr></table>", "网页"),
        (b'<?xml version="1.0"?><Workbook/>', "网页"),
        (f'{TITLES}\n"A-1,卡尺\n{LINE}\n'.encode(), "第 2 行的引号"),
        (f"{TITLES}\n{LINE}".encode() + b"x" * 200_000, "第 2 行有超过 131072 字"),
        (b"x," * (10 << 20), "第 1 行超过 1000 列"),
        (b"x" * (20 << 20), "第 1 行有超过"),
        (TITLES.encode() + b"\n" * 300_000, "超过 200000 行"),
        (TITLES.encode() + b'\n"' + b'\n",,,,"' * 5_000, "第 2 行超过 1000 列"),
        ((b"," * 900 + b"\n") * 7_000, "6000000 个单元格"),
        (b"x" * (MAX_BYTES + 1), "32 MB"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_table(data, "台账.csv")

    assert words in refusal.value.words.zh


async def test_an_upload_of_text_gives_the_same_table() -> None:
    data = f"{TITLES}\n{LINE}\n".encode("gb18030")

    assert await read_upload(data, "台账.csv") == read_table(data, "台账.csv")


def test_the_table_remembers_the_hash_of_its_file() -> None:
    assert read_table(b"abc", "台账.csv").sha256.startswith("ba7816bf8f01cfea")
