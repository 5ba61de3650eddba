"""Instruments that had another owner: what is not its successor's, and what holds all the same."""

import pytest

from hub.tables.standard import StandardInstrument
from hub.vocabulary import Role
from tests.career_verbs import a_keeper, hand_over, line, merge
from tests.doors import HubClient
from tests.given import (
    a_certificate,
    a_laboratory,
    a_standard,
    a_user,
    an_instrument,
    an_organization,
)
from tests.ledger_verbs import Firm, done
from tests.test_instrument_merge import an_id

HELD = """
SELECT c.instrument_id AS certified, c.version, e.object_id AS known, s.instrument_id AS used
FROM certificate c, external_id e, standard_instrument s
WHERE c.id = :certificate AND e.object_id IN (:one, :other) AND s.standard_id = :standard
"""


@pytest.fixture
async def giver(hub: HubClient) -> Firm:
    return await a_keeper(hub)


async def a_firm(hub: HubClient, *roles: Role) -> Firm:
    owner = await hub.given(an_organization())
    return Firm(owner, await hub.given(a_user(owner, *roles)))


@pytest.mark.parametrize("roles", [(Role.ORG_ADMIN,), (Role.ORG_ADMIN, Role.LAB_STAFF)])
async def test_a_merger_takes_nothing_that_is_the_former_owners(
    hub: HubClient, giver: Firm, roles: tuple[Role, ...]
) -> None:
    taker = await a_firm(hub, *roles)
    lab, standard = await hub.given(a_laboratory()), await hub.given(a_standard(giver.owner))
    given, own = an_instrument(giver.owner), an_instrument(taker.owner)
    await hub.all_given(given, own)
    paper = await hub.given(a_certificate(lab.organization, given))
    used = StandardInstrument(standard_id=standard.id, instrument_id=given.id)
    await hub.all_given(an_id(given, "G-1"), used)
    await hand_over(hub, giver, taker, given)

    done(await merge(hub, taker.user, own, given, dropVersion=3))

    keys = {"one": given.id, "other": own.id}
    (held,) = await hub.stored(HELD, certificate=paper.id, standard=standard.id, **keys)
    assert (held.certified, held.known, held.used) == (given.id, given.id, given.id)
    assert held.version == 1
    stays = await line(hub, own)
    assert (stays.last_date, stays.due_date, stays.certificate_no) == (None, None, None)
