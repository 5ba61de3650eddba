"""syncFees, as the tests send it: a data steward, a notice, and the lines of it."""

from dataclasses import dataclass
from typing import Any

from hub.tables.fee import FeeDocument
from hub.tables.user import User
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_fee_document, a_name, a_user, an_organization
from tests.sync_registers import Register

FEES = Register(
    verb="syncFees",
    shown="feeItem { id version code price effectiveFrom effectiveTo }",
    noun="FeeItem",
    table="fee_item",
    owner="document_id",
    key="code",
    row={"instrumentName": "压力表", "chargeUnit": "块", "nature": "MARKET", "price": "30"},
    change="note",
)


@dataclass(frozen=True)
class Office:
    """A data steward, and a notice that is in the library."""

    steward: User
    notice: FeeDocument

    def line(self, at: int, begins: str | None = "2020-01-01", **members: Any) -> dict[str, Any]:
        """The line `at` of the notice, of an item of its own unless said otherwise."""
        given = {"document": self.notice.title, "effectiveFrom": begins, **members}
        return FEES.a_row(at, **given)


async def an_office(hub: HubClient) -> Office:
    """A data steward and a notice, stored."""
    steward = await hub.given(a_user(await hub.given(an_organization()), Role.DATA_STEWARD))
    return Office(steward, await hub.given(a_fee_document(number=a_name("苏价"))))


async def stored(hub: HubClient, office: Office) -> list[tuple[Any, ...]]:
    """Code, version and days of the lines of the notice."""
    sql = """SELECT code, version, effective_from, effective_to FROM fee_item
             WHERE document_id = :id ORDER BY code, effective_from"""
    return list(map(tuple, await hub.stored(sql, id=office.notice.id)))
