"""The schema: its reviewed surface, and what the build refuses before a client can see it."""

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)
from sqlmodel import col
from strawberry.schema.config import StrawberryConfig
from typer.testing import CliRunner

from hub.cli import app
from hub.tables.base import Table
from hub.tables.journal import InboxChange
from hub.tables.organization import Organization as OrganizationRow
from hub.tables.personnel import Personnel as PersonnelRow
from hub.tables.user import User as UserRow
from resolvers.root import build
from schema.declare import NOUNS, PARTS, A, O, P, R, S, column, many, one
from schema.guard import check
from schema.noun import Noun, Part, noun
from schema.organization import Organization
from schema.scalars import SCALARS
from schema.surface import surface

HERE = Path(__file__).parent
SURFACE = HERE / "surface.txt"
CHINESE = re.compile("[\\u4e00-\\u9fff]")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build()._schema


@pytest.fixture
def throw_away() -> Iterator[None]:
    """Take back the nouns that a test declares."""
    nouns, parts = dict(NOUNS), dict(PARTS)
    yield
    NOUNS.clear()
    NOUNS.update(nouns)
    PARTS.clear()
    PARTS.update(parts)


def test_the_surface_is_the_one_that_was_reviewed(schema: GraphQLSchema) -> None:
    now, reviewed = surface(schema), SURFACE.read_text("utf-8")

    added = sorted(set(now.splitlines()) - set(reviewed.splitlines()))
    gone = sorted(set(reviewed.splitlines()) - set(now.splitlines()))
    assert now == reviewed, (
        f"the surface has changed: {len(added)} lines new {added[:5]}, {len(gone)} gone {gone[:5]};"
        " if that is meant: hub schema --surface > tests/surface.txt, and review the diff"
    )


def test_the_command_prints_the_surface_or_the_sdl(schema: GraphQLSchema) -> None:
    run = CliRunner().invoke

    assert run(app, ["schema", "--surface"]).output == surface(schema)
    assert run(app, ["schema"]).output == build().as_str() + "\n"


def test_the_sdl_is_printed_and_reads_back_as_the_same_types(schema: GraphQLSchema) -> None:
    again = build_schema(build().as_str())

    def types(of: GraphQLSchema) -> set[str]:
        return {name for name, kind in of.type_map.items() if not is_specified_scalar_type(kind)}

    assert types(again) == types(schema)
    assert build().as_str() == build().as_str()


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Every place of the schema that people read about, with what they read there."""
    for kind in schema.type_map.values():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield kind.name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description
        if isinstance(kind, GraphQLInputObjectType):
            for name, member in kind.fields.items():
                yield f"{kind.name}.{name}", member.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument, given in field.args.items():
                    yield f"{kind.name}.{name}({argument}:)", given.description


def test_everything_is_described_in_chinese(schema: GraphQLSchema) -> None:
    assert [at for at, words in described(schema) if not CHINESE.search(words or "")] == []


def test_no_two_types_differ_by_their_case_only(schema: GraphQLSchema) -> None:
    names = Counter(name.lower() for name in schema.type_map)

    assert [name for name, times in names.items() if times > 1] == []
    assert len({spec.name for spec in (*NOUNS.values(), *PARTS.values())}) == len(NOUNS) + len(
        PARTS
    )


def test_every_field_of_every_noun_has_a_level(schema: GraphQLSchema) -> None:
    lines = SURFACE.read_text("utf-8").splitlines()

    nouns = {spec.name for spec in (*NOUNS.values(), *PARTS.values())}
    fields = [line for line in lines if line.split(".")[0] in nouns]
    assert len(fields) > 200
    assert [line for line in fields if not set("PAOSR") & set(line.split("  "))] == []


@pytest.mark.parametrize("package", ["schema", "loaders", "resolvers", "migrations", "hub"])
def test_a_package_of_a_common_name_is_ours_and_not_one_that_is_installed(package: str) -> None:
    found = importlib.util.find_spec(package)

    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).parent == HERE.parent / package


def test_a_field_without_a_level_is_refused(throw_away: None) -> None:
    with pytest.raises(TypeError, match=r"Bare\.name has no level"):

        @noun(OrganizationRow, "机构")
        class Bare(Noun):
            name: str


@pytest.mark.parametrize("level", [A, O, S, R])
def test_a_field_that_can_be_withheld_must_be_nullable(throw_away: None, level: Any) -> None:
    with pytest.raises(TypeError, match=rf"Firm\.name can be withheld \(level {level}\)"):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            name: str = column(level, "名称")


def test_a_column_that_may_be_null_must_be_nullable(throw_away: None) -> None:
    with pytest.raises(TypeError, match=r"Firm\.website may be null in the database"):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            website: str = column(P, "网址")


def test_a_field_of_no_column_is_refused(throw_away: None) -> None:
    with pytest.raises(TypeError, match=r"Firm\.nickname names no column of Organization"):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            nickname: str | None = column(P, "别名")


def test_an_edge_to_a_row_that_may_be_hidden_must_be_nullable(throw_away: None) -> None:
    with pytest.raises(TypeError, match=r"Account\.person may lead to a hidden row"):

        @noun(UserRow, "账号")
        class Account(Noun):
            person: Organization = one(O, "人员", by=col(UserRow.person_id))


@pytest.mark.parametrize("table", [InboxChange])
def test_a_table_without_a_policy_cannot_be_led_to(throw_away: None, table: type[Table]) -> None:
    with pytest.raises(LookupError, match="no policy governs InboxChange"):

        @noun(OrganizationRow, "机构")
        class Firm(Noun):
            changes: list[Organization] = many(P, "变更", by=col(InboxChange.object_id))


def test_a_table_without_a_policy_cannot_be_shown(throw_away: None) -> None:
    with pytest.raises(LookupError, match="no policy governs InboxChange"):

        @noun(InboxChange, "变更")
        class Change(Part):
            object_type: str = column(P, "种类")


@pytest.mark.parametrize("level", [S, R])
@pytest.mark.parametrize("way", ["match", "order"])
def test_restricted_data_is_not_to_be_searched_by(throw_away: None, level: Any, way: str) -> None:
    with pytest.raises(TypeError, match=r"Human\.phone of level . is not to be searched by"):

        @noun(PersonnelRow, "人员")
        class Human(Noun):
            phone: str | None = column(level, "电话", match=way == "match", order=way == "order")


def test_an_order_by_a_field_that_is_hidden_on_some_rows_is_refused(throw_away: None) -> None:
    with pytest.raises(TypeError, match=r"Human\.name is hidden on some rows"):

        @noun(PersonnelRow, "人员")
        class Human(Noun):
            name: str | None = column(O, "姓名", order=True)


def checked(kind: Any) -> None:
    """Build a schema around one type and let the guard look at it."""

    @strawberry.type(description="查询")
    class Query:
        @strawberry.field(description="一个")
        def one(
            self, at: Annotated[int, strawberry.argument(description="位置")] = 0
        ) -> kind | None:
            return None

    check(strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS)))


def test_a_field_that_is_declared_beside_the_noun_is_refused(throw_away: None) -> None:
    @noun(OrganizationRow, "机构")
    class Firm(Noun):
        name: str = column(P, "名称")

        @strawberry.field(description="秘密")
        def secret(self) -> str:
            return "told"

    with pytest.raises(TypeError, match=r"Firm\.secret has no level"):
        checked(Firm)


def test_a_type_that_is_no_noun_is_refused(throw_away: None) -> None:
    @strawberry.type(description="随便")
    class Anything:
        name: str = strawberry.field(description="名称")

    with pytest.raises(TypeError, match="Anything is no noun, part, value or envelope"):
        checked(Anything)


def test_a_field_without_chinese_words_is_refused(throw_away: None) -> None:
    @noun(OrganizationRow, "机构")
    class Firm(Noun):
        name: str = column(P, "the name")

    with pytest.raises(TypeError, match=r"Firm\.name has no Chinese description"):
        checked(Firm)


def test_a_noun_of_which_everything_is_declared_passes(throw_away: None) -> None:
    @noun(OrganizationRow, "机构")
    class Firm(Noun):
        name: str = column(P, "名称", match=True, order=True)
        contact_name: str | None = column(R, "联系人")

    checked(Firm)
