"""Whether a workbook is small and plain enough to be opened, and a copy of its checked parts."""

import struct
import zlib
from io import BytesIO
from typing import NamedTuple
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from hub.errors import BadInput
from hub.importers.ledger.delimited import SAVE_AGAIN
from hub.importers.ledger.xlsx_scan import Place, Scan, too_large, xml_parser

MAX_PARTS = 2_000
MAX_INFLATED = 256 << 20  # bytes of XML
MAX_RATIO = 150  # inflated to packed; a dense ledger has 5 to 40
ANY_RATIO = 8 << 20  # bytes of XML that may have any ratio
CHUNK = 1 << 16
OVER_LIMIT = 3  # exit status of a reader that a limit has stopped
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
OLD_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")  # the container of .xls and of encrypted .xlsx
LOCKED = "EncryptedPackage".encode("utf-16-le")


class Checked(NamedTuple):
    """A workbook that may be opened.

    `archive` holds its XML parts, unpacked, exactly as they were checked. `texts` has, by the name
    of the sheet and the place (row, column; from 0), what calamine leaves out: formulas that were
    never calculated, and errors such as #N/A.
    """

    archive: bytes
    date1904: bool
    texts: dict[str, dict[Place, str]]


def check(data: bytes) -> Checked:
    """The checked copy of a workbook; BadInput with the reason where it is not to be opened."""
    if data.startswith(OLD_OR_LOCKED):
        raise _old_or_locked(data)
    copy = BytesIO()
    index = _Index()
    texts = {}
    name = "zip"
    try:
        with ZipFile(BytesIO(data)) as source, ZipFile(copy, "w", ZIP_STORED) as target:
            for info in _parts(source, len(data)):
                name = info.filename.lower()
                scan = Scan()
                readers = [scan.parser, *index.parsers(name)]
                with source.open(info) as packed, target.open(info.filename, "w") as unpacked:
                    while chunk := packed.read(CHUNK):
                        for reader in readers:
                            reader.Parse(chunk, False)
                        unpacked.write(chunk)
                scan.close()
                texts[name] = scan.texts
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise damaged(str(error)) from error
    except (expat.ExpatError, ValueError, zlib.error, struct.error) as error:
        raise damaged(f"{name}: {error}") from error
    return Checked(copy.getvalue(), index.date1904, index.by_sheet(texts))


def damaged(reason: str) -> BadInput:
    """The refusal of a workbook that cannot be read."""
    return BadInput(
        f"工作簿已损坏或不是 .xlsx 文件（{reason}）",
        f"the workbook is damaged or no .xlsx file ({reason})",
        hint=SAVE_AGAIN,
    )


def _parts(archive: ZipFile, packed_size: int) -> list[ZipInfo]:
    """The XML parts of the archive, after a look at its directory."""
    names = [info.filename.lower() for info in archive.infolist()]
    if len(names) > MAX_PARTS:
        raise too_large(f"含 {len(names)} 个部件", f"{len(names)} parts")
    if WORKBOOK not in names:
        raise BadInput(
            "压缩包里没有 Excel 工作簿（.xlsx）",
            "the archive holds no Excel workbook (.xlsx)",
            hint=SAVE_AGAIN,
        )
    if len(set(names)) < len(names):
        raise damaged("duplicate parts")
    parts = [
        part for part in archive.infolist() if part.filename.lower().endswith((".xml", ".rels"))
    ]
    inflated = sum(part.file_size for part in parts)
    if inflated > min(MAX_INFLATED, max(ANY_RATIO, MAX_RATIO * packed_size)):
        size = f"{inflated / (1 << 20):.0f} MB"
        raise too_large(
            f"{packed_size} 字节解压后有 {size}", f"{packed_size} bytes unpack to {size}"
        )
    if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
        raise damaged("unusual compression")
    return parts


class _Index:
    """What the workbook says of itself: its date system, and which part is which sheet."""

    def __init__(self) -> None:
        self.date1904 = False
        self._sheets: dict[str, str] = {}  # relation: name of the sheet
        self._targets: dict[str, str] = {}  # relation: part

    def parsers(self, part: str) -> list[expat.XMLParserType]:
        """The reader of `part`, if it says something of the whole workbook."""
        if part not in {WORKBOOK, RELATIONS}:
            return []
        parser = xml_parser()
        parser.StartElementHandler = self._start
        return [parser]

    def by_sheet(self, texts: dict[str, dict[Place, str]]) -> dict[str, dict[Place, str]]:
        """`texts` of parts by the names of their sheets."""
        return {
            name: texts.get(self._targets.get(relation, ""), {})
            for relation, name in self._sheets.items()
        }

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = tag.rpartition(":")[2]
        if element == "workbookPr":
            self.date1904 = attributes.get("date1904") in {"1", "true"}
        elif element == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self._sheets[relation] = attributes.get("name", "")
        elif element == "Relationship":
            target = attributes.get("Target", "").lower()
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            self._targets[attributes.get("Id", "")] = part


def _old_or_locked(data: bytes) -> BadInput:
    if LOCKED in data:
        return BadInput(
            "工作簿设有打开密码",
            "the workbook is locked by a password",
            hint=SAVE_AGAIN,
        )
    return BadInput(
        "这是旧版 .xls 文件（扩展名可能被改过）",
        "this is an old .xls file, whatever its name says",
        hint=SAVE_AGAIN,
    )
