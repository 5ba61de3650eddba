"""What PostgreSQL writes and what Python shows: the same JSON, value by value."""

import json
import string
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    Uuid,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import TypeEngine
from sqlmodel import col
from strawberry.schema.config import StrawberryConfig

import resolvers.root  # noqa: F401 -- it knows every noun
from hub.db import LIMITS
from hub.rules.masks import LAND_LINE, MOBILE
from hub.rules.text import FULL_WIDTH, ZERO_WIDTH, tidy
from hub.tables.base import INSTANT, Table, money, term
from hub.tables.capability import Capability as CapabilityRow
from hub.tables.organization import Organization as OrganizationRow
from hub.vocabulary import InstrumentState
from loaders.keyset import By
from schema import masks
from schema.certificate import Condition
from schema.declare import (
    NOUNS,
    PARTS,
    TODAY,
    Column,
    Computed,
    Mask,
    P,
    Spec,
    Sql,
    column,
    column_name,
    computed,
    named,
)
from schema.ids import encode
from schema.noun import Noun, noun
from schema.page import pack, unpack
from schema.resolve import shaped as shaped_in_python
from schema.scalars import SCALARS
from schema.twins import cursor, node_id, shaped, shaped_list, shown, written
from schema.values import VALUES, Range, Value, say, value
from tests.drawn import TEXTS, fields_of, stored_as, values_of, wanted_of


@value("值")
class Dated(Value):
    """A value with a day."""

    on: date | None = say("日期")


SPECS = [*NOUNS.values(), *PARTS.values()]
DECLARED = [(spec, name, one) for spec in SPECS for name, one in spec.fields.items()]
SHAPES = dict.fromkeys(
    [one.shape for _, _, one in DECLARED if isinstance(one, Column) and one.shape]
    + [Condition, Dated]
)
COMPUTED = {one.call: (spec, name) for spec, name, one in DECLARED if isinstance(one, Computed)}
MASKS = [name for name, one in vars(masks).items() if isinstance(one, Mask)]
NO_KEY = (ARRAY, JSONB, LargeBinary)

FEW = settings(deadline=None, max_examples=10)

Ask = Callable[[Sequence[Sql]], Awaitable[list[Any]]]


@pytest.fixture(scope="module")
async def fetch(database_url: str) -> AsyncIterator[Ask]:
    """Reads many expressions in a session like the hub's."""
    engine = create_async_engine(
        database_url, connect_args={"server_settings": {"timezone": LIMITS["timezone"]}}
    )

    async def fetched(expressions: Sequence[Sql]) -> list[Any]:
        async with engine.connect() as connection:
            row = (await connection.execute(select(literal_column("0"), *expressions))).one()
        return list(row[1:])

    yield fetched
    await engine.dispose()


@pytest.fixture(scope="module")
def ask(fetch: Ask) -> Ask:
    """Asks what PostgreSQL writes in JSON for each of many expressions."""

    async def asked(expressions: Sequence[Sql]) -> list[Any]:
        texts = await fetch([cast(func.json_build_array(one), Text) for one in expressions])
        return [json.loads(text)[0] for text in texts]

    return asked


def held(given: Any, kind: TypeEngine[Any]) -> Sql:
    """`given` as a column of type `kind` would hold it."""
    one = literal(given, kind)
    return cast(one, kind) if isinstance(kind, EnumType) else one


def kinds_of(table: type[Table]) -> dict[str, TypeEngine[Any]]:
    """The types of the columns of a table, by name."""
    columns = table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
    return {one.name: one.type for one in columns}


@cache
def shelf_of(kind: Any) -> strawberry.Schema:
    body = {"__annotations__": {"all": list[kind | None]}}
    scalars = StrawberryConfig(scalar_map=SCALARS)
    return strawberry.Schema(strawberry.type(type("Shelf", (), body)), config=scalars)


def told(kind: Any, given: Any, wanted: list[tuple[str, str]]) -> Any:
    """What GraphQL answers, asked for `wanted` of a value, or of a list of them."""
    names = {**fields_of(kind), "__typename": "__typename"}
    asked = " ".join(f"{key}: {names[name]}" for key, name in wanted)
    all_ = given if isinstance(given, list) else [given]
    found = shelf_of(kind).execute_sync(
        f"{{ all {{ {asked} }} }}", root_value=SimpleNamespace(all=all_)
    )
    assert found.data is not None, found.errors
    return found.data["all"] if isinstance(given, list) else found.data["all"][0]


def said(given: Any) -> Any:
    """What GraphQL answers for a scalar, an enumeration or a list of them."""
    if isinstance(given, list):
        return [said(one) for one in given]
    if isinstance(given, Enum):
        return given.name
    scalar: Any = SCALARS.get(type(given))
    return scalar.serialize(given) if scalar else given


@pytest.mark.parametrize(
    "kind",
    [
        Text(),
        Boolean(),
        Integer(),
        Numeric(),
        money(),
        Date(),
        INSTANT,
        term(InstrumentState),
        ARRAY(Text),
        ARRAY(Numeric),
        ARRAY(Integer),
    ],
    ids=repr,
)
@FEW
@given(data=st.data())
async def test_a_column_is_written_as_its_scalar_shows_it(
    fetch: Ask, ask: Ask, kind: TypeEngine[Any], data: st.DataObject
) -> None:
    given = data.draw(st.lists(values_of(kind) | st.none(), min_size=1, max_size=40))
    columns = [held(one, kind) for one in given]

    read, written = await fetch(columns), await ask([shown(one) for one in columns])

    assert written == [said(one) for one in read] == [said(one) for one in given]


@FEW
@given(st.lists(st.tuples(st.text(string.ascii_letters, min_size=1), st.uuids()), max_size=30))
async def test_an_id_is_written_as_it_is_encoded(ask: Ask, rows: list[tuple[str, UUID]]) -> None:
    written = await ask([node_id(noun, literal(key, Uuid())) for noun, key in rows])

    assert written == [encode(noun, key) for noun, key in rows]


async def test_a_noun_may_have_a_name_of_any_length(ask: Ask) -> None:
    names, key = ["N" * length for length in range(1, 70)], UUID(int=2**128 - 1)

    written = await ask([node_id(name, literal(key, Uuid())) for name in names])

    assert written == [encode(name, key) for name in names]


@settings(FEW, max_examples=50)
@given(st.sampled_from([spec.table for spec in NOUNS.values()]), st.data())
async def test_a_cursor_is_written_as_it_is_packed_and_read_back(
    ask: Ask, table: type[Table], data: st.DataObject
) -> None:
    kinds = {name: kind for name, kind in kinds_of(table).items() if not isinstance(kind, NO_KEY)}
    names = data.draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=5, unique=True))
    order = [By(name, data.draw(st.booleans())) for name in names]
    some = st.fixed_dictionaries({name: values_of(kinds[name]) | st.none() for name in names})
    rows: list[Any] = data.draw(st.lists(some, min_size=1, max_size=9))

    written = await ask([cursor(order, [held(row[n], kinds[n]) for n in names]) for row in rows])

    assert written == [pack(order, row) for row in rows]
    read = [unpack(order, table, text, "after") for text in written]
    assert read == [tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@FEW
@given(data=st.data())
async def test_a_value_in_json_is_written_as_its_type_shows_it(
    ask: Ask, shape: Any, data: st.DataObject
) -> None:
    wanted = data.draw(wanted_of(shape))
    one = data.draw(st.lists(stored_as(shape) | st.none(), max_size=9))
    many = data.draw(st.lists(st.lists(stored_as(shape), max_size=3), max_size=4))

    written = await ask(
        [shaped(shape, literal(given, JSONB(none_as_null=True)), wanted) for given in one]
        + [shaped_list(shape, literal(given, JSONB()), wanted) for given in many]
    )

    shown_ = [shaped_in_python(shape, given) for given in (*one, *many)]
    assert written == [told(shape, given, wanted) for given in shown_]


async def test_no_value_and_no_list_are_null_however_they_are_stored(ask: Ask) -> None:
    wanted = [("unit", "unit")]

    for none in ("NULL::jsonb", "'null'::jsonb"):
        stored = literal_column(none, JSONB())
        assert await ask([shaped(Range, stored, wanted), shaped_list(Range, stored, wanted)]) == [
            None,
            None,
        ]


@pytest.mark.parametrize("many", [50, 51, 100, 101, 170])
async def test_a_value_may_be_asked_for_by_any_number_of_names(ask: Ask, many: int) -> None:
    wanted = [(f"k{at}", "raw" if at % 2 else "__typename") for at in range(many)]
    stored = literal({"raw": '}"{'}, JSONB())

    (found,) = await ask([shaped(Range, stored, wanted)])

    assert found == {key: '}"{' if name == "raw" else "Range" for key, name in wanted}
    assert list(found) == [key for key, _ in wanted]


@pytest.mark.parametrize(
    ("spec", "name"), COMPUTED.values(), ids=lambda part: getattr(part, "name", part)
)
@FEW
@given(data=st.data())
async def test_a_computed_field_is_written_as_python_computes_it(
    ask: Ask, spec: Spec, name: str, data: st.DataObject
) -> None:
    declared: Any = spec.fields[name]
    columns = spec.table.__table__.columns  # type: ignore[attr-defined]  # SQLModel's own
    needs = [None if one is TODAY else columns[column_name(one)] for one in declared.needs]
    kinds = [Date() if one is None else one.type for one in needs]
    lacking = [st.none() if one is not None and one.nullable else st.nothing() for one in needs]
    each = [values_of(kind) | none for kind, none in zip(kinds, lacking, strict=True)]
    rows = data.draw(st.lists(st.tuples(*each), min_size=1, max_size=20))
    kind = named(spec.types[name])
    wanted = data.draw(wanted_of(kind.load())) if kind.name in VALUES else []

    twins = [declared.sql(*map(held, row, kinds)) for row in rows]
    answers = await ask([written(one, kind.name, wanted) for one in twins])

    made = [declared.call(*row) for row in rows]
    assert answers == [told(kind.load(), one, wanted) if wanted else said(one) for one in made]


BLANK = [one for one in map(chr, range(sys.maxunicode + 1)) if one.isspace()]
ODD = "".join(map(chr, (*FULL_WIDTH, *ZERO_WIDTH)))
WRITTEN = st.text(st.sampled_from("0186+-@.* 张三𝟛" + "".join(BLANK) + ODD), max_size=20)
NUMBERS = st.one_of(
    st.from_regex(MOBILE, fullmatch=True),
    st.from_regex(LAND_LINE, fullmatch=True),
    st.from_regex(r"0[0-9]{2,12}|[0-9X]{18}", fullmatch=True),
)
ADDRESSES = st.from_regex(r"[a-z@张]{0,4}@[a-z.]{0,5}", fullmatch=True)
WIDENED = {half: full for full, half in FULL_WIDTH.items()}


@pytest.mark.parametrize("name", MASKS)
@FEW
@given(data=st.data())
async def test_a_mask_hides_in_the_database_what_it_hides_in_python(
    ask: Ask, name: str, data: st.DataObject
) -> None:
    typed = NUMBERS | ADDRESSES | NUMBERS.map(lambda text: text.translate(WIDENED))
    given = data.draw(st.lists(WRITTEN | typed | TEXTS, min_size=1, max_size=60))
    mask: Mask = getattr(masks, name)

    written = await ask([mask.sql(literal(text, Text())) for text in given])

    assert written == [mask.call(text) for text in given]


async def test_every_blank_is_one_in_the_database_too(ask: Ask) -> None:
    given = [f"{one}a{one}{one}b{one}" for one in (*BLANK, *map(chr, ZERO_WIDTH))]

    written = await ask([masks.tidy_sql(literal(text, Text())) for text in given])

    assert written == [tidy(text) for text in given]


class Odd(StrEnum):
    """Names and values that differ."""

    HERE = "here"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (JSONB(), "has no form in JSON: give it a shape"),
        (ARRAY(JSONB), "has no form in JSON"),
        (ARRAY(Date), "has no form in JSON"),
        (Float(), "has no form in JSON"),
        (LargeBinary(), "has no form in JSON"),
        (DateTime(), "has no form in JSON"),
        (term(Odd), r"Odd is stored as \['here'\]: store its names"),
    ],
    ids=repr,
)
def test_a_type_that_is_not_written_alike_is_refused(kind: TypeEngine[Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        shown(literal_column("x", kind))


def test_a_mask_without_a_twin_is_refused() -> None:
    mask: Any = str.upper

    with pytest.raises(TypeError, match=r"Firm\.name has a mask without a twin .* say mask=Mask"):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            name: str = column(P, "名称", mask=mask)


def test_a_computed_field_without_a_twin_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Firm\.big has no twin for the database: say sql="):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            big: str = computed(P, "大写", str.upper, needs=[col(OrganizationRow.name)])


def test_json_without_a_shape_is_refused() -> None:
    with pytest.raises(TypeError, match=r"capability\.cmc .* has no form in JSON"):

        @noun(CapabilityRow, "能力")
        class Skill(Noun):
            cmc: str = column(P, "能力")


@value("值")
class Blob(Value):
    """A value with a member of a type that no value has."""

    at: datetime | None = say("时刻")


def test_a_value_with_a_member_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Blob\.at is a .*datetime.*: say in schema/twins"):

        @noun(CapabilityRow, "能力")
        class Skill(Noun):
            cmc: Blob = column(P, "能力", shape=Blob)
