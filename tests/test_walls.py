"""Wall one: which rows and which fields each caller is shown, asked of everything there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from graphql import GraphQLSchema

from hub.actor import ANONYMOUS, Actor, Level
from hub.exchange import ConnectorKind
from hub.policy import readable
from hub.tables.base import Row, Table
from hub.tables.certificate import (
    CertificateBasis,
    MeasurementPoint,
    MeasurementResult,
    StandardUsed,
)
from hub.tables.document import DocumentAdoption
from hub.tables.instrument import Instrument
from hub.tables.journal import AuditEvent, IdempotencyKey, InboxChange
from hub.tables.personnel import CertifiedItem
from hub.tables.standard import StandardDocument, StandardInstrument, StandardOperator
from hub.tables.user import AccessToken, User
from hub.vocabulary import AdoptionState, CertificateState, PersonnelCertificateKind, Role
from schema.declare import Column
from tests.doors import Answer, HubClient, id_of
from tests.given import (
    a_certificate,
    a_conflict,
    a_connector,
    a_credential,
    a_delivery,
    a_document,
    a_laboratory,
    a_message,
    a_person,
    a_request,
    a_saved_query,
    a_standard,
    a_step,
    a_task,
    a_user,
    a_webhook,
    an_application,
    an_export,
    an_export_key,
    an_instrument,
    an_item,
    an_organization,
)
from tests.walk import SPECS, connections, declared, noun_of, objects, shown

NODES = "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {} {{ {} }} }} }}"
MARK = "secret-"


@dataclass(frozen=True)
class World:
    """Two laboratories, two enterprises in two districts, and everything that they have."""

    rows: Mapping[str, Row]
    users: Mapping[str, User]

    def seen_in(self, answer: Answer) -> set[str]:
        """The names of the rows that a `nodes(ids)` of all of them shows."""
        both = zip(self.rows, answer.data["nodes"], strict=True)
        return {name for name, node in both if node is not None}


def secret(word: str) -> str:
    """A text that must come out nowhere unless it is allowed to."""
    return f"{MARK}{word}-{MARK}{word}"


@pytest.fixture(scope="module")
async def world(hub: HubClient) -> World:
    lab, other_lab = a_laboratory(), a_laboratory(district="320600")
    firm = an_organization(
        contact_name=secret("contact"),
        contact_phone="13812345678",
        key_energy_user=True,
        source_system=secret("source of the firm"),
        parent_id=lab.organization.id,
    )
    rival = an_organization(district="320600")
    office = an_organization(district="320000")
    person = a_person(
        lab.organization,
        staff_no=secret("staff number"),
        name=secret("name"),
        title=secret("title"),
        resident_id="000000194912310027",
        phone="13912345678",
        email="secret-mail@example.com",
        photo_url=secret("photo"),
        education=secret("education"),
        birth_date=date(1949, 12, 31),
        discipline=[{"date": "2024-01-02", "text": secret("discipline")}],
        source_system=secret("source of the person"),
    )
    paper = a_credential(person, PersonnelCertificateKind.VERIFIER, number=secret("number"))
    check = {"date": "2024-01-02", "value": "0.0123456", "limit": "0.0654321", "ok": True}
    standard = a_standard(
        lab.organization,
        keeper_id=person.id,
        stability=[check],
        repeatability=[check],
        source_system=secret("source of the standard"),
    )
    document = a_document(file_url=secret("file"))
    adoption = DocumentAdoption(
        document_id=document.id,
        organization_id=lab.organization.id,
        state=AdoptionState.TRANSITION,
        transition_until=date(2049, 1, 2),
    )
    certified = an_instrument(firm, name=secret("certified"), custodian=secret("custodian"))
    plain = an_instrument(firm, name=secret("plain"))
    rivals = an_instrument(rival, name=secret("rival's"))
    labs = an_instrument(lab.organization, name=secret("lab's"))
    issued = a_certificate(lab.organization, certified, number=secret("issued"))
    draft = a_certificate(lab.organization, certified, state=CertificateState.DRAFT)
    revoked = a_certificate(lab.organization, certified, state=CertificateState.REVOKED)
    others = a_certificate(other_lab.organization, rivals)
    webhook = a_webhook(firm, name=secret("webhook"), url=f"https://example.com/{secret('url')}")
    delivery = a_delivery(webhook, body=secret("body"))
    bureau = a_connector(ConnectorKind.LICENSING)
    erp = a_connector(ConnectorKind.ERP, firm, name=secret("connector"))
    conflict = a_conflict(erp, certified, theirs=secret("theirs"))
    request = a_request(firm, lab.organization, note=secret("note"))
    task = a_task(bureau, lab.organization, certified, reason=secret("reason"))
    application = an_application(bureau, firm, item=secret("item"))
    users = {
        "user": a_user(firm, Role.USER),
        "admin": a_user(firm, Role.ORG_ADMIN),
        "system": a_user(firm, Role.SYSTEM),
        "rival": a_user(rival, Role.USER, Role.ORG_ADMIN),
        "stranger": a_user(elsewhere := an_organization(), Role.USER),
        "lab staff": a_user(lab.organization, Role.LAB_STAFF),
        "reviewer": a_user(lab.organization, Role.LAB_REVIEWER),
        "service": a_user(lab.organization, Role.CUSTOMER_SERVICE),
        "finance": a_user(lab.organization, Role.FINANCE),
        "other lab": other_lab.user,
        "regulator": a_user(office, Role.REGULATOR, district="3205"),
        "other regulator": a_user(office, Role.REGULATOR, district="3206"),
        "province": a_user(office, Role.REGULATOR, district="32"),
        "no district": a_user(office, Role.REGULATOR),
        "auditor": a_user(office, Role.AUDITOR),
        "operator": a_user(office, Role.OPERATOR),
        "steward": a_user(office, Role.DATA_STEWARD),
    }
    export = an_export(users["admin"], columns=[secret("columns")])
    query = a_saved_query(users["admin"], title=secret("title"), document=secret("document"))
    query_key = an_export_key(query)
    owned: dict[str, Any] = {"issuer_id": lab.organization.id, "client_id": firm.id, "position": 0}
    await hub.all_given(
        lab, other_lab, firm, rival, office, elsewhere, person, paper, standard, document, adoption,
        certified, plain, rivals, labs, issued, draft, revoked, others, webhook, delivery,
        *(user for user in users.values() if user is not other_lab.user),
        export, query, query_key,
        bureau, erp, a_message(erp, body=secret("message")), conflict, request,
        an_item(request, certified), task, application,
        a_step(application, handler=secret("handler")),
        StandardInstrument(standard_id=standard.id, instrument_id=labs.id),
        StandardOperator(standard_id=standard.id, person_id=person.id),
        StandardDocument(standard_id=standard.id, document_id=document.id),
        CertificateBasis(certificate_id=issued.id, document_id=document.id, **owned),
        StandardUsed(certificate_id=issued.id, name=secret("used"), **owned),
        MeasurementResult(certificate_id=issued.id, parameter=secret("parameter"), **owned),
        MeasurementPoint(certificate_id=issued.id, result=0, unit=secret("unit"), **owned),
    )  # fmt: skip
    rows: dict[str, Row] = {
        "certified": certified, "plain": plain, "rivals": rivals, "labs": labs,
        "issued": issued, "draft": draft, "revoked": revoked, "others": others,
        "adoption": adoption, "person": person, "paper": paper, "webhook": webhook,
        "export": export, "query": query, "key": query_key,
        "erp": erp, "conflict": conflict,
        "request": request, "task": task, "application": application,
        "firm": firm, "standard": standard, "document": document, "right": lab.qualification,
        "capability": lab.capability, "fee": lab.fee_item, "notice": lab.fee_document,
        "item": next(row for row in lab.papers if isinstance(row, CertifiedItem)),
    }  # fmt: skip
    return World(rows, users)


PUBLIC = {"firm", "standard", "document", "right", "capability", "fee", "notice"}
KNOWN = PUBLIC | {"person", "paper", "item"}
FIRMS = {"certified", "plain", "issued", "revoked", "request", "task", "application"}
LABS = {"certified", "labs", "issued", "draft", "revoked", "adoption", "request", "task"}
RIVALS = {"rivals", "others"}
SAVED = {"query", "key"}
KEPT = {"erp"}
SEEN: dict[str, set[str]] = {
    "user": FIRMS | SAVED | {"conflict"},
    "admin": FIRMS | SAVED | KEPT | {"conflict", "webhook", "export"},
    "system": FIRMS | SAVED | KEPT | {"conflict", "webhook"},
    "rival": RIVALS,
    "stranger": set(),
    "lab staff": LABS,
    "reviewer": LABS,
    "service": LABS,
    "finance": LABS,
    "other lab": RIVALS,
    "regulator": FIRMS | {"labs", "adoption"},
    "other regulator": RIVALS,
    "province": FIRMS | RIVALS | {"labs", "adoption"},
    "no district": set(),
    "auditor": set(),
    "operator": KEPT,
    "steward": FIRMS | RIVALS | KEPT | {"conflict", "labs", "adoption"},
}


@pytest.mark.parametrize("name", SEEN)
async def test_each_role_sees_its_own_rows_and_no_others(
    hub: HubClient, world: World, name: str
) -> None:
    ids = [id_of(row) for row in world.rows.values()]

    answer = await hub.ask(NODES.format("Node", "id"), as_=world.users[name], ids=ids)

    assert world.seen_in(answer) == KNOWN | SEEN[name]


async def test_without_signing_in_the_public_libraries_are_all_there_is(
    hub: HubClient, world: World
) -> None:
    answer = await hub.ask(NODES.format("Node", "id"), ids=list(map(id_of, world.rows.values())))

    assert world.seen_in(answer) == PUBLIC


@pytest.mark.parametrize("name", SEEN)
async def test_lists_hold_the_same_rows_as_ids_lead_to(
    hub: HubClient, world: World, name: str
) -> None:
    instruments = {id_of(row) for row in world.rows.values() if isinstance(row, Instrument)}
    document = """
    query($mark: String!) {
      instruments(filter: {name: {startsWith: $mark}}, first: 100) { nodes { id } }
    }
    """

    answer = await hub.ask(document, as_=world.users[name], mark=MARK)

    listed = {node["id"] for node in answer.data["instruments"]["nodes"]}
    expected = {id_of(world.rows[row]) for row in SEEN[name]} & instruments
    assert listed & instruments == expected


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("user", {"user"}),
        ("admin", {"user", "admin", "system"}),
        ("rival", {"rival"}),
        ("lab staff", {"lab staff"}),
        ("auditor", {"auditor"}),
        ("regulator", {"regulator"}),
        ("steward", {"steward"}),
    ],
)
async def test_accounts_are_seen_by_themselves_and_by_the_administrator(
    hub: HubClient, world: World, name: str, seen: set[str]
) -> None:
    ids = [id_of(user) for user in world.users.values()]

    answer = await hub.ask(NODES.format("Node", "id"), as_=world.users[name], ids=ids)

    both = zip(world.users, answer.data["nodes"], strict=True)
    assert {at for at, node in both if node is not None} == seen


async def test_an_operator_sees_every_account_but_no_number_to_call(
    hub: HubClient, world: World
) -> None:
    document = NODES.format("User", "loginName phone email")
    ids = [id_of(user) for user in world.users.values()]

    answer = await hub.ask(document, as_=world.users["operator"], ids=ids)

    assert all(node["loginName"] for node in answer.data["nodes"])
    assert answer.noted("denied") == {"User.phone", "User.email"}


@dataclass(frozen=True)
class Look:
    """All that a caller was shown of everything, and what the hub says it withheld."""

    objects: Sequence[dict[str, Any]]
    withheld: set[str]
    text: str


def documents(schema: GraphQLSchema, world: World) -> set[str]:
    """Queries for all that there is in a schema, and once more along each of its edges."""
    nouns = {type(row).__name__ for row in world.rows.values()}
    by_id = {NODES.format(name, one) for name in nouns for one in shown(schema, name)}
    by_list = {
        f"{{ {root}(first: 15) {{ nodes {{ {one} }} }} }}"
        for root, name in connections(schema).items()
        for one in shown(schema, name)
    }
    return by_id | by_list


async def look_at_everything(hub: HubClient, world: World, who: User | None) -> Look:
    """Ask for every field of every noun, by id and by list, and along every edge.

    What is not in the schema of who asks is asked for as well, and refused.
    """
    ids = [id_of(row) for row in world.rows.values()]
    theirs = documents(hub.view(who), world)
    beyond = documents(hub.hub.schema._schema, world) - theirs
    answers = [
        await hub.ask(document, as_=who, ids=some)
        for document in theirs
        for some in (ids[::2], ids[1::2])  # all at once would be too dear
        if "$ids" in document or some[0] == ids[0]
    ]
    assert not [answer.errors for answer in answers if answer.errors]
    for document in beyond:
        refused = await hub.ask(document, as_=who, ids=ids)
        assert set(refused.codes) == {"VALIDATION_FAILED"}
        assert refused.data is None
    return Look(
        [one for answer in answers for one in objects(answer.data)],
        {at for answer in answers for kind in ("denied", "masked") for at in answer.noted(kind)},
        "\n".join(answer.response.text for answer in answers),
    )


CALLERS: dict[str | None, set[Level]] = {None: {Level.P}, "stranger": {Level.P, Level.A}}
"""Who owns nothing here, and the levels that are clear to it."""


@pytest.mark.parametrize("caller", CALLERS, ids=str)
async def test_no_value_above_the_level_of_who_asks_comes_out_of_any_field(
    hub: HubClient, world: World, caller: str | None
) -> None:
    clear = CALLERS[caller]
    stored = await values_of(hub, world)

    look = await look_at_everything(hub, world, world.users[caller] if caller else None)

    leaked, withheld, held_back = [], set(), set()
    for one in look.objects:
        spec = SPECS[one["__typename"]]
        own = one["__typename"] == "User"  # the only rows here that are the stranger's own
        for name, field in declared(spec).items():
            if name not in one or own or field.level in clear:
                continue
            at = f"{spec.name}.{name}"
            withheld.add(at)
            value = stored.get(one.get("id", ""), {}).get(name)
            if value is not None:
                held_back.add(at)
            is_masked = isinstance(field, Column) and field.mask and caller is not None
            if one[name] is not None and (not is_masked or one[name] == value):
                leaked.append((at, one[name]))
    assert leaked == []
    assert withheld <= look.withheld
    assert held_back == {at for at in withheld if is_stored_somewhere(at)}


async def test_no_secret_stands_anywhere_in_what_an_outsider_is_sent(
    hub: HubClient, world: World
) -> None:
    look = await look_at_everything(hub, world, None)

    assert MARK not in look.text
    assert not {"13812345678", "13912345678", "000000194912310027", "0.0123456"} & set(
        look.text.split('"')
    )


async def test_each_row_that_is_hidden_is_hidden_along_every_edge(
    hub: HubClient, world: World
) -> None:
    hidden = {id_of(row) for name, row in world.rows.items() if name not in KNOWN}

    look = await look_at_everything(hub, world, world.users["stranger"])

    assert not hidden & {one.get("id") for one in look.objects}


def is_stored_somewhere(at: str) -> bool:
    """Whether a coordinate is a column: edges and computed fields have no stored value."""
    noun, name = at.split(".")
    return isinstance(declared(SPECS[noun])[name], Column)


async def values_of(hub: HubClient, world: World) -> dict[str, dict[str, Any]]:
    """What is stored of each row of the world, by node id and GraphQL name."""
    found = {}
    for row in world.rows.values():
        table = type(row)
        columns = {
            name: getattr(row, field.of.key if field.of is not None else key)
            for (name, field), key in zip(
                declared(SPECS[noun_of(table)]).items(), SPECS[noun_of(table)].fields, strict=True
            )
            if isinstance(field, Column)
        }
        found[id_of(row)] = {
            name: value for name, value in columns.items() if value not in (None, [], "")
        }
    return found


@pytest.mark.parametrize("table", [AuditEvent, InboxChange, IdempotencyKey])
def test_a_table_without_a_policy_can_be_read_by_nobody(table: type[Table]) -> None:
    for actor in (ANONYMOUS, Actor(roles=frozenset(Role))):
        with pytest.raises(LookupError, match=table.__name__):
            readable(actor, table)


def test_tokens_can_be_selected_by_nobody() -> None:
    everything = Actor(roles=frozenset(Role))

    assert "false" in str(readable(everything, AccessToken)).lower()
