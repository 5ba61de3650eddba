"""The administrative data of a DCC: number, dates, item, parties, persons, statements."""

from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from urllib.parse import quote

from hub.actions.certificate_draft import Party
from hub.errors import Words
from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.xml import Element, dcc, maybe, needed, some, text, word
from hub.importers.dcc.columns import CONFORMITY
from hub.importers.dcc.intake import PARTS
from hub.importers.dcc.read import LOCATIONS, RECALIBRATION, REPLACEMENTS
from hub.vocabulary import Conclusion, ReplacementKind

SOFTWARE = Words("计量数据枢纽", "Metrology data hub")
LANGUAGES = ("zh", "en")
PLACES = {location: name for name, location in LOCATIONS.items()}
CHANGES = {kind: name for name, kind in REPLACEMENTS.items()}
VERDICTS = {
    Conclusion.QUALIFIED: "pass",
    Conclusion.CLASS: "pass",
    Conclusion.UNQUALIFIED: "fail",
}
IN_ADDRESSES = ":/?#&=+,;@!$'()*~"
"""What stands in web addresses as it is, besides letters and digits."""


def administrative_data(whole: Whole) -> Element:
    """The `dcc:administrativeData`. Refused, with a path, where something is missing."""
    return dcc(
        "administrativeData",
        dcc("dccSoftware", _software()),
        _core_data(whole),
        dcc("items", _item(whole)),
        dcc(
            "calibrationLaboratory",
            word("calibrationLaboratoryCode", whole.issuer.uscc),
            _contact("contact", whole.issuer),
        ),
        _persons(whole),
        _contact("customer", whole.client),
        some("statements", *_statements(whole)),
    )


def _software() -> Element:
    release = dcc("release", version("metrology-hub"))
    return dcc("software", text("name", SOFTWARE), release, dcc("type", "application"))


def _core_data(whole: Whole) -> Element:
    begun = _day("beginPerformanceDate", whole.test_from)
    if begun is None:
        needed(None, "检定/校准日期", "the date of the test", "testFrom")
    return dcc(
        "coreData",
        dcc("countryCodeISO3166_1", whole.issuer.country),
        *(dcc("usedLangCodeISO639_1", language) for language in LANGUAGES),
        dcc("mandatoryLangCodeISO639_1", LANGUAGES[0]),
        word("uniqueIdentifier", needed(whole.number, "证书编号", "the number", "number")),
        _day("receiptDate", whole.received_at),
        begun,
        _day("endPerformanceDate", whole.test_to or whole.test_from),
        dcc("performanceLocation", PLACES[whole.location]),
        _day("issueDate", whole.issue_date),
        _replaced(whole),
    )


def _day(name: str, day: date | None) -> Element | None:
    return None if day is None else dcc(name, day.isoformat())


def _replaced(whole: Whole) -> Element | None:
    if whole.replaces is None:
        return None
    change = CHANGES[whole.replacement_kind or ReplacementKind.SUBSTITUTED]
    return dcc(
        "reportAmendedSubstituted",
        dcc("typeOfChange", change),
        word("replacedUniqueIdentifier", whole.replaces),
    )


def _item(whole: Whole) -> Element:
    item = whole.item_snapshot
    manufacturer = item.get("manufacturer")
    name = needed(item.get("name"), "器具名称", "the name of the item", "itemSnapshot", "name")
    numbers = [
        _identification("manufacturer", item.get("serialNo"), Words("出厂编号", "Serial no.")),
        _identification("customer", item.get("assetNo"), Words("管理编号", "Asset no.")),
    ]
    if not any(one is not None for one in numbers):
        words = Words("证书编号", "Certificate no.")
        numbers = [_identification("calibrationLaboratory", whole.number, words)]
    return dcc(
        "item",
        text("name", name),
        dcc("manufacturer", text("name", manufacturer)) if manufacturer else None,
        word("model", item.get("modelSpec")),
        dcc("identifications", *numbers),
    )


def _identification(issuer: str, value: str | None, name: Words) -> Element | None:
    number = word("value", value)
    if number is None:
        return None
    return dcc("identification", dcc("issuer", issuer), number, text("name", name))


def _contact(name: str, party: Party) -> Element:
    """An organisation; the address stands whole, as the hub had it."""
    link = word("link", party.website and quote(party.website, safe=IN_ADDRESSES))
    location = dcc("location", dcc("countryCode", party.country), maybe("further", party.address))
    return dcc(name, text("name", party.name), link, location)


def _persons(whole: Whole) -> Element:
    """The persons by name and by what they did; who approves is the main signer."""
    named = {part: whole.printed_persons.get(part) for part in PARTS}
    needed("".join(filter(None, named.values())), "人员", "the persons", "printedPersons")
    return dcc(
        "respPersons",
        *(
            dcc(
                "respPerson",
                dcc("person", text("name", name)),
                dcc("role", part),
                dcc("mainSigner", str(part == "approvedBy").lower()),
            )
            for part, name in named.items()
            if name
        ),
    )


def _statements(whole: Whole) -> Iterator[Element]:
    if whole.conclusion in VERDICTS:
        said = (whole.conclusion.label, whole.conclusion_class, whole.conclusion_reason)
        yield dcc(
            "statement",
            text("declaration", "：".join(filter(None, said))),
            dcc("conformity", VERDICTS[whole.conclusion]),
            refType=CONFORMITY,
        )
    if whole.valid_until is not None:
        agreed = whole.recalibration_agreed
        words = Words("约定的复校日期", "Agreed date of recalibration")
        yield dcc(
            "statement",
            text("name", words if agreed else Words("有效期至", "Valid until")),
            _day("date", whole.valid_until),
            refType=RECALIBRATION if agreed else None,
        )
