"""Root fields about operations: what this one costs, and what another one would do."""

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from hub.errors import BadInput
from schema.context import Info
from schema.explain import Explanation, OperationCost


@strawberry.type
class ExplainQuery:
    """Prices and plans."""

    @strawberry.field(
        description="解释一次操作：价格、可见性、语句与用量；不执行它。不可执行的原因列在 problems",
        metadata={"weight": 1, "statements": 0},
    )
    def explain(
        self,
        info: Info,
        document: Annotated[str, strawberry.argument(description="GraphQL 文档")],
        variables: Annotated[
            JSON | None, strawberry.argument(description="变量，即请求中 variables 的同一对象")
        ] = None,
        operation_name: Annotated[
            str | None, strawberry.argument(description="文档中有多个操作时，其中一个的名称")
        ] = None,
    ) -> Explanation | None:
        if variables is not None and not isinstance(variables, dict):
            raise BadInput(
                "variables 须为 JSON 对象", "variables is a JSON object", path=("variables",)
            )
        return info.context.briefing.explain(document, variables, operation_name)

    @strawberry.field(description="本次操作自身的代价与上限", metadata={"statements": 0})
    def cost(self, info: Info) -> OperationCost | None:
        return info.context.briefing.cost()
