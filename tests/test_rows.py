"""Pages of an edge: the same for a parent that is alone as for one among others."""

from typing import Any
from uuid import UUID

from sqlmodel import col

from hub.actor import PLATFORM
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from loaders.keyset import By, Page
from loaders.rows import Edge, Pages
from tests.doors import HubClient, counted
from tests.given import an_instrument, an_organization

OWNER_ID: Any = col(Instrument.owner_id)
OWNED = Edge(Instrument, (OWNER_ID,))
ORDER = (By("asset_no"), By("id"))
LAST = UUID(int=2**128 - 1)


async def an_owner(hub: HubClient) -> Organization:
    """An organisation with five instruments, A-0 to A-4."""
    owner = an_organization()
    await hub.all_given(owner, *(an_instrument(owner, asset_no=f"A-{at}") for at in range(5)))
    return owner


async def asset_numbers(hub: HubClient, page: Page, *owners: Organization) -> list[list[str]]:
    """Those on `page` of each of the owners, read at once."""
    named = [col(Instrument.asset_no) != "A-3"]
    async with hub.hub.database.reader(PLATFORM) as reader:
        found = await Pages(reader, OWNED, page, named).load_many([(one.id,) for one in owners])
    return [[row["asset_no"] for row in rows] for rows in found]


async def test_a_parent_has_the_same_page_alone_and_among_others(hub: HubClient) -> None:
    one, other = [await an_owner(hub) for _ in range(2)]
    pages = {
        Page(ORDER, 1): ["A-0", "A-1"],
        Page(ORDER, 9, start=("A-1", LAST)): ["A-2", "A-4"],
        Page(ORDER, 1, backward=True): ["A-4", "A-2"],
    }

    for page, expected in pages.items():
        alone = await asset_numbers(hub, page, one)
        among = await asset_numbers(hub, page, one, other, an_organization())

        assert [*alone, []] == [among[0], among[2]] == [expected, []]


async def test_the_page_of_a_parent_that_is_alone_takes_no_lateral_join(hub: HubClient) -> None:
    owner = await an_owner(hub)

    with counted(hub.hub) as statements:
        await asset_numbers(hub, Page(ORDER, 2), owner)

    (statement,) = statements
    assert "LATERAL" not in statement
