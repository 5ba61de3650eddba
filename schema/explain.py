"""What an operation would do, as clients read it: price, verdicts, statements, entities."""

import strawberry

from hub.actor import Level, Sight
from schema.costs import Listed

MOST_FIELDS = 1_000
"""Fields that an explanation lists; those beyond are counted."""


@strawberry.type(description="一次操作的代价，以及此调用者一次操作的上限")
class OperationCost:
    """What an operation may cost at most."""

    requested: int = strawberry.field(
        description="点数，不低于实际所花；等于 extensions.cost.requested 与响应头 x-cost-requested"
    )
    maximum: int = strawberry.field(description="一次操作至多的点数")
    rows: int = strawberry.field(description="计入上限的行数；部分的列表按常见的长度计")
    maximum_rows: int = strawberry.field(description="一次操作至多的行数")
    values: int = strawberry.field(description="计入上限的值的个数；长度不限的列表按常见的长度计")
    maximum_values: int = strawberry.field(description="一次操作至多的值的个数")


@strawberry.type(description="执行时会因此拒绝该操作的一个原因")
class ExplainedProblem:
    """One error that execution would answer with before any field runs."""

    code: str = strawberry.field(description="代码，同 errors 的 extensions.code")
    message: str = strawberry.field(description="说明，按 Accept-Language 为中文或英文")
    hint: str | None = strawberry.field(description="如何解决")
    path: list[str] = strawberry.field(description="指向变量中有问题的值")
    line: int | None = strawberry.field(description="文档中的行号，从 1 起")
    column: int | None = strawberry.field(description="文档中的列号，从 1 起")


@strawberry.type(description="调用者从一个字段得到什么：由级别、角色与行的归属决定，与行的内容无关")
class FieldVerdict:
    """What a caller gets of a field, by whose row it is."""

    level: Level = strawberry.field(description="字段的级别")
    sight: Sight | None = strawberry.field(description="对每一行都相同的所见；因行而异时为空")
    about_self: Sight | None = strawberry.field(
        description="在关于调用者本人的行上的所见；没有这样的行时为空"
    )
    own: Sight | None = strawberry.field(
        description="在本机构的（或经手、监管的）行上的所见；没有这样的行时为空"
    )
    other: Sight | None = strawberry.field(description="在其他行上的所见；没有这样的行时为空")
    reason: str = strawberry.field(description="理由")


@strawberry.type(description="答案中的一个字段；代价按它在整个答案中可出现的次数合计，含其下各层")
class ExplainedField:
    """One field of the answer, with everything under it."""

    path: list[str] = strawberry.field(description="从根到此字段的各个响应键")
    coordinate: str = strawberry.field(description="模式中的坐标，如 Instrument.name")
    points: int = strawberry.field(description="点数")
    rows: int = strawberry.field(description="计入上限的行数")
    values: int = strawberry.field(description="计入上限的值的个数")
    size: int | None = strawberry.field(description="每个上级之下至多几行；不是列表时为空")
    verdict: FieldVerdict | None = strawberry.field(
        description="可见性结论；信封（分页、回执）与值的成员没有自己的级别，为空"
    )


@strawberry.type(description="一个根字段如何作答")
class ExplainedRoot:
    """How a root field is answered."""

    key: str = strawberry.field(description="响应键")
    coordinate: str = strawberry.field(description="模式中的坐标")
    declined: str | None = strawberry.field(
        description="为何不由一条 SQL 语句作答而逐字段解析；由一条语句作答时为空"
    )
    statements: int | None = strawberry.field(
        description="将执行的语句数，除非参数或过长的列表被拒绝；取决于数据时为空"
    )
    rows: int = strawberry.field(description="至多给出多少个对象，同一对象出现几次计几次")
    sql: str | None = strawberry.field(
        description="将执行的 SQL；只对运维人员、数据管理员与审计员给出"
    )


@strawberry.type(description="一种对象至多给出多少个")
class ExplainedEntity:
    """The most objects of one noun."""

    noun: str = strawberry.field(description="类型名")
    most: int = strawberry.field(description="至多几个")


@strawberry.type(description="一次操作将做什么：由执行所用的同一计划得出，不执行其任何语句")
class Explanation:
    """What the plan of an operation says."""

    operation: str | None = strawberry.field(
        description="query、mutation 或 subscription；文档不可用时为空"
    )
    name: str | None = strawberry.field(description="操作名")
    cost: OperationCost | None = strawberry.field(description="代价与上限；文档不可用时为空")
    problems: list[ExplainedProblem] = strawberry.field(
        description="执行时会因此拒绝它的原因；没有则为空"
    )
    statements: int | None = strawberry.field(
        description="将执行的语句数，除非参数或过长的列表被拒绝；取决于数据时为空"
    )
    roots: list[ExplainedRoot] = strawberry.field(description="各根字段如何作答")
    fields: list[ExplainedField] = strawberry.field(
        description=f"答案的各个字段，先上级后下级；至多列出 {MOST_FIELDS} 个",
        metadata={"listed": Listed(MOST_FIELDS)},
    )
    omitted: int = strawberry.field(description="未列出的字段数")
    entities: list[ExplainedEntity] = strawberry.field(description="各种对象至多给出多少个")
