"""A value that comes anew with each request: a bound parameter of a statement written once."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam

Read = Callable[[Any], Any]


class Slot:
    """Stands for a variable, or a part of one, where an operation is planned.

    `path` leads to its value in the coerced variables. A plan is made without that value, since
    others will run it with theirs; of an id it may know the `noun`, of a list the `size`, which
    shape the plan. In an expression of SQLAlchemy a slot is a bound parameter of its own name.
    """

    __slots__ = ("_book", "_read", "name", "noun", "path", "size")

    def __init__(
        self,
        path: tuple[str | int, ...],
        book: "dict[str, Slot]",
        *,
        noun: str | None = None,
        size: int | None = None,
        read: Read | None = None,
    ) -> None:
        self.path = path
        self.noun = noun
        self.size = size
        self.name = f"v{len(book)}"
        self._book = book
        self._read = read
        book[self.name] = self

    def map(self, read: Read) -> "Slot":
        """The slot of what `read` makes of the value."""
        before = self._read
        both = read if before is None else lambda given: read(before(given))
        return Slot(self.path, self._book, noun=self.noun, read=both)

    def split(self, read: Callable[[Any], tuple[Any, ...]], size: int) -> "tuple[Slot, ...]":
        """A slot for each of the `size` members of what `read` makes of the value."""
        return tuple(self.map(lambda given, at=at: read(given)[at]) for at in range(size))  # type: ignore[misc]

    def of(self, coerced: Mapping[str, Any]) -> Any:
        """Its value in a request. Raises what its reading raises where the value is unfit."""
        found: Any = coerced
        for step in self.path:
            found = found[step]
        return found if self._read is None else self._read(found)

    def __clause_element__(self) -> BindParameter[Any]:
        """What SQLAlchemy takes it for."""
        return bindparam(self.name, None)
