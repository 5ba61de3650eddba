"""How much an operation may be given: in its variables, and in the arguments of its fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import OperationType

from hub.engine.tree import Field
from hub.errors import BadInput, Words

VALUES = 2_000
"""Values in the variables of a query, and in the arguments of its fields."""
CHANGED_VALUES = 50_000
"""Values in the variables of a mutation, which may bring many rows."""
OBJECTS = 200
"""Objects in the arguments of the fields of an operation, such as the conditions of filters."""
DEPTH = 16
"""Objects and lists in one another."""
_LONGEST_PATH = 200


def insist_on_variables(given: Mapping[str, Any], kind: OperationType) -> None:
    """Raise BadInput where the variables of an operation hold more values than one may bring."""
    insist_on_number(sum(map(len, _levels(given))), kind)


def insist_on_number(number: int, kind: OperationType) -> None:
    """Raise BadInput where that is more values than the variables of an operation may hold."""
    limit = CHANGED_VALUES if kind is OperationType.MUTATION else VALUES
    if number > limit:
        raise BadInput(
            f"变量中有 {number} 个值，上限为 {limit}",
            f"the variables hold {number} values, the limit is {limit}",
            hint=Words("分几次操作", "ask in parts"),
        )


def insist_on_arguments(roots: Iterable[Field], kind: OperationType) -> None:
    """Raise BadInput where fields are given more than they can be asked about in time.

    What a change is given is not counted here: it pays for its rows.
    """
    objects = values = 0
    left: list[tuple[Field, tuple[str, ...]]] = [(one, (one.key,)) for one in roots]
    while left:
        field, path = left.pop()
        changes = kind is OperationType.MUTATION and len(path) == 1
        for depth, level in enumerate(() if changes else _levels(field.given), 1):
            values += sum(value is not None for value in level)
            objects += sum(isinstance(value, Mapping) for value in level)
            if depth > DEPTH or objects > OBJECTS or values > VALUES:
                raise _too_much(".".join(path)[:_LONGEST_PATH])
        for side in field.below.values():
            left += [(one, (*path, one.key)) for one in side]


def _too_much(path: str) -> BadInput:
    return BadInput(
        f"各字段的参数共多于 {OBJECTS} 个对象或 {VALUES} 个值，或嵌套超过 {DEPTH} 层：{path}",
        f"the arguments hold more than {OBJECTS} objects or {VALUES} values,"
        f" or are nested more than {DEPTH} deep: {path}",
        hint=Words("减少筛选条件，或分几次查询", "ask with fewer conditions, or in parts"),
    )


def _levels(given: Any) -> Iterator[list[Any]]:
    """The values inside an input, level by level."""
    level = [given]
    while level := [
        inner
        for outer in level
        if isinstance(outer, Mapping | list)
        for inner in (outer.values() if isinstance(outer, Mapping) else outer)
    ]:
        yield level
