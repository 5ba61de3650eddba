"""Exports through the door: who may ask, see, cancel and download; links and their end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.actions.export import MOST
from hub.jobs import exports
from hub.jobs.retention import expire
from hub.links import PATH, Links
from hub.vocabulary import Role, UserState
from hub.web.downloads import takes_gzip
from schema.ids import key_of
from tests.doors import HubClient, key
from tests.exports.verbs import (
    EXPORT,
    Requester,
    a_requester,
    ask,
    asked,
    cancel,
    changed,
    exported,
    file,
    now,
    rows,
    stored,
    work,
)
from tests.given import a_user, an_instrument, an_organization


@pytest.fixture(autouse=True)
async def _nothing_waits(hub: HubClient) -> None:
    await changed(hub, "DELETE FROM export")


async def test_the_same_key_asks_for_one_export_and_another_input_is_refused(
    hub: HubClient, firm: Requester
) -> None:
    again = key()

    first = await ask(hub, firm.user, key_=again)
    second = await ask(hub, firm.user, key_=again)
    other = await ask(hub, firm.user, format_="CSV", key_=again)

    assert first.data["done"]["export"]["id"] == second.data["done"]["export"]["id"]
    assert (first.data["done"]["replayed"], second.data["done"]["replayed"]) == (False, True)
    assert other.codes == ["IDEMPOTENCY_MISMATCH"]


async def test_keys_that_come_at_once_ask_for_one_export(hub: HubClient, firm: Requester) -> None:
    again = key()

    answers = await asyncio.gather(*(ask(hub, firm.user, key_=again) for _ in range(5)))

    assert len({answer.data["done"]["export"]["id"] for answer in answers}) == 1


async def test_only_certain_roles_may_export(hub: HubClient) -> None:
    clerk = await a_requester(hub, Role.USER)

    given = {"noun": "FEE_ITEM", "format": "CSV", "idempotencyKey": key()}
    brief = "mutation($input: ExportDataInput!) { exportData(input: $input) { replayed } }"

    answer = await ask(hub, clerk.user)
    outsider = await hub.ask(brief, input=given)

    assert answer.codes == ["FORBIDDEN"]
    assert outsider.codes == ["UNAUTHENTICATED"]


async def test_an_export_is_seen_by_who_asked_for_it_and_by_nobody_else(
    hub: HubClient, firm: Requester
) -> None:
    colleague = await hub.given(a_user(firm.owner, Role.ORG_ADMIN))
    steward = await hub.given(a_user(await hub.given(an_organization()), Role.DATA_STEWARD))
    export = await exported(hub, firm.user)

    for other in (colleague, steward, None):
        answer = await hub.ask(EXPORT, as_=other, id=export["id"])
        assert answer.data is None or answer.data["export"] is None
    listed = await hub.ask("{ exports { nodes { id } } }", as_=firm.user)

    assert listed.data["exports"]["nodes"] == [{"id": export["id"]}]


async def test_others_cannot_cancel_an_export(hub: HubClient, firm: Requester) -> None:
    export = await asked(hub, firm.user)
    colleague = await hub.given(a_user(firm.owner, Role.ORG_ADMIN))

    answer = await cancel(hub, colleague, export)

    assert answer.codes == ["NOT_FOUND"]
    assert (await now(hub, firm.user, export))["state"] == "QUEUED"


async def test_what_is_cancelled_is_not_written_and_cannot_be_cancelled_twice(
    hub: HubClient, firm: Requester
) -> None:
    export = await asked(hub, firm.user)

    first = await cancel(hub, firm.user, export)
    await work(hub)
    second = await cancel(hub, firm.user, export)

    assert first.data["done"]["export"]["state"] == "CANCELLED"
    assert [one["code"] for one in second.data["done"]["problems"]] == ["REFUSED"]
    assert (await now(hub, firm.user, export))["url"] is None


async def test_an_account_has_a_bounded_number_of_unfinished_exports(
    hub: HubClient, firm: Requester
) -> None:
    for _ in range(MOST):
        await asked(hub, firm.user)

    beyond = await ask(hub, firm.user)

    assert [one["code"] for one in beyond.data["done"]["problems"]] == ["REFUSED"]


def forgeries(url: str, other: str) -> list[str]:
    link = url.removeprefix(PATH)
    key_, until, signature = link.split("-")
    return [
        f"{other.removeprefix(PATH).split('-')[0]}-{until}-{signature}",
        f"{key_}-{int(until) + 900}-{signature}",
        f"{key_}-{until}-{signature[:-1]}{'0' if signature[-1] != '0' else '1'}",
        f"{key_}-{until}",
        "é-1-2",
        "-",
    ]


async def test_a_link_that_was_altered_leads_nowhere(hub: HubClient, firm: Requester) -> None:
    rival = await a_requester(hub)
    export, other = await exported(hub, firm.user), await exported(hub, rival.user)

    for link in forgeries(export["url"], other["url"]):
        response = await hub.http.get(PATH + link)
        assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN"), link


async def test_a_link_ends_after_fifteen_minutes_and_says_so_in_both_languages(
    hub: HubClient, firm: Requester
) -> None:
    export = await exported(hub, firm.user)
    then = datetime.now(UTC) - timedelta(minutes=15, seconds=1)
    old = Links(hub.hub.keys).path(key_of(export["id"], "Export"), then)

    chinese = await hub.http.get(old)
    english = await hub.http.get(old, headers={"accept-language": "en"})

    assert (chinese.status_code, english.status_code) == (410, 410)
    assert chinese.json()["code"] == english.json()["code"] == "LINK_EXPIRED"
    assert chinese.json()["message"] == "下载链接已过期"
    assert english.json()["message"] == "the link has expired"


async def test_only_get_is_served(hub: HubClient, firm: Requester) -> None:
    export = await exported(hub, firm.user)

    response = await hub.http.post(export["url"])

    assert (response.status_code, response.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "change",
    ["state = 'CLOSED'", "roles = '{USER}'", "district = '3205'"],
    ids=["closed", "roles", "district"],
)
async def test_a_link_is_of_no_use_once_the_account_is_closed_or_has_other_rights(
    hub: HubClient, firm: Requester, change: str
) -> None:
    export = await exported(hub, firm.user)

    await changed(hub, f"UPDATE user_account SET {change} WHERE id = :id", id=firm.user.id)  # noqa: S608

    response = await file(hub, export)
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("after", ["at once", "midway"])
async def test_an_export_fails_when_its_account_is_closed(
    hub: HubClient, firm: Requester, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "A_PART", 100)
    await hub.all_given(*(an_instrument(firm.owner) for _ in range(120)))
    export = await asked(hub, firm.user)
    exporter = hub.hub.exporter()
    leased = await exporter.lease()
    assert leased is not None
    if after == "midway":
        exporter = _closing(hub, firm, pages=1)
    else:
        await _close(hub, firm)

    await exporter.work(leased)

    row = await stored(hub, export)
    assert (row.state, row.failure) == ("FAILED", "ACCOUNT")


async def _close(hub: HubClient, firm: Requester) -> None:
    closed = UserState.CLOSED.value
    await changed(
        hub, "UPDATE user_account SET state = :state WHERE id = :id", state=closed, id=firm.user.id
    )


def _closing(hub: HubClient, firm: Requester, pages: int) -> Any:
    """A worker that, once it has read so many pages, finds the account closed."""
    exporter = hub.hub.exporter()
    walk, left = exporter.walk, [pages]

    class Closing:
        columns = walk.columns

        async def page(self, *given: Any) -> Any:
            if left[0] == 0:
                raise AssertionError("a page was read for an account that is closed")
            found = await walk.page(*given)
            left[0] -= 1
            if left[0] == 0:
                await _close(hub, firm)
            return found

    return type(exporter)(exporter.database, Closing(), exporter.files)


async def test_files_are_let_go_of_after_a_week_and_those_that_are_waited_for_are_not(
    hub: HubClient, firm: Requester
) -> None:
    old, new = await exported(hub, firm.user), await exported(hub, firm.user)
    waiting = await asked(hub, firm.user)
    past = "UPDATE export SET expires_at = now() - interval '1 s' WHERE id = ANY(:ids)"
    ids = [key_of(one["id"], "Export") for one in (old, waiting)]
    await changed(hub, past, ids=ids)
    gone = await file(hub, old)

    await expire(hub.hub.database)

    listed = await hub.ask("{ exports { nodes { id } } }", as_=firm.user)
    assert gone.status_code == (await file(hub, old)).status_code == 410
    assert listed.data["exports"]["nodes"] == [{"id": one["id"]} for one in (waiting, new)]
    assert await rows(hub, new) == []


async def test_what_is_stored_of_cancelled_exports_is_let_go_of_soon(
    hub: HubClient, firm: Requester
) -> None:
    await hub.given(an_instrument(firm.owner))
    export = await exported(hub, firm.user)
    id_ = key_of(export["id"], "Export")
    await changed(hub, "UPDATE export SET state = 'CANCELLED' WHERE id = :id", id=id_)

    await expire(hub.hub.database)

    assert await hub.stored("SELECT 1 FROM export_part WHERE export_id = :id", id=id_) == []
    assert (await now(hub, firm.user, export))["state"] == "CANCELLED"


async def test_who_asked_and_that_it_was_written_are_in_the_audit(
    hub: HubClient, firm: Requester
) -> None:
    export = await exported(hub, firm.user)

    found = await hub.stored(
        "SELECT action, login FROM audit_event WHERE object_id = :id ORDER BY id",
        id=key_of(export["id"], "Export"),
    )

    assert [tuple(one) for one in found] == [
        ("exportData", firm.user.login_name),
        ("finishExport", "platform"),
    ]


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=1.0, *;q=0", True),
        ("xgzip", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(said: str, taken: bool) -> None:
    assert takes_gzip({"accept-encoding": said}) is taken
