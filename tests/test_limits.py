"""What one operation may ask of the hub: refused before it runs, with the number and the place."""

import pytest
from graphql import GraphQLObjectType, get_introspection_query, get_named_type, is_leaf_type

from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.engine.hostile import HOSTILE, Hostile
from tests.given import a_user, an_organization

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
"""Public lists in one another."""
Q4 = """
{ organizations(first: 20) { nodes { name capabilities(first: 10) { nodes {
  code qualification { number } basis { number } feeItems(first: 3) { nodes {
    code price document { number title } } } } } } } }
"""
"""20 organisations x 10 x 3 x 1."""


@pytest.fixture(scope="module")
async def user(hub: HubClient) -> User:
    firm = await hub.given(an_organization())
    return await hub.given(a_user(firm, Role.USER))


@pytest.mark.parametrize(
    ("bomb", "number", "dearest"),
    [
        (
            TURNING,
            2 + 1 + 30 + 30 * (1 + 1 + 30 + 30 * (1 + 1 + 30)),
            (
                "instruments.nodes.certificates.nodes.instrument.certificates.nodes.instrument"
                ".certificates"
            ),
        ),
        (
            TREE,
            101 + 100 * (101 + 100 * (1 + 101 + 100)),
            "organizations.nodes.capabilities.nodes.organization.capabilities",
        ),
    ],
    ids=["turning", "tree"],
)
async def test_a_bomb_is_refused_before_anything_is_read(
    hub: HubClient, user: User, bomb: str, number: int, dearest: str
) -> None:
    answer = await hub.ask(bomb, as_=user, headers={"accept-language": "en"})

    assert answer.codes == ["COST_EXCEEDED"]
    assert answer.data is None
    assert answer.statements == []
    assert answer.errors[0]["message"] == (
        f"the operation may yield {number} points, the limit is 5000; most at {dearest}"
    )
    assert "first" in answer.errors[0]["extensions"]["hint"]
    assert (await hub.ask("{ me { login } }", as_=user)).errors == []


async def test_a_page_of_a_hundred_with_all_its_fields_and_three_certificates_each_is_ordinary(
    hub: HubClient, user: User
) -> None:
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
    assert answer.cost["requested"] == 101 + 100 * (1 + 4 + 3)


async def test_trees_of_the_size_that_we_measure_pass_for_who_signed_in(
    hub: HubClient, user: User
) -> None:
    assert (await hub.ask(Q4, as_=user)).errors == []
    assert (await hub.ask(Q4)).codes == ["COST_EXCEEDED"]
    assert (await hub.ask(Q4.replace("first: 20", "first: 5"))).errors == []


async def test_who_signed_in_may_look_into_the_whole_schema(hub: HubClient, user: User) -> None:
    answer = await hub.ask(get_introspection_query(input_value_deprecation=True), as_=user)

    assert answer.errors == []
    assert answer.cost["requested"] < 100


REFUSALS = {
    "BAD_INPUT",
    "BAD_REQUEST",
    "COST_EXCEEDED",
    "PARSE_FAILED",
    "VALIDATION_FAILED",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_document_is_answered_or_refused_like_any_other(
    hub: HubClient, user: User, hostile: Hostile
) -> None:
    size = 2 * hostile.size

    answer = await hub.ask(hostile.document(size), as_=user, **hostile.variables(size))

    assert set(answer.codes) <= REFUSALS
    assert answer.data is not None or answer.statements == []
