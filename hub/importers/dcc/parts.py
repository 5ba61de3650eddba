"""Who and what a DCC names: laboratory, client, persons, items, equipment, methods, statements."""

from lxml import etree

from hub.importers.dcc.columns import verdicts
from hub.importers.dcc.draft import Contact, Equipment, Item, Method, Person, Statement
from hub.importers.dcc.elements import (
    all_of,
    day,
    each_word,
    flag,
    identifications,
    issued_by,
    one,
    quantities,
    refs,
    report_ref,
    sure,
    text_of,
    word,
)
from hub.importers.dcc.validate import DCC

STANDARD = frozenset(("basic_normalUsed", "basic_standardUsed"))
ADDRESS = ("street", "streetNo", "postOfficeBox", "postCode", "city", "state", "countryCode")


def contact(element: etree._Element, code: str | None = None) -> Contact:
    """An organisation (dcc:contactType)."""
    location = one(element, "location")
    parts = {} if location is None else {name: word(location, name) for name in ADDRESS}
    further = text_of(location, "further").best
    address = {name: part for name, part in parts.items() if part is not None}
    return Contact(
        name=text_of(element, "name"),
        code=code,
        email=word(element, "eMail"),
        phone=word(element, "phone"),
        link=word(element, "link"),
        address={**address, "further": further} if further else address,
    )


def laboratory(element: etree._Element) -> Contact:
    """The calibration laboratory, with its code where it has one."""
    found = sure(one(element, "contact"), "calibrationLaboratory/contact")
    return contact(found, word(element, "calibrationLaboratoryCode"))


def persons(element: etree._Element) -> tuple[Person, ...]:
    """The responsible persons below `dcc:administrativeData`."""
    return tuple(
        Person(
            name=text_of(each, "person/name"),
            role=word(each, "role"),
            main_signer=flag(each, "mainSigner") or False,
            seal=flag(each, "cryptElectronicSeal") or False,
            signature=flag(each, "cryptElectronicSignature") or False,
            time_stamp=flag(each, "cryptElectronicTimeStamp") or False,
        )
        for each in all_of(element, "respPersons/respPerson")
    )


def items(element: etree._Element) -> tuple[Item, ...]:
    """The calibrated items below `dcc:administrativeData`, those inside other items too."""
    return tuple(_item(each) for each in element.iter(f"{DCC}item"))


def _item(element: etree._Element) -> Item:
    numbers = identifications(element)
    return Item(
        name=text_of(element, "name"),
        manufacturer=text_of(element, "manufacturer/name"),
        model=word(element, "model"),
        serial_no=issued_by(numbers, "manufacturer"),
        asset_no=issued_by(numbers, "customer", "owner"),
        lab_no=issued_by(numbers, "calibrationLaboratory"),
        identifications=numbers,
        quantities=quantities(element, but="subItems"),
    )


def equipment(root: etree._Element) -> tuple[Equipment, ...]:
    """All measuring equipment, standards used among it, in the printed order.

    A standard is told by its own refType or by that of meta data which refer to its id.
    """
    referring = (
        name
        for each in root.iter(f"{DCC}metaData")
        if not STANDARD.isdisjoint(refs(each))
        for name in refs(each, "refId")
    )
    standards = frozenset(referring)
    return tuple(_equipment(each, standards) for each in root.iter(f"{DCC}measuringEquipment"))


def _equipment(element: etree._Element, standards: frozenset[str]) -> Equipment:
    names, numbers = refs(element), identifications(element)
    return Equipment(
        name=text_of(element, "name"),
        manufacturer=text_of(element, "manufacturer/name"),
        model=word(element, "model"),
        serial_no=issued_by(numbers, "manufacturer"),
        ref_types=names,
        is_standard=not STANDARD.isdisjoint(names) or element.get("id") in standards,
        certificate=report_ref(one(element, "certificate")),
        identifications=numbers,
        quantities=quantities(element),
    )


def methods(root: etree._Element) -> tuple[Method, ...]:
    """All methods used, in the printed order."""
    return tuple(
        Method(
            name=text_of(each, "name"),
            description=text_of(each, "description"),
            ref_types=refs(each),
            norms=each_word(each, "norm"),
            references=each_word(each, "reference"),
            quantities=quantities(each),
        )
        for each in root.iter(f"{DCC}usedMethod")
    )


def statements(element: etree._Element) -> tuple[Statement, ...]:
    """The statements below `dcc:administrativeData`."""
    return tuple(_statement(each) for each in all_of(element, "statements/statement"))


def _statement(element: etree._Element) -> Statement:
    return Statement(
        name=text_of(element, "name"),
        declaration=text_of(element, "declaration"),
        ref_types=refs(element),
        norms=each_word(element, "norm"),
        references=each_word(element, "reference"),
        convention=word(element, "convention"),
        traceable=flag(element, "traceable"),
        valid=flag(element, "valid"),
        date=day(element, "date"),
        period=word(element, "period"),
        conformity=verdicts(element),
        authority=text_of(element, "respAuthority/name"),
        quantities=quantities(element),
    )
