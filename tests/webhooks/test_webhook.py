"""Webhooks through the door: who may keep them, what they may be, what is told of their secrets."""

import base64

import pytest

from hub.actions.webhook import MOST
from hub.actor import GRANTS, Can
from hub.errors import Unavailable
from hub.keys import Keyring
from hub.sealing import Vault
from hub.vocabulary import OrgKind, Role
from tests.doors import HubClient, id_of, key
from tests.given import a_user, an_organization
from tests.webhooks.receiver import Receiver
from tests.webhooks.verbs import (
    WEBHOOK,
    Keeper,
    a_hook,
    a_keeper,
    changed,
    do,
    done,
    refused,
    run,
    seen,
)

URL = "https://erp.example.com/hub"
LISTS = """
{ webhooks { totalCount nodes { id url } }
  organizations(first: 100, order: [UPDATED_AT_DESC]) { nodes { webhooks { nodes { id } } } } }
"""


async def test_the_secret_is_told_once_and_kept_sealed(hub: HubClient, keeper: Keeper) -> None:
    given = {"name": "erp", "url": URL, "idempotencyKey": key()}
    first = done(await do(hub, keeper.admin, "createWebhook", **given))
    again = done(await do(hub, keeper.admin, "createWebhook", **given))

    raw = base64.b64decode(first["secret"].removeprefix("whsec_"))
    stored = str(await hub.stored("SELECT to_jsonb(w) FROM webhook w"))
    stored += str(await hub.stored("SELECT answer FROM idempotency_key"))
    stored += str(await hub.stored("SELECT fields FROM audit_event"))
    assert len(raw) == 32
    assert again["webhook"]["id"] == first["webhook"]["id"]
    assert (again["secret"], again["replayed"]) == (None, True)
    assert first["secret"].removeprefix("whsec_") not in stored
    assert raw.hex() not in stored


async def test_a_rotation_tells_the_new_secret_once_and_how_long_the_old_one_lives(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    given = {"id": hook.id, "expectedVersion": 1, "idempotencyKey": key()}

    first = done(await do(hub, keeper.admin, "rotateWebhookSecret", **given))
    again = done(await do(hub, keeper.admin, "rotateWebhookSecret", **given))
    late = await do(hub, keeper.admin, "rotateWebhookSecret", **given | {"idempotencyKey": key()})

    assert first["secret"].startswith("whsec_")
    assert first["secret"] != hook.secret
    assert first["webhook"]["previousSecretUntil"] is not None
    assert (again["secret"], again["webhook"]["version"]) == (None, 2)
    assert refused(late) == ("CONFLICT", ["expectedVersion"])
    assert late.data["done"]["secret"] is None


def test_a_sealed_secret_opens_with_the_key_that_sealed_it_and_for_its_webhook_only() -> None:
    old, new = Keyring("k1", {"k1": b"1" * 32}), Keyring("k2", {"k2": b"2" * 32, "k1": b"1" * 32})
    sealed = Vault(old).seal(b"secret", "a webhook")

    assert Vault(new).open(sealed, "a webhook") == b"secret"
    assert Vault(new).seal(b"secret", "a webhook").startswith("k2:")
    for vault, text, about in (
        (Vault(Keyring("k2", {"k2": b"2" * 32})), sealed, "a webhook"),
        (Vault(old), sealed, "another"),
        (Vault(old), sealed[:-4] + "AAAA", "a webhook"),
        (Vault(old), "", "a webhook"),
    ):
        with pytest.raises(Unavailable):
            vault.open(text, about)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ANONYMOUS])
async def test_administrators_and_systems_keep_webhooks_and_no_one_else_sees_them(
    hub: HubClient, keeper: Keeper, receiver: Receiver, role: Role
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    may = Can.WEBHOOK_WRITE in GRANTS.get(role, frozenset())
    user = await hub.given(a_user(keeper.owner, role, district="32"))

    created = await do(hub, user, "createWebhook", name=role.value, url=URL)
    found = await hub.ask(WEBHOOK, as_=user, id=hook.id)

    assert may == (role in {Role.ORG_ADMIN, Role.SYSTEM})
    assert created.codes == ([] if may else ["FORBIDDEN"])
    assert (found.data["webhook"] is not None) == may


async def test_the_administrator_of_a_laboratory_keeps_its_webhooks(hub: HubClient) -> None:
    lab = await hub.given(an_organization(OrgKind.CALIBRATION_LAB))
    admin = await hub.given(a_user(lab, Role.ORG_ADMIN, Role.LAB_APPROVER))

    told = done(await do(hub, admin, "createWebhook", name="lims", url=URL))

    assert told["webhook"]["state"] == "ACTIVE"


async def test_nothing_of_a_webhook_is_shown_to_or_touched_by_another_organisation(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    rival = (await a_keeper(hub)).admin
    asked = {"id": hook.id, "expectedVersion": 1}

    lists = await hub.ask(LISTS, as_=rival)
    one = await hub.ask(WEBHOOK, as_=rival, id=hook.id)
    node = await hub.ask("query($id: ID!) { node(id: $id) { id } }", as_=rival, id=hook.id)
    anyone = await hub.ask("query($id: ID!) { node(id: $id) { id } }", id=hook.id)
    after = (await seen(hub, hook))["cursor"]
    answers = [
        await do(hub, rival, "updateWebhook", **asked, url=URL),
        await do(hub, rival, "rotateWebhookSecret", **asked),
        await do(hub, rival, "deleteWebhook", **asked),
        await do(hub, rival, "replayWebhook", **asked, after=after),
        await do(hub, rival, "testWebhook", id=hook.id),
    ]

    assert lists.errors == []
    assert hook.id not in lists.response.text
    assert receiver.url not in lists.response.text
    assert one.data["webhook"] is None
    assert (node.data["node"], anyone.data["node"]) == (None, None)
    assert [answer.codes for answer in answers] == [["NOT_FOUND"]] * 5
    assert (await seen(hub, hook))["version"] == 1


async def test_its_organisation_finds_it_in_every_list(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    document = "query($id: ID!) { organization(id: $id) { webhooks { nodes { id } } } }"

    listed = await hub.ask(LISTS, as_=keeper.admin)
    owned = await hub.ask(document, as_=keeper.admin, id=id_of(keeper.owner))
    unknown = await do(hub, None, "testWebhook", id=hook.id)

    assert listed.data["webhooks"] == {
        "totalCount": 1,
        "nodes": [{"id": hook.id, "url": receiver.url}],
    }
    assert owned.data["organization"]["webhooks"]["nodes"] == [{"id": hook.id}]
    assert unknown.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/hub",
        "https://erp.example.com:80/",
        "https://user:secret@erp.example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://[::1]/",
        "https:///hub",
        "erp.example.com",
        "ftp://erp.example.com:443/",
        "https://erp.example.com/" + "x" * 2_048,
        "",
    ],
)
async def test_where_no_webhook_may_go_is_refused_at_the_url(
    hub: HubClient, keeper: Keeper, url: str
) -> None:
    created = await do(hub, keeper.admin, "createWebhook", name="erp", url=url)
    made = done(await do(hub, keeper.admin, "createWebhook", name="erp", url=URL))["webhook"]
    given = {"id": made["id"], "expectedVersion": 1, "url": url}
    updated = await do(hub, keeper.admin, "updateWebhook", **given)

    assert refused(created) == refused(updated) == ("BAD_INPUT", ["url"])


async def test_a_name_is_needed_and_is_of_one_webhook_until_that_is_deleted(
    hub: HubClient, keeper: Keeper
) -> None:
    first = done(await do(hub, keeper.admin, "createWebhook", name="erp", url=URL))["webhook"]

    nameless = await do(hub, keeper.admin, "createWebhook", name=" ", url=URL)
    second = await do(hub, keeper.admin, "createWebhook", name=" erp ", url=URL)
    gone = done(await do(hub, keeper.admin, "deleteWebhook", id=first["id"], expectedVersion=1))
    third = await do(hub, keeper.admin, "createWebhook", name="erp", url=URL)

    assert refused(nameless) == ("REFUSED", ["name"])
    assert refused(second) == ("CONFLICT", ["name"])
    assert gone["webhook"] is None
    assert done(third)["webhook"]["id"] != first["id"]
    sql = "SELECT secret, previous_secret FROM webhook WHERE retired_at IS NOT NULL"
    assert ("", None) in [tuple(row) for row in await hub.stored(sql)]


async def test_an_organisation_has_a_bounded_number_of_them(hub: HubClient, keeper: Keeper) -> None:
    for at in range(MOST):
        done(await do(hub, keeper.admin, "createWebhook", name=str(at), url=URL))

    one_more = await do(hub, keeper.admin, "createWebhook", name="more", url=URL)

    assert refused(one_more) == ("REFUSED", [])


async def test_what_is_left_out_of_an_update_stays(hub: HubClient, keeper: Keeper) -> None:
    made = done(
        await do(hub, keeper.admin, "createWebhook", name="erp", url=URL, types=["CERTIFICATE"])
    )["webhook"]
    asked = {"id": made["id"]}

    renamed = done(
        await do(hub, keeper.admin, "updateWebhook", **asked, expectedVersion=1, name="mes")
    )["webhook"]
    paused = done(
        await do(
            hub,
            keeper.admin,
            "updateWebhook",
            **asked,
            expectedVersion=2,
            state="PAUSED",
            types=[],
        )
    )["webhook"]

    assert renamed == made | {"name": "mes", "version": 2}
    assert paused == renamed | {
        "version": 3,
        "state": "PAUSED",
        "pauseReason": "OWNER",
        "types": [],
    }


async def test_each_change_is_audited_by_name_and_no_one_hears_of_it_as_a_change(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    asked = {"id": hook.id}
    start = (await seen(hub, hook))["cursor"]
    await run(hub, "UPDATE webhook SET is_behind = false")  # as a look at the feed leaves it
    done(await do(hub, keeper.admin, "updateWebhook", **asked, expectedVersion=1, name="mes"))
    done(await do(hub, keeper.admin, "rotateWebhookSecret", **asked, expectedVersion=2))
    done(await do(hub, keeper.admin, "replayWebhook", **asked, expectedVersion=3, after=start))
    done(await do(hub, keeper.admin, "testWebhook", **asked))
    done(await do(hub, keeper.admin, "deleteWebhook", **asked, expectedVersion=4))
    await changed(hub, keeper.owner)

    sql = "SELECT action FROM audit_event WHERE object_type = 'Webhook' AND subject_id = :id"
    rows = await hub.stored(f"{sql} ORDER BY id", id=keeper.admin.id)
    document = "query($a: String) { changes(after: $a) { nodes { type } } }"
    heard = await hub.ask(document, as_=keeper.admin, a=start)
    assert [row.action for row in rows] == [
        "createWebhook",
        "updateWebhook",
        "rotateWebhookSecret",
        "replayWebhook",
        "testWebhook",
        "deleteWebhook",
    ]
    assert heard.data["changes"]["nodes"] == [{"type": "INSTRUMENT"}]


async def test_a_cursor_that_is_none_is_refused_before_anything_is_sent_again(
    hub: HubClient, keeper: Keeper, receiver: Receiver
) -> None:
    hook = await a_hook(hub, keeper.admin, receiver)
    asked = {"id": hook.id, "expectedVersion": 1}

    answer = await do(hub, keeper.admin, "replayWebhook", **asked, after="nonsense")

    assert answer.codes == ["BAD_INPUT"]
    assert (await seen(hub, hook))["version"] == 1
