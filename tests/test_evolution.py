"""How the schema changes: what is outdated or gone names its successor, and which schema it is."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType, build_schema

from hub.actor import ANONYMOUS, Actor
from hub.vocabulary import Role
from hub.web.body import Asked
from hub.web.channels import Shared
from hub.web.documents import Documents
from hub.web.door import Caller
from hub.web.operations import Operations
from hub.web.problems import Rejected
from resolvers.root import build
from schema.evolution import RETIRED, Retired, misled, outdated, version
from schema.view import Views
from tests.doors import Answer, HubClient
from tests.feed.verbs import now, numbered
from tests.given import a_user, an_instrument, an_organization
from tests.ledger_verbs import a_firm, create

SDL = Path(__file__).parents[1] / "examples" / "schema.graphqls"
FULL = build()._schema
VIEWS = Views(FULL)
DAY = date(2026, 11, 23)
GONE = (
    Retired("Instrument.assetNumber", "Instrument.assetNo", DAY),
    Retired("Query.instruments(where:)", "Query.instruments(filter:)", DAY),
    Retired("InstrumentFilter.assetNumber", "InstrumentFilter.assetNo", DAY),
    Retired("InstrumentState.SCRAP", "InstrumentState.SCRAPPED", DAY),
    Retired("Personnel.mobile", "Personnel.phone", DAY),
)
USES = {
    "Instrument.assetNumber": "{ instruments { nodes { ...n } } }"
    " fragment n on Instrument { assetNumber }",
    "Query.instruments(where:)": "{ instruments(where: {}) { nodes { id } } }",
    "InstrumentFilter.assetNumber": '{ instruments(filter: {assetNumber: {eq: "1"}}) {'
    " nodes { id } } }",
    "InstrumentState.SCRAP": "{ instruments(filter: {status: {eq: SCRAP}}) { nodes { id } } }",
}


def refusals(document: str, actor: Actor, retired: Sequence[Retired] = GONE) -> list[Any]:
    """Why a document is refused to `actor`."""
    insider = not actor.is_anonymous
    with pytest.raises(Rejected) as refusal:
        Documents(retired).read(document, VIEWS.of(actor), insider=insider)
    return [error.original_error for error in refusal.value.errors]


USER = Actor(roles=frozenset({Role.USER}))


@pytest.mark.parametrize("coordinate", USES)
def test_who_asks_for_what_is_gone_is_told_of_its_successor(coordinate: str) -> None:
    (gone,) = [one for one in GONE if one.coordinate == coordinate]

    (told,) = refusals(USES[coordinate], USER)

    assert told.code == "FIELD_RETIRED"
    for words in (*told.words, *told.hint):
        assert gone.successor in words
    assert coordinate in told.words.zh
    assert str(DAY) in told.words.zh


def test_what_was_never_there_is_no_field_that_is_gone() -> None:
    told = refusals("{ instruments { nodes { assetNumber colour } } nothing }", USER)

    assert sorted(one.code for one in told) == [
        "FIELD_RETIRED",
        "VALIDATION_FAILED",
        "VALIDATION_FAILED",
    ]


def test_who_never_sees_the_successor_hears_what_is_said_of_a_name_there_never_was() -> None:
    asked = '{ node(id: "1") { ... on Personnel { mobile } } }'

    hidden = refusals(asked, ANONYMOUS)
    absent = refusals(asked.replace("mobile", "xxxxxx"), ANONYMOUS)
    seen = refusals(asked, Actor(roles=frozenset({Role.ORG_ADMIN})))

    assert [one.words.zh for one in hidden] == [
        one.words.zh.replace("xxxxxx", "mobile") for one in absent
    ]
    assert {one.code for one in hidden} == {"VALIDATION_FAILED"}
    assert {one.code for one in seen} == {"FIELD_RETIRED"}


async def test_a_removed_field_is_told_through_the_door_in_the_language_of_the_caller(
    hub: HubClient,
) -> None:
    operations = Operations(hub.hub, hub.hub.settings)
    operations._documents = Documents(GONE)
    user = await hub.given(a_user(await hub.given(an_organization())))
    caller = Caller({}, await hub.token(user), "en", "evolution")
    asked = Asked(USES["Instrument.assetNumber"])

    outcome = await operations.answer(asked, caller, {OperationType.QUERY})

    (error,) = outcome.errors
    assert error["message"].startswith("Instrument.assetNumber was removed on 2026-11-23")
    assert error["extensions"]["code"] == "FIELD_RETIRED"
    assert error["extensions"]["hint"] == "replace it by Instrument.assetNo"
    assert operations.problems.status(error, "application/json") == 200


@pytest.mark.parametrize(
    ("sdl", "retired", "fault"),
    [
        ('a: Int @deprecated(reason: "old")', (), "say since when and for what"),
        (f'a: Int @deprecated(reason: "{outdated(DAY, "Query.c")}")', (), "which is not there"),
        ("a: Int", (Retired("Query.a", "Query.b", DAY),), "still there"),
        ("a: Int", (Retired("Query.z", "Query.c", DAY),), "which is not there"),
        ("a: Int", (Retired("Query.z", "Query.b(x:)", DAY),), "which is not there"),
    ],
)
def test_a_successor_that_is_not_there_is_a_fault(
    sdl: str, retired: Sequence[Retired], fault: str
) -> None:
    schema = build_schema(f"type Query {{ {sdl} b(y: Int): Int }}")

    (found,) = misled(schema, retired)

    assert fault in found


def test_what_is_outdated_says_since_when_and_what_to_use_instead() -> None:
    subscription = FULL.type_map["Subscription"]

    reason = subscription.fields["instrumentChanged"].deprecation_reason  # type: ignore[attr-defined]

    assert reason == "自 2026-11-23 起弃用，请改用 Subscription.changes(types:)"
    assert list(misled(FULL, RETIRED)) == []


def test_the_version_of_the_schema_is_the_digest_of_its_text() -> None:
    assert version(build()) == sha256(SDL.read_bytes()).hexdigest()[:12]


async def test_every_answer_says_of_which_schema_it_is(hub: HubClient) -> None:
    firm = await a_firm(hub)
    await hub.given(an_instrument(firm.owner))

    answers: list[Answer] = [
        await hub.ask("{ instruments { nodes { name } } }", as_=firm.user),
        await hub.ask("{ me { roles } enumLabels { name } }", as_=firm.user),
        await hub.ask("{ instruments(first: 101) { nodes { name } } }", as_=firm.user),
        await hub.ask("{ nothing }"),
        await hub.ask("{"),
        await create(hub, firm.user, name="n", assetNo="V-1"),
    ]

    told = {answer.body["extensions"]["schemaVersion"] for answer in answers}
    assert told == {version(hub.hub.schema)}


async def test_every_event_says_so_too(hub: HubClient) -> None:
    firm = await a_firm(hub)
    operations = Operations(hub.hub, hub.hub.settings)
    caller = Caller({}, await hub.token(firm.user), "zh", "evolution")
    start = await now(hub, firm.user)
    await hub.given(an_instrument(firm.owner))
    await numbered(hub)
    asked = Asked("subscription($a: String) { changes(after: $a) { id } }", {"a": start})

    async with aclosing(operations.events(asked, caller)) as events:
        told = await anext(events)

    assert isinstance(told, Shared)
    (_, body), *_ = told.answers
    assert version(hub.hub.schema).encode() in body
