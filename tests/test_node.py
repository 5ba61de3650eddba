"""Any object by its id, and the labels of the closed lists."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.tables.user import User
from hub.vocabulary import Role
from schema.ids import encode
from schema.terms import TERMS
from tests.doors import HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_user, an_instrument, an_organization

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.fixture(scope="module")
async def user(hub: HubClient) -> User:
    return await hub.given(a_user(await hub.given(an_organization()), Role.ORG_ADMIN))


async def test_an_id_leads_to_its_object_whatever_the_noun(hub: HubClient) -> None:
    lab = await hub.given(a_laboratory())
    client = await hub.given(an_organization())
    gauge = await hub.given(an_instrument(client))
    certificate = await hub.given(a_certificate(lab.organization, gauge))
    rows = [
        lab.organization,
        lab.qualification,
        lab.document,
        lab.fee_document,
        lab.fee_item,
        lab.capability,
        lab.standard,
        lab.tester,
        lab.user,
        gauge,
        certificate,
    ]

    answer = await hub.ask(NODES, as_=lab.user, ids=[id_of(row) for row in rows])

    assert answer.data["nodes"] == [
        {"__typename": type(row).__name__, "id": id_of(row)} for row in rows
    ]


async def test_what_is_hidden_or_absent_is_null_in_its_place(hub: HubClient, user: User) -> None:
    hidden = await hub.given(an_instrument(await hub.given(an_organization())))
    mine = await hub.given(an_organization())
    ids = [id_of(hidden), id_of(mine), encode("Instrument", uuid4()), id_of(mine)]

    answer = await hub.ask(NODES, as_=user, ids=ids)

    shown = {"__typename": "Organization", "id": id_of(mine)}
    assert answer.data["nodes"] == [None, shown, None, shown]
    assert answer.errors == []


async def test_many_ids_of_one_noun_are_one_statement(hub: HubClient, user: User) -> None:
    rows = [an_organization() for _ in range(100)]
    await hub.all_given(*rows)

    answer = await hub.ask(NODES, as_=user, ids=[id_of(row) for row in rows])

    assert len(answer.data["nodes"]) == 100
    assert len(answer.statements) == 1


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "?",
        "AAAA",
        "标识",
        encode("Nothing", UUID(int=7)),
        encode("AccessToken", UUID(int=7)),
        "A" * 22,
    ],
)
async def test_what_is_no_id_is_bad_input(hub: HubClient, user: User, id_: str) -> None:
    one = await hub.ask(NODE, as_=user, id=id_)
    many = await hub.ask(NODES, as_=user, ids=[id_])

    assert (one.codes, one.data) == (["BAD_INPUT"], {"node": None})
    assert (many.codes, many.data) == (["BAD_INPUT"], {"nodes": None})


async def test_at_most_a_hundred_ids_at_a_time(hub: HubClient, user: User) -> None:
    answer = await hub.ask(NODES, as_=user, ids=[id_of(user)] * 101)

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["inputPath"] == ["ids"]


async def test_every_word_of_every_closed_list_has_its_chinese_label(hub: HubClient) -> None:
    answer = await hub.ask("{ enumLabels { name words values { value label } } }")

    told: list[dict[str, Any]] = answer.data["enumLabels"]
    assert [one["name"] for one in told] == sorted(TERMS)
    for one in told:
        assert one["words"]
        assert [value["value"] for value in one["values"]] == list(TERMS[one["name"]])
        assert all(value["label"] for value in one["values"])


async def test_the_labels_of_one_list_are_those_that_people_read(hub: HubClient) -> None:
    answer = await hub.ask(
        'query { enumLabels(name: "InstrumentState") { words values { value label } } }'
    )

    assert answer.data["enumLabels"] == [
        {
            "words": "器具状态",
            "values": [
                {"value": "IN_USE", "label": "在用"},
                {"value": "STOPPED", "label": "停用"},
                {"value": "SEALED", "label": "封存"},
                {"value": "REPAIR", "label": "送修"},
                {"value": "SCRAPPED", "label": "报废"},
            ],
        }
    ]


async def test_a_list_that_does_not_exist_has_no_labels(hub: HubClient) -> None:
    answer = await hub.ask('{ enumLabels(name: "Nothing") { name } }')

    assert answer.data == {"enumLabels": []}
