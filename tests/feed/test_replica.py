"""The sample clients that keep a replica end as the ledger, whoever is killed in the middle."""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hub.embedded.supervisor import Embedded
from hub.jobs.retention import LATE, trim
from hub.vocabulary import Role
from tests.doors import HubClient
from tests.examples.samples import EXAMPLES
from tests.examples.typescript import built
from tests.feed.programs import Program, free_port, in_step
from tests.feed.replicas import Sample, Writer, lines_of, rows_of, stored
from tests.feed.verbs import emptied, numbered
from tests.given import a_user, an_instrument, an_organization
from tests.ledger_verbs import Firm, create, done, retire, update
from tests.patience import patiently

WRITES = int(os.environ.get("REPLICA_WRITES", "120"))
CRASHES = int(os.environ.get("REPLICA_CRASHES", "4"))
PAGE = 25


@pytest.fixture(params=["python", "typescript"])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Sample:
    """One of the sample clients."""
    file = tmp_path / "replica"
    if request.param == "typescript":
        node, main = built(request.getfixturevalue("shared"))
        return Sample((node, main, "replica", file), lines_of)
    script = EXAMPLES / "python" / "replica.py"
    return Sample((sys.executable, "-W", "error", script, file, "--page", str(PAGE)), rows_of)


@pytest.fixture
async def firm(hub: HubClient) -> Firm:
    """A firm whose user may export, and keep webhooks."""
    owner = await hub.given(an_organization())
    found = Firm(owner, await hub.given(a_user(owner, Role.ORG_ADMIN, Role.USER)))
    await numbered(hub)
    return found


@pytest.fixture
async def writer(hub: HubClient, firm: Firm) -> Writer:
    """Someone who changes the ledger of the firm."""
    lab, line = an_organization(), an_instrument(firm.owner)
    await hub.all_given(lab, line)
    return Writer(hub, firm, lab, line, random.Random())  # noqa: S311 -- not for secrets


@pytest.fixture
async def programs(
    servers: Embedded, own_url: str, hub: HubClient, firm: Firm, sample: Sample, tmp_path: Path
) -> AsyncIterator[dict[str, Program]]:
    """A server, a worker, and the client that keeps a replica of the firm's ledger."""
    own = Path(sys.executable).with_name("hub")
    port, callback = free_port(), free_port()
    settings = {
        "HUB_DATABASE_URL": own_url,
        "HUB_REDIS_URL": servers.redis_url,
        "HUB_DATA": str(hub.hub.settings.data),
        "HUB_WEBHOOK_ALLOW": f"127.0.0.1:{callback}",
        "HUB_URL": f"http://127.0.0.1:{port}/graphql",
        "HUB_TOKEN": await hub.token(firm.user) or "",
        "NO_PROXY": "127.0.0.1",
    }
    commands: dict[str, tuple[str | Path, ...]] = {
        "server": (own, "serve", "--port", str(port)),
        "worker": (own, "worker"),
        "client": sample.follows(callback),
        "last": sample.once,
    }
    found = {
        name: Program(command, settings, tmp_path / f"{name}.log")
        for name, command in commands.items()
    }
    async with AsyncExitStack() as stack:
        for one in found.values():
            stack.push_async_callback(one.end)
        yield found


async def test_a_replica_is_the_ledger_after_crashes_on_every_side(
    hub: HubClient,
    firm: Firm,
    writer: Writer,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    names, client = ["server", "worker", "client"], programs["client"]
    crashes = dict.fromkeys(writer.chance.sample(range(WRITES), CRASHES), "")

    for name in names:
        await programs[name].begin()
    await client.until("一致", 1)
    await writer.certify()
    await client.until("收到", 1)
    for at in range(WRITES):
        await writer.write(at)
        if at in crashes:
            crashes[at] = writer.chance.choice(names)
            await programs[crashes[at]].crash()
            if writer.chance.random() < 0.2:
                await trim(hub.hub.database, -LATE)
            if writer.chance.random() < 0.5:
                await client.until("一致", client.said("一致") + 1)
    await client.until("一致", client.said("一致") + 1)
    await numbered(hub)
    await client.end()
    await in_step(programs["last"])

    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)
    told = f"{WRITES} writes, {dict(Counter(crashes.values()))}, {client.said('收到')} heard"
    record_testsuite_property(str(sample.once[0]), told)


async def test_a_replica_killed_while_it_waits_takes_that_export_and_what_came_after_it(
    hub: HubClient,
    firm: Firm,
    writer: Writer,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    async def exports(*states: str) -> None:
        asked = "SELECT array_agg(state ORDER BY id) FROM export WHERE owner_id = :owner"
        async with patiently(f"exports {states}"):
            while await hub.stored(asked, owner=firm.owner.id) != [([*states],)]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    made = done(await create(hub, firm.user, name="n", assetNo="A"))["instrument"]
    await numbered(hub)
    await programs["server"].begin()
    await programs["last"].begin()
    await exports("QUEUED")
    await programs["last"].end()
    await programs["worker"].begin()
    await exports("DONE")
    done(await update(hub, firm.user, made["id"], content={"location": "room 9"}))
    await writer.certify()
    await numbered(hub)
    await in_step(programs["last"])

    await exports("DONE", "DONE")
    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)


async def test_a_replica_whose_cursor_is_too_old_is_exported_anew_without_what_is_gone(
    hub: HubClient,
    own_url: str,
    firm: Firm,
    sample: Sample,
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    lines = [
        done(await create(hub, firm.user, name=f"n{at}", assetNo=f"A{at}"))["instrument"]
        for at in range(3)
    ]
    await numbered(hub)
    for name in ("server", "worker"):
        await programs[name].begin()
    await in_step(programs["last"])
    before = len(sample.kept(tmp_path / "replica"))
    done(await retire(hub, firm.user, lines[0]["id"]))
    done(await update(hub, firm.user, lines[1]["id"], content={"location": "room 9"}))
    await numbered(hub)
    await emptied(own_url)
    await in_step(programs["last"])

    assert before == 3
    assert sample.kept(tmp_path / "replica") == await stored(hub, firm)
