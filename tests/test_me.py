"""Who is asking, and what a token is good for."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actions.session import issue_token, revoke
from hub.vocabulary import Role
from tests.doors import HubClient, id_of
from tests.given import a_user, an_organization

ME = "{ me { login roles permissions user { id loginName organization { name } } } }"
OWN = [
    "connector:write",
    "export:write",
    "instrument:transfer",
    "instrument:write",
    "personnel:write",
    "standard:write",
    "webhook:write",
]
ANYONE = "{ me { login roles permissions user { id } } }"


async def test_who_is_not_signed_in_is_anonymous_and_may_do_nothing(hub: HubClient) -> None:
    answer = await hub.ask(ANYONE)

    assert answer.data["me"] == {
        "login": "anonymous",
        "roles": ["ANONYMOUS"],
        "permissions": [],
        "user": None,
    }


@pytest.mark.parametrize(
    ("roles", "permissions"),
    [
        ([Role.USER], ["instrument:write"]),
        ([Role.ORG_ADMIN], OWN),
        ([Role.SYSTEM], OWN),
        ([Role.LAB_STAFF], ["certificate:import"]),
        ([Role.LAB_REVIEWER], []),
        ([Role.LAB_APPROVER], ["certificate:import", "certificate:issue", "export:write"]),
        ([Role.CUSTOMER_SERVICE], []),
        ([Role.FINANCE], []),
        ([Role.REGULATOR], ["export:write"]),
        ([Role.AUDITOR], []),
        ([Role.OPERATOR], ["connector:write", "user:write"]),
        (
            [Role.DATA_STEWARD],
            [
                "certificate:import",
                "connector:write",
                "export:write",
                "organization:write",
                "reference:write",
            ],
        ),
        ([Role.LAB_STAFF, Role.USER], ["certificate:import", "instrument:write"]),
    ],
)
async def test_a_caller_is_told_its_account_roles_and_permissions(
    hub: HubClient, roles: list[Role], permissions: list[str]
) -> None:
    owner = await hub.given(an_organization())
    user = await hub.given(a_user(owner, *roles))

    answer = await hub.ask(ME, as_=user)

    assert answer.data["me"] == {
        "login": user.login_name,
        "roles": sorted(roles),
        "permissions": permissions,
        "user": {
            "id": id_of(user),
            "loginName": user.login_name,
            "organization": {"name": owner.name},
        },
    }


@pytest.mark.parametrize(
    "sent",
    ["Bearer hub_" + "x" * 43, "Bearer nonsense", "Basic dTpw", "Bearer ", "hub_" + "x" * 43],
)
async def test_a_token_of_no_one_opens_nothing(hub: HubClient, sent: str) -> None:
    answer = await hub.ask(ME, headers={"authorization": sent})

    assert answer.response.status_code == 401
    assert answer.codes == ["UNAUTHENTICATED"]
    assert answer.data is None


async def test_a_token_that_was_revoked_opens_nothing_two_seconds_later_at_the_latest(
    hub: HubClient,
) -> None:
    user = await hub.given(a_user(await hub.given(an_organization())))
    now = datetime.now(UTC)
    database = hub.hub.database
    token = (await issue_token(database, user.login_name, ttl=timedelta(hours=1), now=now)).token
    headers = {"authorization": f"Bearer {token}"}
    assert (await hub.ask(ME, headers=headers)).data["me"]["login"] == user.login_name

    await revoke(database, token)
    hub.hub.identities.forget(token)

    assert (await hub.ask(ME, headers=headers)).codes == ["UNAUTHENTICATED"]
