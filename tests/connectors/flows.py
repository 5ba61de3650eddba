"""What the tests of flows say and ask: events of other systems, messages to them, mutations."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from hub.actor import PLATFORM
from hub.exchange import ConnectorKind
from hub.integrations.kinds import actor_of, flow_of
from hub.integrations.port import Applied, Event, Link
from hub.tables.connector import Connector
from hub.tables.instrument import Instrument
from hub.tables.organization import Organization
from hub.tables.user import User
from hub.times import today
from hub.vocabulary import CalibrationMode, CompulsoryPurpose, FilingState
from tests.doors import Answer, Asker, HubClient, id_of, key
from tests.given import Laboratory, a_connector, an_instrument
from tests.issuing import issue
from tests.walk import fitting

FILE = """
mutation($input: FileInstrumentsInput!) { done: fileInstruments(input: $input) {
  instruments { id version filing { state at reason } compulsoryCode }
  problems { code message path hint } replayed
} }
"""
REQUEST = """
mutation($input: RequestVerificationInput!) { done: requestVerification(input: $input) {
  requests { id no channel state size institute { id } items { position instrument { id } } }
  problems { code message path hint } replayed
} }
"""
SENT = """
SELECT type, subject, body FROM connector_message
WHERE connector_id = :id AND direction = 'OUT' ORDER BY id
"""
_serial = count(1)


async def the_platforms(hub: HubClient, kind: ConnectorKind) -> Connector:
    """The one connector of the platform of a kind; those of other tests are told nothing."""
    away = "UPDATE connector SET base_url = NULL WHERE organization_id IS NULL AND kind = :kind"
    await _run(hub, away, kind=kind.value)
    return await hub.given(a_connector(kind))


async def disconnect(hub: HubClient, one: Connector) -> None:
    """Nothing can be told to a connector any more."""
    await _run(hub, "UPDATE connector SET base_url = NULL WHERE id = :id", id=one.id)


def a_filed(
    of: Organization, state: FilingState = FilingState.ACCEPTED, **values: Any
) -> Instrument:
    """A complete line under compulsory verification, filed unless `state` says otherwise."""
    number = next(_serial)
    given: dict[str, Any] = {
        "model_spec": "Y-100",
        "measuring_ranges": [{"lower": "0", "upper": "1.60", "unit": "MPa"}],
        "accuracy_class": "1.6级",
        "serial_no": f"SN-{number}-{uuid4().hex[:8]}",
        "manufacturer": "示范仪表厂",
        "origin": "江苏苏州",
        "location": "一号厂房",
        "install_district": "320505",
        "compulsory": True,
        "compulsory_purpose": CompulsoryPurpose.SAFETY,
        "calibration_mode": CalibrationMode.VERIFICATION,
        "catalogue_item": "33",
        "catalogue_kind": "33-1",
        "filing_state": state,
    }
    if state is FilingState.ACCEPTED:
        given["compulsory_code"] = f"QG-{uuid4().hex[:12]}"
    return an_instrument(of, **given | values)


async def given_filed(hub: HubClient, by: Connector, *lines: Instrument) -> None:
    """Store lines whose filing the platform has accepted under the numbers that they have."""
    await hub.all_given(*lines)
    for one in lines:
        number = one.compulsory_code
        await told(hub, by, "filing.accepted", f"instrument/{one.id}", filingNo=number)


async def told(
    hub: HubClient,
    by: Connector,
    kind: str,
    subject: str,
    *,
    at: datetime | None = None,
    **data: Any,
) -> Applied:
    """What becomes of an event, in a transaction of its own. HubError where it is rejected."""
    flow = flow_of(by.kind, kind)
    assert flow is not None
    link = Link(by.id, by.code, by.kind, by.organization_id)
    event = Event(uuid4().hex, kind, at or datetime.now(UTC), subject, None, data)
    async with hub.hub.database.writer(actor_of(link)) as db:
        return await flow.handle(db, link, event)


async def sent(hub: HubClient, to: Connector) -> list[tuple[str, str, Any]]:
    """What was put out for a connector: type, subject and data, oldest first."""
    rows = await hub.stored(SENT, id=to.id)
    return [(row.type, row.subject, json.loads(row.body)) for row in rows]


async def file(hub: HubClient, who: Asker, *lines: Instrument, **given: Any) -> Answer:
    """File lines."""
    given = {"ids": list(map(id_of, lines)), "idempotencyKey": key(), **given}
    return await hub.ask(FILE, as_=who, input=given)


async def ask_for(
    hub: HubClient, who: User, institute: Organization, *lines: Instrument, **given: Any
) -> Answer:
    """Ask an institute for the verification of lines."""
    given = {
        "instruments": list(map(id_of, lines)),
        "institute": id_of(institute),
        "idempotencyKey": key(),
        **given,
    }
    return await hub.ask(fitting(REQUEST, hub.view(who)), as_=who, input=given)


async def issue_now(
    hub: HubClient, by: Laboratory, of: Instrument, days_ago: int = 0, **changes: Any
) -> Answer:
    """Hand in a certificate of a test of today, or of so many days ago."""
    day = (today() - timedelta(days=days_ago)).isoformat()
    dates = dict.fromkeys(("receivedAt", "testFrom", "testTo", "issueDate"), day)
    return await issue(hub, by, of, **dates | changes)


def done(answer: Answer) -> Any:
    """What a mutation answers that was not refused."""
    assert answer.errors == []
    found = answer.data["done"]
    assert found["problems"] == []
    return found


def refused(answer: Answer) -> list[tuple[str, list[str]]]:
    """Code and path of each problem of a mutation that did nothing."""
    assert answer.errors == []
    found = answer.data["done"]
    assert found.get("instruments") in (None, [])
    assert found.get("requests") in (None, [])
    return [(one["code"], one["path"]) for one in found["problems"]]


async def _run(hub: HubClient, sql: str, **values: Any) -> None:
    async with hub.hub.database.writer(PLATFORM) as db:
        await db.execute(text(sql).bindparams(**values))
