"""A small schema with every way to go right and wrong, and the door to it."""

import asyncio
import enum
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NewType, Optional, cast

import strawberry
from graphql import GraphQLSchema
from starlette.datastructures import UploadFile
from strawberry.file_uploads import Upload, UploadDefinition
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from hub.actor import Actor
from hub.errors import BadInput, Busy, NotFound, Unauthenticated, Words
from hub.vocabulary import Role
from schema.context import Briefing
from tests.patience import patiently


@dataclass
class Context:
    """One operation of the toy."""

    token: str | None
    language: str
    told: dict[str, Any] = field(default_factory=dict)


STAFF = frozenset({"staff"})
Info = strawberry.Info[Context, None]
Mass = NewType("Mass", Decimal)


def _mass(value: object) -> Mass:
    if not isinstance(value, str) or not value.isdecimal():
        raise BadInput(
            "质量应为数字文本", "a mass is a text of digits", hint=Words("如 28", "as 28")
        )
    return Mass(Decimal(value))


@strawberry.enum
class Unit(enum.Enum):
    """Units of the toy."""

    GRAM = "g"
    HIDDEN_UNIT = "s"


@strawberry.input
class Weight:
    """A weight to be found."""

    mass: Mass
    unit: Unit = Unit.GRAM


@strawberry.input(one_of=True)
class By:
    """One way to name a thing."""

    id: strawberry.Maybe[strawberry.ID]
    name: strawberry.Maybe[str]


@strawberry.type
class Node:
    """Something that contains itself."""

    id: int
    name: str = "节点"

    @strawberry.field
    def node(self) -> Optional["Node"]:
        return Node(id=self.id + 1)


@strawberry.type
class Query:
    """Every way to go right and wrong."""

    @strawberry.field
    def hello(self, name: str = "世界") -> str:
        return f"你好，{name}"

    @strawberry.field
    def node(self) -> Node | None:
        return Node(id=1)

    @strawberry.field
    def secret_field(self) -> str | None:
        return None

    @strawberry.field
    def weigh(self, weights: list[Weight]) -> str:
        return str(sum(weight.mass for weight in weights))

    @strawberry.field
    def find(self, by: By) -> str:
        return by.id.value if by.id else "by name"

    @strawberry.field
    def raw(self) -> strawberry.scalars.JSON:
        return cast("strawberry.scalars.JSON", {"mass": Decimal("28.050")})

    @strawberry.field
    def unwritable(self) -> strawberry.scalars.JSON:
        return cast("strawberry.scalars.JSON", {"what": object()})

    @strawberry.field
    def language(self, info: Info) -> str:
        return info.context.language

    @strawberry.field
    def told(self, info: Info) -> bool:
        info.context.told["denied"] = ["told"]
        return True

    @strawberry.field
    async def slow(self, info: Info) -> str | None:
        door = DOORS[info.schema]
        door.begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            door.cancelled.set()
            raise
        return None

    @strawberry.field
    def fails(self, how: str) -> str | None:
        raise FAILURES[how]

    @strawberry.field
    def fails_hard(self, how: str) -> str:
        raise FAILURES[how]


@strawberry.type
class Mutation:
    """Changes."""

    @strawberry.mutation
    def count(self, info: Info) -> int:
        door = DOORS[info.schema]
        door.counted += 1
        return door.counted

    @strawberry.mutation
    async def upload(self, files: list[Upload]) -> list[str]:
        read = cast("list[UploadFile]", files)
        return [f"{file.filename}:{(await file.read()).decode()}" for file in read]


@strawberry.type
class Subscription:
    """Streams."""

    @strawberry.subscription
    async def numbers(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def silence(self, info: Info) -> AsyncGenerator[int, None]:
        door = DOORS[info.schema]
        door.begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            door.cancelled.set()
        yield 0

    @strawberry.subscription
    async def breaks(self, how: str) -> AsyncGenerator[int, None]:
        yield 1
        raise FAILURES[how]


FAILURES: dict[str, Exception] = {
    "absent": NotFound(
        "没有这台器具", "no such instrument", hint=Words("核对编号", "check the id")
    ),
    "busy": Busy("请稍候", "wait", retry_after=1.5),
    "bug": KeyError("asset_no of row 17"),
    "slow database": TimeoutError(),
    "no database": ConnectionRefusedError("10.0.0.7:5432"),
}


class ToyDoor:
    """The door to one schema; it remembers what came through."""

    def __init__(self) -> None:
        scalars: dict[object, ScalarDefinition] = {
            Upload: UploadDefinition,
            Mass: strawberry.scalar(name="Mass", serialize=str, parse_value=_mass),
        }
        self.compiles = True
        self.reads: Any = None
        self.draining = asyncio.Event()
        self.rights: dict[str | None, int] = {}
        self.rested = 0
        self.schema = strawberry.Schema(
            Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=scalars)
        )
        self.tokens = {"staff", "guest"}
        self.fault: Exception | None = None
        self.opened = 0
        self.closed = 0
        self.counted = 0
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        DOORS[self.schema] = self

    def operation(
        self,
        headers: Mapping[str, str],
        token: str | None,
        language: str,
        patience: float | None = None,
    ) -> AbstractAsyncContextManager[Context]:
        return self._operation(token, language)

    def acting(self, actor: Actor, language: str) -> AbstractAsyncContextManager[Context]:
        return self._operation(None, language)

    def apart(self, context: Context) -> Context:
        return context

    @asynccontextmanager
    async def _operation(self, token: str | None, language: str) -> AsyncIterator[Context]:
        if self.fault is not None:
            raise self.fault
        if token is not None and token not in self.tokens:
            raise Unauthenticated("令牌无效", "the token is not valid")
        self.opened += 1
        try:
            yield Context(token, language)
        finally:
            self.closed += 1

    async def has_begun(self) -> None:
        """Wait until slow work has begun."""
        async with patiently("work to begin"):
            await self.begun.wait()

    async def has_stopped(self) -> None:
        """Wait until slow work has been stopped."""
        async with patiently("work to be stopped"):
            await self.cancelled.wait()

    def trusted(self, context: Context) -> bool:
        return context.token in STAFF

    def schema_for(self, context: Context) -> GraphQLSchema:
        return self.schema._schema

    def asker(self, context: Context) -> Actor:
        """Anyone."""
        return Actor(login="toy", roles=frozenset({Role.USER}))

    def today(self, context: Context) -> date:
        """The day."""
        return date(2026, 11, 22)

    def brief(self, context: Context, briefing: Briefing) -> None:
        """No field asks for it."""

    def principal(self, context: Context) -> Hashable:
        return context.token, self.rights.get(context.token)

    async def rest(self, context: Context) -> None:
        self.rested += 1

    def extensions(self, context: Context) -> Mapping[str, Any] | None:
        return context.told


DOORS: dict[strawberry.Schema, ToyDoor] = {}
