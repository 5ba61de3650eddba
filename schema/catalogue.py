"""The compulsory catalogue as clients see it."""

from datetime import date

from hub.tables.catalogue import CatalogueItem as CatalogueRow
from hub.vocabulary import CompulsoryPurpose
from schema.declare import P, column
from schema.noun import Noun, noun
from schema.source import Source, source


@noun(CatalogueRow, "强制管理计量器具目录中的一项")
class CatalogueItem(Noun):
    """One item of one edition of the catalogue."""

    edition: str = column(P, "目录版本：2020 或 1987", match=True, order=True)
    item_no: int | None = column(P, "项号；不详时为空", match=True, order=True)
    name: str = column(P, "名称", match=True, order=True)
    name_en: str | None = column(P, "英文名称", match=True)
    kinds: list[str] = column(P, "种别")
    supervision: str | None = column(P, "监管方式：P 型式批准，V 强制检定，P+V 两者", match=True)
    verification_form: str | None = column(P, "强检方式，按公布的原文")
    purposes: list[CompulsoryPurpose] = column(P, "用途")
    effective_from: date | None = column(P, "生效日期", match=True)
    superseded_on: date | None = column(P, "被代替日期", match=True)
    evidence: str | None = column(P, "数据依据")
    note: str | None = column(P, "说明")
    source: Source | None = source(P)
