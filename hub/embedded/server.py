"""How an embedded server lives: only one on its folder, for as long as a hub uses it."""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, ClassVar

from hub.embedded.binaries import Account, Wheel, run_as
from hub.errors import Unavailable, Words

PATIENCE_S = 60
LONGEST_SOCKET_PATH_BYTES = 100
LEAST_FREE_BYTES = 32 << 20  # with less, PostgreSQL has no room for two segments of its log
FULL = ("No space left on device", "Disk quota exceeded", "File too large", "File size limit")


class Server(ABC):
    """One server of the hub, with its data in `data`/`name` and its log in `data`/log.

    Three locks in `data`/embedded keep it single, and the kernel frees each when its holders die,
    however they die: a hub holds `turn` while it starts or stops the server, all hubs that use
    the server share `users`, and every process of the server inherits `alive`. So nothing rests
    on a process id that may be stale, a zombie's, or a stranger's by now.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    socket_name: ClassVar[str]
    wheel: Wheel

    def __init__(self, data: Path, account: str, *, fsync: bool) -> None:
        self._data = data.resolve()
        self._account = account
        self._fsync = fsync
        self._users: IO[bytes] | None = None
        self._password = ""
        self._port = 0  # 0: on the unix socket
        self._log_start = 0
        self.folder = self._data / self.name
        self.log = self._data / "log" / f"{self.name}.log"

    def open(self) -> None:
        """Start the server or attach to it; return when it takes work. Raises Unavailable."""
        with self._plainly():
            for folder in ("embedded", "log"):
                (self._data / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock("turn"):
                self._remember()
                self._users = self._lock("users", fcntl.LOCK_SH)
                try:
                    self._up()
                except Unavailable:
                    self._users.close()  # what is slow to recover may go on; the next hub attaches
                    self._users = None
                    raise
                except BaseException:
                    self._leave()
                    raise

    def revive(self) -> None:
        """Start the server again if it is gone and still ours to use. Raises Unavailable."""
        with self._plainly(), self._lock("turn"):
            if self._users is not None:
                self._up()

    def close(self) -> None:
        """Leave the server, and stop it when no other hub uses it. Raises Unavailable."""
        with self._plainly(), self._lock("turn"):
            self._leave()

    def answers(self) -> bool:
        """Whether anything listens where the server should."""
        try:
            with self._wire():
                return True
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # too busy to let us in
            return True

    @abstractmethod
    def _ready(self) -> bool:
        """Whether the listening server takes work; raises OSError when it hangs up."""

    @abstractmethod
    def _fill(self, fresh: Path, account: Account | None, alive: IO[bytes]) -> None:
        """Make the first content of the empty folder `fresh`."""

    @abstractmethod
    def _command(self, account: Account | None) -> tuple[list[str], str]:
        """What runs the server in its folder, where nothing runs now, and what it reads first."""

    @abstractmethod
    def _ask_to_stop(self) -> None:
        """Have the listening server finish in good order."""

    def _up(self) -> None:
        started = False
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        for _ in _patiently():
            alive = self._free("alive")
            if alive is not None:
                with alive:
                    if started:
                        raise self._failed(Words("没有启动", "did not start"))
                    self._launch(alive)
                    started = True
            elif self.answers():
                with suppress(OSError):
                    if self._ready():
                        return
        late = f"{PATIENCE_S} s"
        raise self._failed(Words(f"{late} 后仍未就绪", f"is not ready after {late}"))

    def _leave(self) -> None:
        if self._users is None:
            return
        self._users.close()
        self._users = None
        last = self._free("users")
        if last is not None:
            with last:
                self._down()

    def _down(self) -> None:
        asked = False
        for _ in _patiently():
            alive = self._free("alive")
            if alive is not None:
                alive.close()
                return
            if not asked and self.answers():
                with suppress(OSError):  # it dies as we speak
                    self._ask_to_stop()
                    asked = True
        raise Unavailable(
            f"{self.title} 在 {PATIENCE_S} 秒内没有停下，日志：{self.log}",
            f"{self.title} has not stopped within {PATIENCE_S} s; its log: {self.log}",
        )

    def _launch(self, alive: IO[bytes]) -> None:
        account = self._runner()
        if not self.folder.exists():
            fresh = self.folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            if account is not None:
                os.chown(fresh, *account)
            self._fill(fresh, account, alive)
            fresh.rename(self.folder)
        command, words = self._command(account)
        self._spawn(command, words, self.folder, account, alive)

    def _spawn(
        self,
        command: list[str],
        words: str,
        folder: Path,
        account: Account | None,
        alive: IO[bytes],
    ) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log, tempfile.TemporaryFile(dir=self.log.parent) as stdin:
            stdin.write(words.encode())
            stdin.seek(0)
            child = subprocess.Popen(  # noqa: S603 (the wheel's own program)
                command,
                cwd=folder,
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the hub, which then stops us in good order
                pass_fds=[alive.fileno()],
                **run_as(account),
            )
        threading.Thread(target=child.wait, daemon=True).start()  # so that no zombie stays
        return child

    def _runner(self) -> Account | None:
        """Whoever owns the folder; of a new one, or of root's, the account in the settings."""
        if os.geteuid() != 0:
            return None
        account = Account.named(self._account)
        if not self.folder.exists():
            return account
        owner = self.folder.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        for path in (self.folder, *self.folder.rglob("*")):  # root brought a backup back
            os.chown(path, *account, follow_symlinks=False)
        return account

    def _remember(self) -> None:
        """Know the password, made once, and the port, which only a long path needs."""
        notes = self._data / "embedded" / f"{self.name}.json"
        known: dict[str, Any] = json.loads(notes.read_bytes()) if notes.exists() else {}
        if not known and self.folder.exists():
            raise Unavailable(
                f"{self.folder} 的口令文件 {notes} 不见了。",
                f"The password file {notes} of {self.folder} is missing.",
                hint=Words(
                    "请从备份恢复整个数据文件夹，或换一个数据文件夹。",
                    "Restore the whole data folder from a backup, or choose another data folder.",
                ),
            )
        self._password = known.get("password") or secrets.token_urlsafe(24)
        self._port = self._choose_port(known.get("port", 0))
        now = {"password": self._password, "port": self._port}
        if now != known:
            fresh = notes.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(now))
            fresh.replace(notes)

    def _choose_port(self, known: int) -> int:
        if len(os.fsencode(self.folder / self.socket_name)) <= LONGEST_SOCKET_PATH_BYTES:
            return 0
        alive = self._free("alive")
        if alive is None:
            return known
        with alive:
            return _free_port(known)

    @contextmanager
    def _wire(self) -> Iterator[socket.socket]:
        path = str(self.folder / self.socket_name)
        with socket.socket(socket.AF_INET if self._port else socket.AF_UNIX) as wire:
            wire.settimeout(2)
            wire.connect(("127.0.0.1", self._port) if self._port else path)
            yield wire

    def _lock(self, word: str, how: int = fcntl.LOCK_EX) -> IO[bytes]:
        file = (self._data / "embedded" / f"{self.name}.{word}").open("ab")
        try:
            fcntl.flock(file, how)
        except BaseException:
            file.close()
            raise
        return file

    def _free(self, word: str) -> IO[bytes] | None:
        with suppress(BlockingIOError):
            return self._lock(word, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if any(sign in str(error) for sign in FULL):
                raise self._full(str(error)) from error
            raise Unavailable(
                f"数据文件夹 {self._data} 不能使用：{error}",
                f"The data folder {self._data} cannot be used: {error}",
                hint=Words(
                    "请用 --data 换一个本账户可写的文件夹，或把它交给本账户。",
                    "Choose a folder this account may write with --data, or give it this one.",
                ),
            ) from error

    def _failed(self, how: Words) -> Unavailable:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            words = "\n".join(log.read().decode(errors="replace").splitlines()[-10:])
        free = shutil.disk_usage(self._data).free
        if free < LEAST_FREE_BYTES or any(sign in words for sign in FULL):
            return self._full(words)
        return Unavailable(
            f"{self.title} {how.zh}，日志末尾：\n{words}",
            f"{self.title} {how.en}. The end of its log:\n{words}",
            hint=Words(f"完整日志：{self.log}", f"The whole log: {self.log}"),
        )

    def _full(self, words: str) -> Unavailable:
        return Unavailable(
            f"磁盘已满，{self.title} 无法写入 {self._data}：\n{words}",
            f"The disk is full: {self.title} cannot write in {self._data}:\n{words}",
            hint=Words(
                "请腾出空间后再试；已提交的数据不会丢失。",
                "Free some space and try again; what was committed is not lost.",
            ),
        )


def _patiently() -> Iterator[None]:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", wanted))
            return int(probe.getsockname()[1])
    return _free_port(0)
