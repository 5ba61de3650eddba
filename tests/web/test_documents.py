"""Documents as hostile people write them: judged in linear time, named limit by limit."""

import pytest
from graphql import DocumentNode, FragmentSpreadNode, InlineFragmentNode, parse
from graphql.language import FieldNode, FragmentDefinitionNode, OperationDefinitionNode
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError
from hub.web.documents import Documents
from hub.web.faults import own
from hub.web.limits import excesses
from hub.web.problems import Rejected
from tests.web.toy import ToyDoor


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents(ToyDoor().schema._schema)


def refusals(documents: Documents, text: str) -> list[str]:
    with pytest.raises(Rejected) as rejected:
        documents.read(text, insider=False)
    return [error.message for error in rejected.value.errors]


def chain(length: int, body: str, last: str, on: str = "Node") -> str:
    links = (
        f"fragment F{i} on {on} {{ {body.replace('NEXT', f'...F{i + 1}')} }}" for i in range(length)
    )
    return " ".join((*links, f"fragment F{length} on {on} {{ {last} }}"))


def test_depth_is_counted_through_fragments_and_its_path_named(documents: Documents) -> None:
    fits = "{ node { ...F0 } } " + chain(14, "node { NEXT }", "id")
    passes = "{ node { ...F0 } } " + chain(15, "node { NEXT }", "id")

    documents.read(fits, insider=False)

    path = ".".join(["node"] * 16 + ["id"])
    assert refusals(documents, passes) == [f"the depth is 17, the limit is 16: {path}"]


def test_aliases_are_counted_as_often_as_they_are_spread(documents: Documents) -> None:
    four = "fragment F on Node { a: id b: id c: id d: id }"
    fits = "{ node { " + "node { ...F } " * 50 + "} } " + four
    passes = "{ node { " + "node { ...F } " * 50 + "e: id } } " + four

    documents.read(fits, insider=False)

    assert refusals(documents, passes) == ["the number of aliases is 201, the limit is 200"]


def test_root_fields_are_counted_through_fragments(documents: Documents) -> None:
    passes = "{ hello ...F ... on Query { ...F } } fragment F on Query { " + "hello " * 10 + "}"

    assert refusals(documents, passes) == ["the number of root fields is 21, the limit is 20"]


def test_a_circle_of_fragments_is_shown(documents: Documents) -> None:
    text = "{ node { ...A } } fragment A on Node { ...B } fragment B on Node { node { ...A } }"

    assert refusals(documents, text) == ["fragments spread one another in a circle: A > B > A"]


def test_over_2000_tokens_nothing_is_parsed(documents: Documents) -> None:
    assert "2000 tokens" in refusals(documents, "{ " + "hello " * 2_000 + "}")[0]
    assert "comments" in refusals(documents, "#\n" * 2_001 + "{ hello }")[0]


@pytest.mark.parametrize(
    "text",
    [
        "query { ...F0 } " + chain(150, "NEXT NEXT", "hello", "Query"),
        "{ node { ...F0 } } " + chain(100, "a: node { NEXT } b: node { NEXT }", "id"),
        "{ ...F0 } " + chain(245, "NEXT", "hello", "Query"),
        "{ node { " + "node { id } " * 480 + "} }",
        "{ node { " + "id " * 1_900 + "} }",
        "{ node { "
        + " ".join(f"...G{i}" for i in range(90))
        + " } } "
        + " ".join(f"fragment G{i} on Node {{ id name node {{ id }} }}" for i in range(90)),
        "{" * 900,
        "{ hello(name: " + "[" * 900 + "]" * 900 + ") }",
        "{ hello " + "@include(if: true) " * 300 + "}",
        "query(" + " ".join(f"$v{i}: Int" for i in range(400)) + ") { hello }",
        '{ hello(name: "' + "x" * 200_000 + '" }',
        '{ hello(name: """' + "\n " * 100_000 + '""") nothing }',
        "{ find(by: {id: $undefined}) } ",
        "fragment F on Query { find(by: {id: $undefined}) } { ...F }",
    ],
    ids=range(14),
)
def test_bombs_are_refused(documents: Documents, text: str) -> None:
    assert refusals(documents, text)


def test_a_variable_in_a_one_of_input_is_known_before_its_operation(documents: Documents) -> None:
    text = "fragment F on Query { find(by: {id: $id}) } query Q($id: ID!) { ...F }"

    assert documents.read(text, insider=False).operation("Q").name

    maybe = text.replace("ID!", "ID")
    assert "must be non-nullable" in refusals(documents, maybe)[0]


def test_what_was_read_is_kept_apart_for_insiders_and_outsiders(documents: Documents) -> None:
    text = '{ __type(name: "Node") { name } }'

    within = documents.read(text, insider=True)
    without = documents.read(text, insider=False)

    assert documents.read(text, insider=True) is within
    assert documents.read(text, insider=False) is without
    assert within.document != without.document


def test_refusals_are_kept_too_and_the_shelf_is_bounded(documents: Documents) -> None:
    for number in range(200):
        refusals(documents, f"{{ nothing{number} }}" + " " * 5_000)
        refusals(documents, f"{{ nothing{number} }}" + " " * 50_000)

    shelf = documents._shelves[False]
    assert shelf._size == sum(map(len, shelf._books)) <= 300_000


names = st.sampled_from("ABCDE")
selections = st.recursive(
    st.sampled_from(["id", "x: id"]) | names.map(lambda name: f"...{name}"),
    lambda inner: st.lists(inner, min_size=1, max_size=4).flatmap(
        lambda parts: st.sampled_from(["node { %s }", "y: node { %s }", "... on Node { %s }"]).map(
            lambda form: form % " ".join(parts)
        )
    ),
    max_leaves=8,
)
texts = st.lists(selections, min_size=6, max_size=6).map(
    lambda bodies: (
        "{ "
        + bodies[0]
        + " } "
        + " ".join(
            f"fragment {n} on Node {{ {b} }}" for n, b in zip("ABCDE", bodies[1:], strict=True)
        )
    )
)


def counted(document: DocumentNode) -> tuple[int, int, int] | None:
    """Depth, aliases and root fields by writing every fragment out; None for a circle."""
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }

    def walk(nodes: object, open_: tuple[str, ...]) -> tuple[int, int, int]:
        depth = aliases = roots = 0
        for node in nodes.selections:  # type: ignore[attr-defined]  # a selection set
            if isinstance(node, FieldNode):
                inner = walk(node.selection_set, open_) if node.selection_set else (0, 0, 0)
                found = (1 + inner[0], inner[1] + bool(node.alias), 1)
            elif isinstance(node, InlineFragmentNode):
                found = walk(node.selection_set, open_)
            else:
                assert isinstance(node, FragmentSpreadNode)
                name = node.name.value
                if name in open_:
                    raise RecursionError
                found = walk(fragments[name].selection_set, (*open_, name))
            depth = max(depth, found[0])
            aliases += found[1]
            roots += found[2]
        return depth, aliases, roots

    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    try:
        return walk(operation.selection_set, ())
    except RecursionError:
        return None


@given(texts)
def test_the_linear_count_is_the_count_with_all_fragments_written_out(text: str) -> None:
    document = parse(text)
    expected = counted(document)

    words = " ".join(error.message for error in excesses(document))

    if expected is None:
        assert "circle" in words
    else:
        depth, aliases, roots = expected
        assert (f"the depth is {depth}," in words) == (depth > 16)
        assert (f"aliases is {aliases}," in words) == (aliases > 200)
        assert (f"root fields is {roots}," in words) == (roots > 20)


def test_a_refusal_of_a_limit_is_of_the_document_and_in_chinese(documents: Documents) -> None:
    with pytest.raises(Rejected) as rejected:
        documents.read("{ " + "hello " * 21 + "}", insider=False)

    refusal = own(rejected.value.errors[0])
    assert isinstance(refusal, HubError)
    assert (refusal.code, refusal.words.zh) == (
        "VALIDATION_FAILED",
        "查询的根字段数为 21，上限为 20",
    )
