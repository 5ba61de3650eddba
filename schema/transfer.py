"""Instruments on their way from one organisation to another, as both see them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from hub.errors import BadInput
from hub.tables.organization import Organization as OrganizationRow
from schema.context import Info
from schema.ids import encode, key_of
from schema.organization import Organization
from schema.resolve import by_id


@strawberry.type(description="其他机构移交、待本机构接收的一件计量器具：接收之后才是本机构的")
class InstrumentOffer:
    """A line that is offered: what it is, and of whom."""

    id: strawberry.ID = strawberry.field(description="器具标识符，用于 acceptInstrument")
    version: int = strawberry.field(description="版本号，用于 acceptInstrument")
    name: str = strawberry.field(description="器具名称")
    asset_no: str | None = strawberry.field(description="现在的管理编号")
    model_spec: str | None = strawberry.field(description="型号规格")
    serial_no: str | None = strawberry.field(description="出厂编号")
    manufacturer: str | None = strawberry.field(description="制造单位")
    owner_id: strawberry.Private[UUID]

    @strawberry.field(description="移交的机构")
    async def owner(self, info: Info) -> Organization | None:
        found: Organization | None = await by_id(info.context, OrganizationRow, self.owner_id)
        return found

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "InstrumentOffer":
        """What the recipient is told of an offered line."""
        told = ("version", "name", "asset_no", "model_spec", "serial_no", "manufacturer")
        shown = {name: row[name] for name in (*told, "owner_id")}
        return cls(id=encode("Instrument", row["id"]), **shown)


@strawberry.input(description="向另一机构移交计量器具")
class TransferInstrumentInput:
    """An offer."""

    id: strawberry.ID = strawberry.field(description="标识符")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    to: str | None = strawberry.field(
        description="接收的机构：标识符或统一社会信用代码；null 撤回移交"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")

    @property
    def recipient(self) -> UUID | str | None:
        """The key of the organisation, or its USCC as given."""
        return None if self.to is None else _named(self.to)


@strawberry.input(description="接收其他机构移交的计量器具")
class AcceptInstrumentInput:
    """What is offered is taken."""

    id: strawberry.ID = strawberry.field(description="标识符，见 offeredInstruments")
    expected_version: int = strawberry.field(description="所见的版本号；已变则拒绝")
    asset_no: str | None = strawberry.field(
        default=None, description="本机构的管理编号；默认沿用原有的"
    )
    idempotency_key: str = strawberry.field(description="幂等键，每次新操作一个")


def _named(to: str) -> UUID | str:
    try:
        return key_of(to, "Organization", ("input", "to"))
    except BadInput:
        return to
