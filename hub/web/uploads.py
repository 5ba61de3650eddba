"""Files with an operation: the GraphQL multipart request, read strictly and within limits."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive

from hub.errors import BadRequest, Forbidden
from hub.settings import Settings
from hub.web.body import Asked, chunks, read_asked, read_json, too_large

MOST_FILES = 4
_MOST_PATHS = 8
_OVERHEAD = 65_536

# A form of a foreign page cannot set a header, so one of these shows that a script of an allowed
# origin sends the request (CSRF). The second is what Apollo's clients send, the third what most
# upload libraries send.
PREFLIGHT = ("x-hub-preflight", "apollo-require-preflight", "x-requested-with")


async def read_form(receive: Receive, headers: Mapping[str, str], settings: Settings) -> FormData:
    """The form of a multipart body, to be closed after use.

    Forbidden without a preflight header; RequestRefused (413) over a limit; BadRequest for what
    is no form in UTF-8.
    """
    if not any(headers.get(name) for name in PREFLIGHT):
        raise Forbidden(
            "文件上传须带有请求头 X-Hub-Preflight", "uploads need the header X-Hub-Preflight"
        )
    limit = settings.max_body_bytes + MOST_FILES * settings.max_upload_bytes + _OVERHEAD
    parser = _Parser(receive, headers, limit, settings)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadRequest(f"表单无法解读：{error.message}", error.message) from None


def asked_with_files(form: FormData) -> Asked:
    """The operation of a form, with each file as an UploadFile where `map` puts it in `variables`.

    BadRequest when the form does not follow the GraphQL multipart request specification.
    """
    fields = _unique(form)
    operations = read_json(_text(fields.pop("operations", None), "operations"))
    places = read_json(_text(fields.pop("map", None), "map"))
    asked = read_asked(operations)
    _put(asked, places, fields)
    return asked._replace(has_files=True)


class _Parser(MultiPartParser):
    """Starlette's parser, with a limit on each file and fields that are UTF-8 indeed."""

    def __init__(
        self, receive: Receive, headers: Mapping[str, str], limit: int, settings: Settings
    ) -> None:
        super().__init__(
            Headers(headers),
            chunks(receive, headers, limit),
            max_files=MOST_FILES,
            max_fields=2,
            max_part_size=settings.max_body_bytes,
        )
        self._most = settings.max_upload_bytes
        self._so_far = 0

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._so_far = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._so_far += end - start
        if self._current_part.file is not None and self._so_far > self._most:
            raise too_large(self._most)
        super().on_part_data(data, start, end)

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            try:
                self._current_part.data.decode()
            except UnicodeDecodeError:
                raise MultiPartException("The fields have to be UTF-8.") from None
        super().on_part_end()


def _unique(form: FormData) -> dict[str, UploadFile | str]:
    fields = dict(form.multi_items())
    if len(fields) != len(form.multi_items()):
        raise BadRequest("表单字段重复", "a field of the form is repeated")
    return fields


def _text(field: UploadFile | str | None, name: str) -> str:
    if isinstance(field, str):
        return field
    raise BadRequest(f"表单缺少字段 {name}", f"the form has no field `{name}`", path=(name,))


def _put(asked: Asked, places: Any, files: Mapping[str, UploadFile | str]) -> None:
    """Put each file where the map says. BadRequest unless every file has its places, each null."""
    if not isinstance(places, dict) or places.keys() != files.keys():
        raise BadRequest(
            "map 应逐一对应上传的文件", "`map` has to name every file of the form and no other"
        )
    for name, paths in places.items():
        if not isinstance(paths, list) or not 1 <= len(paths) <= _MOST_PATHS:
            raise _misplaced(name)
        for path in paths:
            _put_one(asked.variables, name, path, files[name])


def _put_one(variables: Any, name: str, path: Any, file: UploadFile | str) -> None:
    if not isinstance(path, str) or not path.startswith("variables."):
        raise _misplaced(name)
    *way, last = path.split(".")[1:]
    holder = variables
    for step in way:
        holder = _step(holder, step, name)
    if _step(holder, last, name) is not None:
        raise _misplaced(name)
    holder[_key(holder, last)] = file


def _step(holder: Any, step: str, name: str) -> Any:
    try:
        return holder[_key(holder, step)]
    except (KeyError, IndexError, ValueError, TypeError):
        raise _misplaced(name) from None


def _key(holder: Any, step: str) -> str | int:
    if isinstance(holder, list) and step.isascii() and step.isdecimal() and len(step) <= 6:
        return int(step)
    if isinstance(holder, dict):
        return step
    raise TypeError


def _misplaced(name: str) -> BadRequest:
    return BadRequest(
        f"map 中文件 {name[:40]} 的路径应指向 variables 中的 null",
        f"each path of file {name[:40]} in `map` has to lead to a null in `variables`",
        path=("map", name[:40]),
    )
