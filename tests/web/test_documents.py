"""Documents as they are read: refused with the reason, kept, and not shown to everyone."""

import pytest
from graphql import build_schema

from hub.errors import HubError
from hub.web.documents import Documents
from hub.web.faults import own
from hub.web.problems import Rejected
from tests.web.toy import ToyDoor

SCHEMA = ToyDoor().schema._schema


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents()


def refusals(documents: Documents, text: str) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        documents.read(text, SCHEMA, insider=False)
    return [error.message for error in rejected.value.errors]


def chain(length: int, body: str, last: str, on: str = "Node") -> str:
    links = (
        f"fragment F{i} on {on} {{ {body.replace('NEXT', f'...F{i + 1}')} }}" for i in range(length)
    )
    return " ".join((*links, f"fragment F{length} on {on} {{ {last} }}"))


def test_over_2000_tokens_nothing_is_parsed(documents: Documents) -> None:
    assert "2000 tokens" in refusals(documents, "{ " + "hello " * 2_000 + "}")[0]
    assert "comments" in refusals(documents, "#\n" * 2_001 + "{ hello }")[0]


@pytest.mark.parametrize(
    "text",
    [
        "query { ...F0 } " + chain(150, "NEXT NEXT", "hello", "Query"),
        "{ node { ...F0 } } " + chain(100, "a: node { NEXT } b: node { NEXT }", "id"),
        "{ ...F0 } " + chain(245, "NEXT", "hello", "Query"),
        "{ node { " + "id " * 1_900 + "} }",
        "{" * 900,
        "{ hello(name: " + "[" * 900 + "]" * 900 + ") }",
        "{ hello " + "@include(if: true) " * 300 + "}",
        "query(" + " ".join(f"$v{i}: Int" for i in range(400)) + ") { hello }",
        '{ hello(name: "' + "x" * 200_000 + '" }',
        '{ hello(name: """' + "\n " * 100_000 + '""") nothing }',
        "{ find(by: {id: $undefined}) } ",
        "fragment F on Query { find(by: {id: $undefined}) } { ...F }",
    ],
    ids=range(12),
)
def test_bombs_are_refused(documents: Documents, text: str) -> None:
    assert refusals(documents, text)


@pytest.mark.parametrize(
    "text",
    [
        "{ node { " + "node { id } " * 480 + "} }",
        "{ node { "
        + " ".join(f"...G{i}" for i in range(90))
        + " } } "
        + " ".join(f"fragment G{i} on Node {{ id name node {{ id }} }}" for i in range(90)),
    ],
    ids=["fields", "fragments"],
)
def test_what_is_said_again_and_again_is_read_once(documents: Documents, text: str) -> None:
    assert documents.read(text, SCHEMA, insider=False).operations


def test_fields_that_do_not_merge_are_refused_with_the_reason(documents: Documents) -> None:
    (refusal,) = refusals(documents, "{ node { ...F } } fragment F on Node { a: id a: name }")

    assert refusal.startswith("Fields 'a' conflict because 'id' and 'name' are different fields")


def test_a_document_has_a_largest_length(documents: Documents) -> None:
    text = '{ hello(name: "' + "x" * 65_536 + '") }'

    assert refusals(documents, text) == [
        f"the document has {len(text)} characters, the limit is 65536"
    ]


def test_a_variable_in_a_one_of_input_is_known_before_its_operation(documents: Documents) -> None:
    text = "fragment F on Query { find(by: {id: $id}) } query Q($id: ID!) { ...F }"

    assert documents.read(text, SCHEMA, insider=False).operation("Q").name

    maybe = text.replace("ID!", "ID")
    assert "must be non-nullable" in refusals(documents, maybe)[0]


def test_what_was_read_is_kept_apart_for_insiders_and_outsiders(documents: Documents) -> None:
    text = '{ __type(name: "Node") { name } }'

    within = documents.read(text, SCHEMA, insider=True)
    without = documents.read(text, SCHEMA, insider=False)

    assert documents.read(text, SCHEMA, insider=True) is within
    assert documents.read(text, SCHEMA, insider=False) is without
    assert within.document != without.document


def test_what_was_read_against_one_schema_does_not_count_for_another(documents: Documents) -> None:
    text = "{ greeting }"
    other = build_schema("type Query { greeting: String }")

    assert refusals(documents, text)
    assert documents.read(text, other, insider=False).operations
    assert refusals(documents, text)


def test_refusals_are_kept_too_and_the_shelf_is_bounded(documents: Documents) -> None:
    for number in range(200):
        refusals(documents, f"{{ nothing{number} }}" + " " * 5_000)
        refusals(documents, f"{{ nothing{number} }}" + " " * 50_000)

    shelf = documents._shelves[False]
    assert shelf._size == sum(len(text) for text, _ in shelf._books) <= 300_000


def test_a_refusal_of_a_limit_is_of_the_document_and_in_chinese(documents: Documents) -> None:
    with pytest.raises(Rejected) as rejected:
        documents.read("{ " + "hello " * 21 + "}", SCHEMA, insider=False)

    refusal = own(rejected.value.errors[0])
    assert isinstance(refusal, HubError)
    assert (refusal.code, refusal.words.zh) == (
        "VALIDATION_FAILED",
        "查询的根字段数为 21，上限为 20",
    )


@pytest.mark.parametrize(("insider", "hinted"), [(True, False), (False, True)])
def test_an_outsider_is_reminded_that_signing_in_shows_more(
    documents: Documents, insider: bool, hinted: bool
) -> None:
    with pytest.raises(Rejected) as rejected:
        documents.read("{ nothing }", SCHEMA, insider=insider)

    refusal = own(rejected.value.errors[0])
    assert isinstance(refusal, HubError)
    assert (refusal.hint is not None and "未登录" in refusal.hint.zh) is hinted
