"""What a mutation answers: the noun, the problems that refused it, whether it was a replay."""

import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple
from uuid import UUID

import strawberry

from hub.errors import BadInput, Code, Conflict, HubError, Refused, Stale, Words
from hub.rules.problem import Objections, Severity
from hub.rules.problem import Problem as Objection
from hub.writer import Writer
from schema.context import Context
from schema.declare import camel
from schema.values import Value, say, value

MAX_KEY = 128


@value("拒绝一次修改或其中一行的原因")
class Problem(Value):
    """One reason."""

    code: str = strawberry.field(description="代码，不翻译")
    message: str = strawberry.field(description="说明，按 Accept-Language 为中文或英文")
    path: list[str] = strawberry.field(description="指向输入中有问题的值")
    hint: str | None = strawberry.field(description="如何解决")
    severity: Severity = strawberry.field(description="级别")
    current_version: int | None = say("所见的版本号已过时的，现在的版本号")
    changed: list[str] | None = say("所见的版本号已过时的，所给各项中与现在的内容不同的")


class Done(NamedTuple):
    """How a mutation ended."""

    key: UUID | None
    answer: dict[str, Any]
    problems: list[Problem]
    replayed: bool


async def perform(
    context: Context,
    name: str,
    given: Any,
    idempotency_key: str,
    work: Callable[[Writer], Awaitable[dict[str, Any]]],
) -> Done:
    """Run `work` once in one transaction under an idempotency key.

    Its answer holds the `id` of the noun. What the rules refuse comes back as problems and leaves
    nothing behind, not even the key; all other failures are errors.
    """
    check_key(idempotency_key)
    try:
        async with context.writing() as db:
            answer, replayed = await db.once(idempotency_key, name, given, lambda: work(db))
    except (Refused, Conflict, BadInput) as refusal:
        return Done(None, {}, problems_of(refusal, context.language), replayed=False)
    key = UUID(answer["id"]) if answer.get("id") else None
    return Done(key, answer, [], replayed)


def check_key(idempotency_key: str) -> None:
    """Raise BadInput unless an idempotency key has 1 to 128 characters."""
    if not 0 < len(idempotency_key) <= MAX_KEY:
        raise BadInput(
            f"幂等键须为 1 至 {MAX_KEY} 个字符",
            f"an idempotency key has 1 to {MAX_KEY} characters",
            hint=Words("每次新操作生成一个 UUID", "make a UUID for each new operation"),
            path=("idempotencyKey",),
        )


def in_words(objection: Objection, language: str) -> Problem:
    """What a rule found wrong, in the words of a language."""
    return Problem(
        code=objection.code,
        message=objection.words.in_(language),
        path=[camel(str(step)) for step in objection.path],
        hint=None,
        severity=objection.severity,
        current_version=None,
        changed=None,
    )


def problems_of(refusal: HubError, language: str) -> list[Problem]:
    """A refusal as data, each reason on its own."""
    if isinstance(refusal, Objections):
        return [in_words(one, language) for one in refusal.problems]
    code = Code.REFUSED if type(refusal) is Refused else refusal.code
    return [
        Problem(
            code=code,
            message=refusal.words.in_(language),
            path=[camel(str(step)) for step in refusal.path],
            hint=refusal.hint.in_(language) if refusal.hint else None,
            severity=Severity.ERROR,
            current_version=refusal.version if isinstance(refusal, Stale) else None,
            changed=_members(refusal.changed) if isinstance(refusal, Stale) else None,
        )
    ]


def _members(columns: Collection[str]) -> list[str]:
    """The members of an input by the columns that they set; a quantity sets two."""
    whole = (re.sub("_(value|unit)$", "", name) for name in columns)
    return list(dict.fromkeys(map(camel, whole)))
