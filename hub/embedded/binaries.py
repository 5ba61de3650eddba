"""Where the server programs of the wheels lie, and which account runs them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from hub.errors import Unavailable, Words

SHARED = Path("/var/lib/metrology-hub")
NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "__pycache__")
OWN_SERVERS = Words(
    "可改用自备的服务器：设置 HUB_DATABASE_URL 与 HUB_REDIS_URL。",
    "Servers of your own can be used instead: set HUB_DATABASE_URL and HUB_REDIS_URL.",
)


class Account(NamedTuple):
    """The account of the operating system that a server runs under."""

    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        """The account called `name`; raises Unavailable if there is none or it is root's."""
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            entry = None
        if entry is None or entry.pw_uid == 0:
            raise Unavailable(
                f"没有名为 {name} 的非特权账户；以 root 身份运行时，服务器需要它。",
                f"There is no unprivileged account {name}; when run by root, the servers need one.",
                hint=Words(
                    "请用 HUB_EMBEDDED_USER 指定一个已有的账户，或以普通用户运行。",
                    "Name an existing account in HUB_EMBEDDED_USER, or run as an ordinary user.",
                ),
            )
        return cls(entry.pw_uid, entry.pw_gid)


class Wheel(NamedTuple):
    """A program inside an installed wheel: `package`/`home`/`program`, which may be a pattern."""

    package: str
    home: str
    program: str

    def program_for(self, account: Account | None) -> Path:
        """The path of the program, such that `account` (None: ourselves) can run it.

        The wheel may lie below a folder that only root may enter, as /root is. Its rights are left
        alone: what the program needs is copied, once, to a folder of root's that all may read.
        Raises Unavailable if there is no such program, or no way for the account to run it.
        """
        program = self._below(self._site())
        if account is None or not _obstacle(program, account):
            return program
        program = self._below(self._copy())
        if obstacle := _obstacle(program, account):
            raise Unavailable(
                f"账户（uid {account.uid}）不能运行服务器程序：{obstacle}",
                f"The account with uid {account.uid} cannot run the server program: {obstacle}",
                hint=OWN_SERVERS,
            )
        return program

    def _site(self) -> Path:
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise self._missing()
        return Path(spec.submodule_search_locations[0]).parent

    def _below(self, site: Path) -> Path:
        found = next((site / self.package / self.home).glob(self.program), None)
        if found is None:
            raise self._missing()
        return found

    def _missing(self) -> Unavailable:
        return Unavailable(
            f"缺少 {self.package} 的服务器程序；此平台可能没有对应的安装包。",
            f"The server programs of {self.package} are missing; this platform may have no wheel.",
            hint=OWN_SERVERS,
        )

    def _copy(self) -> Path:
        copy = SHARED / f"{self.package}-{metadata.version(self.package)}-{self.home}"
        try:
            if not copy.exists():
                self._fill(copy)
        except OSError as error:
            if not copy.exists():  # else another hub was faster
                raise Unavailable(
                    f"账户进不去安装包所在的文件夹，也不能把程序复制到 {copy}：{error}",
                    f"The account cannot enter the folder of the wheel; no copy at {copy}: {error}",
                    hint=Words(
                        "请把项目移到各账户都能进入的文件夹，或以普通用户运行。",
                        "Move the project where every account may enter, or do not run as root.",
                    ),
                ) from error
        return copy

    def _fill(self, copy: Path) -> None:
        if not SHARED.exists():
            SHARED.mkdir()
            SHARED.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=SHARED) as folder:
            fresh = Path(folder, "copy")
            for part in (Path(self.package, self.home), Path(f"{self.package}.libs")):
                if (self._site() / part).exists():
                    shutil.copytree(self._site() / part, fresh / part, ignore=NOT_NEEDED)
            for path in (fresh, *fresh.rglob("*")):
                path.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
            os.sync()  # a copy that exists is complete, even after the power failed
            fresh.rename(copy)


def run_as(account: Account | None) -> dict[str, Any]:
    """The arguments with which `subprocess` runs a child as `account`, without our environment."""
    clean = {"umask": 0o077, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if account is None:
        return clean
    return {**clean, "user": account.uid, "group": account.gid, "extra_groups": []}


def _obstacle(program: Path, account: Account) -> str:
    """What keeps `account` from running `program`; empty if nothing does."""
    try:
        done = subprocess.run(  # noqa: S603 (the wheel's own program)
            [str(program), "--version"], capture_output=True, cwd="/", text=True, **run_as(account)
        )
    except OSError as error:
        return str(error)
    return done.stderr if done.returncode else ""
