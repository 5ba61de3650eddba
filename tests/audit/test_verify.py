"""`hub audit verify` says whether the audit is whole, against what was signed for another place."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hub.actions.audit import verify
from hub.errors import BadInput
from hub.jobs import auditing
from hub.jobs.auditing import chain, let_go, run
from hub.notary import Notary, anchors_in
from hub.rules.audit import BEGINNING, Anchor, AuditFault, Fault, Head, chained
from hub.tasks import end
from tests.doors import HubClient
from tests.given import an_instrument, an_organization
from tests.patience import patiently

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACED = "INSERT INTO audit_log (seq, chained_at, hash, at, login, roles, action, fields, result)"


class Hanging(Notary):
    """A notary whose file hangs, as on a disk that is away."""

    tried, back = threading.Event(), threading.Event()

    def anchor(self, head: Head, at: datetime) -> None:
        """Wait until it is back."""
        self.tried.set()
        self.back.wait()


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary(Ed25519PrivateKey.generate(), tmp_path / "far" / "anchors.jsonl")


def signed(notary: Notary, tmp_path: Path) -> list[Anchor]:
    return list(anchors_in(tmp_path / "far" / "anchors.jsonl", notary.public_key))


async def as_owner(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for one in statements:
            await connection.execute(text(one))
    await engine.dispose()


async def test_the_worker_chains_what_comes_and_anchors_it_once_in_ten_minutes(
    hub: HubClient, notary: Notary, tmp_path: Path
) -> None:
    owner = await hub.given(an_organization())
    now = NOW
    working = asyncio.create_task(run(hub.hub.database, notary, lambda: now))

    async def until_anchored(many: int) -> None:
        async with patiently("an anchor"):
            file = tmp_path / "far" / "anchors.jsonl"
            while not file.exists() or len(signed(notary, tmp_path)) < many:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    await until_anchored(1)
    await hub.given(an_instrument(owner))
    async with patiently("the chain"):
        while (await hub.stored("SELECT count(*) FROM audit_inbox"))[0][0]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    early = signed(notary, tmp_path)
    now += timedelta(minutes=10)
    await until_anchored(2)
    await end(working)

    verdict = await verify(hub.hub.database, signed(notary, tmp_path), now=NOW)
    assert len(early) == 1
    assert verdict.fault is None
    assert verdict.last == signed(notary, tmp_path)[-1].head.seq > early[0].head.seq


async def test_a_record_that_was_altered_is_told_from_its_number_on(
    hub: HubClient, own_url: str
) -> None:
    owner = await hub.given(an_organization())
    for _ in range(5):
        await hub.given(an_instrument(owner))
    while await chain(hub.hub.database):
        pass
    await as_owner(own_url, "UPDATE audit_log SET login = 'nobody' WHERE seq = 3")

    verdict = await verify(hub.hub.database, [], now=NOW)

    await as_owner(own_url, "UPDATE audit_log SET login = 'sign-in' WHERE seq = 3")
    assert verdict.fault == Fault(3, AuditFault.ALTERED)
    assert (await verify(hub.hub.database, [], now=NOW)).fault is None


async def test_what_was_appended_beside_the_head_is_told(hub: HubClient, own_url: str) -> None:
    owner = await hub.given(an_organization())
    await hub.given(an_instrument(owner))
    while await chain(hub.hub.database):
        pass
    last = (await verify(hub.hub.database, [], now=NOW)).last
    forged = "SELECT seq + 1, chained_at, hash, at, 'x', roles, action, fields, result"
    await as_owner(own_url, f"{PLACED} {forged} FROM audit_log WHERE seq = {last}")

    verdict = await verify(hub.hub.database, [], now=NOW)

    await as_owner(own_url, f"DELETE FROM audit_log WHERE seq > {last}")  # noqa: S608
    assert verdict.fault == Fault(last + 1, AuditFault.HEAD)


def test_a_line_that_nobody_signed_is_no_anchor(notary: Notary, tmp_path: Path) -> None:
    file = tmp_path / "far" / "anchors.jsonl"
    for seq in (1, 2, 3):
        notary.anchor(Head(seq, bytes([seq]) * 32), NOW)
    lines = file.read_bytes().splitlines(keepends=True)

    file.write_bytes(lines[0] + lines[1].replace(b'"seq":2', b'"seq":9') + lines[2])

    with pytest.raises(BadInput) as refused:
        signed(notary, tmp_path)
    assert refused.value.path == ("anchors", 2)
    other = Notary(Ed25519PrivateKey.generate(), file)
    with pytest.raises(BadInput):
        anchors_in(file, other.public_key)


def test_a_line_that_a_kill_has_cut_counts_for_nothing_and_spoils_no_other(
    notary: Notary, tmp_path: Path
) -> None:
    file = tmp_path / "far" / "anchors.jsonl"
    notary.anchor(Head(1, bytes(32)), NOW)
    notary.anchor(Head(2, bytes(32)), NOW)

    file.write_bytes(file.read_bytes()[:-20])
    notary.anchor(Head(3, bytes(32)), NOW)

    assert [one.head.seq for one in signed(notary, tmp_path)] == [1, 3]


async def test_months_go_whole_once_they_are_old_enough_and_the_rest_still_verifies(
    hub: HubClient, own_url: str
) -> None:
    await as_owner(own_url, "DELETE FROM audit_log", "DELETE FROM audit_inbox")
    last, statements = BEGINNING, []
    for seq in range(1, 41):
        at = datetime.now(UTC).replace(day=1) - timedelta(days=30 * (41 - seq))
        event = dict.fromkeys(("subject_id", "organization_id", "object_type", "object_id"))
        event |= {"purpose": None, "request_id": None, "at": at, "login": "l", "roles": []}
        event |= {"action": "a", "fields": [], "result": ""}
        last = chained(last, seq, at, event)
        rest = f"'{at}', 'l', '{{}}', 'a', '{{}}', ''"
        statements += [
            f"SELECT audit_month('{at}')",
            f"{PLACED} SELECT {seq}, '{at}', '\\x{last.hex()}', {rest}",
        ]
    head = f"UPDATE audit_head SET seq = 40, hash = '\\x{last.hex()}', floor = 0"  # noqa: S608
    await as_owner(own_url, *statements, head)
    whole = await verify(hub.hub.database, [], now=datetime.now(UTC))

    await let_go(hub.hub.database, 1)

    verdict = await verify(
        hub.hub.database, [Anchor(datetime.now(UTC), Head(40, last))], now=datetime.now(UTC)
    )
    (dropped,) = await hub.stored("SELECT fields FROM audit_event WHERE action = 'letGoOfAudit'")
    assert (whole.first, whole.last, whole.fault) == (1, 40, None)
    assert (verdict.last, verdict.fault) == (40, None)
    assert 40 - verdict.first in {5, 6}
    assert len(dropped.fields) >= 33


async def test_what_has_to_be_kept_and_is_gone_is_told_though_the_rest_hangs_together(
    hub: HubClient, own_url: str
) -> None:
    owner = await hub.given(an_organization())
    for _ in range(5):
        await hub.given(an_instrument(owner))
    while await chain(hub.hub.database):
        pass
    before, newest = reversed(
        await hub.stored("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 2")
    )
    gone = f"floor = {before.seq}, floor_hash = '\\x{before.hash.hex()}', floor_at = now()"
    await as_owner(
        own_url,
        f"DELETE FROM audit_log WHERE seq < {newest.seq}",  # noqa: S608
        f"UPDATE audit_head SET {gone}",  # noqa: S608
    )

    verdict = await verify(hub.hub.database, [], now=datetime.now(UTC))

    assert verdict.fault == Fault(before.seq, AuditFault.MISSING)


async def test_an_audit_that_was_wiped_is_no_empty_one_to_whoever_has_an_anchor(
    hub: HubClient, own_url: str
) -> None:
    owner = await hub.given(an_organization())
    await hub.given(an_instrument(owner))
    while head := await chain(hub.hub.database):
        last = head
    old = datetime.now(UTC) - timedelta(days=300)
    await as_owner(
        own_url,
        "DELETE FROM audit_log",
        f"UPDATE audit_head SET floor = seq, floor_hash = hash, floor_at = '{old}'",  # noqa: S608
    )

    verdict = await verify(
        hub.hub.database, [Anchor(datetime.now(UTC), last)], now=datetime.now(UTC)
    )

    assert verdict.fault == Fault(last.seq, AuditFault.MISSING)


async def test_while_everybody_writes_the_head_is_anchored_all_the_same(
    hub: HubClient, notary: Notary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = (Head(seq, bytes(32)) for seq in range(1, 10**9))

    async def always_more(_: object) -> Head:
        await asyncio.sleep(0)
        return next(heads)

    monkeypatch.setattr(auditing, "chain", always_more)
    working = asyncio.create_task(run(hub.hub.database, notary, lambda: NOW))
    async with patiently("an anchor"):
        while not (tmp_path / "far" / "anchors.jsonl").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await end(working)


async def test_a_second_place_that_hangs_does_not_stop_the_chain(
    hub: HubClient, tmp_path: Path
) -> None:
    owner = await hub.given(an_organization())
    hanging = Hanging(Ed25519PrivateKey.generate(), tmp_path / "far")
    working = asyncio.create_task(run(hub.hub.database, hanging, lambda: NOW))
    async with patiently("the anchor to be tried"):
        while not Hanging.tried.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    await hub.given(an_instrument(owner))

    async with patiently("the chain"):
        while (await hub.stored("SELECT count(*) FROM audit_inbox"))[0][0]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    Hanging.back.set()
    await end(working)
