"""A change that answers each row that it brings: first done, then shown by statements."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from hub.engine.tree import Field
from hub.tables.handed import Handed
from schema.slot import Slot


def lists_of(root: Field) -> Iterable[Field]:
    """The fields of a payload that list handed rows."""
    for one in root.inside:
        if one.spec is not None and one.is_list and issubclass(one.spec.table, Handed):
            yield one


def filled(given: Any, variables: Mapping[str, Any]) -> Any:
    """Arguments with the values of a request in their slots."""
    if isinstance(given, Slot):
        return given.of(variables)
    if isinstance(given, Mapping):
        return {name: filled(one, variables) for name, one in given.items()}
    if isinstance(given, list):
        return [filled(one, variables) for one in given]
    return given


def payload(root: Field, told: Mapping[str, Any], lists: Mapping[str, bytes]) -> bytes:
    """The JSON of a payload: `lists` by response key, all else picked from what was `told`."""
    members = [
        b'"%b":%b' % (one.key.encode(), lists.get(one.key) or orjson.dumps(_picked(one, told)))
        for one in root.inside
    ]
    return b"{%b}" % b",".join(members)


def _picked(field: Field, owner: Any) -> Any:
    """The value of a field, with what is asked of it."""
    if field.name == "__typename":
        return field.on.name
    name = field.python_name
    return _shown(field, owner[name] if isinstance(owner, Mapping) else getattr(owner, name))


def _shown(field: Field, value: Any) -> Any:
    if value is None or not field.below:
        return value
    if isinstance(value, list):
        return [_shown(field, one) for one in value]
    return {one.key: _picked(one, value) for one in field.inside}
