"""Who starts the embedded servers, who shares them, and when they stop."""

import os
import signal
from pathlib import Path

from hub.embedded.supervisor import Embedded
from tests.embedded.given import ask, guest, inhabitants, kept, kill, put, told, until
from tests.patience import PATIENCE

STARTED = "select pg_postmaster_start_time()"


async def test_a_new_folder_gets_both_servers_and_keeps_what_is_written(data: Path) -> None:
    with Embedded.open(data, fsync=False) as servers:
        await put(servers, "仪器")
        urls = (servers.database_url, servers.redis_url)

    with Embedded.open(data, fsync=False) as servers:
        assert (servers.database_url, servers.redis_url) == urls
        assert await kept(servers) == (["仪器"], ["仪器"])


async def test_the_last_hub_that_leaves_stops_the_servers_in_good_order(data: Path) -> None:
    Embedded.open(data, fsync=False).close()

    assert inhabitants(data / "postgres") == inhabitants(data / "valkey") == []
    assert "database system is shut down" in (data / "log" / "postgres.log").read_text()
    assert "ready to exit" in (data / "log" / "valkey.log").read_text()


async def test_a_second_process_attaches_and_the_servers_outlive_the_first(data: Path) -> None:
    first = Embedded.open(data, fsync=False)
    started = await ask(first.database_url, STARTED)

    with guest(data) as second:
        urls = told(second)
        first.close()

        assert urls == [first.database_url, first.redis_url]
        assert await ask(urls[0], STARTED) == started

    assert inhabitants(data / "postgres") == inhabitants(data / "valkey") == []


async def test_two_hubs_that_start_at_once_start_one_server_of_each_kind(data: Path) -> None:
    with guest(data) as first, guest(data) as second:
        assert told(first) == told(second)

        log = (data / "log" / "postgres.log").read_text()
        assert log.count("starting PostgreSQL") == 1
        assert len(inhabitants(data / "valkey")) == 1


async def test_only_the_servers_that_are_wanted_run(data: Path) -> None:
    with Embedded.open(data, postgres=False, fsync=False):
        assert inhabitants(data / "valkey")
        assert not (data / "postgres").exists()


async def test_closing_twice_is_closing_once(data: Path) -> None:
    servers = Embedded.open(data, postgres=False, fsync=False)
    other = Embedded.open(data, postgres=False, fsync=False)

    servers.close()
    servers.close()

    assert inhabitants(data / "valkey")
    other.close()


async def test_the_next_hub_attaches_to_the_servers_of_a_killed_one(data: Path) -> None:
    with guest(data) as hub:
        urls = told(hub)
        started = await ask(urls[0], STARTED)
        kill([hub.pid])

    with Embedded.open(data, fsync=False) as servers:
        assert await ask(servers.database_url, STARTED) == started
        assert [servers.database_url, servers.redis_url] == urls
    assert inhabitants(data / "postgres") == inhabitants(data / "valkey") == []


async def test_a_hub_killed_while_it_makes_the_database_is_no_harm(data: Path) -> None:
    with guest(data) as hub:
        await until(lambda: (data / "postgres.new" / "base").exists())
        kill([hub.pid])

    with Embedded.open(data, fsync=False) as servers:
        assert await ask(servers.database_url, "select 1") == 1


async def test_ctrl_c_reaches_the_hub_and_not_its_servers(data: Path) -> None:
    with guest(data) as hub:
        urls = told(hub)
        started = await ask(urls[0], STARTED)
        with Embedded.open(data, fsync=False):
            os.killpg(hub.pid, signal.SIGINT)
            hub.wait(PATIENCE)

            assert await ask(urls[0], STARTED) == started
            assert inhabitants(data / "valkey")
