"""The limits of a document and its inputs: named with number and path, judged in linear time."""

from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.engine.inputs import CHANGED_VALUES, VALUES, insist_on_variables
from hub.engine.limits import excesses
from hub.errors import BadInput
from tests.engine.hostile import HOSTILE, Hostile, linked
from tests.engine.judging import a_certificate_to_issue, judged, planned, steps


def refusals(text: str) -> list[str]:
    return [error.message for error in excesses(parse(text))]


def nodes(body: str, *, fragments: str = "") -> str:
    return f"{{ node {{ {body} }} }} {fragments}"


def chain(length: int, body: str) -> str:
    return linked(length, body, "id", "Node")


def test_depth_is_counted_through_fragments_and_its_path_named() -> None:
    fits = nodes("...F0000", fragments=chain(14, "node { NEXT }"))
    passes = nodes("...F0000", fragments=chain(15, "node { NEXT }"))

    assert refusals(fits) == []
    path = ".".join(["node"] * 16 + ["id"])
    assert refusals(passes) == [f"the depth is 17, the limit is 16: {path}"]


def test_aliases_are_counted_as_often_as_they_are_spread() -> None:
    four = "fragment F on Node { a: id b: id c: id d: id }"

    assert refusals(nodes("node { ...F } " * 50, fragments=four)) == []
    assert refusals(nodes("node { ...F } " * 50 + "e: id", fragments=four)) == [
        "the number of aliases is 201, the limit is 200: node"
    ]


def test_directives_are_counted_wherever_they_stand() -> None:
    two = "fragment F on Node { id @skip(if: false) ... @include(if: true) { id } }"
    fits = nodes("node { ...F } " * 100, fragments=two)
    passes = nodes("node { ...F @skip(if: false) } " + "node { ...F } " * 99, fragments=two)

    assert refusals(fits) == []
    assert refusals(passes) == ["the number of directives is 201, the limit is 200: node"]


def test_root_fields_are_counted_through_fragments() -> None:
    text = "{ hello ...F ... on Query { ...F } } fragment F on Query { " + "hello " * 10 + "}"

    assert refusals(text) == ["the number of root fields is 21, the limit is 20"]


def test_selections_are_counted_over_all_operations() -> None:
    fragment = " fragment F on Query { node { " + "id " * 497 + "} }"  # 499 with its spread
    thrice = " ".join(f"query Q{at} {{ ...F }}" for at in range(3))

    assert refusals(thrice + fragment) == []
    assert refusals(f"{thrice} query R {{ hello hello hello hello }}{fragment}") == [
        "the number of selections is 1501, the limit is 1500: node"
    ]


def test_the_path_leads_to_where_most_of_it_is() -> None:
    fragment = "fragment F on Node { name node { " + "a: id " * 150 + "} }"

    (told,) = refusals(nodes("b: id node { ...F } node { ...F }", fragments=fragment))
    assert told == "the number of aliases is 301, the limit is 200: node"
    (told,) = refusals(nodes("node { ...F " + "a: id " * 51 + "}", fragments=fragment))
    assert told == "the number of aliases is 201, the limit is 200: node.node.node"


def test_a_number_beyond_telling_is_not_told() -> None:
    assert refusals(nodes("...F0000", fragments=chain(60, "NEXT NEXT")))[0] == (
        "the number of selections is > 1000000000, the limit is 1500: node"
    )


@pytest.mark.parametrize("entry", ["...A", "id"], ids=["spread", "not spread"])
def test_a_circle_of_fragments_is_shown(entry: str) -> None:
    fragments = "fragment A on Node { ...B } fragment B on Node { node { ...C } }"
    text = nodes(entry, fragments=f"{fragments} fragment C on Node {{ ...B }}")

    assert refusals(text) in (
        ["fragments spread one another in a circle: B > C > B"],
        ["fragments spread one another in a circle: C > B > C"],
    )


names = st.sampled_from("ABCDE")
selections = st.recursive(
    st.sampled_from(["id", "x: id", "id @skip(if: true)"]) | names.map(lambda name: f"...{name}"),
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
Counts = tuple[int, int, int, int, int]


def counted(document: DocumentNode) -> Counts | None:
    """Depth, aliases, root fields, directives and selections by writing every fragment out.

    None for a circle.
    """
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }

    def walk(selection_set: Any, open_: tuple[str, ...]) -> Counts:
        depth = aliases = roots = directives = chosen = 0
        for node in selection_set.selections:
            own = (0, 0, 0, 0, 0)
            if isinstance(node, FieldNode):
                below = walk(node.selection_set, open_) if node.selection_set else own
                own = (1 + below[0], below[1] + bool(node.alias), 1, below[3], below[4])
            elif isinstance(node, InlineFragmentNode):
                own = walk(node.selection_set, open_)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in open_:
                    raise RecursionError
                own = walk(fragments[name].selection_set, (*open_, name))
            depth = max(depth, own[0])
            aliases += own[1]
            roots += own[2]
            directives += own[3] + len(node.directives or ())
            chosen += own[4] + 1
        return depth, aliases, roots, directives, chosen

    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    try:
        for name, fragment in fragments.items():
            walk(fragment.selection_set, (name,))
        return walk(operation.selection_set, ())
    except RecursionError:
        return None


@settings(deadline=None)
@given(texts)
def test_the_linear_count_is_the_count_with_all_fragments_written_out(text: str) -> None:
    document = parse(text)
    expected = counted(document)

    words = " ".join(error.message for error in excesses(document))

    if expected is None:
        assert "circle" in words
        return
    depth, aliases, roots, directives, chosen = expected
    assert (f"the depth is {depth}," in words) == (depth > 16)
    assert (f"aliases is {aliases}," in words) == (aliases > 200)
    assert (f"root fields is {roots}," in words) == (roots > 20)
    assert (f"directives is {directives}," in words) == (directives > 200)
    assert (f"selections is {chosen}," in words) == (chosen > 1_500)


@pytest.mark.parametrize(
    ("kind", "most"),
    [(OperationType.QUERY, VALUES), (OperationType.MUTATION, CHANGED_VALUES)],
    ids=["query", "mutation"],
)
def test_variables_hold_so_many_values_and_no_more(kind: OperationType, most: int) -> None:
    rows = [{"name": [None]}] * ((most - 2) // 3)
    fits = {"rows": rows, "more": [None] * (most - 2 - 3 * len(rows))}

    insist_on_variables(fits, kind)

    with pytest.raises(BadInput, match=f"hold {most + 1} values, the limit is {most}"):
        insist_on_variables({**fits, "one more": None}, kind)


@pytest.mark.parametrize(
    ("filters", "alternatives"), [(1, 100), (2, 50), (10, 10)], ids=["one", "two", "ten"]
)
def test_the_conditions_of_all_fields_are_counted_together(filters: int, alternatives: int) -> None:
    fields = " ".join(
        f"i{at}: instruments(filter: $f) {{ nodes {{ id }} }}" for at in range(filters)
    )
    document = f"query($f: InstrumentFilter) {{ {fields} }}"
    condition = {"name": {"eq": "x"}}

    assert planned(document, {"f": {"or": [condition] * (alternatives - 10 // filters)}})
    with pytest.raises(BadInput, match=r"the arguments hold more than 200 objects .*: i[0-9]"):
        planned(document, {"f": {"or": [condition] * alternatives}})


def test_what_is_nested_very_deep_is_refused_before_it_is_looked_at() -> None:
    literal = "{not: " * 15 + '{name: {eq: "x"}}' + "}" * 15

    with pytest.raises(BadInput, match="nested more than 16 deep: instruments"):
        planned(f"{{ instruments(filter: {literal}) {{ nodes {{ id }} }} }}")


def test_what_a_change_brings_is_no_condition() -> None:
    document = """
    mutation($input: IssueCertificateInput!) { issueCertificate(input: $input) { replayed } }
    """

    assert planned(document, {"input": a_certificate_to_issue(points=3_000)})


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_twice_the_size_takes_at_most_twice_the_steps(hostile: Hostile) -> None:
    once, twice = (
        (hostile.document(size), hostile.variables(size))
        for size in (hostile.size, 2 * hostile.size)
    )
    for known in (once, twice):
        judged(*known)  # what is made once for a schema is made by now

    assert steps(lambda: judged(*twice)) <= 2 * steps(lambda: judged(*once))
