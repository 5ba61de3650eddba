"""`hub reset-demo`: a demo is made new, and nothing but a demo is."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.actions.session import actor_called
from hub.actor import SIGN_IN
from hub.changes import StoredFeed
from hub.db import Database
from hub.demo import plant
from hub.demo.reset import reset
from hub.embedded.supervisor import Embedded
from hub.errors import ChangeTokenExpired, Refused
from hub.jobs.sequencer import sequence
from hub.keys import Keyring
from hub.policy import readable
from hub.tables.instrument import Instrument
from hub.web.identities import Identities
from tests.fresh import count, empty_copy
from tests.given import an_instrument, an_organization

KEYS = Keyring.of("k1:" + "5a" * 32)


@pytest.fixture
def url(request: pytest.FixtureRequest, servers: Embedded, database_url: str, shared: Path) -> str:
    return empty_copy(database_url, shared, f"reset_{abs(hash(request.node.name))}")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    found = Database(url, 2)
    yield found
    await found.close()


def command(url: str, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Run `hub reset-demo` on a database."""
    return subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", "from hub.cli import main; main()", "reset-demo", *arguments],
        capture_output=True,
        text=True,
        input=answer,
        env={**os.environ, "HUB_DATABASE_URL": url},
        timeout=120,
        check=False,
    )


async def test_a_demo_is_as_at_first_and_its_followers_are_told_to_read_it_again(
    url: str, database: Database
) -> None:
    await reset(url, KEYS)
    enterprise = await actor_called(database, "enterprise")
    owner = an_organization(id=enterprise.organization_id)
    async with database.writer(SIGN_IN) as db:
        await db.add(an_instrument(owner), action="given")
    while await sequence(database) is not None:
        pass
    feed = StoredFeed(database, timedelta(days=30))
    before = await feed.head() - 1

    logins = await reset(url, KEYS)

    (token,) = [one.token for one in logins if one.login == "enterprise"]
    again = await Identities(database).actor_of(token)
    async with database.reader(again) as reader:
        assert len(await reader.all(readable(again, Instrument))) == plant.SIZE
    with pytest.raises(ChangeTokenExpired):
        await feed.heard(again, ["Instrument"], before, 1)
    assert all(one.password for one in logins if one.login != "erp")


async def test_a_database_with_an_organisation_of_its_own_is_left_as_it_is(
    url: str, database: Database
) -> None:
    async with database.writer(SIGN_IN) as db:
        real = await db.add(an_organization(name="真实的公司"), action="given")

    with pytest.raises(Refused) as refusal:
        await reset(url, KEYS)
    told = command(url, "--yes")

    assert real.name in refusal.value.words.zh
    assert (told.returncode, "真实的公司" in told.stderr) == (1, True)
    assert await count(url, "SELECT count(*) FROM organization") == 1
    assert await count(url, "SELECT count(*) FROM user_account") == 0


async def test_without_a_yes_nothing_happens(url: str) -> None:
    told = command(url, answer="n\n")

    assert told.returncode == 1
    assert await count(url, "SELECT count(*) FROM organization") == 0
