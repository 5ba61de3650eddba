"""Documents read once: tokens bounded, parsed, measured, validated, and kept for the next time."""

import dataclasses
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from hub.engine.limits import TOKENS, excesses, too_long
from hub.engine.merging import clash
from hub.engine.plan import Prepared
from hub.errors import FieldRetired, Forbidden, HubError, Invalid, Words
from hub.web.problems import ParseFailed, Rejected
from schema.evolution import RETIRED, Retired, retired_in

# What one rule of graphql-core looks for in a time that grows with the square, `clash` finds.
_RULES = tuple(one for one in specified_rules if one is not OverlappingFieldsCanBeMergedRule)
_MOST_ERRORS = 20
_ONLY_PUBLIC = Words(
    "未登录时只有公开的字段、筛选与排序", "without signing in there is only what is public"
)
_SHELF = 300_000
_BOOK = 30_000


class Reading(NamedTuple):
    """A document that may run."""

    document: DocumentNode
    operations: list[Prepared]

    def operation(self, name: str | None) -> Prepared:
        """The operation called `name`, or the only one. Rejected when there is no such one."""
        found = [one for one in self.operations if name in (None, one.name)]
        if len(found) == 1:
            return found[0]
        refusal = Invalid(
            "operationName 没有指明文档中的一个操作",
            "operationName does not name one operation of the document",
        )
        raise Rejected([GraphQLError(str(refusal), original_error=refusal)])


class Documents:
    """Reads documents against the schemas of callers, who may look into theirs or may not.

    The two kinds are kept apart, so that outsiders cannot push out what our own clients use. Who
    asks for what is `retired` is told of its successor.
    """

    def __init__(self, retired: Sequence[Retired] = RETIRED) -> None:
        self._retired = retired
        self._shelves = {True: _Shelf(), False: _Shelf()}

    def read(self, text: str, schema: GraphQLSchema, *, insider: bool) -> Reading:
        """The document in `text`. Rejected when it does not parse, fit the limits or `schema`.

        For who is no insider `__schema` is forbidden, `__type` knows no type, and messages make
        no suggestions.
        """
        shelf = self._shelves[insider]
        found = shelf.find(text, schema)
        if found is None:
            try:
                found = self._read(text, schema, insider)
            except Rejected as rejected:
                found = rejected.with_traceback(None)
            shelf.put(text, schema, found)
        if isinstance(found, Rejected):
            raise Rejected(found.errors)
        return found

    def _read(self, text: str, schema: GraphQLSchema, insider: bool) -> Reading:
        if refusal := too_long(text):
            raise Rejected([GraphQLError(str(refusal), original_error=refusal)])
        try:
            document = parse(text, max_lexical_tokens=TOKENS, max_comments=TOKENS)
        except GraphQLError as error:
            raise Rejected([_because(error, _unparsed(error))]) from None
        if errors := excesses(document) or self._misfits(document, schema, insider):
            raise Rejected(errors)
        if not insider:
            document = _veiled(document)
        parts = document.definitions
        fragments = {d.name.value: d for d in parts if isinstance(d, FragmentDefinitionNode)}
        operations = [d for d in parts if isinstance(d, OperationDefinitionNode)]
        return Reading(document, [Prepared(schema, one, fragments) for one in operations])

    def _misfits(
        self, document: DocumentNode, schema: GraphQLSchema, insider: bool
    ) -> list[GraphQLError]:
        """Why the document does not fit `schema`, where it does not."""
        errors = _invalid(document, schema, insider)
        if not errors:
            return []
        found = retired_in(document, schema, self._retired)
        retired = {id(node): FieldRetired(*one) for node, one in found}
        told = []
        for error in errors:
            known = (retired[id(node)] for node in error.nodes or () if id(node) in retired)
            told.append(_because(error, next(known, None) or _misfit(error, insider)))
        return told


def _invalid(document: DocumentNode, schema: GraphQLSchema, insider: bool) -> list[GraphQLError]:
    """What validation finds. Strawberry's rules break on documents that are invalid anyway."""
    for rules in (_RULES, (MaybeNullValidationRule, OneOfRule)):
        errors = validate(schema, document, rules, _MOST_ERRORS, hide_suggestions=not insider)
        if errors:
            return errors
    error = clash(schema, document)
    return [error] if error else []


class OneOfRule(OneOfInputValidationRule):
    """Strawberry's rule, which knows variables only after it has met the operation."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.variable_definitions = {
            definition.variable.name.value: definition
            for operation in context.document.definitions
            if isinstance(operation, OperationDefinitionNode)
            for definition in operation.variable_definitions or ()
        }

    def enter_operation_definition(self, *_args: Any) -> None:
        """Keep what is known."""


class _Veil(Visitor):
    """Hides the schema from outsiders."""

    def enter_field(self, node: FieldNode, *_args: Any) -> FieldNode | None:
        if node.name.value == "__schema":
            refusal = Forbidden(
                "未登录的调用者不能查询模式", "the schema is not shown to outsiders"
            )
            raise Rejected([GraphQLError(str(refusal), node, original_error=refusal)])
        if node.name.value != "__type":
            return None
        no_type = ArgumentNode(name=NameNode(value="name"), value=StringValueNode(value=""))
        return dataclasses.replace(node, arguments=(no_type,))


def _veiled(document: DocumentNode) -> DocumentNode:
    veiled: DocumentNode = visit(document, _Veil())
    return veiled


def _unparsed(error: GraphQLError) -> HubError:
    return ParseFailed(f"查询文档有语法错误：{error.message}", error.message)


def _misfit(error: GraphQLError, insider: bool) -> HubError:
    hint = None if insider else _ONLY_PUBLIC
    if isinstance(error, ValidationAbortedError):
        hint = Words(
            "重复的字段或片段太多，或错误太多", "too many repeated fields, fragments or errors"
        )
    return Invalid(f"查询文档不符合模式：{error.message}", error.message, hint=hint)


def _because(error: GraphQLError, refusal: HubError) -> GraphQLError:
    """`error` at its place, meaning `refusal`."""
    return GraphQLError(
        error.message, error.nodes, error.source, error.positions, original_error=refusal
    )


class _Shelf:
    """What was read last: at most 300,000 characters, and nothing longer than 30,000."""

    def __init__(self) -> None:
        self._books: OrderedDict[tuple[str, GraphQLSchema], Reading | Rejected] = OrderedDict()
        self._size = 0

    def find(self, text: str, schema: GraphQLSchema) -> Reading | Rejected | None:
        """What is kept for `text`, read against `schema`."""
        found = self._books.get((text, schema))
        if found is not None:
            self._books.move_to_end((text, schema))
        return found

    def put(self, text: str, schema: GraphQLSchema, reading: Reading | Rejected) -> None:
        """Keep `reading`, and let go of what was not asked for longest."""
        if len(text) > _BOOK:
            return
        self._books[text, schema] = reading
        self._size += len(text)
        while self._size > _SHELF:
            (old, _), _ = self._books.popitem(last=False)
            self._size -= len(old)
