"""How lines leave a ledger and come into one, as the tests send it."""

from typing import Any

from hub.tables.instrument import Instrument
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import Answer, Asker, HubClient, id_of, key
from tests.given import a_user, an_organization
from tests.ledger_verbs import SHOWN, Firm, done
from tests.walk import fitting

VERBS = {
    verb: f"mutation($input: {verb[0].upper()}{verb[1:]}Input!) "
    f"{{ done: {verb}(input: $input) {{ {SHOWN} }} }}"
    for verb in ("transferInstrument", "acceptInstrument", "restoreInstrument", "mergeInstruments")
}
OFFERED = """
query($first: Int, $after: String) {
  offeredInstruments(first: $first, after: $after) {
    nodes { id version name assetNo modelSpec serialNo manufacturer owner { uscc } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def a_keeper(hub: HubClient) -> Firm:
    """An enterprise and its administrator, stored."""
    owner = await hub.given(an_organization())
    return Firm(owner, await hub.given(a_user(owner, Role.ORG_ADMIN)))


async def run(hub: HubClient, verb: str, as_: User | None, **given: Any) -> Answer:
    """One of the verbs."""
    document = fitting(VERBS[verb], hub.view(as_))
    return await hub.ask(document, as_=as_, input={"idempotencyKey": key()} | given)


async def offer(
    hub: HubClient, as_: User | None, one: Instrument, to: str | None, version: int = 1
) -> Answer:
    """Offer a line to an organisation, or withdraw the offer."""
    return await run(hub, "transferInstrument", as_, id=id_of(one), expectedVersion=version, to=to)


async def accept(
    hub: HubClient, as_: User | None, one: Instrument, version: int = 2, **given: Any
) -> Answer:
    """Take an offered line."""
    return await run(hub, "acceptInstrument", as_, id=id_of(one), expectedVersion=version, **given)


async def hand_over(hub: HubClient, giver: Firm, taker: Firm, one: Instrument) -> None:
    """Let a line go from one ledger to another."""
    done(await offer(hub, giver.user, one, taker.owner.uscc))
    done(await accept(hub, taker.user, one))


async def restore(
    hub: HubClient, as_: User, one: Instrument, version: int = 2, **given: Any
) -> Answer:
    """Bring a retired line back, with an approval unless said otherwise."""
    said = {"reason": "误操作", "approved": True} | given
    return await run(hub, "restoreInstrument", as_, id=id_of(one), expectedVersion=version, **said)


async def merge(
    hub: HubClient, as_: User | None, keep: Instrument, drop: Instrument, **versions: int
) -> Answer:
    """Merge one line into another."""
    seen = {"keepVersion": 1, "dropVersion": 1} | versions
    return await run(hub, "mergeInstruments", as_, keep=id_of(keep), drop=id_of(drop), **seen)


async def offered(hub: HubClient, as_: Asker, **given: Any) -> Any:
    """A page of what is offered."""
    answer = await hub.ask(OFFERED, as_=as_, **given)
    assert answer.errors == []
    return answer.data["offeredInstruments"]


async def line(hub: HubClient, one: Instrument) -> Any:
    """A line as it is stored."""
    (found,) = await hub.stored("SELECT * FROM instrument WHERE id = :id", id=one.id)
    return found
