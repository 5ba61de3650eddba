"""The reference files are read to the last row, and a faulty one is told to the cell."""

import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from hub.errors import BadInput
from hub.importers.reference.read import Reference, read_reference
from hub.vocabulary import CmcForm, FeeNature

FOLDER = Path(__file__).parents[2] / "examples" / "data" / "reference"


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference(FOLDER)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "reference"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), "utf-8")


def refusal(folder: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_reference(folder)
    return caught.value


def test_every_row_of_every_file_is_read(reference: Reference) -> None:
    assert len(reference.documents) == 168
    assert Counter(item.edition for item in reference.catalogue) == {"1987": 55, "2020": 30}
    assert len(reference.fee_documents) == 5 + 2 + 2
    assert Counter(item.source_key.partition("#")[0] for item in reference.fee_items) == {
        "fee-items-public-historical.csv": 41,
        "sample-fee-lookup.json": 4,
    }
    assert len(reference.capabilities) == 16
    assert len(reference.degrees) == 604


def test_what_was_read_what_is_remembered_and_what_is_made_up_are_told_apart(
    reference: Reference,
) -> None:
    systems = Counter(document.source_system for document in reference.documents)

    assert systems == {"recalled": 125, "repository": 33, "stored-page": 10}
    assert {each.source_system for each in reference.capabilities} == {"constructed"}
    assert {each.source_system for each in reference.degrees} == {"repository"}
    assert Counter(each.source_system for each in reference.fee_items) == {
        "stored-page": 41,
        "constructed": 4,
    }


def test_what_a_document_replaces_is_a_list_of_numbers(reference: Reference) -> None:
    by_number = {document.number: document for document in reference.documents}

    assert by_number["JJG 961-2017"].replaces == ("JJG 961-2001", "JJG 1026-2007")


def test_a_replaced_document_without_a_year_or_of_no_known_series_is_told_in_the_note(
    reference: Reference,
) -> None:
    by_number = {document.number: document for document in reference.documents}

    monitor = by_number["JJG 1163-2019"]

    assert monitor.replaces == ("JJG 760-2003",)
    assert monitor.note is not None
    assert monitor.note.endswith("also replaces JJG 692; YY 0601-2009")


def test_a_fee_notice_whose_number_could_not_be_seen_has_none(reference: Reference) -> None:
    notice = next(each for each in reference.fee_documents if "2016年版" in each.title)

    assert notice.number == ""
    assert notice.note is not None
    assert notice.note.startswith("document number: not visible")


def test_a_made_up_line_may_stand_in_a_real_notice_and_says_so(reference: Reference) -> None:
    free = [line for line in reference.fee_items if line.nature is FeeNature.COMPULSORY_FREE]

    assert [(line.document, line.note, line.price) for line in free] == [
        ("财税〔2017〕20号", "rule real, line constructed", Decimal("0.00"))
    ]


def test_a_cmc_is_kept_as_its_form_needs(reference: Reference) -> None:
    cmc = {each.code: (each.cmc_form, each.cmc) for each in reference.capabilities}

    assert cmc["LEN-001"] == (CmcForm.CONSTANT, {"value": "1.2", "unit": "μm", "k": "2"})
    assert cmc["MEC-001"] == (CmcForm.CONSTANT, {"value": "0.4", "unit": "% FS", "k": "2"})
    assert cmc["LEN-002"] == (
        CmcForm.LINEAR,
        {"a": "0.20", "b": "2.0", "variable": "L in m", "unit": "μm", "k": "2"},
    )
    assert cmc["MEC-002"][0] is CmcForm.TABLE


def test_degrees_keep_their_zeros_and_their_place_in_the_published_list(
    reference: Reference,
) -> None:
    first = reference.degrees[0]

    assert (first.comparison_code, first.position) == ("BIPM.RI(II)-K1.Ag-110m", 1)
    assert str(first.en) == "3.33"
    assert str(reference.degrees[1].en) == "-0.20"


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column"),
    [
        ("regulations.csv", "2008-03-25,2008-09-25", "2008-13-25,2008-09-25", 45, "issued"),
        ("regulations.csv", "2008-03-25,2008-09-25", "2009-03-25,2008-09-25", 45, "effective"),
        ("regulations.csv", "JJG 2-1999,", "JJG 2-1998,", 3, "number"),
        ("regulations.csv", "JJG 2-1999,JJG,2,", "JJG 1-1999,JJG,1,", 3, "number"),
        ("regulations.csv", "JJG,4,2015,钢卷尺,", "JJG,4,2015,,", 4, "title_zh"),
        ("regulations.csv", "replaces,evidence", "replaced,evidence", 1, "replaces"),
        ("catalogue-compulsory-1987-superseded.csv", "2,面积计,", "二,面积计,", 3, "item_no"),
        ("catalogue-compulsory-2020-partial.csv", "P,NONE,", "Q,NONE,", 5, "supervision"),
        ("catalogue-compulsory-2020-partial.csv", "SAFETY,stored", "FUN,stored", 7, "purpose"),
        ("fee-documents.csv", "江苏省,2011,2016", "江苏省,2011,then", 4, "repealed_year"),
        ("fee-items-public-historical.csv", "块,27,CNY", "块,27.005,CNY", 5, "price"),
        ("fee-items-public-historical.csv", "块,27,CNY", "块,-27,CNY", 5, "price"),
        ("sample-capabilities.csv", "μm; L in m", "μm", 3, "cmc_form"),
        ("sample-capabilities.csv", "LEN-003,长度,LENGTH", "LEN-003,长度,LONG", 4, "field"),
        ("kc/bipm-ri2-degrees-of-equivalence.csv", ",0.4,", ",0.4e,", 2, "degree_of_equiv"),
    ],
)
def test_a_faulty_cell_is_named_by_file_line_and_column(
    copy: Path, file: str, old: str, new: str, line: int, column: str
) -> None:
    path = copy / file
    text = path.read_text("utf-8")
    path.write_text(text.replace(old, new, 1), "utf-8")

    found = refusal(copy)

    assert found.path[:2] == (path.name, line)
    assert str(found.path[2]).startswith(column)
    assert path.name in found.words.zh
    assert f"line {line}" in found.words.en


def test_a_row_with_a_missing_or_a_surplus_cell_is_named(copy: Path) -> None:
    file = copy / "catalogue-compulsory-1987-superseded.csv"
    edit(file, "2,面积计,皮革面积计,stored-page", "2,面积计,皮革面积计")

    assert refusal(copy).path == (file.name, 3, "evidence")

    edit(file, "2,面积计,皮革面积计", "2,面积计,皮革面积计,stored-page,x")

    assert refusal(copy).path == (file.name, 3, "evidence")


def test_a_line_is_counted_past_cells_of_several_lines(copy: Path) -> None:
    file = copy / "regulations.csv"
    edit(file, "JJG 1-1999,JJG,1,1999,钢直尺", 'JJG 1-1999,JJG,1,1999,"钢\n直\n尺"')
    edit(file, "JJG 2-1999,JJG,2,1999,木直尺", "JJG 2-1999,JJG,2,1999,")

    assert refusal(copy).path == (file.name, 5, "title_zh")


def test_unpaired_quotes_and_foreign_bytes_are_named_by_their_line(copy: Path) -> None:
    file = copy / "sample-capabilities.csv"
    whole = file.read_bytes()
    file.write_bytes(whole.replace("量块(4等)".encode(), '"量块(4等)'.encode()))

    assert refusal(copy).path[:2] == (file.name, 3)

    file.write_bytes(whole.replace("量块".encode(), "量块".encode("gb18030")))

    assert refusal(copy).path[:2] == (file.name, 3)


def test_a_faulty_value_of_a_json_file_is_named_by_its_place(copy: Path) -> None:
    file = copy / "sample-fee-lookup.json"
    document = json.loads(file.read_text("utf-8"))
    document["items"][2]["price"] = "dear"
    file.write_text(json.dumps(document), "utf-8")

    assert refusal(copy).path == (file.name, "items[2]", "price")

    document["items"][2]["price"] = 35.0
    file.write_text(json.dumps(document), "utf-8")

    assert refusal(copy).path == (file.name, "items[2]", "price")

    file.write_text("{\n  oops", "utf-8")

    assert refusal(copy).path[:2] == (file.name, 2)


def test_a_missing_file_is_named_with_what_to_do(copy: Path) -> None:
    (copy / "regulations.csv").unlink()

    found = refusal(copy)

    assert "regulations.csv" in found.words.zh
    assert found.hint is not None
    assert "examples/data" in found.hint.en
