"""What a role never sees is not in its schema: not to be read, searched by, found or guessed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLSchema, assert_valid_schema, introspection_from_schema

from hub.actor import ANONYMOUS, Actor, Level
from hub.tables.organization import Organization
from hub.vocabulary import Role
from hub.web.documents import Documents
from hub.web.faults import own
from hub.web.problems import Rejected
from resolvers.root import build
from schema.declare import Declared, Spec
from schema.surface import STANDINGS, surface
from schema.view import Views
from tests.doors import Answer, HubClient
from tests.given import a_user, an_organization
from tests.walk import SPECS, declared

FULL = build()._schema
VIEWS = Views(FULL)
ROLES = [
    Role.ANONYMOUS,
    Role.USER,
    Role.ORG_ADMIN,
    Role.SYSTEM,
    Role.LAB_STAFF,
    Role.REGULATOR,
    Role.OPERATOR,
    Role.AUDITOR,
    Role.DATA_STEWARD,
]
STAFF = {Role.LAB_STAFF, Role.REGULATOR, Role.DATA_STEWARD}
OF_PEOPLE = {"Personnel", "User"}
"""The nouns of which one row may be about the caller."""
ABSENT = "zzzzzzzz"
"""A name that there is nowhere, and that resembles none."""


def view(role: Role) -> GraphQLSchema:
    return VIEWS.of(Actor(roles=frozenset({role})))


def is_never_seen(role: Role, spec: Spec, field: Declared) -> bool:
    """The table of levels by role in the requirements, asked whether all is hidden."""
    match field.level:
        case Level.P:
            return False
        case Level.A | Level.O:
            return role is Role.ANONYMOUS
        case Level.S:
            return role not in STAFF
    can_be_masked = getattr(field, "mask", None) is not None and role in STAFF | {Role.ORG_ADMIN}
    is_somebody = spec.name in OF_PEOPLE and role is not Role.ANONYMOUS
    return not (can_be_masked or is_somebody)


def never_seen(role: Role) -> Iterator[tuple[str, str]]:
    """Type and name of every field, filter and order that is not there for `role`."""
    for spec in SPECS.values():
        for key, (name, field) in zip(spec.fields, declared(spec).items(), strict=True):
            if not is_never_seen(role, spec, field):
                continue
            yield spec.name, name
            yield f"{spec.name}Filter", name
            yield from ((f"{spec.name}Order", f"{key.upper()}_{way}") for way in ("ASC", "DESC"))


def hidden(role: Role) -> list[tuple[str, str]]:
    """Those of them that there are for others."""
    return [
        (kind, name)
        for kind, name in never_seen(role)
        if kind in FULL.type_map and name in members(FULL, kind)
    ]


def members(schema: GraphQLSchema, kind: str) -> set[str]:
    """The names of fields or values of a type."""
    found: Any = schema.type_map[kind]
    return set(found.values if hasattr(found, "values") else found.fields)


def introspected(schema: GraphQLSchema) -> dict[str, Any]:
    """Every type as introspection shows it, by its name; the order of types means nothing."""
    found: Any = introspection_from_schema(schema)["__schema"]
    for kind in found["types"]:
        kind["possibleTypes"] = sorted(kind["possibleTypes"] or [], key=lambda one: one["name"])
    return {kind["name"]: kind for kind in found["types"]}


def cut(types: dict[str, Any], gone: set[tuple[str, str]]) -> dict[str, Any]:
    """`types` without what is gone, and without the types that nothing leads to any more."""
    for name, kind in types.items():
        for part in ("fields", "inputFields", "enumValues"):
            if kind[part] is not None:
                kind[part] = [one for one in kind[part] if (name, one["name"]) not in gone]
    reached = {name for name in types if name.startswith("__")}
    left = [*reached, "Query", "Mutation", "Subscription"]
    while left:
        at = left.pop()
        reached.add(at)
        left.extend(set(re.findall(r'"name": "(\w+)"', json.dumps(led_to(types[at])))) - reached)
    return {name: kind for name, kind in types.items() if name in reached}


def led_to(kind: dict[str, Any]) -> list[Any]:
    """What introspection says of the types that a type leads to."""
    fields = kind["fields"] or []
    given = [*(kind["inputFields"] or []), *(one for field in fields for one in field["args"])]
    others = [*(kind["interfaces"] or []), *(kind["possibleTypes"] or [])]
    return [*(one["type"] for one in (*fields, *given)), *others]


@pytest.mark.parametrize("role", ROLES)
def test_introspection_shows_all_but_what_the_role_never_sees(role: Role) -> None:
    expected = cut(introspected(FULL), set(hidden(role)))

    assert_valid_schema(view(role))
    assert introspected(view(role)) == expected


def test_only_what_is_never_seen_makes_a_schema_of_its_own() -> None:
    laboratory = Actor(roles=frozenset({Role.LAB_STAFF, Role.USER}))

    assert VIEWS.of(laboratory) is view(Role.REGULATOR) is FULL
    assert view(Role.SYSTEM) is view(Role.AUDITOR) is view(Role.USER)
    assert VIEWS.of(ANONYMOUS) is VIEWS.of(Actor(roles=frozenset()))
    assert len({id(view(role)) for role in Role}) == 4


def test_scalars_and_whole_enums_are_those_of_the_full_schema() -> None:
    theirs = view(Role.ANONYMOUS)

    assert theirs.type_map["Decimal"] is FULL.type_map["Decimal"]
    assert theirs.type_map["OrgKind"] is FULL.type_map["OrgKind"]
    assert theirs.type_map["OrganizationOrder"] is FULL.type_map["OrganizationOrder"]


def document(schema: GraphQLSchema, kind: str, name: str) -> str:
    """A document that asks for a member of a type, or for the type where that is gone too."""
    if kind not in schema.type_map:
        return f"fragment F on {name} {{ __typename }} {{ ...F }}"
    if kind.endswith("Filter"):
        return f"query($given: {kind} = {{{name}: null}}) {{ __typename }}"
    if kind.endswith("Order"):
        return f"query($given: {kind} = {name}) {{ __typename }}"
    return f'{{ node(id: "x") {{ ... on {kind} {{ id other: {name} {{ id }} }} }} }}'


def refusal(schema: GraphQLSchema, text: str, *, insider: bool) -> list[Any]:
    """Everything that is told of why a document is refused."""
    with pytest.raises(Rejected) as rejected:
        Documents().read(text, schema, insider=insider)
    return [
        (error.message, error.locations, own(error).words, own(error).hint, own(error).code)  # type: ignore[union-attr]  # all are refusals of ours
        for error in rejected.value.errors
    ]


def unhelped(told: str) -> str:
    """What is told without the names that resemble the one that was asked for."""
    return re.sub(r" Did you mean .*?\?", "", re.sub(r"\. Did.*?\? Found", ", found", told))


@pytest.mark.parametrize("insider", [True, False], ids=["insider", "outsider"])
@pytest.mark.parametrize("role", ROLES)
def test_what_is_never_seen_is_refused_like_a_name_that_does_not_exist(
    role: Role, insider: bool
) -> None:
    schema = view(role)

    for kind, name in hidden(role):
        asked = name if kind in schema.type_map else kind
        known = members(schema, kind) if kind in schema.type_map else set(schema.type_map)
        told = repr(refusal(schema, document(schema, kind, asked), insider=insider))
        absent = repr(refusal(schema, document(schema, kind, ABSENT), insider=insider))

        suggested = re.findall(r"'(\w+)'", "".join(re.findall(r"Did you mean (.*?)\?", told)))
        assert set(suggested) <= (known if insider else set())
        assert unhelped(told) == absent.replace(ABSENT, asked)


def told_by(line: str) -> set[str]:
    """The standings that a line of the surface says see a field."""
    who = line.split("  ")[-1]
    if who.startswith("all "):
        return set(STANDINGS) - (
            {Role.ANONYMOUS} if who.startswith("all but ANONYMOUS ") else set()
        )
    return {name for name in STANDINGS if name in re.split("[ ;]", who)}


def test_the_surface_names_those_who_see_a_field_at_all() -> None:
    lines = surface(FULL).splitlines()
    fields = {
        match[1]: told_by(line)
        for line in lines
        if (match := re.match(r"(\w+\.\w+)", line)) and match[1].split(".")[0] in SPECS
    }

    for name, (role, *_) in STANDINGS.items():
        missing = {at for at, who in fields.items() if name not in who}
        assert missing == {f"{kind}.{at}" for kind, at in hidden(role) if kind in SPECS}


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Organization:
    return await hub.given(an_organization())


async def ask(
    hub: HubClient, firm: Organization, role: Role, text: str, **variables: Any
) -> Answer:
    """The answer to someone of an enterprise with `role`; to an event stream if it subscribes."""
    who = None if role is Role.ANONYMOUS else await hub.given(a_user(firm, role))
    headers = {"accept": "text/event-stream"} if text.startswith("subscription") else None
    return await hub.ask(text, as_=who, headers=headers, **variables)


@pytest.mark.parametrize(
    ("role", "text", "name"),
    [
        (Role.USER, "{ users { nodes { id NAME } } }", "lastLoginAt"),
        (Role.AUDITOR, "{ organizations { nodes { NAME name } } }", "contactPhone"),
        (Role.ORG_ADMIN, "{ __typename ...F } fragment F on NAME { ok }", "StandardCheck"),
        (Role.ANONYMOUS, "{ instruments { nodes { id owner: NAME { name } } } }", "owner"),
        (Role.ANONYMOUS, "{ instruments(filter: {NAME: {eq: 1}}) { nodes { id } } }", "assetNo"),
        (Role.ANONYMOUS, "{ instruments(order: [NAME]) { nodes { id } } }", "ASSET_NO_ASC"),
        (
            Role.USER,
            "subscription { instrumentChanged { instrument { owner { NAME } } } }",
            "contactName",
        ),
    ],
    ids=["field", "contact", "type", "edge", "filter", "order", "event"],
)
async def test_over_http_it_is_refused_before_anything_runs(
    hub: HubClient, firm: Organization, role: Role, text: str, name: str
) -> None:
    answer = await ask(hub, firm, role, text.replace("NAME", name))
    absent = await ask(hub, firm, role, text.replace("NAME", ABSENT))

    told, expected = (
        unhelped(re.sub(r'"requestId":"\w+"', "", one.response.text)) for one in (answer, absent)
    )
    assert '"VALIDATION_FAILED"' in told
    assert told == expected.replace(ABSENT, name)
    assert answer.response.status_code == absent.response.status_code
    assert answer.statements == []


async def test_a_filter_in_a_variable_is_refused_like_one_that_does_not_exist(
    hub: HubClient, firm: Organization
) -> None:
    text = "query($given: InstrumentFilter) { instruments(filter: $given) { nodes { id } } }"

    told, absent = [
        await ask(hub, firm, Role.ANONYMOUS, text, given={"not": {name: {"eq": "x"}}})
        for name in ("assetNo", ABSENT)
    ]

    assert told.codes == absent.codes == ["BAD_INPUT"]
    assert told.errors[0]["message"] == absent.errors[0]["message"].replace(ABSENT, "assetNo")


@pytest.mark.parametrize(("role", "told"), [(Role.USER, None), (Role.LAB_STAFF, "StandardCheck")])
async def test_introspection_over_http_is_that_of_the_role(
    hub: HubClient, firm: Organization, role: Role, told: str | None
) -> None:
    text = """{ __type(name: "StandardCheck") { name } __schema { types { name } } }"""

    answer = await ask(hub, firm, role, text)

    assert (answer.data["__type"] or {}).get("name") == told
    assert {one["name"] for one in answer.data["__schema"]["types"]} == set(view(role).type_map)
