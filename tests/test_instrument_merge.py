"""Two lines that are one instrument: what goes over, what the dates are, what cannot be."""

import asyncio
from datetime import date
from typing import Any

import pytest

from hub.tables.exchange import ExternalId
from hub.tables.instrument import Instrument
from hub.tables.standard import StandardInstrument
from hub.vocabulary import (
    CalibrationMode,
    CertificateKind,
    CompulsoryPurpose,
    Conclusion,
    InstrumentState,
)
from tests.career_verbs import a_keeper, line, merge, restore
from tests.doors import Answer, HubClient, id_of
from tests.given import a_certificate, a_laboratory, a_standard, a_user, an_instrument
from tests.ledger_verbs import Firm, done, journal, problem, update
from tests.sync_verbs import a_row, codes, results, statuses, sync

CERTIFICATES = """
query($id: ID!) { instrument(id: $id) { certificates { nodes { number } } } }
"""


@pytest.fixture(scope="module")
async def firm(hub: HubClient) -> Firm:
    return await a_keeper(hub)


async def two(hub: HubClient, firm: Firm, **values: Any) -> tuple[Instrument, Instrument]:
    """Two lines, of which the second has `values`."""
    keep, drop = an_instrument(firm.owner), an_instrument(firm.owner, **values)
    await hub.all_given(keep, drop)
    return keep, drop


def an_id(of: Instrument, name: str, source: str = "erp") -> ExternalId:
    """The id that a system has for a line."""
    return ExternalId(
        organization_id=of.owner_id,
        object_type="Instrument",
        source=source,
        external_id=name,
        object_id=of.id,
    )


async def test_certificates_go_over_and_say_when_the_line_that_stays_is_due(
    hub: HubClient, firm: Firm
) -> None:
    lab = await hub.given(a_laboratory())
    keep, drop = await two(hub, firm)
    older = a_certificate(lab.organization, keep, test_to=date(2023, 3, 5), test_from=None)
    newer = a_certificate(lab.organization, drop)
    await hub.all_given(older, newer)

    merged = done(await merge(hub, firm.user, keep, drop))["instrument"]

    found = await hub.ask(CERTIFICATES, as_=firm.user, id=id_of(keep))
    numbers = {one["number"] for one in found.data["instrument"]["certificates"]["nodes"]}
    stored = await line(hub, keep)
    assert numbers == {older.number, newer.number}
    assert (merged["version"], merged["dueDate"]) == (2, "2024-09-04")
    assert (stored.last_date, stored.certificate_no) == (date(2024, 3, 5), newer.number)
    assert (await journal(hub, newer.id))[1:] == [("UPSERT", 2)]


async def test_what_was_dropped_is_gone_and_stays_so(hub: HubClient, firm: Firm) -> None:
    keep, drop = await two(hub, firm)
    done(await merge(hub, firm.user, keep, drop))

    back = await restore(hub, firm.user, drop)

    stored = await line(hub, drop)
    seen = await hub.ask("query($id: ID!) { node(id: $id) { id } }", as_=firm.user, id=id_of(drop))
    assert seen.data == {"node": None}
    assert stored.merged_into_id == keep.id
    assert problem(back) == ("REFUSED", ["id"])


async def test_the_line_that_stays_takes_over_what_it_does_not_say_itself(
    hub: HubClient, firm: Firm
) -> None:
    keep = an_instrument(firm.owner, asset_no=None, serial_no="S-77", model_spec="Y-60")
    drop = an_instrument(firm.owner, serial_no="s-77", manufacturer="某厂", model_spec="Y-100")
    await hub.all_given(keep, drop)

    done(await merge(hub, firm.user, keep, drop))

    stored = await line(hub, keep)
    assert (stored.asset_no, stored.ledger_key) == (drop.asset_no, drop.asset_no)
    assert (stored.serial_no, stored.manufacturer, stored.model_spec) == ("S-77", "某厂", "Y-60")


async def test_a_line_whose_plate_is_completed_is_found_by_its_plate(
    hub: HubClient, firm: Firm
) -> None:
    keep = an_instrument(firm.owner, asset_no=None, serial_no="P-1")
    drop = an_instrument(firm.owner, asset_no=None, serial_no="P-1", manufacturer="某厂")
    other = an_instrument(firm.owner, asset_no=None, serial_no="P-2")
    maker = an_instrument(firm.owner, manufacturer="某厂")
    await hub.all_given(keep, drop, other, maker)
    done(await merge(hub, firm.user, keep, drop))
    done(await merge(hub, firm.user, other, maker))

    plate = {"externalId": None, "assetNo": None, "manufacturer": "某厂"}
    again = await sync(hub, firm.user, a_row(1, serialNo="P-1", **plate))

    assert statuses(again) == ["UPDATED"]
    assert results(again)[0]["instrument"]["id"] == id_of(keep)
    assert (await line(hub, other)).ledger_key == maker.ledger_key


async def test_of_two_lines_with_one_plate_the_place_of_the_other_is_taken_over(
    hub: HubClient, firm: Firm
) -> None:
    plate: dict[str, Any] = {"asset_no": None, "serial_no": "P-3", "manufacturer": "某厂"}
    first, drop = an_instrument(firm.owner, **plate), an_instrument(firm.owner, **plate)
    keep = an_instrument(firm.owner, asset_no=None, serial_no="P-3")
    drop.ledger_key = "SN:某厂|P-3|2"
    await hub.all_given(first, keep, drop)

    done(await merge(hub, firm.user, keep, drop))

    assert (await line(hub, keep)).ledger_key == "SN:某厂|P-3|2"


async def test_the_ids_of_other_systems_lead_to_the_line_that_stays(
    hub: HubClient, firm: Firm
) -> None:
    keep, drop = await two(hub, firm)
    await hub.all_given(
        an_id(keep, "k", "mes"), an_id(drop, "d-mes", "mes"), an_id(drop, "d-erp", "erp")
    )
    done(await merge(hub, firm.user, keep, drop))

    erp = await sync(hub, firm.user, {"externalId": "d-erp", "remark": "merged"}, source="erp")
    mes = await sync(hub, firm.user, {"externalId": "d-mes", "remark": "?"}, source="mes")

    assert (statuses(erp), (await line(hub, keep)).remark) == (["UPDATED"], "merged")
    assert (statuses(mes), codes(mes)) == (["CONFLICT"], [["RETIRED"]])


async def test_a_standard_has_the_line_that_stays_and_has_it_once(
    hub: HubClient, firm: Firm
) -> None:
    keep, drop = await two(hub, firm)
    both, one = a_standard(firm.owner), a_standard(firm.owner)
    await hub.all_given(
        both,
        one,
        StandardInstrument(standard_id=both.id, instrument_id=keep.id),
        StandardInstrument(standard_id=both.id, instrument_id=drop.id),
        StandardInstrument(standard_id=one.id, instrument_id=drop.id),
    )

    done(await merge(hub, firm.user, keep, drop))

    of_keep = await hub.stored(
        "SELECT standard_id FROM standard_instrument WHERE instrument_id = :id", id=keep.id
    )
    assert {row.standard_id for row in of_keep} == {both.id, one.id}


async def test_a_failure_is_not_washed_away(hub: HubClient, firm: Firm) -> None:
    lab = await hub.given(a_laboratory())
    keep, drop = await two(hub, firm)
    await hub.given(
        a_certificate(
            lab.organization,
            drop,
            kind=CertificateKind.RESULT_NOTICE,
            conclusion=Conclusion.UNQUALIFIED,
            valid_until=None,
        )
    )

    done(await merge(hub, firm.user, keep, drop))

    stored = await line(hub, keep)
    assert (stored.status, stored.due_date) == (InstrumentState.STOPPED, None)


COMPULSORY: dict[str, Any] = {
    "compulsory": True,
    "compulsory_purpose": CompulsoryPurpose.SAFETY,
    "calibration_mode": CalibrationMode.VERIFICATION,
    "interval_months": 6,
}


@pytest.mark.parametrize(
    ("keep", "drop", "at_fault"),
    [
        ({"serial_no": "1"}, {"serial_no": "2"}, "drop"),
        ({"manufacturer": "甲厂"}, {"manufacturer": "乙厂"}, "drop"),
        ({"compulsory_code": "1"}, {"compulsory_code": "2"}, "drop"),
        ({}, COMPULSORY, "keep"),
        (COMPULSORY | {"interval_months": 12}, COMPULSORY, "intervalMonths"),
    ],
)
async def test_lines_that_contradict_each_other_are_not_merged(
    hub: HubClient, firm: Firm, keep: dict[str, Any], drop: dict[str, Any], at_fault: str
) -> None:
    kept, dropped = an_instrument(firm.owner, **keep), an_instrument(firm.owner, **drop)
    await hub.all_given(kept, dropped)

    answer = await merge(hub, firm.user, kept, dropped)

    assert problem(answer) == ("REFUSED", [at_fault])
    assert await journal(hub, dropped.id) == [("UPSERT", 1)]


async def test_a_line_is_not_merged_into_itself_nor_with_a_foreign_one(
    hub: HubClient, firm: Firm
) -> None:
    other = await a_keeper(hub)
    keep, drop = await two(hub, firm)
    foreign = await hub.given(an_instrument(other.owner))

    itself = await merge(hub, firm.user, keep, keep)
    theirs = [
        await merge(hub, firm.user, keep, foreign),
        await merge(hub, firm.user, foreign, drop),
    ]

    assert problem(itself) == ("REFUSED", ["drop"])
    assert [answer.codes for answer in theirs] == [["NOT_FOUND"]] * 2
    assert (await line(hub, foreign)).retired_at is None


async def test_the_version_that_has_moved_on_is_named(hub: HubClient, firm: Firm) -> None:
    keep, drop = await two(hub, firm)
    done(await update(hub, firm.user, drop, content={"name": "new"}))

    assert problem(await merge(hub, firm.user, keep, drop)) == ("CONFLICT", ["dropVersion"])
    assert problem(await merge(hub, firm.user, drop, keep)) == ("CONFLICT", ["keepVersion"])


def done_or_none(answer: Answer) -> Any:
    return answer.data["done"] and answer.data["done"]["instrument"]


async def test_of_two_mergers_of_a_pair_at_once_one_is_done(hub: HubClient, firm: Firm) -> None:
    one, other = await two(hub, firm)

    answers = await asyncio.gather(
        merge(hub, firm.user, one, other), merge(hub, firm.user, other, one)
    )

    made = [answer for answer in answers if done_or_none(answer)]
    left = [row for row in (await line(hub, one), await line(hub, other)) if not row.retired_at]
    assert (len(made), len(left)) == (1, 1)


async def test_who_keeps_no_ledger_merges_none(hub: HubClient, firm: Firm) -> None:
    keep, drop = await two(hub, firm)
    lab = await hub.given(a_laboratory())

    answers = [
        await merge(hub, None, keep, drop),
        await merge(hub, await hub.given(a_user(lab.organization)), keep, drop),
        await merge(hub, lab.user, keep, drop),
    ]

    assert [answer.codes for answer in answers] == [
        ["UNAUTHENTICATED"],
        ["NOT_FOUND"],
        ["FORBIDDEN"],
    ]


async def test_a_row_of_a_sync_that_names_a_merged_line_by_its_number_makes_a_new_one(
    hub: HubClient, firm: Firm
) -> None:
    keep, drop = await two(hub, firm)
    done(await merge(hub, firm.user, keep, drop))

    again = await sync(hub, firm.user, a_row(1, externalId=None, assetNo=drop.asset_no))

    assert statuses(again) == ["CREATED"]
