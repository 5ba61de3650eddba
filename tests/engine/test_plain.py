"""What is told to fit as it is, is what graphql-core makes of it, for all inputs of the schema."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities import coerce_input_value, validate_input_value
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.engine.plain import plain_values
from hub.values import plain
from hub.vocabulary import Role
from tests.drawn import DAYS, DECIMALS, TEXTS
from tests.engine.judging import one, schema_of, steps
from tests.sync_verbs import a_ledger

SCHEMA = schema_of(one(Role.USER))
INPUTS = {
    name: kind
    for name, kind in sorted(SCHEMA.type_map.items())
    if is_input_type(kind) and not name.startswith("__")
}
DEEPEST = 4
ODD: list[Any] = [
    None, True, 0, -1, 1.0, 0.5, 2**31, -(2**31), -(2**31) - 1, "", "x", [], {}, [[]], [None],
    {"x": 1}, "2024-02-30", "2024-W10-1", "20240305", "2024-3-5", "2024-03-05 ", "２０２４-03-05",
    "+1", "01", ".5", "1.", "1e5", "-0", "NaN", "Infinity", "1_0", " 1", "１", "1" * 21, "TRUE",
    "true", "WORKING", "working", "IN_USE", "A", "0." + "1" * 21, "-", "\u0662",
]  # fmt: skip


def fitting(kind: GraphQLInputType, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of `kind` as they are written in JSON; rows of a list state the same members."""
    bare = cast("GraphQLInputType", get_nullable_type(kind))
    none = st.nothing() if is_non_null_type(kind) else st.none()
    if is_list_type(bare):
        return none | _listed(bare.of_type, depth)
    if is_input_object_type(bare):
        if depth > DEEPEST:
            return none | st.just({})
        return none | _stated(bare).flatmap(lambda names: _object(bare, names, depth))
    return none | _leaf(bare)


def _listed(item: GraphQLInputType, depth: int) -> st.SearchStrategy[list[Any]]:
    inner = get_nullable_type(item)
    if not is_input_object_type(inner) or depth > DEEPEST:
        return st.lists(fitting(item, depth + 1), max_size=3)
    return _stated(inner).flatmap(lambda names: st.lists(_object(inner, names, depth), max_size=3))


def _stated(kind: GraphQLInputObjectType) -> st.SearchStrategy[frozenset[str]]:
    """The members that are stated: those that must be, and some others."""
    needed = frozenset(name for name, one in kind.fields.items() if is_required_input_field(one))
    return st.frozensets(st.sampled_from(sorted(kind.fields)), max_size=6).map(needed.union)


def _object(
    kind: GraphQLInputObjectType, names: frozenset[str], depth: int
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: fitting(kind.fields[name].type, depth + 1) for name in sorted(names)}
    )


def _leaf(kind: GraphQLInputType) -> st.SearchStrategy[Any]:
    if is_enum_type(kind):
        return st.sampled_from(sorted(kind.values))
    made: dict[str, st.SearchStrategy[Any]] = {
        GraphQLInt.name: st.integers(-(2**31), 2**31 - 1),
        GraphQLBoolean.name: st.booleans(),
        "Date": DAYS.map(date.isoformat),
        "Decimal": DECIMALS.map(plain) | st.integers(-9, 9),
    }
    return made.get(str(kind), TEXTS)


@st.composite
def values(draw: st.DrawFn, kind: GraphQLInputType) -> Any:
    """Values that fit, and values of which one member, however deep, is an odd one."""
    value = draw(fitting(kind))
    if draw(st.booleans()):
        return value
    return _spoilt(value, draw(st.integers(0, 30)), draw(st.sampled_from(ODD)))


def _spoilt(value: Any, at: int, odd: Any) -> Any:
    """`value` with an odd one in the place that `at` leads to."""
    if at % 5 == 0 or not isinstance(value, dict | list) or not value:
        return odd
    if isinstance(value, dict):
        name = sorted(value)[at % len(value)]
        if at % 7 == 1:
            return {key: one for key, one in value.items() if key != name}
        return {**value, name: _spoilt(value[name], at // 2, odd)}
    place = at % len(value)
    return [*value[:place], _spoilt(value[place], at // 2, odd), *value[place + 1 :]]


def coerced(value: Any, kind: GraphQLInputType) -> Any:
    """What graphql-core makes of a value. GraphQLError where it does not fit."""

    def refuse(error: GraphQLError, _: list[str | int]) -> None:
        raise error

    validate_input_value(value, kind, refuse)
    return coerce_input_value(value, kind)


def as_given(value: Any, like: Any) -> Any:
    """A coerced value as a text or number again, without what `like` does not state."""
    if isinstance(like, Mapping):
        return {name: as_given(value[name], one) for name, one in like.items()}
    if isinstance(value, list) and isinstance(like, list):
        return [as_given(*pair) for pair in zip(value, like, strict=True)]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def inside(value: Any) -> int:
    """How many values there are in `value`, at any depth."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + inside(one) for one in held)


@pytest.mark.parametrize("name", INPUTS)
def test_what_fits_as_it_is_is_what_graphql_core_makes_of_it(name: str) -> None:
    kind = INPUTS[name]

    @settings(max_examples=60)
    @given(values(kind))
    def holds(value: Any) -> None:
        if (number := plain_values(kind, [value])) is not None:
            assert number == inside(value)
            found = as_given(coerced(value, kind), value)
            assert (found, type(found)) == (value, type(value))

    holds()


@settings(max_examples=200)
@given(st.data())
def test_rows_that_fit_as_they_are_are_what_graphql_core_makes_of_them(data: st.DataObject) -> None:
    kind = INPUTS["SyncInstrumentsInput"]
    value = data.draw(values(kind))

    if (number := plain_values(kind, [value])) is not None:
        assert number == inside(value)
        assert as_given(coerced(value, kind), value) == value


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"name": None}, True),
        ({"lastDate": "2024-02-29", "purchasePrice": "12.30", "compulsory": True}, True),
        ({"resolution": {"value": "-0.10", "unit": "MPa"}, "role": "WORKING"}, True),
        ({"measuringRanges": [{"lower": "0"}], "intervalMonths": 12}, True),
        ({"name": 7}, False),
        ({"intervalMonths": True}, False),
        ({"compulsory": 1}, False),
        ({"role": "BOSS"}, False),
        ({"lastDate": "2024-02-30"}, False),
        ({"purchasePrice": "1e3"}, False),
        ({"purchasePrice": 5}, False),
        ({"measuringRanges": {"lower": "0"}}, False),
        ({"nobody": "x"}, False),
        ({"resolution": {"unit": "MPa"}}, False),
    ],
)
def test_rows_of_a_ledger_fit_as_they_are_where_each_value_is_written_in_its_one_way(
    change: dict[str, Any], fits: bool
) -> None:
    kind = INPUTS["SyncInstrumentsInput"]
    uniform = {"rows": a_ledger(3, **change), "idempotencyKey": "k"}
    mixed = {"rows": [*a_ledger(3), *a_ledger(1, **change)], "idempotencyKey": "k"}

    assert (plain_values(kind, [uniform]) is not None) is fits
    fits_beside = not change or change == {"name": None}
    assert (plain_values(kind, [mixed]) is not None) is fits_beside


def test_a_thousand_rows_are_looked_at_in_a_tenth_of_the_steps_of_coercion() -> None:
    kind = INPUTS["SyncInstrumentsInput"]
    rows = a_ledger(1_000, modelSpec="Y-100", intervalMonths=12, lastDate="2026-01-31", role=None)
    value = {"rows": rows, "idempotencyKey": "k"}

    quick = steps(lambda: plain_values(kind, [value]))

    assert quick < steps(lambda: coerced(value, kind)) / 10
