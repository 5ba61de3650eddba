"""Queries saved, changed and deleted: what is refused when it is saved, and to whom."""

import pytest

from hub.actions import saved_query as actions
from hub.rules.saved_query import LONGEST_VARIABLES
from hub.vocabulary import Role
from tests.doors import HubClient, key
from tests.exports.verbs import Requester, a_requester
from tests.given import a_user
from tests.saved.verbs import LEDGER, NUMBERS, a_key, delete, make_key, revoke, save, saved, table

SAVE_BRIEFLY = """
mutation($input: SaveQueryInput!) { done: saveQuery(input: $input) { problems { message } } }
"""
REFUSED = {
    "nothing": "{",
    "a mutation": 'mutation { cancelExport(input: {id: "x", idempotencyKey: "y"}) { replayed } }',
    "a subscription": "subscription { instrumentChanged { instrument { id } } }",
    "two queries": "query A { instruments { nodes { id } } } query B { cost { requested } }",
    "two roots": "{ instruments { nodes { id } } personnel { nodes { id } } }",
    "no list": "{ cost { requested } }",
    "the feed": "{ changes { nodes { id } } }",
    "an unknown field": "{ instruments { nodes { colour } } }",
    "a root in a fragment": "{ ...F } fragment F on Query { instruments { nodes { id } } }",
    "a root that may be skipped": (
        "query($x: Boolean = true) { instruments @skip(if: $x) { nodes { id } } }"
    ),
    "edges": "{ instruments { edges { node { id } } } }",
    "a count": "{ instruments { nodes { id } totalCount } }",
    "no rows": "{ instruments { pageInfo { endCursor } } }",
    "rows twice": "{ instruments { a: nodes { id } b: nodes { name } } }",
    "pages from the end": "{ instruments(last: 5) { nodes { id } } }",
    "pages before a cursor": '{ instruments(before: "x") { nodes { id } } }',
    "a variable of the address": (
        "query($key: String) { instruments(filter: {name: {eq: $key}}) { nodes { id } } }"
    ),
    "a variable of ours": (
        "query($_first: String) { instruments(filter: {name: {eq: $_first}}) { nodes { id } } }"
    ),
    "a variable without a value": "query($id: ID!) { nodes(ids: [$id]) { id } }",
    "too dear": (
        "{ instruments { nodes { certificates(first: 100) { nodes { replacedBy(first: 100) {"
        " nodes { id } } } } } } }"
    ),
}

UNFIT = {REFUSED[name] for name in ("nothing", "an unknown field", "too dear")} | {
    REFUSED["a variable without a value"]
}
"""Those that may not be run at all."""


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_table_is_refused_when_it_is_saved(
    hub: HubClient, firm: Requester, document: str
) -> None:
    answer = await save(hub, firm.user, document=document)

    assert answer.errors == []
    assert answer.data["done"]["savedQuery"] is None
    (problem,) = answer.data["done"]["problems"]
    assert problem["path"][0] in {"document", "variables"}
    assert ("不能作为表" in problem["message"]) == (document not in UNFIT)


async def test_a_refusal_says_on_which_line_in_both_languages(
    hub: HubClient, firm: Requester
) -> None:
    document = "{\n instruments {\n nodes { colour }\n }\n}"
    english = {"accept-language": "en"}

    chinese = (await save(hub, firm.user, document=document)).data["done"]["problems"][0]
    said = {
        "name": "x",
        "title": "x",
        "document": "{ cost { requested } }",
        "idempotencyKey": key(),
    }
    told = await hub.ask(SAVE_BRIEFLY, as_=firm.user, headers=english, input=said)

    assert "第 3 行" in chinese["message"]
    assert told.data["done"]["problems"][0]["message"] == (
        "this is no table: its root field has to be a list (line 1)"
    )


async def test_what_was_saved_is_seen_by_the_organisation_and_by_nobody_else(
    hub: HubClient, firm: Requester
) -> None:
    rival = await a_requester(hub)
    clerk = await hub.given(a_user(firm.owner, Role.USER))
    query = await saved(hub, firm.user, document=LEDGER, variables={"name": "卡尺"})
    await a_key(hub, firm.user, query)
    shown = "{ savedQueries { nodes { id name variables keys { expiresAt } } } }"

    own = await hub.ask(shown, as_=clerk)
    foreign = await hub.ask(shown, as_=rival.user)
    nobodys = await hub.ask("{ savedQueries { nodes { id } } }")

    (found,) = own.data["savedQueries"]["nodes"]
    assert (found["id"], found["name"], found["variables"]) == (
        query["id"],
        "ledger",
        {"name": "卡尺"},
    )
    assert len(found["keys"]) == 1
    assert foreign.data["savedQueries"]["nodes"] == []
    assert nobodys.data is None or nobodys.data["savedQueries"]["nodes"] == []


async def test_only_who_may_export_saves_and_has_tables(hub: HubClient, firm: Requester) -> None:
    clerk = await hub.given(a_user(firm.owner, Role.USER))
    await saved(hub, firm.user)

    answer = await save(hub, clerk, "mine")
    response = await table(hub, clerk)

    assert answer.codes == ["FORBIDDEN"]
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")


async def test_a_name_is_taken_within_an_organisation_and_free_again_once_it_is_deleted(
    hub: HubClient, firm: Requester
) -> None:
    rival = await a_requester(hub)
    query = await saved(hub, firm.user)

    again = await save(hub, firm.user)
    other = await save(hub, rival.user)
    await delete(hub, firm.user, query)
    anew = await save(hub, firm.user)

    (problem,) = again.data["done"]["problems"]
    assert (problem["code"], problem["path"]) == ("CONFLICT", ["name"])
    assert other.data["done"]["problems"] == anew.data["done"]["problems"] == []


async def test_a_query_is_changed_by_who_saved_it_and_has_seen_its_newest_version(
    hub: HubClient, firm: Requester
) -> None:
    colleague = await hub.given(a_user(firm.owner, Role.SYSTEM))
    query = await saved(hub, firm.user)
    seen = {"title": "新台账", "expectedVersion": query["version"]}

    theirs = await save(hub, colleague, **seen)
    changed = await saved(hub, firm.user, **seen)
    late = await save(hub, firm.user, **seen)
    none = await save(hub, firm.user, "nothing", **seen)

    assert theirs.codes == ["FORBIDDEN"]
    assert (changed["id"], changed["title"], changed["version"]) == (query["id"], "新台账", 2)
    assert [one["code"] for one in late.data["done"]["problems"]] == ["CONFLICT"]
    assert none.codes == ["NOT_FOUND"]


async def test_a_query_is_deleted_and_its_keys_ended_by_the_author_or_the_administrator_alone(
    hub: HubClient, firm: Requester
) -> None:
    author, colleague = [await hub.given(a_user(firm.owner, Role.SYSTEM)) for _ in range(2)]
    query = await saved(hub, author)
    made = (await make_key(hub, author, query)).data["done"]

    refused = [
        await delete(hub, colleague, query),
        await make_key(hub, firm.user, query),
        await revoke(hub, colleague, made["exportKey"]["id"]),
    ]
    done = [
        await revoke(hub, firm.user, made["exportKey"]["id"]),
        await delete(hub, firm.user, query),
    ]

    assert [one.codes for one in refused] == [["FORBIDDEN"]] * 3
    assert [one.data["done"]["problems"] for one in done] == [[], []]
    assert (await table(hub, author)).status_code == 404


async def test_the_same_key_saves_once_and_shows_an_export_key_once(
    hub: HubClient, firm: Requester
) -> None:
    again = key()
    queries = [await save(hub, firm.user, idempotencyKey=again) for _ in range(2)]
    query = queries[0].data["done"]["savedQuery"]

    first, second = [await make_key(hub, firm.user, query, again + "k") for _ in range(2)]

    assert queries[1].data["done"]["savedQuery"] == query
    assert [one.data["done"]["replayed"] for one in queries] == [False, True]
    assert first.data["done"]["key"].startswith("hubkey_")
    assert second.data["done"]["key"] is None
    assert second.data["done"]["exportKey"] == first.data["done"]["exportKey"]


@pytest.mark.parametrize("name", ["", "a/b", "..", "a.csv", "a b", "名称？", "x" * 65, "a\n"])
async def test_a_name_is_one_step_of_a_path(hub: HubClient, firm: Requester, name: str) -> None:
    answer = await save(hub, firm.user, name)

    (problem,) = answer.data["done"]["problems"]
    assert (problem["code"], problem["path"]) == ("REFUSED", ["name"])


async def test_variables_are_an_object_and_not_too_large(hub: HubClient, firm: Requester) -> None:
    large = {"name": "长" * LONGEST_VARIABLES}

    answers = [
        await save(hub, firm.user, document=LEDGER, variables=one)
        for one in ([1], large, {"name": 5})
    ]

    problems = [one.data["done"]["problems"][0] for one in answers]
    assert [one["path"][0] for one in problems] == ["variables"] * 3


async def test_a_variable_that_the_document_does_not_have_is_refused(
    hub: HubClient, firm: Requester
) -> None:
    misspelt = await save(hub, firm.user, document=LEDGER, variables={"Status": ["IN_USE"]})
    unused = await save(hub, firm.user, document=LEDGER, variables={"size": 5})

    (problem,) = misspelt.data["done"]["problems"]
    assert (problem["code"], problem["path"]) == ("BAD_INPUT", ["variables", "Status"])
    assert unused.data["done"]["problems"] == []


async def test_queries_and_keys_are_bounded_in_number(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    monkeypatch.setattr(actions, "MOST_KEYS", 1)
    query = await saved(hub, firm.user)
    await a_key(hub, firm.user, query)

    answers = [await save(hub, firm.user, "more", NUMBERS), await make_key(hub, firm.user, query)]

    codes = [[one["code"] for one in answer.data["done"]["problems"]] for answer in answers]
    assert codes == [["REFUSED"], ["REFUSED"]]
