"""Every closed list as a GraphQL enum, its Chinese labels as descriptions."""

import re

import strawberry

from hub import exchange, vocabulary
from hub.actor import Level, Sight
from hub.rules.problem import Severity
from hub.vocabulary import Term

ELSEWHERE = {"Level": Level, "Severity": Severity, "Sight": Sight}
TERMS: dict[str, type[Term]] = {
    name: kind
    for name, kind in [*vars(vocabulary).items(), *vars(exchange).items(), *ELSEWHERE.items()]
    if isinstance(kind, type) and issubclass(kind, Term) and kind is not Term
}


def words_of(term: type[Term]) -> str:
    """The Chinese name of a closed list: the first words of its docstring."""
    found = re.match(r"[^:.(（a-z]+", term.__doc__ or "")
    return found.group().strip() if found else ""


for kind in TERMS.values():
    strawberry.enum(kind, description=words_of(kind))
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = kind(value.value).label


@strawberry.type(description="枚举值及其中文名")
class TermLabel:
    """One word of a closed list."""

    value: str = strawberry.field(description="枚举值")
    label: str = strawberry.field(description="中文名")


@strawberry.type(description="一个枚举及其全部取值的中文名")
class TermLabels:
    """A closed list with its labels."""

    name: str = strawberry.field(description="枚举名")
    words: str = strawberry.field(description="枚举的中文名")
    values: list[TermLabel] = strawberry.field(description="各取值")


def labels(name: str | None = None) -> list[TermLabels]:
    """The labels of one closed list, or of all."""
    chosen = {key: kind for key, kind in TERMS.items() if name in (None, key)}
    return [
        TermLabels(
            name=key,
            words=words_of(kind),
            values=[TermLabel(value=term.value, label=term.label) for term in kind],
        )
        for key, kind in sorted(chosen.items())
    ]
