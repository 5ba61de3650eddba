"""The XML that a DCC is made of: elements, texts in their language, words that are never empty."""

import re
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from lxml import etree

from hub.errors import Path, Refused, Words
from hub.importers.dcc.dsi_read import SI, SPACE
from hub.importers.dcc.validate import DCC

NAMES = {"dcc": DCC.strip("{}"), "si": SI.strip("{}")}
CAMEL = re.compile("_([a-z])")
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CHINESE = re.compile("[\u4e00-\u9fff]")


class Element(NamedTuple):
    """An element to be written; `parts` are its text or its children, None is left out.

    lxml takes several times as long for an element that is made before its parent.
    """

    name: str
    attributes: dict[str, str]
    parts: "tuple[Part, ...]"


Part = Element | str | None


def tree(root: Element) -> etree._Element:
    """What is to be written, as lxml has it. ValueError for a character that no XML holds."""
    made = etree.Element(root.name, root.attributes, nsmap=NAMES)
    _fill(made, root.parts)
    return made


def _fill(made: etree._Element, parts: tuple[Part, ...]) -> None:
    for part in parts:
        if isinstance(part, Element):
            _fill(etree.SubElement(made, part.name, part.attributes), part.parts)
        elif part is not None:
            made.text = part


def element(name: str, *parts: Part, **attributes: str | None) -> Element:
    """An element with `parts`; None is left out, of the attributes "" too."""
    return Element(name, {key: value for key, value in attributes.items() if value}, parts)


def dcc(name: str, *parts: Part, **attributes: str | None) -> Element:
    """An element of the DCC."""
    return element(DCC + name, *parts, **attributes)


def si(name: str, *parts: Part) -> Element:
    """An element of D-SI."""
    return element(SI + name, *parts)


def word(name: str, value: object) -> Element | None:
    """A `dcc:` element with a value that may not be empty, None where it is."""
    trimmed = "" if value is None else str(value).strip(SPACE)
    return dcc(name, trimmed) if trimmed else None


def some(name: str, *parts: Part, **attributes: str | None) -> Element | None:
    """A `dcc:` element with `parts`, None where there are none."""
    return dcc(name, *parts, **attributes) if any(part is not None for part in parts) else None


def text(name: str, said: str | Words) -> Element:
    """A text in the language that it is in, or in both languages of the hub."""
    if isinstance(said, Words):
        return dcc(name, dcc("content", said.zh, lang="zh"), dcc("content", said.en, lang="en"))
    return dcc(name, dcc("content", said, lang="zh" if CHINESE.search(said) else None))


def maybe(name: str, said: str | None) -> Element | None:
    """A text, None where there is none."""
    return text(name, said) if said else None


def inexpressible(zh: str, en: str, *path: str | int) -> Refused:
    """The refusal of a certificate of which a DCC cannot say what stands at `path`."""
    return Refused(
        f"无法表示为数字校准证书：{zh}",
        f"cannot be expressed as a digital calibration certificate: {en}",
        path=path,
    )


def needed(value: str | None, zh: str, en: str, *path: str | int) -> str:
    """A value that every DCC has. Refused where it is missing."""
    if not (value or "").strip(SPACE):
        raise inexpressible(f"缺少{zh}", f"{en} is missing", *path)
    return value or ""


def insist_on_characters(value: Any, path: Path = ()) -> None:
    """Raise Refused, with its path, for a text that no XML can hold."""
    match value:
        case str() if odd := UNFIT.search(value):
            raise inexpressible(
                f"文字含有 XML 不能表示的字符 U+{ord(odd[0]):04X}",
                f"a text with the character U+{ord(odd[0]):04X}, which no XML can hold",
                *path,
            )
        case dict():
            for name, one in value.items():
                insist_on_characters(one, (*path, name))
        case _ if is_dataclass(value):
            for member in fields(value):
                name = CAMEL.sub(lambda hump: hump[1].upper(), member.name)
                insist_on_characters(getattr(value, member.name), (*path, name))
        case list() | tuple():
            for place, one in enumerate(value):
                insist_on_characters(one, (*path, place))
