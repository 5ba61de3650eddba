"""Reads the reference files: documents, catalogue, fees, capabilities, degrees of equivalence."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.actions.reference_draft import (
    CapabilityDraft,
    CatalogueDraft,
    DegreeDraft,
    DocumentDraft,
    FeeDocumentDraft,
    FeeItemDraft,
)
from hub.errors import BadInput, Words
from hub.importers.reference.fees import fee_documents, fee_items, fee_samples
from hub.importers.reference.records import CONSTRUCTED, Record, distinct, origin, read_csv
from hub.rules.document import normal_number, parse_number
from hub.values import plain
from hub.vocabulary import CmcForm, CompulsoryPurpose, MetrologyField

REGULATIONS = "number kind serial year title_zh title_en issued effective replaces evidence note"
CATALOGUE_1987 = "item_no name_zh kinds_zh evidence"
CATALOGUE_2020 = "name_zh name_en supervision verification_form purpose evidence note"
CAPABILITIES = (
    "code field_zh field measured_object_zh parameter_zh basis range_lower range_upper range_unit"
    " cmc_form cmc_a cmc_b cmc_unit"
)
DEGREES = (
    "comparison_code release_year doi kcrv_value kcrv_unit kcrv_standard_uncertainty laboratory"
    " laboratory_ror degree_of_equivalence_D unit expanded_uncertainty_U coverage_factor_k"
    " en_computed_D_over_U"
)

SUPERVISION = {"", "P", "V", "P+V"}
SINGLE_VALUED = {"CONSTANT", "RELATIVE", "RELATIVE_FS"}  # the last two have a unit of % or % FS


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything of the reference folder, read and checked, not yet stored."""

    documents: list[DocumentDraft]
    catalogue: list[CatalogueDraft]
    fee_documents: list[FeeDocumentDraft]
    fee_items: list[FeeItemDraft]
    capabilities: list[CapabilityDraft]
    degrees: list[DegreeDraft]


def read_reference(folder: Path) -> Reference:
    """All drafts of the reference files in `folder`.

    BadInput where the folder or a file is missing, or names the file, line and column at fault.
    """
    try:
        listed, printed = fee_items(folder / "fee-items-public-historical.csv")
        invented, priced = fee_samples(folder / "sample-fee-lookup.json")
        return Reference(
            documents=regulations(folder / "regulations.csv"),
            catalogue=[
                *catalogue_1987(folder / "catalogue-compulsory-1987-superseded.csv"),
                *catalogue_2020(folder / "catalogue-compulsory-2020-partial.csv"),
            ],
            fee_documents=[*fee_documents(folder / "fee-documents.csv"), *listed, *invented],
            fee_items=[*printed, *priced],
            capabilities=capabilities(folder / "sample-capabilities.csv"),
            degrees=degrees(folder / "kc" / "bipm-ri2-degrees-of-equivalence.csv"),
        )
    except FileNotFoundError as error:
        raise missing(Path(error.filename)) from error


def missing(file: Path) -> BadInput:
    """The refusal for an example file that is not there, to be raised."""
    return BadInput(
        f"缺少示例数据文件 {file}",
        f"the example file {file} is missing",
        hint=Words(
            "示例数据在仓库的 examples/data 文件夹，请从仓库检出目录运行",
            "they are in examples/data of the repository: run from a checkout",
        ),
    )


def regulations(path: Path) -> list[DocumentDraft]:
    """Verification regulations and calibration specifications.

    What a document replaces beyond documents of known series with a year goes into its note.
    """
    records = read_csv(path, REGULATIONS.split())
    distinct(records, lambda record: normal_number(record.text("number")), "number")
    return [_regulation(record) for record in records]


def catalogue_1987(path: Path) -> list[CatalogueDraft]:
    """The superseded catalogue of 1987 with its kinds."""
    records = read_csv(path, CATALOGUE_1987.split())
    distinct(records, lambda record: record.text("name_zh"), "name_zh")
    return [
        CatalogueDraft(
            edition="1987",
            item_no=record.whole("item_no"),
            name=record.text("name_zh"),
            kinds=record.listed("kinds_zh"),
            evidence=record.text("evidence"),
            **origin(record, record.text("item_no")),
        )
        for record in records
    ]


def catalogue_2020(path: Path) -> list[CatalogueDraft]:
    """The catalogue of 2020, as far as it could be read."""
    records = read_csv(path, CATALOGUE_2020.split())
    distinct(records, lambda record: record.text("name_zh"), "name_zh")
    return [
        CatalogueDraft(
            edition="2020",
            name=record.text("name_zh"),
            name_en=record.maybe("name_en"),
            supervision=_supervision(record),
            verification_form=record.maybe("verification_form"),
            purposes=_purposes(record),
            evidence=record.text("evidence"),
            note=record.maybe("note"),
            **origin(record, record.text("name_zh")),
        )
        for record in records
    ]


def capabilities(path: Path) -> list[CapabilityDraft]:
    """Constructed CMC lines over the ten fields, on real documents."""
    records = read_csv(path, CAPABILITIES.split())
    distinct(records, lambda record: record.text("code"), "code")
    return [_capability(record) for record in records]


def degrees(path: Path) -> list[DegreeDraft]:
    """Degrees of equivalence in the order of their published lists."""
    places: Counter[str] = Counter()
    drafts = []
    for record in read_csv(path, DEGREES.split()):
        code = record.text("comparison_code")
        places[code] += 1
        drafts.append(_degree(record, code, places[code]))
    return drafts


def _regulation(record: Record) -> DocumentDraft:
    number = parse_number(record.text("number"))
    if number is None:
        raise record.fault("number", "不是技术资料编号", "is no number of a document")
    if (number.prefix, number.serial, str(number.year)) != (
        record.text("kind"),
        record.text("serial"),
        record.text("year"),
    ):
        raise record.fault(
            "number", "与种类、顺序号或年份不符", "is not of this kind, serial, year"
        )
    issued, effective = record.day("issued"), record.day("effective")
    if issued and effective and issued > effective:
        raise record.fault("effective", "实施早于发布", "is effective before it is issued")
    replaced = {text: parse_number(text) for text in record.listed("replaces")}
    unknown = [text for text, known in replaced.items() if known is None]
    notes = [record.maybe("note"), f"also replaces {'; '.join(unknown)}" if unknown else None]
    return DocumentDraft(
        number=str(number),
        kind=number.kind,
        title_zh=record.text("title_zh"),
        title_en=record.maybe("title_en"),
        issued=issued,
        effective=effective,
        replaces=tuple(str(known) for known in replaced.values() if known),
        evidence=record.text("evidence"),
        note="; ".join(filter(None, notes)) or None,
        **origin(record, str(number)),
    )


def _supervision(record: Record) -> str | None:
    if record.cells["supervision"] not in SUPERVISION:
        raise record.fault("supervision", "应为 P、V 或 P+V", "is neither P, V nor P+V")
    return record.maybe("supervision")


def _purposes(record: Record) -> list[str]:
    purposes = record.listed("purpose")
    for purpose in purposes:
        if purpose not in set(CompulsoryPurpose):
            raise record.fault("purpose", f"不认识的用途 {purpose}", f"{purpose} is no purpose")
    return purposes


def _capability(record: Record) -> CapabilityDraft:
    lower, upper = record.number("range_lower"), record.number("range_upper")
    if lower is not None and upper is not None and lower > upper:
        raise record.fault("range_upper", "上限小于下限", "is below the lower limit")
    ends = {"lower": lower, "upper": upper}
    measured = {name: plain(value) for name, value in ends.items() if value is not None}
    form, cmc = _cmc(record)
    return CapabilityDraft(
        code=record.text("code"),
        field=record.term("field", MetrologyField),
        measured_object=record.text("measured_object_zh"),
        parameter=record.text("parameter_zh"),
        basis=normal_number(record.text("basis")),
        ranges=[measured | {"unit": record.text("range_unit")}],
        cmc_form=form,
        cmc=cmc,
        source_system=CONSTRUCTED,
        source_key=f"{record.file}#{record.text('code')}",
    )


def _cmc(record: Record) -> tuple[CmcForm, dict[str, Any]]:
    """The form of a CMC and what it needs; k = 2."""
    form, unit = record.text("cmc_form"), record.text("cmc_unit")
    a, b = record.number("cmc_a"), record.number("cmc_b")
    if form in SINGLE_VALUED and a is not None and b is None:
        return CmcForm.CONSTANT, {"value": plain(a), "unit": unit, "k": "2"}
    if form == CmcForm.LINEAR and a is not None and b is not None and ";" in unit:
        unit, variable = (part.strip() for part in unit.split(";", 1))
        line = {"a": plain(a), "b": plain(b), "variable": variable}
        return CmcForm.LINEAR, line | {"unit": unit, "k": "2"}
    if form == CmcForm.TABLE and a is None and b is None:
        return CmcForm.TABLE, {"text": unit, "k": "2"}
    raise record.fault("cmc_form", f"{form} 与 a、b 不相配", f"{form} does not go with a and b")


def _degree(record: Record, code: str, position: int) -> DegreeDraft:
    return DegreeDraft(
        comparison_code=code,
        position=position,
        release_year=record.whole("release_year"),
        doi=record.maybe("doi"),
        kcrv_value=record.number("kcrv_value"),
        kcrv_unit=record.maybe("kcrv_unit"),
        kcrv_standard_uncertainty=record.number("kcrv_standard_uncertainty"),
        laboratory=record.text("laboratory"),
        laboratory_ror=record.maybe("laboratory_ror"),
        d=record.number("degree_of_equivalence_D"),
        unit=record.maybe("unit"),
        u=record.number("expanded_uncertainty_U"),
        k=record.number("coverage_factor_k"),
        en=record.number("en_computed_D_over_U"),
        source_system="repository",
        source_key=f"{record.file}#{code} {position}",
    )
