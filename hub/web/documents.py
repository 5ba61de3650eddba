"""Documents read once: tokens bounded, parsed, measured, validated, and kept for the next time."""

import dataclasses
from collections import OrderedDict
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from hub.errors import Forbidden, HubError, Words
from hub.web.limits import TOKENS, excesses
from hub.web.problems import Invalid, ParseFailed, Rejected

# One rule of validation is quadratic in repeated fields; graphql-core bounds it by this attribute.
# Its default lets 4 KB of text run for 0.55 s, ours for 0.04 s, and 60 fragments of five fields
# on one object still fit.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 40_000
_MOST_ERRORS = 20
_SHELF = 300_000
_BOOK = 30_000


class Reading(NamedTuple):
    """A document that may run."""

    document: DocumentNode
    operations: list[OperationDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation called `name`, or the only one. Rejected when there is no such one."""
        found = [o for o in self.operations if name is None or (o.name and o.name.value == name)]
        if len(found) == 1:
            return found[0]
        refusal = Invalid(
            "operationName 没有指明文档中的一个操作",
            "operationName does not name one operation of the document",
        )
        raise Rejected([GraphQLError(str(refusal), original_error=refusal)])


class Documents:
    """Reads documents against one schema, for callers who may look into it and for others.

    The two kinds are kept apart, so that outsiders cannot push out what our own clients use.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._shelves = {True: _Shelf(), False: _Shelf()}

    def read(self, text: str, *, insider: bool) -> Reading:
        """The document in `text`. Rejected when it does not parse, fit the limits or the schema.

        For who is no insider `__schema` is forbidden, `__type` knows no type, and messages make
        no suggestions.
        """
        shelf = self._shelves[insider]
        found = shelf.find(text)
        if found is None:
            try:
                found = self._read(text, insider)
            except Rejected as rejected:
                found = rejected.with_traceback(None)
            shelf.put(text, found)
        if isinstance(found, Rejected):
            raise Rejected(found.errors)
        return found

    def _read(self, text: str, insider: bool) -> Reading:
        try:
            document = parse(text, max_lexical_tokens=TOKENS, max_comments=TOKENS)
        except GraphQLError as error:
            raise Rejected([_because(error, _unparsed(error))]) from None
        if errors := excesses(document) or self._misfits(document, insider):
            raise Rejected(errors)
        if not insider:
            document = _veiled(document)
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        return Reading(document, operations)

    def _misfits(self, document: DocumentNode, insider: bool) -> list[GraphQLError]:
        """What validation finds. Strawberry's rules break on documents that are invalid anyway."""
        for rules in (None, (MaybeNullValidationRule, OneOfRule)):
            errors = validate(
                self._schema, document, rules, _MOST_ERRORS, hide_suggestions=not insider
            )
            if errors:
                return [_because(error, _misfit(error)) for error in errors]
        return []


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


def _misfit(error: GraphQLError) -> HubError:
    hint = None
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
        self._books: OrderedDict[str, Reading | Rejected] = OrderedDict()
        self._size = 0

    def find(self, text: str) -> Reading | Rejected | None:
        """What is kept for `text`."""
        found = self._books.get(text)
        if found is not None:
            self._books.move_to_end(text)
        return found

    def put(self, text: str, reading: Reading | Rejected) -> None:
        """Keep `reading`, and let go of what was not asked for longest."""
        if len(text) > _BOOK:
            return
        self._books[text] = reading
        self._size += len(text)
        while self._size > _SHELF:
            old, _ = self._books.popitem(last=False)
            self._size -= len(old)
