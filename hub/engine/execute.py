"""Runs a plan: its statements side by side, their bytes passed on, the rest by graphql-core."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, NamedTuple, Protocol

import asyncpg
import orjson
from graphql import GraphQLError, located_error
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from graphql.type import GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.actor import Actor
from hub.engine.effects import filled, lists_of, payload
from hub.engine.plan import Plan, Request, Statement
from hub.engine.price import Priced
from hub.engine.rows import Declined, refused
from hub.engine.sql import TOO_LARGE
from hub.engine.tree import Field
from hub.errors import BadInput, CostExceeded, HubError, Words
from schema.declare import Effect

AT_ONCE = 3
"""Statements of one operation that run at a time: others want connections too."""
VALUES = "22"
"""The class of SQLSTATE for values that do not fit."""


class Reads(Protocol):
    """Where statements are run."""

    async def value(self, actor: Actor, text: str, arguments: Sequence[Any]) -> bytes | None:
        """The one value of a statement."""


class Ran(NamedTuple):
    """What a statement answered: JSON, the points that it cost, the fields that it withheld."""

    data: bytes
    points: int
    withheld: int


class Answered(NamedTuple):
    """The JSON of `data`, and the errors of root fields that are null for them."""

    data: bytes
    errors: list[GraphQLError]


class Run:
    """One execution of a plan."""

    def __init__(self, plan: Plan, request: Request, reads: Reads) -> None:
        self._plan = plan
        self._request = request
        self._reads = reads
        self.points = 0
        self.answered: dict[str, bytes] = {}
        """What statements have answered, by response key."""
        self._declined: dict[str, Declined] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def whole(self, noted: "Notes") -> "Answered":
        """All data, with a null and an error for each root field that failed.

        Declined where graphql-core has to answer after all.
        """
        if self._plan.effects:
            found = [await _settled(self._changed, one, noted) for one in self._plan.prices]
        elif len(self._plan.fields) == 1:
            found = [await _settled(self._told, self._plan.fields[0].key, noted)]
        else:
            told = (_settled(self._told, key, noted) for key in self._plan.statements)
            found = await asyncio.gather(*told)
        if declined := next((one for one in found if isinstance(one, Declined)), None):
            raise declined
        parts: list[bytes] = []
        errors: list[GraphQLError] = []
        for field, one in zip(self._plan.fields, found, strict=True):
            if isinstance(one, Exception):
                errors.append(located_error(one, list(field.nodes), [field.key]))
                one = b"null"
            parts.append(b'"' + field.key.encode() + b'":' + one)
        return Answered(b"{" + b",".join(parts) + b"}", errors)

    async def _changed(self, one: Priced, noted: "Notes") -> bytes:
        """Do what a root field changes, one after the other, and show what became of it."""
        field = one.field
        effect: Effect = field.metadata["compiles"]
        self.points += one.cost.points - sum(each.cost.points for each in one.inside)
        lists = {}
        async with effect.act(noted, filled(field.given, self._request.variables)) as done:
            told, reads = done
            for inner in lists_of(field):
                statement = self._plan.effects[field.key][inner.key]
                request = self._request._replace(handed=told[inner.python_name])
                try:
                    ran = await self._ran(statement, request, noted, reads)
                except Declined as reason:  # graphql-core would do it again
                    raise _unshown(inner, reason) from None
                lists[inner.key] = ran.data
        return payload(field, told, lists)

    async def one(self, key: str, noted: "Notes") -> orjson.Fragment:
        """The value of one root field, to stand in a result of graphql-core."""
        return orjson.Fragment(await self._told(key, noted))

    async def _told(self, key: str, noted: "Notes") -> bytes:
        """What a statement answers. It is run once, whether it or another is declined."""
        if key in self.answered:
            return self.answered[key]
        if key in self._declined:
            raise self._declined[key].with_traceback(None)
        statement = self._plan.statements[key]
        try:
            async with self._turns:
                ran = await self._ran(statement, self._request, noted, self._reads)
        except Declined as reason:
            self._declined[key] = reason
            raise
        self.answered[key] = ran.data
        return ran.data

    async def _ran(
        self, statement: Statement, request: Request, noted: "Notes", reads: Reads
    ) -> Ran:
        """What a statement answers; what it cost and withheld is noted."""
        ran = await _run(statement, request, reads)
        self.points += ran.points
        if ran.withheld:
            for at, withheld in enumerate(statement.compiled.withheld):
                if ran.withheld >> at & 1:
                    getattr(noted, withheld.under).setdefault(withheld.coordinate, withheld.level)
        return ran


class Notes(Protocol):
    """Where it is noted what was withheld: the level by the coordinate."""

    denied: MutableMapping[str, str]
    masked: MutableMapping[str, str]


def _unshown(field: Field, reason: Declined) -> HubError:
    """Why a list of handed rows cannot be shown."""
    cause = reason.__cause__
    if isinstance(cause, HubError):
        return cause
    if TOO_LARGE not in str(cause):
        return BadInput(*reason.words, path=(field.key,))
    return CostExceeded(
        f"{field.coordinate} 的回答太大，未作任何修改",
        f"the answer of {field.coordinate} is too large; nothing was changed",
        hint=Words("少选字段，或减少行数", "ask for fewer fields, or bring fewer rows"),
        path=(field.key,),
    )


async def _settled(tell: Callable[..., Awaitable[bytes]], *given: Any) -> bytes | Exception:
    """What is told, or what fails; what is cancelled ends everything."""
    try:
        return await tell(*given)
    except Exception as error:  # noqa: BLE001  -- told at its field
        return error


async def _run(statement: Statement, request: Request, reads: Reads) -> Ran:
    try:
        arguments = statement.arguments(request)
    except HubError as refusal:
        raise refused() from refusal
    try:
        raw = await reads.value(request.actor, statement.compiled.text, arguments)
    except ValueError as error:
        raise Declined("数据库无法接受其中一个值", "a value does not fit") from error
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "").startswith(VALUES):
            raise Declined("数据库无法接受其中一个值", "a value does not fit") from error
        raise
    if raw is None:
        return Ran(b"null", 1, 0)
    # {"c" : 9, "w" : 0, "d" : …}: what stands before the answer holds two numbers.
    head, _, data = raw.partition(b', "d" : ')
    points, _, withheld = head.removeprefix(b'{"c" : ').partition(b', "w" : ')
    return Ran(data[:-1], int(points), int(withheld))


async def _in_turn(value: Awaitable[Any], turn: Callable[[], Awaitable[None]]) -> Any:
    found = await value
    await turn()
    return found


class Planned(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, with the statements of a plan for its root fields.

    What a statement declines as it runs is resolved here after all.
    """

    run: Run | None = None
    plan: Plan
    turn: Callable[[], Awaitable[None]] | None = None
    """What is waited for before anything is made of what was awaited, where that may be much."""

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """The value of one field."""
        given = (parent_type, source, field_details_list, path, position_context)
        if path.prev is None and self.run is not None and path.key in self.plan.statements:
            return self._told(self.run, *given)
        return super().execute_field(*given)

    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """What becomes of the value of one field, in its turn."""
        if self.turn is not None:
            result = _in_turn(result, self.turn)
        return await super().complete_awaitable_value(
            return_type, field_details_list, info, path, result, position_context
        )

    async def _told(
        self,
        run: Run,
        parent_type: GraphQLObjectType,
        source: Any,
        details: FieldDetailsList,
        path: Path,
        position: Any,
    ) -> Any:
        try:
            return await run.one(str(path.key), self.context_value)
        except Declined:
            found = super().execute_field(parent_type, source, details, path, position)
            return await found if isinstance(found, Awaitable) else found
        except Exception as error:
            field = self.schema.get_field(parent_type, details[0].node.name.value)
            if field is None:
                raise GraphQLError("no such field") from error
            self.handle_field_error(error, field.type, details, path)
            return None
