"""The plan of an operation: its fields, their price, the statements that answer them; kept."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)

from hub.actor import Actor
from hub.db import scope_of
from hub.engine.effects import lists_of
from hub.engine.inputs import insist_on_arguments
from hub.engine.price import Cost, Priced, excess, limits_of, priced, total
from hub.engine.rows import HANDED, Declined, refused
from hub.engine.sql import Compiled, compiled
from hub.engine.tree import Field, Operation
from hub.engine.variables import Variables
from hub.engine.verdict import PREFIX, SYMBOLIC, standing, symbolic
from hub.errors import CostExceeded, Words
from schema.costs import metadata_of
from schema.declare import Effect, Many, One
from schema.slot import Slot

MOST_PLANS = 500
"""Plans that a process keeps for callers of one kind."""
MOST_TEXT = 10_000_000
"""Characters of their statements."""
MOST_EDGES = 30
MOST_FIELDS = 250
"""What of an operation is compiled; for wider ones that would take longer than to resolve them."""


class Request(NamedTuple):
    """What a statement is run with: the coerced variables, who asks, and the calendar day."""

    variables: Mapping[str, Any]
    actor: Actor
    today: date
    handed: bytes | None = None
    """Rows as JSON, for a statement that reads them so; None where its transaction has them."""


Read = Callable[[Request], Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled root field, and how each of its parameters is read from a request."""

    compiled: Compiled
    reads: tuple[Read, ...]
    unread: tuple[Read, ...]
    """What the statement has no use for, since it finds nothing anyway, but has to be fit too."""

    def arguments(self, request: Request) -> list[Any]:
        """The parameters for `request`. BadInput where one of them is unfit."""
        for read in self.unread:
            read(request)
        return [read(request) for read in self.reads]


@dataclass(frozen=True)
class Plan:
    """How an operation is answered, for every request of one shape and standing.

    `statements` answer root fields by response key; `declined` says of the others why graphql-core
    answers them. `effects` are changes with the statements that show what became of their rows, by
    response key. It `is_whole` where graphql-core has to answer nothing.
    """

    kind: OperationType
    fields: tuple[Field, ...]
    prices: tuple[Priced, ...]
    cost: Cost
    statements: Mapping[str, Statement]
    effects: Mapping[str, Mapping[str, Statement]]
    declined: Mapping[str, Words]
    is_whole: bool
    refusal: CostExceeded | None

    @property
    def text(self) -> int:
        """The characters of its statements."""
        shown = chain.from_iterable(one.values() for one in self.effects.values())
        return sum(len(one.compiled.text) for one in chain(self.statements.values(), shown))

    def insist(self) -> None:
        """Raise CostExceeded where it costs more than its caller may spend at once."""
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)


class Prepared:
    """An operation of a document that was read, against the schema of its caller's kind."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.operation = Operation(schema, operation, fragments)
        self.name = operation.name.value if operation.name else None

    @cached_property
    def variables(self) -> Variables:
        """What it declares."""
        return Variables(self.operation.schema, self.operation.definition)

    @cached_property
    def is_kept(self) -> bool:
        """Whether its plans serve other requests: what other changes bring comes once."""
        definition = self.operation.definition
        if definition.operation is not OperationType.MUTATION:
            return True
        root = cast("GraphQLObjectType", self.operation.schema.mutation_type)
        return all(
            isinstance(one, FieldNode) and isinstance(_compiles(root, one), Effect)
            for one in definition.selection_set.selections
        )

    def plan(self, coerced: Mapping[str, Any], actor: Actor) -> Plan:
        """A new plan for `coerced` variables and whoever stands as `actor` does."""
        book: dict[str, Slot] = {}
        kind = self.operation.kind
        given = self.variables.slots(coerced, book) if self.is_kept else coerced
        fields = self.operation.fields(given)
        insist_on_arguments(fields, kind)
        prices = tuple(priced(one, self.operation) for one in fields)
        refusal = excess(prices, limits_of(actor))
        statements: dict[str, Statement] = {}
        effects: dict[str, Mapping[str, Statement]] = {}
        declined: dict[str, Words] = {}
        whose = symbolic(actor)
        wide = _is_wide(fields)
        for one in () if refusal else fields:
            if wide:
                declined[one.key] = TOO_WIDE
                continue
            try:
                if isinstance(one.metadata.get("compiles"), Effect):
                    effects[one.key] = _shown(one, whose, book)
                else:
                    statements[one.key] = _statement(one, whose, book)
            except Declined as reason:
                declined[one.key] = reason.words
        whole = not declined and kind is not OperationType.SUBSCRIPTION
        return Plan(
            kind, fields, prices, total(prices), statements, effects, declined, whole, refusal
        )


def _compiles(root: GraphQLObjectType, node: FieldNode) -> Any:
    field = root.fields.get(node.name.value)
    return metadata_of(field).get("compiles") if field else None


TOO_WIDE = Words("字段或关联太多，不合成语句", "too many fields or edges for a statement")


def _is_wide(fields: tuple[Field, ...]) -> bool:
    """Whether an operation has more fields or edges than are compiled."""
    edges = number = 0
    left = list(fields)
    while left:
        one = left.pop()
        number += 1
        edges += isinstance(one.declared, One | Many)
        left += [inner for side in one.below.values() for inner in side]
    return edges > MOST_EDGES or number > MOST_FIELDS


class Plans:
    """The plans that a process has made, the ones that were asked for longest let go.

    Callers who are not signed in have a shelf of their own, so that they cannot push out what
    others use.
    """

    def __init__(self) -> None:
        self._shelves = {True: _Shelf(), False: _Shelf()}

    def find(self, prepared: Prepared, coerced: Mapping[str, Any], actor: Actor) -> Plan:
        """The plan for a request, made if there is none yet."""
        if not prepared.is_kept:
            return prepared.plan(coerced, actor)
        shelf = self._shelves[actor.is_anonymous]
        return shelf.find(
            (prepared, standing(actor), prepared.variables.shape(coerced)),
            lambda: prepared.plan(coerced, actor),
        )


class _Shelf:
    """Plans by their keys, bounded in number and in the text of their statements."""

    def __init__(self) -> None:
        self._plans: OrderedDict[Hashable, Plan] = OrderedDict()
        self._text = 0

    def find(self, key: Hashable, make: Callable[[], Plan]) -> Plan:
        """The plan under `key`, made if there is none yet."""
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
            return found
        made = self._plans[key] = make()
        self._text += made.text
        while len(self._plans) > MOST_PLANS or self._text > MOST_TEXT:
            _, old = self._plans.popitem(last=False)
            self._text -= old.text
        return made


def _shown(root: Field, actor: Actor, book: dict[str, Slot]) -> dict[str, Statement]:
    """The statements for what a change tells of its rows."""
    if root.fault is not None:
        raise refused()
    return {one.key: _statement(one, actor, book) for one in lists_of(root)}


def _statement(root: Field, actor: Actor, book: dict[str, Slot]) -> Statement:
    before = set(book)
    made = compiled(root, actor)
    reads = tuple(_read(name, made.constants, book) for name in made.order)
    unread = book.keys() - before - set(made.order)
    return Statement(made, reads, tuple(_read(name, {}, book) for name in sorted(unread)))


def _read(name: str, constants: Mapping[str, Any], book: Mapping[str, Slot]) -> Read:
    """How the parameter `name` is read."""
    if name in book:
        slot = book[name]
        return lambda request: slot.of(request.variables)
    if name == HANDED:
        return lambda request: request.handed
    if name == "today":
        return lambda request: request.today
    if name.startswith("scope_"):
        at = ("scope_org", "scope_user").index(name)
        return lambda request: scope_of(request.actor)[at]
    attribute = name.removeprefix(PREFIX)
    if attribute != name and attribute in SYMBOLIC:
        return lambda request: getattr(request.actor, attribute)
    value = constants.get(name)
    return lambda _: value
