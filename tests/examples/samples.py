"""The sample queries of examples/: their headers, their operations, and holes in their answers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from graphql import parse, print_ast, separate_operations

EXAMPLES = Path(__file__).parents[2] / "examples"
HEADER = re.compile(r"(标题|说明|变量)\s*[:：]\s*(.*)")


@dataclass(frozen=True)
class Sample:
    """A sample query; its first comments say what it is for, as the IDE shows it."""

    path: Path

    @property
    def name(self) -> str:
        """Its name in the address of the IDE."""
        return self.path.stem

    @cached_property
    def source(self) -> str:
        """The whole file."""
        return self.path.read_text("utf-8")

    @cached_property
    def header(self) -> dict[str, str]:
        """Title, words and variables; a comment without a name continues the one above."""
        found: dict[str, str] = {}
        for line in takewhile(lambda line: line.startswith("#"), self.source.splitlines()):
            text = line.removeprefix("#").strip()
            if named := HEADER.fullmatch(text):
                found[named[1]] = named[2]
            else:
                found[list(found)[-1]] += f" {text}"
        return found

    @property
    def variables(self) -> dict[str, Any]:
        """Its variables, fresh for each use."""
        found: dict[str, Any] = json.loads(self.header.get("变量", "{}"))
        return found

    @property
    def login(self) -> str | None:
        """The login of the demo that runs it, None where it says that no one has to sign in."""
        return None if "无需登录" in self.header["说明"] else "enterprise"

    @cached_property
    def operations(self) -> dict[str, str]:
        """Each operation by its name, with the fragments that it uses."""
        parts = separate_operations(parse(self.source))
        return {name: print_ast(document) for name, document in parts.items()}


SAMPLES = {path.stem: Sample(path) for path in sorted(EXAMPLES.glob("*.graphql"))}


def holes(data: Any) -> set[str]:
    """The paths of an answer that hold a value in no row at all."""
    found = list(_leaves(data, ""))
    full = {path for path, filled in found if filled}
    return {path for path, _ in found if not any(f"{one}.".startswith(f"{path}.") for one in full)}


def _leaves(value: Any, at: str) -> Iterator[tuple[str, bool]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}.{name}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _leaves(inner, at)
    else:
        yield at, value not in (None, [], "")
