"""Is a file a DCC that the hub can read safely: bounded, without DTD, valid by its XML schema.

Nothing is fetched: the schemas of DCC 3.1.1 to 3.3.0 lie in `xsd/`, a `schemaLocation` in the file
is only text, and a DOCTYPE (with it every entity) is refused before an XML parser sees it.
"""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from hub.errors import BadInput, Words

DCC = "{https://ptb.de/dcc}"
ROOT = f"{DCC}digitalCalibrationCertificate"
FOLDER = Path(__file__).parent / "xsd"
VERSIONS = ("3.1.1", "3.1.2", "3.2.0", "3.2.1", "3.3.0")

MOST_BYTES = 20_000_000
MOST_MARKS = 250_000  # of each mark: bounds the tree before there is one
MARKS = (
    (b"<", "标记", "tags"),
    (b"=", "属性", "attributes"),
    (b"\n", "行", "lines"),
    (b"\r", "行", "lines"),
)
MOST_VALUES = 250_000  # items of all lists together
MOST_ATTRIBUTES = 64  # of one element
MOST_NAMESPACES = 32  # in scope of one element; canonical XML needs their square in time
MOST_FAULTS = 5  # told to the reader
LONGEST_MESSAGE = 300

LIMIT = Words(
    "超过解析上限（嵌套 256 层，单个文本 10 MB）", "too deep (256) or too long a text (10 MB)"
)

# What may stand before the root element, but for a DOCTYPE. Possessive: linear in time.
PROLOGUE = re.compile(rb"(?:[ \t\r\n]|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
GAP = re.compile(r"[ \t\r\n]+")


def parser(**options: Any) -> etree.XMLParser:
    """A parser of UTF-8 that expands no entity, loads no DTD and opens neither net nor file."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        **options,
    )


def utf8(data: bytes) -> bytes:
    """`data` as UTF-8 without byte order mark. BadInput when it is too large or not Unicode."""
    if len(data) > MOST_BYTES:
        raise BadInput(
            f"文件 {len(data)} 字节，超过上限 {MOST_BYTES} 字节",
            f"the file has {len(data)} bytes, more than the {MOST_BYTES} allowed",
        )
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig").encode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"第 {error.start + 1} 字节起不是 UTF-8（或带 BOM 的 UTF-16）编码",
            f"byte {error.start + 1} is not UTF-8 (nor UTF-16 with a byte order mark)",
        ) from error


def valid_tree(text: bytes) -> tuple[etree._Element, str]:
    """The root element of a DCC in UTF-8, comments left out, and its schema version.

    BadInput, with line and column where there are such, for a DOCTYPE, for XML that is not well
    formed, another root element, an unsupported version, too much of anything, or a breach of the
    XML schema of the version.
    """
    _refuse_doctype(text)
    for mark, zh, en in MARKS:
        _bound(text.count(mark), MOST_MARKS, zh, en)
    root = _parsed(text)
    version = _version(root)
    _measure(root, may_crowd=text.count(b"xmlns") > MOST_NAMESPACES)
    _validate(text, version)
    return root, version


def _refuse_doctype(text: bytes) -> None:
    prologue = PROLOGUE.match(text)
    if prologue is not None and text.startswith(b"<!DOCTYPE", prologue.end()):
        line = prologue.group().count(b"\n") + 1
        raise BadInput(
            f"第 {line} 行：不接受文档类型声明（DOCTYPE）与实体",
            f"line {line}: a document type declaration (DOCTYPE) and entities are not accepted",
            hint=Words("DCC 不需要 DTD，请删去后重新导出", "A DCC needs no DTD; export without it"),
        )


def _parsed(text: bytes) -> etree._Element:
    try:
        root = etree.fromstring(text, parser(remove_comments=True, remove_pis=True))
    except etree.XMLSyntaxError as error:
        line, column = error.position
        code = error.code  # type: ignore[attr-defined]  # the stubs forget it
        limit = code == etree.ErrorTypes.ERR_RESOURCE_LIMIT
        zh, en = LIMIT if limit else ("XML 格式不正确", "not well-formed XML")
        raise BadInput(
            f"{zh}，第 {line} 行第 {column} 列：{_short(str(error.msg))}",
            f"{en}, line {line}, column {column}: {_short(str(error.msg))}",
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadInput("不接受文档类型声明（DOCTYPE）", "a DOCTYPE is not accepted")
    return root


def _version(root: etree._Element) -> str:
    if root.tag != ROOT:
        found, wanted = _short(str(root.tag)), _short(ROOT)
        raise BadInput(
            f"不是数字校准证书：根元素是 {found}，应为 {wanted}",
            f"not a digital calibration certificate: the root element is {found}, not {wanted}",
        )
    version = root.get("schemaVersion", "")
    if version not in VERSIONS:
        supported = ", ".join(VERSIONS)
        raise BadInput(
            f"不支持的 DCC 版本 {version[:20]!r}；支持 {supported}",
            f"DCC version {version[:20]!r} is not supported; supported are {supported}",
        )
    return version


def _measure(root: etree._Element, *, may_crowd: bool) -> None:
    """Bound what elements hold; a file `may_crowd` names that declares more than one may have."""
    values = 0
    for element in root.iter(etree.Element):
        _bound(len(element.attrib), MOST_ATTRIBUTES, "单个元素的属性", "attributes of one element")
        if may_crowd:
            _bound(len(element.nsmap), MOST_NAMESPACES, "命名空间", "namespaces")
        if str(element.tag).endswith("XMLList"):
            values += len(GAP.findall(element.text or "")) + 1
        for attribute in ("refId", "refType"):
            values += len(GAP.findall(element.get(attribute, "")))
    _bound(values, MOST_VALUES, "列表值", "list values")


def _bound(count: int, most: int, zh: str, en: str) -> None:
    if count > most:
        raise BadInput(
            f"{zh}数量 {count} 超过上限 {most}", f"{count} {en} are more than the {most} allowed"
        )


@lru_cache(maxsize=len(VERSIONS))
def _schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FOLDER / f"dcc-v{version}.xsd"), parser()))


def _validate(text: bytes, version: str) -> None:
    """Refuse a breach of the schema.

    The validating parser is fed line by line: so it tells the line, stops after a few faults and
    stays linear. `XMLSchema.validate` takes a minute for 100,000 faults, because lxml counts the
    siblings of each for its path.
    """
    faults = list(islice(_faults(text, version), MOST_FAULTS))
    if faults:
        more = "…" if len(faults) == MOST_FAULTS else ""
        raise BadInput(
            f"不符合 DCC {version} 的 XML 模式："
            + "；".join(f"第 {n} 行 {why}" for n, why in faults)
            + more,
            f"not valid by the XML schema of DCC {version}: "
            + "; ".join(f"line {n}: {why}" for n, why in faults)
            + more,
        )


def _faults(text: bytes, version: str) -> Iterator[tuple[int, str]]:
    """The line at which each breach shows (for a missing element: where its parent ends)."""
    validating = parser(schema=_schema(version))
    told = number = 0
    try:
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            validating.feed(line)
            for entry in list(validating.feed_error_log)[told:]:
                told += 1
                yield number, _short(entry.message)
        validating.close()
    except etree.XMLSyntaxError as error:
        if not told:
            yield number, _short(str(error.msg))


def _short(message: str) -> str:
    """A message of libxml2, cut, with the customary prefixes instead of namespaces."""
    message = message.replace(DCC, "dcc:").replace("{https://ptb.de/si}", "si:")
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"
