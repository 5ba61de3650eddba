"""Reads fee notices and their priced lines: published lists, and constructed ones with dates."""

import re
from decimal import Decimal
from pathlib import Path

from hub.actions.reference_draft import FeeDocumentDraft, FeeItemDraft
from hub.importers.reference.records import (
    CONSTRUCTED,
    Record,
    distinct,
    origin,
    read_csv,
    read_json,
)
from hub.rules.document import normal_number
from hub.rules.fee import money
from hub.vocabulary import FeeNature

FEE_DOCUMENTS = "title_zh document_no region year repealed_year state evidence note"
FEE_ITEMS = (
    "source_document region item_code instrument_zh accuracy range charge_unit price currency note"
)
FEE_SAMPLES = "code item unit price currency effectiveFrom effectiveTo document compulsory"
FEE_NOTICE = re.compile(r"\S+〔\d{4}〕\d+号")
REMARKED = re.compile(r"(?P<name>.+?)(?: \((?P<remark>.+)\))?")
CURRENCY = re.compile("[A-Z]{3}")


def fee_documents(path: Path) -> list[FeeDocumentDraft]:
    """Fee notices; one whose number could not be seen says so in its note."""
    records = read_csv(path, FEE_DOCUMENTS.split())
    distinct(records, lambda record: record.text("title_zh"), "title_zh")
    return [_fee_document(record) for record in records]


def fee_items(path: Path) -> tuple[list[FeeDocumentDraft], list[FeeItemDraft]]:
    """Lines of published price lists, and the lists; their dates are not known."""
    records = read_csv(path, FEE_ITEMS.split())
    line = ("source_document", "item_code", "instrument_zh", "accuracy", "range")
    distinct(records, lambda record: tuple(record.cells[name] for name in line), "item_code")
    lists = {record.text("source_document"): record for record in records}
    return [_fee_list(record) for record in lists.values()], [_fee_item(each) for each in records]


def fee_samples(path: Path) -> tuple[list[FeeDocumentDraft], list[FeeItemDraft]]:
    """Constructed lines with validity; a notice of public number is not drafted again."""
    records = read_json(path, "items", FEE_SAMPLES.split())
    line = ("code", "item", "document", "effectiveFrom")
    distinct(records, lambda record: tuple(record.cells[name] for name in line), "code")
    names = dict.fromkeys(_remarked(record)[0] for record in records)
    notices = [
        FeeDocumentDraft(
            title=name,
            evidence=CONSTRUCTED,
            source_system=CONSTRUCTED,
            source_key=f"{path.name}#{name}",
        )
        for name in names
        if not FEE_NOTICE.fullmatch(name)
    ]
    return notices, [_fee_sample(record) for record in records]


def _fee_document(record: Record) -> FeeDocumentDraft:
    number = normal_number(record.text("document_no"))
    is_known = FEE_NOTICE.search(number) is not None
    notes = [None if is_known else f"document number: {number}", record.maybe("note")]
    return FeeDocumentDraft(
        title=record.text("title_zh"),
        number=number if is_known else "",
        region=record.maybe("region"),
        year=record.whole("year"),
        repealed_year=record.whole("repealed_year"),
        state=record.maybe("state"),
        evidence=record.text("evidence"),
        note="; ".join(filter(None, notes)) or None,
        **origin(record, record.text("title_zh")),
    )


def _fee_list(record: Record) -> FeeDocumentDraft:
    return FeeDocumentDraft(
        title=record.text("source_document"),
        region=record.text("region"),
        state="HISTORICAL",
        evidence="stored-page",
        note="an old public price list; document number and year not visible",
        source_system="stored-page",
        source_key=f"{record.file}#{record.text('source_document')}",
    )


def _fee_item(record: Record) -> FeeItemDraft:
    name = (record.text("item_code"), record.cells["accuracy"], record.cells["range"])
    return FeeItemDraft(
        document=record.text("source_document"),
        code=name[0],
        instrument_name=record.text("instrument_zh"),
        accuracy=name[1],
        measuring_range=name[2],
        charge_unit=record.cells["charge_unit"],
        price=_price(record),
        currency=_currency(record),
        nature=FeeNature.GOVERNMENT_PRICED,
        note=record.maybe("note"),
        source_system="stored-page",
        source_key=f"{record.file}#{' '.join(filter(None, name))}",
    )


def _fee_sample(record: Record) -> FeeItemDraft:
    document, remark = _remarked(record)
    from_, to = record.day("effectiveFrom"), record.day("effectiveTo")
    if from_ is None or (to is not None and to < from_):
        raise record.fault("effectiveTo", "生效期不成立", "the validity has no day")
    is_free = record.cells["compulsory"] == "true"
    return FeeItemDraft(
        document=document,
        code=record.text("code"),
        instrument_name=record.text("item"),
        charge_unit=record.text("unit"),
        price=_price(record),
        currency=_currency(record),
        effective_from=from_,
        effective_to=to,
        nature=FeeNature.COMPULSORY_FREE if is_free else FeeNature.GOVERNMENT_PRICED,
        note=remark,
        source_system=CONSTRUCTED,
        source_key=f"{record.file}#{record.text('code')} {from_}",
    )


def _remarked(record: Record) -> tuple[str, str | None]:
    """The name of a fee notice and the remark in brackets behind it."""
    match = REMARKED.fullmatch(record.text("document"))
    return (match["name"], match["remark"]) if match else (record.text("document"), None)


def _price(record: Record) -> Decimal:
    price = record.number("price")
    if price is None or price < 0 or money(price) != price:
        raise record.fault("price", "不是不小于 0、至多两位小数的金额", "is no amount of money")
    return money(price)


def _currency(record: Record) -> str:
    currency = record.text("currency")
    if not CURRENCY.fullmatch(currency):
        raise record.fault("currency", "不是 ISO 4217 币种", "is no ISO 4217 currency")
    return currency
