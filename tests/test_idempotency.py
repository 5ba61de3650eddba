"""One effect for one idempotency key, whatever becomes of the request on its way."""

import asyncio

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from hub.tables.user import User
from resolvers.root import build
from tests.doors import HubClient, key
from tests.given import an_instrument
from tests.ledger_verbs import Firm, a_firm, create, done, problem, retire, update

COUNT = "SELECT count(*) FROM instrument WHERE owner_id = :owner"


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


@pytest.fixture
def user(firm: Firm) -> User:
    return firm.user


async def how_many(hub: HubClient, user: User) -> int:
    found: int = (await hub.stored(COUNT, owner=user.organization_id))[0][0]
    return found


async def test_the_same_request_again_is_answered_and_not_done_again(
    hub: HubClient, user: User
) -> None:
    once = key()

    first = done(await create(hub, user, once, name="n", assetNo="A"))
    again = done(await create(hub, user, once, name="n", assetNo="A"))

    assert first["replayed"] is False
    assert again == {**first, "replayed": True}
    assert await how_many(hub, user) == 1


async def test_the_same_key_with_another_input_is_a_mismatch(hub: HubClient, user: User) -> None:
    once = key()
    made = done(await create(hub, user, once, name="n", assetNo="A"))

    other = await create(hub, user, once, name="n", assetNo="B")
    other_verb = await update(hub, user, made["instrument"]["id"], key_=once)

    for answer in (other, other_verb):
        assert answer.codes == ["IDEMPOTENCY_MISMATCH"]
        assert answer.errors[0]["extensions"]["inputPath"] == ["idempotencyKey"]
    assert await how_many(hub, user) == 1


async def test_the_key_of_one_caller_means_nothing_to_another(hub: HubClient, user: User) -> None:
    other = await a_firm(hub)
    once = key()

    for who in (user, other.user):
        answer = done(await create(hub, who, once, name="n", assetNo="A"))
        assert answer["replayed"] is False


async def test_what_was_refused_leaves_its_key_free(hub: HubClient, user: User) -> None:
    once = key()

    refused = await create(hub, user, once, name="", assetNo="A")
    mended = await create(hub, user, once, name="n", assetNo="A")

    assert problem(refused)[0] == "REFUSED"
    assert done(mended)["replayed"] is False


async def test_twenty_at_once_with_one_key_have_one_effect_and_equal_answers(
    hub: HubClient, user: User
) -> None:
    once = key()

    answers = await asyncio.gather(
        *(create(hub, user, once, name="n", assetNo="A") for _ in range(20))
    )

    assert await how_many(hub, user) == 1
    assert sorted(done(answer)["replayed"] for answer in answers) == [False] + [True] * 19
    assert len({done(answer)["instrument"]["id"] for answer in answers}) == 1
    assert {done(answer)["instrument"]["version"] for answer in answers} == {1}


async def test_twenty_at_once_of_which_all_are_refused_are_all_told_why(
    hub: HubClient, user: User
) -> None:
    once = key()

    answers = await asyncio.gather(
        *(create(hub, user, once, name="n", intervalMonths=0, assetNo="A") for _ in range(20))
    )

    assert {problem(answer)[0] for answer in answers} == {"REFUSED"}
    assert await how_many(hub, user) == 0


async def test_a_change_and_an_end_are_done_once_too(
    hub: HubClient, firm: Firm, user: User
) -> None:
    one = await hub.given(an_instrument(firm.owner))
    once = key()

    first = await update(hub, user, one, key_=once, content={"name": "new"})
    again = await update(hub, user, one, key_=once, content={"name": "new"})

    assert [done(answer)["replayed"] for answer in (first, again)] == [False, True]
    assert done(again)["instrument"]["version"] == 2
    assert done(await retire(hub, user, one, version=2))["replayed"] is False


@pytest.mark.parametrize("unfit", ["", "k" * 129])
async def test_a_key_is_one_to_128_characters(hub: HubClient, user: User, unfit: str) -> None:
    document = """
    mutation($key: String!) {
      createInstrument(input: {content: {name: "n", assetNo: "A"}, idempotencyKey: $key}) {
        replayed
      }
    }
    """

    answer = await hub.ask(document, as_=user, key=unfit)

    assert answer.codes == ["BAD_INPUT"]
    assert await how_many(hub, user) == 0


def test_every_mutation_takes_a_key_and_says_whether_it_was_a_replay() -> None:
    mutations = build()._schema.type_map["Mutation"]
    assert isinstance(mutations, GraphQLObjectType)

    keyless = []
    for name, field in mutations.fields.items():
        given = get_named_type(field.args["input"].type)
        told = get_named_type(field.type)
        assert isinstance(given, GraphQLInputObjectType)
        assert isinstance(told, GraphQLObjectType)
        key_ = given.fields.get("idempotencyKey")
        if key_ is None or str(key_.type) != "String!" or "replayed" not in told.fields:
            keyless.append(name)

    assert keyless == []
