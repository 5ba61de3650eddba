"""What one operation may ask of the hub: refused before it runs, or ended on the way."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_introspection_query, get_named_type, is_leaf_type

from hub.db import MOST_ROWS
from hub.vocabulary import Role
from hub.web.costs import MOST_VALUES
from tests.doors import HubClient
from tests.examples.samples import SAMPLES
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization

TURNING = """
{ instruments(first: 1) { nodes { certificates(first: 30) { nodes {
  instrument { certificates(first: 30) { nodes {
    instrument { certificates(first: 30) { nodes { number } } } } } } } } } } }
"""
"""Certificates of an instrument, and over it again, and again: 30 x 30 x 30."""
TREE = """
{ organizations(first: 100) { nodes { capabilities(first: 100) { nodes { organization {
  capabilities(first: 100) { nodes { code organization { name } } } } } } } } }
"""
"""Public lists in one another, for who has not even signed in."""
ALIASES = " ".join(f"a{at}: code" for at in range(195))
FOREST = f"""
{{ organizations(first: 1) {{ nodes {{ capabilities(first: 100) {{ nodes {{ organization {{
  capabilities(first: 100) {{ nodes {{ {ALIASES} }} }} }} }} }} }} }} }}
"""
Q4 = """
{ organizations(first: 20) { nodes { name capabilities(first: 10) { nodes {
  code qualification { number } basis { number } feeItems(first: 3) { nodes {
    code price document { number title } } } } } } } }
"""
"""20 organisations x 10 x 3 x 1."""


async def test_pages_in_pages_that_show_too_many_rows_are_answered_with_one_refusal(
    hub: HubClient,
) -> None:
    firm, laboratory = await hub.given(an_organization()), await hub.given(a_laboratory())
    user = await hub.given(a_user(firm, Role.USER))
    line = await hub.given(an_instrument(firm))
    await hub.all_given(*(a_certificate(laboratory.organization, line) for _ in range(30)))

    answer = await hub.ask(TURNING, as_=user)

    assert MOST_ROWS < 30**3
    assert answer.codes == ["COST_EXCEEDED"]
    assert answer.data is None
    assert answer.statements
    assert "first" in answer.errors[0]["extensions"]["hint"]
    assert (await hub.ask("{ me { login } }", as_=user)).errors == []


@pytest.mark.parametrize(
    ("bomb", "number", "deepest"),
    [
        (TREE, 3_030_202, "capabilities.nodes.organization"),
        (FOREST, 1_950_304, "capabilities.nodes"),
    ],
    ids=["tree", "forest"],
)
async def test_a_bomb_is_refused_before_anything_is_read(
    hub: HubClient, bomb: str, number: int, deepest: str
) -> None:
    answer = await hub.ask(bomb, headers={"accept-language": "en"})

    assert answer.codes == ["COST_EXCEEDED"]
    assert answer.statements == []
    assert answer.errors[0]["message"] == (
        f"the operation may yield {number} values, the limit is {MOST_VALUES}; most at"
        f" organizations.nodes.capabilities.nodes.organization.{deepest}"
    )
    assert "first" in answer.errors[0]["extensions"]["hint"]


async def test_a_page_of_a_hundred_with_all_its_fields_and_three_certificates_each_is_ordinary(
    hub: HubClient,
) -> None:
    firm = await hub.given(an_organization())
    user = await hub.given(a_user(firm, Role.USER))
    kind = hub.hub.schema._schema.type_map["Instrument"]
    assert isinstance(kind, GraphQLObjectType)
    fields = [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type))]

    answer = await hub.ask(
        f"{{ instruments(first: 100) {{ nodes {{ {' '.join(fields)} owner {{ name }}"
        " certificates(first: 3) { nodes { number kind state issueDate validUntil conclusion"
        " issuer { name uscc } results { parameter points { measured u k } } } } } } }",
        as_=user,
    )

    assert len(fields) >= 35
    assert answer.errors == []


async def test_trees_of_the_size_that_we_measure_pass(hub: HubClient) -> None:
    assert (await hub.ask(Q4)).errors == []


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        pytest.param(operation, sample.variables, id=f"{sample.name}-{name}")
        for sample in SAMPLES.values()
        for name, operation in sample.operations.items()
        if operation.startswith("query")
    ],
)
async def test_no_sample_is_too_dear(
    hub: HubClient, document: str, variables: dict[str, Any]
) -> None:
    answer = await hub.ask(document, **variables)

    assert "COST_EXCEEDED" not in answer.codes


async def test_who_signed_in_may_look_into_the_whole_schema(hub: HubClient) -> None:
    user = await hub.given(a_user(await hub.given(an_organization()), Role.USER))

    answer = await hub.ask(get_introspection_query(input_value_deprecation=True), as_=user)

    assert answer.errors == []
