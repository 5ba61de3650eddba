"""Filing with the platform of compulsory verification: what is sent, and what comes back."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from hub.errors import BadInput, NotFound
from hub.exchange import ConnectorKind, MessageOutcome
from hub.tables.connector import Connector
from hub.tables.instrument import Instrument
from hub.vocabulary import FilingState, InstrumentState, Role
from tests.connectors.flows import (
    a_filed,
    disconnect,
    done,
    file,
    refused,
    sent,
    the_platforms,
    told,
)
from tests.doors import HubClient
from tests.given import a_user, an_instrument
from tests.ledger_verbs import Firm, a_firm


@pytest.fixture
async def ecqs(hub: HubClient) -> Connector:
    return await the_platforms(hub, ConnectorKind.ECQS)


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    return await a_firm(hub)


async def unfiled(hub: HubClient, firm: Firm, **values: Any) -> Instrument:
    return await hub.given(a_filed(firm.owner, **{"state": FilingState.NONE} | values))


async def filing(hub: HubClient, of: Instrument) -> tuple[str, str | None, str | None]:
    """State, reason and number of the filing of an instrument."""
    (row,) = await hub.stored("SELECT * FROM instrument WHERE id = :id", id=of.id)
    return row.filing_state, row.filing_reason, row.compulsory_code


async def test_a_complete_line_is_filed_with_all_that_the_platform_asks_for(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)

    told_ = done(await file(hub, firm.user, gauge, onSite=True))

    assert told_["instruments"][0]["filing"]["state"] == "SUBMITTED"
    ((kind, subject, data),) = await sent(hub, ecqs)
    assert (kind, subject) == ("instrument.filing", f"instrument/{gauge.id}")
    assert data == {
        "owner": {"uscc": firm.owner.uscc, "name": firm.owner.name},
        "name": gauge.name,
        "catalogueItem": "33",
        "catalogueKind": "33-1",
        "modelSpec": "Y-100",
        "measuringRanges": [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
        "accuracyClass": "1.6级",
        "serialNo": gauge.serial_no,
        "manufacturer": "示范仪表厂",
        "origin": "江苏苏州",
        "location": "一号厂房",
        "district": "320505",
        "quantity": 1,
        "purpose": "SAFETY",
        "onSite": True,
    }


async def test_what_a_filing_lacks_is_told_line_by_line_and_nothing_is_filed(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    whole = await unfiled(hub, firm)
    bare = await unfiled(hub, firm, catalogue_item=None, measuring_ranges=[])
    plain = await hub.given(an_instrument(firm.owner))

    problems = refused(await file(hub, firm.user, whole, bare, plain))

    assert problems == [
        ("FILING_INCOMPLETE", ["ids", "1", "catalogueItem"]),
        ("FILING_INCOMPLETE", ["ids", "1", "measuringRanges"]),
        ("NOT_COMPULSORY", ["ids", "2"]),
    ]
    assert await filing(hub, whole) == ("NONE", None, None)
    assert await sent(hub, ecqs) == []


async def test_a_line_of_others_and_one_named_twice_are_refused_in_the_same_words(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    own = await unfiled(hub, firm)
    foreign = await unfiled(hub, await a_firm(hub))

    assert refused(await file(hub, firm.user, own, own)) == [("REFUSED", ["ids", "1"])]
    assert refused(await file(hub, firm.user, own, foreign)) == [("REFUSED", ["ids", "1"])]


@pytest.mark.parametrize("many", [0, 101])
async def test_none_and_too_many_are_refused(
    hub: HubClient, ecqs: Connector, firm: Firm, many: int
) -> None:
    line = an_instrument(firm.owner)

    assert refused(await file(hub, firm.user, *[line] * many)) == [("BAD_INPUT", ["ids"])]


async def test_where_no_platform_is_connected_nothing_is_filed(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    await disconnect(hub, ecqs)

    (problem,) = refused(await file(hub, firm.user, gauge))

    assert problem[0] == "REFUSED"
    assert await filing(hub, gauge) == ("NONE", None, None)


async def test_two_who_file_the_same_line_at_once_file_it_once(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)

    answers = await asyncio.gather(*(file(hub, firm.user, gauge) for _ in range(4)))

    codes = [[one["code"] for one in answer.data["done"]["problems"]] for answer in answers]
    assert sorted(codes) == [[], *([["FILING_STATE"]] * 3)]
    assert len(await sent(hub, ecqs)) == 1


async def test_only_who_writes_the_ledger_may_file(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    auditor = await hub.given(a_user(firm.owner, Role.AUDITOR))

    answer = await file(hub, auditor, gauge)

    assert answer.codes == ["FORBIDDEN"]
    assert await sent(hub, ecqs) == []


async def test_an_accepted_filing_has_its_number_and_cannot_be_filed_again(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    done(await file(hub, firm.user, gauge))

    applied = await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-1")

    assert applied.outcome is MessageOutcome.APPLIED
    assert await filing(hub, gauge) == ("ACCEPTED", None, "QG-1")
    assert refused(await file(hub, firm.user, gauge)) == [("FILING_STATE", ["ids", "0"])]


async def test_a_returned_filing_tells_why_and_can_be_filed_again(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    done(await file(hub, firm.user, gauge))

    await told(hub, ecqs, "filing.returned", f"instrument/{gauge.id}", reason="型号与铭牌不符")
    returned = await filing(hub, gauge)
    done(await file(hub, firm.user, gauge))

    assert returned == ("RETURNED", "型号与铭牌不符", None)
    assert await filing(hub, gauge) == ("SUBMITTED", None, None)
    assert len(await sent(hub, ecqs)) == 2


async def test_what_the_platform_refuses_for_good_is_returned(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    done(await file(hub, firm.user, gauge))

    refusal: dict[str, Any] = {"code": "NOT_ACCEPTED", "reason": "单位未注册", "message": {}}
    await told(hub, ecqs, "instrument.filing.refused", f"instrument/{gauge.id}", **refusal)

    assert await filing(hub, gauge) == ("RETURNED", "单位未注册", None)


async def test_the_same_decision_again_changes_nothing(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)
    await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-2")
    (before,) = await hub.stored("SELECT version FROM instrument WHERE id = :id", id=gauge.id)

    applied = await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-2")

    assert applied.outcome is MessageOutcome.UNCHANGED
    (after,) = await hub.stored("SELECT version FROM instrument WHERE id = :id", id=gauge.id)
    assert after == before


async def test_decisions_on_nothing_or_without_their_content_are_rejected(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm)

    with pytest.raises(NotFound):
        await told(hub, ecqs, "filing.accepted", f"instrument/{uuid4()}", filingNo="QG-3")
    for subject in ("instrument/7", "request/1", "", str(gauge.id)):
        with pytest.raises(BadInput):
            await told(hub, ecqs, "filing.accepted", subject, filingNo="QG-3")
    for number in (None, 7, "", "x" * 256, "a\0b"):
        with pytest.raises(BadInput, match="filingNo"):
            await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo=number)
    assert await filing(hub, gauge) == ("NONE", None, None)


async def test_the_number_of_the_authority_stands_above_that_of_the_owner_and_the_owner_sees_it(
    hub: HubClient, ecqs: Connector, firm: Firm
) -> None:
    gauge = await unfiled(hub, firm, compulsory_code="自编-1")
    done(await file(hub, firm.user, gauge))

    await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-4")
    await told(hub, ecqs, "filing.accepted", f"instrument/{gauge.id}", filingNo="QG-5")

    assert await filing(hub, gauge) == ("ACCEPTED", None, "QG-5")
    answer = await hub.ask(
        "{ conflicts { nodes { field ours theirs rule state resolution } } }", as_=firm.user
    )
    assert answer.data["conflicts"]["nodes"] == [
        {
            "field": "compulsoryCode",
            "ours": "自编-1",
            "theirs": "QG-4",
            "rule": "AUTHORITY",
            "state": "RESOLVED",
            "resolution": "BY_RULE",
        }
    ]


async def test_what_is_scrapped_is_not_filed(hub: HubClient, ecqs: Connector, firm: Firm) -> None:
    scrapped = a_filed(firm.owner, FilingState.NONE, status=InstrumentState.SCRAPPED)
    await hub.all_given(scrapped)

    assert refused(await file(hub, firm.user, scrapped)) == [("SCRAPPED", ["ids", "0"])]
    assert await sent(hub, ecqs) == []
