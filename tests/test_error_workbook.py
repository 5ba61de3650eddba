"""The workbook of an import's faults: made once, beside the event loop."""

import base64
import threading
from io import BytesIO
from zipfile import is_zipfile

import pytest

from hub.importers.ledger.judge import Judged
from hub.importers.ledger.report import error_workbook
from hub.importers.ledger.table import Table
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.given import a_user, an_organization
from tests.importing import a_ledger, import_ledger, line

ALIASED = (
    "mutation($input: ImportLedgerInput!) { importLedger(input: $input) {"
    f" {' '.join(f'w{at}: errorWorkbook' for at in range(20))} problems {{ code }} }} }}"
)


async def test_the_workbook_is_made_once_for_all_aliases_and_not_on_the_event_loop(
    hub: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers: list[str] = []

    def watched(judged: Judged, table: Table) -> bytes:
        makers.append(threading.current_thread().name)
        return error_workbook(judged, table)

    monkeypatch.setattr("schema.exchange.error_workbook", watched)
    firm = await hub.given(an_organization())
    user = await hub.given(a_user(firm, Role.USER))

    answer = await import_ledger(
        hub, user, a_ledger(line(1), line(2, name="")), document=ALIASED, dryRun=True
    )

    payload = answer.data["importLedger"]
    (workbook,) = {payload[f"w{at}"] for at in range(20)}
    assert is_zipfile(BytesIO(base64.b64decode(workbook)))
    assert len(makers) == 1
    assert makers != [threading.current_thread().name]
