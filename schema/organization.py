"""Organisations as clients see them."""

from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

from hub.tables.capability import Capability as CapabilityRow
from hub.tables.instrument import Instrument as InstrumentRow
from hub.tables.organization import Organization as OrganizationRow
from hub.tables.qualification import Qualification as QualificationRow
from hub.tables.standard import MeasurementStandard as StandardRow
from hub.tables.webhook import Webhook as WebhookRow
from hub.vocabulary import OrgKind, VerifyState
from loaders.keyset import By
from schema.declare import A, P, R, column, many, one
from schema.masks import NAME, PHONE
from schema.noun import Noun, noun
from schema.page import Connection
from schema.source import Source, source

if TYPE_CHECKING:
    from schema.capability import Capability
    from schema.instrument import Instrument
    from schema.qualification import Qualification
    from schema.standard import MeasurementStandard
    from schema.webhook import Webhook

LazyOrganization = Annotated["Organization", strawberry.lazy("schema.organization")]
LazyInstrument = Annotated["Instrument", strawberry.lazy("schema.instrument")]
LazyCapability = Annotated["Capability", strawberry.lazy("schema.capability")]
LazyQualification = Annotated["Qualification", strawberry.lazy("schema.qualification")]
LazyWebhook = Annotated["Webhook", strawberry.lazy("schema.webhook")]
LazyMeasurementStandard = Annotated["MeasurementStandard", strawberry.lazy("schema.standard")]


@noun(OrganizationRow, "机构：企业、法定计量检定机构、校准实验室、行政机关等")
class Organization(Noun):
    """An organisation."""

    uscc: str | None = column(
        P, "统一社会信用代码（GB 32100-2015）；境外机构没有", match=True, order=True
    )
    country: str = column(P, "国家或地区（ISO 3166-1）", match=True)
    uscc_check_passed: bool | None = column(A, "统一社会信用代码校验位是否正确")
    name: str = column(P, "名称", match=True, order=True)
    former_names: list[str] = column(P, "曾用名")
    kinds: list[OrgKind] = column(P, "机构类型")
    district: str | None = column(P, "行政区划代码（GB/T 2260）", match=True, order=True)
    address: str | None = column(P, "地址")
    website: str | None = column(P, "网址")
    contact_name: str | None = column(R, "联系人", mask=NAME)
    contact_phone: str | None = column(R, "联系电话", mask=PHONE)
    key_energy_user: bool | None = column(A, "是否重点用能单位", match=True)
    parent: LazyOrganization | None = one(
        A, "上级机构", by=col(OrganizationRow.parent_id), match=True
    )
    children: Connection[LazyOrganization] | None = many(
        A, "下级机构", by=col(OrganizationRow.parent_id), order=(By("name"),)
    )
    verify_state: VerifyState | None = column(A, "核验状态")
    qualifications: Connection[LazyQualification] = many(
        P, "资质", by=col(QualificationRow.holder_id), order=(By("number"),)
    )
    capabilities: Connection[LazyCapability] = many(
        P, "技术能力", by=col(CapabilityRow.organization_id), order=(By("code"),)
    )
    measurement_standards: Connection[LazyMeasurementStandard] = many(
        P, "计量标准", by=col(StandardRow.owner_id), order=(By("code"),)
    )
    instruments: Connection[LazyInstrument] | None = many(
        A, "台账中可见的计量器具", by=col(InstrumentRow.owner_id)
    )
    webhooks: Connection[LazyWebhook] | None = many(
        A,
        "回调；只有本机构的管理员与系统账号可见",
        by=col(WebhookRow.owner_id),
        order=(By("name"),),
    )
    source: Source | None = source(A)
