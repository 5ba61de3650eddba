"""A small GraphQL server with the hub's contracts (cost, login, sockets) that carries the IDE."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.extensions import SchemaExtension
from strawberry.scalars import JSON

from hub.actor import Level, Sight
from hub.web.ide import ide_routes
from schema.explain import (
    ExplainedEntity,
    ExplainedField,
    ExplainedProblem,
    ExplainedRoot,
    Explanation,
    FieldVerdict,
    OperationCost,
)

TOKEN, LOGIN, PASSWORD = "token-of-the-enterprise", "enterprise", "correct horse"
COST = {"requested": 12, "actual": 9, "available": 988, "restoreRate": 50}


@strawberry.type(description="所属机构")
class Organization:
    name: str


@strawberry.type(description="计量器具：台账中的一行")
class Instrument:
    asset_no: str = strawberry.field(description="管理编号")
    name: str = strawberry.field(description="名称")
    resolution: Decimal = strawberry.field(description="分辨力")
    interval_months: int = strawberry.field(description="检定周期（月）")
    owner: Organization | None
    remark: str | None = strawberry.field(description="备注", deprecation_reason="改用 notes")


@strawberry.type
class InstrumentPage:
    nodes: list[Instrument]


@strawberry.type
class Change:
    pos: int
    by: str


def ledger(first: int) -> list[Instrument]:
    """`first` instruments; the second has no owner, every third a remark that looks a formula."""
    return [
        Instrument(
            asset_no=f"JL-{number:04}",
            name=f"数字压力计 {number} 号",
            resolution=Decimal("0.010") * number,
            interval_months=6 * (1 + number % 4),
            owner=None if number == 2 else Organization(name="苏州示范企业"),
            remark="=HYPERLINK(1)" if number % 3 == 0 else None,
        )
        for number in range(1, first + 1)
    ]


def caller(info: strawberry.Info) -> str:
    """The login behind the token, from the header or from the socket's connectionParams."""
    params = info.context.get("connection_params") or {}
    token = params.get("token") or info.context["request"].headers.get("authorization", "")[7:]
    if token != TOKEN:
        raise GraphQLError("需要登录", extensions={"code": "UNAUTHENTICATED"})
    return LOGIN


def told(problems: list[ExplainedProblem], points: int) -> Explanation:
    """What the ledger's query would do, and the reasons why it would be refused."""
    verdict = FieldVerdict(
        level=Level.O,
        sight=None,
        about_self=None,
        own=Sight.CLEAR,
        other=Sight.MASKED,
        reason="O 级（所属机构）：本机构的行完整，其他行脱敏",
    )
    paths = [["instruments"], ["instruments", "nodes"], ["instruments", "nodes", "name"]]
    rows, values = points - 1, 3 * points
    return Explanation(
        operation="query",
        name=None,
        cost=OperationCost(
            requested=points,
            maximum=1_000,
            rows=rows,
            maximum_rows=50_000,
            values=values,
            maximum_values=200_000,
        ),
        problems=problems,
        statements=1,
        roots=[
            ExplainedRoot(
                key="instruments",
                coordinate="Query.instruments",
                declined=None,
                statements=1,
                rows=rows,
                sql="SELECT 1",
            )
        ],
        fields=[
            ExplainedField(
                path=path,
                coordinate=".".join(path),
                points=points,
                rows=rows,
                values=values,
                size=None,
                verdict=one,
            )
            for path, one in zip(paths, (None, None, verdict), strict=True)
        ],
        omitted=0,
        entities=[ExplainedEntity(noun="Instrument", most=rows)],
    )


@strawberry.type
class Query:
    @strawberry.field(description="解释一次操作")
    def explain(
        self, document: str, variables: JSON | None = None, operation_name: str | None = None
    ) -> Explanation | None:
        first = variables["first"] if isinstance(variables, dict) else 25
        words = f"此操作可得 {first + 1} 点，上限为 1000"
        dear = ExplainedProblem(
            code="COST_EXCEEDED", message=words, hint="减小 first", path=[], line=None, column=None
        )
        return told([dear] if first >= 1_000 else [], first + 1)

    @strawberry.field(description="本机构的计量器具台账")
    def instruments(self, info: strawberry.Info, first: int = 20) -> InstrumentPage:
        caller(info)
        return InstrumentPage(nodes=ledger(first))

    @strawberry.field(description="问候，不必登录")
    def hello(self) -> str:
        return "你好"


@strawberry.type
class Subscription:
    @strawberry.subscription(description="台账的变更")
    async def changes(self, info: strawberry.Info, count: int = 3) -> AsyncIterator[Change]:
        by = caller(info)
        for pos in range(1, count + 1):
            yield Change(pos=pos, by=by)


class Priced(SchemaExtension):
    """Adds the hub's cost to every answer."""

    def get_results(self) -> dict[str, object]:
        return {"cost": COST}


async def login(request: Request) -> JSONResponse:
    """The login contract: {login, password} to {token, expiresAt}."""
    if await request.json() != {"login": LOGIN, "password": PASSWORD}:
        return JSONResponse({"message": "登录名或口令不对"}, status_code=401)
    expires = datetime.now(UTC) + timedelta(hours=1)
    return JSONResponse({"token": TOKEN, "expiresAt": expires.isoformat()})


def small_hub() -> Starlette:
    """The application: /graphql over HTTP and sockets, /auth/login and the IDE."""
    schema = strawberry.Schema(query=Query, subscription=Subscription, extensions=[Priced])
    graphql: GraphQL[None, None] = GraphQL(schema, graphql_ide=None)
    return Starlette(
        routes=[
            Route("/graphql", graphql),
            WebSocketRoute("/graphql", graphql),
            Route("/auth/login", login, methods=["POST"]),
            *ide_routes(),
        ]
    )
