"""What a rule finds wrong, as a value: many can be told at once, an exception tells one."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.errors import Path, Refused, Words
from hub.vocabulary import Term


class Severity(Term):
    """问题级别: an error stops the work, a warning goes with it."""

    ERROR = "ERROR", "错误"
    WARNING = "WARNING", "提示"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong. `code` is never translated; `path` leads to the value at fault."""

    code: str
    words: Words
    path: Path = ()
    severity: Severity = Severity.ERROR


class Objections(Refused):
    """A refusal that tells everything found wrong, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(*self.problems[0].words, path=self.problems[0].path)


def error(code: str, zh: str, en: str, *path: str | int) -> Problem:
    """A problem that stops the work."""
    return Problem(code, Words(zh, en), path)


def warning(code: str, zh: str, en: str, *path: str | int) -> Problem:
    """A problem that people should know of and may pass."""
    return Problem(code, Words(zh, en), path, Severity.WARNING)


def refuse_first(problems: Iterable[Problem]) -> None:
    """Raise Refused for the first error among `problems`; warnings pass."""
    for problem in problems:
        if problem.severity is Severity.ERROR:
            raise Refused(*problem.words, path=problem.path)
