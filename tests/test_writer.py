"""What one write refuses whatever action asks for it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col

from hub.actor import ANONYMOUS, Actor
from hub.errors import BadInput, Unauthenticated
from hub.policy import readable
from hub.tables.instrument import Instrument
from hub.values import differ, fen
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import an_instrument, an_organization


def keeper(owner_id: UUID) -> Actor:
    """Who keeps the ledger of an organisation."""
    return Actor(login="erp", organization_id=owner_id, roles=frozenset({Role.SYSTEM}))


async def test_a_number_outside_its_range_is_bad_input_and_no_conflict(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    row = an_instrument(owner, purchase_price=Decimal(-1))

    with pytest.raises(BadInput):
        async with hub.hub.database.writer(keeper(owner.id)) as db:
            await db.add(row, action="test")


async def test_nobody_unknown_holds_an_idempotency_key(hub: HubClient) -> None:
    async def work() -> dict[str, Any]:
        return {}

    with pytest.raises(Unauthenticated):
        async with hub.hub.database.writer(ANONYMOUS) as db:
            await db.once("key", "test", {}, work)


async def test_a_change_of_a_zero_only_is_written(hub: HubClient) -> None:
    owner = await hub.given(an_organization())
    stored = await hub.given(an_instrument(owner, scale_interval_value=Decimal("0.1")))
    mine, longer = col(Instrument.id) == stored.id, Decimal("0.10")

    for _ in range(2):
        async with hub.hub.database.writer(keeper(owner.id)) as db:
            row = await db.one(readable(db.actor, Instrument).where(mine))
            await db.change(row, action="test", scale_interval_value=longer)

    (found,) = await hub.stored("SELECT * FROM instrument WHERE id = :id", id=stored.id)
    assert (str(found.scale_interval_value), found.version) == ("0.10", 2)


def test_every_zero_of_a_measured_value_counts() -> None:
    assert differ(Decimal("0.1"), Decimal("0.10"))
    assert not differ(Decimal("0.10"), Decimal("0.10"))
    assert differ(None, Decimal(0))
    assert not differ("a", "a")


@pytest.mark.parametrize("unfit", ["-0.01", "0.001", "1000000000000", "1e50", "1e-50"])
def test_money_is_not_negative_whole_fen_and_below_a_trillion(unfit: str) -> None:
    assert str(fen(Decimal("10.5"))) == "10.50"
    assert str(fen(Decimal("999999999999.990"))) == "999999999999.99"
    with pytest.raises(BadInput):
        fen(Decimal(unfit), "fee")
