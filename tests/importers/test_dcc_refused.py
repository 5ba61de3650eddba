"""What is no valid DCC is refused with a precise message, and nothing hostile gets further."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import BadInput, HubError
from hub.importers.dcc.draft import DccDraft
from hub.importers.dcc.read import read_dcc
from hub.importers.dcc.validate import MOST_BYTES, MOST_MARKS, MOST_VALUES, VERSIONS
from tests.importers.dcc_files import NEWEST, SIGNED, TYPICAL, VALID, edited, example, printed

COMMENT = "</dcc:measurementResults>"
REFERENCES = "306.248 373.121 448.253 523.319 593.154"


def refusal(data: bytes) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_dcc(data)
    assert caught.value.words.zh
    assert len(caught.value.words.en) < 2_000
    return caught.value


def with_comment(content: str) -> bytes:
    """The newest example with foreign content, which its schema allows in `dcc:comment`."""
    return edited(NEWEST, (COMMENT, f"{COMMENT}<dcc:comment>{content}</dcc:comment>"))


def test_a_file_that_is_invalid_by_its_schema_is_refused_with_every_line_and_reason() -> None:
    words = refusal(example("dcclib_invalid_schema.xml")).words

    assert words.en.startswith("not valid by the XML schema of DCC 3.3.0: line 17: ")
    assert "Element 'dcc:uniqueIdentifier': [facet 'pattern'] The value '' is not" in words.en
    assert "line 35: Element 'dcc:manufacturer': This element is not expected." in words.en
    assert words.zh.startswith("不符合 DCC 3.3.0 的 XML 模式：第 17 行 ")
    assert "第 35 行 " in words.zh


def test_a_file_that_is_not_well_formed_is_refused_with_line_and_column() -> None:
    words = refusal(example("dcclib_invalid_syntax.xml")).words

    assert words.en.startswith("not well-formed XML, line 7, column 20: Opening and ending tag")
    assert words.zh.startswith("XML 格式不正确，第 7 行第 20 列：")


def test_what_is_missing_is_told_with_the_line_where_its_parent_ends() -> None:
    text = example(NEWEST).decode()
    results = text[text.index("<dcc:measurementResults>") : text.index("</dcc:digital")]

    words = refusal(edited(NEWEST, (results, ""))).words

    last = len(text.replace(results, "").splitlines())
    assert f"line {last}: Element 'dcc:digitalCalibrationCertificate': Missing child" in words.en


def test_of_many_faults_the_first_few_are_told() -> None:
    quantity = "<dcc:quantity><si:real><si:value>x</si:value></si:real></dcc:quantity>\n"
    marker = '<dcc:list refType="gp_table1">'

    words = refusal(edited(NEWEST, (marker, marker + quantity * 20_000))).words

    assert words.en.count("line ") == 5
    assert words.en.endswith("…")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_supported_version_is_read_by_its_own_schema(version: str) -> None:
    data = edited(TYPICAL, ('schemaVersion="3.1.1"', f'schemaVersion="{version}"'))

    draft = read_dcc(data)

    assert draft.schema_version == version
    assert printed(draft.results[0].points[0].error) == "0.072 K"


@pytest.mark.parametrize(
    ("element", "since"),
    [("receiptDate", "3.1.1"), ("issueDate", "3.2.0"), ("reportAmendedSubstituted", "3.2.1")],
)
def test_what_a_version_does_not_know_is_refused_in_it(element: str, since: str) -> None:
    inside = {
        "reportAmendedSubstituted": "<dcc:typeOfChange>amended</dcc:typeOfChange>"
        "<dcc:replacedUniqueIdentifier>1</dcc:replacedUniqueIdentifier>"
    }.get(element, "1957-08-13")
    told = f"<dcc:{element}>{inside}</dcc:{element}>"
    anchor = "<dcc:begin" if element == "receiptDate" else "</dcc:coreData>"
    for version in VERSIONS:
        data = edited(
            TYPICAL,
            ('schemaVersion="3.1.1"', f'schemaVersion="{version}"'),
            (anchor, told + anchor),
        )

        if version >= since:
            assert read_dcc(data).schema_version == version
        else:
            assert f"Element 'dcc:{element}'" in refusal(data).words.en


@pytest.mark.parametrize("version", ["2.4.0", "3.0.0", "3.3.0-rc.1", "3.4.0", "", "x" * 5_000])
def test_an_unsupported_version_is_refused_with_the_supported_ones_named(version: str) -> None:
    error = refusal(edited(NEWEST, ('schemaVersion="3.3.0"', f'schemaVersion="{version}"')))

    for words in error.words:
        assert "3.1.1, 3.1.2, 3.2.0, 3.2.1, 3.3.0" in words


def test_another_kind_of_xml_is_refused_by_its_root_element() -> None:
    words = refusal(b'<?xml version="1.0"?><Invoice xmlns="urn:x"/>').words

    assert "the root element is {urn:x}Invoice, not dcc:digitalCalibrationCertificate" in words.en


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"PK\x03\x04", b"%PDF-1.7", b"<", b"\xef\xbb\xbf", b"\xff\xfe"]
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    refusal(data)


def test_a_file_may_be_utf_16_with_a_byte_order_mark() -> None:
    text = example(NEWEST).decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')

    draft = read_dcc(text.encode("utf-16"))

    assert draft.laboratory.address["street"] == "Musterstraße"


def test_another_encoding_is_refused_whatever_the_file_declares() -> None:
    latin = example(NEWEST).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1", "replace")
    hidden = example(NEWEST).decode().replace("UTF-8", "UTF-7").replace("String", "+ADw-b+AD4-")

    assert "is not UTF-8" in refusal(latin).words.en
    assert read_dcc(hidden.encode()).items[0].model == "+ADw-b+AD4-"


LAUGHS = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>{}]>".format(
    "".join(f"<!ENTITY lol{i} '{f'&lol{i - 1 if i > 1 else str()};' * 10}'>" for i in range(1, 10))
)
QUADRATIC = f"<!DOCTYPE x [<!ENTITY a '{'a' * 50_000}'>]>"


@pytest.mark.parametrize(
    ("doctype", "value"),
    [
        (LAUGHS, "&lol9;"),
        (QUADRATIC, "&a;" * 50_000),
        ('<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>', "&xxe;"),
        ('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>', "1234"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "1234"),
        ("<!-- a --><?b c?>\n<!DOCTYPE x>", "1234"),
    ],
)
def test_a_doctype_is_refused_before_an_entity_is_anything(doctype: str, value: str) -> None:
    data = edited(NEWEST, ("<dcc:digital", doctype + "<dcc:digital"), (">1234<", f">{value}<"))

    error = refusal(data)

    assert "DOCTYPE" in error.words.en
    assert "DOCTYPE" in error.words.zh
    assert error.hint is not None


def test_the_word_doctype_in_a_text_is_nothing_to_fear() -> None:
    data = edited(NEWEST, (">1234<", ">1234 &lt;!DOCTYPE x&gt;<!-- <!DOCTYPE y> --><"))

    assert read_dcc(data).number == "1234 <!DOCTYPE x>"


def test_an_entity_without_declaration_is_not_well_formed() -> None:
    assert "Entity 'who' not defined" in refusal(edited(NEWEST, (">1234<", ">&who;<"))).words.en


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """A web server on the loopback, and the peers that called it."""
    callers: list[str] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def listen() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                callers.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_no_address_in_a_file_is_ever_called(trap: tuple[str, list[str]], tmp_path: Path) -> None:
    url, callers = trap
    poisoned = tmp_path / "dcc.xsd"
    poisoned.write_text("no schema")
    include = f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{url}/i"/>'
    hint = f'<y:z xmlns:y="urn:y" xsi:schemaLocation="urn:y {url}/y.xsd"/>'
    data = with_comment(include + hint).decode()
    data = data.replace("https://ptb.de/dcc/v3.3.0/dcc.xsd", f"{url}/a {poisoned.as_uri()} b")
    data = data.replace("<dcc:digital", f'<?xml-stylesheet href="{url}/s"?><dcc:digital', 1)

    draft = read_dcc(data.encode())

    assert draft.number == "1234"
    assert callers == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b" " * (MOST_BYTES + 1), "more than the 20000000 allowed"),
        (with_comment("<a>" * 300 + "</a>" * 300), "too deep"),
        (with_comment("<a/>" * MOST_MARKS), "tags are more than"),
        (with_comment("\n" * (MOST_MARKS + 1)), "lines are more than"),
        (
            with_comment("<a " + " ".join(f'b{i}=""' for i in range(100)) + "/>"),
            "attributes of one element are more than",
        ),
        (
            with_comment("<a " + " ".join(f'xmlns:b{i}="u"' for i in range(100)) + "/>"),
            "namespaces are more than",
        ),
        (edited(NEWEST, (REFERENCES, "1 " * MOST_VALUES)), "list values are more than"),
        (edited(NEWEST, ("VGVzdAo=", "VGVz" * 2_600_000)), "too long a text"),
        (edited(NEWEST, (REFERENCES, "1E+999999")), "unusable number '1E+999999'"),
        (edited(NEWEST, (REFERENCES, "1" * 5_000)), "unusable number"),
        (edited(NEWEST, (">1959-10-22<", ">12024-01-01<")), "unusable date '12024-01-01'"),
        (edited(NEWEST, (">1234<", f">{'a ' * 500_000}<")), "dcc:uniqueIdentifier"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_too_much_of_anything_is_refused_by_its_name(data: bytes, told: str) -> None:
    assert told in refusal(data).words.en


def test_lists_nested_as_deep_as_xml_may_be_are_read() -> None:
    text = example(NEWEST).decode()
    table = text[text.index("<dcc:list ") : text.index("</dcc:list>") + len("</dcc:list>")]
    quantity = "<dcc:quantity>{}</dcc:quantity>".format(
        "<si:list>" * 100
        + "<si:realList><si:real><si:value>1.0</si:value><si:unit>\\one</si:unit></si:real>"
        + "</si:realList>"
        + "</si:list>" * 100
    )

    draft = read_dcc(edited(NEWEST, (table, "<dcc:list>" * 120 + quantity + "</dcc:list>" * 120)))

    assert [printed(point.measured) for point in draft.results[0].points] == ["1.0 1"]


def test_a_date_with_a_time_zone_is_the_day_that_is_printed() -> None:
    draft = read_dcc(edited(NEWEST, (">1959-10-22<", ">1959-10-22+08:00<")))

    assert str(draft.recalibration_date) == "1959-10-22"


MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from("=+-"), st.integers(0, 255)), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from([NEWEST, SIGNED]), mutations=MUTATIONS)
def test_a_file_with_damaged_bytes_is_a_draft_or_a_refusal_and_nothing_else(
    name: str, mutations: list[tuple[float, str, int]]
) -> None:
    data = bytearray(example(name))
    for where, change, value in mutations:
        at = int(where * (len(data) - 1))
        data[at : at + (change != "+")] = b"" if change == "-" else bytes([value])

    outcome: DccDraft | HubError
    try:
        outcome = read_dcc(bytes(data))
    except HubError as error:
        outcome = error

    assert outcome.number if isinstance(outcome, DccDraft) else outcome.words.zh


@pytest.mark.parametrize("name", VALID)
def test_reading_twice_says_the_same(name: str) -> None:
    assert read_dcc(example(name)) == read_dcc(example(name))
