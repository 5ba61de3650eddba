"""Saved documents as tables for one caller: checked, and given the variables of an address."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLInputType,
    GraphQLInt,
    GraphQLSchema,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    type_from_ast,
)

from hub.actor import Actor
from hub.engine.plan import Plans, Prepared
from hub.engine.table import AFTER, FIRST, OURS, columns_of, table_of
from hub.errors import BadInput, BadRequest, HubError, Words
from hub.times import today
from hub.web.body import Asked, read_json
from hub.web.documents import Documents, Reading
from hub.web.execution import planned
from hub.web.faults import foreign, own
from hub.web.problems import Rejected

WRITTEN_AS_JSON = frozenset({GraphQLInt, GraphQLFloat, GraphQLBoolean})


class Form(NamedTuple):
    """A document as a table: the query for its rows, in pages or all at once."""

    query: str
    is_paged: bool
    reading: Reading

    @property
    def prepared(self) -> Prepared:
        """The query."""
        return self.reading.operation(None)

    def asked(self, variables: Mapping[str, Any], size: int, after: str | None) -> Asked:
        """The query for at most `size` rows behind the cursor `after`."""
        page = {FIRST: size, AFTER: after} if self.is_paged else {}
        return Asked(self.query, {**variables, **page})

    def columns(self, variables: Mapping[str, Any]) -> list[str]:
        """The columns of the rows; none for variables that do not fit."""
        given = self.asked(variables, 1, None).variables or {}
        coerced = self.prepared.variables.coerce(given, 1)
        if coerced is None:
            return []
        (root,) = self.prepared.operation.fields(coerced)
        return columns_of(root)


class Tabling:
    """Looks at documents that are to be tables; with the documents and plans of a process."""

    def __init__(self, documents: Documents, plans: Plans) -> None:
        self._documents = documents
        self._plans = plans

    def form(self, document: str, schema: GraphQLSchema) -> Form:
        """The table that `document` is to callers who see `schema`.

        Rejected where it does not fit, BadInput where it is no table.
        """
        read = partial(self._documents.read, schema=schema, insider=True)
        table = table_of(read(document).document, schema)
        return Form(table.query, table.is_paged, read(table.query))

    def check(
        self, document: str, variables: Mapping[str, Any], actor: Actor, schema: GraphQLSchema
    ) -> None:
        """Raise BadInput unless `actor` may run it as a table, one row a page at least.

        And for a variable that the document does not define: without it the table would say more.
        """
        try:
            form = self.form(document, schema)
            _insist_on_known(variables, self._documents.read(document, schema, insider=True))
            asked = form.asked(variables, 1, None)
            found = planned(self._plans, form.reading, asked, actor, today(), insider=True)
            found.plan.insist()
        except BadInput:
            raise
        except Rejected as rejected:
            raise _unfit(rejected.errors[0]) from rejected
        except HubError as refusal:
            raise BadInput(*refusal.words, hint=refusal.hint, path=("document",)) from refusal


def _insist_on_known(variables: Mapping[str, Any], reading: Reading) -> None:
    definitions = reading.operation(None).operation.definition.variable_definitions or ()
    known = [one.variable.name.value for one in definitions]
    for name in variables:
        if name not in known:
            raise BadInput(
                f"文档没有变量 ${name[:64]}",
                f"the document has no variable ${name[:64]}",
                hint=Words("变量名区分大小写", "names of variables are case-sensitive"),
                path=("variables", name[:64]),
            )


def _unfit(error: GraphQLError) -> BadInput:
    """The first thing that is wrong with a document or its variables, and where."""
    refusal = own(error) or foreign(error)
    if refusal.path:
        path = ("variables", *refusal.path)
        return BadInput(*refusal.words, hint=refusal.hint, path=path)
    zh, en = refusal.words
    if error.locations:
        line = error.locations[0].line
        zh, en = f"{zh}（第 {line} 行）", f"{en} (line {line})"
    return BadInput(zh, en, hint=refusal.hint, path=("document",))


def with_parameters(
    form: Form, variables: Mapping[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    """The variables of `form`: as they were saved, or as the `parameters` of the address say.

    Numbers, flags and objects are written as JSON there, and lists too, unless they are one item.
    BadRequest for a parameter that is no variable, or no JSON where it has to be.
    """
    definitions = form.prepared.operation.definition.variable_definitions or ()
    schema = form.prepared.operation.schema
    kinds = {
        one.variable.name.value: type_from_ast(schema, one.type)
        for one in definitions
        if not one.variable.name.value.startswith(OURS)
    }
    for name in parameters.keys() - kinds.keys():
        raise BadRequest(
            f"此查询没有变量 {name[:64]}", f"this query has no variable {name[:64]}", path=(name,)
        )
    given = {name: _read(text, kinds[name], name) for name, text in parameters.items()}
    return {**{name: one for name, one in variables.items() if name in kinds}, **given}


def _read(text: str, kind: Any, name: str) -> Any:
    kind = get_nullable_type(kind)
    if is_list_type(kind) and not text.startswith("["):
        return _read(text, kind.of_type, name)
    if is_list_type(kind) or is_input_object_type(kind) or _is_bare(kind):
        try:
            return read_json(text)
        except BadRequest as error:
            zh, en = error.words
            raise BadRequest(
                f"参数 {name}：{zh}", f"parameter {name}: {en}", path=(name,)
            ) from error
    return text


def _is_bare(kind: GraphQLInputType) -> bool:
    return kind in WRITTEN_AS_JSON
