"""The keys that verify codes are made with, and those that secrets are sealed with.

What is made with a key is stored with its id, and stays good when another becomes the current one.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hub.errors import BadInput
from hub.settings import Settings
from hub.signer import Signer

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id; `current` is the id of the one that is used for what is new.

    `signer` is who signs exported certificates, if anyone does.
    """

    current: str
    keys: Mapping[str, bytes]
    signer: Signer | None = None

    @classmethod
    def of(cls, text: str, setting: str = "HUB_VERIFY_KEYS") -> "Keyring":
        """The keyring of `id:hex[,id:hex…]`, the current key first.

        BadInput, naming the setting, for other text.
        """
        pairs = [pair.split(":", 1) for pair in text.replace("\n", ",").split(",") if pair.strip()]
        try:
            keys = {name.strip(): bytes.fromhex(key) for name, key in pairs}
        except ValueError:
            keys = {}
        if not keys:
            raise BadInput(
                f"{setting} 应形如 k2:十六进制,k1:十六进制", f"{setting} has the form k2:hex,k1:hex"
            )
        return cls(next(iter(keys)), keys)

    @classmethod
    def of_settings(cls, chosen: Settings) -> "Keyring":
        """The keyring that the settings give, or the one kept in the data folder."""
        given, file = chosen.verify_keys, chosen.data / "keys" / "verify"
        found = cls.at(file) if given is None else cls.of(given.get_secret_value())
        return replace(found, signer=Signer.of_settings(chosen))

    @classmethod
    def at(cls, file: Path) -> "Keyring":
        """The keyring kept in `file`, made with a random key at first use."""
        return cls.of(made_once(file, lambda: f"k1:{secrets.token_hex(KEY_BYTES)}\n"))


def made_once(file: Path, make: Callable[[], str]) -> str:
    """What `file` says; where it is not there, it says what `make` makes. Only we may read it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(make())
        try:
            os.link(fresh, file)  # whoever is first wins; the others read its words
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text()
