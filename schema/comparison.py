"""Published key comparisons as clients see them."""

from decimal import Decimal

from hub.tables.comparison import DegreeOfEquivalence as DegreeRow
from schema.declare import P, column
from schema.noun import Noun, noun
from schema.source import Source, source


@noun(DegreeRow, "国际关键比对的等效度")
class DegreeOfEquivalence(Noun):
    """One degree of equivalence."""

    comparison_code: str = column(P, "比对代码", match=True, order=True)
    position: int = column(P, "在公布列表中的位置", order=True)
    release_year: int | None = column(P, "公布年份", match=True, order=True)
    doi: str | None = column(P, "公布文献")
    kcrv_value: Decimal | None = column(P, "关键比对参考值")
    kcrv_unit: str | None = column(P, "参考值的单位")
    kcrv_standard_uncertainty: Decimal | None = column(P, "参考值的标准不确定度")
    laboratory: str = column(P, "实验室", match=True, order=True)
    laboratory_ror: str | None = column(P, "实验室的 ROR 标识")
    d: Decimal | None = column(P, "等效度 D")
    unit: str | None = column(P, "D 与 U 的单位（D-SI）")
    u: Decimal | None = column(P, "扩展不确定度 U")
    k: Decimal | None = column(P, "包含因子 k")
    en: Decimal | None = column(P, "En = D / U；无 U 时为空", match=True, order=True)
    source: Source | None = source(P)
